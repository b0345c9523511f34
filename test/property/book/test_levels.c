/* Levels against a plain sorted array: blocks are split, joined and dropped, and nobody can tell. */
#include "book/levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"

#define MAX_LEVELS 3000

struct naive {
	struct level v[MAX_LEVELS]; /* best first */
	uint32_t n;
};

static uint32_t naive_at(const struct naive *m, int64_t rank)
{
	uint32_t i = 0;

	while (i < m->n && m->v[i].rank > rank)
		i++;
	return i;
}

static void naive_add(struct naive *m, int64_t rank, int64_t size)
{
	uint32_t i = naive_at(m, rank);

	if (i == m->n || m->v[i].rank != rank) {
		memmove(&m->v[i + 1], &m->v[i], (m->n - i) * sizeof m->v[0]);
		m->v[i] = (struct level){ .rank = rank };
		m->n++;
	}
	m->v[i].size += size;
	m->v[i].n_orders++;
}

static void naive_remove(struct naive *m, uint32_t i, int64_t size)
{
	m->v[i].size -= size;
	if (--m->v[i].n_orders)
		return;
	memmove(&m->v[i], &m->v[i + 1], (m->n - i - 1) * sizeof m->v[0]);
	m->n--;
}

struct walk {
	const struct naive *m;
	uint32_t at;
	uint64_t seed;
	int step;
};

static bool same(void *ctx, const struct level *v)
{
	struct walk *w = ctx;
	const struct level *want = &w->m->v[w->at++];

	ck_assert_msg(v->rank == want->rank && v->size == want->size &&
	                      v->n_orders == want->n_orders,
	              "seed %llu step %d: level %u is another", (unsigned long long)w->seed,
	              w->step, w->at - 1);
	return true;
}

static void compare(const struct levels *l, const struct naive *m, struct rng *r, uint64_t seed,
                    int step)
{
	uint32_t n = (uint32_t)rng_below(r, m->n + 2);
	int64_t rank = (int64_t)rng_below(r, 4 * MAX_LEVELS) - 2 * MAX_LEVELS;
	struct walk w = { m, 0, seed, step };
	struct level v;
	__int128 depth = 0;
	uint32_t at;

	ck_assert_uint_eq(l->n, m->n);
	for (uint32_t i = 0; i < n && i < m->n; i++)
		depth += m->v[i].size;
	ck_assert(levels_depth(l, n) == depth);
	at = naive_at(m, rank);
	ck_assert_uint_eq(levels_better(l, rank), at);
	ck_assert(levels_has(l, rank) == (at < m->n && m->v[at].rank == rank));
	ck_assert(levels_get(l, n, &v) == (n < m->n));
	if (n < m->n)
		ck_assert(v.rank == m->v[n].rank && v.size == m->v[n].size);
	if (step % 500)
		return;
	levels_each(l, UINT32_MAX, same, &w);
	ck_assert_uint_eq(w.at, m->n);
}

/* Grows, lives near the touch, and shrinks, so that every shape of blocks comes up. */
static void run(uint64_t seed, size_t *bytes)
{
	static struct naive m;
	struct levels l = { 0 };
	struct rng r = { seed };
	int64_t touch = 0;

	m.n = 0;
	for (int step = 0; step < 25000; step++) {
		unsigned phase = (unsigned)(step / 5000) % 3;
		bool grows = rng_below(&r, 100) < (phase == 0 ? 90 : phase == 1 ? 50 : 10);

		touch += (int64_t)rng_below(&r, 3) - 1;
		if ((grows || m.n == 0) && m.n < MAX_LEVELS) {
			uint64_t width = rng_below(&r, 4) ? 40 : MAX_LEVELS;
			int64_t rank = touch - (int64_t)rng_below(&r, width);
			int64_t size = rng_below(&r, 50)
			                       ? (int64_t)rng_below(&r, 1000000) + 1
			                       : INT64_MAX; /* sums need more than 64 bits */

			ck_assert_int_eq(levels_add(&l, rank, size, bytes), 0);
			naive_add(&m, rank, size);
		} else {
			uint32_t i = (uint32_t)rng_below(&r, rng_below(&r, 3) || m.n < 9 ? m.n : 9);
			int64_t rank = m.v[i].rank;

			if (rng_below(&r, 4) == 0) {
				levels_resize(&l, rank, 5);
				m.v[i].size += 5;
			} else {
				levels_remove(&l, rank, 1, bytes);
				naive_remove(&m, i, 1);
			}
		}
		compare(&l, &m, &r, seed, step);
		if (m.n)
			ck_assert_uint_le(l.n_slots, 4 * m.n / LEVELS_BLOCK * 2 + 8);
	}
	levels_done(&l, bytes);
}

START_TEST(equal_a_sorted_array)
{
	size_t bytes = 0;

	for (uint64_t seed = 1; seed <= 6; seed++)
		run(seed, &bytes);
	ck_assert_uint_eq(bytes, 0);
}
END_TEST

SUITE("levels", equal_a_sorted_array)
