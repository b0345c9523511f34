/* From a checked tree to a program. The head of expr.c says what a program is. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "expr/program.h"
#include "expr/scalar.h"

struct compiler {
	struct expr *e;
	struct expr_error *error;
	unsigned depth; /* of the stack */
	bool led; /* tests with a constant are leads, and no instructions */
};

static int compile(struct compiler *c, uint32_t i);

/* `taken` values leave the stack, one comes. */
static int emit(struct compiler *c, uint32_t node, unsigned taken, struct instruction instruction)
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
	e->program[e->n++] = instruction;
	return 0;
}

static int emit_op(struct compiler *c, uint32_t node, enum opcode op, unsigned taken)
{
	return emit(c, node, taken,
	            (struct instruction){ .op = (uint16_t)op, .n = (uint16_t)taken });
}

static int compile_constant(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	double v = program_value(t, i, NULL);

	if (isnan(v))
		return expr_fail(c->error, t->nodes[i].at,
		                 "this has no value (a division by zero, or out of range)");
	if (t->nodes[i].type.kind == EXPR_CONDITION)
		return expr_fail(c->error, t->nodes[i].at, "this is always %s",
		                 v == 1 ? "true" : "false");
	return emit(c, i, 0, (struct instruction){ .op = OP_CONSTANT, .c = v });
}

/* Tests: comparisons that are one instruction ------------------------------------------------- */

struct test {
	enum { TEST_X, TEST_ABS, TEST_XY } kind;
	unsigned op; /* TREE_LESS to TREE_NOT_EQUAL */
	uint32_t a, b;
	double c;
};

static unsigned mirrored(unsigned op)
{
	static const uint8_t ops[] = {
		TREE_GREATER,    TREE_GREATER_EQUAL, TREE_LESS,
		TREE_LESS_EQUAL, TREE_EQUAL,         TREE_NOT_EQUAL,
	};

	return ops[op - TREE_LESS];
}

static unsigned opposite(unsigned op)
{
	static const uint8_t ops[] = {
		TREE_GREATER_EQUAL, TREE_GREATER,   TREE_LESS_EQUAL,
		TREE_LESS,          TREE_NOT_EQUAL, TREE_EQUAL,
	};

	return ops[op - TREE_LESS];
}

static bool is_constant(const struct tree *t, uint32_t i, double *ret)
{
	if (program_feature(t, i) != TREE_NONE)
		return false;
	*ret = program_value(t, i, NULL);
	return !isnan(*ret);
}

/* A feature, or a constant times one. */
static bool is_multiple(const struct tree *t, uint32_t i, uint32_t *ret_index, double *ret_factor)
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t left, right;

	*ret_factor = 1;
	*ret_index = n->index;
	if (n->is_feature)
		return true;
	if (n->op != TREE_MULTIPLY)
		return false;
	left = n->first;
	right = t->nodes[left].next;
	if (t->nodes[left].is_feature) {
		*ret_index = t->nodes[left].index;
		return is_constant(t, right, ret_factor);
	}
	*ret_index = t->nodes[right].index;
	return t->nodes[right].is_feature && is_constant(t, left, ret_factor);
}

static bool test_sides(const struct tree *t, uint32_t left, uint32_t right, struct test *ret)
{
	const struct tree_node *n = &t->nodes[left];

	ret->kind = TEST_X;
	ret->a = n->index;
	if (n->is_feature && is_constant(t, right, &ret->c))
		return true;
	if (n->is_feature) {
		ret->kind = TEST_XY;
		return is_multiple(t, right, &ret->b, &ret->c);
	}
	if (n->op != TREE_CALL || scalar_of(t, n) != SCALAR_ABS || !t->nodes[n->first].is_feature)
		return false;
	ret->kind = TEST_ABS;
	ret->a = t->nodes[n->first].index;
	return is_constant(t, right, &ret->c);
}

/* Is the condition (turned by `not`, when `negated`) one test? */
static bool is_test(const struct tree *t, uint32_t i, bool negated, struct test *ret)
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t right;

	if (n->is_feature) {
		*ret = (struct test){ .kind = TEST_X, .a = n->index };
		ret->op = negated ? TREE_EQUAL : TREE_NOT_EQUAL;
		return true;
	}
	if (n->op == TREE_NOT)
		return is_test(t, n->first, !negated, ret);
	if (n->op < TREE_LESS || n->op > TREE_NOT_EQUAL)
		return false;
	right = t->nodes[n->first].next;
	ret->op = n->op;
	if (!test_sides(t, n->first, right, ret)) {
		ret->op = mirrored(n->op);
		if (!test_sides(t, right, n->first, ret))
			return false;
	}
	if (negated)
		ret->op = opposite(ret->op);
	return true;
}

