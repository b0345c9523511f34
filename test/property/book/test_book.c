/* 10^5 random events, odd ones among them, through the books and through a list of orders that is
 * searched and summed from end to end: levels, touch, depth, own exposure, what is said of the
 * event's order, and every counted state are the same. Saved and loaded now and then: nothing
 * changes, and the bytes saved again are the same. */
#include "book/book.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"

#define UNIT TOCSIN_SCALE
#define MAX_ORDERS 400
#define MAX_LEVELS 90
#define MAX_ACCOUNTS 6
#define PRICES 130

struct norder {
	int id, account; /* 0 = none */
	unsigned side;
	int64_t price, size, added;
	bool followed; /* its account is */
};

struct naive {
	struct norder o[MAX_ORDERS];
	int n;
	bool inconsistent, unowned, in_snapshot, midst;
	uint64_t sequence, counts[BOOK_N_STATES];
};

struct event { /* as made, with the texts that it points at */
	struct tocsin_event e;
	int id, account;
	char id_text[80], account_text[16];
};

static const struct book_limits limits = {
	.max_books = 4,
	.max_orders = MAX_ORDERS,
	.max_book_orders = MAX_ORDERS,
	.max_levels = MAX_LEVELS,
	.max_accounts = MAX_ACCOUNTS,
};
static const struct book_wants wants = { .level = true, .n_shares = 2, .shares = { 1, 10 } };

/* The naive book ------------------------------------------------------------------------------ */

static struct norder *nfind(struct naive *m, int id)
{
	for (int i = 0; i < m->n; i++)
		if (m->o[i].id == id)
			return &m->o[i];
	return NULL;
}

static bool better(unsigned side, int64_t a, int64_t b)
{
	return side == TOCSIN_BUY ? a > b : a < b;
}

/* The at-th best level of a side, by looking for the best that is worse than the one before. */
static bool nlevel(const struct naive *m, unsigned side, int at, int64_t *price, int64_t *size,
                   uint32_t *orders)
{
	bool bounded = false, found = false;
	int64_t bound = 0;

	for (int k = 0; k <= at; k++) {
		found = false;
		for (int i = 0; i < m->n; i++) {
			const struct norder *o = &m->o[i];

			if (o->side != side || (bounded && !better(side, bound, o->price)))
				continue;
			if (!found || better(side, o->price, *price)) {
				*price = o->price;
				found = true;
			}
		}
		if (!found)
			return false;
		bound = *price;
		bounded = true;
	}
	*size = 0;
	*orders = 0;
	for (int i = 0; i < m->n; i++)
		if (m->o[i].side == side && m->o[i].price == *price) {
			*size += m->o[i].size;
			++*orders;
		}
	return found;
}

static int nlevels(const struct naive *m, unsigned side)
{
	bool seen[PRICES + 1] = { 0 };
	int n = 0;

	for (int i = 0; i < m->n; i++)
		if (m->o[i].side == side && !seen[m->o[i].price / UNIT]) {
			seen[m->o[i].price / UNIT] = true;
			n++;
		}
	return n;
}

static int64_t ndepth(const struct naive *m, unsigned side, int levels)
{
	int64_t sum = 0, price, size;
	uint32_t orders;

	for (int k = 0; k < levels && nlevel(m, side, k, &price, &size, &orders); k++)
		sum += size;
	return sum;
}

static int nbetter(const struct naive *m, const struct norder *o)
{
	bool seen[PRICES + 1] = { 0 };
	int n = 0;

	for (int i = 0; i < m->n; i++)
		if (m->o[i].side == o->side && better(o->side, m->o[i].price, o->price) &&
		    !seen[m->o[i].price / UNIT]) {
			seen[m->o[i].price / UNIT] = true;
			n++;
		}
	return n;
}

static int naccounts(const struct naive *m, int besides)
{
	int n = 0;

	for (int a = 1; a < 20; a++) {
		bool there = false;

		for (int i = 0; i < m->n; i++)
			there |= m->o[i].account == a && m->o[i].followed;
		n += there && a != besides;
	}
	return n;
}

