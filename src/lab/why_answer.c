/* From what a rule saw to one sentence.
 *
 * Problem: of hundreds of looks, which one tells why there was no alert? Idea: the answer goes from
 * what stands outside of the rule to what stands inside: was the instrument there, does the rule look
 * at it, were there events, of its kinds, in time; then the look that came farthest: an alert, one
 * held back, one not sure enough, one pending; else the nearest miss; else what had no value.
 *
 * A look that was false is measured by its comparisons that speak against an alert: how far off the
 * observed value is, in percent of the threshold. Few failing ones come before near ones, and of
 * several the farthest counts, because all must hold under an `and`. Where it fails: under an `or` one
 * would be enough, so the measure is then too strict; a threshold of zero has no percent and counts as
 * far. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "lab/why_impl.h"

const char *fate_name(enum look_fate f)
{
	static const char *const names[] = { "false",    "no value",       "alert",
		                             "cooldown", "low confidence", "pending",
		                             "firing",   "outside hours",  "no calendar" };

	return names[f];
}

static double off(const struct look_check *c)
{
	double d;

	if (!c->op || isnan(c->observed) || isnan(c->expected))
		return INFINITY;
	d = fabs(c->observed - c->expected);
	return c->expected != 0 ? 100 * d / fabs(c->expected) : d == 0 ? 0 : INFINITY;
}

struct miss look_miss(const struct look *l)
{
	struct miss m = { 0, 0, -1 };

	for (uint32_t i = 0; i < l->n_checks; i++) {
		const struct look_check *c = &l->checks[i];

		if (c->truth == c->wanted)
			continue;
		m.n_failing++;
		if (off(c) > m.percent) {
			m.percent = off(c);
			m.worst = i;
		}
	}
	return m;
}

const struct look *why_nearest(const struct lab_why *w, struct miss *ret)
{
	const struct look *best = NULL;

	for (size_t i = 0; i < w->n_looks; i++) {
		struct miss m = look_miss(&w->looks[i]);

		if (w->looks[i].fate != FATE_FALSE || m.n_failing == 0)
			continue;
		if (!best || m.n_failing < ret->n_failing ||
		    (m.n_failing == ret->n_failing && m.percent < ret->percent)) {
			best = &w->looks[i];
			*ret = m;
		}
	}
	return best;
}

const char *why_nearest_name(const struct lab_why *w)
{
	const char *near = nearest(w->ask.instrument, strlen(w->ask.instrument),
	                           (const char *const *)w->names, w->n_names);

	return near || w->n_names == 0 ? near : w->names[0];
}

/* Over a second to the millisecond: more is noise to a reader. */
size_t why_span(int64_t ns, char *out)
{
	return duration_format(ns > NS_PER_S ? ns / NS_PER_MS * NS_PER_MS : ns, out);
}

void why_number(double x, bool is_duration, char *out, size_t size)
{
	char text[TIMEFMT_TEXT];

	if (isnan(x)) {
		snprintf(out, size, "no value");
	} else if (is_duration && fabs(x) < 9e18) {
		why_span((int64_t)fabs(x), text);
		snprintf(out, size, "%s%s", x < 0 ? "-" : "", text);
	} else {
		snprintf(out, size, "%.6g", x);
	}
}

/* "abs(return(price, 10s)) = 0.00008, > 0.0001: 20% short" */
void why_check(const struct look_check *c, struct buf *out)
{
	char observed[60], expected[60], wait[TIMEFMT_TEXT];

	why_number(c->observed, c->is_duration, observed, sizeof observed);
	why_number(c->expected, c->is_duration, expected, sizeof expected);
	if (!c->op) {
		buf_printf(out, "%.*s is %s", (int)c->text_n, c->text,
		           c->truth < 0 ? "without a value"
		           : c->truth   ? "true"
		                        : "false");
	} else {
		buf_printf(out, "%.*s is %s, %s%s %s", (int)c->observed_n, c->observed_text,
		           observed, c->wanted ? "" : "not ", c->op, expected);
		if (c->truth >= 0 && c->truth != c->wanted && isfinite(off(c)))
			buf_printf(out, " (%.3g%% off)", off(c));
	}
	if (c->truth < 0 && c->wait_ns > 0) {
		why_span(c->wait_ns, wait);
		buf_printf(out, " (window not full for another %s)", wait);
	}
}

