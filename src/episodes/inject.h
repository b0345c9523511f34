/* inject.h - a recorded log written again with labelled episodes of abuse in it, so that what a rule
 * finds can be held against what was there.
 *
 * Pure; seeded: the same seed, options and log give the same bytes. What is promised of the written
 * log (test/property/episodes checks it from the bytes alone): its times never go back; an order id
 * is added once, and filled, modified or cancelled only while it is in the book; recorded ids are
 * never given to injected orders; injected orders leave no crossed or locked book, but those of
 * crossed-book; executions are a trade, the fills of resting orders, and what they do to the book.
 *
 * What is not: an injected aggressor that meets an injected resting order may pass recorded orders
 * of the same price, as a venue's cross order does; and a recorded order that an episode took out
 * of the book is dropped with what was recorded of it later. */
#ifndef EPISODES_INJECT_H
#define EPISODES_INJECT_H

#include "episodes/accounts.h"
#include "episodes/patterns.h"
#include "episodes/script.h"

#define INJECT_CLOSES 16
#define INJECT_MAX 5000                  /* episodes */
#define LABEL_ORDERS 64                  /* ids of evidence; there may be more */

struct inject_options {
	uint64_t seed;
	enum difficulty difficulty;
	unsigned each[N_KINDS];          /* how many; none: the log as it is, with accounts if so wanted */
	bool accounts;
	unsigned venues;                 /* 1 or 2 */
	int64_t warm_ns, quiet_ns;       /* before the first one; between two */
	int64_t closes[INJECT_CLOSES];   /* of the session, for patterns that need one */
	size_t n_closes;                 /* 0 = the log's end */
	const char *instrument;          /* NULL = that of the first line */
};

struct label { /* what is known of one episode */
	enum pattern kind;
	enum difficulty difficulty;
	int64_t start_ns, end_ns;
	int32_t params[PATTERN_PARAMS];
	uint16_t accounts[WHO_ACCOUNTS];
	unsigned n_accounts;
	uint64_t orders[LABEL_ORDERS];
	size_t n_orders;                 /* in all: the first LABEL_ORDERS are kept */
	bool disturbed;                  /* the market came through one of its orders, which was pulled early */
};

struct injected {
	struct label *labels;            /* by start */
	size_t n;
	struct accounts *accounts;       /* NULL without */
	uint64_t lines;                  /* written */
};

/* Gets every line of the written log, in order; `text` is valid during the call. */
typedef void (*inject_line)(void *ctx, int64_t time_ns, const char *text, size_t n);

/* 0 and *ret, ended by inject_done(); -ERANGE: the log has no room for so many, no such instrument
 * or close, with the reason in reterr; -ENOMEM. */
int inject(const struct mbo_log *log, const struct inject_options *o, inject_line line, void *ctx,
           struct injected *ret, char *reterr, size_t reterr_size);
void inject_done(struct injected *i);

/* What was written, as the labels' first line: {"log":{...}}. */
void label_log_json(const struct injected *of, const struct inject_options *o, const char *instrument,
                    struct buf *out);
/* One line of JSON with its newline. `number`: of the episode in its log, from 1. */
void label_json(const struct label *l, const struct injected *of, const struct inject_options *o,
                const char *instrument, size_t number, struct buf *out);

#endif
