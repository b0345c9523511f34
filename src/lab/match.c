/* Expected and found alerts brought together.
 *
 * Problem: an expectation may fit several alerts ("a price-move within a minute of 10m") and an alert
 * several expectations, so that taking the first that fits can leave one over that had to be matched.
 * Idea: a largest matching of a bipartite graph by augmenting paths (Kuhn 1955; Hopcroft and Karp
 * would be faster, and tests are small): each expectation takes a free alert, or one whose owner can
 * be moved elsewhere. Expectations go in the order of the file and alerts in that of their times, so
 * the result depends on both alone. Cost: expectations times fitting pairs.
 *
 * What stays over is paired for the reader: a missing expectation with the unexpected alert of the
 * fewest differences, of equal ones the nearest in time. Where it fails: two alerts that are each
 * other's in wrong order show as two near misses, not as a swap. */
#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool differs(const struct conf_text *want, const char *found)
{
	return want->s && (!found || strcmp(want->s, found) != 0);
}

static bool labels_differ(const struct conf_pairs *want, const struct lab_alert *a)
{
	for (size_t i = 0; i < want->n; i++) {
		bool there = false;

		for (uint32_t k = 0; k < a->n_labels && !there; k++)
			there = strcmp(a->labels[k].name, want->v[i].key.s) == 0 &&
			        strcmp(a->labels[k].value, want->v[i].value.s) == 0;
		if (!there)
			return true;
	}
	return false;
}

static bool status_differs(int want, const char *found)
{
	return (want == LAB_FIRING && strcmp(found, "firing") != 0) ||
	       (want == LAB_RESOLVED && strcmp(found, "resolved") != 0);
}

unsigned lab_differences(const struct lab_expect *e, const struct lab_alert *a, int64_t start_ns)
{
	unsigned d = 0;

	if (differs(&e->rule, a->rule_name))
		d |= LAB_DIFFERS_RULE;
	if (differs(&e->instrument, a->instrument))
		d |= LAB_DIFFERS_INSTRUMENT;
	if (differs(&e->account, a->account))
		d |= LAB_DIFFERS_ACCOUNT;
	if (status_differs(e->status, a->status))
		d |= LAB_DIFFERS_STATUS;
	if (e->at.s && apart(lab_time(&e->at, start_ns), a->time_ns) > (uint64_t)e->within_ns)
		d |= LAB_DIFFERS_TIME;
	if (differs(&e->severity, tocsin_severity_name(a->severity)))
		d |= LAB_DIFFERS_SEVERITY;
	if (a->confidence < e->min_confidence || a->confidence > e->max_confidence)
		d |= LAB_DIFFERS_CONFIDENCE;
	if (differs(&e->summary, a->summary) ||
	    (e->summary_contains.s && !strstr(a->summary, e->summary_contains.s)))
		d |= LAB_DIFFERS_SUMMARY;
	if (labels_differ(&e->labels, a))
		d |= LAB_DIFFERS_LABELS;
	return d;
}

struct matching {
	const struct lab_test *t;
	const struct lab_alerts *found;
	int64_t start_ns;
	struct lab_match *m;
	bool *asked; /* alerts, in this search */
};

/* Finds expectation `e` an alert; true when it has one. A test has at most as many expectations as
 * the reader of its file takes, which bounds the depth. */
static bool find(struct matching *w, size_t e)
{
	for (size_t a = 0; a < w->found->n; a++) {
		if (w->asked[a] ||
		    lab_differences(&w->t->expect[e], &w->found->v[a], w->start_ns) != 0)
			continue;
		w->asked[a] = true;
		if (w->m->expect_of[a] == LAB_NOBODY || find(w, w->m->expect_of[a])) {
			w->m->expect_of[a] = e;
			w->m->alert_of[e] = a;
			return true;
		}
	}
	return false;
}

static void find_nearest(struct matching *w, size_t e)
{
	int fewest = 99;
	uint64_t nearest = 0;

	for (size_t a = 0; a < w->found->n; a++) {
		const struct lab_expect *want = &w->t->expect[e];
		unsigned d = lab_differences(want, &w->found->v[a], w->start_ns);
		int n = __builtin_popcount(d);
		uint64_t off = want->at.s ? apart(lab_time(&want->at, w->start_ns),
		                                  w->found->v[a].time_ns)
		                          : 0;

		if (w->asked[a] || w->m->expect_of[a] != LAB_NOBODY || (d & LAB_DIFFERS_RULE))
			continue;
		if (n < fewest || (n == fewest && off < nearest)) {
			fewest = n;
			nearest = off;
			w->m->nearest[e] = a;
		}
	}
	if (w->m->nearest[e] != LAB_NOBODY)
		w->asked[w->m->nearest[e]] = true;
}

int lab_match(const struct lab_test *t, const struct lab_alerts *found, int64_t start_ns,
              struct lab_match *ret)
{
	size_t n = t->n_expect, k = found->n;
	struct matching w = { t, found, start_ns, ret, calloc(k + 1, sizeof(bool)) };

	*ret = (struct lab_match){ .n_expect = n, .n_alerts = k };
	ret->alert_of = malloc((n + 1) * sizeof(size_t));
	ret->nearest = malloc((n + 1) * sizeof(size_t));
	ret->expect_of = malloc((k + 1) * sizeof(size_t));
	if (!w.asked || !ret->alert_of || !ret->nearest || !ret->expect_of) {
		free(w.asked);
		lab_match_done(ret);
		return -ENOMEM;
	}
	memset(ret->alert_of, 0xff, (n + 1) * sizeof(size_t)); /* LAB_NOBODY */
	memset(ret->nearest, 0xff, (n + 1) * sizeof(size_t));
	memset(ret->expect_of, 0xff, (k + 1) * sizeof(size_t));
	for (size_t e = 0; e < n; e++) {
		memset(w.asked, 0, k * sizeof(bool));
		ret->n_matched += find(&w, e);
	}
	memset(w.asked, 0, k * sizeof(bool));
	for (size_t e = 0; e < n; e++)
		if (ret->alert_of[e] == LAB_NOBODY)
			find_nearest(&w, e);
	free(w.asked);
	return 0;
}

void lab_match_done(struct lab_match *m)
{
	free(m->alert_of);
	free(m->nearest);
	free(m->expect_of);
	*m = (struct lab_match){ 0 };
}
