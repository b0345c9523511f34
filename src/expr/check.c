/* Types and units. What a name means is the table's (names.c), not the resolver's: it must not depend
 * on who resolves it. A name that is not there passes as a constant: the resolver will know the word
 * for that mistake.
 *
 * Durations, times of day and texts are types of their own, so that `rate(1s) > 5m` is a mistake, not
 * a comparison with 300000000000. Numbers carry a unit, a power of price and one of size: `*` and `/`
 * add and subtract the powers, `+`, `-` and comparisons want the same on both sides. 5 is a constant
 * and fits anything there; 5% is a plain number, so `delta(price, 1m) > 5%` is a mistake.
 *
 * What has a text on its left is a condition computed by whoever knows the event, a feature. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "expr/names.h"
#include "expr/scalar.h"

#define MAX_POWER 8

static const struct value_type plain = { .kind = EXPR_NUMBER };
static const struct value_type constant = { .kind = EXPR_NUMBER, .constant = 1 };
static const struct value_type condition = { .kind = EXPR_CONDITION };

static int check(struct tree *t, uint32_t i, struct expr_error *e);

static int mismatch(struct expr_error *e, const struct tree_node *n, const struct tree_node *a,
                    const struct tree_node *b)
{
	char left[64], right[64];
	const char *words[] = { value_type_text(a->type, left), value_type_text(b->type, right) };

	if (n->op >= TREE_LESS)
		return expr_fail(e, b->from, "%s can not be compared with %s", words[0], words[1]);
	return expr_fail(e, b->from, "'%s' can not join %s and %s", tree_op_text(n->op), words[0],
	                 words[1]);
}

static int check_children(struct tree *t, const struct tree_node *n, struct expr_error *e)
{
	int r = 0;

	for (uint32_t c = n->first; r == 0 && c != TREE_NONE; c = t->nodes[c].next)
		r = check(t, c, e);
	return r;
}

bool check_wants_ticks(const struct tree *t, const struct tree_node *feature)
{
	const struct name *name = name_of(t, feature);

	return name && name->wants_ticks;
}

/* Names --------------------------------------------------------------------------------------- */

static int check_feature(const struct tree *t, struct tree_node *n, struct expr_error *e)
{
	const struct name *name = name_of(t, n), *field;

	n->is_feature = 1;
	n->type = name ? name->type : constant;
	if (n->of != TREE_NONE && t->nodes[n->of].op == TREE_NAME)
		return expr_fail(e, t->nodes[n->of].at,
		                 "'of' needs an instrument in quotes: of \"%.*s\"",
		                 (int)(t->nodes[n->of].name_n > 40 ? 40 : t->nodes[n->of].name_n),
		                 t->text + t->nodes[n->of].at);
	if (n->type.kind == EXPR_TEXT && (n->by || n->of != TREE_NONE))
		return expr_fail(e, n->at, "'%s' is the event's own: it takes no '%s'", name->name,
		                 n->by ? "by" : "of");
	if (!name || !name->field || n->first == TREE_NONE)
		return 0;
	field = t->nodes[n->first].op == TREE_NAME ? name_of(t, &t->nodes[n->first]) : NULL;
	n->type = field && field->type.kind == EXPR_NUMBER ? field->type : constant;
	return 0;
}

/* Fits both: the type of what is added, compared, or the least of the two. -1: nothing does. */
static int join(struct value_type a, struct value_type b, struct value_type *ret)
{
	if (a.kind != b.kind)
		return -1;
	if (a.kind == EXPR_NUMBER && !a.constant && !b.constant &&
	    (a.price != b.price || a.size != b.size))
		return -1;
	*ret = a.constant ? b : a;
	return 0;
}

static int check_scalar_unit(const struct tree *t, struct tree_node *n, enum scalar which,
                             struct expr_error *e)
{
	struct value_type *type = &n->type;
	char text[64];

