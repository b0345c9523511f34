/* decimal.h - exact decimals: text and JSON numbers to 1e-9 fixed point and back.
 *
 * Pure. The range is that of int64_t in 1e-9 units, +-9223372036.854775807. */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_TEXT 32                  /* room for any decimal_format() */

/* "-12.5", "1e-3", "+7"; digits past 1e-9 are rounded half to even.
 * 0; -EINVAL: not a number; -ERANGE: too large. *ret is untouched on failure. */
int decimal_parse(const char *p, size_t n, int64_t *ret);
/* From a double that was parsed from a decimal of at most 15 significant digits: that decimal.
 * -EINVAL for NaN and infinity, -ERANGE. */
int decimal_from_double(double x, int64_t *ret);
/* `mantissa` * 10^exponent in 1e-9 units; -ERANGE. exponent -18..9; past 1e-9: half to even. */
int decimal_scale(int64_t mantissa, int exponent, int64_t *ret);
double decimal_double(int64_t units);
/* Shortest exact text, e.g. "4799.25"; returns its length. */
size_t decimal_format(int64_t units, char out[static DECIMAL_TEXT]);

#endif
