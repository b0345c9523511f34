/* patterns.h - what can be injected: the patterns of abuse, the look-alikes that are none, and what
 * easy, medium and hard mean of each, in one table.
 *
 * An episode draws every parameter uniformly from the range of its difficulty, both ends included.
 * The words and the sources of the definitions are in conf/rules/EPISODES.md. Pure. */
#ifndef EPISODES_PATTERNS_H
#define EPISODES_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum pattern {
	PATTERN_PRICE_MOVE,
	PATTERN_VOLUME_BURST,
	PATTERN_FAT_FINGER,
	PATTERN_STALE_FEED,
	PATTERN_CROSSED_BOOK,
	PATTERN_QUOTE_STUFFING,
	PATTERN_LAYERING,
	PATTERN_SPOOFING,
	PATTERN_WASH_TRADE,
	PATTERN_WASH_RING,
	PATTERN_MOMENTUM_IGNITION,
	PATTERN_FRONT_RUNNING,
	PATTERN_MARKING_THE_CLOSE,
	PATTERN_PUMP_AND_DUMP,
	PATTERN_UNUSUAL_ORDER_SIZE,
	PATTERN_NEW_ACCOUNT,
	PATTERN_CROSS_VENUE,
	N_PATTERNS,
	/* Look-alikes: */
	BENIGN_MARKET_MAKER = N_PATTERNS,
	BENIGN_FILLED_ORDER,
	BENIGN_ICEBERG,
	BENIGN_REPRICING,
	BENIGN_SELF_MATCH,
	BENIGN_BURST,
	BENIGN_MUTUAL_TRADES,
	BENIGN_FOLLOWER,
	BENIGN_CLOSING_HEDGE,
	BENIGN_QUIET_SPELL,
	BENIGN_NEWCOMER,
	N_KINDS
};

enum difficulty { EASY, MEDIUM, HARD, N_DIFFICULTIES };

#define PATTERN_PARAMS 8

struct pattern_param {
	const char *name;                /* its unit at the end: _ms, _lots, _ticks, _percent; else a count */
	int32_t range[N_DIFFICULTIES][2];
};

struct pattern_kind {
	const char *name;
	const char *looks_like;          /* of a look-alike: the patterns it resembles, by comma */
	bool needs_accounts, needs_close, needs_venue;
	struct pattern_param params[PATTERN_PARAMS];     /* ends with name NULL */
};

extern const struct pattern_kind pattern_kinds[N_KINDS];

const char *difficulty_name(enum difficulty d);
/* '_' and '-' are the same. -1 = there is none. */
int pattern_find(const char *name);
int difficulty_find(const char *name);
/* Is that pattern among those that the look-alike resembles? */
bool pattern_resembles(int benign, int pattern);
/* The table as Markdown. */
void patterns_table(struct buf *out);

#endif