static void ndescribe(const struct naive *m, const struct norder *o, const struct tocsin_event *e,
                      struct book_order *ret)
{
	ret->known = true;
	ret->size = o->size;
	ret->age_ns = e->time_ns > o->added ? e->time_ns - o->added : 0;
	ret->level = (uint32_t)nbetter(m, o);
	for (uint32_t k = 0; k < wants.n_shares; k++)
		ret->share[k] = ret->level < wants.shares[k]
		                        ? (double)o->size /
		                                  (double)ndepth(m, o->side, (int)wants.shares[k])
		                        : 0;
}

static void nremove(struct naive *m, struct norder *o)
{
	int i = (int)(o - m->o);

	memmove(&m->o[i], &m->o[i + 1], (size_t)(m->n - i - 1) * sizeof m->o[0]);
	m->n--;
}

static bool nfits(const struct naive *m, unsigned side, int64_t price)
{
	for (int i = 0; i < m->n; i++)
		if (m->o[i].side == side && m->o[i].price == price)
			return true;
	return nlevels(m, side) < MAX_LEVELS;
}

static void nfollow(struct naive *m, struct norder *o)
{
	int account = o->account;

	o->followed = false;
	if (account && naccounts(m, account) >= MAX_ACCOUNTS) {
		m->unowned = true;
		m->counts[BOOK_UNOWNED]++;
	} else {
		o->followed = account != 0;
	}
}

static void nadd(struct naive *m, const struct event *v, struct book_order *ret)
{
	const struct tocsin_event *e = &v->e;
	struct norder *o;

	if (e->side == TOCSIN_SIDE_NONE || e->price == TOCSIN_NONE || e->qty == TOCSIN_NONE) {
		m->counts[BOOK_UNPLACED]++;
		return;
	}
	if ((o = nfind(m, v->id))) {
		m->counts[BOOK_DUPLICATE_ADD]++;
		nremove(m, o);
	}
	if (e->qty == 0)
		return;
	if (m->n == MAX_ORDERS || !nfits(m, e->side, e->price)) {
		m->counts[BOOK_REFUSED]++;
		m->inconsistent = true;
		return;
	}
	o = &m->o[m->n++];
	*o = (struct norder){ .id = v->id,
		              .account = v->account,
		              .side = e->side,
		              .price = e->price,
		              .size = e->qty,
		              .added = e->time_ns };
	nfollow(m, o);
	ndescribe(m, o, e, ret);
}

static void nmodify(struct naive *m, const struct event *v, struct norder *o,
                    struct book_order *ret)
{
	const struct tocsin_event *e = &v->e;
	unsigned side;
	int64_t price, size;

	if (!o) {
		if (e->side && e->price != TOCSIN_NONE && e->qty > 0)
			nadd(m, v, ret);
		return;
	}
	side = e->side ? e->side : o->side;
	price = e->price != TOCSIN_NONE ? e->price : o->price;
	size = e->qty != TOCSIN_NONE ? e->qty : o->size;
	if (size == 0 || ((side != o->side || price != o->price) && !nfits(m, side, price))) {
		m->inconsistent |= size != 0;
		m->counts[BOOK_REFUSED] += size != 0;
		nremove(m, o);
		return;
	}
	if (side != o->side || price != o->price) {
		o->side = side;
		o->price = price;
		if (o->followed)
			nfollow(m, o);
	}
	o->size = size;
}

static void norder_event(struct naive *m, const struct event *v, struct book_order *ret)
{
	const struct tocsin_event *e = &v->e;
	bool all = e->qty == TOCSIN_NONE || (e->kind == TOCSIN_ORDER_CANCEL && e->qty == 0);
	struct norder *o;

	if (e->qty < 0 && e->qty != TOCSIN_NONE) {
		m->counts[BOOK_NEGATIVE_SIZE]++;
		return;
	}
	if (v->id == 0) {
		m->counts[BOOK_UNPLACED]++;
		return;
	}
	if (e->kind == TOCSIN_ORDER_ADD) {
		nadd(m, v, ret);
		return;
	}
	o = nfind(m, v->id);
	if (o)
		ndescribe(m, o, e, ret);
	else
		m->counts[BOOK_UNKNOWN_ORDER]++;
	if (e->kind == TOCSIN_ORDER_MODIFY) {
		nmodify(m, v, o, ret);
	} else if (o && !(e->kind == TOCSIN_FILL && (e->flags & TOCSIN_FLAG_FILL_KEEPS_BOOK))) {
		m->counts[BOOK_OVERFILL] += !all && e->qty > o->size;
		if (all || e->qty >= o->size)
			nremove(m, o);
		else
			o->size -= e->qty;
	}
}

