/* space.h - the keys made of the same texts, and what each learns from its events. Private to this
 * room. */
#ifndef FEATURES_SPACE_H
#define FEATURES_SPACE_H

#include "features/features.h"
#include "features/key.h"
#include "features/silence.h"

struct space {
	const struct set_space *set;
	const struct feature_limits *limits;
	struct feature_counts *counts;   /* of the whole table */
	struct keys keys;
	struct silences silences;
	struct key *blank;               /* a key of which nothing is known */
	const struct feature_set *all;   /* for the calendar of an instrument */
};

/* Borrows all; a cursor for each calendar of the set. 0 or -ENOMEM; space_done() in both cases. */
int space_init(struct space *s, const struct feature_set *all, const struct set_space *set,
               const struct feature_limits *limits, struct feature_counts *counts,
               struct calendar_cursor *cursors);
void space_done(struct space *s);
void space_clear(struct space *s);       /* forgets all keys, and counts none of them */

/* The event enters the windows of its key, which is made if new; the key used longest ago makes
 * room. `passes`: which filters let it. NULL when out of memory: the key is forgotten then. */
struct key *space_take(struct space *s, const struct tocsin_event *e, const bool *passes,
                       const struct key_name *name, uint64_t hash);
/* Moves a key's windows on to a time; never back. */
void space_advance(struct space *s, struct key *k, int64_t time_ns);

#endif
