/* lines.h - the lines of one file, decompressed on the way: plain, gzip (also several members) or
 * zstd, told by its first bytes. */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines;

int lines_open(const char *path, size_t line_max, struct lines **ret_lines, char *reterr, size_t reterr_size);
struct lines *lines_close(struct lines *l);

/* The next line without its end, valid until the second lines_fill() after it; blank lines are skipped. 1; 0 = no
 * whole line is in memory, call lines_fill(). A line over line_max is cut. */
int lines_next(struct lines *l, const char **ret_line, size_t *ret_n);
/* Reads on. 1; 0 = the file has ended; -EIO, -EBADMSG, -ENOMEM. */
int lines_fill(struct lines *l);
const char *lines_error(const struct lines *l);
uint64_t lines_read(const struct lines *l);      /* bytes of the file */
uint64_t lines_size(const struct lines *l);      /* 0 = unknown */

#endif
