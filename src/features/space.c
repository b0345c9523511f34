/* The keys of one space: found, made, and forgotten; and what a key learns from an event. */
#include "space.h"

#include <errno.h>
#include <stdlib.h>

#include "features/cells.h"
#include "features/hours.h"

int space_init(struct space *s, const struct feature_set *all, const struct set_space *set,
               const struct feature_limits *limits, struct feature_counts *counts,
               struct calendar_cursor *cursors)
{
	const struct key_name nobody = { .p = "" };

	s->all = all;
	s->set = set;
	s->limits = limits;
	s->counts = counts;
	s->silences.times = set->silences;
	s->silences.n_times = set->n_silences;
	s->silences.calendars = all->calendars;
	s->silences.cursors = cursors;
	s->blank = key_new(set, &nobody, &s->counts->bytes);
	return s->blank ? 0 : -ENOMEM;
}

void space_clear(struct space *s)
{
	while (s->keys.oldest) {
		struct key *k = s->keys.oldest;

		silence_forget(&s->silences, k);
		keys_remove(&s->keys, k);
		key_free(s->set, k, &s->counts->bytes);
	}
}

void space_done(struct space *s)
{
	struct key *next;

	for (struct key *k = s->keys.oldest; k; k = next) {
		next = k->newer;
		key_free(s->set, k, &s->counts->bytes);
	}
	if (s->blank)
		key_free(s->set, s->blank, &s->counts->bytes);
	free(s->keys.slots);
	free(s->silences.heap);
}

static void forget(struct space *s, struct key *k)
{
	silence_forget(&s->silences, k);
	keys_remove(&s->keys, k);
	key_free(s->set, k, &s->counts->bytes);
	s->counts->keys_evicted++;
}

/* NULL when out of memory. */
static struct key *make(struct space *s, const struct key_name *name, uint64_t hash)
{
	struct key *k;

	while (s->keys.n >= s->limits->max_keys)
		forget(s, s->keys.oldest);
	k = key_new(s->set, name, &s->counts->bytes);
	if (!k)
		return NULL;
	k->hash = hash;
	k->calendar = hours_of(s->all, k);
	if (keys_add(&s->keys, k, &s->counts->bytes)) {
		key_free(s->set, k, &s->counts->bytes);
		return NULL;
	}
	return k;
}

/* Learning ------------------------------------------------------------------------------------ */

static void note_prices(struct key *k, const struct tocsin_event *e)
{
	if ((SET_KINDS_PRICED & TOCSIN_KIND_BIT(e->kind)) && e->price != TOCSIN_NONE &&
	    e->time_ns >= k->price_ns) {
		k->price = e->price;
		k->price_ns = e->time_ns;
	}
	if (e->kind == TOCSIN_QUOTE && e->time_ns >= k->quote_ns) {
		k->bid = e->bid;
		k->ask = e->ask;
		k->quote_ns = e->time_ns;
	}
}

void space_advance(struct space *s, struct key *k, int64_t time_ns)
{
	if (time_ns > k->now)
		k->now = time_ns;
	for (uint32_t i = 0; i < s->set->n_series; i++) {
		struct series series = key_series(s->set, k, i, s->limits->max_window_events,
		                                  &s->counts->bytes);

		window_advance(&series, k->now);
	}
}

static void enter_decays(const struct set_space *set, const struct set_series *s, struct key *k,
                         const int64_t cells[WINDOW_COLUMNS])
{
	for (uint32_t i = s->first_decay; i != SET_NONE; i = set->decays[i].next) {
		int64_t v = cells[set->decays[i].field == FIELD_PRICE ? 1 : 2];

		if (v != TOCSIN_NONE)
			decay_add(&k->decays[i], set->decays[i].half_life_ns, cells[0], v);
	}
}

/* Moves the windows of every series on to the key's time; the event enters those of its kind. */
static int enter_series(struct space *s, struct key *k, const struct tocsin_event *e,
                        const bool *passes)
{
	int64_t cells[WINDOW_COLUMNS];

	for (uint32_t i = 0; i < s->set->n_series; i++) {
		struct series series = key_series(s->set, k, i, s->limits->max_window_events,
		                                  &s->counts->bytes);
		int r;

		window_advance(&series, k->now);
		if (!cells_of(series.spec, e, cells) ||
		    (series.spec->filter != SET_NONE && !passes[series.spec->filter]))
			continue;
		enter_decays(s->set, series.spec, k, cells);
		r = window_insert(&series, cells, k->now, &s->counts->window_truncated);
		if (r)
			return r;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int learn(struct space *s, struct key *k, const struct tocsin_event *e, const bool *passes)
{
	bool newer = !k->seen || e->time_ns > k->last;

	if (s->set->by != FEATURE_BY_INSTRUMENT) /* those were asked for ahead */
		key_ask_events(s->set, k);
	if (!k->seen || e->time_ns < k->first)
		k->first = e->time_ns;
	if (newer)
		k->last = e->time_ns;
	k->seen = true;
	if (e->time_ns > k->now)
		k->now = e->time_ns;
	note_prices(k, e);
	if (newer) {
		int r = silence_begin(&s->silences, k, &s->counts->bytes);

		if (r)
			return r;
	}
	return enter_series(s, k, e, passes);
}

struct key *space_take(struct space *s, const struct tocsin_event *e, const bool *passes,
                       const struct key_name *name, uint64_t hash)
{
	struct key *k = keys_find(&s->keys, hash, name);

	if (k)
		keys_touch(&s->keys, k);
	else
		k = make(s, name, hash);
	if (k && learn(s, k, e, passes)) {
		forget(s, k);
		k = NULL;
	}
	return k;
}
