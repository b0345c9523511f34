/* Circles of trades, for wash trading by a group: A sells to B, B to C, C back to A, and nobody's
 * position changed ("pre-arranged ... circular trading", IOSCO, "Investigating and prosecuting market
 * manipulation", 2000; CFTC: trades "without ... changing the trader's market position").
 *
 * Problem: a trade that closes a circle is the last edge of a cycle in the graph of accounts, an edge
 * from seller to buyer a trade. Idea: with at most four accounts the way back from this trade's buyer
 * to its seller has at most three edges, so two sets tell all: whom the buyer sold to, and who sold to
 * the seller. A direct edge is a circle of two; a common member one of three; a trade from a member
 * of the first to one of the second one of four. Two passes over the window.
 *
 * Sizes within a share of this trade's alone count: what comes back is what went out. The order of the
 * trades in time is not asked for: rings are traded in any order.
 *
 * Cost: O(w + log m) a trade for w trades in the window, of which the newest CIRCLE_MAX_TRADES are
 * looked at, and m accounts that one traded with; about a nanosecond a trade and pass. Where it fails:
 * in a busy market of few accounts circles close by chance; ask for size, number or profit besides.
 * Larger rings, and those that change size on the way, are not seen. */
#include "circle.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct accounts {
	int64_t v[CIRCLE_MAX_ACCOUNTS];
	size_t n;
	uint64_t marks[4]; /* a bit by account: most strangers are told at once */
};

struct search {
	const struct ring *ring;
	uint64_t from;
	int64_t least, most;
};

static unsigned mark_of(int64_t account)
{
	return (unsigned)((uint64_t)account >> 56);
}

static void add(struct accounts *a, int64_t account)
{
	unsigned mark = mark_of(account);

	for (size_t i = 0; a->marks[mark / 64] >> mark % 64 & 1 && i < a->n; i++)
		if (a->v[i] == account)
			return;
	if (a->n == CIRCLE_MAX_ACCOUNTS)
		return;
	a->v[a->n++] = account;
	a->marks[mark / 64] |= 1ull << mark % 64;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static bool has(const struct accounts *a, int64_t account)
{
	unsigned mark = mark_of(account);

	return a->marks[mark / 64] >> mark % 64 & 1 &&
	       bsearch(&account, a->v, a->n, sizeof account, by_number);
}

static bool counts(const struct search *s, const int64_t *cells)
{
	return cells[CIRCLE_SIZE] >= s->least && cells[CIRCLE_SIZE] <= s->most;
}

/* Fills whom the buyer sold to and who sold to the seller; true when it sold to him at once. */
static bool neighbours(const struct search *s, int64_t seller, int64_t buyer,
                       struct accounts *ret_after, struct accounts *ret_before)
{
	ret_after->n = ret_before->n = 0;
	for (int i = 0; i < 4; i++)
		ret_after->marks[i] = ret_before->marks[i] = 0;
	for (uint64_t p = s->from; p < s->ring->head; p++) {
		const int64_t *c = ring_cell(s->ring, 0, p);

		if (!counts(s, c))
			continue;
		if (c[CIRCLE_SELLER] == buyer && c[CIRCLE_BUYER] == seller)
			return true;
		if (c[CIRCLE_SELLER] == buyer)
			add(ret_after, c[CIRCLE_BUYER]);
		if (c[CIRCLE_BUYER] == seller)
			add(ret_before, c[CIRCLE_SELLER]);
	}
	qsort(ret_after->v, ret_after->n, sizeof ret_after->v[0], by_number);
	qsort(ret_before->v, ret_before->n, sizeof ret_before->v[0], by_number);
	return false;
}

static bool common(const struct accounts *a, const struct accounts *b, int64_t seller,
                   int64_t buyer)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i] != seller && a->v[i] != buyer && has(b, a->v[i]))
			return true;
	return false;
}

static bool joined(const struct search *s, const struct accounts *after,
                   const struct accounts *before, int64_t seller, int64_t buyer)
{
	for (uint64_t p = s->from; p < s->ring->head; p++) {
		const int64_t *c = ring_cell(s->ring, 0, p);

		if (counts(s, c) && c[CIRCLE_SELLER] != buyer && c[CIRCLE_BUYER] != buyer &&
		    c[CIRCLE_SELLER] != seller && c[CIRCLE_BUYER] != seller &&
		    c[CIRCLE_SELLER] != c[CIRCLE_BUYER] && has(after, c[CIRCLE_SELLER]) &&
		    has(before, c[CIRCLE_BUYER]))
			return true;
	}
	return false;
}

unsigned circle_of(const struct ring *r, uint64_t from, int64_t seller, int64_t buyer, int64_t size,
                   double tolerance)
{
	int64_t apart = (int64_t)((double)size * tolerance);
	struct search s = { .ring = r, .from = from };
	struct accounts after, before;

	if (seller == buyer)
		return 1;
	if (r->head - from > CIRCLE_MAX_TRADES)
		s.from = r->head - CIRCLE_MAX_TRADES;
	s.least = size - apart;
	if (__builtin_add_overflow(size, apart, &s.most))
		s.most = INT64_MAX;
	if (neighbours(&s, seller, buyer, &after, &before))
		return 2;
	if (after.n == 0 || before.n == 0)
		return 0;
	if (common(&after, &before, seller, buyer))
		return 3;
	return joined(&s, &after, &before, seller, buyer) ? 4 : 0;
}