static void nclear(struct naive *m, enum book_state why)
{
	m->n = 0;
	m->inconsistent = m->unowned = false;
	m->sequence = 0;
	m->counts[why]++;
}

static void nsequence(struct naive *m, const struct tocsin_event *e)
{
	bool gapless = e->flags & TOCSIN_FLAG_GAPLESS;

	if (!e->sequence)
		return;
	if (m->sequence && (e->sequence < m->sequence || (gapless && e->sequence == m->sequence))) {
		m->counts[BOOK_SEQUENCE_BACK]++;
		m->inconsistent = true;
	} else if (m->sequence && gapless && e->sequence > m->sequence + 1) {
		m->counts[BOOK_SEQUENCE_GAP]++;
		m->inconsistent = true;
	}
	m->sequence = e->sequence;
}

static void ntake(struct naive *m, const struct event *v, struct book_order *ret)
{
	const struct tocsin_event *e = &v->e;
	bool snapshot = e->flags & TOCSIN_FLAG_SNAPSHOT;
	int64_t bid, ask, size;
	uint32_t orders;

	if (snapshot && !m->in_snapshot)
		nclear(m, BOOK_SNAPSHOT);
	m->in_snapshot = snapshot && !(e->flags & TOCSIN_FLAG_LAST);
	if (!snapshot)
		nsequence(m, e);
	if (e->kind == TOCSIN_BOOK_CLEAR) {
		nclear(m, BOOK_CLEARED);
		m->sequence = snapshot ? 0 : e->sequence;
	} else if (e->kind != TOCSIN_TRADE) {
		norder_event(m, v, ret);
	}
	if (e->kind != TOCSIN_TRADE &&
	    !(e->kind == TOCSIN_FILL && (e->flags & TOCSIN_FLAG_FILL_KEEPS_BOOK)))
		m->midst = true;
	if (!m->midst || snapshot || (e->flags & TOCSIN_FLAG_MORE))
		return;
	m->midst = false;
	if (!m->inconsistent && nlevel(m, TOCSIN_BUY, 0, &bid, &size, &orders) &&
	    nlevel(m, TOCSIN_SELL, 0, &ask, &size, &orders) && bid >= ask)
		m->counts[bid > ask ? BOOK_CROSSED : BOOK_LOCKED]++;
}

/* Events -------------------------------------------------------------------------------------- */

static const uint8_t kinds[] = { TOCSIN_ORDER_ADD,    TOCSIN_ORDER_ADD,    TOCSIN_ORDER_ADD,
	                         TOCSIN_ORDER_CANCEL, TOCSIN_ORDER_CANCEL, TOCSIN_ORDER_MODIFY,
	                         TOCSIN_ORDER_MODIFY, TOCSIN_FILL,         TOCSIN_FILL,
	                         TOCSIN_TRADE };

static void make_text(struct event *v)
{
	if (v->id)
		v->e.order_id = (struct tocsin_str){
			v->id_text,
			(uint32_t)snprintf(v->id_text, sizeof v->id_text,
			                   v->id % 3 ? "%d" : "%040d-longer-than-a-line-holds",
			                   v->id)
		};
	if (v->account)
		v->e.account = (struct tocsin_str){
			v->account_text, (uint32_t)snprintf(v->account_text, sizeof v->account_text,
			                                    "acct%d", v->account)
		};
}