	if (which == SCALAR_LN && (type->price || type->size))
		return expr_fail(e, t->nodes[n->first].from,
		                 "ln needs a plain number, this is %s: divide it by another first",
		                 value_type_text(*type, text));
	if (which == SCALAR_SQRT && (type->price % 2 || type->size % 2))
		return expr_fail(e, t->nodes[n->first].from, "sqrt can not be taken of %s",
		                 value_type_text(*type, text));
	if (which == SCALAR_SQRT) {
		type->price /= 2;
		type->size /= 2;
	}
	return 0;
}

static int check_arguments(const struct tree_node *n, const struct scalar_function *f,
                           struct expr_error *e)
{
	if (n->by || n->of != TREE_NONE || n->where != TREE_NONE)
		return expr_fail(e, n->at, "%s has no window: 'where', 'by' and 'of' go inside",
		                 f->name);
	if (n->n < f->min_args && f->min_args == 2)
		return expr_fail(
			e, n->at,
			"%s needs two values or more, or a field and a window: %s(price, 1m)",
			f->name, f->name);
	if (n->n < f->min_args || n->n > f->max_args)
		return expr_fail(e, n->at, "%s takes one value, as in %s%s", f->name, f->name,
		                 f->args);
	return 0;
}

static int check_scalar(struct tree *t, struct tree_node *n, enum scalar which,
                        struct expr_error *e)
{
	size_t n_functions;
	const struct scalar_function *f = &scalar_functions(&n_functions)[which];
	char left[64], right[64];
	int r = check_children(t, n, e);

	if (r == 0)
		r = check_arguments(n, f, e);
	if (r)
		return r;
	n->type = t->nodes[n->first].type;
	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next) {
		const struct tree_node *arg = &t->nodes[c];

		if (arg->type.kind != EXPR_NUMBER &&
		    !(arg->type.kind == EXPR_DURATION && f->durations))
			return expr_fail(e, arg->from, "%s needs a number, this is %s", f->name,
			                 value_type_text(arg->type, left));
		if (join(n->type, arg->type, &n->type))
			return expr_fail(e, arg->from, "%s mixes %s with %s", f->name,
			                 value_type_text(n->type, left),
			                 value_type_text(arg->type, right));
	}
	return check_scalar_unit(t, n, which, e);
}

/* Texts --------------------------------------------------------------------------------------- */

static int bad_word(const struct tree *t, const struct tree_node *left,
                    const struct tree_node *right, struct expr_error *e)
{
	if (left->op == TREE_NAME &&
	    (tree_is_name(t, left, "side") || tree_is_name(t, left, "kind") ||
	     tree_is_name(t, left, "phase")))
		return 0;
	return expr_fail(e, right->from, "write the text in quotes: \"%.*s\"",
	                 (int)(right->name_n > 60 ? 60 : right->name_n), t->text + right->at);
}

/* Right of == behind a text: a string, another text, or a word for some. */
static int check_text_right(const struct tree *t, const struct tree_node *n,
                            const struct tree_node *left, const struct tree_node *right,
                            struct expr_error *e)
{
	const struct name *name;

	if (right->op == TREE_STRING)
		return 0;
	name = right->op == TREE_NAME ? name_of(t, right) : NULL;
	if (right->op == TREE_NAME && !name && !right->by && right->of == TREE_NONE)
		return bad_word(t, left, right, e);
	return right->type.kind == EXPR_TEXT ? 0 : mismatch(e, n, left, right);
}

/* A comparison of which one side is a text. */
static int check_texts(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	struct tree_node *left = &t->nodes[n->first], *right = &t->nodes[left->next];
	int r;

	if (n->op != TREE_EQUAL && n->op != TREE_NOT_EQUAL)
		return expr_fail(e, n->at, "texts are compared with == and != only");
	if (left->op == TREE_STRING || (left->op == TREE_NAME && !name_of(t, left)))
		return expr_fail(e, left->from,
		                 "the name of the text comes first, as in side == buy");
	if (left->type.kind != EXPR_TEXT)
		return mismatch(e, n, left, right);
	r = check_text_right(t, n, left, right, e);
	left->is_feature = right->is_feature = 0;
	n->is_feature = 1;
	n->type = condition;
	return r;
}

