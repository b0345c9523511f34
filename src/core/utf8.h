/* utf8.h - is this UTF-8? Unicode 15, table 3-7: no overlong forms, no surrogates, <= U+10FFFF. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed character at p, 1..4, or 0 when there is none. */
size_t utf8_char(const unsigned char *p, size_t n);
bool utf8_valid(const void *p, size_t n);

#endif
