/* What a book says. Sums are exact; only what leaves is a double. */
#include <math.h>
#include <string.h>

#include "book/impl.h"

#define SCALE ((double)TOCSIN_SCALE)

static double wide(__int128 v)
{
	return v == (int64_t)v ? (double)(int64_t)v : (double)v;
}

static double truth(bool yes)
{
	return yes ? 1 : 0;
}

bool book_consistent(const struct book *b)
{
	return b && !b->inconsistent;
}

int64_t book_changed_ns(const struct book *b)
{
	return b ? b->changed_ns : INT64_MIN;
}

uint32_t book_levels(const struct book *b, unsigned side)
{
	return book_consistent(b) ? b->sides[side - 1].n : 0;
}

bool book_level(const struct book *b, unsigned side, uint32_t at, int64_t *ret_price,
                __int128 *ret_size, uint32_t *ret_orders)
{
	struct level v;

	if (!book_consistent(b) || !levels_get(&b->sides[side - 1], at, &v))
		return false;
	*ret_price = rank_of(side, v.rank);
	if (ret_size)
		*ret_size = v.size;
	if (ret_orders)
		*ret_orders = v.n_orders;
	return true;
}

bool book_best(const struct book *b, unsigned side, int64_t *ret_price, __int128 *ret_size)
{
	return book_level(b, side, 0, ret_price, ret_size, NULL);
}

double book_microprice(const struct book *b)
{
	int64_t bid, ask;
	__int128 bids, asks;

	if (!book_best(b, TOCSIN_BUY, &bid, &bids) || !book_best(b, TOCSIN_SELL, &ask, &asks))
		return NAN;
	return (wide(bid) + wide((__int128)ask - bid) * (wide(bids) / wide(bids + asks))) / SCALE;
}

double book_depth(const struct book *b, unsigned side, uint32_t levels)
{
	if (!book_consistent(b))
		return NAN;
	return wide(levels_depth(&b->sides[side - 1], levels)) / SCALE;
}

double book_imbalance(const struct book *b, uint32_t levels)
{
	__int128 bids, asks;

	if (!book_consistent(b))
		return NAN;
	bids = levels_depth(&b->sides[0], levels);
	asks = levels_depth(&b->sides[1], levels);
	return bids + asks > 0 ? wide(bids - asks) / wide(bids + asks) : NAN;
}

static bool touch(const struct book *b, int64_t *ret_bid, int64_t *ret_ask)
{
	return b && !b->midst && book_best(b, TOCSIN_BUY, ret_bid, NULL) &&
	       book_best(b, TOCSIN_SELL, ret_ask, NULL);
}

double book_crossed(const struct book *b)
{
	int64_t bid, ask;

	return touch(b, &bid, &ask) ? truth(bid > ask) : NAN;
}

double book_locked(const struct book *b)
{
	int64_t bid, ask;

	return touch(b, &bid, &ask) ? truth(bid == ask) : NAN;
}

/* Own exposure -------------------------------------------------------------------------------- */

static const struct holding nothing;

/* NULL: not known. */
static const struct holding *holding_of(const struct book *b, const struct tocsin_str *account,
                                        unsigned side)
{
	uint32_t i;

	if (!book_consistent(b) || b->unowned || !account->p || account->n == 0 ||
	    account->n > ACCOUNTS_MAX_TEXT)
		return NULL;
	i = accounts_find(&b->accounts, account);
	return i == POOL_NONE ? &nothing : &account_at(&b->accounts, i)->side[side - 1];
}

double book_own_size(const struct book *b, const struct tocsin_str *account, unsigned side)
{
	const struct holding *h = holding_of(b, account, side);

	return h ? wide(h->size) / SCALE : NAN;
}

double book_own_orders(const struct book *b, const struct tocsin_str *account, unsigned side)
{
	const struct holding *h = holding_of(b, account, side);

	return h ? (double)h->n_orders : (double)NAN;
}

double book_own_levels(const struct book *b, const struct tocsin_str *account, unsigned side)
{
	const struct holding *h = holding_of(b, account, side);

	return h ? (double)h->n_levels : (double)NAN;
}

struct own_sum {
	const struct book *b;
	uint32_t account;
	unsigned side;
	uint32_t left; /* levels that it has and were not met */
	__int128 size;
};

static bool add_own(void *ctx, const struct level *v)
{
	struct own_sum *sum = ctx;
	__int128 size = accounts_at(&sum->b->accounts, sum->account, sum->side - 1, v->rank);

	sum->size += size;
	sum->left -= size > 0;
	return sum->left > 0;
}

double book_own_size_in(const struct book *b, const struct tocsin_str *account, unsigned side,
                        uint32_t levels)
{
	const struct holding *h = holding_of(b, account, side);
	struct own_sum sum = { .b = b, .side = side };

	if (!h)
		return NAN;
	if (h->n_levels == 0)
		return 0;
	sum.account = accounts_find(&b->accounts, account);
	sum.left = h->n_levels;
	levels_each(&b->sides[side - 1], levels, add_own, &sum);
	return wide(sum.size) / SCALE;
}
