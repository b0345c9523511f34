/* set.h - inside of a feature set: what a table has to keep for each key. Private to this room. */
#ifndef FEATURES_SET_H
#define FEATURES_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book/book.h"
#include "features/features.h"
#include "features/text.h"

#define SET_MAX_FEATURES 4096
#define SET_MAX_WINDOW_NS (366 * 86400LL * 1000000000LL)
#define SET_MAX_LAG 1024
#define SET_MAX_LEVELS 1000              /* of an order book, in one value */
#define SET_NONE UINT32_MAX
#define SET_BY_ALL 15u                   /* FEATURE_BY_ bits */
#define SET_PARTS 4                      /* texts of a key, at most */
#define SET_MAX_SPACES 16                /* one for each choice of texts */
#define SET_MAX_FILTERS 256              /* different conditions of `where` */
#define SET_MAX_OTHERS 256               /* instruments behind `of` */
#define SET_MAX_LISTS 1024
#define SET_MAX_CALENDARS 1024
#define SET_CALENDAR_OF_KEY (UINT32_MAX - 1)     /* that of the key's instrument */
/* Where a feature is read from: the event's key in a space, the event alone, or others' keys. */
#define SET_SLOT_EVENT SET_MAX_SPACES
#define SET_FIRST_OTHER (SET_MAX_SPACES + 1)

/* Kinds that a series takes; ticks are in none. */
#define SET_KINDS_ANY (TOCSIN_KIND_BIT(TOCSIN_TICK) - 1)
#define SET_KINDS_PRICED (TOCSIN_KIND_BIT(TOCSIN_TRADE) | TOCSIN_KIND_BIT(TOCSIN_BAR))

/* What a window must keep up to date. */
#define NEED_SUM_PRICE 1u
#define NEED_SUM_SIZE 2u
#define NEED_SUM_VALUE 4u                /* price * size */
#define NEED_MIN_PRICE 8u
#define NEED_MAX_PRICE 16u
#define NEED_MIN_SIZE 32u
#define NEED_MAX_SIZE 64u
#define NEED_MIN_VALUE 128u
#define NEED_MAX_VALUE 256u
#define NEED_EXTREMES \
	(NEED_MIN_PRICE | NEED_MAX_PRICE | NEED_MIN_SIZE | NEED_MAX_SIZE | NEED_MIN_VALUE | \
	 NEED_MAX_VALUE)
#define NEED_LEAST (NEED_MIN_PRICE | NEED_MIN_SIZE | NEED_MIN_VALUE)
#define NEED_SQUARES_PRICE 512u
#define NEED_SQUARES_SIZE 1024u
#define NEED_SQUARES (NEED_SQUARES_PRICE | NEED_SQUARES_SIZE)
#define NEED_RANKS_PRICE 2048u
#define NEED_RANKS_SIZE 4096u
#define NEED_RANKS (NEED_RANKS_PRICE | NEED_RANKS_SIZE)
#define NEED_DISTINCT_FIRST 8192u        /* of the first column: a price or a text's hash */
#define NEED_DISTINCT_SIZE 16384u
#define NEED_DISTINCT (NEED_DISTINCT_FIRST | NEED_DISTINCT_SIZE)
#define SET_NEEDS 15                     /* bits of these */

enum set_field {
	FIELD_NONE,
	FIELD_PRICE, FIELD_SIZE, FIELD_NOTIONAL,
	FIELD_INSTRUMENT, FIELD_VENUE, FIELD_ACCOUNT, FIELD_COUNTERPARTY, FIELD_ORDER_ID,
	FIELD_TRADE_ID, FIELD_SIDE,
	N_FIELDS
};
#define FIELD_BIT(f) (1u << (f))

/* What of an event a series keeps beside its time. */
enum set_content {
	CONTENT_TIMES,
	CONTENT_PRICED,                  /* price and size; only events that have a price */
	CONTENT_SIZED,                   /* price and size; only events that have a size */
	CONTENT_TEXT,                    /* hash of a text; only events that have it */
	CONTENT_CIRCLE,                  /* hashes of seller and buyer, size; trades that name all */
};

/* Same and opposite are those of the event being scored. */
enum set_side { SIDE_ANY, SIDE_BUY, SIDE_SELL, SIDE_SAME, SIDE_OPPOSITE, N_SIDES };