static int check_in(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	struct tree_node *left = &t->nodes[n->first], *right = &t->nodes[left->next];
	char text[64];
	int r = check(t, n->first, e);

	if (r)
		return r;
	if (left->type.kind != EXPR_TEXT || left->op != TREE_NAME)
		return expr_fail(e, left->from,
		                 "'in' needs the name of a text, such as account, not %s",
		                 left->op == TREE_STRING ? "a text itself"
		                                         : value_type_text(left->type, text));
	for (uint32_t c = right->first; right->op == TREE_LIST && c != TREE_NONE;
	     c = t->nodes[c].next)
		if (t->nodes[c].op != TREE_STRING)
			return expr_fail(e, t->nodes[c].at, "write the text in quotes: \"%.*s\"",
			                 (int)(t->nodes[c].name_n > 60 ? 60 : t->nodes[c].name_n),
			                 t->text + t->nodes[c].at);
	left->is_feature = 0;
	n->is_feature = 1;
	n->type = condition;
	return 0;
}

/* Operators ----------------------------------------------------------------------------------- */

/* `sign` 1: the product, -1: the quotient. */
static int multiply(struct value_type a, struct value_type b, int sign, struct value_type *ret)
{
	bool numbers = a.kind == EXPR_NUMBER && b.kind == EXPR_NUMBER;
	int price = a.price + sign * b.price, size = a.size + sign * b.size;

	if (numbers && price <= MAX_POWER && price >= -MAX_POWER && size <= MAX_POWER &&
	    size >= -MAX_POWER) {
		*ret = (struct value_type){
			.kind = EXPR_NUMBER,
			.constant = a.constant && b.constant,
			.price = (int8_t)price,
			.size = (int8_t)size,
		};
		return 0;
	}
	if (a.kind == EXPR_DURATION && b.kind == EXPR_DURATION && sign < 0) {
		*ret = plain;
		return 0;
	}
	if (sign > 0 && b.kind == EXPR_DURATION)
		return multiply(b, a, -1, ret);
	if (a.kind != EXPR_DURATION || b.kind != EXPR_NUMBER || b.price || b.size)
		return -1;
	*ret = a;
	return 0;
}

static int arithmetic(unsigned op, struct value_type a, struct value_type b, struct value_type *ret)
{
	bool times = a.kind == EXPR_TIME && b.kind == EXPR_TIME;

	if (op == TREE_MULTIPLY || op == TREE_DIVIDE)
		return a.kind == EXPR_DURATION && b.kind == EXPR_DURATION && op == TREE_MULTIPLY
		               ? -1
		               : multiply(a, b, op == TREE_MULTIPLY ? 1 : -1, ret);
	if (times && op == TREE_ADD)
		return -1;
	if (times || (a.kind == EXPR_TIME && b.kind == EXPR_DURATION)) {
		*ret = (struct value_type){ .kind = times ? EXPR_DURATION : EXPR_TIME };
		return 0;
	}
	return join(a, b, ret);
}

static int check_operands(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	const struct tree_node *a = &t->nodes[n->first];
	const struct tree_node *b = a->next == TREE_NONE ? a : &t->nodes[a->next];
	struct value_type type;
	char text[64];

	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next)
		if (t->nodes[c].type.kind == EXPR_CONDITION)
			return expr_fail(e, t->nodes[c].from,
			                 "'%s' needs numbers, this is a condition",
			                 tree_op_text(n->op));
	for (uint32_t c = n->first; n->op < TREE_LESS && c != TREE_NONE; c = t->nodes[c].next)
		if (t->nodes[c].type.kind == EXPR_TEXT ||
		    (t->nodes[c].type.kind == EXPR_TIME && n->op == TREE_NEGATE))
			return expr_fail(e, t->nodes[c].from, "'%s' needs numbers, this is %s",
			                 tree_op_text(n->op),
			                 value_type_text(t->nodes[c].type, text));
	if (n->op == TREE_NEGATE) {
		n->type = a->type;
		return 0;
	}
	if (n->op >= TREE_LESS && (a->type.kind == EXPR_TEXT || b->type.kind == EXPR_TEXT))
		return check_texts(t, n, e);
	if (n->op >= TREE_LESS ? join(a->type, b->type, &type)
	                       : arithmetic(n->op, a->type, b->type, &type))
		return mismatch(e, n, a, b);
	n->type = n->op >= TREE_LESS ? condition : type;
	return 0;
}

