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

#include "expr/lex.h"

struct parser {
	struct lex lex;
	struct tree *tree;
	struct expr_error *error;
	unsigned level;
};

static int parse_or(struct parser *p, uint32_t *ret);
static int parse_unary(struct parser *p, uint32_t *ret);

static int advance(struct parser *p)
{
	return lex_next(&p->lex, p->error);
}

static struct tree_node *at(struct parser *p, uint32_t i)
{
	return &p->tree->nodes[i];
}

static int node_new(struct parser *p, enum tree_op op, uint32_t *ret)
{
	struct tree *t = p->tree;
	uint32_t n = t->n_nodes;

	if ((n & (n - 1)) == 0) {
		struct tree_node *more = realloc(t->nodes, (n ? 2 * n : 1) * sizeof *more);

		if (!more)
			return -ENOMEM;
		t->nodes = more;
	}
	t->nodes[n] = (struct tree_node){
		.op = (uint8_t)op,
		.depth = 1,
		.at = (uint32_t)p->lex.at,
		.end = (uint32_t)p->lex.end,
		.first = TREE_NONE,
		.next = TREE_NONE,
		.index = TREE_NONE,
	};
	t->n_nodes++;
	*ret = n;
	return 0;
}

static int too_deep(struct parser *p, size_t where)
{
	return expr_fail(p->error, where, "nested too deep: more than %d levels", TREE_MAX_DEPTH);
}

/* Makes `child` the last child of `parent`; `last` is the one before it, or TREE_NONE. */
static int adopt(struct parser *p, uint32_t parent, uint32_t last, uint32_t child)
{
	struct tree_node *n = at(p, parent), *c = at(p, child);

	if (c->depth >= TREE_MAX_DEPTH)
		return too_deep(p, c->at);
	if (last == TREE_NONE)
		n->first = child;
	else
		at(p, last)->next = child;
	if (n->depth <= c->depth)
		n->depth = (uint8_t)(c->depth + 1);
	n->n++;
	if (n->end < c->end)
		n->end = c->end;
	return 0;
}

static int enter(struct parser *p)
{
	return ++p->level > TREE_MAX_DEPTH ? too_deep(p, p->lex.at) : 0;
}

static bool is_op(const struct parser *p, enum tree_op first, enum tree_op last)
{
	return p->lex.token == LEX_OPERATOR && p->lex.op >= first && p->lex.op <= last;
}

static int parse_call(struct parser *p, uint32_t call)
{
	uint32_t last = TREE_NONE, arg;
	size_t open = p->lex.at;
	int r;

	at(p, call)->op = TREE_CALL;
	r = advance(p);
	while (r == 0 && !(at(p, call)->n == 0 && p->lex.token == LEX_CLOSE)) {
		r = parse_or(p, &arg);
		if (r)
			return r;
		r = adopt(p, call, last, arg);
		if (r)
			return r;
		last = arg;
		if (p->lex.token == LEX_CLOSE)
			break;
		if (p->lex.token != LEX_COMMA) {
			char what[64];

			return expr_fail(
				p->error, p->lex.at,
				"expected ',' or ')', found %s ('(' at column %zu is open)",
				lex_describe(&p->lex, what), open + 1);
		}
		r = advance(p);
	}
	if (r)
		return r;
	at(p, call)->end = (uint32_t)p->lex.end;
	return advance(p);
}

static int parse_name(struct parser *p, uint32_t *ret)
{
	int r = node_new(p, TREE_NAME, ret);

	if (r)
		return r;
	at(p, *ret)->name_n = (uint32_t)(p->lex.end - p->lex.at);
	r = advance(p);
	if (r || p->lex.token != LEX_OPEN)
		return r;
	return parse_call(p, *ret);
}

static int parse_group(struct parser *p, uint32_t *ret)
{
	size_t open = p->lex.at;
	char what[64];
	int r = advance(p);

	if (r == 0)
		r = parse_or(p, ret);
	if (r)
		return r;
	if (p->lex.token != LEX_CLOSE)
		return expr_fail(p->error, p->lex.at,
		                 "expected ')', found %s ('(' at column %zu is open)",
		                 lex_describe(&p->lex, what), open + 1);
	return advance(p);
}

static int parse_negate(struct parser *p, uint32_t *ret)
{
	uint32_t child;
	int r = node_new(p, TREE_NEGATE, ret);

	if (r == 0)
		r = advance(p);
	if (r == 0)
		r = parse_unary(p, &child);
	return r ? r : adopt(p, *ret, TREE_NONE, child);
}

