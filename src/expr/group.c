/* Many conditions at once.
 *
 * Problem: a desk has a hundred rules over some thirty features, in steps of thresholds, judged for
 * every event. One after the other each costs some 20 ns: the calls, and the branches that the
 * processor guesses wrongly, not the arithmetic. Idea: all conditions become one graph in which equal
 * parts are one node, so that `abs(price - vwap(5m)) / vwap(5m)` of three rules is worked out once;
 * nodes are put in the order of their height and, of the same height, of their operation. What is
 * left are a few dozen runs of one operation over consecutive slots, loops without a decision; and the
 * comparisons, which are joined a bit each (literals.c). All is computed, also what `and` and `or`
 * would pass over: cheaper than to decide.
 *
 * Where conjunctions and disjunctions are nested, the inner ones are nodes of the graph, numbers 1 or 0,
 * and what joins them compares these.
 *
 * Operations are those of scalar.h in the order of the tree (run.c), so the bits are the same. Equal
 * parts are found by hash-consing (Ershov, "On programming of arithmetic operations", 1958).
 *
 * Cost: 1 to 2 ns a node, less than 1 a comparison. Where it fails: of a few conditions that are false
 * at their first test, running each by itself costs less. */
#include "group.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "expr/literals.h"
#include "expr/program.h"
#include "expr/scalar.h"

/* Operations beside enum tree_op. */
enum {
	GROUP_CONSTANT = 64,
	GROUP_FEATURE,
	GROUP_TRUTH,
	GROUP_ABS,
	GROUP_SQRT,
	GROUP_LN,
	GROUP_MIN,
	GROUP_MAX
};

struct node {
	uint32_t op, height;
	uint32_t a, b; /* operands, or the index of the feature */
	double c;
	uint32_t slot;
	bool wanted;
};

struct run { /* one operation over consecutive slots */
	uint32_t op, first, n;
};

struct operands {
	uint32_t a, b;
};

struct expr_group {
	size_t n; /* conditions */
	const struct expr *const *conditions;
	uint32_t *alone; /* those that are run by themselves */
	uint32_t n_alone;
	struct literals literals; /* of all others */
	struct run *runs;
	uint32_t n_runs, n_slots;
	struct operands *operands; /* by slot */
	double *v; /* by slot; constants stay */
};

/* Building ------------------------------------------------------------------------------------ */

struct builder {
	struct node *nodes;
	uint32_t n, size;
	uint32_t *table, table_size; /* node + 1 by hash; 0 = free */
	bool failed;
};

static uint64_t node_hash(const struct node *n)
{
	uint64_t c, parts[3];

	memcpy(&c, &n->c, sizeof c);
	parts[0] = (uint64_t)n->op << 32 | n->a;
	parts[1] = n->b;
	parts[2] = c;
	return hash_bytes(parts, sizeof parts, 0);
}

static bool node_equal(const struct node *a, const struct node *b)
{
	return a->op == b->op && a->a == b->a && a->b == b->b &&
	       memcmp(&a->c, &b->c, sizeof a->c) == 0;
}

static void table_put(struct builder *b, uint32_t i)
{
	uint32_t at = (uint32_t)node_hash(&b->nodes[i]) & (b->table_size - 1);

	while (b->table[at])
		at = (at + 1) & (b->table_size - 1);
	b->table[at] = i + 1;
}

static bool grow(struct builder *b)
{
	uint32_t size = b->size ? 2 * b->size : 256;
	struct node *nodes = realloc(b->nodes, size * sizeof *nodes);
	uint32_t *table = calloc(2 * (size_t)size, sizeof *table);

	if (nodes)
		b->nodes = nodes;
	if (!nodes || !table) {
		free(table);
		b->failed = true;
		return false;
	}
	free(b->table);
	b->table = table;
	b->table_size = 2 * size;
	b->size = size;
	for (uint32_t i = 0; i < b->n; i++)
		table_put(b, i);
	return true;
}

/* The node that is like this one, made if new. */
static uint32_t node_of(struct builder *b, struct node n)
{
	uint32_t at;

	if (b->n == b->size && !grow(b))
		return 0;
	at = (uint32_t)node_hash(&n) & (b->table_size - 1);
	for (; b->table[at]; at = (at + 1) & (b->table_size - 1))
		if (node_equal(&b->nodes[b->table[at] - 1], &n))
			return b->table[at] - 1;
	b->nodes[b->n] = n;
	b->table[at] = b->n + 1;
	return b->n++;
}

static uint32_t constant(struct builder *b, double c)
{
	return node_of(b, (struct node){ .op = GROUP_CONSTANT, .c = c });
}

