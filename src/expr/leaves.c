/* What every comparison of a condition says now, true or not: for the question why a rule did not
 * fire. The reading counterpart of explain.c, which looks only along what made a condition true.
 *
 * The walk goes down `and`, `or` and `not` and stops at whatever else is a condition: a comparison
 * with an observed side (the one that has a feature) and an expected one, or a condition that has no
 * sides, as absent_for(). It changes nothing and costs a walk of the tree. */
#include "expr.h"

#include <math.h>

#include "expr/program.h"

struct leaves {
	const struct tree *tree;
	const double *x;
	void (*each)(void *ctx, const struct expr_leaf *leaf);
	void *ctx;
};

static void missing(const struct leaves *w, uint32_t i, struct expr_leaf *l)
{
	const struct tree_node *n = &w->tree->nodes[i];

	if (n->is_feature) {
		if (isnan(program_value(w->tree, i, w->x)) && l->n_missing < EXPR_MAX_MISSING)
			l->missing[l->n_missing++] = n->index;
		return;
	}
	for (uint32_t c = n->first; c != TREE_NONE; c = w->tree->nodes[c].next)
		missing(w, c, l);
}

static void compared(const struct leaves *w, uint32_t left, enum tree_op op, uint32_t right,
                     struct expr_leaf *l)
{
	static const enum tree_op mirrored[] = {
		[TREE_LESS] = TREE_GREATER, [TREE_LESS_EQUAL] = TREE_GREATER_EQUAL,
		[TREE_GREATER] = TREE_LESS, [TREE_GREATER_EQUAL] = TREE_LESS_EQUAL,
		[TREE_EQUAL] = TREE_EQUAL,  [TREE_NOT_EQUAL] = TREE_NOT_EQUAL,
	};
	const struct tree *t = w->tree;
	bool turn = program_feature(t, left) == TREE_NONE; /* 3% < return(...) */
	uint32_t observed = turn ? right : left, expected = turn ? left : right;

	l->op = turn ? mirrored[op] : op;
	l->compares = true;
	l->is_duration = t->nodes[observed].type.kind == EXPR_DURATION;
	l->observed_at = t->nodes[observed].from;
	l->observed_n = t->nodes[observed].to - t->nodes[observed].from;
	l->observed = program_value(t, observed, w->x);
	l->expected = program_value(t, expected, w->x);
}

/* The bound that is passed, or the nearer one; of times of day, which go round, none. */
static void compared_between(const struct leaves *w, const struct tree_node *n, struct expr_leaf *l)
{
	const struct tree *t = w->tree;
	uint32_t x = n->first, from = t->nodes[x].next, to = t->nodes[from].next;
	double v = program_value(t, x, w->x), a = program_value(t, from, w->x);
	double b = program_value(t, to, w->x);

	if (t->nodes[x].type.kind == EXPR_TIME || program_feature(t, x) == TREE_NONE)
		return;
	if (v < a || (v < b && v - a <= b - v))
		compared(w, x, TREE_GREATER_EQUAL, from, l);
	else
		compared(w, x, TREE_LESS, to, l);
}

static void leaf(const struct leaves *w, uint32_t i, bool turned)
{
	const struct tree_node *n = &w->tree->nodes[i];
	double truth = program_value(w->tree, i, w->x);
	struct expr_leaf l = {
		.text = w->tree->text,
		.at = n->from,
		.n = n->to - n->from,
		.turned = turned,
		.truth = isnan(truth) ? EXPR_NO_VALUE
		         : truth == 1 ? EXPR_TRUE
		                      : EXPR_FALSE,
		.observed = NAN,
		.expected = NAN,
	};

	if (!n->is_feature && n->op >= TREE_LESS && n->op <= TREE_NOT_EQUAL)
		compared(w, n->first, (enum tree_op)n->op, w->tree->nodes[n->first].next, &l);
	else if (n->op == TREE_BETWEEN)
		compared_between(w, n, &l);
	missing(w, i, &l);
	w->each(w->ctx, &l);
}

static void walk(const struct leaves *w, uint32_t i, bool turned)
{
	const struct tree_node *n = &w->tree->nodes[i];

	if (!n->is_feature && n->op == TREE_NOT) {
		walk(w, n->first, !turned);
		return;
	}
	if (n->is_feature || (n->op != TREE_AND && n->op != TREE_OR)) {
		leaf(w, i, turned);
		return;
	}
	for (uint32_t c = n->first; c != TREE_NONE; c = w->tree->nodes[c].next)
		walk(w, c, turned);
}

void expr_leaves(const struct expr *e, const double *x,
                 void (*each)(void *ctx, const struct expr_leaf *leaf), void *ctx)
{
	const struct leaves w = { &e->tree, x, each, ctx };

	walk(&w, e->tree.root, false);
}
