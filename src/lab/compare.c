/* Two lists of alerts brought together.
 *
 * Problem: a changed threshold makes an alert come three seconds sooner; told as one lost and one
 * gained, a hundred of these hide the one that is really lost. Idea: pair what means the same: one
 * rule by name, one entity, one status. Within such a group both lists are in order of time; first
 * those of equal times are paired, then what is left, from the earliest on: two that are not farther
 * apart than the tolerance are one that moved, otherwise the earlier one stands alone. Pairs never
 * cross, so that a group of equally shifted alerts shifts as a whole.
 * Cost: sorting. Where it fails: a rule that got another name is lost and gained; among several
 * within the tolerance the earliest is taken, not the nearest. */
#include "compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *lab_change_name(enum lab_change c)
{
	static const char *const names[] = { "same", "moved", "gained", "lost" };

	return names[c];
}

static int same_thing(const struct lab_alert *a, const struct lab_alert *b)
{
	int c = strcmp(a->rule_name, b->rule_name);

	c = c ? c : strcmp(a->entity, b->entity);
	return c ? c : strcmp(a->status, b->status);
}

static int by_group(const void *p, const void *q)
{
	const struct lab_alert *a = *(const struct lab_alert *const *)p;
	const struct lab_alert *b = *(const struct lab_alert *const *)q;
	int c = same_thing(a, b);

	if (c)
		return c;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a > b) - (a < b); /* both of one array: the order in which they came */
}

static const struct lab_alert **sorted(const struct lab_alerts *a)
{
	const struct lab_alert **v = calloc(a->n + 1, sizeof *v);

	for (size_t i = 0; v && i < a->n; i++)
		v[i] = &a->v[i];
	if (v)
		qsort(v, a->n, sizeof *v, by_group);
	return v;
}

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static void put(struct lab_changes *c, enum lab_change change, const struct lab_alert *before,
                const struct lab_alert *after)
{
	c->v[c->n++] = (struct lab_changed){ change, before, after };
	c->count[change]++;
}

/* Takes the pairs of equal time out of both; what stays is moved to the front. */
static void pair_equal(struct lab_changes *c, const struct lab_alert **a, size_t *n_a,
                       const struct lab_alert **b, size_t *n_b)
{
	size_t i = 0, j = 0, left_a = 0, left_b = 0;

	while (i < *n_a && j < *n_b) {
		if (a[i]->time_ns == b[j]->time_ns)
			put(c, LAB_SAME, a[i++], b[j++]);
		else if (a[i]->time_ns < b[j]->time_ns)
			a[left_a++] = a[i++];
		else
			b[left_b++] = b[j++];
	}
	while (i < *n_a)
		a[left_a++] = a[i++];
	while (j < *n_b)
		b[left_b++] = b[j++];
	*n_a = left_a;
	*n_b = left_b;
}

static void pair_group(struct lab_changes *c, const struct lab_alert **a, size_t n_a,
                       const struct lab_alert **b, size_t n_b, int64_t tolerance_ns)
{
	size_t i = 0, j = 0;

	pair_equal(c, a, &n_a, b, &n_b);
	while (i < n_a && j < n_b) {
		if (apart(a[i]->time_ns, b[j]->time_ns) <= (uint64_t)tolerance_ns)
			put(c, LAB_MOVED, a[i++], b[j++]);
		else if (a[i]->time_ns < b[j]->time_ns)
			put(c, LAB_LOST, a[i++], NULL);
		else
			put(c, LAB_GAINED, NULL, b[j++]);
	}
	while (i < n_a)
		put(c, LAB_LOST, a[i++], NULL);
	while (j < n_b)
		put(c, LAB_GAINED, NULL, b[j++]);
}

static size_t group_end(const struct lab_alert **v, size_t i, size_t n)
{
	size_t end = i;

	while (end < n && same_thing(v[end], v[i]) == 0)
		end++;
	return end;
}

static const struct lab_alert *of(const struct lab_changed *c)
{
	return c->after ? c->after : c->before;
}

static int by_time(const void *p, const void *q)
{
	const struct lab_alert *a = of(p), *b = of(q);
	int c;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	c = same_thing(a, b);
	return c ? c
	         : (int)((const struct lab_changed *)p)->change -
	                       (int)((const struct lab_changed *)q)->change;
}

int lab_compare(const struct lab_alerts *before, const struct lab_alerts *after,
                int64_t tolerance_ns, struct lab_changes *ret)
{
	const struct lab_alert **a = sorted(before), **b = sorted(after);
	size_t i = 0, j = 0;

	*ret = (struct lab_changes){ .n_before = before->n, .n_after = after->n };
	ret->v = calloc(before->n + after->n + 1, sizeof *ret->v);
	while (a && b && ret->v && (i < before->n || j < after->n)) {
		int order = i == before->n ? 1 : j == after->n ? -1 : same_thing(a[i], b[j]);
		size_t end_a = order <= 0 ? group_end(a, i, before->n) : i;
		size_t end_b = order >= 0 ? group_end(b, j, after->n) : j;

		pair_group(ret, a + i, end_a - i, b + j, end_b - j, tolerance_ns);
		i = end_a;
		j = end_b;
	}
	free(a);
	free(b);
	if (!a || !b || !ret->v) {
		lab_changes_done(ret);
		return -ENOMEM;
	}
	qsort(ret->v, ret->n, sizeof *ret->v, by_time);
	return 0;
}

void lab_changes_done(struct lab_changes *c)
{
	free(c->v);
	*c = (struct lab_changes){ 0 };
}
