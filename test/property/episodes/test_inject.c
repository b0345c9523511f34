/* Every pattern and look-alike in a market made at random: what inject.h promises of the written log
 * is counted from its lines alone, with a book that is nothing but an array. */
#include "episodes/inject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/hash.h"
#include "core/timefmt.h"

#define TICK INT64_C(250000000)
#define MID INT64_C(4800000000000)
#define START (1700000000LL * NS_PER_S)
#define N_ORDERS 400000
#define LEVELS 400 /* on each side of MID that the check looks at */

/* A random market: orders join up to 12 ticks from a wandering middle, are cancelled, moved or
 * traded. Never crossed. */
struct maker {
	struct mbo_log log;
	struct rng rng;
	int64_t time, mid; /* mid: between the best bid, mid - 1, and the best ask, mid, in ticks */
	uint64_t next;
	struct made {
		uint64_t id;
		int64_t price, size; /* ticks from MID */
		int side; /* 0 bid */
	} live[20000];
	size_t n;
};

static void line(struct maker *k, char action, char side, int64_t ticks, int64_t size, uint64_t id,
                 unsigned flags)
{
	char text[400];
	int n = snprintf(text, sizeof text,
	                 "{\"ts_recv\":\"%" PRId64 "\",\"hd\":{\"ts_event\":\"%" PRId64
	                 "\",\"rtype\":160},\"action\":\"%c\",\"side\":\"%c\",\"price\":\"%" PRId64
	                 "\",\"size\":%" PRId64 ",\"channel_id\":0,\"order_id\":\"%" PRIu64
	                 "\",\"flags\":%u,\"sequence\":1,\"symbol\":\"XX\"}",
	                 k->time, k->time, action, side, MID + ticks * TICK, size, id, flags);

	ck_assert_int_eq(mbo_add(&k->log, text, (size_t)n), 0);
}

static void join(struct maker *k, int side)
{
	int64_t away = 1 + (int64_t)rng_below(&k->rng, 12),
		price = side ? k->mid - 1 + away : k->mid - away,
		size = 1 + (int64_t)rng_below(&k->rng, 9);

	if (k->n == 20000)
		return;
	k->live[k->n++] = (struct made){ ++k->next, price, size, side };
	line(k, 'A', side ? 'A' : 'B', price, size, k->next, 130);
}

static void drop(struct maker *k, size_t i)
{
	struct made *o = &k->live[i];

	line(k, 'C', o->side ? 'A' : 'B', o->price, o->size, o->id, 130);
	*o = k->live[--k->n];
}

static void trade(struct maker *k, size_t i)
{
	struct made *o = &k->live[i];
	int64_t size = 1 + (int64_t)rng_below(&k->rng, (uint64_t)o->size);

	line(k, 'T', o->side ? 'B' : 'A', o->price, size, ++k->next, 0);
	line(k, 'F', o->side ? 'A' : 'B', o->price, size, o->id, 0);
	if (size == o->size) {
		drop(k, i);
		return;
	}
	o->size -= size;
	line(k, 'M', o->side ? 'A' : 'B', o->price, o->size, o->id, 130);
}

static size_t best(const struct maker *k, int side)
{
	size_t at = k->n;

	for (size_t i = 0; i < k->n; i++)
		if (k->live[i].side == side &&
		    (at == k->n || (side ? k->live[i].price < k->live[at].price
		                         : k->live[i].price > k->live[at].price)))
			at = i;
	return at;
}

/* The middle goes a tick: what is in the way is cancelled. */
static void wander(struct maker *k, int side)
{
	k->mid += side ? 1 : -1;
	for (size_t i = 0; i < k->n;) {
		const struct made *o = &k->live[i];

		if (o->side ? o->price < k->mid : o->price >= k->mid)
			drop(k, i);
		else
			i++;
	}
}

