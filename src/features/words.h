/* words.h - a set of texts that is asked "is this one of you?" for every event. Private to this room.
 * Pure; immutable; exact: what has the same hash is compared byte by byte. */
#ifndef FEATURES_WORDS_H
#define FEATURES_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/event.h>

struct words;

/* Copies them; the same word twice counts once. 0, -EINVAL (more than 2^24 of them) or -ENOMEM. */
int words_new(const struct tocsin_str *v, size_t n, struct words **ret_words);
struct words *words_free(struct words *w);
bool words_have(const struct words *w, const struct tocsin_str *word);
/* The same words, in whatever order, have the same. */
uint64_t words_hash(const struct words *w);

#endif
