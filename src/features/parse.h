/* parse.h - the text of a feature. Private to this room. */
#ifndef FEATURES_PARSE_H
#define FEATURES_PARSE_H

#include "expr/tree.h"
#include "features/set.h"

/* Fills in what the function and its arguments say: function, kinds, side, field, numbers and times.
 * `of_event`: price is the event's own. 0 or -EINVAL. */
int feature_parse(const struct tree *t, struct feature *f, bool of_event, struct expr_error *error);
/* The one text of equal features, "count(order_cancel, 1m30s)"; caller frees; NULL: no memory. */
char *feature_text(const struct feature_set *s, const struct feature *f);

#endif
