/* expr.h - the rule language: a text such as `abs(return(price, 1m)) > 3% and rate(1s) > 50`
 * becomes a small program over feature values (see the head of expr.c).
 *
 * Pure. A compiled expression is immutable and may be used by several threads. */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "expr/tree.h"

struct expr;

/* Conditions are three-valued: a comparison with a number that is not there is neither. */
enum expr_truth { EXPR_NO_VALUE = -1, EXPR_FALSE, EXPR_TRUE };

/* Where feature values come from. `feature` is given the canonical text of a feature (print.h) and
 * answers its index in x[]; or -EINVAL with *ret_at, the offset in that text that is wrong, and the
 * reason (same shape as tocsin_host.feature). Features of names that are durations (names.h) are
 * ns there, times of day ns since midnight, conditions 1 or 0; NaN = no value. */
struct expr_resolver {
	void *ctx;
	int (*feature)(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at,
	               char *reterr, size_t reterr_size);
};

/* A condition. 0 and *ret_expr, which the caller owns; -EINVAL with *ret_error; -ENOMEM; or what
 * the resolver returned. `text` is not kept. */
int expr_new(const char *text, size_t n, const struct expr_resolver *resolver,
             struct expr **ret_expr, struct expr_error *ret_error);
struct expr *expr_free(struct expr *e);          /* accepts NULL; returns NULL */

/* x[] must reach to the largest index that the resolver answered. */
enum expr_truth expr_truth(const struct expr *e, const double *x);
bool expr_wants_ticks(const struct expr *e);     /* may turn true without an event: absent_for() */
size_t expr_memory(const struct expr *e);

/* Why a condition is true: one leaf of it (see the head of explain.c). */
struct expr_reason {
	uint32_t feature;                /* index of the first feature of the observed side */
	double observed, expected;       /* durations in seconds, times of day in seconds of it */
	double confidence, share;        /* [0.5, 1); the sum of shares is <= 1 */
};

/* The `max` strongest reasons, strongest first, and how many there are. 0 when the condition is not
 * true now; *ret_confidence, [0.5, 1), is then untouched. */
uint32_t expr_explain(const struct expr *e, const double *x, struct expr_reason *ret_reasons,
                      uint32_t max, double *ret_confidence);

#define EXPR_MAX_MISSING 8

/* One comparison of a condition, or a condition without sides, and what it says now. */
struct expr_leaf {
	const char *text;                /* of the whole condition; valid as long as it */
	uint32_t at, n;                  /* bytes of it: the leaf as written */
	uint32_t observed_at, observed_n;        /* its side that has a feature */
	bool compares;                   /* has sides; else what follows about them is nothing */
	bool turned;                     /* under an odd number of `not`: it is to be false */
	bool is_duration;                /* observed and expected are ns */
	enum expr_truth truth;
	enum tree_op op;                 /* with the observed side on the left */
	double observed, expected;       /* NaN = no value */
	uint32_t missing[EXPR_MAX_MISSING], n_missing;   /* features of it without a value */
};

/* Calls `each` for every leaf, in the order of the text (see the head of leaves.c). */
void expr_leaves(const struct expr *e, const double *x,
                 void (*each)(void *ctx, const struct expr_leaf *leaf), void *ctx);

#endif
