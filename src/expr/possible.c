/* Can it be true? Can it be false?
 *
 * A threshold mistyped makes a rule that never fires, and nobody notices a silence. What is plain from
 * the text is refused: `count(1m) < 0`, `x > 3 and x < 2`, `imbalance(5) > 2`. Idea: to every value
 * an interval that holds it for sure; a comparison can be true when the intervals of its sides allow
 * it. Terms that must all hold (of `and`, or of `or` under `not`) are compared pair by pair when they
 * speak of the same value: intervals of one line that meet pairwise have a point in common (Helly), so
 * pairs are enough. Of terms one of which must hold, one that can is enough.
 *
 * It must never refuse a rule that can fire, and rather misses one that can not: values that depend on
 * each other (count and rate) are taken as free. Rounding is monotone, so the ends of an interval go
 * through + - * / by a constant as the values do. */
#include "possible.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr/names.h"
#include "expr/program.h"
#include "expr/scalar.h"

#define MAX_TERMS 256 /* of one conjunction; more are not compared */

struct range {
	double low, high;
};

/* `subject` is on one side of `op` of a constant. Of texts, the constant is bytes. */
struct term {
	uint32_t node, subject;
	unsigned op;
	double c;
	const char *text; /* NULL = a number */
	size_t text_n;
};

struct terms {
	const struct tree *tree;
	struct term v[MAX_TERMS];
	size_t n;
};

static const struct range any = { -INFINITY, INFINITY };

static bool can(const struct tree *t, uint32_t i, bool want, struct expr_error *e);

/* Intervals ----------------------------------------------------------------------------------- */

static struct range range_of(const struct tree *t, uint32_t i);

/* An end that is no number is no end. */
static struct range range(double a, double b)
{
	return (struct range){ isnan(a) ? -INFINITY : fmin(a, b),
		               isnan(b) ? INFINITY : fmax(a, b) };
}

static struct range feature_range(const struct tree *t, const struct tree_node *n)
{
	const struct name *name = name_of(t, n), *field;

	if (n->op != TREE_NAME && n->op != TREE_CALL)
		return (struct range){ 0, 1 };
	if (!name)
		return any;
	field = n->first == TREE_NONE ? NULL : name_of(t, &t->nodes[n->first]);
	if (name->field == NAME_WITHIN_FIELD && field && field->least >= 0)
		return (struct range){ 0, INFINITY };
	return (struct range){ name->least, name->most };
}

static struct range call_range(const struct tree *t, const struct tree_node *n)
{
	enum scalar f = scalar_of(t, n);
	struct range r = range_of(t, n->first);

	if (f == SCALAR_ABS)
		return r.low >= 0    ? r
		       : r.high <= 0 ? (struct range){ -r.high, -r.low }
		                     : (struct range){ 0, fmax(-r.low, r.high) };
	if (f == SCALAR_SQRT)
		return (struct range){ 0, INFINITY };
	if (f != SCALAR_MIN && f != SCALAR_MAX)
		return any;
	for (uint32_t c = t->nodes[n->first].next; c != TREE_NONE; c = t->nodes[c].next) {
		struct range more = range_of(t, c);

		r.low = f == SCALAR_MIN ? fmin(r.low, more.low) : fmax(r.low, more.low);
		r.high = f == SCALAR_MIN ? fmin(r.high, more.high) : fmax(r.high, more.high);
	}
	return r;
}

/* By a constant only; of two values that move nothing is known. */
static struct range scaled(struct range a, struct range b, unsigned op)
{
	if (op == TREE_MULTIPLY && a.low == a.high) {
		struct range turn = a;

		a = b;
		b = turn;
	}
	if (b.low != b.high || b.low == 0)
		return any;
	if (op == TREE_MULTIPLY)
		return range(a.low * b.low, a.high * b.low);
	return range(a.low / b.low, a.high / b.low);
}

