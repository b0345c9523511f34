/* Alerts of two versions: same, moved, gained, lost; and that none is told twice or forgotten. */
#include "lab/compare.h"

#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define MAX 64

struct list {
	struct lab_alert v[MAX];
	struct lab_alerts alerts;
};

static void add(struct list *l, int64_t seconds, const char *rule, const char *entity)
{
	l->v[l->alerts.n++] = (struct lab_alert){
		.time_ns = seconds * NS_PER_S,
		.rule_name = rule,
		.entity = entity,
		.instrument = entity,
		.status = "firing",
		.summary = "s",
	};
	l->alerts.v = l->v;
}

/* "same 1 moved 2 gained 0 lost 3" and the changes in order. */
static void told(const struct lab_changes *c, char *out, size_t size)
{
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < c->n; i++)
		n += (size_t)snprintf(
			out + n, size - n, "%s%s %lld>%lld", i ? ", " : "",
			lab_change_name(c->v[i].change),
			c->v[i].before ? (long long)(c->v[i].before->time_ns / NS_PER_S) : -1,
			c->v[i].after ? (long long)(c->v[i].after->time_ns / NS_PER_S) : -1);
}

START_TEST(each_kind_of_change)
{
	struct list a = { 0 }, b = { 0 };
	struct lab_changes c;
	char text[400];

	add(&a, 10, "r", "ES");
	add(&a, 100, "r", "ES");
	add(&a, 200, "r", "ES");
	add(&a, 300, "gone", "ES");
	add(&b, 10, "r", "ES");
	add(&b, 105, "r", "ES");
	add(&b, 250, "r", "ES");
	add(&b, 200, "r", "NQ");
	ck_assert_int_eq(lab_compare(&a.alerts, &b.alerts, 30 * NS_PER_S, &c), 0);
	told(&c, text, sizeof text);
	ck_assert_str_eq(text, "same 10>10, moved 100>105, lost 200>-1, gained -1>200, "
	                       "gained -1>250, lost 300>-1");
	ck_assert_uint_eq(c.count[LAB_SAME] + c.count[LAB_MOVED], 2);
	lab_changes_done(&c);
}
END_TEST

/* Equal times are the same, though an earlier one lies within the tolerance. */
START_TEST(equal_times_come_first)
{
	struct list a = { 0 }, b = { 0 };
	struct lab_changes c;
	char text[400];

	add(&a, 100, "r", "ES");
	add(&b, 90, "r", "ES");
	add(&b, 100, "r", "ES");
	ck_assert_int_eq(lab_compare(&a.alerts, &b.alerts, 30 * NS_PER_S, &c), 0);
	told(&c, text, sizeof text);
	ck_assert_str_eq(text, "gained -1>90, same 100>100");
	lab_changes_done(&c);
}
END_TEST

START_TEST(nothing_and_nothing)
{
	struct lab_alerts none = { 0 };
	struct lab_compare_words w = { "a", "b", 7, 20, 50 };
	struct buf out = { 0 };
	struct lab_changes c;

	ck_assert_int_eq(lab_compare(&none, &none, 0, &c), 0);
	ck_assert_uint_eq(c.n, 0);
	lab_compare_text(&c, &w, &out);
	ck_assert_str_eq(buf_str(&out),
	                 "old a, new b, 7 messages\n"
	                 "0 alerts before, 0 after: 0 same, 0 moved, 0 gained, 0 lost\n");
	buf_done(&out);
	lab_changes_done(&c);
}
END_TEST

/* Every alert of either side is in exactly one change; pairs are of one thing and near enough. */
START_TEST(random_lists)
{
	static const char *const rules[] = { "a", "b" }, *const entities[] = { "X", "Y", "Z" };
	struct rng r = { 20240103 };

	for (int round = 0; round < 2000; round++) {
		struct list a = { 0 }, b = { 0 };
		int64_t tolerance = (int64_t)rng_below(&r, 20) * NS_PER_S;
		bool seen_a[MAX] = { 0 }, seen_b[MAX] = { 0 };
		struct lab_changes c;
		size_t n = 0;

		for (uint64_t i = rng_below(&r, MAX); i > 0; i--)
			add(&a, (int64_t)rng_below(&r, 300), rules[rng_below(&r, 2)],
			    entities[rng_below(&r, 3)]);
		for (uint64_t i = rng_below(&r, MAX); i > 0; i--)
			add(&b, (int64_t)rng_below(&r, 300), rules[rng_below(&r, 2)],
			    entities[rng_below(&r, 3)]);
		ck_assert_int_eq(lab_compare(&a.alerts, &b.alerts, tolerance, &c), 0);
		for (size_t i = 0; i < c.n; i++) {
			const struct lab_changed *v = &c.v[i];

			if (v->before) {
				ck_assert(!seen_a[v->before - a.v]);
				seen_a[v->before - a.v] = true;
				n++;
			}
			if (v->after) {
				ck_assert(!seen_b[v->after - b.v]);
				seen_b[v->after - b.v] = true;
				n++;
			}
			if (v->before && v->after) {
				int64_t d = v->after->time_ns - v->before->time_ns;

				ck_assert_str_eq(v->before->rule_name, v->after->rule_name);
				ck_assert_str_eq(v->before->entity, v->after->entity);
				ck_assert_int_le(d < 0 ? -d : d, tolerance);
				ck_assert_int_eq(v->change == LAB_SAME, d == 0);
			}
		}
		ck_assert_uint_eq(n, a.alerts.n + b.alerts.n);
		lab_changes_done(&c);
	}
}
END_TEST

SUITE("compare", each_kind_of_change, equal_times_come_first, nothing_and_nothing, random_lists)