static uint32_t operation(struct builder *b, uint32_t op, uint32_t x, uint32_t y)
{
	uint32_t height = 0;

	if (b->failed)
		return 0;
	height = b->nodes[x].height > b->nodes[y].height ? b->nodes[x].height : b->nodes[y].height;
	return node_of(b, (struct node){ .op = op, .height = height + 1, .a = x, .b = y });
}

static bool build(struct builder *b, const struct tree *t, uint32_t i, uint32_t *ret);

/* a op b op c ..., from the left. */
static bool build_fold(struct builder *b, const struct tree *t, const struct tree_node *n,
                       uint32_t op, uint32_t *ret)
{
	uint32_t c = n->first, w;

	if (!build(b, t, c, ret))
		return false;
	for (c = t->nodes[c].next; c != TREE_NONE; c = t->nodes[c].next) {
		if (!build(b, t, c, &w))
			return false;
		*ret = operation(b, op, *ret, w);
	}
	return true;
}

static bool build_call(struct builder *b, const struct tree *t, const struct tree_node *n,
                       uint32_t *ret)
{
	static const uint32_t ops[] = {
		[SCALAR_ABS] = GROUP_ABS, [SCALAR_SQRT] = GROUP_SQRT, [SCALAR_LN] = GROUP_LN,
		[SCALAR_MIN] = GROUP_MIN, [SCALAR_MAX] = GROUP_MAX,
	};
	enum scalar f = scalar_of(t, n);

	if (f == SCALAR_MIN || f == SCALAR_MAX)
		return build_fold(b, t, n, ops[f], ret);
	if (f == SCALAR_NONE || !build(b, t, n->first, ret))
		return false;
	*ret = operation(b, ops[f], *ret, *ret);
	return true;
}

/* Whether it goes over midnight must be known now. */
static bool build_between(struct builder *b, const struct tree *t, const struct tree_node *n,
                          uint32_t *ret)
{
	uint32_t from = t->nodes[n->first].next, to = t->nodes[from].next, v, x, y;
	bool wraps = false;

	if (t->nodes[n->first].type.kind == EXPR_TIME) {
		if (program_feature(t, from) != TREE_NONE || program_feature(t, to) != TREE_NONE)
			return false;
		wraps = program_over_midnight(t, n, program_value(t, from, NULL),
		                              program_value(t, to, NULL));
	}
	if (!build(b, t, n->first, &v) || !build(b, t, from, &x) || !build(b, t, to, &y))
		return false;
	*ret = operation(b, wraps ? TREE_OR : TREE_AND, operation(b, TREE_GREATER_EQUAL, v, x),
	                 operation(b, TREE_LESS, v, y));
	return true;
}

/* As program_value() goes. False: not by this means. */
static bool build(struct builder *b, const struct tree *t, uint32_t i, uint32_t *ret)
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t x, y;

	if (n->is_feature) {
		*ret = node_of(b, (struct node){
					  .op = n->type.kind == EXPR_CONDITION ? GROUP_TRUTH
		                                                               : GROUP_FEATURE,
					  .a = n->index,
				  });
		return true;
	}
	if (program_feature(t, i) == TREE_NONE) {
		*ret = constant(b, program_value(t, i, NULL));
		return true;
	}
	switch (n->op) {
	case TREE_CALL: return build_call(b, t, n, ret);
	case TREE_BETWEEN: return build_between(b, t, n, ret);
	case TREE_AND:
	case TREE_OR: return build_fold(b, t, n, n->op, ret);
	case TREE_NEGATE:
	case TREE_NOT:
		if (!build(b, t, n->first, &x))
			return false;
		*ret = operation(b, n->op, x, x);
		return true;
	default: break;
	}
	if (n->op < TREE_ADD || n->op > TREE_NOT_EQUAL)
		return false;
	if (!build(b, t, n->first, &x) || !build(b, t, t->nodes[n->first].next, &y))
		return false;
	*ret = operation(b, n->op, x, y);
	return true;
}

/* Taking apart -------------------------------------------------------------------------------- */

/* Literals of one condition, as they are found. */
struct parts {
	struct literal *v; /* of nodes */
	uint32_t n, size;
};

static bool add_literal(struct parts *p, uint32_t a, uint32_t b, bool turned)
{
	if (p->n == p->size) {
		uint32_t size = p->size ? 2 * p->size : 4;
		struct literal *more = realloc(p->v, size * sizeof *more);

		if (!more)
			return false;
		p->v = more;
		p->size = size;
	}
	p->v[p->n++] = (struct literal){ a, b, turned };
	return true;
}

