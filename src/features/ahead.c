/* ahead.c - asking for memory before it is needed.
 *
 * The state of a few hundred instruments with windows of minutes is larger than a core's own cache,
 * and each event touches another key, so that most of an event's time is waiting for memory. Who
 * knows the next events can have their keys fetched while earlier ones are worked on. Changes
 * nothing but time. */
#include "features/table.h"

#define LINE 64

/* By its hash alone: the key's own memory is what is not there yet. */
static const struct key *find(const struct feature_table *t, uint64_t hash)
{
	const struct keys *keys = &t->keys;

	if (keys->size == 0)
		return NULL;
	for (size_t i = hash & (keys->size - 1); keys->slots[i].key; i = (i + 1) & (keys->size - 1))
		if (keys->slots[i].hash == hash)
			return keys->slots[i].key;
	return NULL;
}

/* The key with its rings, windows and queues, which lie in one block. */
static void fetch_key(const struct feature_table *t, const struct key *k)
{
	size_t n = sizeof *k + t->set->n_windows * sizeof(struct window) +
	           t->set->n_series * sizeof(struct ring) +
	           t->set->n_extremes * sizeof(struct queue);

	for (size_t at = 0; at < n; at += LINE)
		__builtin_prefetch((const char *)k + at, 1);
}

void feature_table_ahead(const struct feature_table *t, uint64_t next, uint64_t after_next)
{
	const struct key *k = find(t, next);

	if (k)
		key_ask_events(t->set, k);
	k = find(t, after_next);
	if (k)
		fetch_key(t, k);
}
