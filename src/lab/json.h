/* json.h - texts and numbers as JSON. */
#ifndef LAB_JSON_H
#define LAB_JSON_H

#include "core/buf.h"

/* "..." with all that JSON wants escaped; what is not UTF-8 becomes U+FFFD. NULL = null. */
void lab_json_text(const char *s, struct buf *out);
/* The shortest decimal that reads back to the same number; NaN and infinities = null. */
void lab_json_number(double x, struct buf *out);

#endif