static struct range range_of(const struct tree *t, uint32_t i)
{
	const struct tree_node *n = &t->nodes[i];
	struct range a, b;
	double v;

	if (n->is_feature)
		return feature_range(t, n);
	if (program_feature(t, i) == TREE_NONE) {
		v = program_value(t, i, NULL);
		return isnan(v) ? any : (struct range){ v, v };
	}
	if (n->op == TREE_CALL)
		return call_range(t, n);
	if (n->op > TREE_DIVIDE)
		return any;
	a = range_of(t, n->first);
	if (n->op == TREE_NEGATE)
		return (struct range){ -a.high, -a.low };
	b = range_of(t, t->nodes[n->first].next);
	if (n->op == TREE_ADD)
		return range(a.low + b.low, a.high + b.high);
	if (n->op == TREE_SUBTRACT)
		return range(a.low - b.high, a.high - b.low);
	return scaled(a, b, n->op);
}

static bool may_hold(struct range a, unsigned op, struct range b)
{
	switch (op) {
	case TREE_LESS: return a.low < b.high;
	case TREE_LESS_EQUAL: return a.low <= b.high;
	case TREE_GREATER: return a.high > b.low;
	case TREE_GREATER_EQUAL: return a.high >= b.low;
	case TREE_EQUAL: return fmax(a.low, b.low) <= fmin(a.high, b.high);
	default: return !(a.low == a.high && b.low == b.high && a.low == b.low);
	}
}

/* Words --------------------------------------------------------------------------------------- */

static int shown(const struct tree *t, uint32_t i)
{
	uint32_t n = t->nodes[i].to - t->nodes[i].from;

	return (int)(n > 60 ? 60 : n);
}

/* Why a comparison can not be what is wanted: "'rate(1s)' is never below 0". */
static bool refuse(const struct tree *t, uint32_t i, bool want, struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t x = n->first;
	struct range r;

	if (program_feature(t, x) == TREE_NONE)
		x = t->nodes[x].next;
	r = range_of(t, x);
	if (t->nodes[x].type.kind != EXPR_NUMBER || (!isfinite(r.low) && !isfinite(r.high)))
		expr_fail(e, n->from, "this is never %s", want ? "true" : "false");
	else if (isfinite(r.low) && isfinite(r.high))
		expr_fail(e, n->from, "'%.*s' is always within %g and %g", shown(t, x),
		          t->text + t->nodes[x].from, r.low, r.high);
	else
		expr_fail(e, n->from, "'%.*s' is never %s %g", shown(t, x),
		          t->text + t->nodes[x].from, isfinite(r.low) ? "below" : "above",
		          (isfinite(r.low) ? r.low : r.high) + 0.0); /* no -0 */
	return false;
}

/* Terms that must hold together --------------------------------------------------------------- */

static unsigned opposite(unsigned op)
{
	static const uint8_t ops[] = {
		TREE_GREATER_EQUAL, TREE_GREATER,   TREE_LESS_EQUAL,
		TREE_LESS,          TREE_NOT_EQUAL, TREE_EQUAL,
	};

	return ops[op - TREE_LESS];
}

static unsigned mirrored(unsigned op)
{
	static const uint8_t ops[] = {
		TREE_GREATER,    TREE_GREATER_EQUAL, TREE_LESS,
		TREE_LESS_EQUAL, TREE_EQUAL,         TREE_NOT_EQUAL,
	};

	return ops[op - TREE_LESS];
}

static bool same(const struct tree *t, uint32_t i, uint32_t j)
{
	const struct tree_node *a = &t->nodes[i], *b = &t->nodes[j];
	uint32_t c = a->first, d = b->first;

	if (a->is_feature || b->is_feature)
		return a->is_feature && b->is_feature && a->index == b->index;
	if (a->op != b->op || a->n != b->n || a->number != b->number ||
	    a->duration_ns != b->duration_ns ||
	    (a->op == TREE_CALL && scalar_of(t, a) != scalar_of(t, b)))
		return false;
	for (; c != TREE_NONE; c = t->nodes[c].next, d = t->nodes[d].next)
		if (!same(t, c, d))
			return false;
	return true;
}

