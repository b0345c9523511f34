/* include.h - the files that a configuration names: further parts of it, and lists of words. */
#ifndef CONF_INCLUDE_H
#define CONF_INCLUDE_H

#include "read.h"

#define CONF_MAX_FILES 256               /* of one configuration, without lists */
#define CONF_MAX_INCLUDES 8              /* of files within one another */
#define CONF_MAX_WORDS 50000             /* of one list */
#define CONF_MAX_WORD 128                /* bytes */

/* Reads what *c, which was just read from `file`, includes, and the files of its lists, and
 * adds it all to *c. Errors are reported. `file`: the path of that file, NULL = it is none. */
void conf_include(struct conf_reader *r, const char *file, struct conf *c);

/* The whole file, at most CONF_MAX_BYTES + 1 of it. 0 or -errno. */
int conf_read_file(int fd, struct buf *ret);
/* The folder of a path, with its last '/', "" for none; in r's memory. */
const char *conf_folder(struct conf_memory *m, const char *path);

#endif