static int parse_literal(struct parser *p, uint32_t *ret)
{
	int r = node_new(p, p->lex.token == LEX_NUMBER ? TREE_NUMBER : TREE_DURATION, ret);

	if (r)
		return r;
	at(p, *ret)->number = p->lex.number;
	at(p, *ret)->duration_ns = p->lex.duration_ns;
	return advance(p);
}

static int parse_unary(struct parser *p, uint32_t *ret)
{
	char what[64];
	int r = enter(p);

	if (r)
		return r;
	if (is_op(p, TREE_SUBTRACT, TREE_SUBTRACT))
		r = parse_negate(p, ret);
	else if (p->lex.token == LEX_NUMBER || p->lex.token == LEX_DURATION)
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
	int r = node_new(p, p->lex.op, &node);

	if (r)
		return r;
	at(p, node)->at = at(p, left)->at;
	r = adopt(p, node, TREE_NONE, left);
	if (r == 0)
		r = advance(p);
	if (r == 0)
		r = part(p, &right);
	if (r == 0)
		r = adopt(p, node, left, right);
	*ret = node;
	return r;
}

static int parse_product(struct parser *p, uint32_t *ret)
{
	int r = parse_unary(p, ret);

	while (r == 0 && is_op(p, TREE_MULTIPLY, TREE_DIVIDE))
		r = parse_right(p, parse_unary, *ret, ret);
	return r;
}

static int parse_sum(struct parser *p, uint32_t *ret)
{
	int r = parse_product(p, ret);

	while (r == 0 && is_op(p, TREE_ADD, TREE_SUBTRACT))
		r = parse_right(p, parse_product, *ret, ret);
	return r;
}

static int parse_comparison(struct parser *p, uint32_t *ret)
{
	int r = parse_sum(p, ret);

	if (r || !is_op(p, TREE_LESS, TREE_NOT_EQUAL))
		return r;
	r = parse_right(p, parse_sum, *ret, ret);
	if (r == 0 && is_op(p, TREE_LESS, TREE_NOT_EQUAL))
		return expr_fail(p->error, p->lex.at,
		                 "comparisons do not chain: write 'a < b and b < c'");
	return r;
}

static int parse_not(struct parser *p, uint32_t *ret)
{
	uint32_t child;
	int r;

	if (!is_op(p, TREE_NOT, TREE_NOT))
		return parse_comparison(p, ret);
	r = enter(p);
	if (r == 0)
		r = node_new(p, TREE_NOT, ret);
	if (r == 0)
		r = advance(p);
	if (r == 0)
		r = parse_not(p, &child);
	p->level--;
	return r ? r : adopt(p, *ret, TREE_NONE, child);
}

/* `part` { op `part` } as one node of all its terms. */
static int parse_list(struct parser *p, enum tree_op op, int (*part)(struct parser *, uint32_t *),
                      uint32_t *ret)
{
	uint32_t last, more;
	int r = part(p, ret);

	if (r || !is_op(p, op, op))
		return r;
	last = *ret;
	r = parse_right(p, part, last, ret);
	if (r)
		return r;
	last = at(p, last)->next;
	while (is_op(p, op, op)) {
		r = advance(p);
		if (r == 0)
			r = part(p, &more);
		if (r == 0)
			r = adopt(p, *ret, last, more);
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

static int parse_or(struct parser *p, uint32_t *ret)
{
	return parse_list(p, TREE_OR, parse_and, ret);
}

static int parse_all(struct parser *p)
{
	char what[64];
	int r = advance(p);

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
		[TREE_NEGATE] = "-",      [TREE_ADD] = "+",        [TREE_SUBTRACT] = "-",
		[TREE_MULTIPLY] = "*",    [TREE_DIVIDE] = "/",     [TREE_LESS] = "<",
		[TREE_LESS_EQUAL] = "<=", [TREE_GREATER] = ">",    [TREE_GREATER_EQUAL] = ">=",
		[TREE_EQUAL] = "==",      [TREE_NOT_EQUAL] = "!=", [TREE_NOT] = "not",
		[TREE_AND] = "and",       [TREE_OR] = "or",
	};

	return op < sizeof texts / sizeof texts[0] && texts[op] ? texts[op] : "?";
}