static void add_term(struct terms *w, struct term term)
{
	if (w->n < MAX_TERMS && !isnan(term.c))
		w->v[w->n++] = term;
}

static void add_comparison(struct terms *w, uint32_t node, uint32_t left, unsigned op,
                           uint32_t right)
{
	const struct tree *t = w->tree;

	if (program_feature(t, left) == TREE_NONE) {
		uint32_t turn = left;

		left = right;
		right = turn;
		op = mirrored(op);
	}
	if (program_feature(t, right) == TREE_NONE)
		add_term(w, (struct term){
				    .node = node,
				    .subject = left,
				    .op = op,
				    .c = program_value(t, right, NULL),
			    });
}

/* account == "A": of two of these with one name only one can hold. */
static void add_text(struct terms *w, uint32_t node)
{
	const struct tree *t = w->tree;
	const struct tree_node *n = &t->nodes[node];
	const struct tree_node *value = &t->nodes[t->nodes[n->first].next];
	struct term term = { .node = node, .subject = n->first };

	if (tree_is_name(t, &t->nodes[n->first], "phase"))
		return; /* phase == auction holds in several phases */
	if (value->op == TREE_STRING) {
		term.text = tree_string(t, value, &term.text_n);
	} else if (!name_of(t, value) && !tree_is_name(t, value, "any")) {
		term.text = t->text + value->at;
		term.text_n = value->name_n;
	}
	if (term.text)
		add_term(w, term);
}

static void gather(struct terms *w, uint32_t i, bool want)
{
	const struct tree *t = w->tree;
	const struct tree_node *n = &t->nodes[i];
	uint32_t right = n->first == TREE_NONE ? TREE_NONE : t->nodes[n->first].next;

	if (n->is_feature) {
		add_term(w, (struct term){
				    .node = i,
				    .subject = i,
				    .op = want ? TREE_NOT_EQUAL : TREE_EQUAL,
			    });
		if (n->op == TREE_EQUAL && want)
			add_text(w, i);
	} else if (n->op == TREE_NOT) {
		gather(w, n->first, !want);
	} else if (n->op == (want ? TREE_AND : TREE_OR)) {
		for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next)
			gather(w, c, want);
	} else if (n->op >= TREE_LESS && n->op <= TREE_NOT_EQUAL) {
		add_comparison(w, i, n->first, want ? n->op : opposite(n->op), right);
	} else if (n->op == TREE_BETWEEN && want && t->nodes[n->first].type.kind != EXPR_TIME) {
		add_comparison(w, i, n->first, TREE_GREATER_EQUAL, right);
		add_comparison(w, i, n->first, TREE_LESS, t->nodes[right].next);
	}
}

/* Both of one number. Open ends: a < c is the interval to the number before c. */
static struct range range_of_term(const struct term *a)
{
	switch (a->op) {
	case TREE_LESS: return (struct range){ -INFINITY, nextafter(a->c, -INFINITY) };
	case TREE_LESS_EQUAL: return (struct range){ -INFINITY, a->c };
	case TREE_GREATER: return (struct range){ nextafter(a->c, INFINITY), INFINITY };
	case TREE_GREATER_EQUAL: return (struct range){ a->c, INFINITY };
	case TREE_EQUAL: return (struct range){ a->c, a->c };
	default: return any;
	}
}