/* What must be true for node i to be, or, `turned`, not to be. False: no memory. */
static bool take_apart(struct builder *b, uint32_t i, bool turned, struct parts *p)
{
	uint32_t op = b->nodes[i].op, x = b->nodes[i].a, y = b->nodes[i].b;

	if (op == (turned ? TREE_OR : TREE_AND))
		return take_apart(b, x, turned, p) && take_apart(b, y, turned, p);
	switch (op) {
	case TREE_NOT: return take_apart(b, x, !turned, p);
	case TREE_GREATER: return add_literal(p, x, y, turned);
	case TREE_LESS: return add_literal(p, y, x, turned);
	case TREE_LESS_EQUAL: return add_literal(p, x, y, !turned);
	case TREE_GREATER_EQUAL: return add_literal(p, y, x, !turned);
	default: return add_literal(p, i, constant(b, 0.5), turned);
	}
}

static bool take_condition(struct builder *b, uint32_t root, struct conjunction *ret)
{
	struct parts p = { 0 };
	bool ok;

	while (b->nodes[root].op == TREE_NOT) {
		root = b->nodes[root].a;
		ret->turned = !ret->turned;
	}
	if (b->nodes[root].op == TREE_OR)
		ret->turned = !ret->turned, ok = take_apart(b, root, true, &p);
	else
		ok = take_apart(b, root, false, &p);
	ret->literals = p.v;
	ret->n = p.n;
	return ok;
}

/* Operands were made before what they are operands of: one pass is enough. */
static void mark_wanted(struct builder *b, const struct conjunction *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < c[i].n; j++)
			b->nodes[c[i].literals[j].a].wanted = b->nodes[c[i].literals[j].b].wanted =
				true;
	for (uint32_t i = b->n; i-- > 0;) {
		const struct node *node = &b->nodes[i];

		if (node->wanted && (node->op < GROUP_CONSTANT || node->op > GROUP_TRUTH))
			b->nodes[node->a].wanted = b->nodes[node->b].wanted = true;
	}
}

/* Laying out ---------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct node *x = *(const struct node *const *)a, *y = *(const struct node *const *)b;

	if (x->height != y->height)
		return x->height < y->height ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The slots of the nodes that are wanted, and the runs over them. */
static int lay_out(struct expr_group *g, const struct builder *b)
{
	struct node **order = calloc(b->n ? b->n : 1, sizeof(struct node *));

	g->operands = calloc(b->n ? b->n : 1, sizeof *g->operands);
	g->runs = calloc(b->n ? b->n : 1, sizeof *g->runs);
	g->v = calloc(b->n ? b->n : 1, sizeof *g->v);
	if (!order || !g->operands || !g->runs || !g->v) {
		free(order);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < b->n; i++)
		if (b->nodes[i].wanted)
			order[g->n_slots++] = &b->nodes[i];
	qsort(order, g->n_slots, sizeof(struct node *), by_place);
	for (uint32_t i = 0; i < g->n_slots; i++)
		order[i]->slot = i;
	for (uint32_t i = 0; i < g->n_slots; i++) {
		const struct node *n = order[i];
		bool leaf = n->op >= GROUP_CONSTANT && n->op <= GROUP_TRUTH;

		g->v[i] = n->c;
		g->operands[i].a = leaf ? n->a : b->nodes[n->a].slot;
		g->operands[i].b = leaf ? 0 : b->nodes[n->b].slot;
		if (i == 0 || order[i - 1]->op != n->op || order[i - 1]->height != n->height)
			g->runs[g->n_runs++] = (struct run){ n->op, i, 0 };
		g->runs[g->n_runs - 1].n++;
	}
	free(order);
	return 0;
}

static int make_literals(struct expr_group *g, struct builder *b, struct conjunction *c, uint32_t n)
{
	int e;

	mark_wanted(b, c, n);
	e = lay_out(g, b);
	for (uint32_t i = 0; e == 0 && i < n; i++)
		for (uint32_t j = 0; j < c[i].n; j++) {
			struct literal *l = &c[i].literals[j];

			*l = (struct literal){ b->nodes[l->a].slot, b->nodes[l->b].slot,
				               l->turned };
		}
	return e ? e : literals_init(&g->literals, c, n);
}

static int make(struct expr_group *g, struct builder *b)
{
	struct conjunction *c = calloc(g->n ? g->n : 1, sizeof *c);
	uint32_t n = 0, root;
	int e = 0;

	g->alone = calloc(g->n ? g->n : 1, sizeof *g->alone);
	if (!c || !g->alone)
		e = -ENOMEM;
	for (uint32_t i = 0; e == 0 && i < g->n; i++) {
		const struct tree *t = &g->conditions[i]->tree;

		if (!build(b, t, t->root, &root)) {
			g->alone[g->n_alone++] = i;
			continue;
		}
		c[n].place = i;
		if (b->failed || !take_condition(b, root, &c[n++]) || b->failed)
			e = -ENOMEM;
	}
	if (e == 0)
		e = b->failed ? -ENOMEM : make_literals(g, b, c, n);
	for (uint32_t i = 0; i < n; i++)
		free(c[i].literals);
	free(c);
	return e;
}