static bool is_literal(const struct tree *t, const struct tree_node *n)
{
	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next)
		if (!is_literal(t, &t->nodes[c]))
			return false;
	return n->op != TREE_NAME && (n->op != TREE_CALL || !n->is_feature);
}

static int check_between(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	const struct tree_node *x = &t->nodes[n->first];
	struct value_type type;
	char text[64];
	int r = check_children(t, n, e);

	if (r)
		return r;
	if (x->type.kind == EXPR_TEXT || x->type.kind == EXPR_CONDITION)
		return expr_fail(e, x->from, "'between' needs numbers, this is %s",
		                 value_type_text(x->type, text));
	for (uint32_t c = x->next; c != TREE_NONE; c = t->nodes[c].next) {
		const struct tree_node *bound = &t->nodes[c];

		if (join(x->type, bound->type, &type))
			return mismatch(e, n, x, bound);
		if (bound->type.kind == EXPR_TIME && !is_literal(t, bound))
			return expr_fail(e, bound->from,
			                 "'between' needs times of day such as 09:30 here");
	}
	n->type = condition;
	return 0;
}

static int check_conditions(struct tree *t, struct tree_node *n, struct expr_error *e)
{
	char text[64];

	for (uint32_t c = n->first; c != TREE_NONE; c = t->nodes[c].next)
		if (t->nodes[c].type.kind != EXPR_CONDITION)
			return expr_fail(e, t->nodes[c].from, "'%s' needs conditions, this is %s",
			                 tree_op_text(n->op),
			                 value_type_text(t->nodes[c].type, text));
	n->type = condition;
	return 0;
}

static int check(struct tree *t, uint32_t i, struct expr_error *e)
{
	struct tree_node *n = &t->nodes[i];
	enum scalar which;
	int r;

	switch (n->op) {
	case TREE_NUMBER: n->type = t->text[n->end - 1] == '%' ? plain : constant; return 0;
	case TREE_DURATION: n->type = (struct value_type){ .kind = EXPR_DURATION }; return 0;
	case TREE_TIME: n->type = (struct value_type){ .kind = EXPR_TIME }; return 0;
	case TREE_STRING: n->type = (struct value_type){ .kind = EXPR_TEXT }; return 0;
	case TREE_NAME: return check_feature(t, n, e);
	case TREE_CALL:
		which = scalar_of(t, n);
		return which == SCALAR_NONE ? check_feature(t, n, e) : check_scalar(t, n, which, e);
	case TREE_IN: return check_in(t, n, e);
	case TREE_BETWEEN: return check_between(t, n, e);
	default: break;
	}
	r = check_children(t, n, e);
	if (r)
		return r;
	return n->op >= TREE_NOT ? check_conditions(t, n, e) : check_operands(t, n, e);
}

int check_types(struct tree *t, struct expr_error *ret_error)
{
	const struct tree_node *root = &t->nodes[t->root];
	char text[64];
	int r = check(t, t->root, ret_error);

	if (r == 0 && root->type.kind != EXPR_CONDITION)
		return expr_fail(ret_error, root->from,
		                 "a rule needs a condition, such as 'rate(1s) > 50'; this is %s",
		                 value_type_text(root->type, text));
	return r;
}
