/* What is read from an order book: that of the event's instrument, or of another's behind `of`; and
 * of the order that the event is about, as it was before the event (of one that was added: as it is
 * now). A book that is not to be trusted has no value. */
#include "features/function.h"

/* `same` and `opposite` are those of the event being scored; 0: it has none. */
static unsigned side_of(const struct reading *r, const struct feature *f)
{
	unsigned side = r->event->side;

	switch (f->side) {
	case SIDE_BUY: return TOCSIN_BUY;
	case SIDE_SELL: return TOCSIN_SELL;
	case SIDE_OPPOSITE:
		return side == TOCSIN_BUY    ? TOCSIN_SELL
		       : side == TOCSIN_SELL ? TOCSIN_BUY
		                             : TOCSIN_SIDE_NONE;
	default: return side;
	}
}

static double best(const struct reading *r, unsigned side)
{
	int64_t price;

	return book_best(r->book, side, &price, NULL) ? reading_units(price) : NAN;
}

double read_best_bid(const struct reading *r, const struct feature *f)
{
	(void)f;
	return best(r, TOCSIN_BUY);
}

double read_best_ask(const struct reading *r, const struct feature *f)
{
	(void)f;
	return best(r, TOCSIN_SELL);
}

double read_microprice(const struct reading *r, const struct feature *f)
{
	(void)f;
	return book_microprice(r->book);
}

double read_depth(const struct reading *r, const struct feature *f)
{
	unsigned side = side_of(r, f);

	return side ? book_depth(r->book, side, f->n) : NAN;
}

double read_imbalance(const struct reading *r, const struct feature *f)
{
	return book_imbalance(r->book, f->n);
}

double read_book_crossed(const struct reading *r, const struct feature *f)
{
	(void)f;
	return book_crossed(r->book);
}

double read_book_locked(const struct reading *r, const struct feature *f)
{
	(void)f;
	return book_locked(r->book);
}

/* The event's order, when the book knows it and is to be trusted. */
static const struct book_order *order(const struct reading *r)
{
	return r->order && r->order->known && book_consistent(r->book) ? r->order : NULL;
}

double read_order_age(const struct reading *r, const struct feature *f)
{
	const struct book_order *o = order(r);

	(void)f;
	return o ? (double)o->age_ns : NAN;
}

double read_order_size(const struct reading *r, const struct feature *f)
{
	const struct book_order *o = order(r);

	(void)f;
	return o ? reading_units(o->size) : NAN;
}

double read_order_level(const struct reading *r, const struct feature *f)
{
	const struct book_order *o = order(r);

	(void)f;
	return o ? (double)o->level : NAN;
}

double read_order_share(const struct reading *r, const struct feature *f)
{
	const struct book_order *o = order(r);

	return o ? o->share[f->share] : NAN;
}

double read_own_depth(const struct reading *r, const struct feature *f)
{
	const struct tocsin_str *account = &r->event->account;
	unsigned side = side_of(r, f);

	if (!side)
		return NAN;
	return f->n ? book_own_size_in(r->book, account, side, f->n)
	            : book_own_size(r->book, account, side);
}

double read_own_orders(const struct reading *r, const struct feature *f)
{
	unsigned side = side_of(r, f);

	return side ? book_own_orders(r->book, &r->event->account, side) : NAN;
}

double read_own_levels(const struct reading *r, const struct feature *f)
{
	unsigned side = side_of(r, f);

	return side ? book_own_levels(r->book, &r->event->account, side) : NAN;
}

/* bid and ask: from whichever spoke last, the quotes or a book that has orders. Of an instrument's own
 * keys only: an account's or a venue's key has the quotes that it saw. */
static bool by_book(const struct reading *r, const struct feature *f)
{
	return f->by == FEATURE_BY_INSTRUMENT &&
	       book_levels(r->book, TOCSIN_BUY) + book_levels(r->book, TOCSIN_SELL) > 0 &&
	       book_changed_ns(r->book) >= r->key->quote_ns;
}

static int64_t touch(const struct reading *r, const struct feature *f, unsigned side)
{
	int64_t price;

	if (!by_book(r, f))
		return side == TOCSIN_BUY ? r->key->bid : r->key->ask;
	return book_best(r->book, side, &price, NULL) ? price : TOCSIN_NONE;
}

double read_bid(const struct reading *r, const struct feature *f)
{
	return reading_units(touch(r, f, TOCSIN_BUY));
}

double read_ask(const struct reading *r, const struct feature *f)
{
	return reading_units(touch(r, f, TOCSIN_SELL));
}

double read_spread(const struct reading *r, const struct feature *f)
{
	int64_t bid = touch(r, f, TOCSIN_BUY), ask = touch(r, f, TOCSIN_SELL);

	if (bid == TOCSIN_NONE || ask == TOCSIN_NONE)
		return NAN;
	return wide_double128((__int128)ask - bid) / READING_SCALE;
}

double read_mid(const struct reading *r, const struct feature *f)
{
	int64_t bid = touch(r, f, TOCSIN_BUY), ask = touch(r, f, TOCSIN_SELL);

	if (bid == TOCSIN_NONE || ask == TOCSIN_NONE)
		return NAN;
	return wide_double128((__int128)ask + bid) / 2 / READING_SCALE;
}
