/* impl.h - inside of a book. Private to this room. */
#ifndef BOOK_IMPL_H
#define BOOK_IMPL_H

#include "book/accounts.h"
#include "book/book.h"
#include "book/levels.h"
#include "book/orders.h"

#define BOOK_MAX_TEXT 128                /* only these bytes of an instrument count */

struct book {
	struct books *of;
	uint32_t older, newer;           /* by use */
	uint32_t tag, text_n;
	struct orders orders;
	struct levels sides[2];          /* bids, asks */
	struct accounts accounts;
	uint64_t sequence;               /* the last, 0 = none */
	int64_t changed_ns;
	bool inconsistent;
	bool unowned;                    /* some order's account is not followed */
	bool in_snapshot;
	bool midst;                      /* changed since the last end of a packet */
	char text[BOOK_MAX_TEXT];
};

struct books {
	struct book_limits limits;
	struct pool pool;                /* of struct book * */
	struct index index;
	uint32_t oldest, newest, n;
	bool forgot;                     /* a book was: those that begin may lack orders */
	struct book_counts counts;
};

/* side - 1 = index of sides. */
static inline int64_t rank_of(unsigned side, int64_t price)
{
	return side == TOCSIN_BUY ? price : -price;
}

struct book *book_new(struct books *of);         /* NULL when out of memory */
void book_free(struct book *b);
void book_distrust(struct book *b);              /* inconsistent from here on */
void book_clear(struct book *b);                 /* empty and consistent */
void book_take(struct book *b, const struct tocsin_event *e, const struct book_wants *wants,
               struct book_order *ret_order);
/* A new order at the end of all others: 0, -ENOSPC (a limit), -ENOMEM. `id` is not there. */
int book_add(struct book *b, const struct tocsin_str *id, const struct tocsin_str *account,
             unsigned side, int64_t price, int64_t size, int64_t added_ns);

/* The book of an instrument, made when there is none; as the one used last. NULL: no memory. */
struct book *books_make(struct books *b, const struct tocsin_str *instrument);

static inline struct book *books_at(const struct books *b, uint32_t i)
{
	struct book **p = pool_at(&b->pool, i);

	return *p;
}

static inline void count(struct book *b, enum book_state state)
{
	b->of->counts.states[state]++;
}

#endif
