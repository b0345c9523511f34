/* check.h - types of the rule language: number, duration, condition. Pure. */
#ifndef EXPR_CHECK_H
#define EXPR_CHECK_H

#include <stdbool.h>

#include "expr/tree.h"

/* Sets type and is_feature of every node that is computed here (what stands inside a feature's
 * parentheses is the resolver's). The whole must be a condition. 0 or -EINVAL. */
int check_types(struct tree *t, struct expr_error *ret_error);
/* May the feature turn true as time goes by, without an event? */
bool check_wants_ticks(const struct tree *t, const struct tree_node *feature);

#endif
