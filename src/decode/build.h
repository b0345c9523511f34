/* build.h - inside of format_new(): what its parts work with. Private to format.c and words.c. */
#ifndef DECODE_BUILD_H
#define DECODE_BUILD_H

#include "decode/format.h"

/* Faults go to `errors`, and memory failures are remembered. */
struct build {
	struct format *f;
	const struct format_spec *given;
	struct errors *errors;
	format_place place;
	void *ctx;
	size_t n_faults;
	bool no_memory;
};

void build_fault(struct build *b, const char *option, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "unknown word ..." with the nearest of those of kinds or sides. */
void build_unknown_word(struct build *b, const char *option, const char *word);
/* Fills f->kinds and f->sides. */
void build_words(struct build *b, const struct format_spec *s);

#endif