static void make_log(struct maker *k, uint64_t seed, int64_t seconds)
{
	k->rng.s = seed;
	k->time = START;
	for (int i = 0; i < 300; i++)
		join(k, i % 2);
	while (k->time < START + seconds * NS_PER_S) {
		unsigned what = (unsigned)rng_below(&k->rng, 100);
		size_t i = k->n ? rng_below(&k->rng, k->n) : 0;

		k->time += script_between(&k->rng, 1, 400 * NS_PER_MS);
		if (what < 50 || k->n < 200)
			join(k, (int)rng_below(&k->rng, 2));
		else if (what < 88)
			drop(k, i);
		else if (what < 98 && (i = best(k, (int)rng_below(&k->rng, 2))) < k->n)
			trade(k, i);
		else
			wander(k, (int)rng_below(&k->rng, 2));
	}
}

/* What was written ---------------------------------------------------------------------------- */

struct seen {
	uint64_t id;
	int64_t price, size;
	int side;
	bool injected, gone;
};

struct reader {
	struct mbo_log lines;
	uint64_t last_recorded, hash;
	struct seen *v;
	size_t n;
	int64_t depth[2][2 * LEVELS];
	const struct injected *done;
};

static void keep(void *ctx, int64_t time_ns, const char *text, size_t n)
{
	struct reader *r = ctx;

	r->hash = hash_bytes(text, n, r->hash);
	ck_assert_int_eq(mbo_add(&r->lines, text, n), 0); /* refuses times that go back */
	ck_assert_int_eq(r->lines.v[r->lines.n - 1].time_ns, time_ns);
}

static struct seen *find(struct reader *r, uint64_t id)
{
	size_t at = hash_bytes(&id, sizeof id, 1) % N_ORDERS;

	while (r->v[at].id && r->v[at].id != id)
		at = (at + 1) % N_ORDERS;
	r->v[at].id = id;
	return &r->v[at];
}

static void resize(struct reader *r, struct seen *o, int64_t price, int64_t size)
{
	if (o->size)
		r->depth[o->side][(o->price - MID) / TICK + LEVELS] -= o->size;
	o->price = price;
	o->size = size;
	ck_assert_int_lt(llabs((price - MID) / TICK), LEVELS);
	r->depth[o->side][(price - MID) / TICK + LEVELS] += size;
}

static bool inside(const struct reader *r, int64_t time_ns, enum pattern kind)
{
	for (size_t i = 0; i < r->done->n; i++)
		if (r->done->labels[i].kind == kind && time_ns >= r->done->labels[i].start_ns &&
		    time_ns <= r->done->labels[i].end_ns)
			return true;
	return false;
}

static void not_crossed(const struct reader *r, int64_t time_ns)
{
	int bid = -1, ask = 2 * LEVELS;

	for (int i = 0; i < 2 * LEVELS; i++) {
		bid = r->depth[0][i] ? i : bid;
		ask = r->depth[1][i] && i < ask ? i : ask;
	}
	if (bid >= ask && !inside(r, time_ns, PATTERN_CROSSED_BOOK))
		ck_abort_msg("crossed at %" PRId64 ": bid %d, ask %d", time_ns, bid, ask);
}

static void read_line(struct reader *r, const struct mbo_line *l)
{
	struct seen *o = l->order ? find(r, l->order) : NULL;

	if (strcmp(r->lines.symbols[l->instrument], "XX") != 0)
		return;
	switch (l->action) {
	case 'A':
		ck_assert(o->size == 0 && !o->gone);
		o->side = l->side == 'A';
		o->injected = l->order > r->last_recorded;
		resize(r, o, l->price, l->size);
		break;
	case 'M':
		ck_assert_int_gt(o->size, 0);
		resize(r, o, l->price, l->size);
		break;
	case 'C':
		ck_assert_int_ge(o->size, l->size);
		resize(r, o, o->price, o->size - l->size);
		o->gone = o->size == 0;
		break;
	case 'F':
		ck_assert_int_ge(o->size, l->size);
		ck_assert_int_eq(o->price, l->price);
		break;
	}
	if (l->flags & MBO_FLAG_LAST)
		not_crossed(r, l->time_ns);
}

