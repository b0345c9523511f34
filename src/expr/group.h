/* group.h - many conditions judged at once (see the head of group.c).
 *
 * Pure, but for its scratch memory: one thread at a time. */
#ifndef EXPR_GROUP_H
#define EXPR_GROUP_H

#include <stddef.h>

#include "expr/expr.h"

struct expr_group;

/* Borrows the conditions. 0 and *ret_group, which the caller owns; -ENOMEM. */
int expr_group_new(const struct expr *const *conditions, size_t n, struct expr_group **ret_group);
struct expr_group *expr_group_free(struct expr_group *g);        /* accepts NULL; returns NULL */

/* Fills ret_truths[] with the expr_truth() of each condition, EXPR_NO_VALUE, EXPR_FALSE or
 * EXPR_TRUE. */
void expr_group_judge(struct expr_group *g, const double *x, signed char *ret_truths);
size_t expr_group_memory(const struct expr_group *g);

#endif
