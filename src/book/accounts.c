#include "accounts.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

/* What an account has at one level. */
struct stake {
	uint32_t owner, n_orders; /* owner: account * 2 + side */
	int64_t rank;
	__int128 size;
};

void accounts_init(struct accounts *a)
{
	*a = (struct accounts){ 0 };
	pool_init(&a->pool, sizeof(struct account));
	pool_init(&a->stakes, sizeof(struct stake));
}

static struct stake *stake_at(const struct accounts *a, uint32_t i)
{
	return pool_at(&a->stakes, i);
}

/* Those given back have no text: an account that goes leaves none. */
static void free_texts(struct accounts *a, size_t *bytes)
{
	for (uint32_t i = 0; i < a->index.size; i++) {
		struct account *account;

		if (a->index.slots[i].at == POOL_NONE)
			continue;
		account = account_at(a, a->index.slots[i].at);
		*bytes -= account->text_n;
		free(account->text);
	}
}

void accounts_done(struct accounts *a, size_t *bytes)
{
	free_texts(a, bytes);
	pool_done(&a->pool, bytes);
	pool_done(&a->stakes, bytes);
	index_done(&a->index, bytes);
	index_done(&a->stake_index, bytes);
	a->n = 0;
}

void accounts_clear(struct accounts *a, size_t *bytes)
{
	if (a->n == 0)
		return;
	free_texts(a, bytes);
	pool_clear(&a->pool);
	pool_clear(&a->stakes);
	index_clear(&a->index);
	index_clear(&a->stake_index);
	a->n = 0;
}

static uint32_t tag_of(const struct tocsin_str *text)
{
	return (uint32_t)hash_bytes(text->p, text->n, 0);
}

uint32_t accounts_find(const struct accounts *a, const struct tocsin_str *text)
{
	uint32_t tag, slot;

	if (a->n == 0)
		return POOL_NONE;
	tag = tag_of(text);
	for (uint32_t i = index_first(&a->index, tag, &slot); i != POOL_NONE;
	     i = index_from(&a->index, tag, &slot)) {
		const struct account *account = account_at(a, i);

		if (account->text_n == text->n && memcmp(account->text, text->p, text->n) == 0)
			return i;
	}
	return POOL_NONE;
}

static uint32_t stake_tag(uint32_t owner, int64_t rank)
{
	const int64_t key[2] = { owner, rank };

	return (uint32_t)hash_bytes(key, sizeof key, 0);
}

static uint32_t find_stake(const struct accounts *a, uint32_t owner, int64_t rank)
{
	uint32_t tag = stake_tag(owner, rank), slot;

	for (uint32_t i = index_first(&a->stake_index, tag, &slot); i != POOL_NONE;
	     i = index_from(&a->stake_index, tag, &slot)) {
		const struct stake *s = stake_at(a, i);

		if (s->owner == owner && s->rank == rank)
			return i;
	}
	return POOL_NONE;
}

static uint32_t make_account(struct accounts *a, const struct tocsin_str *text, size_t *bytes)
{
	uint32_t i = pool_take(&a->pool, bytes);
	struct account *account;

	if (i == POOL_NONE)
		return POOL_NONE;
	account = account_at(a, i);
	*account = (struct account){ .tag = tag_of(text), .text_n = text->n };
	account->text = malloc(text->n);
	if (!account->text || index_put(&a->index, account->tag, i, bytes)) {
		free(account->text);
		pool_give(&a->pool, i);
		return POOL_NONE;
	}
	memcpy(account->text, text->p, text->n);
	*bytes += text->n;
	a->n++;
	return i;
}

static void drop_account(struct accounts *a, uint32_t i, size_t *bytes)
{
	struct account *account = account_at(a, i);

	index_remove(&a->index, account->tag, i);
	*bytes -= account->text_n;
	free(account->text);
	pool_give(&a->pool, i);
	a->n--;
}

static uint32_t make_stake(struct accounts *a, uint32_t owner, int64_t rank, size_t *bytes)
{
	uint32_t i = pool_take(&a->stakes, bytes);

	if (i == POOL_NONE)
		return POOL_NONE;
	*stake_at(a, i) = (struct stake){ .owner = owner, .rank = rank };
	if (index_put(&a->stake_index, stake_tag(owner, rank), i, bytes)) {
		pool_give(&a->stakes, i);
		return POOL_NONE;
	}
	account_at(a, owner / 2)->side[owner % 2].n_levels++;
	return i;
}

uint32_t accounts_enter(struct accounts *a, const struct tocsin_str *text, unsigned side,
                        int64_t rank, int64_t size, uint32_t max, size_t *bytes)
{
	uint32_t i = accounts_find(a, text), at;
	struct holding *h;

	if (i == POOL_NONE) {
		i = a->n >= max ? POOL_NONE : make_account(a, text, bytes);
		if (i == POOL_NONE)
			return POOL_NONE;
	}
	at = find_stake(a, i * 2 + side, rank);
	if (at == POOL_NONE)
		at = make_stake(a, i * 2 + side, rank, bytes);
	if (at == POOL_NONE) {
		if (account_at(a, i)->side[0].n_orders + account_at(a, i)->side[1].n_orders == 0)
			drop_account(a, i, bytes);
		return POOL_NONE;
	}
	stake_at(a, at)->n_orders++;
	stake_at(a, at)->size += size;
	h = &account_at(a, i)->side[side];
	h->n_orders++;
	h->size += size;
	return i;
}

void accounts_leave(struct accounts *a, uint32_t i, unsigned side, int64_t rank, int64_t size,
                    size_t *bytes)
{
	uint32_t at = find_stake(a, i * 2 + side, rank);
	struct account *account = account_at(a, i);
	struct holding *h = &account->side[side];

	stake_at(a, at)->size -= size;
	if (--stake_at(a, at)->n_orders == 0) {
		index_remove(&a->stake_index, stake_tag(i * 2 + side, rank), at);
		pool_give(&a->stakes, at);
		h->n_levels--;
	}
	h->size -= size;
	h->n_orders--;
	if (account->side[0].n_orders + account->side[1].n_orders == 0)
		drop_account(a, i, bytes);
}

void accounts_resize(struct accounts *a, uint32_t i, unsigned side, int64_t rank, __int128 change)
{
	stake_at(a, find_stake(a, i * 2 + side, rank))->size += change;
	account_at(a, i)->side[side].size += change;
}

__int128 accounts_at(const struct accounts *a, uint32_t i, unsigned side, int64_t rank)
{
	uint32_t at = find_stake(a, i * 2 + side, rank);

	return at == POOL_NONE ? 0 : stake_at(a, at)->size;
}
