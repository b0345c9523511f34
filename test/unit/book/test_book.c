/* A book of few orders: what it says, what it counts, and when it says nothing. */
#include "book/book.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../suite.h"

#define UNIT TOCSIN_SCALE
#define STR(s) ((struct tocsin_str){ (s), (uint32_t)strlen(s) })

static const struct book_limits limits = { 3, 8, 6, 4, 2 };
static const struct book_wants wants = { .level = true, .n_shares = 1, .shares = { 2 } };

struct rig {
	struct books *books;
	const struct book *b;
	struct book_order order;
	struct tocsin_event e; /* the next one's flags, sequence, account, time */
};

static void rig(struct rig *g)
{
	memset(g, 0, sizeof *g);
	ck_assert_int_eq(books_new(&limits, &g->books), 0);
}

/* price and size in units; size < 0: not told; price 0: not told. */
static void take(struct rig *g, const char *instrument, enum tocsin_kind kind, const char *id,
                 unsigned side, int price, int size)
{
	struct tocsin_event e = g->e;

	e.size = sizeof e;
	e.kind = (uint8_t)kind;
	e.side = (uint8_t)side;
	e.instrument = STR(instrument);
	if (id)
		e.order_id = STR(id);
	e.price = price ? price * UNIT : TOCSIN_NONE;
	e.qty = size < 0 ? TOCSIN_NONE : size * UNIT;
	books_take(g->books, &e, &wants, &g->order, &g->b);
}

static void add(struct rig *g, const char *id, unsigned side, int price, int size)
{
	take(g, "ES", TOCSIN_ORDER_ADD, id, side, price, size);
}

static uint64_t counted(const struct rig *g, enum book_state state)
{
	struct book_counts c;

	books_counts(g->books, &c);
	return c.states[state];
}

static double best(const struct rig *g, unsigned side)
{
	int64_t price;

	return book_best(g->b, side, &price, NULL) ? (double)price / UNIT : NAN;
}

START_TEST(says_what_rests)
{
	struct rig g;

	rig(&g);
	ck_assert(isnan(book_depth(NULL, TOCSIN_BUY, 1)));
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(isnan(book_microprice(g.b)) && isnan(book_crossed(g.b)));
	add(&g, "b2", TOCSIN_BUY, 98, 5);
	add(&g, "b3", TOCSIN_BUY, 99, 1);
	add(&g, "a1", TOCSIN_SELL, 101, 12);
	ck_assert(best(&g, TOCSIN_BUY) == 99 && best(&g, TOCSIN_SELL) == 101);
	/* 4 bid and 12 offered: the next trade is likelier at the bid */
	ck_assert_double_eq_tol(book_microprice(g.b), 99.5, 1e-12);
	ck_assert(book_depth(g.b, TOCSIN_BUY, 1) == 4 && book_depth(g.b, TOCSIN_BUY, 2) == 9 &&
	          book_depth(g.b, TOCSIN_BUY, 99) == 9 && book_depth(g.b, TOCSIN_BUY, 0) == 0);
	ck_assert(book_imbalance(g.b, 1) == -0.5);
	ck_assert(book_crossed(g.b) == 0 && book_locked(g.b) == 0);
	add(&g, "b4", TOCSIN_BUY, 101, 1);
	ck_assert(book_crossed(g.b) == 0 && book_locked(g.b) == 1);
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "b4", 0, 102, -1);
	ck_assert(book_crossed(g.b) == 1 && book_locked(g.b) == 0);
	ck_assert_uint_eq(counted(&g, BOOK_LOCKED), 1);
	ck_assert_uint_eq(counted(&g, BOOK_CROSSED), 1);
	books_free(g.books);
}
END_TEST