/* The fills that follow a trade add up to it. */
static void fills_add_up(const struct reader *r)
{
	for (size_t i = 0; i < r->lines.n; i++) {
		int64_t sum = 0;

		if (r->lines.v[i].action != 'T' || r->lines.v[i].order == 0)
			continue;
		for (size_t k = i + 1; k < r->lines.n && r->lines.v[k].action == 'F'; k++)
			sum += r->lines.v[k].size;
		ck_assert_int_eq(sum, r->lines.v[i].size);
	}
}

static uint64_t round_of(const struct maker *k, struct inject_options o, bool look)
{
	struct reader *r = calloc(1, sizeof *r);
	struct injected done;
	char error[200] = "";
	uint64_t hash;
	int e;

	r->v = calloc(N_ORDERS, sizeof *r->v);
	r->last_recorded = k->log.last_order;
	e = inject(&k->log, &o, keep, r, &done, error, sizeof error);
	if (e)
		ck_abort_msg("seed %" PRIu64 ": %s", o.seed, error);
	r->done = &done;
	ck_assert_uint_eq(done.lines, r->lines.n);
	for (size_t i = 0; look && i < r->lines.n; i++)
		read_line(r, &r->lines.v[i]);
	if (look)
		fills_add_up(r);
	for (size_t i = 1; i < done.n; i++)
		ck_assert_int_ge(done.labels[i].start_ns,
		                 done.labels[i - 1].end_ns + o.quiet_ns / 2);
	hash = r->hash;
	mbo_done(&r->lines);
	inject_done(&done);
	free(r->v);
	free(r);
	return hash;
}

START_TEST(what_is_promised)
{
	int seeds = getenv("TOCSIN_TEST_FAST") ? 3 : 12;
	uint64_t before = 0;

	for (int seed = 1; seed <= seeds; seed++) {
		struct maker *k = calloc(1, sizeof *k);
		struct inject_options o = { .seed = (uint64_t)seed,
			                    .difficulty = (enum difficulty)(seed % 3),
			                    .accounts = seed % 2,
			                    .venues = 2,
			                    .warm_ns = 60 * NS_PER_S,
			                    .quiet_ns = 20 * NS_PER_S };
		uint64_t hash;

		make_log(k, (uint64_t)seed, 3000);
		for (int i = 0; i < N_KINDS; i++)
			o.each[i] = !pattern_kinds[i].needs_close &&
			            (o.accounts || !pattern_kinds[i].needs_accounts);
		o.each[PATTERN_MARKING_THE_CLOSE] = 1;
		hash = round_of(k, o, true);
		ck_assert_uint_eq(hash, round_of(k, o, false));
		ck_assert_uint_ne(hash, before);
		before = hash;
		mbo_done(&k->log);
		free(k);
	}
}
END_TEST

START_TEST(refusals)
{
	struct maker *k = calloc(1, sizeof *k);
	struct inject_options o = { .seed = 1, .venues = 1, .warm_ns = NS_PER_S };
	struct reader *r = calloc(1, sizeof *r);
	struct injected done;
	char error[200] = "";

	make_log(k, 1, 60);
	o.each[PATTERN_STALE_FEED] = 100;
	ck_assert_int_ne(inject(&k->log, &o, keep, r, &done, error, sizeof error), 0);
	ck_assert_ptr_nonnull(strstr(error, "has room for fewer than 100"));
	o.each[PATTERN_STALE_FEED] = 5001;
	ck_assert_int_ne(inject(&k->log, &o, keep, r, &done, error, sizeof error), 0);
	ck_assert_str_eq(error, "5001 episodes: there may be 5000");
	o.instrument = "YY";
	ck_assert_int_ne(inject(&k->log, &o, keep, r, &done, error, sizeof error), 0);
	ck_assert_str_eq(error, "the log has no instrument 'YY'");
	mbo_done(&k->log);
	ck_assert_int_ne(inject(&k->log, &o, keep, r, &done, error, sizeof error), 0);
	ck_assert_str_eq(error, "the log is empty");
	ck_assert_uint_eq(r->lines.n, 0);
	free(r);
	free(k);
}
END_TEST

SUITE("inject", what_is_promised, refusals)
