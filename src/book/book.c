/* From order events to a book.
 *
 *   order_add      an order comes to rest; without an id, a side or a price it cannot
 *   order_modify   price and size as told, what is not told stays; an order that is not known is
 *                  added when all of it is told; size 0 takes it away
 *   order_cancel   the size told goes (nothing told, or 0: all of it)
 *   fill           the size goes, unless the feed says that a later order event tells so
 *                  (TOCSIN_FLAG_FILL_KEEPS_BOOK)
 *   book_clear     all goes
 *   others         change nothing; their numbers are still the feed's
 *
 * A first event of a snapshot takes the place of all there was; the snapshot ends with the first
 * event that is none, or with its own TOCSIN_FLAG_LAST.
 *
 * Numbers. Where the feed numbers an instrument's messages one by one (TOCSIN_FLAG_GAPLESS) a
 * missing one is a lost message. Others number packets of many instruments (databento's CME feed) or
 * leave numbers out: there only one that is lower than the last says that something is wrong. Either
 * way the book is not trusted any more.
 *
 * In the middle of a packet a book may look crossed: an order came in that trades with one whose
 * removal follows. So that is looked at where a packet ends: every event without
 * TOCSIN_FLAG_MORE. Before a market opens crossing is normal; it is counted, and rules may ask. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "book/impl.h"

static const char *const state_names[BOOK_N_STATES] = {
	"snapshot",     "cleared",       "unknown_order", "duplicate_add", "unplaced",
	"overfill",     "negative_size", "locked",        "crossed",       "sequence_back",
	"sequence_gap", "refused",       "unowned",       "forgotten",
};

const char *book_state_name(unsigned state)
{
	return state < BOOK_N_STATES ? state_names[state] : "?";
}

static size_t *bytes_of(struct book *b)
{
	return &b->of->counts.bytes;
}

struct book *book_new(struct books *of)
{
	struct book *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->of = of;
	b->changed_ns = INT64_MIN;
	orders_init(&b->orders);
	accounts_init(&b->accounts);
	of->counts.bytes += sizeof *b;
	return b;
}

static void forget_orders(struct book *b)
{
	b->of->counts.orders -= b->orders.n;
	for (unsigned i = 0; i < 2; i++)
		levels_done(&b->sides[i], bytes_of(b));
	accounts_clear(&b->accounts, bytes_of(b));
	orders_clear(&b->orders, bytes_of(b));
}

void book_free(struct book *b)
{
	forget_orders(b);
	orders_done(&b->orders, bytes_of(b));
	accounts_done(&b->accounts, bytes_of(b));
	b->of->counts.inconsistent -= b->inconsistent;
	b->of->counts.bytes -= sizeof *b;
	free(b);
}

void book_clear(struct book *b)
{
	forget_orders(b);
	b->of->counts.inconsistent -= b->inconsistent;
	b->inconsistent = b->unowned = false;
	b->sequence = 0;
}

void book_distrust(struct book *b)
{
	b->of->counts.inconsistent += !b->inconsistent;
	b->inconsistent = true;
}

/* Orders -------------------------------------------------------------------------------------- */

static bool fits(const struct book *b, unsigned side, int64_t rank)
{
	const struct book_limits *max = &b->of->limits;
	const struct levels *l = &b->sides[side - 1];

	return l->n < max->max_levels || levels_has(l, rank);
}

/* The order's account learns of it. */
static void own(struct book *b, struct order *o, const struct tocsin_str *account)
{
	o->account = POOL_NONE;
	if (!account->p || account->n == 0)
		return;
	if (account->n <= ACCOUNTS_MAX_TEXT)
		o->account = accounts_enter(&b->accounts, account, o->side - 1u, o->rank, o->size,
		                            b->of->limits.max_accounts, bytes_of(b));
	if (o->account == POOL_NONE) {
		b->unowned = true;
		count(b, BOOK_UNOWNED);
	}
}

static void disown(struct book *b, struct order *o)
{
	if (o->account != POOL_NONE)
		accounts_leave(&b->accounts, o->account, o->side - 1u, o->rank, o->size,
		               bytes_of(b));
	o->account = POOL_NONE;
}

int book_add(struct book *b, const struct tocsin_str *id, const struct tocsin_str *account,
             unsigned side, int64_t price, int64_t size, int64_t added_ns)
{
	const struct book_limits *max = &b->of->limits;
	int64_t rank = rank_of(side, price);
	struct order *o;
	uint32_t i;

	if (b->orders.n >= max->max_book_orders || b->of->counts.orders >= max->max_orders ||
	    !fits(b, side, rank))
		return -ENOSPC;
	i = orders_add(&b->orders, id, bytes_of(b));
	if (i == POOL_NONE)
		return -ENOMEM;
	if (levels_add(&b->sides[side - 1], rank, size, bytes_of(b))) {
		orders_remove(&b->orders, i, bytes_of(b));
		return -ENOMEM;
	}
	o = orders_at(&b->orders, i);
	o->side = (uint8_t)side;
	o->rank = rank;
	o->size = size;
	o->added_ns = added_ns;
	b->of->counts.orders++;
	own(b, o, account);
	return 0;
}