static void make_event(struct rng *r, const struct naive *m, int step, struct event *v)
{
	struct tocsin_event *e = &v->e;
	bool some = m->n && rng_below(r, 20);

	*v = (struct event){ 0 };
	e->size = sizeof *e;
	e->kind = kinds[rng_below(r, sizeof kinds)];
	if (rng_below(r, 2000) == 0)
		e->kind = TOCSIN_BOOK_CLEAR;
	e->instrument = (struct tocsin_str){ "ES", 2 };
	e->time_ns = 1000 * step - (int64_t)rng_below(r, 3000);
	v->id = some && e->kind != TOCSIN_ORDER_ADD ? m->o[rng_below(r, (uint64_t)m->n)].id
	                                            : (int)rng_below(r, 3000);
	v->account = (int)rng_below(r, rng_below(r, 50) ? 5 : 12);
	e->side = (uint8_t)(rng_below(r, 30) ? 1 + rng_below(r, 2) : 0);
	e->price = rng_below(r, 30)
	                   ? (int64_t)(1 + rng_below(r, rng_below(r, 4) ? 60 : PRICES)) * UNIT
	                   : TOCSIN_NONE;
	e->qty = rng_below(r, 30) ? (int64_t)rng_below(r, 40) * UNIT / 4 : TOCSIN_NONE;
	if (rng_below(r, 300) == 0)
		e->qty = -5;
	e->flags = (uint16_t)(rng_below(r, 2) ? TOCSIN_FLAG_MORE : 0);
	if (e->kind == TOCSIN_FILL && rng_below(r, 2))
		e->flags |= TOCSIN_FLAG_FILL_KEEPS_BOOK;
	if (m->in_snapshot ? rng_below(r, 30) != 0 : rng_below(r, 1500) == 0)
		e->flags |= TOCSIN_FLAG_SNAPSHOT;
	if (rng_below(r, 3) == 0)
		e->sequence = m->sequence + 1;
	if (rng_below(r, 3000) == 0)
		e->sequence += 2 - rng_below(r, 5);
	if (rng_below(r, 3))
		e->flags |= TOCSIN_FLAG_GAPLESS;
	make_text(v);
}

/* Comparing ----------------------------------------------------------------------------------- */

static void check_order(const struct book_order *a, const struct book_order *b, const char *where)
{
	ck_assert_msg(a->known == b->known && a->size == b->size && a->age_ns == b->age_ns &&
	                      a->level == b->level && a->share[0] == b->share[0] &&
	                      a->share[1] == b->share[1],
	              "%s: of the order: known %d %d, size %lld %lld, age %lld %lld, level %u %u",
	              where, a->known, b->known, (long long)a->size, (long long)b->size,
	              (long long)a->age_ns, (long long)b->age_ns, a->level, b->level);
}

static void check_own(const struct book *b, const struct naive *m, int account, unsigned side,
                      int levels, const char *where)
{
	char text[16];
	struct tocsin_str s = { text, (uint32_t)snprintf(text, sizeof text, "acct%d", account) };
	int64_t size = 0, within = 0, price, rest;
	int orders = 0, n_levels = 0;
	uint32_t n;

	for (int k = 0; nlevel(m, side, k, &price, &rest, &n); k++) {
		int64_t here = 0;

		for (int i = 0; i < m->n; i++)
			if (m->o[i].side == side && m->o[i].price == price &&
			    m->o[i].account == account) {
				here += m->o[i].size;
				orders++;
			}
		size += here;
		n_levels += here > 0;
		within += k < levels ? here : 0;
	}
	if (m->unowned || m->inconsistent) {
		ck_assert(isnan(book_own_size(b, &s, side)));
		return;
	}
	ck_assert_msg(book_own_size(b, &s, side) == (double)size / 1e9 &&
	                      book_own_size_in(b, &s, side, (uint32_t)levels) ==
	                              (double)within / 1e9 &&
	                      book_own_orders(b, &s, side) == orders &&
	                      book_own_levels(b, &s, side) == n_levels,
	              "%s: own exposure of %s", where, text);
}

