/* csv.h - one line of CSV to the values of the wanted columns. RFC 4180 within one line: a cell may
 * be quoted, a quote inside is doubled; a line break inside a cell is not taken. A cell is a
 * string, an empty one is absent. No trimming, no guessing of separators. */
#ifndef DECODE_CSV_H
#define DECODE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "decode/format.h"

#define CSV_MAX_COLUMNS 4096

struct csv {
	const struct format *format;
	int16_t *slots;                  /* column -> value, -1 = not wanted */
	size_t n_columns;                /* 0 = no header yet */
	char *scratch;                   /* unquoted cells */
	size_t scratch_size;
};

void csv_init(struct csv *c, const struct format *format);
void csv_done(struct csv *c);
/* See decoder_header(). Also -ENOMEM. May be called again: the last header counts. */
int csv_header(struct csv *c, const char *p, size_t n, char *reterr, size_t reterr_size);
/* DECODE_OK with values[0..n_paths) filled, DECODE_BAD_CSV, or DECODE_TOO_LARGE (no memory). */
enum decode_verdict csv_line(struct csv *c, const char *p, size_t n, struct json_value *values);

#endif
