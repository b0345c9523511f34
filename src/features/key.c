/* Keys by name: open addressing with linear probing, at most half full, and removal that
 * moves later entries back (Knuth, "The Art of Computer Programming" 3, 6.4, algorithm R), so no
 * tombstones pile up as keys come and go. The whole 64-bit hash stands in the slot: a miss touches
 * no key. Nothing reads the table in its own order, so its layout never shows in a result. */
#include "key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define FIRST_SIZE 64

bool key_name(const struct tocsin_event *e, unsigned by, struct key_name *ret)
{
	const struct tocsin_str *const texts[SET_PARTS] = { &e->instrument, &e->account, &e->venue,
		                                            &e->counterparty };

	ret->n = 0;
	memset(ret->part_n, 0, sizeof ret->part_n);
	for (unsigned i = 0; i < SET_PARTS; i++) {
		const struct tocsin_str *text = texts[i];
		uint32_t n = text->n < KEY_MAX_TEXT ? text->n : KEY_MAX_TEXT;

		if (!(by & 1u << i))
			continue;
		if (!text->p || n == 0)
			return false;
		ret->part_n[i] = (uint8_t)n;
		if (by == 1u << i) {
			ret->p = text->p;
			ret->n = n;
			return true;
		}
		memcpy(ret->bytes + ret->n, text->p, n);
		ret->n += n;
	}
	ret->p = ret->bytes;
	return by != 0;
}

unsigned feature_parts(const struct tocsin_event *e)
{
	unsigned parts = 0;

	parts |= e->instrument.p && e->instrument.n ? FEATURE_BY_INSTRUMENT : 0;
	parts |= e->account.p && e->account.n ? FEATURE_BY_ACCOUNT : 0;
	parts |= e->venue.p && e->venue.n ? FEATURE_BY_VENUE : 0;
	parts |= e->counterparty.p && e->counterparty.n ? FEATURE_BY_COUNTERPARTY : 0;
	return parts;
}

/* Of an instrument alone the hash of its bytes; where the texts meet is part of all others. */
uint64_t key_hash(const struct key_name *name)
{
	uint32_t seed;

	memcpy(&seed, name->part_n, sizeof seed);
	return hash_bytes(name->p, name->n, name->part_n[0] == name->n ? 0 : seed);
}

void key_texts(const struct key *k, struct tocsin_event *e)
{
	struct tocsin_str *const texts[SET_PARTS] = { &e->instrument, &e->account, &e->venue,
		                                      &e->counterparty };
	uint32_t at = 0;

	for (unsigned i = 0; i < SET_PARTS; i++) {
		if (k->part_n[i])
			*texts[i] = (struct tocsin_str){ k->text + at, k->part_n[i] };
		at += k->part_n[i];
	}
}

size_t key_room(const struct set_space *set)
{
	return set->n_windows * sizeof(struct window) + set->n_squares * sizeof(struct wide) +
	       set->n_decays * sizeof(struct decay) + set->n_series * sizeof(struct ring) +
	       set->n_extremes * sizeof(struct queue) + set->n_ranks * sizeof(struct ranks) +
	       set->n_distinct * sizeof(struct distinct);
}

struct key *key_new(const struct set_space *set, const struct key_name *name, size_t *bytes)
{
	size_t align = _Alignof(struct window);
	size_t head = (sizeof(struct key) + name->n + align - 1) / align * align;
	size_t size = head + key_room(set);
	struct key *k;

	size = (size + align - 1) / align * align;
	k = aligned_alloc(align, size);
	if (!k)
		return NULL;
	memset(k, 0, size);
	k->size = (uint32_t)size;
	k->text_n = name->n;
	memcpy(k->part_n, name->part_n, sizeof k->part_n);
	if (name->n)
		memcpy(k->text, name->p, name->n);
	k->windows = (struct window *)((char *)k + head);
	k->parts.squares = (struct wide *)(k->windows + set->n_windows);
	k->decays = (struct decay *)(k->parts.squares + set->n_squares);
	k->rings = (struct ring *)(k->decays + set->n_decays);
	k->parts.queues = (struct queue *)(k->rings + set->n_series);
	k->parts.ranks = (struct ranks *)(k->parts.queues + set->n_extremes);
	k->parts.distinct = (struct distinct *)(k->parts.ranks + set->n_ranks);
	k->now = INT64_MIN;
	k->price = k->bid = k->ask = TOCSIN_NONE;
	k->price_ns = k->quote_ns = INT64_MIN;
	k->heap_at = k->calendar = SET_NONE;
	*bytes += size;
	return k;
}