static void check_all(const struct book *b, const struct naive *m, const char *where)
{
	for (unsigned side = TOCSIN_BUY; side <= TOCSIN_SELL; side++) {
		int64_t price, size, got;
		uint32_t orders, got_orders;
		__int128 got_size;
		int k = 0;

		for (; nlevel(m, side, k, &price, &size, &orders); k++) {
			ck_assert_msg(
				book_level(b, side, (uint32_t)k, &got, &got_size, &got_orders) &&
					got == price && got_size == size && got_orders == orders,
				"%s: level %d of side %u", where, k, side);
		}
		ck_assert_uint_eq(book_levels(b, side), (uint32_t)k);
	}
}

static void check(const struct books *books, const struct book *b, const struct naive *m,
                  struct rng *r, const char *where)
{
	int levels = (int)rng_below(r, 12);
	int64_t bids = ndepth(m, TOCSIN_BUY, levels), asks = ndepth(m, TOCSIN_SELL, levels);
	struct book_counts counts;

	books_counts(books, &counts);
	for (unsigned i = 0; i < BOOK_N_STATES; i++)
		ck_assert_msg(counts.states[i] == m->counts[i], "%s: %s is %llu, not %llu", where,
		              book_state_name(i), (unsigned long long)counts.states[i],
		              (unsigned long long)m->counts[i]);
	ck_assert_uint_eq(counts.orders, (uint64_t)m->n);
	ck_assert_uint_eq(counts.inconsistent, m->inconsistent);
	ck_assert(book_consistent(b) == !m->inconsistent);
	check_own(b, m, 1 + (int)rng_below(r, 12), 1 + (unsigned)rng_below(r, 2), levels, where);
	if (m->inconsistent) {
		ck_assert(isnan(book_depth(b, TOCSIN_BUY, 1)));
		ck_assert(!book_best(b, TOCSIN_BUY, &bids, NULL));
		return;
	}
	ck_assert(book_depth(b, TOCSIN_BUY, (uint32_t)levels) == (double)bids / 1e9);
	ck_assert(book_depth(b, TOCSIN_SELL, (uint32_t)levels) == (double)asks / 1e9);
	if (bids + asks)
		ck_assert(book_imbalance(b, (uint32_t)levels) ==
		          (double)(bids - asks) / (double)(bids + asks));
	check_all(b, m, where);
}

static struct books *again(struct books *books, const char *where)
{
	struct buf saved = { 0 }, second = { 0 };
	struct books *fresh;
	struct book_counts counts;
	size_t used = 0;

	ck_assert_int_eq(books_new(&limits, &fresh), 0);
	books_save(books, &saved);
	ck_assert_int_eq(books_load(fresh, saved.p, saved.n, &used), 0);
	ck_assert_uint_eq(used, saved.n);
	books_save(fresh, &second);
	ck_assert_msg(saved.n == second.n && memcmp(saved.p, second.p, saved.n) == 0,
	              "%s: saved again, other bytes", where);
	buf_done(&saved);
	buf_done(&second);
	books_counts(fresh, &counts);
	books_free(books);
	return fresh;
}

START_TEST(equal_a_list_of_orders)
{
	bool fast = getenv("TOCSIN_TEST_FAST");

	for (uint64_t seed = 1; seed <= (fast ? 2 : 5); seed++) {
		struct naive *m = calloc(1, sizeof *m);
		struct rng r = { seed };
		struct books *books;

		ck_assert_int_eq(books_new(&limits, &books), 0);
		for (int step = 0; step < 20000; step++) {
			struct book_order got, want = { 0 };
			const struct book *b;
			struct event v;
			char where[64];

			snprintf(where, sizeof where, "seed %llu step %d", (unsigned long long)seed,
			         step);
			make_event(&r, m, step, &v);
			if (step == 0)
				v.e.kind = TOCSIN_BOOK_CLEAR;
			ntake(m, &v, &want);
			books_take(books, &v.e, &wants, &got, &b);
			check_order(&got, &want, where);
			if (step % 8 == 0)
				check(books, b, m, &r, where);
			if (rng_below(&r, 400) == 0) {
				books = again(books, where);
				memset(m->counts, 0, sizeof m->counts);
			}
		}
		books_free(books);
		free(m);
	}
}
END_TEST

SUITE("book", equal_a_list_of_orders)
