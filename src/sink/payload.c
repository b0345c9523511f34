/* payload.c - an alert as the JSON that is stored and sent.
 *
 * One object, keys in this order; what is absent is left out:
 *   id, type "alert", config, rule, rule_version, status, status_reason, fingerprint, active_at,
 *   starts_at, ends_at, severity, confidence, score, instrument, venue, time (of the event), summary, reasons [{feature, observed, expected, share}],
 *   event {kind, side, price, size, bid, ask, ..., order_id, ...}, held, labels {}, runbook,
 *   source {topic, partition, offset}, latency {event, broker, consumed, scored, outbox}
 * Prices and sizes are JSON numbers written exactly from fixed point; times are RFC 3339, UTC.
 * `latency` comes last and is flat: an attempt adds its own members right before its end, without
 * parsing the whole. total_ms is attempt - event, given when that is between 0 and a day: of an
 * older event (a replayed log) it would say nothing about us. */
#include "payload.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/timefmt.h"
#include "text.h"

#define DAY_NS (86400 * NS_PER_S)

static void put_name(struct buf *out, const char *name)
{
	char last = out->n ? out->p[out->n - 1] : 0;

	if (last != '{')
		buf_putc(out, ',');
	buf_putc(out, '"');
	buf_puts(out, name);
	buf_puts(out, "\":");
}

static void put_text(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	put_name(out, name);
	text_string(out, value, strlen(value));
}

static void put_str(struct buf *out, const char *name, struct tocsin_str value)
{
	if (!value.p)
		return;
	put_name(out, name);
	text_string(out, value.p, value.n);
}

static void put_number(struct buf *out, const char *name, double value)
{
	put_name(out, name);
	text_double(out, value);
}

static void put_decimal(struct buf *out, const char *name, int64_t units)
{
	if (units == TOCSIN_NONE)
		return;
	put_name(out, name);
	text_decimal(out, units);
}

static void put_int(struct buf *out, const char *name, int64_t value)
{
	put_name(out, name);
	buf_printf(out, "%" PRId64, value);
}

static void put_time(struct buf *out, const char *name, int64_t ns)
{
	if (!ns)
		return;
	put_name(out, name);
	text_time(out, ns);
}

/* The times are event times, and 1970 is not one of them (decode takes none before 1990). */
static void put_status(const struct tocsin_alert *a, struct buf *out)
{
	put_text(out, "status", tocsin_status_name(a->status));
	put_text(out, "status_reason", a->status_reason);
	if (a->fingerprint[0])
		put_text(out, "fingerprint", a->fingerprint);
	put_time(out, "active_at", a->active_at);
	put_time(out, "starts_at", a->starts_at);
	put_time(out, "ends_at", a->ends_at);
}

