/* script.h - what an episode does, act by act, before it is known where in the log it falls.
 *
 * Times are ns from the episode's start. Prices are not in a script: an act says how many ticks
 * from the touch, or from the touch that ACT_MARK noted, and is done on the book of its moment
 * (market.h). Pure; seeded. */
#ifndef EPISODES_SCRIPT_H
#define EPISODES_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "core/rng.h"
#include "episodes/ladder.h"
#include "episodes/patterns.h"

enum act_op {
	ACT_MARK,                        /* note the touch */
	ACT_ADD,                         /* slot: an order on `side`, a levels from the touch, b lots (b < 0:
	                                  * -b % of the mean size of the side's best 5 levels) */
	ACT_ADD_AT,                      /* slot: on `side`, a ticks beyond the noted touch of that side, b lots */
	ACT_ADD_CROSSED,                 /* slot: on `side`, a ticks through the other side's best, b lots */
	ACT_MOVE,                        /* slot: to a levels from the touch */
	ACT_CANCEL,                      /* slot */
	ACT_HIT,                         /* `who` takes a lots of `side` from at most b levels; liquidity that
	                                  * is missing arrives at the touch just before */
	ACT_TAKE,                        /* `who` takes a lots of the order in slot (a < 0: -a % of it; 0: all) */
	ACT_TRADE,                       /* `who` takes a lots of `side` from an order that comes for it */
	ACT_EXIT,                        /* who 0 closes 1/a of its position against `side` */
	ACT_SWEEP,                       /* `who` takes `side` up to a ticks beyond the mark, at most b lots of a
	                                  * level (0: all), the rest is pulled; the way back is held free */
	ACT_PULL,                        /* the same with no trade */
	ACT_RELEASE,                     /* what was pulled comes back down to a ticks beyond the mark */
	ACT_SILENCE,                     /* nothing of the log is written from here */
	ACT_RESUME,                      /* the book is brought up to date */
	ACT_SHIFT,                       /* the second venue is a ticks away */
	ACT_PRINT,                       /* a trade of b lots there */
};

#define WHO_ACCOUNTS 4                   /* who < this: an account of the episode */
#define WHO_ANYONE WHO_ACCOUNTS          /* of the background, drawn anew */

struct act {
	int64_t time_ns;
	int64_t a, b;
	uint32_t episode, slot, order;   /* order: of writing; decides between equal times */
	uint8_t op, side, who;
};

struct script {
	struct act *v;
	size_t n, size;
	uint32_t n_slots;
	unsigned n_accounts;             /* of the episode's own */
	bool new_account;                /* account 0 has never been seen */
	bool failed;                     /* out of memory */
	int64_t end_ns;                  /* of what is labelled; acts may follow that put things right */
	int64_t whole_ns;                /* of the last act */
	int64_t volume_lots;             /* given: traded in the window before a close */
	int32_t p[PATTERN_PARAMS];       /* drawn */
	uint8_t side;                    /* drawn */
};

/* Draws the parameters and the side. */
void script_draw(struct script *s, enum pattern kind, enum difficulty d, struct rng *rng);
/* Writes the acts. */
void script_write(struct script *s, enum pattern kind, struct rng *rng);
void script_write_benign(struct script *s, enum pattern kind, struct rng *rng);
void script_done(struct script *s);

/* For the writers: */
void script_act(struct script *s, int64_t at_ns, enum act_op op, unsigned side, unsigned who,
                uint32_t slot, int64_t a, int64_t b);
int64_t script_between(struct rng *rng, int64_t low, int64_t high);      /* both included */
/* Gives the book back in `steps` from `ticks` beyond the mark, from at_ns on over for_ns. */
void script_release(struct script *s, int64_t at_ns, int64_t for_ns, unsigned side, int64_t ticks, int steps);

#endif