START_TEST(tells_of_the_events_order)
{
	struct rig g;

	rig(&g);
	g.e.time_ns = 1000;
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(g.order.known && g.order.level == 0 && g.order.age_ns == 0 &&
	          g.order.size == 3 * UNIT && g.order.share[0] == 1);
	g.e.time_ns = 1500;
	add(&g, "b2", TOCSIN_BUY, 98, 1);
	ck_assert(g.order.level == 1 && g.order.share[0] == 0.25);
	add(&g, "b3", TOCSIN_BUY, 97, 1);
	ck_assert(g.order.level == 2 && g.order.share[0] == 0);
	/* as it was before: at the touch, of its whole size */
	g.e.time_ns = 4000;
	take(&g, "ES", TOCSIN_ORDER_CANCEL, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(g.order.known && g.order.level == 0 && g.order.age_ns == 3000 &&
	          g.order.size == 3 * UNIT && g.order.share[0] == 0.75);
	take(&g, "ES", TOCSIN_ORDER_CANCEL, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(!g.order.known);
	ck_assert_uint_eq(counted(&g, BOOK_UNKNOWN_ORDER), 1);
	/* time that goes back is no age */
	g.e.time_ns = 1;
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "b2", TOCSIN_BUY, 98, 7);
	ck_assert(g.order.known && g.order.age_ns == 0 && g.order.size == UNIT);
	books_free(g.books);
}
END_TEST

START_TEST(fills_change_or_keep)
{
	struct rig g;

	rig(&g);
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	g.e.flags = TOCSIN_FLAG_FILL_KEEPS_BOOK;
	take(&g, "ES", TOCSIN_FILL, "b1", TOCSIN_SELL, 99, 2);
	ck_assert(g.order.known && book_depth(g.b, TOCSIN_BUY, 1) == 3);
	g.e.flags = 0;
	take(&g, "ES", TOCSIN_FILL, "b1", TOCSIN_SELL, 99, 2);
	ck_assert(book_depth(g.b, TOCSIN_BUY, 1) == 1);
	take(&g, "ES", TOCSIN_TRADE, "b1", TOCSIN_SELL, 99, 1);
	ck_assert(book_depth(g.b, TOCSIN_BUY, 1) == 1);
	take(&g, "ES", TOCSIN_FILL, "b1", TOCSIN_SELL, 99, 2);
	ck_assert(book_depth(g.b, TOCSIN_BUY, 1) == 0);
	ck_assert_uint_eq(counted(&g, BOOK_OVERFILL), 1);
	take(&g, "ES", TOCSIN_FILL, "b1", TOCSIN_SELL, 99, 2);
	ck_assert_uint_eq(counted(&g, BOOK_UNKNOWN_ORDER), 1);
	books_free(g.books);
}
END_TEST

START_TEST(odd_events_are_counted)
{
	struct rig g;

	rig(&g);
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	add(&g, "b1", TOCSIN_SELL, 101, 4);
	ck_assert(isnan(best(&g, TOCSIN_BUY)) && best(&g, TOCSIN_SELL) == 101);
	ck_assert_uint_eq(counted(&g, BOOK_DUPLICATE_ADD), 1);
	add(&g, NULL, TOCSIN_BUY, 99, 3);
	add(&g, "m", TOCSIN_BUY, 0, 3);
	add(&g, "m", TOCSIN_SIDE_NONE, 99, 3);
	ck_assert_uint_eq(counted(&g, BOOK_UNPLACED), 3);
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "b2", TOCSIN_BUY, 98, 2);
	ck_assert(best(&g, TOCSIN_BUY) == 98);
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "b3", TOCSIN_BUY, 0, 2);
	ck_assert_uint_eq(counted(&g, BOOK_UNKNOWN_ORDER), 2);
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "b2", TOCSIN_BUY, 0, 0);
	ck_assert(isnan(best(&g, TOCSIN_BUY)));
	ck_assert(book_consistent(g.b));
	ck_assert_str_eq(book_state_name(BOOK_UNKNOWN_ORDER), "unknown_order");
	ck_assert_str_eq(book_state_name(BOOK_FORGOTTEN), "forgotten");
	books_free(g.books);
}
END_TEST

START_TEST(a_packet_is_judged_at_its_end)
{
	struct rig g;

	rig(&g);
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	add(&g, "a1", TOCSIN_SELL, 100, 3);
	g.e.flags = TOCSIN_FLAG_MORE;
	add(&g, "b2", TOCSIN_BUY, 100, 1);
	ck_assert(isnan(book_crossed(g.b)) && isnan(book_locked(g.b)));
	take(&g, "ES", TOCSIN_ORDER_CANCEL, "a1", TOCSIN_SELL, 100, 3);
	g.e.flags = TOCSIN_FLAG_LAST;
	add(&g, "a2", TOCSIN_SELL, 101, 3);
	ck_assert(book_crossed(g.b) == 0);
	ck_assert_uint_eq(counted(&g, BOOK_LOCKED), 0);
	books_free(g.books);
}
END_TEST

