/* accounts.h - whose orders rest in a book: sizes, orders and levels of each account and side.
 * Private to this room.
 *
 * An account is there while it has an order; so the table is as large as those who are in the
 * market now. What an account has at one level is found by {account, side, rank}, which makes its
 * size in the best N levels O(N) and all else O(1). Owns its memory. */
#ifndef BOOK_ACCOUNTS_H
#define BOOK_ACCOUNTS_H

#include <tocsin/event.h>

#include "book/levels.h"
#include "book/pool.h"

#define ACCOUNTS_MAX_TEXT 128

struct holding {                         /* resting on a side */
	__int128 size;
	uint32_t n_orders, n_levels;
};

struct account {
	uint32_t tag, text_n;
	char *text;
	struct holding side[2];
};

struct accounts {
	struct pool pool, stakes;
	struct index index, stake_index;
	uint32_t n;
};

void accounts_init(struct accounts *a);
void accounts_done(struct accounts *a, size_t *bytes);
void accounts_clear(struct accounts *a, size_t *bytes);
uint32_t accounts_find(const struct accounts *a, const struct tocsin_str *text); /* or POOL_NONE */
/* An order of 1..ACCOUNTS_MAX_TEXT bytes of account comes to rest; side 0 or 1. The account's
 * number; POOL_NONE when there are `max` accounts already or no memory, and then nothing has changed. */
uint32_t accounts_enter(struct accounts *a, const struct tocsin_str *text, unsigned side,
                        int64_t rank, int64_t size, uint32_t max, size_t *bytes);
/* One of its orders goes, and with the last one the account. */
void accounts_leave(struct accounts *a, uint32_t account, unsigned side, int64_t rank,
                    int64_t size, size_t *bytes);
/* One of its orders changes its size. */
void accounts_resize(struct accounts *a, uint32_t account, unsigned side, int64_t rank,
                     __int128 change);
/* Its size at one level. */
__int128 accounts_at(const struct accounts *a, uint32_t account, unsigned side, int64_t rank);

static inline struct account *account_at(const struct accounts *a, uint32_t i)
{
	return pool_at(&a->pool, i);
}

#endif
