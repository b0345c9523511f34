/* The rule language: text -> tree (tree.c) -> types (check.c) -> a flat program, here.
 *
 * Problem: a rule is judged for every event, most often to say "no"; it must cost nanoseconds, and
 * give the same bits on every run. Idea: everything windowed is a *feature*, kept by somebody else
 * and read from x[]; what is left (arithmetic, comparison, and/or/not) is a postfix program for a
 * small stack of doubles, run by one switch. Two things make it quick: the commonest condition,
 * feature against constant, is one instruction; and `and`/`or` jump over the rest as soon as the
 * answer stands.
 *
 * Values may be missing (a window is not full yet, a division by zero): NaN, which every operation
 * passes on. Conditions then follow Kleene's strong three-valued logic (Kleene, "Introduction to
 * Metamathematics", 1952, 64): `false and missing` is false, `true and missing` is missing. A rule
 * fires only when its condition is true, never when it is missing.
 *
 * What is a feature: every bare name, and every call whose name is not abs, sqrt, ln, min or max
 * (scalar.h). Parts without any feature are computed once, here; a constant that is no number, and
 * a rule that uses no feature at all, are refused. The stack is bounded when compiling.
 *
 * Where it fails: numbers are doubles, so thresholds closer than 1e-16 of each other are one. */
#include "expr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/check.h"
#include "expr/program.h"
#include "expr/scalar.h"

enum opcode {
	OP_END,
	OP_FEATURE, /* push x[a] */
	OP_TRUTH, /* push x[a] as a condition */
	OP_CONSTANT, /* push c */
	OP_NEGATE,
	OP_ABS,
	OP_SQRT,
	OP_LN,
	OP_MIN,
	OP_MAX, /* of n values */
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_EQUAL,
	OP_NOT_EQUAL,
	OP_X_LESS,
	OP_X_LESS_EQUAL,
	OP_X_GREATER,
	OP_X_GREATER_EQUAL,
	OP_X_EQUAL,
	OP_X_NOT_EQUAL,
	OP_NOT,
	OP_AND,
	OP_OR,
	OP_IF_FALSE,
	OP_IF_TRUE, /* jump to a, keeping the condition */
};

struct compiler {
	struct expr *e;
	const struct expr_resolver *resolver;
	struct expr_error *error;
	unsigned depth; /* of the stack */
};

static int compile(struct compiler *c, uint32_t i);

/* Reading values ------------------------------------------------------------------------------ */

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

double program_value(const struct tree *t, uint32_t node, const double *x)
{
	const struct tree_node *n = &t->nodes[node];
	double a, b;

	if (n->is_feature)
		return n->type == EXPR_CONDITION ? scalar_truth(x[n->index])
		                                 : scalar_finite(x[n->index]);
	switch (n->op) {
	case TREE_NUMBER: return n->number;
	case TREE_DURATION: return (double)n->duration_ns;
	case TREE_CALL: return call_value(t, n, x);
	case TREE_NEGATE: return -program_value(t, n->first, x);
	case TREE_NOT: return 1 - program_value(t, n->first, x);
	case TREE_AND:
	case TREE_OR: return fold(t, n, x);
	default: break;
	}
	a = program_value(t, n->first, x);
	b = program_value(t, t->nodes[n->first].next, x);
	return n->op >= TREE_LESS ? scalar_compare(n->op, a, b) : scalar_arithmetic(n->op, a, b);
}

/* Compiling ----------------------------------------------------------------------------------- */

