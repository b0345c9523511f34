/* program.h - inside of a compiled expression, shared by expr.c and explain.c only. */
#ifndef EXPR_PROGRAM_H
#define EXPR_PROGRAM_H

#include <stdbool.h>

#include "expr/expr.h"

#define PROGRAM_STACK 64                 /* values at once */

struct instruction {
	uint16_t op;                     /* enum opcode, of expr.c */
	uint16_t n;                      /* values taken off, of OP_MIN and OP_MAX */
	uint32_t a;                      /* index in x[], or where to jump */
	double c;                        /* constant */
};

struct expr {
	struct tree tree;                /* for explain */
	struct instruction *program;
	size_t n, size;
	bool wants_ticks;
};

/* The value of a part of the tree: numbers as they are, durations in ns, conditions as 1, 0 or
 * NaN. The same operations as the program's, so the same bits. x may be NULL when the part has no
 * feature. */
double program_value(const struct tree *t, uint32_t node, const double *x);
/* Index of the first feature in a part, in the order of the text; TREE_NONE = none. */
uint32_t program_feature(const struct tree *t, uint32_t node);

#endif
