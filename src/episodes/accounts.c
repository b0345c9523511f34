#include "accounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define TRIES 50
#define MIDDLE_FIRST 40
#define MIDDLE_N 200

struct owner {
	uint64_t order; /* 0 = empty */
	uint16_t account;
};

struct accounts {
	uint64_t seed;
	double below[ACCOUNTS]; /* probability of a rank up to this one */
	struct owner *v;
	size_t n, size; /* a power of two */
};

static struct owner *find(const struct accounts *a, uint64_t order)
{
	size_t at = hash_bytes(&order, sizeof order, 0) & (a->size - 1);

	while (a->v[at].order && a->v[at].order != order)
		at = (at + 1) & (a->size - 1);
	return &a->v[at];
}

uint16_t accounts_draw(const struct accounts *a, struct rng *rng)
{
	double u = rng_unit(rng);
	unsigned low = 0, high = ACCOUNTS - 1;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (a->below[mid] > u)
			high = mid;
		else
			low = mid + 1;
	}
	return (uint16_t)low;
}

uint16_t accounts_draw_middle(struct rng *rng)
{
	return (uint16_t)(MIDDLE_FIRST + rng_below(rng, MIDDLE_N));
}

struct meeting { /* two orders that traded */
	uint64_t a, b;
};

static int by_order(const void *x, const void *y)
{
	const struct meeting *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

/* Every pair of orders that traded, from either side, sorted. */
static int meetings(const struct mbo_log *l, struct meeting **ret, size_t *ret_n)
{
	size_t n = 0, size = 0;
	uint64_t aggressor = 0;
	struct meeting *m;

	for (size_t i = 0; i < l->n; i++)
		size += l->v[i].action == 'F';
	m = calloc(2 * size + 1, sizeof *m);
	if (!m)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		const struct mbo_line *line = &l->v[i];

		if (line->action == 'T')
			aggressor = line->order;
		if (line->action != 'F' || aggressor == 0 || line->order == 0 ||
		    aggressor == line->order)
			continue;
		m[n++] = (struct meeting){ aggressor, line->order };
		m[n++] = (struct meeting){ line->order, aggressor };
	}
	qsort(m, n, sizeof *m, by_order);
	*ret = m;
	*ret_n = n;
	return 0;
}

static bool meets(const struct accounts *a, const struct meeting *m, size_t n, uint64_t order,
                  uint16_t account)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (m[mid].a < order)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n && m[low].a == order; low++)
		if (accounts_of(a, m[low].b) == account)
			return true;
	return false;
}

static void give_all(struct accounts *a, const struct mbo_log *l, const struct meeting *m, size_t n)
{
	for (size_t i = 0; i < l->n; i++) {
		uint64_t order = l->v[i].order;
		struct rng rng = { hash_bytes(&order, sizeof order, a->seed) };
		struct owner *o = order ? find(a, order) : NULL;
		uint16_t account;

		if (!o || o->order)
			continue;
		account = accounts_draw(a, &rng);
		for (int k = 0; k < TRIES && meets(a, m, n, order, account); k++)
			account = accounts_draw(a, &rng);
		*o = (struct owner){ order, account };
		a->n++;
	}
}

int accounts_new(const struct mbo_log *l, uint64_t seed, struct accounts **ret_accounts)
{
	struct accounts *a = calloc(1, sizeof *a);
	struct meeting *m = NULL;
	size_t n;
	double sum = 0, before = 0;

	if (!a)
		return -ENOMEM;
	a->seed = seed;
	for (a->size = 1024; a->size < 2 * l->n; a->size *= 2)
		;
	a->v = calloc(a->size, sizeof *a->v);
	if (!a->v || meetings(l, &m, &n)) {
		accounts_free(a);
		return -ENOMEM;
	}
	for (int i = 0; i < ACCOUNTS; i++)
		sum += 1.0 / (i + 4);
	for (int i = 0; i < ACCOUNTS; i++)
		a->below[i] = before += 1.0 / (i + 4) / sum;
	give_all(a, l, m, n);
	free(m);
	*ret_accounts = a;
	return 0;
}

struct accounts *accounts_free(struct accounts *a)
{
	if (a)
		free(a->v);
	free(a);
	return NULL;
}

uint16_t accounts_of(const struct accounts *a, uint64_t order)
{
	const struct owner *o = order ? find(a, order) : NULL;

	return o && o->order ? o->account : ACCOUNT_NONE;
}

/* A permutation of 0 .. 99999 keeps names apart: 100000 and the multiplier have no common factor. */
void accounts_name(const struct accounts *a, uint16_t account, char out[static ACCOUNT_TEXT])
{
	uint64_t shift = hash_bytes("accounts", 8, a->seed) % 100000;

	snprintf(out, ACCOUNT_TEXT, "U%05u",
	         (unsigned)((account * (uint64_t)77773 + shift) % 100000));
}
