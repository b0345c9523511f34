/* One entity's way through its states, as an operator would tell it. The property test has the rest. */
#include "policy/life.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

#define S 1000000000LL

static const struct life_entity es = { 0, 7, "ES", 2 }, nq = { 0, 8, "NQ", 2 };

struct told {
	int n;
	struct life_change last;
};

static void on_evicted(void *ctx, const struct life_entity *e, const struct life_change *c)
{
	struct told *t = ctx;

	ck_assert_uint_eq(e->n, 2);
	t->n++;
	t->last = *c;
}

static struct life *with(struct life_rule rule, size_t most, struct told *told)
{
	struct life *l = NULL;

	ck_assert_int_eq(life_new(&rule, 1, most, &(struct life_events){ told, on_evicted }, &l),
	                 0);
	return l;
}

/* `when`; its end is that it is false. */
static struct life_change at(struct life *l, const struct life_entity *e, int64_t t, int when)
{
	struct life_change c;
	struct life_input in = { t, t, (enum life_truth)when,
		                 when < 0 ? LIFE_NO_VALUE : (enum life_truth) !when };

	ck_assert_int_eq(life_judge(l, e, &in, &c), 0);
	return c;
}

START_TEST(for_begins_again_when_false_or_unknown)
{
	struct life *l = with((struct life_rule){ .for_ns = 10 * S }, 10, NULL);
	struct life_change c;

	ck_assert_int_eq(at(l, &es, 0, 1).verdict, LIFE_SAME);
	ck_assert_int_eq(life_state_of(l, &es), LIFE_PENDING);
	at(l, &es, 5 * S, 0);
	ck_assert_int_eq(life_state_of(l, &es), LIFE_INACTIVE);
	at(l, &es, 6 * S, 1);
	at(l, &es, 7 * S, -1);
	ck_assert_int_eq(life_state_of(l, &es), LIFE_INACTIVE);
	at(l, &es, 8 * S, 1);
	ck_assert_int_eq(at(l, &es, 17 * S, 1).verdict, LIFE_SAME);
	c = at(l, &es, 18 * S, 1);
	ck_assert_int_eq(c.verdict, LIFE_FIRES);
	ck_assert_int_eq(c.since_ns, 8 * S);
	ck_assert_int_eq(c.fired_ns, 18 * S);
	life_free(l);
}
END_TEST

START_TEST(fires_again_until_told)
{
	struct life *l = with((struct life_rule){ 0 }, 10, NULL);

	ck_assert_int_eq(at(l, &es, 0, 1).verdict, LIFE_FIRES);
	ck_assert_int_eq(at(l, &es, 1 * S, -1).verdict, LIFE_SAME);
	ck_assert_int_eq(at(l, &es, 2 * S, 1).fired_ns, 0);
	life_told(l, &es);
	ck_assert_int_eq(at(l, &es, 3 * S, 1).verdict, LIFE_SAME);
	ck_assert(at(l, &es, 4 * S, 0).told);
	ck_assert_int_eq(life_state_of(l, &es), LIFE_INACTIVE);
	life_free(l);
}
END_TEST

START_TEST(keeps_firing_and_goes_on)
{
	struct life *l = with((struct life_rule){ .keep_ns = 10 * S }, 10, NULL);
	struct life_entity due;
	struct life_change c;
	int64_t t;

	at(l, &es, 0, 1);
	life_told(l, &es);
	ck_assert_int_eq(at(l, &es, 1 * S, 0).verdict, LIFE_SAME);
	ck_assert_int_eq(at(l, &es, 9 * S, 1).verdict, LIFE_SAME);
	at(l, &es, 12 * S, 0);
	at(l, &es, 13 * S, 0);
	ck_assert(!life_due(l, 22 * S - 1, &due, &t));
	ck_assert(life_due(l, 60 * S, &due, &t));
	ck_assert_int_eq(t, 22 * S);
	c = at(l, &es, t, -1); /* nothing is known against its end */
	ck_assert_int_eq(c.verdict, LIFE_RESOLVES);
	ck_assert_int_eq(c.reason, LIFE_CONDITION);
	ck_assert(!life_due(l, 60 * S, &due, &t));
	life_free(l);
}
END_TEST

START_TEST(hysteresis)
{
	struct life *l = with((struct life_rule){ 0 }, 10, NULL);
	struct life_change c;

	at(l, &es, 0, 1);
	life_told(l, &es);
	life_judge(l, &es, &(struct life_input){ S, S, LIFE_FALSE, LIFE_FALSE }, &c);
	ck_assert_int_eq(c.verdict, LIFE_SAME);
	life_judge(l, &es, &(struct life_input){ S, S, LIFE_TRUE, LIFE_TRUE }, &c);
	ck_assert_int_eq(c.verdict, LIFE_SAME); /* both at once: it still fires */
	life_judge(l, &es, &(struct life_input){ S, S, LIFE_NO_VALUE, LIFE_TRUE }, &c);
	ck_assert_int_eq(c.verdict, LIFE_RESOLVES);
	life_free(l);
}
END_TEST

