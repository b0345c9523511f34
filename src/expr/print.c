/* A walk down the tree that knows how tightly the place it writes into binds: a part that binds less
 * gets parentheses. Reading the text again gives the same tree; only a sum of sums keeps its
 * parentheses (floating point is not associative), `and` within `and` is flattened. */
#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES_DEEP 16

struct printer {
	struct buf *out;
	struct print_map *map;
	struct print_names *names;
	struct expr_error *error;
	uint32_t source, error_source;
	unsigned open[MAX_NAMES_DEEP], n_open; /* names being written, outermost first */
};

enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

static int print(struct printer *p, const struct tree *t, uint32_t i, enum level least);

static enum level level_of(unsigned op)
{
	switch (op) {
	case TREE_OR: return LEVEL_OR;
	case TREE_AND: return LEVEL_AND;
	case TREE_NOT: return LEVEL_NOT;
	case TREE_ADD:
	case TREE_SUBTRACT: return LEVEL_SUM;
	case TREE_MULTIPLY:
	case TREE_DIVIDE: return LEVEL_PRODUCT;
	default: return op >= TREE_LESS && op <= TREE_BETWEEN ? LEVEL_COMPARE : LEVEL_UNARY;
	}
}

static int fail(struct printer *p, size_t at)
{
	p->error->at = at;
	p->error_source = p->source;
	return -EINVAL;
}

/* What is written next came from n bytes at `at`. */
static int mark(struct printer *p, size_t at, size_t n)
{
	struct print_map *m = p->map;

	if (!m)
		return 0;
	if ((m->n & (m->n - 1)) == 0) {
		struct print_piece *more = realloc(m->v, (m->n ? 2 * m->n : 1) * sizeof *more);

		if (!more)
			return -ENOMEM;
		m->v = more;
	}
	m->v[m->n++] = (struct print_piece){
		.out = (uint32_t)p->out->n,
		.source = p->source,
		.at = (uint32_t)at,
		.n = (uint32_t)n,
	};
	return 0;
}

static int slice(struct printer *p, const struct tree *t, size_t at, size_t end)
{
	int r = mark(p, at, end - at);

	buf_add(p->out, t->text + at, end - at);
	return r;
}

/* Names --------------------------------------------------------------------------------------- */

static int cycle(struct printer *p, const struct tree_node *n, unsigned again)
{
	struct buf chain = { 0 };
	bool on = false;

	for (unsigned i = 0; i < p->n_open; i++) {
		on |= p->open[i] == again;
		if (on)
			buf_printf(&chain, "%s -> ", p->names->v[p->open[i]].name);
	}
	expr_fail(p->error, n->at, "'%s' is defined by itself: %s%s", p->names->v[again].name,
	          buf_str(&chain), p->names->v[again].name);
	buf_done(&chain);
	return fail(p, n->at);
}

static int print_name(struct printer *p, const struct tree_node *n, unsigned which,
                      enum level least)
{
	struct print_name *name = &p->names->v[which];
	uint32_t source = p->source;
	int r;

	if (n->op == TREE_CALL || n->by || n->of != TREE_NONE) {
		expr_fail(p->error, n->at, "'%s' is a name given to an expression: it takes no %s",
		          name->name,
		          n->op == TREE_CALL ? "arguments"
		          : n->by            ? "'by'"
		                             : "'of'");
		return fail(p, n->at);
	}
	if (name->open)
		return cycle(p, n, which);
	if (p->n_open == MAX_NAMES_DEEP) {
		expr_fail(p->error, n->at, "names within one another more than %d deep",
		          MAX_NAMES_DEEP);
		return fail(p, n->at);
	}
	p->open[p->n_open++] = which;
	name->open = name->used = true;
	p->source = which + 1;
	r = print(p, name->tree, name->tree->root, least);
	p->source = source;
	name->open = false;
	p->n_open--;
	if (r == 0 && p->out->n > TREE_MAX_TEXT) {
		expr_fail(p->error, n->at, "with its names written out, longer than %d bytes",
		          TREE_MAX_TEXT);
		return fail(p, n->at);
	}
	return r;
}

