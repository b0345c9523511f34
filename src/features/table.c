/* Events in, values out: the state of one partition.
 *
 * An event finds its key, moves that key's time on, enters the series of its kind, and then every
 * feature is read. Cost: one hash look-up, O(1) amortised a window, a few nanoseconds a feature.
 *
 * Late: an event older than the watermark by more than the lateness allowed, and book snapshots,
 * change nothing and are counted; their sample shows the windows as they are. An event within the
 * lateness is put in its place, so that the order of arrival leaves no trace once both are in.
 *
 * Out of memory while running: the key whose memory could not grow is forgotten and counted as
 * evicted. Its windows fill anew, and until then its rules say nothing, rather than something
 * wrong. */
#include "features.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "features/function.h"
#include "features/table.h"

int feature_table_new(const struct feature_set *set, const struct feature_limits *limits,
                      struct feature_table **ret_table)
{
	struct feature_table *t;

	if (limits->max_keys == 0 || limits->max_window_events == 0 ||
	    limits->allowed_lateness_ns < 0)
		return -EINVAL;
	t = calloc(1, sizeof *t);
	if (!t)
		return -ENOMEM;
	t->set = set;
	t->limits = *limits;
	t->watermark = INT64_MIN;
	t->silences.times = set->silences;
	t->silences.n_times = set->n_silences;
	t->counts.bytes = sizeof *t + set->n_features * sizeof *t->x;
	t->x = calloc(set->n_features ? set->n_features : 1, sizeof *t->x);
	t->blank = key_new(set, &t->counts.bytes);
	if (!t->x || !t->blank) {
		feature_table_free(t);
		return -ENOMEM;
	}
	*ret_table = t;
	return 0;
}

struct feature_table *feature_table_free(struct feature_table *t)
{
	struct key *next;

	if (!t)
		return NULL;
	for (struct key *k = t->keys.oldest; k; k = next) {
		next = k->newer;
		key_free(t->set, k, &t->counts.bytes);
	}
	if (t->blank)
		key_free(t->set, t->blank, &t->counts.bytes);
	free(t->keys.slots);
	free(t->silences.heap);
	free(t->x);
	free(t);
	return NULL;
}

/* Keys ---------------------------------------------------------------------------------------- */

static void forget(struct feature_table *t, struct key *k)
{
	silence_forget(&t->silences, k);
	keys_remove(&t->keys, k);
	key_free(t->set, k, &t->counts.bytes);
	t->counts.keys_evicted++;
}

static uint32_t text_size(const struct tocsin_str *s)
{
	return s->p ? s->n < KEY_MAX_TEXT ? s->n : KEY_MAX_TEXT : 0;
}

/* NULL when out of memory. */
static struct key *key_make(struct feature_table *t, const struct tocsin_str *text, uint64_t hash)
{
	struct key *k;

	while (t->keys.n >= t->limits.max_keys)
		forget(t, t->keys.oldest);
	k = key_new(t->set, &t->counts.bytes);
	if (!k)
		return NULL;
	k->hash = hash;
	k->text_n = text_size(text);
	if (k->text_n)
		memcpy(k->text, text->p, k->text_n);
	if (keys_add(&t->keys, k, &t->counts.bytes)) {
		key_free(t->set, k, &t->counts.bytes);
		return NULL;
	}
	return k;
}

/* Events -------------------------------------------------------------------------------------- */

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

static void advance(struct feature_table *t, struct key *k)
{
	for (uint32_t i = 0; i < t->set->n_series; i++) {
		struct series s = key_series(t->set, k, i, t->limits.max_window_events,
		                             &t->counts.bytes);

		window_advance(&s, k->now);
	}
}

/* Is the event of a series' kinds? What only takes away what was filled, nobody cancelled. */
static bool is_of(const struct tocsin_event *e, uint32_t kinds)
{
	if (e->kind == TOCSIN_ORDER_CANCEL && (e->flags & TOCSIN_FLAG_BY_FILL))
		return kinds == SET_KINDS_ANY;
	return kinds & TOCSIN_KIND_BIT(e->kind);
}

