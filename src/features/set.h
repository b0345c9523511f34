/* set.h - inside of a feature set: what a table has to keep for each key. Private to this room. */
#ifndef FEATURES_SET_H
#define FEATURES_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/features.h"

#define SET_MAX_FEATURES 4096
#define SET_MAX_WINDOW_NS (366 * 86400LL * 1000000000LL)
#define SET_NONE UINT32_MAX
#define SET_BY_ALL 15u                   /* FEATURE_BY_ bits */
#define SET_PARTS 4                      /* texts of a key, at most */
#define SET_MAX_SPACES 16                /* one for each choice of texts */

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
#define NEED_EXTREMES (NEED_MIN_PRICE | NEED_MAX_PRICE | NEED_MIN_SIZE | NEED_MAX_SIZE)

enum set_field { FIELD_NONE, FIELD_PRICE, FIELD_SIZE };

/* The events of some kinds in the order of their time: with price and size, or times only. */
struct set_series {
	uint32_t kinds;
	bool priced;
	uint32_t first_window;           /* of its windows, chained by next */
};

struct set_window {
	uint32_t series, next;
	int64_t length_ns;
	uint32_t needs;
	uint32_t extremes;               /* index of its first monotonic queue, in bit order of needs */
};

/* What is kept for each key made of the same texts. */
struct set_space {
	unsigned by;                     /* FEATURE_BY_ bits */
	struct set_series *series;
	struct set_window *windows;
	int64_t *silences;               /* absent_for() times, ascending, distinct */
	uint32_t n_series, n_windows, n_silences, n_extremes;
};

struct feature {
	const struct function *function;
	char *name;                      /* canonical text */
	unsigned by;                     /* 0: of the event alone */
	uint32_t space;                  /* SET_MAX_SPACES: of the event alone */
	uint32_t kinds;
	enum set_field field;
	int64_t window_ns;
	uint32_t window[2];              /* windows it reads */
};

struct feature_set {
	struct feature *features;
	struct set_space spaces[SET_MAX_SPACES];         /* in the order they were asked for */
	uint32_t n_features, n_spaces;
	int64_t lookback_ns;
};

/* The space of keys by these texts, made if new. */
uint32_t set_space(struct feature_set *s, unsigned by);

/* The window of `length_ns` over a series of these kinds, made if new, keeping `needs`.
 * 0 or -ENOMEM. */
int set_window(struct set_space *s, uint32_t kinds, bool priced, int64_t length_ns,
               uint32_t needs, uint32_t *ret_window);

#endif
