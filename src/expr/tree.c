/* The parser: recursive descent, one function a line of the grammar in tree.h.
 *
 * Nodes lie in one array and name their children by index, so the whole tree is two allocations
 * and moves freely. Every node knows its bytes in the text, for messages. Two bounds keep hostile
 * text harmless: its length, and the height of the tree. The height is checked when a node is
 * made; the way down to a node not yet made (parentheses, signs, `not`) is counted by `level`. */
#include "tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "expr/parser.h"

static int parse_unary(struct parser *p, uint32_t *ret);

static int parse_group(struct parser *p, uint32_t *ret)
{
	size_t open = p->lex.at;
	char what[64];
	int r = parser_advance(p);

	if (r == 0)
		r = parse_or(p, ret);
	if (r)
		return r;
	if (p->lex.token != LEX_CLOSE)
		return expr_fail(p->error, p->lex.at,
		                 "expected ')', found %s ('(' at column %zu is open)",
		                 lex_describe(&p->lex, what), open + 1);
	parser_at(p, *ret)->from = (uint32_t)open;
	parser_at(p, *ret)->to = (uint32_t)p->lex.end;
	return parser_advance(p);
}

static int parse_negate(struct parser *p, uint32_t *ret)
{
	uint32_t child;
	int r = parser_node(p, TREE_NEGATE, ret);

	if (r == 0)
		r = parser_advance(p);
	if (r == 0)
		r = parse_unary(p, &child);
	return r ? r : parser_adopt(p, *ret, TREE_NONE, child);
}

static int parse_literal(struct parser *p, uint32_t *ret)
{
	static const enum tree_op ops[] = {
		[LEX_NUMBER] = TREE_NUMBER,
		[LEX_DURATION] = TREE_DURATION,
		[LEX_TIME] = TREE_TIME,
		[LEX_STRING] = TREE_STRING,
	};
	int r = parser_node(p, ops[p->lex.token], ret);

	if (r)
		return r;
	parser_at(p, *ret)->number = p->lex.number;
	parser_at(p, *ret)->duration_ns = p->lex.duration_ns;
	return parser_advance(p);
}

static int parse_unary(struct parser *p, uint32_t *ret)
{
	char what[64];
	int r = parser_enter(p);

	if (r)
		return r;
	if (parser_is(p, TREE_SUBTRACT, TREE_SUBTRACT))
		r = parse_negate(p, ret);
	else if (p->lex.token >= LEX_NUMBER && p->lex.token <= LEX_STRING)
		r = parse_literal(p, ret);
	else if (p->lex.token == LEX_NAME)
		r = parse_name(p, ret);
	else if (p->lex.token == LEX_OPEN)
		r = parse_group(p, ret);
	else
		r = expr_fail(p->error, p->lex.at, "expected a value, found %s",
		              lex_describe(&p->lex, what));
	p->level--;
	return r;
}

/* A node of two children, the first already read; the operator is the token now. */
static int parse_right(struct parser *p, int (*part)(struct parser *, uint32_t *), uint32_t left,
                       uint32_t *ret)
{
	uint32_t node, right;
	int r = parser_node(p, p->lex.op, &node);

	if (r)
		return r;
	parser_at(p, node)->at = parser_at(p, left)->at;
	parser_at(p, node)->from = parser_at(p, left)->from;
	r = parser_adopt(p, node, TREE_NONE, left);
	if (r == 0)
		r = parser_advance(p);
	if (r == 0)
		r = part(p, &right);
	if (r == 0)
		r = parser_adopt(p, node, left, right);
	*ret = node;
	return r;
}

static int parse_product(struct parser *p, uint32_t *ret)
{
	int r = parse_unary(p, ret);

	while (r == 0 && parser_is(p, TREE_MULTIPLY, TREE_DIVIDE))
		r = parse_right(p, parse_unary, *ret, ret);
	return r;
}

static int parse_sum(struct parser *p, uint32_t *ret)
{
	int r = parse_product(p, ret);

	while (r == 0 && parser_is(p, TREE_ADD, TREE_SUBTRACT))
		r = parse_right(p, parse_product, *ret, ret);
	return r;
}

/* `a` between `b` and `c`: the 'and' is no operator here. */
static int parse_between(struct parser *p, uint32_t *ret)
{
	uint32_t middle, last;
	char what[64];
	int r = parse_right(p, parse_sum, *ret, ret);

	if (r)
		return r;
	if (!parser_is(p, TREE_AND, TREE_AND))
		return expr_fail(p->error, p->lex.at,
		                 "expected 'and', found %s: write 'between a and b'",
		                 lex_describe(&p->lex, what));
	middle = parser_at(p, parser_at(p, *ret)->first)->next;
	r = parser_advance(p);
	if (r == 0)
		r = parse_sum(p, &last);
	return r ? r : parser_adopt(p, *ret, middle, last);
}

/* `a not in b` as a `not` over `a in b`. */
static int turn(struct parser *p, uint32_t *ret)
{
	uint32_t inner = *ret;
	int r = parser_node(p, TREE_NOT, ret);

	if (r)
		return r;
	parser_at(p, *ret)->at = parser_at(p, inner)->at;
	parser_at(p, *ret)->from = parser_at(p, inner)->from;
	parser_at(p, *ret)->end = parser_at(p, *ret)->to = 0;
	return parser_adopt(p, *ret, TREE_NONE, inner);
}