static void put_reasons(const struct tocsin_alert *a, struct buf *out)
{
	uint32_t n = a->n_reasons < TOCSIN_MAX_REASONS ? a->n_reasons : TOCSIN_MAX_REASONS;

	put_name(out, "reasons");
	buf_putc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		const struct tocsin_alert_reason *r = &a->reason[i];

		buf_puts(out, i ? ",{" : "{");
		put_text(out, "feature", r->feature);
		put_number(out, "observed", r->observed);
		put_number(out, "expected", r->expected);
		put_number(out, "share", r->share);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

/* A bar names its numbers as bars do; what the event lacks is left out. */
static void put_event(const struct tocsin_event *e, struct buf *out)
{
	bool bar = e->kind == TOCSIN_BAR;

	put_name(out, "event");
	buf_putc(out, '{');
	put_text(out, "kind", tocsin_kind_name(e->kind));
	if (e->side != TOCSIN_SIDE_NONE)
		put_text(out, "side", tocsin_side_name(e->side));
	if (bar) {
		put_decimal(out, "open", e->open);
		put_decimal(out, "high", e->high);
		put_decimal(out, "low", e->low);
	}
	put_decimal(out, bar ? "close" : "price", e->price);
	put_decimal(out, bar ? "volume" : "size", e->qty);
	if (e->kind == TOCSIN_QUOTE) {
		put_decimal(out, "bid", e->bid);
		put_decimal(out, "bid_size", e->bid_qty);
		put_decimal(out, "ask", e->ask);
		put_decimal(out, "ask_size", e->ask_qty);
	}
	if (e->sequence) {
		/* Past 63 bits as text: many readers take no larger integer. */
		put_name(out, "sequence");
		buf_printf(out, e->sequence > INT64_MAX ? "\"%" PRIu64 "\"" : "%" PRIu64,
		           e->sequence);
	}
	put_str(out, "order_id", e->order_id);
	put_str(out, "trade_id", e->trade_id);
	put_str(out, "account", e->account);
	put_str(out, "counterparty", e->counterparty);
	buf_putc(out, '}');
}

static void put_labels(const struct tocsin_alert *a, struct buf *out)
{
	put_name(out, "labels");
	buf_putc(out, '{');
	for (uint32_t i = 0; i < a->n_labels; i++) {
		if (i)
			buf_putc(out, ',');
		text_string(out, a->labels[i].name, strlen(a->labels[i].name));
		buf_putc(out, ':');
		text_string(out, a->labels[i].value, strlen(a->labels[i].value));
	}
	buf_putc(out, '}');
}

static void put_source(const struct tocsin_alert *a, struct buf *out)
{
	put_name(out, "source");
	buf_putc(out, '{');
	put_text(out, "topic", a->topic);
	put_int(out, "partition", a->partition);
	put_int(out, "offset", a->offset);
	buf_putc(out, '}');
}

static void put_latency(const struct tocsin_times *t, struct buf *out)
{
	put_name(out, "latency");
	buf_putc(out, '{');
	put_time(out, "event", t->event);
	put_time(out, "broker", t->broker);
	put_time(out, "consumed", t->consumed);
	put_time(out, "scored", t->scored);
	put_time(out, "outbox", t->outbox);
	buf_putc(out, '}');
}

void payload_json(const struct tocsin_alert *a, struct buf *out)
{
	buf_reserve(out, 1024);
	buf_putc(out, '{');
	put_text(out, "id", a->id);
	put_text(out, "type", "alert");
	put_text(out, "config", a->config);
	put_text(out, "rule", a->rule);
	put_text(out, "rule_version", a->rule_version);
	put_status(a, out);
	put_text(out, "severity", tocsin_severity_name(a->severity));
	put_number(out, "confidence", a->confidence);
	put_number(out, "score", a->score);
	put_str(out, "instrument", a->event->instrument);
	put_str(out, "venue", a->event->venue);
	put_name(out, "time");
	text_time(out, a->event->time_ns);
	put_text(out, "summary", a->summary);
	put_reasons(a, out);
	put_event(a->event, out);
	put_int(out, "held", a->held);
	put_labels(a, out);
	put_text(out, "runbook", a->runbook);
	put_source(a, out);
	put_latency(&a->times, out);
	buf_putc(out, '}');
}

/* Start of the members of "latency", the last and innermost object; NULL when the text has no
 * such end. A '{' or '"' of a string cannot be met: nothing after it but quoted times. */
static const char *find_latency(const char *json, size_t n)
{
	static const char key[] = ",\"latency\":{";
	const char *open;

	if (n < sizeof key + 1 || json[n - 1] != '}' || json[n - 2] != '}')
		return NULL;
	open = memrchr(json, '{', n);
	if (!open || (size_t)(open - json) + 1 < sizeof key - 1)
		return NULL;
	return memcmp(open + 1 - (sizeof key - 1), key, sizeof key - 1) == 0 ? open + 1 : NULL;
}

/* The event's time, which comes first when it is known. */
static bool event_time(const char *p, const char *end, int64_t *ret_ns)
{
	static const char key[] = "\"event\":\"";
	const char *quote;

	if ((size_t)(end - p) < sizeof key - 1 || memcmp(p, key, sizeof key - 1) != 0)
		return false;
	p += sizeof key - 1;
	quote = memchr(p, '"', (size_t)(end - p));
	return quote && time_parse(p, (size_t)(quote - p), ret_ns) == 0;
}

int payload_attempt(const char *json, size_t n, int64_t attempt_ns, uint32_t attempt,
                    struct buf *out)
{
	const char *members = find_latency(json, n), *end = json + n - 2;
	int64_t event, total;

	if (!members)
		return -EINVAL;
	buf_reserve(out, n + 128);
	buf_add(out, json, n - 2);
	put_time(out, "attempt", attempt_ns);
	put_int(out, "attempt_number", attempt);
	if (event_time(members, end, &event) &&
	    !__builtin_sub_overflow(attempt_ns, event, &total) && total >= 0 && total < DAY_NS) {
		put_name(out, "total_ms");
		text_decimal(out, total / 1000 * NS_PER_MS); /* us as ms */
	}
	buf_puts(out, "}}");
	return out->failed ? -ENOMEM : 0;
}