static bool find_name(const struct printer *p, const struct tree *t, const struct tree_node *n,
                      unsigned *ret)
{
	for (unsigned i = 0; p->names && i < p->names->n; i++) {
		if (tree_is_name(t, n, p->names->v[i].name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* Parts --------------------------------------------------------------------------------------- */

/* The children apart by ", ". */
static int print_children(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	int r = 0;

	for (uint32_t c = n->first; r == 0 && c != TREE_NONE; c = t->nodes[c].next) {
		if (c != n->first)
			buf_puts(p->out, ", ");
		r = print(p, t, c, LEVEL_OR);
	}
	return r;
}

static int print_call(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	int r = slice(p, t, n->at, n->at + n->name_n);

	if (r == 0 && n->op == TREE_CALL) {
		buf_putc(p->out, '(');
		r = print_children(p, t, n);
		if (r == 0 && n->where != TREE_NONE) {
			buf_puts(p->out, n->n ? " where " : "where ");
			r = print(p, t, n->where, LEVEL_OR);
		}
		if (r == 0)
			r = mark(p, n->end - 1, 1);
		buf_putc(p->out, ')');
	}
	if (n->by) {
		buf_puts(p->out, " by ");
		tree_by_print(n->by, p->out);
	}
	if (r == 0 && n->of != TREE_NONE) {
		buf_puts(p->out, " of ");
		r = print(p, t, n->of, LEVEL_UNARY);
	}
	return r;
}

static int print_set(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	unsigned name;
	int r;

	if (n->op == TREE_NAME) {
		if (!find_name(p, t, n, &name))
			return slice(p, t, n->at, n->end);
		expr_fail(p->error, n->at, "'%s' is no list: write in (%s)", p->names->v[name].name,
		          p->names->v[name].name);
		return fail(p, n->at);
	}
	r = mark(p, n->at, 1);
	buf_putc(p->out, '(');
	if (r == 0)
		r = print_children(p, t, n);
	buf_putc(p->out, ')');
	return r;
}

/* a <op> b, and the three of between. */
static int print_compare(struct printer *p, const struct tree *t, const struct tree_node *n,
                         const char *negation)
{
	uint32_t right = t->nodes[n->first].next;
	int r = print(p, t, n->first, LEVEL_SUM);

	buf_printf(p->out, " %s%s ", negation, tree_op_text(n->op));
	if (r)
		return r;
	if (n->op == TREE_IN)
		return print_set(p, t, &t->nodes[right]);
	r = print(p, t, right, LEVEL_SUM);
	if (r || n->op != TREE_BETWEEN)
		return r;
	buf_puts(p->out, " and ");
	return print(p, t, t->nodes[right].next, LEVEL_SUM);
}

static int print_not(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	const struct tree_node *inner = &t->nodes[n->first];
	int r;

	if (inner->op == TREE_IN || inner->op == TREE_BETWEEN)
		return print_compare(p, t, inner, "not ");
	r = mark(p, n->at, 3);
	buf_puts(p->out, "not ");
	return r ? r : print(p, t, n->first, LEVEL_NOT);
}

/* Terms joined by an operator; those on the right of - and / bind tighter. */
static int print_list(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	enum level level = level_of(n->op), right = n->op >= TREE_AND ? level : level + 1;
	int r = print(p, t, n->first, level);

	for (uint32_t c = t->nodes[n->first].next; r == 0 && c != TREE_NONE; c = t->nodes[c].next) {
		buf_printf(p->out, " %s ", tree_op_text(n->op));
		r = print(p, t, c, right);
	}
	return r;
}

static int print_inner(struct printer *p, const struct tree *t, const struct tree_node *n)
{
	int r;

	switch (n->op) {
	case TREE_NAME:
	case TREE_CALL: return print_call(p, t, n);
	case TREE_NUMBER:
	case TREE_DURATION:
	case TREE_TIME:
	case TREE_STRING: return slice(p, t, n->at, n->end);
	case TREE_NEGATE:
		r = mark(p, n->at, 1);
		buf_putc(p->out, '-');
		return r ? r : print(p, t, n->first, LEVEL_UNARY);
	case TREE_NOT: return print_not(p, t, n);
	default: break;
	}
	return level_of(n->op) == LEVEL_COMPARE ? print_compare(p, t, n, "") : print_list(p, t, n);
}

static int print(struct printer *p, const struct tree *t, uint32_t i, enum level least)
{
	const struct tree_node *n = &t->nodes[i];
	enum level level = level_of(n->op);
	unsigned name;
	int r = 0;

	if ((n->op == TREE_NAME || n->op == TREE_CALL) && find_name(p, t, n, &name))
		return print_name(p, n, name, least);
	if (n->op == TREE_NOT &&
	    (t->nodes[n->first].op == TREE_IN || t->nodes[n->first].op == TREE_BETWEEN))
		level = LEVEL_COMPARE;
	if (level >= least)
		return print_inner(p, t, n);
	r = mark(p, n->at, 1);
	buf_putc(p->out, '(');
	if (r == 0)
		r = print_inner(p, t, n);
	buf_putc(p->out, ')');
	return r;
}

int print_tree(const struct tree *t, uint32_t i, struct buf *out, struct print_map *map)
{
	struct printer p = { .out = out, .map = map };
	int r = print(&p, t, i, LEVEL_OR);

	return r == 0 && out->failed ? -ENOMEM : r;
}

int print_expanded(const struct tree *t, struct print_names *names, struct buf *out,
                   struct print_map *map, struct expr_error *ret_error, uint32_t *ret_source)
{
	struct printer p = { .out = out, .map = map, .names = names, .error = ret_error };
	int r = print(&p, t, t->root, LEVEL_OR);

	*ret_source = p.error_source;
	return r == 0 && out->failed ? -ENOMEM : r;
}

size_t print_map_find(const struct print_map *map, size_t at, uint32_t *ret_source)
{
	size_t low = 0, high = map->n;
	const struct print_piece *piece;

	*ret_source = 0;
	while (low < high) { /* the last piece that begins at or before `at` */
		size_t middle = (low + high) / 2;

		if (map->v[middle].out <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	piece = &map->v[low - 1];
	*ret_source = piece->source;
	at -= piece->out;
	return piece->at + (at < piece->n ? at : piece->n ? piece->n - 1 : 0);
}

void print_map_done(struct print_map *map)
{
	free(map->v);
	*map = (struct print_map){ 0 };
}
