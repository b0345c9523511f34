/* book.h - the order book of one instrument, rebuilt from order events; and the books of a partition.
 *
 * Pure: the only clock is the event's. A book takes events in the order in which they arrive, however
 * old their time is: a feed's order is what makes a book. Prices and sizes are exact.
 *
 * Bounds: struct book_limits. What is over one is refused and counted, and the book is then
 * *inconsistent*: it says nothing (its values are absent) rather than something wrong, until a
 * snapshot or a clear begins it anew. The same holds after a gap in the feed's numbers, when memory
 * ran out, and of books begun after one was forgotten for lack of room. Odd events (unknown order,
 * double order, a fill of more than is there) are counted states; they change what they can. */
#ifndef BOOK_BOOK_H
#define BOOK_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/event.h>

#include "core/buf.h"

struct book;
struct books;

#define BOOK_MAX_SHARES 8                /* different depths that shares are asked of */

/* What is counted. */
enum book_state {
	BOOK_SNAPSHOT,                   /* a snapshot replaced the book */
	BOOK_CLEARED,
	BOOK_UNKNOWN_ORDER,              /* cancelled, modified or filled; a whole modify adds it */
	BOOK_DUPLICATE_ADD,              /* the new one stands */
	BOOK_UNPLACED,                   /* no id, side or price: nothing that could rest */
	BOOK_OVERFILL,                   /* filled or cancelled for more than was there: goes */
	BOOK_NEGATIVE_SIZE,              /* ignored */
	BOOK_LOCKED,                     /* best bid = best ask at the end of a packet */
	BOOK_CROSSED,                    /* best bid > best ask at the end of a packet */
	BOOK_SEQUENCE_BACK,              /* a number not above the last: inconsistent */
	BOOK_SEQUENCE_GAP,               /* a number is missing where none may: inconsistent */
	BOOK_REFUSED,                    /* order over a limit, or no memory: inconsistent */
	BOOK_UNOWNED,                    /* account over the limit: own_*() are silent */
	BOOK_FORGOTTEN,                  /* book over the limit: the one used longest ago */
	BOOK_N_STATES
};

const char *book_state_name(unsigned state);     /* "unknown_order" ... */

struct book_limits {
	uint32_t max_books, max_orders;  /* a partition */
	uint32_t max_book_orders;        /* a book */
	uint32_t max_levels;             /* a side of a book */
	uint32_t max_accounts;           /* with orders in a book */
};

struct book_counts {
	uint64_t states[BOOK_N_STATES];  /* since creation */
	uint64_t books, orders, inconsistent;    /* now */
	size_t bytes;
};

/* What an event's order is to be asked: the rest is left out, as it costs. */
struct book_wants {
	bool level;
	uint32_t n_shares;
	uint32_t shares[BOOK_MAX_SHARES];        /* of the best so many levels */
};

/* The order that an event is about: before the event; of one that was added, after it. */
struct book_order {
	bool known;                      /* it rests (or rested) in the book */
	int64_t size, age_ns;            /* age: since it was added */
	uint32_t level;                  /* levels that are better; 0 = at the touch */
	double share[BOOK_MAX_SHARES];   /* of its side's size in the best levels; 0 = not among them */
};

/* All texts that events name may be up to 128 bytes; longer ones are cut (instruments) or not
 * known (orders, accounts). 0, -EINVAL (a limit of 0), -ENOMEM. */
int books_new(const struct book_limits *limits, struct books **ret_books);
struct books *books_free(struct books *b);
/* Takes an event of any kind in. *ret_book is the instrument's book, NULL when there is none (yet):
 * only order events, fills and clears make one. Valid until the next call. */
void books_take(struct books *b, const struct tocsin_event *e, const struct book_wants *wants,
                struct book_order *ret_order, const struct book **ret_book);
void books_clear(struct books *b);               /* as new, but for what was counted */
const struct book *books_find(const struct books *b, const struct tocsin_str *instrument);
void books_counts(const struct books *b, struct book_counts *ret);

/* The whole state, appended; the same state gives the same bytes. The caller keeps a checksum. */
void books_save(const struct books *b, struct buf *out);
/* Puts a saved state in place of all there is. *ret_used: bytes read. 0; -EBADMSG: not a state that
 * these limits could have; -ENOMEM. On failure there are no books. */
int books_load(struct books *b, const void *p, size_t n, size_t *ret_used);

/* Reading: of a NULL or inconsistent book, or where there is nothing, all is absent: false or NaN.
 * In the middle of a packet a book is half changed; only book_crossed() looks out for that. */
bool book_consistent(const struct book *b);
int64_t book_changed_ns(const struct book *b);   /* when an order came, changed or went; INT64_MIN */
/* Best price of TOCSIN_BUY or TOCSIN_SELL, and the size there. */
bool book_best(const struct book *b, unsigned side, int64_t *ret_price, __int128 *ret_size);
/* The at-th level (0 = best): for those who list a book. */
bool book_level(const struct book *b, unsigned side, uint32_t at, int64_t *ret_price,
                __int128 *ret_size, uint32_t *ret_orders);
uint32_t book_levels(const struct book *b, unsigned side);
/* (bid * size at the ask + ask * size at the bid) / both sizes: nearer to where less rests. */
double book_microprice(const struct book *b);
/* Size of the best levels, in units of 1.0. An empty side has 0. */
double book_depth(const struct book *b, unsigned side, uint32_t levels);
/* (bids - asks) / (bids + asks) of the best levels: -1 .. 1. */
double book_imbalance(const struct book *b, uint32_t levels);
/* Best bid against best ask: 1, 0; NaN where a side is empty or a packet is half in. */
double book_crossed(const struct book *b);
double book_locked(const struct book *b);
/* What rests of an account on a side: size (1.0), orders, levels. 0 for who has nothing. */
double book_own_size(const struct book *b, const struct tocsin_str *account, unsigned side);
double book_own_size_in(const struct book *b, const struct tocsin_str *account, unsigned side,
                        uint32_t levels);
double book_own_orders(const struct book *b, const struct tocsin_str *account, unsigned side);
double book_own_levels(const struct book *b, const struct tocsin_str *account, unsigned side);

#endif
