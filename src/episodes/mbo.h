/* mbo.h - a recorded log of order events, line by line, as Databento's mbo JSON has it.
 *
 * Pure. Holds the whole log in memory (about 400 bytes a line): episodes are placed by looking
 * ahead. A line keeps its bytes; what is read out of it is what a book needs. */
#ifndef EPISODES_MBO_H
#define EPISODES_MBO_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

#define MBO_LINES_MAX ((size_t)20 << 20)
#define MBO_SYMBOL 32                    /* bytes of an instrument's name, NUL included */

/* The venue's action and side letters: A add, C cancel, M modify, F fill, T trade, R clear, others
 * pass; side A ask, B bid, N none. Prices in 1e-9 units. */
struct mbo_line {
	int64_t time_ns, price, size;
	uint64_t order;                  /* 0 = none */
	uint32_t instrument;             /* index in mbo_log.symbols */
	uint32_t flags;                  /* the venue's */
	char action, side;
	uint32_t n;
	char *text;                      /* owned, not terminated */
};

struct mbo_log {
	struct mbo_line *v;
	size_t n, size;
	char (*symbols)[MBO_SYMBOL];
	size_t n_symbols;
	uint64_t last_order;             /* the highest order id */
	int64_t shift_ns;                /* set before the first line: every time is so much later */
	int64_t tick;                    /* greatest common divisor of the prices, >= 1 */
};

#define MBO_FLAG_LAST 128u
#define MBO_FLAG_SNAPSHOT 32u
#define MBO_NO_PRICE INT64_MAX

/* Copies the line. 0; -EINVAL: no such line of this format; -ERANGE: earlier than the line before
 * it, or one line too many; -ENOMEM. */
int mbo_add(struct mbo_log *l, const char *text, size_t n);
void mbo_done(struct mbo_log *l);

/* The line with another size, other order id (where they differ from the recorded ones) and these
 * members added; `more` is ",\"name\":value..." or empty. */
void mbo_rewrite(const struct mbo_line *line, int64_t size, uint64_t order, const char *more,
                 struct buf *out);

#endif