/* The events of some kinds in the order of their time. */
struct set_series {
	uint32_t kinds;
	enum set_side side;              /* any, buy or sell */
	uint32_t filter;                 /* that lets events in; SET_NONE = all */
	enum set_content content;
	enum set_field text;             /* of CONTENT_TEXT */
	uint32_t keep;                   /* at least so many of the newest stay, in a window or not */
	uint32_t first_window;           /* of its windows, chained by next */
	uint32_t first_decay;            /* likewise */
};

struct set_window {
	uint32_t series, next;
	int64_t length_ns;
	uint32_t needs;
	/* Indexes of the first of each, in bit order of needs, and how many there are: */
	uint32_t extremes;               /* monotonic queue */
	uint32_t squares, ranks, distinct;
	uint8_t n_extremes, n_squares, n_ranks, n_distinct;
	uint8_t place[SET_NEEDS];        /* by bit of needs: behind the first of its sort */
};

/* A mean that forgets, over all that a series has taken in. */
struct set_decay {
	uint32_t series, next;
	enum set_field field;
	int64_t half_life_ns;
};

struct calendar;

struct set_calendar {
	char *name;
	const struct calendar *calendar; /* borrowed */
};

struct set_silence {
	int64_t time_ns;
	uint32_t calendar;               /* of whose market time; SET_NONE = of any time */
};

/* What is kept for each key made of the same texts. */
struct set_space {
	unsigned by;                     /* FEATURE_BY_ bits */
	struct set_series *series;
	struct set_window *windows;
	struct set_decay *decays;
	struct set_silence *silences;    /* absent_for() times, ascending, distinct */
	uint32_t n_series, n_windows, n_decays, n_silences;
	uint32_t n_extremes, n_squares, n_ranks, n_distinct;
};

struct reading;

struct feature {
	/* What reading it takes, for every event: in few lines of cache. */
	double (*value)(const struct reading *, const struct feature *); /* function->value */
	int64_t window_ns;               /* 0: needs no full window */
	uint32_t slot;                   /* a space, SET_SLOT_EVENT, or one of the others */
	enum set_field field;
	uint32_t window[2];              /* windows it reads, */
	uint32_t series, decay;          /* or what else it reads */
	uint32_t n;                      /* of lag; levels of a book, 0 = all; of phase: a set of 1 << enum calendar_phase */
	bool early;                      /* some filter needs it */
	double q;                        /* of quantile */

	const struct function *function;
	char *name;                      /* canonical text */
	unsigned by;                     /* 0: of the event alone */
	enum set_side side;
	uint32_t filter;                 /* SET_NONE: no `where` */
	uint32_t relative[2];            /* of SIDE_SAME, _OPPOSITE: features read for buys, sells */
	struct text_test test;           /* of a condition on texts */
	uint32_t kinds[2];               /* 0: not given */
	uint32_t calendar;               /* index, SET_CALENDAR_OF_KEY, or SET_NONE */
	uint32_t share;                  /* of order_share: which of the set's shares */
};

struct feature_set {
	struct feature *features;
	struct set_space spaces[SET_MAX_SPACES];         /* in the order they were asked for */
	struct set_filter *filters;
	struct set_other {
		char *text;
		uint32_t n;
		uint64_t hash;           /* feature_key() */
	} *others;
	struct text_lists lists;
	struct set_calendar *calendars;
	uint32_t n_calendars;
	uint32_t use_calendar;           /* of the features added now; SET_NONE = the instrument's */
	uint32_t (*calendar_of)(const void *ctx, const struct tocsin_str *instrument);
	const void *calendar_ctx;
	uint32_t n_features, n_spaces, n_filters, n_others;
	int64_t lookback_ns;
	bool books;                      /* some feature reads order books */
	struct book_wants book_wants;    /* what of the event's order */
};

/* The space of keys by these texts, made if new. */
uint32_t set_space(struct feature_set *s, unsigned by);
/* Finds or makes what the feature reads in its space. 0 or -ENOMEM. */
int set_ask(struct set_space *s, struct feature *f);
/* Room for one more in an array of n that grows by doubling; NULL: no memory. */
void *set_more_room(void *p, uint32_t n, size_t size);
/* feature_set_add() of what is read from the event alone, for a filter. */
int set_add_of_event(struct feature_set *s, const char *text, uint32_t *ret_index, size_t *ret_at,
                     char *reterr, size_t reterr_size);

/* The place of `need`, one bit, among those of its sort that the window has. */
static inline uint32_t set_place(const struct set_window *w, uint32_t need)
{
	return w->place[__builtin_ctz(need)];
}

#endif
