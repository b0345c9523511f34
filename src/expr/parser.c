/* Building nodes, and what is written like a call: name(arguments where ...) by ... of "...", and the
 * right of `in`. */
#include "parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"

int parser_advance(struct parser *p)
{
	return lex_next(&p->lex, p->error);
}

struct tree_node *parser_at(struct parser *p, uint32_t i)
{
	return &p->tree->nodes[i];
}

int parser_node(struct parser *p, enum tree_op op, uint32_t *ret)
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
		.from = (uint32_t)p->lex.at,
		.to = (uint32_t)p->lex.end,
		.first = TREE_NONE,
		.next = TREE_NONE,
		.where = TREE_NONE,
		.of = TREE_NONE,
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

/* `n` reaches over `c`. */
static int span(struct parser *p, struct tree_node *n, const struct tree_node *c)
{
	if (c->depth >= TREE_MAX_DEPTH)
		return too_deep(p, c->at);
	if (n->depth <= c->depth)
		n->depth = (uint8_t)(c->depth + 1);
	if (n->to < c->to)
		n->end = n->to = c->to;
	return 0;
}

/* Makes `child` the last child of `parent`; `last` is the one before it, or TREE_NONE. */
int parser_adopt(struct parser *p, uint32_t parent, uint32_t last, uint32_t child)
{
	struct tree_node *n = parser_at(p, parent), *c = parser_at(p, child);

	if (last == TREE_NONE)
		n->first = child;
	else
		parser_at(p, last)->next = child;
	n->n++;
	return span(p, n, c);
}

/* The token belongs to node `i` too. */
static void take_token(struct parser *p, uint32_t i)
{
	parser_at(p, i)->end = parser_at(p, i)->to = (uint32_t)p->lex.end;
}

int parser_enter(struct parser *p)
{
	return ++p->level > TREE_MAX_DEPTH ? too_deep(p, p->lex.at) : 0;
}

bool parser_is(const struct parser *p, enum tree_op first, enum tree_op last)
{
	return p->lex.token == LEX_OPERATOR && p->lex.op >= first && p->lex.op <= last;
}

/* The token should be a comma, or the ')' of what was opened at byte `open`. */
static int want_comma(struct parser *p, size_t open)
{
	char what[64];

	if (p->lex.token == LEX_CLOSE)
		return 0;
	if (p->lex.token == LEX_COMMA)
		return parser_advance(p);
	return expr_fail(p->error, p->lex.at,
	                 "expected ',' or ')', found %s ('(' at column %zu is open)",
	                 lex_describe(&p->lex, what), open + 1);
}

static int parse_where(struct parser *p, uint32_t call)
{
	uint32_t where;
	int r = parser_advance(p);

	if (r == 0)
		r = parse_or(p, &where);
	if (r)
		return r;
	parser_at(p, call)->where = where;
	if (p->lex.token == LEX_COMMA)
		return expr_fail(p->error, p->lex.at, "'where' comes last, after the window");
	return span(p, parser_at(p, call), parser_at(p, where));
}

static int parse_arguments(struct parser *p, uint32_t call)
{
	uint32_t last = TREE_NONE, arg;
	size_t open = p->lex.at;
	int r;

	parser_at(p, call)->op = TREE_CALL;
	r = parser_advance(p);
	while (r == 0 && !(last == TREE_NONE && p->lex.token == LEX_CLOSE) &&
	       p->lex.token != LEX_WHERE) {
		r = parse_or(p, &arg);
		if (r == 0)
			r = parser_adopt(p, call, last, arg);
		if (r)
			return r;
		last = arg;
		if (p->lex.token == LEX_CLOSE || p->lex.token == LEX_WHERE)
			break;
		r = want_comma(p, open);
	}
	if (r == 0 && p->lex.token == LEX_WHERE)
		r = parse_where(p, call);
	if (r == 0 && p->lex.token != LEX_CLOSE)
		r = want_comma(p, open);
	if (r)
		return r;
	take_token(p, call);
	return parser_advance(p);
}

static unsigned find_by(const struct lex *l)
{
	size_t n = l->end - l->at;

	for (unsigned i = 0; l->token == LEX_NAME && i < TREE_N_BY; i++)
		if (strlen(tree_by_name(i)) == n &&
		    memcmp(tree_by_name(i), l->text + l->at, n) == 0)
			return 1u << i;
	return 0;
}

