/* possible.h - conditions that can not be, or can only be, true. Private to this room. Pure. */
#ifndef EXPR_POSSIBLE_H
#define EXPR_POSSIBLE_H

#include "expr/tree.h"

/* Of a checked tree whose features are known. 0, or -EINVAL when it is plain from its constants, and
 * from what the table of names says of its features, that the whole is never true, or always. */
int possible_check(const struct tree *t, struct expr_error *ret_error);

#endif