static bool exclude(const struct terms *w, const struct term *a, const struct term *b)
{
	struct range r = range_of_term(a), s = range_of_term(b);

	if (!a->text != !b->text)
		return false;
	if (a->text) {
		const struct tree_node *x = &w->tree->nodes[a->subject];
		const struct tree_node *y = &w->tree->nodes[b->subject];

		return x->name_n == y->name_n &&
		       memcmp(w->tree->text + x->at, w->tree->text + y->at, x->name_n) == 0 &&
		       (a->text_n != b->text_n || memcmp(a->text, b->text, a->text_n) != 0);
	}
	if (!same(w->tree, a->subject, b->subject))
		return false;
	if ((a->op == TREE_EQUAL && b->op == TREE_NOT_EQUAL) ||
	    (a->op == TREE_NOT_EQUAL && b->op == TREE_EQUAL))
		return a->c == b->c;
	return fmax(r.low, s.low) > fmin(r.high, s.high);
}

/* Is there no pair of the terms of conjunction `i` that excludes each other? */
static bool agree(const struct tree *t, uint32_t i, bool want, struct expr_error *e)
{
	struct terms *w = malloc(sizeof *w);
	bool is = true;

	if (!w)
		return true;
	w->tree = t;
	w->n = 0;
	gather(w, i, want);
	for (size_t k = 1; is && k < w->n; k++)
		for (size_t j = 0; is && j < k; j++) {
			uint32_t a = w->v[j].node, b = w->v[k].node;

			is = !exclude(w, &w->v[j], &w->v[k]);
			if (!is && a == b)
				expr_fail(e, t->nodes[b].from, "nothing is between these two");
			else if (!is)
				expr_fail(e, t->nodes[b].from,
				          "this and '%.*s' are never %s together", shown(t, a),
				          t->text + t->nodes[a].from, want ? "true" : "false");
		}
	free(w);
	return is;
}

/* The tree ------------------------------------------------------------------------------------ */

static bool can_between(const struct tree *t, uint32_t i, bool want, struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[i];
	uint32_t from = t->nodes[n->first].next, to = t->nodes[from].next;
	struct range x = range_of(t, n->first), a = range_of(t, from), b = range_of(t, to);
	bool is;

	if (t->nodes[n->first].type.kind == EXPR_TIME) {
		if (!want || a.low != b.low)
			return true;
		expr_fail(e, n->from, "no time is between these two");
		return false;
	}
	is = want ? may_hold(x, TREE_GREATER_EQUAL, a) && may_hold(x, TREE_LESS, b)
	          : may_hold(x, TREE_LESS, a) || may_hold(x, TREE_GREATER_EQUAL, b);
	return is ? !want || agree(t, i, want, e) : refuse(t, i, want, e);
}

/* One of the terms, or all of them. */
static bool can_list(const struct tree *t, uint32_t i, bool want, struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[i];
	bool all = (n->op == TREE_AND) == want;
	struct expr_error ignored, *to = e;

	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next) {
		bool is = can(t, c, want, to);

		if (is != all)
			return is;
		to = all ? e : &ignored; /* of alternatives the first is told */
	}
	return all && agree(t, i, want, e);
}

/* Can the condition be what is wanted? If not, *e says why. */
static bool can(const struct tree *t, uint32_t i, bool want, struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[i];
	unsigned op = n->op;

	if (n->is_feature)
		return true;
	if (op == TREE_NOT)
		return can(t, n->first, !want, e);
	if (op == TREE_AND || op == TREE_OR)
		return can_list(t, i, want, e);
	if (op == TREE_BETWEEN)
		return can_between(t, i, want, e);
	if (may_hold(range_of(t, n->first), want ? op : opposite(op),
	             range_of(t, t->nodes[n->first].next)))
		return true;
	return refuse(t, i, want, e);
}

int possible_check(const struct tree *t, struct expr_error *ret_error)
{
	struct expr_error why;

	if (!can(t, t->root, true, &why))
		return expr_fail(ret_error, why.at, "never true: %.200s", why.text);
	if (!can(t, t->root, false, &why))
		return expr_fail(ret_error, why.at, "always true: %.200s", why.text);
	return 0;
}
