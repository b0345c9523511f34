/* Running a program, and walking the tree to the same values. The head of expr.c says what a program
 * is. */
#include <math.h>
#include <string.h>

#include "expr/program.h"
#include "expr/scalar.h"

static double extreme(const double *v, unsigned n, bool least)
{
	double best = v[0];

	for (unsigned i = 1; i < n; i++)
		best = least ? scalar_min(best, v[i]) : scalar_max(best, v[i]);
	return best;
}

/* One case an operation, so that the operator is known to the compiler in each. */
#define VALUE(name) scalar_finite(x[i->name])

#define PUSHED(left, operator, right) \
	{ \
		double l = left, r = right; \
\
		*++top = isunordered(l, r) ? NAN : l operator r ? 1 : 0; \
		if (*top == 0) \
			i += i->n; \
		break; \
	}

#define JOINED(left, operator, right) \
	{ \
		double l = left, r = right; \
\
		if (isunordered(l, r)) { \
			*top = NAN; \
		} else if (!(l operator r)) { \
			*top = 0; \
			i += i->n; \
		} \
		break; \
	}

#define CASES(name, operator) \
	case OP_##name: \
		top--; \
		*top = scalar_compare(TREE_##name, top[0], top[1]); \
		break; \
	case OP_X_##name: PUSHED(VALUE(a), operator, i->c) \
	case OP_ABS_##name: PUSHED(fabs(VALUE(a)), operator, i->c) \
	case OP_XY_##name: PUSHED(VALUE(a), operator, scalar_finite(i->c *VALUE(b))) \
	case OP_AND_X_##name: JOINED(VALUE(a), operator, i->c) \
	case OP_AND_ABS_##name: JOINED(fabs(VALUE(a)), operator, i->c) \
	case OP_AND_XY_##name: JOINED(VALUE(a), operator, scalar_finite(i->c *VALUE(b)))

static double run(const struct instruction *program, const double *x)
{
	double stack[PROGRAM_STACK + 1], *top = stack; /* top: the last value; stack[0] is unused */

	for (const struct instruction *i = program;; i++) {
		switch ((enum opcode)i->op) {
		case OP_END: return *top;
		case OP_FEATURE: *++top = VALUE(a); break;
		case OP_CONSTANT: *++top = i->c; break;
		case OP_NEGATE: *top = -*top; break;
		case OP_ABS: *top = scalar_apply1(SCALAR_ABS, *top); break;
		case OP_SQRT: *top = scalar_apply1(SCALAR_SQRT, *top); break;
		case OP_LN: *top = scalar_apply1(SCALAR_LN, *top); break;
		case OP_MIN:
		case OP_MAX:
			top -= i->n - 1;
			*top = extreme(top, i->n, i->op == OP_MIN);
			break;
		case OP_ADD: top--, *top = scalar_arithmetic(TREE_ADD, top[0], top[1]); break;
		case OP_SUBTRACT:
			top--, *top = scalar_arithmetic(TREE_SUBTRACT, top[0], top[1]);
			break;
		case OP_MULTIPLY:
			top--, *top = scalar_arithmetic(TREE_MULTIPLY, top[0], top[1]);
			break;
		case OP_DIVIDE:
			top--, *top = scalar_arithmetic(TREE_DIVIDE, top[0], top[1]);
			break;
			PROGRAM_COMPARISONS(CASES)
		case OP_NOT: *top = 1 - *top; break;
		case OP_AND: top--, *top = scalar_and(top[0], top[1]); break;
		case OP_OR: top--, *top = scalar_or(top[0], top[1]); break;
		case OP_IF_FALSE:
			if (*top == 0)
				i = program + i->a - 1;
			break;
		case OP_IF_TRUE:
			if (*top == 1)
				i = program + i->a - 1;
			break;
		}
	}
}

/* Most rules are judged to be false by their first terms: no stack, no jumps, no operators. */
double program_truth(const struct expr *e, const double *x)
{
	double so_far = 1;

	for (size_t i = 0; i < e->n_leads; i++) {
		const struct lead *l = &e->leads[i];
		uint64_t bits;
		double v;

		memcpy(&bits, &x[l->index], sizeof bits);
		bits &= l->mask;
		memcpy(&v, &bits, sizeof v);
		if ((v >= l->low && v <= l->high) != l->outside && isfinite(v))
			continue;
		if (isfinite(v))
			return 0;
		so_far = NAN;
	}
	return e->n ? scalar_and(so_far, run(e->program, x)) : so_far;
}

/* The tree ------------------------------------------------------------------------------------ */

uint32_t program_feature(const struct tree *t, uint32_t node)
{
	const struct tree_node *n = &t->nodes[node];

	if (n->is_feature)
		return n->index;
	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next) {
		uint32_t f = program_feature(t, c);

		if (f != TREE_NONE)
			return f;
	}
	return TREE_NONE;
}

static double fold(const struct tree *t, const struct tree_node *n, const double *x)
{
	uint32_t c = n->first;
	double v = program_value(t, c, x);

	for (c = t->nodes[c].next; c != TREE_NONE; c = t->nodes[c].next) {
		double w = program_value(t, c, x);

		if (n->op == TREE_AND)
			v = scalar_and(v, w);
		else if (n->op == TREE_OR)
			v = scalar_or(v, w);
		else
			v = scalar_of(t, n) == SCALAR_MIN ? scalar_min(v, w) : scalar_max(v, w);
	}
	return v;
}

static double call_value(const struct tree *t, const struct tree_node *n, const double *x)
{
	enum scalar f = scalar_of(t, n);

	if (f == SCALAR_MIN || f == SCALAR_MAX)
		return fold(t, n, x);
	return scalar_apply1(f, program_value(t, n->first, x));
}

static double between_value(const struct tree *t, const struct tree_node *n, const double *x)
{
	uint32_t from = t->nodes[n->first].next;
	double v = program_value(t, n->first, x), a = program_value(t, from, x);
	double b = program_value(t, t->nodes[from].next, x);
	double after = scalar_compare(TREE_GREATER_EQUAL, v, a);
	double before = scalar_compare(TREE_LESS, v, b);

	return program_over_midnight(t, n, a, b) ? scalar_or(after, before)
	                                         : scalar_and(after, before);
}

double program_value(const struct tree *t, uint32_t node, const double *x)
{
	const struct tree_node *n = &t->nodes[node];
	double a, b;

	if (n->is_feature)
		return n->type.kind == EXPR_CONDITION ? scalar_truth(x[n->index])
		                                      : scalar_finite(x[n->index]);
	switch (n->op) {
	case TREE_NUMBER: return n->number;
	case TREE_DURATION:
	case TREE_TIME: return (double)n->duration_ns;
	case TREE_CALL: return call_value(t, n, x);
	case TREE_NEGATE: return -program_value(t, n->first, x);
	case TREE_NOT: return 1 - program_value(t, n->first, x);
	case TREE_BETWEEN: return between_value(t, n, x);
	case TREE_AND:
	case TREE_OR: return fold(t, n, x);
	default: break;
	}
	a = program_value(t, n->first, x);
	b = program_value(t, t->nodes[n->first].next, x);
	return n->op >= TREE_LESS ? scalar_compare(n->op, a, b) : scalar_arithmetic(n->op, a, b);
}