START_TEST(gaps_silence_until_a_new_beginning)
{
	struct rig g;

	rig(&g);
	g.e.flags = TOCSIN_FLAG_GAPLESS;
	g.e.sequence = 7;
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	g.e.sequence = 8;
	take(&g, "ES", TOCSIN_TRADE, NULL, TOCSIN_BUY, 99, 1);
	g.e.sequence = 10;
	add(&g, "b2", TOCSIN_BUY, 98, 3);
	ck_assert(!book_consistent(g.b) && isnan(best(&g, TOCSIN_BUY)));
	ck_assert_uint_eq(counted(&g, BOOK_SEQUENCE_GAP), 1);
	g.e.sequence = 11;
	take(&g, "ES", TOCSIN_BOOK_CLEAR, NULL, 0, 0, -1);
	ck_assert(book_consistent(g.b) && book_levels(g.b, TOCSIN_BUY) == 0);
	g.e.sequence = 12;
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(best(&g, TOCSIN_BUY) == 99);
	/* the same number twice is back where each message has its own, and fine elsewhere */
	g.e.flags = 0;
	add(&g, "b2", TOCSIN_BUY, 98, 3);
	g.e.sequence = 99;
	add(&g, "b3", TOCSIN_BUY, 97, 3);
	ck_assert(book_consistent(g.b));
	g.e.sequence = 98;
	add(&g, "b4", TOCSIN_BUY, 96, 3);
	ck_assert(!book_consistent(g.b));
	ck_assert_uint_eq(counted(&g, BOOK_SEQUENCE_BACK), 1);
	/* a snapshot, in any order of numbers, is a new beginning */
	g.e.flags = TOCSIN_FLAG_SNAPSHOT;
	for (int i = 0; i < 3; i++) {
		const char *const ids[] = { "s1", "s2", "s3" };

		g.e.sequence = (uint64_t)(5 - i);
		add(&g, ids[i], TOCSIN_SELL, 105 - i, 1);
	}
	ck_assert(book_consistent(g.b) && best(&g, TOCSIN_SELL) == 103);
	ck_assert(book_levels(g.b, TOCSIN_BUY) == 0 && book_levels(g.b, TOCSIN_SELL) == 3);
	g.e.flags = 0;
	g.e.sequence = 1000;
	add(&g, "b1", TOCSIN_BUY, 99, 3);
	ck_assert(book_consistent(g.b));
	ck_assert_uint_eq(counted(&g, BOOK_SNAPSHOT), 1);
	ck_assert_uint_eq(counted(&g, BOOK_CLEARED), 1);
	books_free(g.books);
}
END_TEST

