/* filter.h - `where`: a condition on the event alone that decides whether windows take it in. Private
 * to this room. */
#ifndef FEATURES_FILTER_H
#define FEATURES_FILTER_H

#include "expr/expr.h"
#include "features/set.h"

struct set_filter {
	char *text;                      /* canonical */
	struct expr *condition;          /* over the set's features of the event */
};

/* The filter of the condition at node `where`, made if new; equal ones are one. 0 and *ret_filter,
 * -EINVAL with *ret_error, -ENOMEM. */
int filter_add(struct feature_set *s, const struct tree *t, uint32_t where, uint32_t *ret_filter,
               struct expr_error *ret_error);
void filters_done(struct feature_set *s);
/* Fills *passes, one a filter, from the values of the features that filters need. */
void filters_ask(const struct feature_set *s, const double *x, bool *passes);

#endif
