/* Types. A feature is a number unless its name is listed here: the resolver answers an index only,
 * and what a name means must not depend on who resolves it. Durations are a type of their own so
 * that `rate(1s) > 5m` is a mistake, not a comparison with 300000000000. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "expr/scalar.h"

static const struct {
	const char *name;
	enum expr_type type;
	bool wants_ticks;
} special[] = {
	{ "absent_for", EXPR_CONDITION, true },
};

static int check(struct tree *t, uint32_t i, struct expr_error *e);

static const char *type_name(unsigned type)
{
	static const char *const names[] = { "a number", "a duration", "a condition" };

	return names[type];
}

static int special_of(const struct tree *t, const struct tree_node *n)
{
	for (int i = 0; i < (int)(sizeof special / sizeof special[0]); i++)
		if (strlen(special[i].name) == n->name_n &&
		    memcmp(special[i].name, t->text + n->at, n->name_n) == 0)
			return i;
	return -1;
}

bool check_wants_ticks(const struct tree *t, const struct tree_node *feature)
{
	int s = special_of(t, feature);

	return s >= 0 && special[s].wants_ticks;
}

static int check_children(struct tree *t, const struct tree_node *n, struct expr_error *e)
{
	int r = 0;

	for (uint32_t c = n->first; r == 0 && c != TREE_NONE; c = t->nodes[c].next)
		r = check(t, c, e);
	return r;
}

static int check_feature(const struct tree *t, struct tree_node *n)
{
	int s = special_of(t, n);

	n->is_feature = 1;
	n->type = s >= 0 ? (uint8_t)special[s].type : EXPR_NUMBER;
	return 0;
}

static int check_scalar(struct tree *t, struct tree_node *n, enum scalar which,
                        struct expr_error *e)
{
	size_t n_functions;
	const struct scalar_function *f = &scalar_functions(&n_functions)[which];
	int r = check_children(t, n, e);

	if (r)
		return r;
	if (n->n < f->min_args && f->min_args == 2)
		return expr_fail(
			e, n->at,
			"%s needs two values or more, or a field and a window: %s(price, 1m)",
			f->name, f->name);
	if (n->n < f->min_args || n->n > f->max_args)
		return expr_fail(e, n->at, "%s takes one value, as in %s%s", f->name, f->name,
		                 f->args);
	n->type = t->nodes[n->first].type;
	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next) {
		const struct tree_node *arg = &t->nodes[c];

		if (arg->type == EXPR_CONDITION || (arg->type == EXPR_DURATION && !f->durations))
			return expr_fail(e, arg->at, "%s needs a number, this is %s", f->name,
			                 type_name(arg->type));
		if (arg->type != n->type)
			return expr_fail(e, arg->at, "%s mixes %s with %s", f->name,
			                 type_name(n->type), type_name(arg->type));
	}
	return 0;
}

/* Numbers and durations: what `op` makes of them, or -1. */
static int result_of(unsigned op, unsigned a, unsigned b)
{
	bool same = a == b;

	switch (op) {
	case TREE_ADD:
	case TREE_SUBTRACT: return same ? (int)a : -1;
	case TREE_MULTIPLY: return same && a == EXPR_DURATION ? -1 : same ? (int)a : EXPR_DURATION;
	case TREE_DIVIDE: return same ? EXPR_NUMBER : a == EXPR_DURATION ? EXPR_DURATION : -1;
	default: return same ? EXPR_CONDITION : -1;
	}
}

static int check_operands(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	const struct tree_node *a = &t->nodes[n->first];
	const struct tree_node *b = a->next == TREE_NONE ? a : &t->nodes[a->next];
	const char *op = tree_op_text(n->op);
	int type;

	for (const struct tree_node *side = a;; side = b) {
		if (side->type == EXPR_CONDITION)
			return expr_fail(e, side->at, "'%s' needs numbers, this is a condition",
			                 op);
		if (side == b)
			break;
	}
	if (n->op == TREE_NEGATE) {
		n->type = a->type;
		return 0;
	}
	type = result_of(n->op, a->type, b->type);
	if (type < 0 && n->op >= TREE_LESS)
		return expr_fail(e, b->at, "%s can not be compared with %s", type_name(a->type),
		                 type_name(b->type));
	if (type < 0)
		return expr_fail(e, b->at, "'%s' can not join %s and %s", op, type_name(a->type),
		                 type_name(b->type));
	n->type = (uint8_t)type;
	return 0;
}

static int check_conditions(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next)
		if (t->nodes[c].type != EXPR_CONDITION)
			return expr_fail(e, t->nodes[c].at, "'%s' needs conditions, this is %s",
			                 tree_op_text(n->op), type_name(t->nodes[c].type));
	n->type = EXPR_CONDITION;
	return 0;
}

static int check(struct tree *t, uint32_t i, struct expr_error *e)
{
	struct tree_node *n = &t->nodes[i];
	enum scalar which;
	int r;

	switch (n->op) {
	case TREE_NUMBER: n->type = EXPR_NUMBER; return 0;
	case TREE_DURATION: n->type = EXPR_DURATION; return 0;
	case TREE_TIME:
	case TREE_STRING:
	case TREE_IN:
	case TREE_BETWEEN: return expr_fail(e, n->at, "texts and times of day are not known here");
	case TREE_NAME: return check_feature(t, n);
	case TREE_CALL:
		which = scalar_of(t, n);
		return which == SCALAR_NONE ? check_feature(t, n) : check_scalar(t, n, which, e);
	default: break;
	}
	r = check_children(t, n, e);
	if (r)
		return r;
	return n->op >= TREE_NOT ? check_conditions(t, n, e) : check_operands(t, n, e);
}

int check_types(struct tree *t, struct expr_error *ret_error)
{
	int r = check(t, t->root, ret_error);

	if (r == 0 && t->nodes[t->root].type != EXPR_CONDITION)
		return expr_fail(ret_error, t->nodes[t->root].at,
		                 "a rule needs a condition, such as 'rate(1s) > 50'; this is %s",
		                 type_name(t->nodes[t->root].type));
	return r;
}
