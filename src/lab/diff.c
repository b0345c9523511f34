/* Expected against found, as a table a person reads. See match.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "lab/match.h"

#define MAX_SHOWN 50 /* of each kind of row */

struct row {
	int64_t time_ns; /* INT64_MIN = at any time */
	char sign; /* '=', '-', '+' */
	size_t expect, alert;
	char when[TIMEFMT_TEXT + 16], rule[64], what[64], how[120];
};

struct table {
	const struct lab_test *t;
	const struct lab_alerts *found;
	const struct lab_match *m;
	int64_t start_ns;
	struct row *rows;
	size_t n;
};

static void since(int64_t time_ns, int64_t start_ns, char *out, size_t size)
{
	char text[TIMEFMT_TEXT];
	int64_t d = time_ns - start_ns;

	duration_format(d < 0 ? -d : d, text);
	snprintf(out, size, "%s%s", d < 0 ? "-" : "", text);
}

static void describe_alert(struct table *w, struct row *r)
{
	const struct lab_alert *a = &w->found->v[r->alert];

	r->time_ns = a->time_ns;
	since(a->time_ns, w->start_ns, r->when, sizeof r->when);
	snprintf(r->rule, sizeof r->rule, "%.60s", a->rule_name);
	snprintf(r->what, sizeof r->what, "%.40s%s%.20s", a->instrument, a->account ? " " : "",
	         a->account ? a->account : "");
	snprintf(r->how, sizeof r->how, "%s %s, confidence %.2f", a->status,
	         tocsin_severity_name(a->severity), a->confidence);
}

static void describe_expect(struct table *w, struct row *r)
{
	const struct lab_expect *e = &w->t->expect[r->expect];
	char within[TIMEFMT_TEXT] = "";
	size_t n;

	r->time_ns = INT64_MIN;
	snprintf(r->when, sizeof r->when, "any time");
	if (e->at.s) {
		r->time_ns = lab_time(&e->at, w->start_ns);
		since(r->time_ns, w->start_ns, r->when, sizeof r->when);
		n = strlen(r->when);
		if (e->within_ns) {
			duration_format(e->within_ns, within);
			snprintf(r->when + n, sizeof r->when - n, " +-%.12s", within);
		}
	}
	snprintf(r->rule, sizeof r->rule, "%.60s", e->rule.s ? e->rule.s : "any rule");
	snprintf(r->what, sizeof r->what, "%.40s%s%.20s",
	         e->instrument.s ? e->instrument.s : "any instrument", e->account.s ? " " : "",
	         e->account.s ? e->account.s : "");
	snprintf(r->how, sizeof r->how, "%s%s%s",
	         e->status == LAB_FIRING     ? "firing"
	         : e->status == LAB_RESOLVED ? "resolved"
	                                     : "",
	         e->status && e->severity.s ? " " : "", e->severity.s ? e->severity.s : "");
}

static int by_time(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->sign != y->sign)
		return x->sign == '-' ? -1 : y->sign == '-' ? 1 : x->sign - y->sign;
	return x->expect + x->alert < y->expect + y->alert ? -1 : 1;
}

static void nearest_time(const struct table *w, const struct lab_expect *e,
                         const struct lab_alert *a, struct buf *out)
{
	int64_t d = a->time_ns - lab_time(&e->at, w->start_ns);
	char off[TIMEFMT_TEXT];

	duration_format(d < 0 ? -d : d, off);
	buf_printf(out, "; %s %s", off, d < 0 ? "early" : "late");
}

static void nearest_labels(const struct lab_expect *e, const struct lab_alert *a, struct buf *out)
{
	for (size_t i = 0; i < e->labels.n; i++) {
		const char *value = NULL, *name = e->labels.v[i].key.s;

		for (uint32_t k = 0; k < a->n_labels; k++)
			if (strcmp(a->labels[k].name, name) == 0)
				value = a->labels[k].value;
		if (!value)
			buf_printf(out, "; no label %s", name);
		else if (strcmp(value, e->labels.v[i].value.s) != 0)
			buf_printf(out, "; label %s is '%.60s', not '%.60s'", name, value,
			           e->labels.v[i].value.s);
	}
}

static void show_nearest(const struct table *w, const struct row *r, const char *indent,
                         struct buf *out)
{
	const struct lab_expect *e = &w->t->expect[r->expect];
	const struct lab_alert *a;
	char when[TIMEFMT_TEXT + 2];
	unsigned d;

