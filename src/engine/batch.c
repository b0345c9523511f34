#include "batch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "features/features.h"

#define TEXTS 6 /* texts of an event, */
#define TEXT_MAX 128 /* each at most so long: decode's limit */

int batch_new(size_t size, struct batch **ret_batch)
{
	struct batch *b = calloc(1, sizeof *b);

	if (!b)
		return -ENOMEM;
	b->size = size;
	b->messages = calloc(size, sizeof *b->messages);
	b->decoded = calloc(size, sizeof *b->decoded);
	b->texts = malloc(size * TEXTS * TEXT_MAX); /* only what is used becomes real memory */
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

/* The decoder's next message would overwrite the event's texts: they move into the batch. */
static char *keep_texts(struct tocsin_event *e, char *at)
{
	struct tocsin_str *const texts[TEXTS] = { &e->instrument, &e->venue,   &e->order_id,
		                                  &e->trade_id,   &e->account, &e->counterparty };

	for (int i = 0; i < TEXTS; i++)
		if (texts[i]->p) {
			memcpy(at, texts[i]->p, texts[i]->n);
			texts[i]->p = at;
			at += texts[i]->n;
		}
	return at;
}

void batch_decode(struct batch *b)
{
	char *at = b->texts;

	b->error[0] = 0;
	for (size_t i = 0; i < b->n; i++) {
		struct message *m = &b->messages[i];
		struct decoded *d = &b->decoded[i];

		d->field = "";
		d->key = 0;
		d->broker_ns = 0;
		if (m->header) {
			d->verdict = DECODE_IGNORED;
			if (decoder_header(b->decoders[m->input], m->value, m->size, b->error,
			                   sizeof b->error) == 0)
				b->error[0] = 0;
			continue;
		}
		d->verdict = m->value ? decode(b->decoders[m->input], m->value, m->size, &d->event,
		                               &d->field)
		                      : DECODE_TOMBSTONE;
		if (d->verdict == DECODE_OK) {
			at = keep_texts(&d->event, at);
			d->key = feature_key(&d->event.instrument);
			if (b->source)
				d->broker_ns = b->source->ops->broker_time(b->source, m);
			if (b->source && !may_be_refused(m->stream, &d->event))
				let_go(b->source, m);
		}
		if (!d->field)
			d->field = "";
	}
}