int expr_group_new(const struct expr *const *conditions, size_t n, struct expr_group **ret_group)
{
	struct expr_group *g = calloc(1, sizeof *g);
	struct builder b = { 0 };
	int e;

	if (!g)
		return -ENOMEM;
	g->n = n;
	g->conditions = conditions;
	e = make(g, &b);
	free(b.nodes);
	free(b.table);
	if (e)
		expr_group_free(g);
	else
		*ret_group = g;
	return e;
}

struct expr_group *expr_group_free(struct expr_group *g)
{
	if (!g)
		return NULL;
	free(g->alone);
	literals_done(&g->literals);
	free(g->runs);
	free(g->operands);
	free(g->v);
	free(g);
	return NULL;
}

size_t expr_group_memory(const struct expr_group *g)
{
	return sizeof *g + g->n * sizeof *g->alone + literals_memory(&g->literals) +
	       g->n_slots * (sizeof *g->operands + sizeof *g->runs + sizeof *g->v);
}

/* Judging ------------------------------------------------------------------------------------- */

/* The same as scalar_compare(), scalar_and() and scalar_or() of what a node can be, finite or NaN,
 * without a branch: rules differ from event to event, and a wrong guess costs as much as ten nodes. */
#define COMPARED(operator) ((a operator b ? 1 : 0) + (a - a) + (b - b))

static inline uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits;
}

/* Kleene: `stop` on either side is the answer; else a missing one is. */
static inline double joined(double a, double b, double stop)
{
	uint64_t stops = -(uint64_t)((a == stop) | (b == stop)), missing = -(uint64_t)(a != a);
	uint64_t bits = (bits_of(stop) & stops) |
	                (((bits_of(a) & missing) | (bits_of(b) & ~missing)) & ~stops);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* One loop an operation, so that the operator is known to the compiler in each. */
#define RUN(op, value) \
	case op: \
		for (uint32_t i = 0; i < r->n; i++) { \
			double a = v[o[i].a], b = v[o[i].b]; \
\
			(void)b; \
			to[i] = value; \
		} \
		break

static void run(const struct expr_group *g, const struct run *r, double *v, const double *x)
{
	const struct operands *o = &g->operands[r->first];
	double *to = &v[r->first];

	switch (r->op) {
	case GROUP_FEATURE:
		for (uint32_t i = 0; i < r->n; i++)
			to[i] = scalar_finite(x[o[i].a]);
		break;
	case GROUP_TRUTH:
		for (uint32_t i = 0; i < r->n; i++)
			to[i] = scalar_truth(x[o[i].a]);
		break;
		RUN(TREE_NEGATE, -a);
		RUN(TREE_NOT, 1 - a);
		RUN(GROUP_ABS, scalar_apply1(SCALAR_ABS, a));
		RUN(GROUP_SQRT, scalar_apply1(SCALAR_SQRT, a));
		RUN(GROUP_LN, scalar_apply1(SCALAR_LN, a));
		RUN(GROUP_MIN, scalar_min(a, b));
		RUN(GROUP_MAX, scalar_max(a, b));
		RUN(TREE_ADD, scalar_arithmetic(TREE_ADD, a, b));
		RUN(TREE_SUBTRACT, scalar_arithmetic(TREE_SUBTRACT, a, b));
		RUN(TREE_MULTIPLY, scalar_arithmetic(TREE_MULTIPLY, a, b));
		RUN(TREE_DIVIDE, scalar_arithmetic(TREE_DIVIDE, a, b));
		RUN(TREE_LESS, COMPARED(<));
		RUN(TREE_LESS_EQUAL, COMPARED(<=));
		RUN(TREE_GREATER, COMPARED(>));
		RUN(TREE_GREATER_EQUAL, COMPARED(>=));
		RUN(TREE_EQUAL, COMPARED(==));
		RUN(TREE_NOT_EQUAL, COMPARED(!=));
		RUN(TREE_AND, joined(a, b, 0));
		RUN(TREE_OR, joined(a, b, 1));
	default: break; /* constants */
	}
}

void expr_group_judge(struct expr_group *g, const double *x, signed char *ret_truths)
{
	for (uint32_t i = 0; i < g->n_runs; i++)
		run(g, &g->runs[i], g->v, x);
	memset(ret_truths, 0, g->n);
	literals_judge(&g->literals, g->v, ret_truths);
	for (uint32_t i = 0; i < g->n_alone; i++)
		ret_truths[g->alone[i]] = (signed char)expr_truth(g->conditions[g->alone[i]], x);
}
