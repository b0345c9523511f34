/* value.h - the values of options as they are written: numbers, sizes, durations, fractions.
 *
 * Pure. The parsers take n bytes at p: 0 and *ret, -EINVAL (not one), or -ERANGE (too large for
 * any option); *ret is untouched on failure. What a formatter writes its parser reads back. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_VALUE_TEXT 48               /* room for any formatted value */

int conf_value_int(const char *p, size_t n, int64_t *ret);
/* Bytes: "65536", "64KiB", "1 MiB", "2GiB", "512B". */
int conf_value_size(const char *p, size_t n, int64_t *ret);
/* "0.8", "80%"; in steps of 1e-9. */
int conf_value_fraction(const char *p, size_t n, double *ret);
/* true false yes no on off, in any case. */
int conf_value_bool(const char *p, size_t n, bool *ret);

void conf_value_size_text(int64_t bytes, char out[static CONF_VALUE_TEXT]);
void conf_value_fraction_text(double x, char out[static CONF_VALUE_TEXT]);

#endif
