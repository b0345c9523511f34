/* print.h - a tree, or a part of it, as its canonical text: one blank around operators, no more
 * parentheses than needed, no comments. Equal trees give equal texts. Pure. */
#ifndef EXPR_PRINT_H
#define EXPR_PRINT_H

#include "expr/tree.h"

/* Where each piece of the text came from, in the order of the text. */
struct print_piece {
	uint32_t out, source, at, n;     /* at byte `out`: n bytes from `at` of that source */
};

struct print_map {                       /* zero-initialise; end with print_map_done() */
	struct print_piece *v;
	size_t n;
};

/* A text that stands for a name (expand.h fills these). */
struct print_name {
	const char *name;
	const struct tree *tree;
	bool open, used;                 /* being written now; was written */
};

struct print_names {
	struct print_name *v;
	size_t n;
};

/* Appends node `i` of `t`. `map`, when not NULL, gets the pieces; those of t are of source 0.
 * `names`, when not NULL, are written out where they stand, source 1 + index. What comes out is at
 * most TREE_MAX_TEXT bytes. 0; -ENOMEM; -EINVAL (with names only) with *ret_error, its place in
 * *ret_source. */
int print_tree(const struct tree *t, uint32_t i, struct buf *out, struct print_map *map);
int print_expanded(const struct tree *t, struct print_names *names, struct buf *out,
                   struct print_map *map, struct expr_error *ret_error, uint32_t *ret_source);
/* Byte `at` of the text that was written: its place in *ret_source. */
size_t print_map_find(const struct print_map *map, size_t at, uint32_t *ret_source);
void print_map_done(struct print_map *map);

#endif