static void remove_order(struct book *b, uint32_t i)
{
	struct order *o = orders_at(&b->orders, i);

	disown(b, o);
	levels_remove(&b->sides[o->side - 1], o->rank, o->size, bytes_of(b));
	orders_remove(&b->orders, i, bytes_of(b));
	b->of->counts.orders--;
}

static void resize_order(struct book *b, uint32_t i, int64_t size)
{
	struct order *o = orders_at(&b->orders, i);
	__int128 change = (__int128)size - o->size;

	levels_resize(&b->sides[o->side - 1], o->rank, change);
	if (o->account != POOL_NONE)
		accounts_resize(&b->accounts, o->account, o->side - 1u, o->rank, change);
	o->size = size;
}

/* To another level, the size with it. An order that may not go there goes altogether. */
static void move_order(struct book *b, uint32_t i, unsigned side, int64_t price, int64_t size)
{
	struct order *o = orders_at(&b->orders, i);
	int64_t rank = rank_of(side, price);
	struct tocsin_str account = { 0 };
	char text[ACCOUNTS_MAX_TEXT]; /* the account may go, and come again */

	if (!fits(b, side, rank) || levels_add(&b->sides[side - 1], rank, size, bytes_of(b))) {
		remove_order(b, i);
		count(b, BOOK_REFUSED);
		book_distrust(b);
		return;
	}
	levels_remove(&b->sides[o->side - 1], o->rank, o->size, bytes_of(b));
	if (o->account != POOL_NONE) {
		const struct account *a = account_at(&b->accounts, o->account);

		account = (struct tocsin_str){ text, a->text_n };
		memcpy(text, a->text, a->text_n);
		disown(b, o);
	}
	o->side = (uint8_t)side;
	o->rank = rank;
	o->size = size;
	own(b, o, &account);
}

/* What the event's order is, for rules. */
static void describe(const struct book *b, uint32_t i, const struct tocsin_event *e,
                     const struct book_wants *wants, struct book_order *ret)
{
	const struct order *o = orders_at(&b->orders, i);
	const struct levels *l = &b->sides[o->side - 1];

	ret->known = true;
	ret->size = o->size;
	ret->age_ns = 0;
	if (e->time_ns > o->added_ns &&
	    __builtin_sub_overflow(e->time_ns, o->added_ns, &ret->age_ns))
		ret->age_ns = INT64_MAX;
	if (wants->level || wants->n_shares)
		ret->level = levels_better(l, o->rank);
	for (uint32_t k = 0; k < wants->n_shares; k++) {
		__int128 depth = levels_depth(l, wants->shares[k]);

		ret->share[k] = ret->level < wants->shares[k] && depth > 0
		                        ? (double)o->size / (double)depth
		                        : 0;
	}
}

/* Events -------------------------------------------------------------------------------------- */

struct taking {
	struct book *b;
	const struct tocsin_event *e;
	const struct book_wants *wants;
	struct book_order *order;
};

static void changed(struct taking *t)
{
	if (t->e->time_ns > t->b->changed_ns)
		t->b->changed_ns = t->e->time_ns;
}

static void add(struct taking *t)
{
	const struct tocsin_event *e = t->e;
	struct book *b = t->b;
	uint32_t i;

	if (e->side == TOCSIN_SIDE_NONE || e->price == TOCSIN_NONE || e->qty == TOCSIN_NONE) {
		count(b, BOOK_UNPLACED);
		return;
	}
	changed(t);
	i = orders_find(&b->orders, &e->order_id);
	if (i != POOL_NONE) {
		count(b, BOOK_DUPLICATE_ADD);
		remove_order(b, i);
	}
	if (e->qty == 0)
		return;
	if (book_add(b, &e->order_id, &e->account, e->side, e->price, e->qty, e->time_ns)) {
		count(b, BOOK_REFUSED);
		book_distrust(b);
		return;
	}
	describe(b, b->orders.newest, e, t->wants, t->order);
}

/* The order of an event that needs one, described as it is before. */
static uint32_t known(struct taking *t)
{
	uint32_t i = orders_find(&t->b->orders, &t->e->order_id);

	if (i == POOL_NONE)
		count(t->b, BOOK_UNKNOWN_ORDER);
	else
		describe(t->b, i, t->e, t->wants, t->order);
	return i;
}