static const struct look *find(const struct lab_why *w, enum look_fate fate)
{
	const struct look *best = NULL;
	uint64_t nearest_ns = UINT64_MAX;

	for (size_t i = 0; i < w->n_looks; i++) {
		int64_t t = w->looks[i].time_ns, at = w->ask.time_ns;
		uint64_t d = t > at ? (uint64_t)t - (uint64_t)at : (uint64_t)at - (uint64_t)t;

		if (w->looks[i].fate == fate && d < nearest_ns) {
			best = &w->looks[i];
			nearest_ns = d;
		}
	}
	return best;
}

static void when(int64_t time_ns, struct buf *out)
{
	char text[TIMEFMT_TEXT];

	time_format(time_ns, text);
	buf_puts(out, text);
}

static void because(const struct look *l, struct buf *out)
{
	bool first = true;

	for (uint32_t i = 0; i < l->n_checks; i++)
		if (l->checks[i].truth == l->checks[i].wanted) {
			buf_puts(out, first ? ": " : "; ");
			why_check(&l->checks[i], out);
			first = false;
		}
}

static void list_kinds(const struct lab_why *w, struct buf *out)
{
	bool first = true;

	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++)
		if (w->n_kinds[k]) {
			buf_printf(out, "%s%llu %s", first ? "" : ", ",
			           (unsigned long long)w->n_kinds[k], tocsin_kind_name(k));
			first = false;
		}
}

/* The instrument is there and the rule takes it, but it did not look at any event. */
static void no_looks(const struct lab_why *w, struct buf *out)
{
	uint32_t kinds = w->rules->plan->rules[w->rule].kinds;
	uint64_t n = 0, n_wanted = 0;

	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++) {
		n += w->n_kinds[k];
		n_wanted += kinds & TOCSIN_KIND_BIT(k) ? w->n_kinds[k] : 0;
	}
	buf_puts(out, "It did not fire because ");
	if (n == 0) {
		buf_printf(out, "%s has no event in this time", w->ask.instrument);
		if (w->before_ns != INT64_MIN) {
			buf_puts(out, "; the one before is of ");
			when(w->before_ns, out);
		}
		if (w->after_ns != INT64_MAX) {
			buf_puts(out, "; the one after of ");
			when(w->after_ns, out);
		}
	} else if (w->n_snapshot == n) {
		buf_puts(out,
		         "all events in this time are of an opening snapshot, which is not scored");
	} else if (n_wanted == 0) {
		buf_puts(out, "the rule looks at other kinds of events than came: ");
		list_kinds(w, out);
	} else {
		buf_puts(
			out,
			"no event in this time has all of what the rule is kept by (account, venue, ...)");
	}
	buf_putc(out, '.');
}

/* What stands outside of the rule. True: that is the answer. */
static bool outside(const struct lab_why *w, struct buf *out)
{
	const struct plan_rule *r = &w->rules->plan->rules[w->rule];
	const struct tocsin_str instrument = { w->ask.instrument,
		                               (uint32_t)strlen(w->ask.instrument) };
	const char *near = w->seen ? NULL : why_nearest_name(w);

	if (!w->seen)
		buf_printf(out, "It did not fire because %s is not in these logs%s%s%s.",
		           w->ask.instrument, near ? " (the nearest name is " : "",
		           near ? near : "", near ? ")" : "");
	else if (!plan_rule_takes(r, &instrument))
		buf_printf(out,
		           "It did not fire because the rule does not look at %s: its match "
		           "names other instruments.",
		           w->ask.instrument);
	else if (w->n_looks == 0)
		no_looks(w, out);
	else
		return false;
	return true;
}

static void held(const struct look *l, const struct conf_rule *rule, struct buf *out)
{
	char cooldown[TIMEFMT_TEXT];

	duration_format(rule->cooldown_ns, cooldown);
	buf_puts(out, "It was true at ");
	when(l->time_ns, out);
	because(l, out);
	buf_printf(out, "; it did not fire because the cooldown of %s holds it", cooldown);
	if (l->held_since_ns != INT64_MIN) {
		buf_puts(out, " since the alert of ");
		when(l->held_since_ns, out);
	}
	buf_putc(out, '.');
}