void key_free(const struct set_space *set, struct key *k, size_t *bytes)
{
	for (uint32_t i = 0; i < set->n_series; i++) {
		struct series s = key_series(set, k, i, 0, bytes);

		window_clear(&s);
	}
	*bytes -= k->size;
	free(k);
}

void key_ask_events(const struct set_space *set, const struct key *k)
{
	for (uint32_t i = 0; i < set->n_windows; i++) {
		const struct ring *r = &k->rings[set->windows[i].series];

		if (r->size)
			__builtin_prefetch(ring_cell(r, 0, k->windows[i].tail));
	}
	for (uint32_t i = 0; i < set->n_series; i++)
		if (k->rings[i].size)
			__builtin_prefetch(ring_cell(&k->rings[i], 0, k->rings[i].head), 1);
	for (uint32_t i = 0; i < set->n_distinct; i++)
		distinct_ask(&k->parts.distinct[i]);
	for (uint32_t i = 0; i < set->n_ranks; i++)
		ranks_ask(&k->parts.ranks[i]);
	for (uint32_t i = 0; i < set->n_extremes; i++) {
		const struct queue *q = &k->parts.queues[i];

		if (q->size)
			__builtin_prefetch(&q->entries[(q->first + q->n - 1) & (q->size - 1)], 1);
	}
}

struct key *keys_find(const struct keys *t, uint64_t hash, const struct key_name *name)
{
	if (t->size == 0)
		return NULL;
	for (size_t i = hash & (t->size - 1); t->slots[i].key; i = (i + 1) & (t->size - 1)) {
		struct key *k = t->slots[i].key;

		if (t->slots[i].hash == hash && k->text_n == name->n &&
		    memcmp(k->part_n, name->part_n, sizeof k->part_n) == 0 &&
		    memcmp(k->text, name->p, name->n) == 0)
			return k;
	}
	return NULL;
}

struct key *keys_find_hash(const struct keys *t, uint64_t hash)
{
	if (t->size == 0)
		return NULL;
	for (size_t i = hash & (t->size - 1); t->slots[i].key; i = (i + 1) & (t->size - 1))
		if (t->slots[i].hash == hash)
			return t->slots[i].key;
	return NULL;
}

static void put(struct keys *t, struct key *k)
{
	size_t i = k->hash & (t->size - 1);

	while (t->slots[i].key)
		i = (i + 1) & (t->size - 1);
	t->slots[i] = (struct key_slot){ k->hash, k };
}

static int grow(struct keys *t, size_t *bytes)
{
	struct keys more = { .size = t->size ? 2 * t->size : FIRST_SIZE };

	more.slots = calloc(more.size, sizeof *more.slots);
	if (!more.slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].key)
			put(&more, t->slots[i].key);
	*bytes += (more.size - t->size) * sizeof *more.slots;
	free(t->slots);
	t->slots = more.slots;
	t->size = more.size;
	return 0;
}

static void unlink_key(struct keys *t, struct key *k)
{
	*(k->older ? &k->older->newer : &t->oldest) = k->newer;
	*(k->newer ? &k->newer->older : &t->newest) = k->older;
}

static void link_newest(struct keys *t, struct key *k)
{
	k->newer = NULL;
	k->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = k;
	t->newest = k;
}

int keys_add(struct keys *t, struct key *k, size_t *bytes)
{
	if (2 * (t->n + 1) > t->size) {
		int e = grow(t, bytes);

		if (e)
			return e;
	}
	put(t, k);
	t->n++;
	link_newest(t, k);
	return 0;
}

void keys_remove(struct keys *t, struct key *k)
{
	size_t mask = t->size - 1, hole = k->hash & mask;

	while (t->slots[hole].key != k)
		hole = (hole + 1) & mask;
	for (size_t i = (hole + 1) & mask; t->slots[i].key; i = (i + 1) & mask) {
		size_t home = t->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue; /* it lies between its home and here already */
		t->slots[hole] = t->slots[i];
		hole = i;
	}
	t->slots[hole] = (struct key_slot){ 0 };
	t->n--;
	unlink_key(t, k);
}

void keys_touch(struct keys *t, struct key *k)
{
	if (t->newest == k)
		return;
	unlink_key(t, k);
	link_newest(t, k);
}
