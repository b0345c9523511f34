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
#include "features/filter.h"
#include "features/function.h"
#include "features/table.h"

static int make_spaces(struct feature_table *t)
{
	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		struct space *s = &t->spaces[i];
		int r = space_init(s, t->set, &t->set->spaces[i], &t->limits, &t->counts,
		                   t->cursors);

		if (r)
			return r;
		if (s->set->by == FEATURE_BY_INSTRUMENT)
			t->instruments = s;
		t->readings[i].set = s->set;
	}
	for (uint32_t i = 0; i < t->set->n_others; i++)
		t->readings[SET_FIRST_OTHER + i].set = t->instruments->set;
	for (uint32_t i = 0; i < SET_FIRST_OTHER + t->set->n_others; i++) {
		t->readings[i].x = t->x;
		t->readings[i].calendars = t->set->calendars;
		t->readings[i].cursors = t->cursors;
		t->readings[i].order = i < SET_FIRST_OTHER ? &t->order : NULL;
	}
	return 0;
}

static uint32_t limit(uint64_t given, uint32_t otherwise)
{
	return given == 0 ? otherwise : given < UINT32_MAX ? (uint32_t)given : UINT32_MAX;
}

static int make_books(struct feature_table *t)
{
	const struct book_limits *given = &t->limits.books;
	const struct book_limits limits = {
		.max_books = limit(given->max_books, limit(t->limits.max_keys, 1)),
		.max_orders = limit(given->max_orders, 1000000),
		.max_book_orders = limit(given->max_book_orders, 250000),
		.max_levels = limit(given->max_levels, 20000),
		.max_accounts = limit(given->max_accounts, 20000),
	};

	return books_new(&limits, &t->books);
}

