/* print.h - texts as YAML. */
#ifndef CONF_PRINT_H
#define CONF_PRINT_H

#include <stddef.h>

#include "core/buf.h"

/* `s` so that YAML reads back exactly that text: as it is where that is safe, else in double
 * quotes with escapes. On one line. */
void conf_print_text(const char *s, struct buf *out);

#endif
