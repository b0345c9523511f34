/* The rule language: text -> tree (tree.c) -> types (check.c) -> a flat program (compile.c); a
 * condition that is never true, or always, is refused (possible.c).
 *
 * Problem: a rule is judged for every event, most often to say "no"; it must cost nanoseconds, and
 * give the same bits on every run. Idea: everything windowed is a *feature*, kept by somebody else
 * and read from x[]; what is left (arithmetic, comparison, and/or/not) is a postfix program for a
 * small stack of doubles, run by one switch (compile.c, run.c). Two things make it quick: the common
 * conditions (a feature, or its abs(), against a constant, or against a constant times another) are
 * one instruction, also as terms of `and`; and `and`/`or` jump over the rest as soon as the answer
 * stands. Of an `and` such terms run first, whatever the order of the text: the value is the same.
 * Those of the outermost `and` that compare with a constant are not even instructions, but intervals
 * in a row (struct lead), so that a "no" mostly costs one look at one number.
 *
 * Values may be missing (a window is not full yet, a division by zero): NaN, which every operation
 * passes on. Conditions then follow Kleene's strong three-valued logic (Kleene, "Introduction to
 * Metamathematics", 1952, 64): `false and missing` is false, `true and missing` is missing. A rule
 * fires only when its condition is true, never when it is missing.
 *
 * What is a feature: every bare name, every call whose name is not abs, sqrt, ln, min or max
 * (scalar.h), and every comparison of a text. Parts without any feature are computed when compiling;
 * a constant that is no number, and a rule that uses no feature at all, are refused. The stack is
 * bounded when compiling.
 *
 * Where it fails: numbers are doubles, so thresholds closer than 1e-16 of each other are one. */
#include "expr.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "expr/check.h"
#include "expr/possible.h"
#include "expr/print.h"
#include "expr/program.h"

struct resolve {
	struct expr *e;
	const struct expr_resolver *resolver;
	struct expr_error *error;
};

/* Asks for the feature by its canonical text. */
static int resolve(struct resolve *w, uint32_t i)
{
	struct tree *t = &w->e->tree;
	struct print_map map = { 0 };
	struct buf text = { 0 };
	uint32_t source;
	size_t at = 0;
	int r = print_tree(t, i, &text, &map);

	if (r == 0) {
		w->error->text[0] = 0;
		r = w->resolver->feature(w->resolver->ctx, buf_str(&text), &t->nodes[i].index, &at,
		                         w->error->text, sizeof w->error->text);
		w->error->at = print_map_find(&map, at, &source);
	}
	if (r == 0 && check_wants_ticks(t, &t->nodes[i]))
		w->e->wants_ticks = true;
	print_map_done(&map);
	buf_done(&text);
	return r;
}

static int resolve_all(struct resolve *w, uint32_t i)
{
	const struct tree *t = &w->e->tree;
	int r = 0;

	if (t->nodes[i].is_feature)
		return resolve(w, i);
	for (uint32_t k = t->nodes[i].first; r == 0 && k != TREE_NONE; k = t->nodes[k].next)
		r = resolve_all(w, k);
	return r;
}

int expr_new(const char *text, size_t n, const struct expr_resolver *resolver,
             struct expr **ret_expr, struct expr_error *ret_error)
{
	struct resolve w = { calloc(1, sizeof *w.e), resolver, ret_error };
	struct tree *t;
	int r;

	if (!w.e)
		return -ENOMEM;
	t = &w.e->tree;
	r = tree_parse(text, n, t, ret_error);
	if (r == 0)
		r = check_types(t, ret_error);
	if (r == 0)
		r = resolve_all(&w, t->root);
	if (r == 0)
		r = program_compile(w.e, ret_error);
	if (r == 0)
		r = possible_check(t, ret_error);
	if (r) {
		expr_free(w.e);
		return r;
	}
	*ret_expr = w.e;
	return 0;
}

struct expr *expr_free(struct expr *e)
{
	if (!e)
		return NULL;
	tree_done(&e->tree);
	free(e->leads);
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
	return sizeof *e + e->size * sizeof *e->program + e->leads_size * sizeof *e->leads +
	       e->tree.n + 1 + 2 * e->tree.n_nodes * sizeof *e->tree.nodes;
}

enum expr_truth expr_truth(const struct expr *e, const double *x)
{
	double v = program_truth(e, x);

	return isnan(v) ? EXPR_NO_VALUE : v == 1 ? EXPR_TRUE : EXPR_FALSE;
}