static void waiting(const struct look *l, const struct conf_rule *rule, struct buf *out)
{
	char so_far[TIMEFMT_TEXT], need[TIMEFMT_TEXT];

	why_span(l->time_ns > l->since_ns ? l->time_ns - l->since_ns : 0, so_far);
	duration_format(rule->for_ns, need);
	buf_puts(out, "It was true at ");
	when(l->time_ns, out);
	because(l, out);
	buf_printf(out, "; it did not fire because it had been true for %s only, and 'for' is %s.",
	           so_far, need);
}

static void blank(const struct lab_why *w, const struct look *l, struct buf *out)
{
	buf_puts(out, "It did not fire because it had no value: ");
	for (uint32_t i = 0; i < l->n_checks; i++) {
		const struct look_check *c = &l->checks[i];

		if (c->truth >= 0)
			continue;
		if (c->n_missing)
			buf_printf(out, "%s",
			           feature_set_name(w->rules->plan->features, c->missing));
		else
			buf_printf(out, "%.*s", (int)c->text_n, c->text);
		if (c->wait_ns > 0) {
			char text[TIMEFMT_TEXT];

			why_span(c->wait_ns, text);
			buf_puts(out, " at ");
			when(l->time_ns, out);
			buf_printf(out, " was not full for another %s.", text);
		} else {
			buf_puts(out, " had none at ");
			when(l->time_ns, out);
			buf_putc(out, '.');
		}
		return;
	}
	buf_puts(out, "nothing to compare.");
}

static void closed(const struct lab_why *w, const struct conf_rule *rule, struct buf *out)
{
	bool outside = w->n_fates[FATE_OUTSIDE];

	buf_printf(out, "It did not fire because %s%s%s%s",
	           outside ? "it is not judged at this time of the calendar"
	                   : "no calendar knows the session",
	           rule->calendar.s ? " " : "", rule->calendar.s ? rule->calendar.s : "",
	           rule->active.n ? ", only in " : "");
	for (size_t i = 0; i < rule->active.n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", rule->active.v[i].s);
	buf_putc(out, '.');
}

void why_answer(const struct lab_why *w, struct buf *out)
{
	const struct conf_rule *rule = w->rules->plan->rules[w->rule].conf;
	const struct look *l;
	struct miss m = { 0 };

	if (outside(w, out))
		return;
	if ((l = find(w, FATE_ALERT))) {
		buf_puts(out, "It fired at ");
		when(l->time_ns, out);
		because(l, out);
		buf_putc(out, '.');
	} else if ((l = find(w, FATE_FIRING))) {
		buf_puts(out, "It fires already");
		if (l->held_since_ns != INT64_MIN) {
			buf_puts(out, ", since ");
			when(l->held_since_ns, out);
		}
		buf_puts(out, ": it is told once.");
	} else if ((l = find(w, FATE_COOLDOWN))) {
		held(l, rule, out);
	} else if ((l = find(w, FATE_LOW_CONFIDENCE))) {
		buf_puts(out, "It was true at ");
		when(l->time_ns, out);
		because(l, out);
		buf_printf(out, "; it did not fire because its confidence %.4f is under %.4g.",
		           l->confidence, rule->confidence);
	} else if ((l = find(w, FATE_PENDING))) {
		waiting(l, rule, out);
	} else if ((l = why_nearest(w, &m))) {
		buf_puts(out, "It did not fire because it was never true; it came nearest at ");
		when(l->time_ns, out);
		buf_puts(out, ": ");
		why_check(&l->checks[m.worst], out);
		if (m.n_failing > 1)
			buf_printf(out, ", and %u more did not hold", m.n_failing - 1);
		buf_putc(out, '.');
	} else {
		l = find(w, FATE_NO_VALUE);
		if (l)
			blank(w, l, out);
		else if (w->n_fates[FATE_OUTSIDE] || w->n_fates[FATE_NO_CALENDAR])
			closed(w, rule, out);
		else
			buf_puts(out, "It did not fire because it was never true.");
	}
}
