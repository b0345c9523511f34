/* Events in, values out: the state of one partition.
 *
 * In each space for whose keys it has the texts, an event finds its key, moves that key's time on,
 * and enters the series of its kind; then every feature is read. Cost: a hash look-up a space, O(1)
 * amortised a window, a few nanoseconds a feature.
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

static int make_spaces(struct feature_table *t)
{
	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		struct space *s = &t->spaces[i];
		int r = space_init(s, &t->set->spaces[i], &t->limits, &t->counts);

		if (r)
			return r;
		if (s->set->by == FEATURE_BY_INSTRUMENT)
			t->instruments = s;
		t->readings[i].set = s->set;
	}
	return 0;
}

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
	t->first = INT64_MAX;
	t->counts.bytes = sizeof *t + set->n_features * sizeof *t->x +
	                  set->n_spaces * sizeof *t->spaces;
	t->x = calloc(set->n_features ? set->n_features : 1, sizeof *t->x);
	t->spaces = calloc(set->n_spaces ? set->n_spaces : 1, sizeof *t->spaces);
	if (!t->x || !t->spaces || make_spaces(t)) {
		feature_table_free(t);
		return -ENOMEM;
	}
	*ret_table = t;
	return 0;
}

struct feature_table *feature_table_free(struct feature_table *t)
{
	if (!t)
		return NULL;
	for (uint32_t i = 0; t->spaces && i < t->set->n_spaces; i++)
		space_done(&t->spaces[i]);
	free(t->spaces);
	free(t->x);
	free(t);
	return NULL;
}

/* Reading ------------------------------------------------------------------------------------- */

static void set_reading(struct feature_table *t, uint32_t space, const struct key *k, bool learned,
                        const struct tocsin_event *e)
{
	struct reading *r = &t->readings[space];

	r->key = k ? k : t->spaces[space].blank;
	r->event = e;
	r->first_ns = t->first;
	r->learned = k && learned;
}

static void read_values(struct feature_table *t, uint64_t hash, const struct tocsin_event *e,
                        struct tocsin_sample *ret_sample)
{
	t->readings[SET_MAX_SPACES].event = e;
	for (uint32_t i = 0; i < t->set->n_features; i++) {
		const struct feature *f = &t->set->features[i];

		t->x[i] = f->function->value(&t->readings[f->space], f);
	}
	*ret_sample = (struct tocsin_sample){
		.size = sizeof *ret_sample,
		.n_features = t->set->n_features,
		.event = e,
		.key = hash,
		.x = t->x,
	};
}

/* Events -------------------------------------------------------------------------------------- */

static bool is_late(const struct feature_table *t, int64_t time_ns)
{
	return time_ns < t->watermark &&
	       (uint64_t)t->watermark - (uint64_t)time_ns > (uint64_t)t->limits.allowed_lateness_ns;
}

uint64_t feature_key(const struct tocsin_str *instrument)
{
	return hash_bytes(instrument->p,
	                  instrument->n < KEY_MAX_TEXT ? instrument->n : KEY_MAX_TEXT, 0);
}

uint64_t feature_entity(const struct tocsin_event *event, unsigned by)
{
	struct key_name name;

	return key_name(event, by, &name) ? key_hash(&name) : 0;
}

void feature_table_add(struct feature_table *t, const struct tocsin_event *event,
                       struct tocsin_sample *ret_sample)
{
	feature_table_add_key(t, event, feature_key(&event->instrument), ret_sample);
}

/* Does the event change windows? Counts those that do not. */
static bool learns(struct feature_table *t, const struct tocsin_event *e)
{
	if (e->kind >= TOCSIN_TICK)
		return false;
	if (e->flags & TOCSIN_FLAG_SNAPSHOT) {
		t->counts.snapshot++;
		return false;
	}
	if (is_late(t, e->time_ns)) {
		t->counts.late++;
		return false;
	}
	if (e->time_ns > t->watermark)
		t->watermark = e->time_ns;
	if (e->time_ns < t->first)
		t->first = e->time_ns;
	return true;
}

void feature_table_add_key(struct feature_table *t, const struct tocsin_event *event, uint64_t hash,
                           struct tocsin_sample *ret_sample)
{
	bool learn = learns(t, event);

	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		struct space *s = &t->spaces[i];
		struct key *k = NULL;
		struct key_name name;

		if (key_name(event, s->set->by, &name)) {
			uint64_t own = s == t->instruments ? hash : key_hash(&name);

			k = learn ? space_take(s, event, &name, own)
			          : keys_find(&s->keys, own, &name);
		}
		set_reading(t, i, k, learn, event);
	}
	read_values(t, hash, event, ret_sample);
}

/* Ticks --------------------------------------------------------------------------------------- */

/* A key at a time without an event of its own. Its texts find the keys of the other spaces. */
static void read_tick(struct feature_table *t, const struct space *own, struct key *k,
                      int64_t time_ns, struct tocsin_sample *ret_sample)
{
	t->tick = (struct tocsin_event){
		.size = sizeof t->tick,
		.kind = TOCSIN_TICK,
		.time_ns = time_ns,
		.price = k->price,
		.qty = TOCSIN_NONE,
		.bid = k->bid,
		.ask = k->ask,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
	};
	key_texts(k, &t->tick);
	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		struct space *s = &t->spaces[i];
		struct key *of = s == own ? k : NULL;
		struct key_name name;

		if (s != own && key_name(&t->tick, s->set->by, &name))
			of = keys_find(&s->keys, key_hash(&name), &name);
		if (of)
			space_advance(s, of, time_ns);
		set_reading(t, i, of, false, &t->tick);
	}
	read_values(t, t->tick.instrument.p ? feature_key(&t->tick.instrument) : k->hash, &t->tick,
	            ret_sample);
}

bool feature_table_tick(struct feature_table *t, int64_t time_ns, struct tocsin_sample *ret_sample)
{
	struct space *first = NULL;
	int64_t due, next = 0;
	struct key *k;

	for (uint32_t i = 0; i < t->set->n_spaces; i++)
		if (silence_due(&t->spaces[i].silences, time_ns, &due) && (!first || due < next)) {
			first = &t->spaces[i];
			next = due;
		}
	if (!first)
		return false;
	k = silence_next(&first->silences, next, &due);
	read_tick(t, first, k, due, ret_sample);
	return true;
}

static struct space *find_space(const struct feature_table *t, unsigned by)
{
	for (uint32_t i = 0; i < t->set->n_spaces; i++)
		if (t->set->spaces[i].by == by)
			return &t->spaces[i];
	return NULL;
}

bool feature_table_at(struct feature_table *t, unsigned by, uint64_t entity, int64_t time_ns,
                      struct tocsin_sample *ret_sample)
{
	struct space *s = find_space(t, by);
	struct key *k = s ? keys_find_hash(&s->keys, entity) : NULL;

	if (!k)
		return false;
	read_tick(t, s, k, time_ns, ret_sample);
	return true;
}

bool feature_table_times(const struct feature_table *t, unsigned by, uint64_t entity,
                         struct feature_times *ret)
{
	struct space *s = find_space(t, by);
	struct key *k = s ? keys_find_hash(&s->keys, entity) : NULL;

	if (!k || !k->seen)
		return false;
	*ret = (struct feature_times){ k->first, k->last, k->now };
	return true;
}

int64_t feature_table_watermark(const struct feature_table *t)
{
	return t->watermark;
}

void feature_table_counts(const struct feature_table *t, struct feature_counts *ret)
{
	*ret = t->counts;
	for (uint32_t i = 0; i < t->set->n_spaces; i++)
		ret->keys += t->spaces[i].keys.n;
}
