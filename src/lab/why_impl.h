/* why_impl.h - what why.c gathers and why_answer.c and why_report.c tell. Private to them. */
#ifndef LAB_WHY_IMPL_H
#define LAB_WHY_IMPL_H

#include "lab/why.h"

struct look_check {
	const char *text, *observed_text, *op;   /* the detector's */
	uint32_t text_n, observed_n;
	int truth, wanted;
	bool is_duration;
	double observed, expected;
	uint32_t missing, n_missing;     /* the first feature without a value, and how many */
	int64_t wait_ns;                 /* until all of them are full; -1 = not because of that */
};

enum look_fate {
	FATE_FALSE, FATE_NO_VALUE, FATE_ALERT, FATE_COOLDOWN, FATE_LOW_CONFIDENCE, FATE_PENDING,
	FATE_FIRING, FATE_OUTSIDE, FATE_NO_CALENDAR, N_FATES
};

struct look {
	int64_t time_ns;
	uint8_t kind, side;
	int64_t price, qty;
	char account[32];
	enum look_fate fate;
	double confidence;
	int64_t held_since_ns, held_until_ns;    /* of FATE_COOLDOWN */
	int64_t since_ns;                /* of FATE_PENDING */
	uint32_t n_checks;
	struct look_check checks[LAB_WHY_CHECKS];
};

/* How far a look that was false is from being true. */
struct miss {
	uint32_t n_failing;              /* comparisons that speak against */
	uint32_t worst;                  /* the one of them that is farthest off */
	double percent;                  /* of its threshold; of one without sides: infinite */
};

struct lab_why {
	const struct lab_rules *rules;
	struct lab_why_ask ask;
	size_t rule;
	struct look *looks;              /* in the order of events */
	size_t n_looks, size;
	bool dropped, failed;
	uint64_t n_fates[N_FATES];       /* inside the window, those dropped too */

	/* Of the instrument. */
	bool seen;
	uint64_t n_kinds[TOCSIN_N_KINDS], n_late, n_snapshot;    /* inside the window */
	int64_t before_ns, after_ns;     /* its events nearest to the window, INT64_MIN / MAX = none */
	int64_t first_ns, mark_ns;       /* of all instruments: the log begins, newest time */
	int64_t last_alert_ns;           /* of the rule for it, before the look; INT64_MIN = none */
	int64_t pending_since_ns;        /* of the latest look; INT64_MIN = it was not pending */
	int64_t alert_before_ns;         /* the last before the window */
	char **names;                    /* instruments seen, at most a few hundred */
	size_t n_names;
};

struct miss look_miss(const struct look *l);
/* The look that came nearest; NULL = none was false with values. */
const struct look *why_nearest(const struct lab_why *w, struct miss *ret);
const char *why_nearest_name(const struct lab_why *w);
size_t why_span(int64_t ns, char *out);          /* of TIMEFMT_TEXT bytes */
void why_number(double x, bool is_duration, char *out, size_t size);
void why_check(const struct look_check *c, struct buf *out);
void why_answer(const struct lab_why *w, struct buf *out);
const char *fate_name(enum look_fate f);

#endif
