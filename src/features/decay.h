/* decay.h - a mean that forgets: each event's weight halves with every half-life of event time.
 * Private to this room. See the head of decay.c. Pure; fixed size; zero-initialised it is empty. */
#ifndef FEATURES_DECAY_H
#define FEATURES_DECAY_H

#include <stdint.h>

#include "core/buf.h"
#include "features/wide.h"

#define DECAY_SPANS 8                    /* spans kept, */
#define DECAY_SPAN 8                     /* each of so many half-lives */

struct decay {
	int64_t newest;                  /* number of the newest span that has an event */
	uint64_t any;                    /* 0: no event yet, newest says nothing */
	struct decay_span {
		struct wide sum;         /* of weight * value */
		unsigned __int128 weight;
	} spans[DECAY_SPANS];            /* span s at s & (DECAY_SPANS - 1) */
};

void decay_add(struct decay *d, int64_t half_life_ns, int64_t time_ns, int64_t value);
double decay_mean(const struct decay *d);        /* in the unit of the values; NaN when empty */

#define DECAY_SAVED (2 + 5 * DECAY_SPANS)        /* numbers of a saved one */
void decay_save(const struct decay *d, struct buf *out);
void decay_load(struct decay *d, const uint64_t saved[static DECAY_SAVED]);

#endif
