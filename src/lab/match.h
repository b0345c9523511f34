/* match.h - which found alert meets which expectation. Pure. */
#ifndef LAB_MATCH_H
#define LAB_MATCH_H

#include "core/buf.h"
#include "lab/alerts.h"
#include "lab/file.h"

/* In what an alert is not what was expected. */
enum {
	LAB_DIFFERS_RULE = 1,
	LAB_DIFFERS_INSTRUMENT = 2,
	LAB_DIFFERS_STATUS = 4,
	LAB_DIFFERS_TIME = 8,
	LAB_DIFFERS_SEVERITY = 16,
	LAB_DIFFERS_CONFIDENCE = 32,
	LAB_DIFFERS_SUMMARY = 64,
	LAB_DIFFERS_LABELS = 128,
	LAB_DIFFERS_ACCOUNT = 256,
};

unsigned lab_differences(const struct lab_expect *e, const struct lab_alert *a, int64_t start_ns);

#define LAB_NOBODY SIZE_MAX

struct lab_match {
	size_t *alert_of;                /* each expectation's alert, or LAB_NOBODY */
	size_t *expect_of;               /* each alert's expectation, or LAB_NOBODY */
	size_t *nearest;                 /* of an expectation that is missing: the alert, itself
	                                  * unexpected, that differs least; each at most once */
	size_t n_expect, n_alerts, n_matched;
};

/* As many pairs as possible. 0, -ENOMEM. */
int lab_match(const struct lab_test *t, const struct lab_alerts *found, int64_t start_ns,
              struct lab_match *ret);
void lab_match_done(struct lab_match *m);
static inline bool lab_match_whole(const struct lab_match *m)
{
	return m->n_matched == m->n_expect && m->n_matched == m->n_alerts;
}

/* What is wrong, for people: missing (-) and unexpected (+) alerts by time, aligned, under a missing
 * one its nearest; with `all` also those that match (=). Times are since the start. Each line begins
 * with `indent`. */
void lab_diff(const struct lab_test *t, const struct lab_alerts *found, int64_t start_ns,
              const struct lab_match *m, bool all, const char *indent, struct buf *out);

#endif
