/* expand.h - names for parts of expressions: definitions (a sub-expression several rules share) and
 * the parameters of one rule (a value), written out where they stand.
 *
 * A name is put in as a tree, not as text: of `wide: "a + b"`, `2 * wide` is `2 * (a + b)`. What comes
 * out is canonical text (print.h) without names, and a map from its bytes back to where they were
 * written. Bounded: TREE_MAX_TEXT bytes come out, names stand within one another no deeper than 16,
 * none within itself. Pure. */
#ifndef EXPR_EXPAND_H
#define EXPR_EXPAND_H

#include "expr/print.h"

enum expand_kind {
	EXPAND_DEFINITION,               /* any expression */
	EXPAND_PARAMETER,                /* a number, percentage, duration, time of day or string */
};

struct expand;

/* With the names of `outer` (may be NULL), which must outlive it, and its own. 0 or -ENOMEM. */
int expand_new(const struct expand *outer, struct expand **ret_expand);
struct expand *expand_free(struct expand *x);    /* accepts NULL; returns NULL */

/* Adds a name. 0; -ENOMEM; -EINVAL with *ret_error: of the name (*ret_in_text false; the word is not
 * a name, means something already, or is there twice), or of its text. */
int expand_add(struct expand *x, enum expand_kind kind, const char *name, const char *text,
               struct expr_error *ret_error, bool *ret_in_text);

/* Writes `text` out: appended to `out`, with its pieces in *ret_map (ended by print_map_done() in
 * every case). Source 0 is the text, i + 1 the name of number i, outer ones counted first.
 * 0; -ENOMEM; -EINVAL with *ret_error and the source that it is in. */
int expand_text(struct expand *x, const char *text, size_t n, struct buf *out,
                struct print_map *ret_map, struct expr_error *ret_error, uint32_t *ret_source);

size_t expand_count(const struct expand *x);     /* names, outer ones too */
/* Was the name of number i written out by any expand_text() of this x? */
bool expand_used(const struct expand *x, size_t i);
/* The name nearest to a wrong one, or NULL. */
const char *expand_nearest(const struct expand *x, const char *word, size_t n);

#endif
