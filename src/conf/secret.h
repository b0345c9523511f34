/* secret.h - texts that stand outside the configuration: in a file, the environment, a credential. */
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include <stddef.h>

#include "core/buf.h"

#define CONF_SECRET_MAX ((size_t)64 << 10)

enum conf_secret { CONF_SECRET_FILE, CONF_SECRET_ENV, CONF_SECRET_CREDENTIAL, CONF_N_SECRETS };

const char *conf_secret_word(enum conf_secret kind);     /* "file", "env", "credential" */
/* "{file: /path}", on one harmless line. */
void conf_secret_reference(enum conf_secret kind, const char *name, struct buf *out);
/* Reads it: 0 with *ret_n bytes of UTF-8 without NUL in `out` (its last line end cut), or -EINVAL
 * with the reason in `why`, which never holds any of it. The caller wipes `out`. */
int conf_secret_read(enum conf_secret kind, const char *name, char out[static CONF_SECRET_MAX + 1],
                     size_t *ret_n, char *why, size_t why_size);

#endif