START_TEST(limits_silence)
{
	static const char *const ids[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8" };
	struct book_counts c;
	struct rig g;

	rig(&g);
	for (int i = 0; i < 4; i++)
		add(&g, ids[i], TOCSIN_BUY, 90 + i, 1);
	ck_assert(book_consistent(g.b));
	add(&g, "x", TOCSIN_BUY, 80, 1); /* a fifth level */
	ck_assert(!book_consistent(g.b));
	add(&g, ids[4], TOCSIN_BUY, 90, 1);
	add(&g, ids[5], TOCSIN_BUY, 90, 1);
	add(&g, ids[6], TOCSIN_BUY, 90, 1); /* a seventh order */
	ck_assert_uint_eq(counted(&g, BOOK_REFUSED), 2);
	for (int i = 0; i < 3; i++)
		take(&g, "NQ", TOCSIN_ORDER_ADD, ids[i], TOCSIN_BUY, 90, 1); /* a ninth of all */
	ck_assert(!book_consistent(g.b));
	ck_assert_uint_eq(counted(&g, BOOK_REFUSED), 3);
	books_counts(g.books, &c);
	ck_assert_uint_eq(c.orders, 8);
	ck_assert_uint_eq(c.books, 2);
	ck_assert_uint_eq(c.inconsistent, 2);
	take(&g, "ES", TOCSIN_BOOK_CLEAR, NULL, 0, 0, -1);
	take(&g, "NQ", TOCSIN_BOOK_CLEAR, NULL, 0, 0, -1);
	take(&g, "A", TOCSIN_ORDER_ADD, "1", TOCSIN_BUY, 90, 1);
	ck_assert(book_consistent(g.b));
	take(&g, "ES", TOCSIN_TRADE, NULL, TOCSIN_BUY, 90, 1);
	take(&g, "B", TOCSIN_ORDER_ADD, "1", TOCSIN_BUY, 90, 1); /* a fourth book */
	ck_assert(!book_consistent(g.b));
	ck_assert_uint_eq(counted(&g, BOOK_FORGOTTEN), 1);
	ck_assert_ptr_null(books_find(g.books, &STR("NQ")));
	ck_assert_ptr_nonnull(books_find(g.books, &STR("ES")));
	take(&g, "B", TOCSIN_BOOK_CLEAR, NULL, 0, 0, -1);
	ck_assert(book_consistent(g.b));
	books_free(g.books);
}
END_TEST

START_TEST(own_exposure)
{
	struct tocsin_str ann = STR("ann"), bob = STR("bob"), cy = STR("cy"), none = { 0 };
	struct rig g;

	rig(&g);
	g.e.account = ann;
	add(&g, "1", TOCSIN_BUY, 99, 3);
	add(&g, "2", TOCSIN_BUY, 99, 1);
	add(&g, "3", TOCSIN_BUY, 97, 2);
	g.e.account = bob;
	add(&g, "4", TOCSIN_BUY, 98, 5);
	ck_assert(book_own_size(g.b, &ann, TOCSIN_BUY) == 6 &&
	          book_own_orders(g.b, &ann, TOCSIN_BUY) == 3 &&
	          book_own_levels(g.b, &ann, TOCSIN_BUY) == 2);
	ck_assert(book_own_size_in(g.b, &ann, TOCSIN_BUY, 1) == 4 &&
	          book_own_size_in(g.b, &ann, TOCSIN_BUY, 2) == 4 &&
	          book_own_size_in(g.b, &ann, TOCSIN_BUY, 3) == 6);
	ck_assert(book_own_size(g.b, &ann, TOCSIN_SELL) == 0);
	ck_assert(book_own_size(g.b, &cy, TOCSIN_BUY) == 0 &&
	          book_own_size_in(g.b, &cy, TOCSIN_BUY, 3) == 0);
	ck_assert(isnan(book_own_size(g.b, &none, TOCSIN_BUY)));
	/* moved by an event that names no account, it is still hers */
	g.e.account = none;
	take(&g, "ES", TOCSIN_ORDER_MODIFY, "3", 0, 98, 4);
	ck_assert(book_own_size_in(g.b, &ann, TOCSIN_BUY, 2) == 8);
	take(&g, "ES", TOCSIN_ORDER_CANCEL, "4", 0, 0, -1);
	ck_assert(book_own_orders(g.b, &bob, TOCSIN_BUY) == 0);
	/* one account too many: the book is right, but whose it is is not known */
	g.e.account = bob;
	add(&g, "5", TOCSIN_SELL, 110, 1);
	g.e.account = cy;
	add(&g, "6", TOCSIN_SELL, 110, 1);
	ck_assert(isnan(book_own_size(g.b, &ann, TOCSIN_BUY)));
	ck_assert(book_depth(g.b, TOCSIN_SELL, 1) == 2);
	ck_assert_uint_eq(counted(&g, BOOK_UNOWNED), 1);
	books_free(g.books);
}
END_TEST

START_TEST(saved_states)
{
	struct buf saved = { 0 };
	struct books *other;
	struct tocsin_str ann = STR("ann");
	size_t used;
	struct rig g;

	rig(&g);
	g.e.account = ann;
	add(&g, "an order's id that is longer than a line", TOCSIN_BUY, 99, 3);
	add(&g, "2", TOCSIN_SELL, 101, 1);
	take(&g, "NQ", TOCSIN_ORDER_ADD, "2", TOCSIN_SELL, 7, 1);
	books_save(g.books, &saved);
	ck_assert_int_eq(books_new(&limits, &other), 0);
	for (size_t n = 0; n < saved.n; n++)
		ck_assert_int_eq(books_load(other, saved.p, n, &used), -EBADMSG);
	ck_assert_int_eq(books_load(other, saved.p, saved.n, &used), 0);
	ck_assert_uint_eq(used, saved.n);
	ck_assert(book_own_size(books_find(other, &STR("ES")), &ann, TOCSIN_BUY) == 3);
	ck_assert(book_depth(books_find(other, &STR("NQ")), TOCSIN_SELL, 1) == 1);
	books_free(other);
	/* no state of stricter limits */
	ck_assert_int_eq(books_new(&(struct book_limits){ 1, 8, 8, 8, 8 }, &other), 0);
	ck_assert_int_eq(books_load(other, saved.p, saved.n, &used), -EBADMSG);
	books_free(other);
	ck_assert_int_eq(books_new(&(struct book_limits){ 8, 2, 8, 8, 8 }, &other), 0);
	ck_assert_int_eq(books_load(other, saved.p, saved.n, &used), -EBADMSG);
	ck_assert_ptr_null(books_find(other, &STR("ES")));
	books_free(other);
	ck_assert_int_eq(books_new(&(struct book_limits){ 1, 8, 8, 0, 8 }, &other), -EINVAL);
	buf_done(&saved);
	books_free(g.books);
}
END_TEST

SUITE("book", says_what_rests, tells_of_the_events_order, fills_change_or_keep,
      odd_events_are_counted, a_packet_is_judged_at_its_end, gaps_silence_until_a_new_beginning,
      limits_silence, own_exposure, saved_states)
