/* literals.h - many conjunctions at once, a bit each (see the head of literals.c). Private to this room.
 *
 * Pure. Owns its memory. */
#ifndef EXPR_LITERALS_H
#define EXPR_LITERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* v[a] > v[b], or, `turned`, v[a] <= v[b]; missing when either is. */
struct literal {
	uint32_t a, b;
	bool turned;
};

/* All literals of a condition, or, `turned`, not all of them. */
struct conjunction {
	struct literal *literals;
	uint32_t n;                      /* at least 1 */
	bool turned;
	uint32_t place;                  /* of its answer */
};

struct literals {
	uint32_t n;                      /* conjunctions: bit i is that of places[i] */
	uint32_t *places;
	uint64_t *turned;                /* whole conjunctions */
	struct level {                   /* the k-th literal of those that have so many, the first n */
		uint32_t n;
		uint32_t *a, *b;         /* slots, filled up to an even number */
		uint64_t *turned;
	} *levels;
	uint32_t n_levels;
};

/* Sorts `c`. 0 or -ENOMEM; literals_done() in both cases. */
int literals_init(struct literals *l, struct conjunction *c, uint32_t n);
void literals_done(struct literals *l);
/* Puts 1 at the places of those true and -1 at those whose answer is missing; leaves those of others
 * as they are. The values are numbers or NaN. */
void literals_judge(const struct literals *l, const double *v, signed char *ret_truths);
size_t literals_memory(const struct literals *l);

#endif
