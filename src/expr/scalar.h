/* scalar.h - the functions that are computed here, and the arithmetic of values that may be missing.
 *
 * NaN is "no value". Every operation that leaves the finite numbers (division by zero, overflow,
 * the root of a negative number) gives NaN, so that an infinity never comes back as a number. */
#ifndef EXPR_SCALAR_H
#define EXPR_SCALAR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "expr/tree.h"

enum scalar { SCALAR_ABS, SCALAR_SQRT, SCALAR_LN, SCALAR_MIN, SCALAR_MAX, SCALAR_NONE };

struct scalar_function {
	const char *name, *args, *help;
	uint32_t min_args, max_args;
	bool durations;                  /* takes durations too */
};

/* In the order of enum scalar; *ret_n of them. */
const struct scalar_function *scalar_functions(size_t *ret_n);
/* Which of them a call is; SCALAR_NONE: the call of a feature. min() and max() are features when
 * their last argument is a duration: min(price, 1m). */
enum scalar scalar_of(const struct tree *t, const struct tree_node *call);

/* x, or NaN when x is infinite. */
static inline double scalar_finite(double x)
{
	return x + (x - x);
}

/* NaN on either side wins. */
static inline double scalar_min(double a, double b)
{
	return isnan(a) || a < b ? a : b;
}

static inline double scalar_max(double a, double b)
{
	return isnan(a) || a > b ? a : b;
}

static inline double scalar_apply1(enum scalar f, double a)
{
	switch (f) {
	case SCALAR_ABS: return fabs(a);
	case SCALAR_SQRT: return scalar_finite(sqrt(a));
	default: return scalar_finite(log(a));
	}
}

static inline double scalar_arithmetic(enum tree_op op, double a, double b)
{
	switch (op) {
	case TREE_ADD: return scalar_finite(a + b);
	case TREE_SUBTRACT: return scalar_finite(a - b);
	case TREE_MULTIPLY: return scalar_finite(a * b);
	default: return scalar_finite(a / b);
	}
}

/* 1, 0, or NaN when either is missing. */
static inline double scalar_compare(enum tree_op op, double a, double b)
{
	bool is;

	if (isunordered(a, b))
		return NAN;
	switch (op) {
	case TREE_LESS: is = a < b; break;
	case TREE_LESS_EQUAL: is = a <= b; break;
	case TREE_GREATER: is = a > b; break;
	case TREE_GREATER_EQUAL: is = a >= b; break;
	case TREE_EQUAL: is = a == b; break;
	default: is = a != b;
	}
	return is ? 1 : 0;
}

/* A feature that is a condition: 1 or 0 of its number. */
static inline double scalar_truth(double x)
{
	return !isfinite(x) ? NAN : x != 0 ? 1 : 0;
}

/* Kleene: one false makes `and` false, whatever is missing. */
static inline double scalar_and(double a, double b)
{
	if (a == 0 || b == 0)
		return 0;
	return isnan(a) ? a : b;
}

static inline double scalar_or(double a, double b)
{
	if (a == 1 || b == 1)
		return 1;
	return isnan(a) ? a : b;
}

#endif