/* The same of `value between a and b` of constants: two tests. */
static bool is_range(const struct tree *t, uint32_t i, struct test ret[static 2])
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t from, to;

	if (n->op != TREE_BETWEEN)
		return false;
	from = t->nodes[n->first].next;
	to = t->nodes[from].next;
	ret[0].op = TREE_GREATER_EQUAL;
	ret[1].op = TREE_LESS;
	return test_sides(t, n->first, from, &ret[0]) && test_sides(t, n->first, to, &ret[1]) &&
	       !program_over_midnight(t, n, ret[0].c, ret[1].c); /* times are constants */
}

/* `first`: it begins a conjunction. */
static int emit_test(struct compiler *c, uint32_t node, const struct test *test, bool first)
{
	unsigned op = OP_X_LESS + 6 * (test->op - TREE_LESS) + test->kind + (first ? 0 : 3);

	return emit(c, node, first ? 0 : 1,
	            (struct instruction){
			    .op = (uint16_t)op,
			    .a = test->a,
			    .b = test->b,
			    .c = test->c,
		    });
}

static int emit_range(struct compiler *c, uint32_t node, const struct test test[static 2])
{
	size_t first = c->e->n;
	int r = emit_test(c, node, &test[0], true);

	if (r == 0)
		r = emit_test(c, node, &test[1], false);
	if (r == 0)
		c->e->program[first].n = 1;
	return r;
}

/* Leads: tests with a constant in the outermost `and` ------------------------------------------ */

static int add_lead(struct compiler *c, const struct test *test)
{
	struct expr *e = c->e;
	struct lead l = {
		.low = -DBL_MAX,
		.high = DBL_MAX,
		.mask = test->kind == TEST_ABS ? UINT64_MAX >> 1 : UINT64_MAX,
		.index = test->a,
		.outside = test->op == TREE_NOT_EQUAL,
	};

	if (e->n_leads == e->leads_size) {
		size_t size = e->leads_size ? 2 * e->leads_size : 2;
		struct lead *more = realloc(e->leads, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		e->leads = more;
		e->leads_size = size;
	}
	switch (test->op) {
	case TREE_LESS: l.high = nextafter(test->c, -INFINITY); break;
	case TREE_LESS_EQUAL: l.high = test->c; break;
	case TREE_GREATER: l.low = nextafter(test->c, INFINITY); break;
	case TREE_GREATER_EQUAL: l.low = test->c; break;
	default: l.low = l.high = test->c;
	}
	e->leads[e->n_leads++] = l;
	return 0;
}

/* Is the condition one or two tests of a feature with a constant? How many. */
static int lead_tests(const struct tree *t, uint32_t i, struct test ret[static 2])
{
	int n = is_test(t, i, false, &ret[0]) ? 1 : is_range(t, i, ret) ? 2 : 0;

	for (int k = 0; k < n; k++)
		if (ret[k].kind == TEST_XY)
			return 0;
	return n;
}

static int compile_leads(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	struct test test[2];
	int n = lead_tests(t, i, test), r = 0;

	for (int k = 0; r == 0 && k < n; k++)
		r = add_lead(c, &test[k]);
	for (uint32_t k = t->nodes[i].first; t->nodes[i].op == TREE_AND && k != TREE_NONE;
	     k = t->nodes[k].next)
		if (r == 0)
			r = compile_leads(c, k);
	return r;
}

/* Is there anything else? */
static bool all_leads(const struct tree *t, uint32_t i)
{
	struct test test[2];

	if (lead_tests(t, i, test))
		return true;
	for (uint32_t k = t->nodes[i].first; k != TREE_NONE; k = t->nodes[k].next)
		if (t->nodes[i].op == TREE_AND && !all_leads(t, k))
			return false;
	return t->nodes[i].op == TREE_AND;
}

/* Lists --------------------------------------------------------------------------------------- */

/* The terms of a conjunction that are tests, one instruction each. */
static int compile_tests(struct compiler *c, uint32_t i, bool *first)
{
	const struct tree *t = &c->e->tree;
	int r = 0;

	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next) {
		struct test test[2];
		bool one = is_test(t, k, false, &test[0]), two = !one && is_range(t, k, test);

		if (c->led && lead_tests(t, k, test))
			continue;
		if (t->nodes[k].op == TREE_AND)
			r = compile_tests(c, k, first);
		else if (one || two)
			r = emit_test(c, k, &test[0], *first);
		if (r == 0 && two)
			r = emit_test(c, k, &test[1], false);
		*first &= !one && !two;
	}
	return r;
}

/* A jump over the rest when the answer stands. `jumps` chains them until the target is known. */
static int emit_jump(struct compiler *c, uint32_t i, bool all, uint32_t *jumps)
{
	struct instruction jump = {
		.op = all ? OP_IF_FALSE : OP_IF_TRUE,
		.a = *jumps,
	};

	*jumps = (uint32_t)c->e->n;
	return emit(c, i, 1, jump);
}