/* Moves the windows of every series on to the key's time; the event enters those of its kind. */
static int enter_series(struct feature_table *t, struct key *k, const struct tocsin_event *e)
{
	for (uint32_t i = 0; i < t->set->n_series; i++) {
		struct series s = key_series(t->set, k, i, t->limits.max_window_events,
		                             &t->counts.bytes);
		int r;

		window_advance(&s, k->now);
		if (!is_of(e, s.spec->kinds) || (s.spec->priced && e->price == TOCSIN_NONE))
			continue;
		r = window_insert(&s, e->time_ns, e->price, e->qty, k->now,
		                  &t->counts.window_truncated);
		if (r)
			return r;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int learn(struct feature_table *t, struct key *k, const struct tocsin_event *e)
{
	bool newer = !k->seen || e->time_ns > k->last;

	key_ask_events(t->set, k);
	if (!k->seen || e->time_ns < k->first)
		k->first = e->time_ns;
	if (newer)
		k->last = e->time_ns;
	k->seen = true;
	if (e->time_ns > k->now)
		k->now = e->time_ns;
	note_prices(k, e);
	if (newer) {
		int r = silence_begin(&t->silences, k, &t->counts.bytes);

		if (r)
			return r;
	}
	return enter_series(t, k, e);
}

static bool is_late(const struct feature_table *t, int64_t time_ns)
{
	return time_ns < t->watermark &&
	       (uint64_t)t->watermark - (uint64_t)time_ns > (uint64_t)t->limits.allowed_lateness_ns;
}

static void read_values(struct feature_table *t, const struct key *k, uint64_t hash,
                        const struct tocsin_event *e, struct tocsin_sample *ret_sample)
{
	const struct reading reading = { t->set, k, e };

	for (uint32_t i = 0; i < t->set->n_features; i++) {
		const struct feature *f = &t->set->features[i];

		t->x[i] = f->function->value(&reading, f);
	}
	*ret_sample = (struct tocsin_sample){
		.size = sizeof *ret_sample,
		.n_features = t->set->n_features,
		.event = e,
		.key = hash,
		.x = t->x,
	};
}

uint64_t feature_key(const struct tocsin_str *instrument)
{
	return hash_bytes(instrument->p, text_size(instrument), 0);
}

void feature_table_add(struct feature_table *t, const struct tocsin_event *event,
                       struct tocsin_sample *ret_sample)
{
	feature_table_add_key(t, event, feature_key(&event->instrument), ret_sample);
}

void feature_table_add_key(struct feature_table *t, const struct tocsin_event *event, uint64_t hash,
                           struct tocsin_sample *ret_sample)
{
	struct key *k = keys_find(&t->keys, hash, event->instrument.p,
	                          text_size(&event->instrument));
	bool snapshot = event->flags & TOCSIN_FLAG_SNAPSHOT;

	if (snapshot || event->kind >= TOCSIN_TICK || is_late(t, event->time_ns)) {
		t->counts.snapshot += snapshot;
		t->counts.late += !snapshot && event->kind < TOCSIN_TICK;
		read_values(t, k ? k : t->blank, hash, event, ret_sample);
		return;
	}
	if (event->time_ns > t->watermark)
		t->watermark = event->time_ns;
	if (k)
		keys_touch(&t->keys, k);
	else
		k = key_make(t, &event->instrument, hash);
	if (k && learn(t, k, event)) {
		forget(t, k);
		k = NULL;
	}
	read_values(t, k ? k : t->blank, hash, event, ret_sample);
}

bool feature_table_tick(struct feature_table *t, int64_t time_ns, struct tocsin_sample *ret_sample)
{
	int64_t due;
	struct key *k = silence_next(&t->silences, time_ns, &due);

	if (!k)
		return false;
	if (due > k->now)
		k->now = due;
	advance(t, k);
	t->tick = (struct tocsin_event){
		.size = sizeof t->tick,
		.kind = TOCSIN_TICK,
		.time_ns = due,
		.price = k->price,
		.qty = TOCSIN_NONE,
		.bid = k->bid,
		.ask = k->ask,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
		.instrument = { k->text, k->text_n },
	};
	read_values(t, k, k->hash, &t->tick, ret_sample);
	return true;
}

int64_t feature_table_watermark(const struct feature_table *t)
{
	return t->watermark;
}

void feature_table_counts(const struct feature_table *t, struct feature_counts *ret)
{
	*ret = t->counts;
	ret->keys = t->keys.n;
}
