/* errors.h - a list of what is wrong with a configuration, each with its place; all at once.
 *
 * Owns its texts, names of files too. Bounded: after ERRORS_MAX further ones are counted only. */
#ifndef CORE_ERRORS_H
#define CORE_ERRORS_H

#include <stddef.h>
#include <stdint.h>

#define ERRORS_MAX 200

struct place {
	const char *file;                /* borrowed; NULL = no place */
	uint32_t line, column;           /* from 1; 0 = unknown */
};

struct errors {
	struct error_item {
		struct place at;         /* its file is a copy */
		size_t order;            /* of adding; decides between equal places */
		char *text;
	} *items;
	size_t n, n_all;
};

void errors_add(struct errors *e, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void errors_done(struct errors *e);
/* Sorted by place, "file:line:column: error: text" a line. Caller frees; NULL if out of memory. */
char *errors_text(struct errors *e);

#endif