/* `taken` values leave the stack, one comes. */
static int emit(struct compiler *c, uint32_t node, enum opcode op, unsigned taken, uint32_t a,
                double constant)
{
	struct expr *e = c->e;

	if (e->n == e->size) {
		size_t size = e->size ? 2 * e->size : 8;
		struct instruction *more = realloc(e->program, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		e->program = more;
		e->size = size;
	}
	c->depth = c->depth - taken + 1;
	if (c->depth > PROGRAM_STACK)
		return expr_fail(c->error, e->tree.nodes[node].at,
		                 "too many values within one another (more than %d)",
		                 PROGRAM_STACK);
	e->program[e->n++] = (struct instruction){
		.op = (uint16_t)op,
		.n = (uint16_t)taken,
		.a = a,
		.c = constant,
	};
	return 0;
}

static int resolve(struct compiler *c, struct tree_node *n)
{
	size_t at = 0, size = n->end - n->at;
	char *text = malloc(size + 1);
	int r;

	if (!text)
		return -ENOMEM;
	memcpy(text, c->e->tree.text + n->at, size);
	text[size] = 0;
	c->error->text[0] = 0;
	r = c->resolver->feature(c->resolver->ctx, text, &n->index, &at, c->error->text,
	                         sizeof c->error->text);
	if (r == 0 && check_wants_ticks(&c->e->tree, n))
		c->e->wants_ticks = true;
	c->error->at = n->at + (at < size ? at : size);
	free(text);
	return r;
}

static int resolve_all(struct compiler *c, uint32_t i)
{
	struct tree *t = &c->e->tree;
	int r = 0;

	if (t->nodes[i].is_feature)
		return resolve(c, &t->nodes[i]);
	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = resolve_all(c, k);
	return r;
}

static int compile_constant(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	double v = program_value(t, i, NULL);

	if (isnan(v))
		return expr_fail(c->error, t->nodes[i].at,
		                 "this has no value (a division by zero, or out of range)");
	if (t->nodes[i].type == EXPR_CONDITION)
		return expr_fail(c->error, t->nodes[i].at, "this is always %s",
		                 v == 1 ? "true" : "false");
	return emit(c, i, OP_CONSTANT, 0, 0, v);
}

static int compile_call(struct compiler *c, uint32_t i)
{
	static const enum opcode ops[] = { OP_ABS, OP_SQRT, OP_LN, OP_MIN, OP_MAX };
	const struct tree *t = &c->e->tree;
	int r = 0;

	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = compile(c, k);
	if (r)
		return r;
	return emit(c, i, ops[scalar_of(t, &t->nodes[i])], t->nodes[i].n, 0, 0);
}

/* Terms of `and`/`or`: after each, a jump to the end when the answer stands. */
static int compile_list(struct compiler *c, uint32_t i)
{
	struct tree *t = &c->e->tree;
	bool all = t->nodes[i].op == TREE_AND;
	uint32_t k = t->nodes[i].first;
	uint32_t jumps = TREE_NONE; /* chained through their targets until those are known */
	int r = compile(c, k);

	for (k = t->nodes[k].next; r == 0 && k != TREE_NONE; k = t->nodes[k].next) {
		uint32_t here = (uint32_t)c->e->n;

		r = emit(c, i, all ? OP_IF_FALSE : OP_IF_TRUE, 1, jumps, 0);
		jumps = here;
		if (r == 0)
			r = compile(c, k);
		if (r == 0)
			r = emit(c, i, all ? OP_AND : OP_OR, 2, 0, 0);
	}
	while (r == 0 && jumps != TREE_NONE) {
		uint32_t before = c->e->program[jumps].a;

		c->e->program[jumps].a = (uint32_t)c->e->n;
		jumps = before;
	}
	return r;
}

/* feature <=> constant as one instruction; 1 when that was done. */
static int compile_simple(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	const struct tree_node *n = &t->nodes[i], *left = &t->nodes[n->first];
	double v;
	int r;

	if (n->op < TREE_LESS || n->op > TREE_NOT_EQUAL || !left->is_feature ||
	    program_feature(t, left->next) != TREE_NONE)
		return 0;
	v = program_value(t, left->next, NULL);
	if (isnan(v))
		return 0;
	r = emit(c, i, OP_X_LESS + (n->op - TREE_LESS), 0, left->index, v);
	return r ? r : 1;
}

static int compile_operation(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	unsigned op = t->nodes[i].op;
	int r = compile_simple(c, i);

	if (r)
		return r < 0 ? r : 0;
	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = compile(c, k);
	if (r)
		return r;
	if (op == TREE_NEGATE || op == TREE_NOT)
		return emit(c, i, op == TREE_NOT ? OP_NOT : OP_NEGATE, 1, 0, 0);
	if (op >= TREE_LESS)
		return emit(c, i, OP_LESS + (op - TREE_LESS), 2, 0, 0);
	return emit(c, i, OP_ADD + (op - TREE_ADD), 2, 0, 0);
}

static int compile(struct compiler *c, uint32_t i)
{
	const struct tree_node *n = &c->e->tree.nodes[i];

	if (n->is_feature)
		return emit(c, i, n->type == EXPR_CONDITION ? OP_TRUTH : OP_FEATURE, 0, n->index,
		            0);
	if (program_feature(&c->e->tree, i) == TREE_NONE)
		return compile_constant(c, i);
	if (n->op == TREE_CALL)
		return compile_call(c, i);
	if (n->op == TREE_AND || n->op == TREE_OR)
		return compile_list(c, i);
	return compile_operation(c, i);
}

static int build(struct compiler *c, const char *text, size_t n)
{
	struct tree *t = &c->e->tree;
	int r = tree_parse(text, n, t, c->error);

	if (r == 0)
		r = check_types(t, c->error);
	if (r == 0)
		r = resolve_all(c, t->root);
	if (r == 0)
		r = compile(c, t->root);
	return r ? r : emit(c, t->root, OP_END, 1, 0, 0);
}

int expr_new(const char *text, size_t n, const struct expr_resolver *resolver,
             struct expr **ret_expr, struct expr_error *ret_error)
{
	struct compiler c = { .resolver = resolver, .error = ret_error };
	int r;

	c.e = calloc(1, sizeof *c.e);
	if (!c.e)
		return -ENOMEM;
	r = build(&c, text, n);
	if (r) {
		expr_free(c.e);
		return r;
	}
	*ret_expr = c.e;
	return 0;
}

struct expr *expr_free(struct expr *e)
{
	if (!e)
		return NULL;
	tree_done(&e->tree);
	free(e->program);
	free(e);
	return NULL;
}

bool expr_wants_ticks(const struct expr *e)
{
	return e->wants_ticks;
}

size_t expr_memory(const struct expr *e)
{
	return sizeof *e + e->size * sizeof *e->program + e->tree.n + 1 +
	       2 * e->tree.n_nodes * sizeof *e->tree.nodes;
}

/* Running ------------------------------------------------------------------------------------- */

static double extreme(const double *v, unsigned n, bool least)
{
	double best = v[0];

	for (unsigned i = 1; i < n; i++)
		best = least ? scalar_min(best, v[i]) : scalar_max(best, v[i]);
	return best;
}

/* One case an operation, so that the operator is known to the compiler in each. */
static double run(const struct instruction *program, const double *x)
{
	double stack[PROGRAM_STACK + 1], *top = stack; /* top: the last value; stack[0] is unused */

	for (const struct instruction *i = program;; i++) {
		switch ((enum opcode)i->op) {
		case OP_END: return *top;
		case OP_FEATURE: *++top = scalar_finite(x[i->a]); break;
		case OP_TRUTH: *++top = scalar_truth(x[i->a]); break;
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
		case OP_DIVIDE: top--, *top = scalar_arithmetic(TREE_DIVIDE, top[0], top[1]); break;
		case OP_LESS: top--, *top = scalar_compare(TREE_LESS, top[0], top[1]); break;
		case OP_LESS_EQUAL:
			top--, *top = scalar_compare(TREE_LESS_EQUAL, top[0], top[1]);
			break;
		case OP_GREATER: top--, *top = scalar_compare(TREE_GREATER, top[0], top[1]); break;
		case OP_GREATER_EQUAL:
			top--, *top = scalar_compare(TREE_GREATER_EQUAL, top[0], top[1]);
			break;
		case OP_EQUAL: top--, *top = scalar_compare(TREE_EQUAL, top[0], top[1]); break;
		case OP_NOT_EQUAL:
			top--, *top = scalar_compare(TREE_NOT_EQUAL, top[0], top[1]);
			break;
		case OP_X_LESS:
			*++top = scalar_compare(TREE_LESS, scalar_finite(x[i->a]), i->c);
			break;
		case OP_X_LESS_EQUAL:
			*++top = scalar_compare(TREE_LESS_EQUAL, scalar_finite(x[i->a]), i->c);
			break;
		case OP_X_GREATER:
			*++top = scalar_compare(TREE_GREATER, scalar_finite(x[i->a]), i->c);
			break;
		case OP_X_GREATER_EQUAL:
			*++top = scalar_compare(TREE_GREATER_EQUAL, scalar_finite(x[i->a]), i->c);
			break;
		case OP_X_EQUAL:
			*++top = scalar_compare(TREE_EQUAL, scalar_finite(x[i->a]), i->c);
			break;
		case OP_X_NOT_EQUAL:
			*++top = scalar_compare(TREE_NOT_EQUAL, scalar_finite(x[i->a]), i->c);
			break;
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

enum expr_truth expr_truth(const struct expr *e, const double *x)
{
	double v = run(e->program, x);

	return isnan(v) ? EXPR_NO_VALUE : v == 1 ? EXPR_TRUE : EXPR_FALSE;
}
