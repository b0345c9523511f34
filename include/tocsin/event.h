/* event.h - one trading event, in the form every room after decode knows.
 *
 * A value type: it owns nothing. Text members point into the bytes that were decoded (or the
 * decoder's scratch) and are valid during the call that was given the event.
 * Prices and sizes are fixed point, 1e-9 units in an int64_t: range +-9.22e9, exact to 1e-9.
 * The names are those of the field: instrument, side = aggressor, order id, venue (MIC or name). */
#ifndef TOCSIN_EVENT_H
#define TOCSIN_EVENT_H

#include <stdint.h>

#define TOCSIN_SCALE 1000000000LL        /* units in 1.0 */
#define TOCSIN_NONE INT64_MIN            /* "the event has no such number" */

enum tocsin_kind {
	TOCSIN_TRADE,
	TOCSIN_QUOTE,
	TOCSIN_ORDER_ADD,
	TOCSIN_ORDER_CANCEL,
	TOCSIN_ORDER_MODIFY,
	TOCSIN_FILL,
	TOCSIN_BAR,
	TOCSIN_BOOK_CLEAR,               /* the instrument's order book is empty from here on */
	TOCSIN_TICK,                     /* made by the pipeline: a time came; never decoded */
	TOCSIN_N_KINDS
};

#define TOCSIN_KIND_BIT(k) (1u << (k))

/* For trade and fill: the aggressor's side. For orders: the order's side. */
enum tocsin_side { TOCSIN_SIDE_NONE, TOCSIN_BUY, TOCSIN_SELL };

#define TOCSIN_FLAG_SNAPSHOT 1u          /* book state sent at start; not something that happened now */
#define TOCSIN_FLAG_LAST 2u              /* last event of the exchange's packet */
#define TOCSIN_FLAG_BY_FILL 4u           /* an order event that only takes away what was filled */
#define TOCSIN_FLAG_FILL_KEEPS_BOOK 8u   /* a fill whose order changes by a later order event */
#define TOCSIN_FLAG_MORE 16u             /* the packet goes on: the feed marks last events, not this one */
#define TOCSIN_FLAG_GAPLESS 32u          /* the instrument's message before had the sequence before */

struct tocsin_str {
	const char *p;                   /* not terminated; NULL = absent */
	uint32_t n;
};

struct tocsin_event {
	uint32_t size;                   /* sizeof(struct tocsin_event) as the host saw it */
	uint8_t kind;                    /* enum tocsin_kind */
	uint8_t side;                    /* enum tocsin_side */
	uint16_t flags;                  /* TOCSIN_FLAG_* */
	int64_t time_ns;                 /* event time, UTC, ns since 1970 */
	int64_t price, qty;              /* 1e-9 units or TOCSIN_NONE; of a bar: close and volume */
	int64_t bid, ask, bid_qty, ask_qty;      /* quotes */
	int64_t open, high, low;                 /* bars */
	uint64_t sequence;               /* the venue's, 0 = none */
	struct tocsin_str instrument, venue, order_id, trade_id, account, counterparty;
};

/* "trade", "quote", "order_add", "order_cancel", "order_modify", "fill", "bar", "book_clear",
 * "tick". */
const char *tocsin_kind_name(unsigned kind);
const char *tocsin_side_name(unsigned side);     /* "none", "buy", "sell" */

#endif
