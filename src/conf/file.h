/* file.h - the bytes of a file that the configuration names. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "core/buf.h"

/* All of `path` ("-" = standard input), or CONF_MAX_BYTES + 1 of it: a reader refuses that many. 0 or
 * -errno. The caller ends *ret in every case. */
int conf_file_read(const char *path, struct buf *ret);

/* Where `path`, of the configuration file `base`, is: relative ones lie beside it. Appended. */
void conf_file_beside(const char *base, const char *path, struct buf *out);

#endif
