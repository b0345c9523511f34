/* parse.h - the text of a feature. Private to this room. */
#ifndef FEATURES_PARSE_H
#define FEATURES_PARSE_H

#include "expr/tree.h"
#include "features/set.h"

/* Fills in what the text says: function, kinds, field, numbers and times. 0 or -EINVAL. */
int feature_parse(const struct tree *t, struct feature *f, struct expr_error *error);
/* The one text of equal features, "count(order_cancel, 1m30s)"; caller frees; NULL: no memory. */
char *feature_text(const struct feature *f);

#endif