static int parse_comparison(struct parser *p, uint32_t *ret)
{
	char what[64];
	bool negated;
	int r = parse_sum(p, ret);

	negated = r == 0 && parser_is(p, TREE_NOT, TREE_NOT);
	if (negated)
		r = parser_advance(p);
	if (r)
		return r;
	if (parser_is(p, TREE_IN, TREE_IN))
		r = parse_right(p, parse_set, *ret, ret);
	else if (parser_is(p, TREE_BETWEEN, TREE_BETWEEN))
		r = parse_between(p, ret);
	else if (negated)
		return expr_fail(p->error, p->lex.at, "expected 'in' or 'between', found %s",
		                 lex_describe(&p->lex, what));
	else if (parser_is(p, TREE_LESS, TREE_NOT_EQUAL))
		r = parse_right(p, parse_sum, *ret, ret);
	else
		return 0;
	if (r == 0 && parser_is(p, TREE_LESS, TREE_BETWEEN))
		return expr_fail(p->error, p->lex.at,
		                 "comparisons do not chain: write 'a < b and b < c'");
	return r == 0 && negated ? turn(p, ret) : r;
}

static int parse_not(struct parser *p, uint32_t *ret)
{
	uint32_t child;
	int r;

	if (!parser_is(p, TREE_NOT, TREE_NOT))
		return parse_comparison(p, ret);
	r = parser_enter(p);
	if (r == 0)
		r = parser_node(p, TREE_NOT, ret);
	if (r == 0)
		r = parser_advance(p);
	if (r == 0)
		r = parse_not(p, &child);
	p->level--;
	return r ? r : parser_adopt(p, *ret, TREE_NONE, child);
}

/* `part` { op `part` } as one node of all its terms. */
static int parse_list(struct parser *p, enum tree_op op, int (*part)(struct parser *, uint32_t *),
                      uint32_t *ret)
{
	uint32_t last, more;
	int r = part(p, ret);

	if (r || !parser_is(p, op, op))
		return r;
	last = *ret;
	r = parse_right(p, part, last, ret);
	if (r)
		return r;
	last = parser_at(p, last)->next;
	while (parser_is(p, op, op)) {
		r = parser_advance(p);
		if (r == 0)
			r = part(p, &more);
		if (r == 0)
			r = parser_adopt(p, *ret, last, more);
		if (r)
			return r;
		last = more;
	}
	return 0;
}

static int parse_and(struct parser *p, uint32_t *ret)
{
	return parse_list(p, TREE_AND, parse_not, ret);
}

int parse_or(struct parser *p, uint32_t *ret)
{
	return parse_list(p, TREE_OR, parse_and, ret);
}

static int parse_all(struct parser *p)
{
	char what[64];
	int r = parser_advance(p);

	if (r)
		return r;
	if (p->lex.token == LEX_END)
		return expr_fail(p->error, 0, "the expression is empty");
	r = parse_or(p, &p->tree->root);
	if (r)
		return r;
	if (p->lex.token != LEX_END)
		return expr_fail(p->error, p->lex.at, "expected an operator or the end, found %s",
		                 lex_describe(&p->lex, what));
	return 0;
}

int tree_parse(const char *text, size_t n, struct tree *ret, struct expr_error *ret_error)
{
	struct tree t = { .n = n };
	struct parser p = { .tree = &t, .error = ret_error };
	int r;

	if (n > TREE_MAX_TEXT)
		return expr_fail(ret_error, TREE_MAX_TEXT, "longer than %d bytes", TREE_MAX_TEXT);
	t.text = malloc(n + 1);
	if (!t.text)
		return -ENOMEM;
	if (n)
		memcpy(t.text, text, n);
	t.text[n] = 0;
	p.lex.text = t.text;
	p.lex.n = n;
	r = parse_all(&p);
	if (r) {
		tree_done(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void tree_done(struct tree *t)
{
	free(t->text);
	free(t->nodes);
	*t = (struct tree){ 0 };
}

const char *tree_op_text(unsigned op)
{
	static const char *const texts[] = {
		[TREE_NEGATE] = "-",      [TREE_ADD] = "+",           [TREE_SUBTRACT] = "-",
		[TREE_MULTIPLY] = "*",    [TREE_DIVIDE] = "/",        [TREE_LESS] = "<",
		[TREE_LESS_EQUAL] = "<=", [TREE_GREATER] = ">",       [TREE_GREATER_EQUAL] = ">=",
		[TREE_EQUAL] = "==",      [TREE_NOT_EQUAL] = "!=",    [TREE_NOT] = "not",
		[TREE_IN] = "in",         [TREE_BETWEEN] = "between", [TREE_AND] = "and",
		[TREE_OR] = "or",
	};

	return op < sizeof texts / sizeof texts[0] && texts[op] ? texts[op] : "?";
}

bool tree_is_name(const struct tree *t, const struct tree_node *n, const char *name)
{
	return (n->op == TREE_NAME || n->op == TREE_CALL) && strlen(name) == n->name_n &&
	       memcmp(t->text + n->at, name, n->name_n) == 0;
}

const char *tree_string(const struct tree *t, const struct tree_node *n, size_t *ret_n)
{
	*ret_n = n->end - n->at - 2;
	return t->text + n->at + 1;
}

const char *tree_by_name(unsigned i)
{
	static const char *const names[] = { "instrument", "account", "venue", "counterparty" };

	return i < TREE_N_BY ? names[i] : NULL;
}

void tree_by_print(unsigned by, struct buf *out)
{
	const char *plus = "";

	for (unsigned i = 0; i < TREE_N_BY; i++) {
		if (!(by & 1u << i))
			continue;
		buf_printf(out, "%s%s", plus, tree_by_name(i));
		plus = "+";
	}
}
