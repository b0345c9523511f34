/* program.h - inside of a compiled expression. Private to this room. */
#ifndef EXPR_PROGRAM_H
#define EXPR_PROGRAM_H

#include <stdbool.h>

#include "expr/expr.h"

#define PROGRAM_STACK 64                 /* values at once */

/* The six comparisons, in the order of enum tree_op. */
#define PROGRAM_COMPARISONS(of) \
	of(LESS, <) \
	of(LESS_EQUAL, <=) \
	of(GREATER, >) \
	of(GREATER_EQUAL, >=) \
	of(EQUAL, ==) \
	of(NOT_EQUAL, !=)

/* A test compares a feature with something at hand, in one instruction:
 *   X      x[a] with c           ABS    abs(x[a]) with c           XY     x[a] with c * x[b]
 * Pushed (OP_X_...) it begins a conjunction or stands alone; joined (OP_AND_X_...) it goes on with
 * one, whose value so far, true or missing, is on the stack. When it is false, so is the whole, and
 * the next n instructions are passed over. */
#define PROGRAM_TESTS(name, operator) \
	OP_X_##name, OP_ABS_##name, OP_XY_##name, OP_AND_X_##name, OP_AND_ABS_##name, \
		OP_AND_XY_##name,
#define PROGRAM_COMPARE(name, operator) OP_##name,

enum opcode {
	OP_END,
	OP_FEATURE,                      /* push x[a] */
	OP_CONSTANT,                     /* push c */
	OP_NEGATE, OP_ABS, OP_SQRT, OP_LN,
	OP_MIN, OP_MAX,                  /* of n values */
	OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE,
	PROGRAM_COMPARISONS(PROGRAM_COMPARE)
	PROGRAM_COMPARISONS(PROGRAM_TESTS)
	OP_NOT, OP_AND, OP_OR,
	OP_IF_FALSE, OP_IF_TRUE,         /* jump to a, keeping the condition */
};

struct instruction {
	uint16_t op;                     /* enum opcode */
	uint16_t n;                      /* of OP_MIN and OP_MAX; of tests */
	uint32_t a, b;
	double c;
};

/* A term of the outermost `and` that compares a feature with a constant: true when its bits under
 * `mask` (which takes the sign away, for abs()) are a number within [low, high], or, `outside`, not. */
struct lead {
	double low, high;
	uint64_t mask;
	uint32_t index;
	bool outside;
};

struct expr {
	struct tree tree;                /* for explain */
	struct lead *leads;              /* judged first; the program is the rest, of n 0 when none */
	size_t n_leads, leads_size;
	struct instruction *program;
	size_t n, size;
	bool wants_ticks;
};

/* Makes the program of a checked tree whose features are known. 0, -EINVAL or -ENOMEM. */
int program_compile(struct expr *e, struct expr_error *ret_error);
/* The value of the whole condition, 1, 0 or NaN. */
double program_truth(const struct expr *e, const double *x);
/* The value of a part of the tree: numbers as they are, durations in ns, conditions as 1, 0 or
 * NaN. The same operations as the program's, so the same bits. x may be NULL when the part has no
 * feature. */
double program_value(const struct tree *t, uint32_t node, const double *x);
/* Is a time of day between these two, a TREE_BETWEEN? It goes over midnight when a > b. */
static inline bool program_over_midnight(const struct tree *t, const struct tree_node *between,
                                         double a, double b)
{
	return t->nodes[between->first].type.kind == EXPR_TIME && a > b;
}
/* Index of the first feature in a part, in the order of the text; TREE_NONE = none. */
uint32_t program_feature(const struct tree *t, uint32_t node);

#endif
