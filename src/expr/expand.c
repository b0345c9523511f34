#include "expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "expr/lex.h"
#include "expr/names.h"

#define MAX_NAME 64

struct expand {
	struct print_names names; /* the outer ones first, which borrow their trees */
	size_t n_outer;
};

int expand_new(const struct expand *outer, struct expand **ret_expand)
{
	struct expand *x = calloc(1, sizeof *x);
	size_t n = outer ? outer->names.n : 0;

	if (x && n)
		x->names.v = malloc(n * sizeof *x->names.v);
	if (!x || (n && !x->names.v)) {
		free(x);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		x->names.v[i] = (struct print_name){
			.name = outer->names.v[i].name,
			.tree = outer->names.v[i].tree,
		};
	x->names.n = x->n_outer = n;
	*ret_expand = x;
	return 0;
}

static void free_name(struct print_name *name)
{
	struct tree *t = (struct tree *)(uintptr_t)name->tree;

	tree_done(t);
	free(t);
	free((char *)(uintptr_t)name->name);
}

struct expand *expand_free(struct expand *x)
{
	if (!x)
		return NULL;
	for (size_t i = x->n_outer; i < x->names.n; i++)
		free_name(&x->names.v[i]);
	free(x->names.v);
	free(x);
	return NULL;
}

/* Adding -------------------------------------------------------------------------------------- */

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= MAX_NAME && !(s[0] >= '0' && s[0] <= '9') &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

static int check_name(const struct expand *x, const char *name, struct expr_error *e)
{
	if (!is_name(name))
		return expr_fail(
			e, 0,
			"a name is of letters, digits and '_', begins with no digit and has "
			"at most %d bytes",
			MAX_NAME);
	if (name_is_taken(name, strlen(name)))
		return expr_fail(e, 0, "'%s' means something in the language already", name);
	for (size_t i = 0; i < x->names.n; i++)
		if (strcmp(x->names.v[i].name, name) == 0)
			return expr_fail(e, 0, "'%s' is defined already", name);
	return 0;
}

static int check_parameter(const struct tree *t, struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[t->root];

	if (n->op == TREE_NEGATE)
		n = &t->nodes[n->first];
	if (n->op == TREE_NUMBER || n->op == TREE_DURATION ||
	    (n == &t->nodes[t->root] && (n->op == TREE_TIME || n->op == TREE_STRING)))
		return 0;
	if (n->op == TREE_NAME)
		return expr_fail(e, n->at, "write a text in quotes of its own: \"'%.*s'\"",
		                 (int)n->name_n, t->text + n->at);
	return expr_fail(
		e, t->nodes[t->root].from,
		"a parameter is a number, a percentage, a duration, a time of day or a text "
		"in quotes; an expression goes to 'define'");
}

static int add(struct expand *x, const char *name, struct tree *tree)
{
	struct print_name *more = realloc(x->names.v, (x->names.n + 1) * sizeof *more);
	char *copy = strdup(name);

	if (more)
		x->names.v = more;
	if (!more || !copy) {
		free(copy);
		return -ENOMEM;
	}
	more[x->names.n++] = (struct print_name){ .name = copy, .tree = tree };
	return 0;
}

int expand_add(struct expand *x, enum expand_kind kind, const char *name, const char *text,
               struct expr_error *ret_error, bool *ret_in_text)
{
	struct tree *tree;
	int r = check_name(x, name, ret_error);

	*ret_in_text = r == 0;
	if (r)
		return r;
	tree = calloc(1, sizeof *tree);
	if (!tree)
		return -ENOMEM;
	r = tree_parse(text, strlen(text), tree, ret_error);
	if (r == 0 && kind == EXPAND_PARAMETER)
		r = check_parameter(tree, ret_error);
	if (r == 0)
		r = add(x, name, tree);
	if (r) {
		tree_done(tree);
		free(tree);
	}
	return r;
}

/* Writing out --------------------------------------------------------------------------------- */

/* A name that nobody knows and that looks like one of ours is taken for it; any other is left to who
 * resolves features, and knows their words. */
static int check_words(const struct expand *x, const struct tree *t, uint32_t i,
                       struct expr_error *e)
{
	const struct tree_node *n = &t->nodes[i];
	const char *word = t->text + n->at, *near;
	bool known = n->op != TREE_NAME || name_is_taken(word, n->name_n);
	int r = 0;

	for (size_t k = 0; !known && k < x->names.n; k++)
		known = tree_is_name(t, n, x->names.v[k].name);
	near = known ? NULL : expand_nearest(x, word, n->name_n);
	if (near)
		return expr_fail(e, n->at, "unknown name '%.*s' (did you mean '%s'?)",
		                 (int)n->name_n, word, near);
	for (uint32_t c = n->first; r == 0 && c != TREE_NONE; c = t->nodes[c].next)
		if (n->op != TREE_IN || c == n->first || t->nodes[c].op == TREE_LIST)
			r = check_words(x, t, c, e);
	if (r == 0 && n->where != TREE_NONE)
		r = check_words(x, t, n->where, e);
	return r == 0 && n->of != TREE_NONE ? check_words(x, t, n->of, e) : r;
}

int expand_text(struct expand *x, const char *text, size_t n, struct buf *out,
                struct print_map *ret_map, struct expr_error *ret_error, uint32_t *ret_source)
{
	struct tree t = { 0 };
	int r = tree_parse(text, n, &t, ret_error);

	*ret_source = 0;
	if (r == 0)
		r = check_words(x, &t, t.root, ret_error);
	if (r == 0)
		r = print_expanded(&t, &x->names, out, ret_map, ret_error, ret_source);
	for (size_t i = 0; i < x->names.n; i++)
		x->names.v[i].open = false;
	tree_done(&t);
	return r;
}

size_t expand_count(const struct expand *x)
{
	return x->names.n;
}

bool expand_used(const struct expand *x, size_t i)
{
	return x->names.v[i].used;
}

const char *expand_nearest(const struct expand *x, const char *word, size_t n)
{
	const char **names = calloc(x->names.n + 1, sizeof *names), *near;

	if (!names)
		return NULL;
	for (size_t i = 0; i < x->names.n; i++)
		names[i] = x->names.v[i].name;
	near = nearest(word, n, names, x->names.n);
	free(names);
	return near;
}