/* The terms that are no tests (of `or`: all). `first`: nothing is on the stack yet. */
static int compile_terms(struct compiler *c, uint32_t i, bool all, bool *first, bool *sure,
                         uint32_t *jumps)
{
	const struct tree *t = &c->e->tree;
	int r = 0;

	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next) {
		struct test test[2];

		if (all && t->nodes[k].op == TREE_AND) {
			r = compile_terms(c, k, all, first, sure, jumps);
			continue;
		}
		if (all && (is_test(t, k, false, &test[0]) || is_range(t, k, test)))
			continue;
		if (!*first && !*sure)
			r = emit_jump(c, i, all, jumps);
		if (r == 0)
			r = compile(c, k);
		if (r == 0 && !*first)
			r = emit_op(c, i, all ? OP_AND : OP_OR, 2);
		*first = *sure = false;
	}
	return r;
}

static int compile_list(struct compiler *c, uint32_t i)
{
	bool all = c->e->tree.nodes[i].op == TREE_AND, first = true, sure;
	uint32_t begin = (uint32_t)c->e->n, jumps = TREE_NONE, end;
	int r = all ? compile_tests(c, i, &first) : 0;

	c->led = false;
	end = (uint32_t)c->e->n;
	sure = !first; /* a false test would have jumped */
	if (r == 0)
		r = compile_terms(c, i, all, &first, &sure, &jumps);
	for (uint32_t k = begin; r == 0 && k < end; k++)
		c->e->program[k].n = (uint16_t)(c->e->n - k - 1);
	while (r == 0 && jumps != TREE_NONE) {
		uint32_t before = c->e->program[jumps].a;

		c->e->program[jumps].a = (uint32_t)c->e->n;
		jumps = before;
	}
	return r;
}

/* The rest ------------------------------------------------------------------------------------ */

static int compile_call(struct compiler *c, uint32_t i)
{
	static const enum opcode ops[] = { OP_ABS, OP_SQRT, OP_LN, OP_MIN, OP_MAX };
	const struct tree *t = &c->e->tree;
	int r = 0;

	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = compile(c, k);
	if (r)
		return r;
	return emit_op(c, i, ops[scalar_of(t, &t->nodes[i])], t->nodes[i].n);
}

/* x >= a and x < b, or over midnight: x >= a or x < b. */
static int compile_between(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	uint32_t x = t->nodes[i].first, from = t->nodes[x].next, to = t->nodes[from].next;
	double a = NAN, b = NAN;
	bool all = !(is_constant(t, from, &a) && is_constant(t, to, &b) &&
	             program_over_midnight(t, &t->nodes[i], a, b));
	int r = compile(c, x);

	if (r == 0)
		r = compile(c, from);
	if (r == 0)
		r = emit_op(c, i, OP_GREATER_EQUAL, 2);
	if (r == 0)
		r = compile(c, x);
	if (r == 0)
		r = compile(c, to);
	if (r == 0)
		r = emit_op(c, i, OP_LESS, 2);
	return r ? r : emit_op(c, i, all ? OP_AND : OP_OR, 2);
}

static int compile_operation(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	unsigned op = t->nodes[i].op;
	int r = 0;

	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = compile(c, k);
	if (r)
		return r;
	if (op == TREE_NEGATE || op == TREE_NOT)
		return emit_op(c, i, op == TREE_NOT ? OP_NOT : OP_NEGATE, 1);
	if (op >= TREE_LESS)
		return emit_op(c, i, OP_LESS + (op - TREE_LESS), 2);
	return emit_op(c, i, OP_ADD + (op - TREE_ADD), 2);
}

static int compile(struct compiler *c, uint32_t i)
{
	const struct tree *t = &c->e->tree;
	const struct tree_node *n = &t->nodes[i];
	struct test test[2];

	if (program_feature(t, i) == TREE_NONE)
		return compile_constant(c, i);
	if (n->type.kind == EXPR_CONDITION && is_test(t, i, false, &test[0]))
		return emit_test(c, i, &test[0], true);
	if (is_range(t, i, test))
		return emit_range(c, i, test);
	if (n->is_feature)
		return emit(c, i, 0, (struct instruction){ .op = OP_FEATURE, .a = n->index });
	if (n->op == TREE_CALL)
		return compile_call(c, i);
	if (n->op == TREE_AND || n->op == TREE_OR)
		return compile_list(c, i);
	if (n->op == TREE_BETWEEN)
		return compile_between(c, i);
	return compile_operation(c, i);
}

int program_compile(struct expr *e, struct expr_error *ret_error)
{
	struct compiler c = { .e = e, .error = ret_error };
	int r = 0;

	if (program_feature(&e->tree, e->tree.root) != TREE_NONE)
		r = compile_leads(&c, e->tree.root);
	if (r || all_leads(&e->tree, e->tree.root))
		return r;
	c.led = e->tree.nodes[e->tree.root].op == TREE_AND;
	r = compile(&c, e->tree.root);
	return r ? r : emit_op(&c, e->tree.root, OP_END, 1);
}