int feature_table_new(const struct feature_set *set, const struct feature_limits *limits,
                      struct feature_table **ret_table)
{
	size_t n_readings = SET_FIRST_OTHER + set->n_others;
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
	                  set->n_spaces * sizeof *t->spaces + n_readings * sizeof *t->readings +
	                  set->n_filters * sizeof *t->passes +
	                  set->n_calendars * sizeof *t->cursors;
	t->x = calloc(set->n_features ? set->n_features : 1, sizeof *t->x);
	t->spaces = calloc(set->n_spaces ? set->n_spaces : 1, sizeof *t->spaces);
	t->readings = calloc(n_readings, sizeof *t->readings);
	t->passes = calloc(set->n_filters ? set->n_filters : 1, sizeof *t->passes);
	t->cursors = calloc(set->n_calendars ? set->n_calendars : 1, sizeof *t->cursors);
	if (!t->x || !t->spaces || !t->readings || !t->passes || !t->cursors || make_spaces(t) ||
	    (set->books && make_books(t))) {
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
	books_free(t->books);
	free(t->spaces);
	free(t->readings);
	free(t->passes);
	free(t->cursors);
	free(t->x);
	free(t);
	return NULL;
}

/* Reading ------------------------------------------------------------------------------------- */

static void set_reading(struct feature_table *t, uint32_t slot, const struct key *k, bool learned,
                        const struct tocsin_event *e)
{
	const struct space *s = slot < SET_MAX_SPACES ? &t->spaces[slot] : t->instruments;
	struct reading *r = &t->readings[slot];

	r->key = k ? k : s->blank;
	r->event = e;
	r->first_ns = t->first;
	r->book = t->book;
	r->learned = k && learned;
}

/* What is known of the event before any window has it; with it, what filters say. */
static void begin_event(struct feature_table *t, const struct tocsin_event *e)
{
	t->readings[SET_SLOT_EVENT].event = e;
	t->readings[SET_SLOT_EVENT].book = t->book;
	if (!t->set->n_filters)
		return;
	for (uint32_t i = 0; i < t->set->n_features; i++) {
		const struct feature *f = &t->set->features[i];

		if (f->early)
			t->x[i] = f->value(&t->readings[f->slot], f);
	}
	filters_ask(t->set, t->x, t->passes);
}

static void read_values(struct feature_table *t, uint64_t hash, const struct tocsin_event *e,
                        struct tocsin_sample *ret_sample)
{
	for (uint32_t i = 0; i < t->set->n_features; i++) {
		const struct feature *f = &t->set->features[i];

		if (!f->early)
			t->x[i] = f->value(&t->readings[f->slot], f);
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

/* The keys of other instruments that are read beside the event's own, at its time. */
static void read_others(struct feature_table *t, const struct tocsin_event *e, bool advance)
{
	const struct reading *own;

	if (t->set->n_others == 0)
		return;
	own = &t->readings[t->instruments - t->spaces];

	for (uint32_t i = 0; i < t->set->n_others; i++) {
		const struct set_other *o = &t->set->others[i];
		const struct tocsin_event of = { .instrument = { o->text, o->n } };
		struct key_name name;
		struct key *k = NULL;

		if (key_name(&of, FEATURE_BY_INSTRUMENT, &name))
			k = keys_find(&t->instruments->keys, o->hash, &name);
		if (k && advance && k != own->key) {
			keys_touch(&t->instruments->keys, k);
			space_advance(t->instruments, k, e->time_ns);
		}
		set_reading(t, SET_FIRST_OTHER + i, k, k && k == own->key && own->learned, e);
		t->readings[SET_FIRST_OTHER + i].book = t->books ? books_find(t->books,
		                                                              &of.instrument)
		                                                 : NULL;
	}
}

/* The event goes through the instrument's book before any window has it, in the order of arrival
 * and however late. What it only takes away because it was filled is marked; so that all rules see
 * the same cancellations, that does not depend on books being kept. */
static const struct tocsin_event *take_book(struct feature_table *t, const struct tocsin_event *e,
                                            uint64_t hash)
{
	if (e->kind >= TOCSIN_TICK)
		return e;
	if ((t->fills.n || e->kind == TOCSIN_FILL) && fills_take(&t->fills, e, hash)) {
		t->taken = *e;
		t->taken.flags |= TOCSIN_FLAG_BY_FILL;
		e = &t->taken;
	}
	if (t->books)
		books_take(t->books, e, &t->set->book_wants, &t->order, &t->book);
	return e;
}

void feature_table_add_key(struct feature_table *t, const struct tocsin_event *event, uint64_t hash,
                           struct tocsin_sample *ret_sample)
{
	bool learn = learns(t, event);

	event = take_book(t, event, hash);
	begin_event(t, event);
	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		struct space *s = &t->spaces[i];
		struct key *k = NULL;
		struct key_name name;

		if (key_name(event, s->set->by, &name)) {
			uint64_t own = s == t->instruments ? hash : key_hash(&name);

			k = learn ? space_take(s, event, t->passes, &name, own)
			          : keys_find(&s->keys, own, &name);
		}
		set_reading(t, i, k, learn, event);
	}
	read_others(t, event, learn);
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
	t->order = (struct book_order){ 0 };
	t->book = t->books && t->tick.instrument.p ? books_find(t->books, &t->tick.instrument)
	                                           : NULL;
	begin_event(t, &t->tick);
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
	read_others(t, &t->tick, true);
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

void feature_table_each(const struct feature_table *t, unsigned by,
                        bool (*each)(void *ctx, const struct tocsin_event *texts,
                                     const struct feature_times *times),
                        void *ctx)
{
	const struct space *s = find_space(t, by);
	bool more = true;

	for (const struct key *k = s ? s->keys.newest : NULL; k && more; k = k->older) {
		const struct feature_times times = { k->first, k->last, k->now };
		struct tocsin_event texts = { .size = sizeof texts, .kind = TOCSIN_TICK };

		key_texts(k, &texts);
		if (k->seen)
			more = each(ctx, &texts, &times);
	}
}

void feature_table_advance(struct feature_table *t, int64_t time_ns)
{
	if (time_ns > t->watermark)
		t->watermark = time_ns;
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
	if (t->books)
		books_counts(t->books, &ret->books);
	ret->bytes += ret->books.bytes;
}
