#include "batch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "features/features.h"

#define TEXTS 6 /* texts of an event, */
#define TEXT_MAX 128 /* each at most so long: decode's limit */

struct text_block { /* texts of `size` events; only what is used becomes real memory */
	struct text_block *next;
	size_t size, n;
	char bytes[];
};

static struct text_block *block_new(size_t size)
{
	struct text_block *t = malloc(sizeof *t + size * TEXTS * TEXT_MAX);

	if (t)
		*t = (struct text_block){ .size = size };
	return t;
}

int batch_new(size_t size, struct batch **ret_batch)
{
	struct batch *b = calloc(1, sizeof *b);

	if (!b)
		return -ENOMEM;
	b->size = size;
	b->messages = calloc(size, sizeof *b->messages);
	b->decoded = calloc(size, sizeof *b->decoded);
	b->decoded_size = size;
	b->texts = block_new(size);
	if (!b->messages || !b->decoded || !b->texts) {
		batch_free(b);
		return -ENOMEM;
	}
	*ret_batch = b;
	return 0;
}

struct batch *batch_free(struct batch *b)
{
	if (!b)
		return NULL;
	free(b->messages);
	free(b->decoded);
	free(b->texts);
	for (struct text_block *t = b->more_texts, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	free(b);
	return NULL;
}

/* May the event still be refused, for a time far from all before it? Then its bytes are needed for
 * the dead-letter topic. The pipeline refuses jumps of a week, so that a day is on the safe side. */
static bool may_be_refused(struct stream *s, const struct tocsin_event *e)
{
	int64_t before = s->decoded_ns;
	uint64_t apart = e->time_ns > before ? (uint64_t)e->time_ns - (uint64_t)before
	                                     : (uint64_t)before - (uint64_t)e->time_ns;

	if (!(e->flags & TOCSIN_FLAG_SNAPSHOT))
		s->decoded_ns = e->time_ns;
	return apart > (uint64_t)(86400 * NS_PER_S);
}

static void let_go(struct source *s, struct message *m)
{
	s->ops->release(s, m, 1);
	m->impl = NULL;
	m->key = m->value = NULL;
}

/* The decoder's next event would overwrite the event's texts: they move into the batch, where
 * add() saw to it that there is room. */
static void keep_texts(struct text_block *t, struct tocsin_event *e)
{
	struct tocsin_str *const texts[TEXTS] = { &e->instrument, &e->venue,   &e->order_id,
		                                  &e->trade_id,   &e->account, &e->counterparty };
	char *at = t->bytes + t->n;

	for (int i = 0; i < TEXTS; i++)
		if (texts[i]->p) {
			memcpy(at, texts[i]->p, texts[i]->n);
			texts[i]->p = at;
			at += texts[i]->n;
		}
	t->n = (size_t)(at - t->bytes);
}

/* Room for a further event of message i, and still for the first of each message behind it. */
static bool more_room(struct batch *b, size_t i)
{
	struct text_block *t = b->text_block, **link = t ? &t->next : &b->more_texts;

	if (b->n_decoded + (b->n - i) > b->decoded_size) {
		size_t size = 2 * b->decoded_size;
		struct decoded *more = realloc(b->decoded, size * sizeof *more);

		if (!more)
			return false;
		b->decoded = more;
		b->decoded_size = size;
	}
	if (t && t->n + (size_t)TEXTS * TEXT_MAX <= t->size * TEXTS * TEXT_MAX)
		return true;
	if (!*link)
		*link = block_new(b->size);
	if (!*link)
		return false;
	b->text_block = *link;
	b->text_block->n = 0;
	return true;
}

/* The entry to come; NULL when there is no room for it: never of a first event. */
static struct decoded *add(struct batch *b, size_t message, size_t item)
{
	struct decoded *d;

	if (item > 0 && (item >= BATCH_MAX_EVENTS || !more_room(b, message)))
		return NULL;
	d = &b->decoded[b->n_decoded++];
	d->field = "";
	d->key = 0;
	d->broker_ns = 0;
	d->message = (uint32_t)message;
	d->item = (uint32_t)item;
	d->last = false;
	return d;
}

/* What could not be added is refused in the place of the last that could. */
static void no_room(struct batch *b)
{
	b->decoded[b->n_decoded - 1].verdict = DECODE_TOO_LARGE;
	b->decoded[b->n_decoded - 1].field = "";
}

static void decode_header(struct batch *b, size_t i)
{
	struct message *m = &b->messages[i];

	if (decoder_header(b->decoders[m->input], m->value, m->size, b->error, sizeof b->error) ==
	    0)
		b->error[0] = 0;
}

/* The events of message i. True when all were read and none can be refused any more. */
static bool decode_events(struct batch *b, size_t i, size_t n, int64_t broker_ns)
{
	struct message *m = &b->messages[i];
	bool done = true;

	for (size_t item = 0; item < n; item++) {
		struct decoded *d = add(b, i, item);

		if (!d) {
			no_room(b);
			return false;
		}
		d->broker_ns = broker_ns;
		d->verdict = decode_event(b->decoders[m->input], item, &d->event, &d->field);
		if (d->verdict == DECODE_OK) {
			keep_texts(item ? b->text_block : b->texts, &d->event);
			d->key = feature_key(&d->event.instrument);
			done &= b->source && !may_be_refused(m->stream, &d->event);
		} else {
			done = false;
		}
	}
	return done;
}

static void decode_one(struct batch *b, size_t i)
{
	struct message *m = &b->messages[i];
	int64_t broker_ns = b->source ? b->source->ops->broker_time(b->source, m) : 0;
	enum decode_verdict verdict = DECODE_TOMBSTONE;
	const char *field = "";
	struct decoded *d;
	size_t n = 0;

	if (m->header) {
		decode_header(b, i);
		verdict = DECODE_IGNORED;
	} else if (m->value) {
		decoder_record_time(b->decoders[m->input], broker_ns);
		verdict = decode_message(b->decoders[m->input], m->value, m->size, &n, &field);
	}
	if (verdict == DECODE_OK) {
		if (decode_events(b, i, n, broker_ns))
			let_go(b->source, m);
	} else {
		d = add(b, i, 0);
		d->verdict = verdict;
		d->field = field;
	}
	b->decoded[b->n_decoded - 1].last = true;
}

void batch_decode(struct batch *b)
{
	b->error[0] = 0;
	b->n_decoded = 0;
	b->texts->n = 0;
	b->text_block = b->more_texts;
	if (b->text_block)
		b->text_block->n = 0;
	for (size_t i = 0; i < b->n; i++)
		decode_one(b, i);
}