	if (w->m->nearest[r->expect] == LAB_NOBODY)
		return;
	a = &w->found->v[w->m->nearest[r->expect]];
	d = lab_differences(e, a, w->start_ns);
	since(a->time_ns, w->start_ns, when, sizeof when);
	buf_printf(out, "%s    nearest: the one at %s", indent, when);
	if (d & LAB_DIFFERS_TIME)
		nearest_time(w, e, a, out);
	if (d & LAB_DIFFERS_INSTRUMENT)
		buf_printf(out, "; instrument %s", a->instrument);
	if (d & LAB_DIFFERS_ACCOUNT)
		buf_printf(out, "; %s%s", a->account ? "account " : "no account",
		           a->account ? a->account : "");
	if (d & LAB_DIFFERS_STATUS)
		buf_printf(out, "; %s", a->status);
	if (d & LAB_DIFFERS_SEVERITY)
		buf_printf(out, "; severity %s", tocsin_severity_name(a->severity));
	if (d & LAB_DIFFERS_CONFIDENCE)
		buf_printf(out, "; confidence %.4f is not %.4g to %.4g", a->confidence,
		           e->min_confidence, e->max_confidence);
	if (d & LAB_DIFFERS_LABELS)
		nearest_labels(e, a, out);
	if (d & LAB_DIFFERS_SUMMARY)
		buf_printf(out, "\n%s    its summary is  \"%s\"\n%s    expected %s \"%s\"", indent,
		           a->summary, indent, e->summary.s ? "      " : "within",
		           e->summary.s ? e->summary.s : e->summary_contains.s);
	buf_putc(out, '\n');
}

static void show(const struct table *w, const char *indent, struct buf *out)
{
	int when = 0, rule = 0, what = 0, how = 0;
	size_t shown[128] = { 0 }, left = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct row *r = &w->rows[i];

		when = (int)strlen(r->when) > when ? (int)strlen(r->when) : when;
		rule = (int)strlen(r->rule) > rule ? (int)strlen(r->rule) : rule;
		what = (int)strlen(r->what) > what ? (int)strlen(r->what) : what;
		how = (int)strlen(r->how) > how ? (int)strlen(r->how) : how;
	}
	for (size_t i = 0; i < w->n; i++) {
		const struct row *r = &w->rows[i];
		const char *summary = r->alert != LAB_NOBODY ? w->found->v[r->alert].summary : "";

		if (shown[(int)r->sign]++ >= MAX_SHOWN) {
			left++;
			continue;
		}
		buf_printf(out, "%s%c %-11s  %*s  %-*s  %-*s%s%-*s%s%s\n", indent, r->sign,
		           r->sign == '-'   ? "missing"
		           : r->sign == '+' ? "unexpected"
		                            : "as expected",
		           when, r->when, rule, r->rule, *r->how ? what : 0, r->what,
		           *r->how ? "  " : "", *summary ? how : 0, r->how, *summary ? "  " : "",
		           summary);
		if (r->sign == '-')
			show_nearest(w, r, indent, out);
	}
	if (left)
		buf_printf(out, "%s  and %zu more\n", indent, left);
}

void lab_diff(const struct lab_test *t, const struct lab_alerts *found, int64_t start_ns,
              const struct lab_match *m, bool all, const char *indent, struct buf *out)
{
	struct table w = { t, found, m, start_ns, NULL, 0 };

	w.rows = calloc(m->n_expect + m->n_alerts + 1, sizeof *w.rows);
	if (!w.rows) {
		out->failed = true;
		return;
	}
	for (size_t e = 0; e < m->n_expect; e++)
		if (m->alert_of[e] == LAB_NOBODY) {
			w.rows[w.n] = (struct row){ .sign = '-', .expect = e, .alert = LAB_NOBODY };
			describe_expect(&w, &w.rows[w.n++]);
		}
	for (size_t a = 0; a < m->n_alerts; a++)
		if (m->expect_of[a] == LAB_NOBODY || all) {
			w.rows[w.n] = (struct row){
				.sign = m->expect_of[a] == LAB_NOBODY ? '+' : '=',
				.alert = a,
				.expect = 0,
			};
			describe_alert(&w, &w.rows[w.n++]);
		}
	qsort(w.rows, w.n, sizeof *w.rows, by_time);
	show(&w, indent, out);
	free(w.rows);
}
