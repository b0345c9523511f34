/* episodes.h - labelled episodes put into a recorded stream, so that what a rule finds can be held
 * against what was there. Pure; seeded: the same seed and lines give the same episodes.
 *
 * Works on Databento mbo lines of one instrument, in time order. */
#ifndef EPISODES_EPISODES_H
#define EPISODES_EPISODES_H

#include <stddef.h>
#include <stdint.h>

#include "core/rng.h"

struct recorded_line {
	int64_t time_ns;
	int64_t price;                   /* of the last trade at or before it, 1e-9 units */
	char *text;                      /* owned */
	size_t n;
};

struct recording {
	struct recorded_line *v;
	size_t n, size;
};

enum episode_kind { EPISODE_PRICE, EPISODE_VOLUME, EPISODE_STUFFING, EPISODE_CANCELS, EPISODE_SILENCE, N_EPISODE_KINDS };

struct episode {
	enum episode_kind kind;
	int64_t start_ns, end_ns;
};

/* Takes ownership of nothing: copies the text. 0, -ENOMEM. */
int recording_add(struct recording *r, int64_t time_ns, int64_t price, const char *text, size_t n);
void recording_done(struct recording *r);

/* Puts `each` episodes of every kind into `r` after its first `warm_ns`, at seeded times that keep
 * apart. *ret_episodes: caller frees. 0, -ENOMEM, -ERANGE (too short for so many). */
int episodes_inject(struct recording *r, const char *instrument, struct rng *rng, int64_t warm_ns, size_t each,
                    struct episode **ret_episodes, size_t *ret_n);

#endif
