/* alert.h - what a person is told: one alert, with its evidence and its own latency budget.
 *
 * A value type. Text members are owned by whoever made the alert; alert_copy()-like needs are met
 * by rendering it to JSON (src/sink/payload.h), which is the form that is stored and sent. */
#ifndef TOCSIN_ALERT_H
#define TOCSIN_ALERT_H

#include <tocsin/detector.h>
#include <tocsin/event.h>

#define TOCSIN_ALERT_ID_SIZE 33          /* 32 hex digits and NUL: 128 bits of SHA-256 */

/* An alert of a rule with states says when it begins to fire and when that is resolved; any other is
 * one finding, always "firing". */
enum tocsin_status { TOCSIN_FIRING, TOCSIN_RESOLVED };

enum tocsin_severity { TOCSIN_INFO, TOCSIN_WARNING, TOCSIN_CRITICAL };

/* Wall-clock times, ns since 1970 UTC; 0 = not known (a replay knows only the event's). */
struct tocsin_times {
	int64_t event;                   /* the venue says it happened */
	int64_t broker;                  /* the broker's timestamp of the record */
	int64_t consumed;                /* the pipeline got the bytes */
	int64_t scored;                  /* the detectors were done */
	int64_t outbox;                  /* it was about to be made durable */
};

struct tocsin_alert_reason {
	const char *feature;             /* as written, e.g. "return(price, 1m)" */
	double observed, expected, share;
};

struct tocsin_label {
	const char *name, *value;
};

struct tocsin_alert {
	char id[TOCSIN_ALERT_ID_SIZE];
	/* The same for all alerts of one configuration, rule, partition and entity. */
	char fingerprint[TOCSIN_ALERT_ID_SIZE];
	enum tocsin_status status;
	const char *status_reason;       /* "condition", "no_data", "evicted"; NULL = a finding */
	/* Of a rule with states, event time, else 0: the condition is true since; it fires since, as in
	 * the alert that said so; it is resolved. */
	int64_t active_at, starts_at, ends_at;
	const char *config;              /* name of the configuration */
	const char *rule, *rule_version; /* version: 8 hex digits of the rule's own text */
	const char *summary;             /* one sentence */
	const char *runbook;             /* may be NULL */
	enum tocsin_severity severity;
	double confidence, score;
	const struct tocsin_event *event;
	uint32_t n_reasons;
	struct tocsin_alert_reason reason[TOCSIN_MAX_REASONS];
	uint32_t held;                   /* repeats held back by the cooldown since the last one */
	const struct tocsin_label *labels;
	uint32_t n_labels;
	const char *topic;
	int32_t partition;
	int64_t offset;
	struct tocsin_times times;
};

const char *tocsin_status_name(unsigned status);         /* "firing", "resolved" */
const char *tocsin_severity_name(unsigned severity);     /* "info", "warning", "critical" */

#endif
