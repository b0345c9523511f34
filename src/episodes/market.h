/* market.h - the log as it is written: recorded lines go through it, and acts are done in it.
 * Internal to this room; inject.c drives it. */
#ifndef EPISODES_MARKET_H
#define EPISODES_MARKET_H

#include "episodes/inject.h"
#include "episodes/ladder.h"

#define MARKET_PENDING 1024              /* prints of the second venue under way */
#define MARKET_FILLS 4096                /* orders that one act takes */

struct running { /* an episode's state while it is written */
	struct label *label;
	struct order **slots;            /* n_slots of them; NULL = none (any more) */
	uint16_t accounts[WHO_ACCOUNTS];
	int64_t mark[2];                 /* the touch noted, by side */
	int64_t position;                /* of account 0, bought positive */
	int64_t scale;                   /* mean size of a level, at the first need of it */
	bool own;                        /* has accounts of its own: only their orders are evidence */
};

struct fill {
	struct order *order;
	int64_t lots;
};

struct market {
	const struct mbo_log *log;
	const struct inject_options *o;
	struct accounts *accounts;
	struct ladder ladder;
	struct rng rng;
	uint32_t instrument;
	uint64_t next_order;
	inject_line line;
	void *ctx;
	uint64_t lines;
	struct running *episodes;
	/* While a price is pushed away: nothing of `hold_side` is better than `hold_price`. */
	bool holding, silent;
	unsigned hold_side;
	int64_t hold_price;
	uint64_t n_injected;             /* in the book now */
	/* The second venue. */
	int64_t shift, last_price, last_due;
	struct print {
		int64_t due, price, size;
		char side;
	} pending[MARKET_PENDING];
	size_t pending_first, pending_n;
	struct fill fills[MARKET_FILLS];
	size_t n_fills;
	struct buf text, more;
	bool failed;                     /* out of memory */
};

int market_new(struct market *m, const struct mbo_log *log, const struct inject_options *o);
void market_done(struct market *m);
/* Writes what the second venue printed before that time. */
void market_until(struct market *m, int64_t time_ns);
/* Takes the recorded line(s) at index i; how many. */
size_t market_take(struct market *m, size_t i);
void market_act(struct market *m, const struct act *a, int64_t time_ns);

/* Between market.c and act.c. A line of our own; account and counterparty may be ACCOUNT_NONE. */
void market_put(struct market *m, int64_t time_ns, char action, unsigned side, int64_t price, int64_t size,
                uint64_t order, unsigned flags, uint16_t account, uint16_t counterparty);
/* Cancels an order of the written book. */
void market_cancel(struct market *m, int64_t time_ns, struct order *o);
/* Makes the written state of a recorded order what it should be; `line` is what it comes of, NULL =
 * nothing recorded. */
void market_settle(struct market *m, int64_t time_ns, struct order *o, const struct mbo_line *line);
/* Pulls injected orders that an order of that side and price would meet. */
void market_guard(struct market *m, int64_t time_ns, unsigned side, int64_t price);
void market_copy_print(struct market *m, int64_t time_ns, int64_t price, int64_t size, char side);

static inline bool market_better(unsigned side, int64_t a, int64_t b)
{
	return side == LADDER_BID ? a > b : a < b;
}

#endif
