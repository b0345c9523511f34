#include "memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)8192)
#define ALIGN ((size_t)16)

struct conf_block {
	struct conf_block *next;
	size_t size, used;
	_Alignas(16) unsigned char bytes[];
};

struct conf_memory *conf_memory_new(void)
{
	return calloc(1, sizeof(struct conf_memory));
}

struct conf_memory *conf_memory_free(struct conf_memory *m)
{
	struct conf_block *b = m ? m->blocks : NULL;

	while (b) {
		struct conf_block *next = b->next;

		explicit_bzero(b, sizeof *b + b->size);
		free(b);
		b = next;
	}
	free(m);
	return NULL;
}

static struct conf_block *block_new(struct conf_memory *m, size_t size)
{
	struct conf_block *b = calloc(1, sizeof *b + size);

	if (!b)
		return NULL;
	b->size = size;
	b->next = m->blocks;
	m->blocks = b;
	return b;
}

void *conf_memory_get(struct conf_memory *m, size_t n, size_t size)
{
	struct conf_block *b = m->blocks;
	size_t need;
	void *p;

	if (__builtin_mul_overflow(n, size, &need) || need > SIZE_MAX / 2) {
		m->failed = true;
		return NULL;
	}
	need = (need + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < need)
		b = block_new(m, need > BLOCK_SIZE ? need : BLOCK_SIZE);
	if (!b) {
		m->failed = true;
		return NULL;
	}
	p = b->bytes + b->used;
	b->used += need;
	return p;
}

char *conf_memory_copy(struct conf_memory *m, const char *p, size_t n)
{
	char *s = n < SIZE_MAX ? conf_memory_get(m, n + 1, 1) : NULL;

	if (s && n)
		memcpy(s, p, n);
	return s;
}

/* The origin stands before the text, so that it is found from the text alone. */
struct secret {
	const char *from;
	char s[];
};

char *conf_memory_secret(struct conf_memory *m, const char *p, size_t n, const char *from)
{
	char *copy = from ? conf_memory_copy(m, from, strlen(from)) : NULL;
	struct secret *secret = conf_memory_get(m, 1, sizeof *secret + n + 1);

	if (!secret || (from && !copy))
		return NULL;
	secret->from = copy;
	memcpy(secret->s, p, n);
	return secret->s;
}

const char *conf_memory_from(const char *s)
{
	const struct secret *secret = (const void *)(s - offsetof(struct secret, s));

	return secret->from;
}
