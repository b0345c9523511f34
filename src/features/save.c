/* save.c - the state of a partition as bytes, and back.
 *
 * Only what cannot be worked out again is written: the keys of each space in the order of their use,
 * their prices and times, the events of their series, and what goes back beyond those (the sums of
 * ewma()). Other sums, queues and the heap of silences are rebuilt by taking the events in again,
 * which gives the same integers. So the bytes depend on nothing but the state, and a damaged count
 * cannot make sums disagree with events.
 *
 *   magic, hash of features and limits, watermark; each space: its number of keys; each key: its
 *   members, its text, then each series: number of events, whether older ones were dropped, the
 *   events; then each decaying mean; fills of packets that go on; order books, when there are any;
 *   XXH3 of all before.
 *
 * Little endian, as every machine that Debian runs this on. */
#include <errno.h>
#include <string.h>

#include "core/hash.h"
#include "features/hours.h"
#include "features/aggregate.h"
#include "features/table.h"

#define MAGIC 0x3453464eu /* changes with the layout */

struct saved_head {
	uint32_t magic, n_spaces;
	uint64_t of; /* hash of features and limits */
	int64_t watermark, first;
};

struct saved_space {
	uint64_t n_keys;
};

struct saved_key {
	uint8_t part_n[SET_PARTS]; /* of the text, which follows */
	uint32_t seen, waits; /* waits: it is in the heap of silences */
	int64_t now, first, last, told_ns;
	int64_t price, price_ns, bid, ask, quote_ns;
};

struct saved_series {
	uint64_t n;
	uint64_t dropped; /* events before these are gone */
};

/* What the state means: another set of features or other limits read it wrongly. */
static uint64_t meaning(const struct feature_table *t)
{
	const struct book_limits *b = &t->limits.books;
	const uint64_t limits[] = { t->limits.max_keys,
		                    t->limits.max_window_events,
		                    (uint64_t)t->limits.allowed_lateness_ns,
		                    b->max_books,
		                    b->max_orders,
		                    b->max_book_orders,
		                    b->max_levels,
		                    b->max_accounts };
	uint64_t h = hash_bytes(limits, sizeof limits, MAGIC);

	for (uint32_t i = 0; i < t->set->n_features; i++) {
		const struct feature *f = &t->set->features[i];

		h = hash_bytes(f->name, strlen(f->name), h + text_test_hash(&f->test));
	}
	for (uint32_t i = 0; i < t->set->n_calendars; i++) {
		const uint64_t calendar = calendar_hash(t->set->calendars[i].calendar);

		h = hash_bytes(&calendar, sizeof calendar, h);
	}
	return h;
}

static void save_key(const struct space *s, const struct key *k, struct buf *out)
{
	struct saved_key saved = {
		.told_ns = k->told_ns,
		.seen = k->seen,
		.waits = k->heap_at != SET_NONE,
		.now = k->now,
		.first = k->first,
		.last = k->last,
		.price = k->price,
		.price_ns = k->price_ns,
		.bid = k->bid,
		.ask = k->ask,
		.quote_ns = k->quote_ns,
	};

	memcpy(saved.part_n, k->part_n, sizeof saved.part_n);
	buf_add(out, &saved, sizeof saved);
	buf_add(out, k->text, k->text_n);
	for (uint32_t i = 0; i < s->set->n_series; i++) {
		const struct ring *r = &k->rings[i];
		const struct saved_series series = { r->head - r->base, r->base > 0 };

		buf_add(out, &series, sizeof series);
		for (uint64_t p = r->base; p < r->head; p++)
			buf_add(out, ring_cell(r, 0, p), r->columns * sizeof *r->cells);
	}
	for (uint32_t i = 0; i < s->set->n_decays; i++)
		decay_save(&k->decays[i], out);
}

void feature_table_save(const struct feature_table *t, struct buf *out)
{
	const struct saved_head head = {
		.magic = MAGIC,
		.n_spaces = t->set->n_spaces,
		.of = meaning(t),
		.watermark = t->watermark,
		.first = t->first,
	};
	size_t begin = out->n;
	uint64_t sum;

	buf_add(out, &head, sizeof head);
	for (uint32_t i = 0; i < t->set->n_spaces; i++) {
		const struct space *s = &t->spaces[i];
		const struct saved_space space = { s->keys.n };

		buf_add(out, &space, sizeof space);
		for (const struct key *k = s->keys.oldest; k; k = k->newer)
			save_key(s, k, out);
	}
	fills_save(&t->fills, out);
	if (t->books)
		books_save(t->books, out);
	if (out->failed)
		return;
	sum = hash_bytes(out->p + begin, out->n - begin, MAGIC);
	buf_add(out, &sum, sizeof sum);
}

/* Loading ------------------------------------------------------------------------------------- */

struct cursor {
	const unsigned char *p;
	size_t left;
};

static int take(struct cursor *c, void *to, size_t n)
{
	if (c->left < n)
		return -EBADMSG;
	memcpy(to, c->p, n);
	c->p += n;
	c->left -= n;
	return 0;
}

/* Positions move on by a multiple of the ring's size: cells stay where they are. */
static void mark_dropped(struct series *s)
{
	struct ring *r = s->ring;

	r->base += r->size;
	r->head += r->size;
	for (uint32_t i = s->spec->first_window; i != SET_NONE; i = s->set->windows[i].next) {
		s->windows[i].tail += r->size;
		aggregate_shift(s, i, r->size);
	}
}

