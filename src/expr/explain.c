/* Why a condition is true, and how surely.
 *
 * Problem: a rule says yes or no; a person wants to know which comparison decided, and whether by
 * a hair or by far. Idea: walk the tree along what made it true. All terms of a true `and` did; of
 * a true `or` only those that are true; `not` turns the question, and a false comparison is the
 * turned one being true (De Morgan). What is met at the bottom are comparisons, the reasons.
 *
 * Confidence of one comparison with observed o and threshold t, the side with a feature being the
 * observed one: 1 - ratio / 2, where ratio = s / (s + |o - t|), s = |t|. For 0 < t < o that is t/o:
 * just over the threshold 0.5, twice the threshold 0.75, ten times 0.95. It grows with the distance
 * and stays in [0.5, 1) for every sign; it has no unit, so prices and percents compare. A zero
 * threshold has no scale: s is then 1e-9, the finest unit of a price, so that every visible
 * distance counts as far. `and` takes the least of its terms, `or` the greatest, and what has no
 * distance, a feature that is itself a condition (absent_for) or a time of day, counts 0.75. `x
 * between a and b` is the comparison with the nearer of its bounds.
 *
 * Shares are proportional to confidence over all reasons met, rounded down when they become
 * floats, so their sum never passes 1. Cost: a walk of the tree, for true conditions only.
 * Where it fails: the scale knows nothing of how much the value usually moves; that is what the
 * statistical detectors are for. */
#include "expr.h"

#include <math.h>

#include "expr/program.h"
#include "expr/scalar.h"

#define FINEST 1e-9
#define OF_CONDITION 0.75

struct explain {
	const struct tree *tree;
	const double *x;
	struct expr_reason *reasons;
	uint32_t n, max;
	double sum;
};

static double judge(struct explain *e, uint32_t i, bool turned);

static double confidence_of(double observed, double threshold)
{
	double s = fmax(fabs(threshold), FINEST);
	double c = 1 - 0.5 * (s / (s + fabs(observed - threshold)));

	return c < 1 ? c : nextafter(1, 0);
}

/* Keeps the strongest, in order; of equal ones the first of the text stays first. */
static void keep(struct explain *e, const struct expr_reason *r)
{
	uint32_t k;

	e->sum += r->confidence;
	if (e->max == 0 || (e->n == e->max && e->reasons[e->n - 1].confidence >= r->confidence))
		return;
	k = e->n < e->max ? e->n++ : e->n - 1;
	for (; k > 0 && e->reasons[k - 1].confidence < r->confidence; k--)
		e->reasons[k] = e->reasons[k - 1];
	e->reasons[k] = *r;
}

/* Of the side `observed` against the side `expected`. */
static struct expr_reason reason_of(const struct explain *e, uint32_t observed, uint32_t expected)
{
	const struct tree *t = e->tree;
	unsigned kind = t->nodes[observed].type.kind;
	double unit = kind == EXPR_DURATION || kind == EXPR_TIME ? 1e9 : 1;
	struct expr_reason r = {
		.feature = program_feature(t, observed),
		.observed = program_value(t, observed, e->x),
		.expected = program_value(t, expected, e->x),
	};

	r.confidence = kind == EXPR_TIME ? OF_CONDITION : confidence_of(r.observed, r.expected);
	r.observed /= unit;
	r.expected /= unit;
	return r;
}

static double judge_comparison(struct explain *e, uint32_t i)
{
	const struct tree *t = e->tree;
	uint32_t left = t->nodes[i].first, right = t->nodes[left].next;
	bool turn = program_feature(t, left) == TREE_NONE; /* 3% < return(...) */
	struct expr_reason r = reason_of(e, turn ? right : left, turn ? left : right);

	keep(e, &r);
	return r.confidence;
}

/* Inside, the nearer bound is the reason; outside, the one that is passed. */
static double judge_between(struct explain *e, uint32_t i)
{
	const struct tree *t = e->tree;
	uint32_t x = t->nodes[i].first, from = t->nodes[x].next, to = t->nodes[from].next;
	struct expr_reason low = reason_of(e, x, from), high = reason_of(e, x, to);
	bool inside = low.observed >= low.expected && high.observed < high.expected;
	bool first = inside ? low.confidence <= high.confidence : low.observed < low.expected;
	struct expr_reason *r = first ? &low : &high;

	if (r->feature == TREE_NONE)
		r->feature = program_feature(t, i);
	keep(e, r);
	return r->confidence;
}

static double judge_feature(struct explain *e, uint32_t i, bool turned)
{
	const struct expr_reason r = {
		.feature = e->tree->nodes[i].index,
		.observed = turned ? 0 : 1,
		.expected = turned ? 0 : 1,
		.confidence = OF_CONDITION,
	};

	keep(e, &r);
	return r.confidence;
}

/* All terms must hold (a true `and`, a false `or`), or those that do are the reasons. */
static double judge_list(struct explain *e, uint32_t i, bool turned)
{
	const struct tree *t = e->tree;
	bool all = (t->nodes[i].op == TREE_AND) != turned;
	double best = all ? 1 : 0;

	for (uint32_t c = t->nodes[i].first; c != TREE_NONE; c = t->nodes[c].next) {
		double v;

		if (!all && program_value(t, c, e->x) != (turned ? 0 : 1))
			continue;
		v = judge(e, c, turned);
		best = all ? fmin(best, v) : fmax(best, v);
	}
	return best;
}

/* The confidence of a part that is known to be true (or, turned, false). */
static double judge(struct explain *e, uint32_t i, bool turned)
{
	const struct tree_node *n = &e->tree->nodes[i];

	if (n->is_feature)
		return judge_feature(e, i, turned);
	switch (n->op) {
	case TREE_NOT: return judge(e, n->first, !turned);
	case TREE_AND:
	case TREE_OR: return judge_list(e, i, turned);
	case TREE_BETWEEN: return judge_between(e, i);
	default: return judge_comparison(e, i);
	}
}

static double share_of(double confidence, double sum)
{
	double share = confidence / sum;
	float f = (float)share;

	return (double)f > share ? (double)nextafterf(f, 0) : (double)f;
}

uint32_t expr_explain(const struct expr *e, const double *x, struct expr_reason *ret_reasons,
                      uint32_t max, double *ret_confidence)
{
	struct explain w = { .tree = &e->tree, .x = x, .reasons = ret_reasons, .max = max };

	if (expr_truth(e, x) != EXPR_TRUE)
		return 0;
	*ret_confidence = judge(&w, e->tree.root, false);
	for (uint32_t i = 0; i < w.n; i++)
		ret_reasons[i].share = share_of(ret_reasons[i].confidence, w.sum);
	return w.n;
}