static int unknown_by(struct parser *p)
{
	const char *names[TREE_N_BY], *near;
	size_t n = p->lex.end - p->lex.at;
	char what[64];

	for (unsigned i = 0; i < TREE_N_BY; i++)
		names[i] = tree_by_name(i);
	near = nearest(p->lex.text + p->lex.at, n, names, TREE_N_BY);
	return expr_fail(p->error, p->lex.at,
	                 "expected instrument, account, venue or counterparty, found %s%s%s%s",
	                 lex_describe(&p->lex, what), near ? " (did you mean '" : "",
	                 near ? near : "", near ? "'?)" : "");
}

/* A '+' goes on only before another dimension: `count(1m) by account + rate(1s)` is a sum. */
static bool more_by(const struct parser *p)
{
	struct lex ahead = p->lex;
	struct expr_error ignored;

	return parser_is(p, TREE_ADD, TREE_ADD) && lex_next(&ahead, &ignored) == 0 &&
	       find_by(&ahead);
}

static int parse_by(struct parser *p, uint32_t call)
{
	int r;

	do {
		unsigned bit;

		r = parser_advance(p);
		if (r)
			return r;
		bit = find_by(&p->lex);
		if (!bit)
			return unknown_by(p);
		if (parser_at(p, call)->by & bit)
			return expr_fail(p->error, p->lex.at, "'%.*s' is there twice",
			                 (int)(p->lex.end - p->lex.at), p->lex.text + p->lex.at);
		parser_at(p, call)->by |= (uint8_t)bit;
		parser_at(p, call)->to = (uint32_t)p->lex.end;
		r = parser_advance(p);
	} while (r == 0 && more_by(p));
	return r;
}

/* A string, or the name of one. */
static int parse_text(struct parser *p, const char *after, uint32_t *ret)
{
	char what[64];
	int r;

	if (p->lex.token != LEX_STRING && p->lex.token != LEX_NAME)
		return expr_fail(p->error, p->lex.at,
		                 "expected a text in quotes after '%s', found %s", after,
		                 lex_describe(&p->lex, what));
	r = parser_node(p, p->lex.token == LEX_STRING ? TREE_STRING : TREE_NAME, ret);
	if (r)
		return r;
	parser_at(p, *ret)->name_n = (uint32_t)(p->lex.end - p->lex.at);
	return parser_advance(p);
}

static int parse_of(struct parser *p, uint32_t call)
{
	uint32_t of;
	int r = parser_advance(p);

	if (r == 0)
		r = parse_text(p, "of", &of);
	if (r)
		return r;
	parser_at(p, call)->of = of;
	parser_at(p, call)->to = parser_at(p, of)->to;
	return 0;
}

int parse_name(struct parser *p, uint32_t *ret)
{
	int r = parser_node(p, TREE_NAME, ret);

	if (r)
		return r;
	parser_at(p, *ret)->name_n = (uint32_t)(p->lex.end - p->lex.at);
	r = parser_advance(p);
	if (r == 0 && p->lex.token == LEX_OPEN)
		r = parse_arguments(p, *ret);
	if (r == 0 && p->lex.token == LEX_BY)
		r = parse_by(p, *ret);
	if (r == 0 && p->lex.token == LEX_OF)
		r = parse_of(p, *ret);
	if (r == 0 && p->lex.token == LEX_BY)
		r = expr_fail(p->error, p->lex.at, "'by' comes before 'of', and once");
	return r;
}

/* Right of `in`: ("A", "B"), or the name of a list. */
int parse_set(struct parser *p, uint32_t *ret)
{
	uint32_t last = TREE_NONE, item;
	size_t open = p->lex.at;
	int r;

	if (p->lex.token == LEX_NAME)
		return parse_text(p, "in", ret);
	if (p->lex.token != LEX_OPEN) {
		char what[64];

		return expr_fail(p->error, p->lex.at,
		                 "expected the name of a list, or texts in parentheses, found %s",
		                 lex_describe(&p->lex, what));
	}
	r = parser_node(p, TREE_LIST, ret);
	if (r == 0)
		r = parser_advance(p);
	while (r == 0) {
		r = parse_text(p, last == TREE_NONE ? "(" : ",", &item);
		if (r == 0)
			r = parser_adopt(p, *ret, last, item);
		if (r || p->lex.token == LEX_CLOSE)
			break;
		last = item;
		r = want_comma(p, open);
	}
	if (r)
		return r;
	take_token(p, *ret);
	return parser_advance(p);
}