START_TEST(no_data)
{
	static const enum life_verdict expected[] = { LIFE_SAME, LIFE_RESOLVES, LIFE_SILENT };

	for (int how = LIFE_KEEP; how <= LIFE_ALERT; how++) {
		struct life *l = with((struct life_rule){ .no_data = (enum life_no_data)how,
		                                          .no_data_ns = 60 * S },
		                      10, NULL);
		struct life_entity due;
		struct life_input in = { 0, 30 * S, LIFE_TRUE, LIFE_FALSE };
		struct life_change c;

		at(l, &es, 0, 1);
		life_told(l, &es);
		ck_assert_int_eq(life_due(l, 80 * S, &due, &in.time_ns), how != LIFE_KEEP);
		if (how == LIFE_KEEP) {
			life_free(l);
			continue;
		}
		ck_assert_int_eq(in.time_ns, 60 * S);
		life_judge(l, &due, &in, &c); /* there was an event that the rule did not see */
		ck_assert_int_eq(c.verdict, LIFE_SAME);
		ck_assert(!life_due(l, 90 * S - 1, &due, &in.time_ns));
		ck_assert(life_due(l, 90 * S, &due, &in.time_ns));
		life_judge(l, &due, &in, &c);
		ck_assert_int_eq(c.verdict, expected[how]);
		ck_assert_int_eq(c.reason == LIFE_NO_DATA, how == LIFE_RESOLVE);
		ck_assert(!life_due(l, 900 * S, &due, &in.time_ns)); /* said once */
		life_free(l);
	}
}
END_TEST

START_TEST(looks_again_while_windows_drain)
{
	struct life *l = with((struct life_rule){ .drain_ns = 16 * S }, 10, NULL);
	struct life_entity due;
	int64_t t = 0, n = 0;

	at(l, &es, 0, 1);
	life_told(l, &es);
	while (life_due(l, 900 * S, &due, &t)) {
		struct life_change c;

		ck_assert_int_eq(t, ++n * S);
		life_judge(l, &due, &(struct life_input){ t, 0, LIFE_TRUE, LIFE_FALSE }, &c);
	}
	ck_assert_int_eq(n, 16); /* the last one when all have left: (t - w, t] */
	life_free(l);
}
END_TEST

START_TEST(evicts_what_waits_first_and_tells_of_what_fires)
{
	struct told told = { 0 };
	struct life *l = with((struct life_rule){ .for_ns = S }, 1, &told);
	uint64_t firing, pending;

	at(l, &es, 0, 1);
	at(l, &nq, 0, 1);
	ck_assert_int_eq(told.n, 0);
	at(l, &nq, S, 1);
	life_told(l, &nq);
	at(l, &es, 2 * S, 1);
	ck_assert_int_eq(told.n, 1);
	ck_assert_int_eq(told.last.reason, LIFE_EVICTED);
	ck_assert(told.last.told);
	ck_assert_int_eq(told.last.fired_ns, S);
	life_evictions(l, &firing, &pending);
	ck_assert_uint_eq(firing, 1);
	ck_assert_uint_eq(pending, 1);
	life_free(l);
}
END_TEST

struct rows {
	int n, gone;
	unsigned char state[LIFE_STATE_SIZE];
};

static int row(void *ctx, const struct life_entity *e, const unsigned char *state)
{
	struct rows *r = ctx;

	(void)e;
	r->n++;
	r->gone += !state;
	if (state)
		memcpy(r->state, state, sizeof r->state);
	return 0;
}

START_TEST(stored_states)
{
	struct life *l = with((struct life_rule){ 0 }, 10, NULL);
	struct rows rows = { 0 };

	at(l, &es, 0, 1);
	at(l, &es, 0, 0);
	life_dirty(l, row, &rows);
	ck_assert_int_eq(rows.n, 0); /* the journal never heard of it */
	at(l, &es, 1, 1);
	life_dirty(l, row, &rows);
	life_clean(l);
	at(l, &es, 2, 0);
	life_dirty(l, row, &rows);
	life_clean(l);
	ck_assert_int_eq(rows.n, 2);
	ck_assert_int_eq(rows.gone, 1);
	life_dirty(l, row, &rows);
	ck_assert_int_eq(rows.n, 2);

	for (size_t i = 0; i < LIFE_STATE_SIZE; i++) {
		rows.state[i] ^= 1;
		ck_assert_int_eq(life_restore(l, &es, rows.state, LIFE_STATE_SIZE), -EINVAL);
		rows.state[i] ^= 1;
	}
	ck_assert_int_eq(life_restore(l, &es, rows.state, LIFE_STATE_SIZE - 1), -EINVAL);
	ck_assert_int_eq(
		life_restore(l, &(struct life_entity){ .rule = 1 }, rows.state, LIFE_STATE_SIZE),
		-EINVAL);
	ck_assert_int_eq(life_restore(l, &es, rows.state, LIFE_STATE_SIZE), 0);
	ck_assert_int_eq(life_restore(l, &es, rows.state, LIFE_STATE_SIZE), -EINVAL);
	ck_assert_int_eq(life_state_of(l, &es), LIFE_FIRING);
	life_free(l);
	l = with((struct life_rule){ 0 }, 1, NULL);
	ck_assert_int_eq(life_restore(l, &es, rows.state, LIFE_STATE_SIZE), 0);
	ck_assert_int_eq(life_restore(l, &nq, rows.state, LIFE_STATE_SIZE), -ENOSPC);
	life_free(l);
}
END_TEST

START_TEST(wrong_bounds)
{
	const struct life_events none = { 0 };
	struct life *l = NULL;

	ck_assert_int_eq(life_new(NULL, 0, 0, &none, &l), -EINVAL);
	ck_assert_int_eq(life_new(NULL, 0, (size_t)1 << 25, &none, &l), -EINVAL);
	ck_assert_int_eq(life_new(&(struct life_rule){ .keep_ns = -1 }, 1, 1, &none, &l), -EINVAL);
	ck_assert_ptr_null(l);
}
END_TEST

SUITE("states of rules", for_begins_again_when_false_or_unknown, fires_again_until_told,
      keeps_firing_and_goes_on, hysteresis, no_data, looks_again_while_windows_drain,
      evicts_what_waits_first_and_tells_of_what_fires, stored_states, wrong_bounds)
