/* memory.h - the arena that owns one configuration: many small blocks, freed and wiped at once.
 *
 * Failure is remembered in `failed`, so that a reader allocates freely and asks once at the end:
 * every allocation that failed answers NULL. */
#ifndef CONF_MEMORY_H
#define CONF_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct conf_block;

struct conf_memory {
	struct conf_block *blocks;
	bool failed;
};

/* NULL when out of memory. */
struct conf_memory *conf_memory_new(void);
/* Overwrites everything it gave out, then frees it. NULL is fine; returns NULL. */
struct conf_memory *conf_memory_free(struct conf_memory *m);
/* n * size bytes of zeros, aligned for any type; NULL and `failed` when there are none. */
void *conf_memory_get(struct conf_memory *m, size_t n, size_t size);
/* A copy of n bytes and a NUL. */
char *conf_memory_copy(struct conf_memory *m, const char *p, size_t n);
/* The same for a secret, with where it came from: "{file: /etc/tocsin/url}", or NULL. */
char *conf_memory_secret(struct conf_memory *m, const char *p, size_t n, const char *from);
/* Where a text made by conf_memory_secret() came from. */
const char *conf_memory_from(const char *secret);

#endif