static int load_series(struct space *space, struct key *k, uint32_t i, struct cursor *c)
{
	size_t max = space->limits->max_window_events;
	struct series s = key_series(space->set, k, i, max, &space->counts->bytes);
	size_t columns = window_columns(s.spec->content);
	int64_t cells[WINDOW_COLUMNS] = { 0, TOCSIN_NONE, TOCSIN_NONE, 0 }, before = INT64_MIN;
	struct saved_series saved;
	uint64_t cut = 0;

	if (take(c, &saved, sizeof saved) || saved.n > max || (saved.dropped && saved.n == 0))
		return -EBADMSG;
	for (uint64_t n = 0; n < saved.n; n++) {
		if (take(c, cells, columns * sizeof cells[0]) || cells[0] < before ||
		    cells[0] > k->now)
			return -EBADMSG;
		before = cells[0];
		if (window_insert(&s, cells, k->now, &cut))
			return -ENOMEM;
	}
	if (saved.dropped)
		mark_dropped(&s);
	return 0;
}

/* Makes the key that is saved next, in its place by use. */
static int load_name(struct space *s, const struct saved_key *saved, struct cursor *c,
                     struct key **ret_key)
{
	struct key_name name = { .p = name.bytes };
	struct key *k;
	int e;

	for (unsigned i = 0; i < SET_PARTS; i++) {
		name.part_n[i] = saved->part_n[i];
		name.n += saved->part_n[i];
		if (saved->part_n[i] > KEY_MAX_TEXT ||
		    (saved->part_n[i] > 0) != (s->set->by >> i & 1))
			return -EBADMSG;
	}
	if (take(c, name.bytes, name.n) || keys_find(&s->keys, key_hash(&name), &name))
		return -EBADMSG;
	k = key_new(s->set, &name, &s->counts->bytes);
	if (!k)
		return -ENOMEM;
	k->hash = key_hash(&name);
	k->calendar = hours_of(s->all, k);
	e = keys_add(&s->keys, k, &s->counts->bytes);
	if (e)
		key_free(s->set, k, &s->counts->bytes);
	else
		*ret_key = k;
	return e;
}

static int load_key(struct space *s, struct cursor *c)
{
	struct saved_key saved;
	struct key *k;
	int e;

	if (take(c, &saved, sizeof saved) || (saved.waits && s->set->n_silences == 0))
		return -EBADMSG;
	e = load_name(s, &saved, c, &k);
	if (e)
		return e;
	k->seen = saved.seen != 0;
	k->now = saved.now;
	k->first = saved.first;
	k->last = saved.last;
	k->price = saved.price;
	k->price_ns = saved.price_ns;
	k->bid = saved.bid;
	k->ask = saved.ask;
	k->quote_ns = saved.quote_ns;
	if (saved.waits)
		e = silence_begin(&s->silences, k, &s->counts->bytes);
	k->told_ns = saved.told_ns; /* an entry that is too early is corrected when it comes up */
	for (uint32_t i = 0; e == 0 && i < s->set->n_series; i++)
		e = load_series(s, k, i, c);
	for (uint32_t i = 0; e == 0 && i < s->set->n_decays; i++) {
		uint64_t decay[DECAY_SAVED];

		e = take(c, decay, sizeof decay);
		if (e == 0)
			decay_load(&k->decays[i], decay);
	}
	return e;
}

static int load_space(struct space *s, struct cursor *c)
{
	struct saved_space saved;
	int e = take(c, &saved, sizeof saved);

	if (e == 0 && saved.n_keys > s->limits->max_keys)
		e = -EBADMSG;
	for (uint64_t i = 0; e == 0 && i < saved.n_keys; i++)
		e = load_key(s, c);
	return e;
}

static void clear(struct feature_table *t)
{
	for (uint32_t i = 0; i < t->set->n_spaces; i++)
		space_clear(&t->spaces[i]);
	t->watermark = INT64_MIN;
	t->first = INT64_MAX;
	t->fills.n = t->fills.next = 0;
	if (t->books)
		books_clear(t->books);
}

static int load_books(struct feature_table *t, struct cursor *c)
{
	size_t used = 0;
	int e = fills_load(&t->fills, c->p, c->left, &used);

	c->p += used;
	c->left -= used;
	if (e || !t->books)
		return e;
	e = books_load(t->books, c->p, c->left, &used);
	if (e == 0) {
		c->p += used;
		c->left -= used;
	}
	return e;
}

int feature_table_load(struct feature_table *t, const void *p, size_t n)
{
	struct saved_head head;
	struct cursor c = { p, n };
	uint64_t sum;
	int e = 0;

	if (n < sizeof head + sizeof sum)
		return -EBADMSG;
	c.left -= sizeof sum;
	memcpy(&sum, c.p + c.left, sizeof sum);
	if (sum != hash_bytes(p, c.left, MAGIC))
		return -EBADMSG;
	take(&c, &head, sizeof head);
	if (head.magic != MAGIC || head.of != meaning(t) || head.n_spaces != t->set->n_spaces)
		return -ESTALE;
	clear(t);
	for (uint32_t i = 0; e == 0 && i < t->set->n_spaces; i++)
		e = load_space(&t->spaces[i], &c);
	if (e == 0)
		e = load_books(t, &c);
	if (e == 0 && c.left)
		e = -EBADMSG;
	if (e)
		clear(t);
	else
		t->watermark = head.watermark, t->first = head.first;
	return e;
}