static void modify(struct taking *t)
{
	const struct tocsin_event *e = t->e;
	struct book *b = t->b;
	uint32_t i = known(t);
	const struct order *o;
	int64_t size, price;
	unsigned side;

	if (i == POOL_NONE) {
		if (e->side != TOCSIN_SIDE_NONE && e->price != TOCSIN_NONE && e->qty > 0)
			add(t);
		return;
	}
	changed(t);
	o = orders_at(&b->orders, i);
	side = e->side == TOCSIN_SIDE_NONE ? o->side : e->side;
	price = e->price == TOCSIN_NONE ? rank_of(o->side, o->rank) : e->price;
	size = e->qty == TOCSIN_NONE ? o->size : e->qty;
	if (size == 0)
		remove_order(b, i);
	else if (side == o->side && rank_of(side, price) == o->rank)
		resize_order(b, i, size);
	else
		move_order(b, i, side, price, size);
}

static void reduce(struct taking *t, bool all)
{
	uint32_t i = known(t);
	int64_t size, by = t->e->qty;

	if (i == POOL_NONE)
		return;
	changed(t);
	size = orders_at(&t->b->orders, i)->size;
	if (all || by >= size) {
		if (!all && by > size)
			count(t->b, BOOK_OVERFILL);
		remove_order(t->b, i);
	} else {
		resize_order(t->b, i, size - by);
	}
}

static void take_order(struct taking *t)
{
	const struct tocsin_event *e = t->e;

	if (e->qty < 0 && e->qty != TOCSIN_NONE) {
		count(t->b, BOOK_NEGATIVE_SIZE);
		return;
	}
	if (!e->order_id.p || e->order_id.n == 0 || e->order_id.n > ORDERS_MAX_ID) {
		count(t->b, BOOK_UNPLACED);
		return;
	}
	switch (e->kind) {
	case TOCSIN_ORDER_ADD: add(t); break;
	case TOCSIN_ORDER_MODIFY: modify(t); break;
	case TOCSIN_ORDER_CANCEL: reduce(t, e->qty == TOCSIN_NONE || e->qty == 0); break;
	default: /* a fill */
		if (e->flags & TOCSIN_FLAG_FILL_KEEPS_BOOK)
			known(t);
		else
			reduce(t, e->qty == TOCSIN_NONE);
		return;
	}
}

static void check_sequence(struct book *b, const struct tocsin_event *e)
{
	if (e->sequence == 0)
		return;
	if (b->sequence && (e->sequence < b->sequence ||
	                    (e->sequence == b->sequence && (e->flags & TOCSIN_FLAG_GAPLESS)))) {
		count(b, BOOK_SEQUENCE_BACK);
		book_distrust(b);
	} else if (b->sequence && (e->flags & TOCSIN_FLAG_GAPLESS) &&
	           e->sequence - b->sequence > 1) {
		count(b, BOOK_SEQUENCE_GAP);
		book_distrust(b);
	}
	b->sequence = e->sequence;
}

static void check_touch(struct book *b)
{
	int64_t bid, ask;

	if (book_best(b, TOCSIN_BUY, &bid, NULL) && book_best(b, TOCSIN_SELL, &ask, NULL) &&
	    bid >= ask)
		count(b, bid > ask ? BOOK_CROSSED : BOOK_LOCKED);
}

static bool changes(const struct tocsin_event *e)
{
	return e->kind == TOCSIN_ORDER_ADD || e->kind == TOCSIN_ORDER_CANCEL ||
	       e->kind == TOCSIN_ORDER_MODIFY ||
	       (e->kind == TOCSIN_FILL && !(e->flags & TOCSIN_FLAG_FILL_KEEPS_BOOK));
}

static void begin_anew(struct taking *t, enum book_state why)
{
	book_clear(t->b);
	count(t->b, why);
	changed(t);
}

void book_take(struct book *b, const struct tocsin_event *e, const struct book_wants *wants,
               struct book_order *ret_order)
{
	struct taking t = { b, e, wants, ret_order };
	bool snapshot = e->flags & TOCSIN_FLAG_SNAPSHOT;

	if (snapshot && !b->in_snapshot)
		begin_anew(&t, BOOK_SNAPSHOT);
	b->in_snapshot = snapshot && !(e->flags & TOCSIN_FLAG_LAST);
	if (!snapshot)
		check_sequence(b, e);
	if (e->kind == TOCSIN_BOOK_CLEAR) {
		begin_anew(&t, BOOK_CLEARED);
		b->sequence = snapshot ? 0 : e->sequence;
	} else if (changes(e) || e->kind == TOCSIN_FILL) {
		take_order(&t);
	}
	if (changes(e) || e->kind == TOCSIN_BOOK_CLEAR)
		b->midst = true;
	if (b->midst && !snapshot && !(e->flags & TOCSIN_FLAG_MORE)) {
		b->midst = false;
		check_touch(b);
	}
}
