/* The words of a mapping: which of the message's means which of ours. */
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "decode/build.h"

int format_kind_meaning(const char *p, size_t n)
{
	if (n == 6 && memcmp(p, "ignore", 6) == 0)
		return FORMAT_IGNORE;
	for (unsigned k = 0; k < TOCSIN_TICK; k++)
		if (strlen(tocsin_kind_name(k)) == n && memcmp(tocsin_kind_name(k), p, n) == 0)
			return (int)k;
	return -1;
}

int format_side_meaning(const char *p, size_t n)
{
	for (unsigned s = TOCSIN_SIDE_NONE; s <= TOCSIN_SELL; s++)
		if (strlen(tocsin_side_name(s)) == n && memcmp(tocsin_side_name(s), p, n) == 0)
			return (int)s;
	return -1;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool word_is(const struct format_word *w, const char *p, size_t n, bool fold)
{
	if (w->n != n)
		return false;
	if (!fold)
		return memcmp(w->raw, p, n) == 0;
	for (size_t i = 0; i < n; i++)
		if (w->raw[i] != lower(p[i]))
			return false;
	return true;
}

int format_word(const struct format_words *words, const char *p, size_t n)
{
	for (size_t i = 0; i < words->n; i++)
		if (word_is(&words->items[i], p, n, words->fold))
			return words->items[i].meaning;
	return -1;
}

void build_unknown_word(struct build *b, const char *option, const char *word)
{
	const char *known[TOCSIN_N_KINDS + 4];
	const char *near;
	size_t n = 0;

	if (strncmp(option, "kind", 4) == 0) {
		for (unsigned k = 0; k < TOCSIN_TICK; k++)
			known[n++] = tocsin_kind_name(k);
		known[n++] = "ignore";
	} else {
		for (unsigned s = TOCSIN_SIDE_NONE; s <= TOCSIN_SELL; s++)
			known[n++] = tocsin_side_name(s);
	}
	near = nearest(word, strlen(word), known, n);
	build_fault(b, option, "unknown word \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
	            near ? near : "", near ? "\"?" : "");
}

static void add_word(struct build *b, struct format_words *words, const char *option,
                     const struct decode_pair *pair)
{
	bool kind = strcmp(option, "kinds") == 0;
	size_t n = pair->from ? strlen(pair->from) : 0;
	struct format_word *w = &words->items[words->n];
	int meaning;

	if (!pair->from || !pair->to) {
		build_fault(b, option, "a pair needs both a raw value and a word");
		return;
	}
	if (n > FORMAT_WORD_MAX) {
		build_fault(b, option, "\"%.20s...\" is longer than %d bytes", pair->from,
		            FORMAT_WORD_MAX);
		return;
	}
	meaning = kind ? format_kind_meaning(pair->to, strlen(pair->to))
	               : format_side_meaning(pair->to, strlen(pair->to));
	if (meaning < 0) {
		build_unknown_word(b, option, pair->to);
		return;
	}
	if (format_word(words, pair->from, n) >= 0) {
		build_fault(b, option, "\"%s\" is named twice", pair->from);
		return;
	}
	memcpy(w->raw, pair->from, n);
	w->n = (uint8_t)n;
	w->meaning = (uint8_t)meaning;
	words->n++;
}

static void add_words(struct build *b, struct format_words *words, const char *option,
                      const struct decode_pair *pairs, size_t n)
{
	words->items = calloc(n ? n : 1, sizeof *words->items);
	if (!words->items) {
		b->no_memory = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		add_word(b, words, option, &pairs[i]);
}

/* Without a table of its own a message uses our words. */
static void own_kinds(struct build *b)
{
	struct decode_pair pairs[TOCSIN_TICK];

	for (unsigned k = 0; k < TOCSIN_TICK; k++)
		pairs[k] = (struct decode_pair){ tocsin_kind_name(k), tocsin_kind_name(k) };
	add_words(b, &b->f->kinds, "kinds", pairs, TOCSIN_TICK);
}

void build_words(struct build *b, const struct format_spec *s)
{
	if (s->n_kinds)
		add_words(b, &b->f->kinds, "kinds", s->kinds, s->n_kinds);
	else
		own_kinds(b);
	/* Only the generic preset's table is without regard to case: a user's says what it means. */
	b->f->sides.fold = s->sides == preset_find("generic")->sides;
	add_words(b, &b->f->sides, "sides", s->sides, s->n_sides);
}
