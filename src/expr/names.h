/* names.h - the one table of what the names of the language are: the type and unit of each feature,
 * whatever computes it, and the words that mean something. Pure. */
#ifndef EXPR_NAMES_H
#define EXPR_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "expr/tree.h"

/* Of the functions whose unit is that of the field given to them. */
enum name_field {
	NAME_NO_FIELD,
	NAME_OF_FIELD,
	NAME_WITHIN_FIELD,               /* and never below 0 when the field never is */
};

struct name {
	const char *name;
	struct value_type type;
	enum name_field field;
	bool wants_ticks;                /* may turn true as time goes by, without an event */
	double least, most;              /* no value of it is outside; -INFINITY, INFINITY = unknown */
};

/* The feature or text called that; NULL when there is none. */
const struct name *name_find(const char *p, size_t n);
/* The same of a TREE_NAME or TREE_CALL. */
const struct name *name_of(const struct tree *t, const struct tree_node *n);
/* In the order of the table; NULL behind the last. */
const struct name *name_at(size_t i);
/* Does the word mean something already, so that nothing else may be called that: a feature, a
 * function, an operator, a field, a kind of event, a side, a phase, a dimension? */
bool name_is_taken(const char *p, size_t n);
/* "a price", "a duration", "a price * size", "a plain number"; `out` has room for 64 bytes. */
const char *value_type_text(struct value_type t, char out[static 64]);

#endif
