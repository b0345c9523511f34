/* ahead.c - asking for memory before it is needed.
 *
 * The state of a few hundred instruments with windows of minutes is larger than a core's own cache,
 * and each event touches another key, so that most of an event's time is waiting for memory. Who
 * knows the next events can have their keys fetched while earlier ones are worked on. Changes
 * nothing but time. */
#include "features/table.h"

#define LINE 64

/* The key with its rings, windows and queues, which lie in one block. Its size is worked out: the
 * key's own memory is what is not there yet, which is also why it is found by its hash alone. */
static void fetch_key(const struct set_space *set, const struct key *k)
{
	size_t n = sizeof *k + LINE + key_room(set);

	for (size_t at = 0; at < n; at += LINE)
		__builtin_prefetch((const char *)k + at, 1);
}

void feature_table_ahead(const struct feature_table *t, uint64_t next, uint64_t after_next)
{
	const struct space *s = t->instruments;
	const struct key *k;

	if (!s)
		return;
	k = keys_find_hash(&s->keys, next);
	if (k)
		key_ask_events(s->set, k);
	k = keys_find_hash(&s->keys, after_next);
	if (k)
		fetch_key(s->set, k);
}
