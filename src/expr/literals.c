/* Conjunctions of comparisons, sixty-four at a time.
 *
 * Problem: of a hundred conditions `a > 3 and b > 2`, most are false at most events; yet which, no
 * branch predicts, and a wrong guess costs as much as ten comparisons. Idea: a truth is a bit. The
 * first comparisons of all conditions lie side by side, then the second ones of those that have two,
 * and so on; conditions with most come first, so that each level is dense. A level of sixty-four is
 * compared without a branch into two words, those true and those false; bits in neither are missing.
 * Kleene's `and` of levels is then one instruction a word: true where all are, false where one is.
 * Conditions that are neither true nor missing, nearly all, cost nothing further.
 *
 * One comparison is enough: a < b is b > a, and of numbers a <= b is not a > b. A disjunction is
 * what is left when not all of its parts are false (De Morgan), so that `or` needs no more than a
 * turned bit.
 *
 * Cost: some eight instructions a comparison. Vectors are those of the compiler, for any machine. */
#include "literals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD 64
#define AT_ONCE 2 /* divides WORD */

typedef double values __attribute__((vector_size(8 * AT_ONCE)));
typedef int64_t masks __attribute__((vector_size(8 * AT_ONCE)));

static size_t words(uint32_t n)
{
	return (n + WORD - 1) / WORD;
}

static size_t filled(uint32_t n)
{
	return (n + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
}

/* The longest first, otherwise in their order. */
static int by_length(const void *a, const void *b)
{
	const struct conjunction *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void set_bit(uint64_t *bits, uint32_t i, bool to)
{
	bits[i / WORD] |= (uint64_t)to << i % WORD;
}

static int level_init(struct level *v, uint32_t k, const struct conjunction *c, uint32_t n)
{
	while (v->n < n && c[v->n].n > k)
		v->n++;
	v->a = calloc(filled(v->n), sizeof *v->a);
	v->b = calloc(filled(v->n), sizeof *v->b);
	v->turned = calloc(words(v->n), sizeof *v->turned);
	if (!v->a || !v->b || !v->turned)
		return -ENOMEM;
	for (uint32_t i = 0; i < v->n; i++) {
		v->a[i] = c[i].literals[k].a;
		v->b[i] = c[i].literals[k].b;
		set_bit(v->turned, i, c[i].literals[k].turned);
	}
	return 0;
}

int literals_init(struct literals *l, struct conjunction *c, uint32_t n)
{
	int e = 0;

	*l = (struct literals){ .n = n };
	if (n == 0)
		return 0;
	qsort(c, n, sizeof *c, by_length);
	l->places = calloc(n, sizeof *l->places);
	l->turned = calloc(words(n), sizeof *l->turned);
	l->levels = calloc(c[0].n, sizeof *l->levels);
	if (!l->places || !l->turned || !l->levels)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		l->places[i] = c[i].place;
		set_bit(l->turned, i, c[i].turned);
	}
	while (e == 0 && l->n_levels < c[0].n) {
		e = level_init(&l->levels[l->n_levels], l->n_levels, c, n);
		l->n_levels++;
	}
	return e;
}

void literals_done(struct literals *l)
{
	for (uint32_t k = 0; k < l->n_levels; k++) {
		free(l->levels[k].a);
		free(l->levels[k].b);
		free(l->levels[k].turned);
	}
	free(l->levels);
	free(l->places);
	free(l->turned);
}

size_t literals_memory(const struct literals *l)
{
	size_t n = l->n * sizeof *l->places + words(l->n) * sizeof *l->turned;

	for (uint32_t k = 0; k < l->n_levels; k++)
		n += sizeof *l->levels + 2 * filled(l->levels[k].n) * sizeof *l->levels->a +
		     words(l->levels[k].n) * sizeof *l->levels->turned;
	return n;
}

struct truths {
	uint64_t is, is_not;
};

/* The comparisons of word w of a level; what lies behind its end says neither. */
static inline struct truths compare(const struct level *level, size_t w, const double *v)
{
	const uint32_t *a = level->a + w * WORD, *b = level->b + w * WORD;
	uint32_t left = level->n - (uint32_t)w * WORD, n = left < WORD ? left : WORD;
	uint64_t turned = level->turned[w], in = n < WORD ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
	masks is = { 0 }, is_not = { 0 }, bit = { 1, 2 };
	uint64_t t, f, swap;

	for (uint32_t i = 0; i < n; i += AT_ONCE) {
		values x = { v[a[i]], v[a[i + 1]] }, y = { v[b[i]], v[b[i + 1]] };

		is |= (x > y) & bit;
		is_not |= (x <= y) & bit;
		bit <<= AT_ONCE;
	}
	t = (uint64_t)(is[0] | is[1]) & in;
	f = (uint64_t)(is_not[0] | is_not[1]) & in;
	swap = (t ^ f) & turned;
	return (struct truths){ t ^ swap, f ^ swap };
}

/* A word of conjunctions, level after level. */
static struct truths judge_word(const struct literals *l, size_t w, const double *v)
{
	struct truths all = compare(&l->levels[0], w, v);
	uint64_t swap;

	for (uint32_t k = 1; k < l->n_levels && l->levels[k].n > w * WORD; k++) {
		const struct level *level = &l->levels[k];
		uint32_t n = level->n - (uint32_t)w * WORD;
		struct truths t = compare(level, w, v);

		all.is &= t.is | (n < WORD ? UINT64_MAX << n : 0);
		all.is_not |= t.is_not;
	}
	swap = (all.is ^ all.is_not) & l->turned[w];
	return (struct truths){ all.is ^ swap, all.is_not ^ swap };
}

void literals_judge(const struct literals *l, const double *v, signed char *ret_truths)
{
	for (size_t w = 0; w < words(l->n); w++) {
		uint32_t left = l->n - (uint32_t)w * WORD;
		struct truths t = judge_word(l, w, v);
		uint64_t rest = ~t.is_not & (left < WORD ? (UINT64_C(1) << left) - 1 : UINT64_MAX);

		for (; rest; rest &= rest - 1) {
			int i = __builtin_ctzll(rest);

			ret_truths[l->places[w * WORD + (unsigned)i]] = t.is >> i & 1 ? 1 : -1;
		}
	}
}
