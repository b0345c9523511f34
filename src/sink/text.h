/* text.h - writing JSON by hand: strings that are always valid, numbers that come back the same. */
#ifndef SINK_TEXT_H
#define SINK_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* A quoted JSON string. Control bytes are escaped; what is not UTF-8 becomes U+FFFD, so the result
 * is valid UTF-8 whatever came in. */
void text_string(struct buf *out, const char *p, size_t n);
/* The shortest of 15, 16 or 17 digits that reads back as the same double; NaN and infinity: null. */
void text_double(struct buf *out, double x);
void text_decimal(struct buf *out, int64_t units);       /* 1e-9 units, exact */
void text_time(struct buf *out, int64_t ns);             /* quoted RFC 3339 */
/* For a terminal: control characters (C0, DEL, C1), direction marks and invalid bytes become '?'. */
void text_plain(struct buf *out, const char *p, size_t n);

#endif
