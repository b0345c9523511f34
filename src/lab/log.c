#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "source/file.h"

#define BATCH 1024

struct reading {
	const struct lab_log *log;
	struct decoder **decoders, **peekers; /* an input each */
	struct source *source;
	struct batch *batch;
};

static int64_t on_assigned(void *ctx, struct stream *s)
{
	s->app = ((struct reading *)ctx)->log->app;
	return 0;
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	(void)ctx;
	(void)s;
	(void)lost;
}

static void on_peek(void *ctx, int input, const void *line, size_t n, int32_t n_partitions,
                    int64_t *ret_time_ns, int32_t *ret_partition)
{
	struct reading *r = ctx;
	struct tocsin_event e;

	(void)n_partitions;
	*ret_partition = 0;
	*ret_time_ns = decode(r->peekers[input], line, n, &e, NULL) == DECODE_OK ? e.time_ns
	                                                                         : INT64_MIN;
}

static int make(struct reading *r, char *reterr, size_t reterr_size)
{
	const struct lab_log *log = r->log;
	const struct source_file_config files = {
		.paths = log->paths,
		.n_paths = log->n_paths,
		.topic = log->topic,
		.n_partitions = 1,
		.csv = format_codec(log->format) == DECODE_CSV,
		.events = { .ctx = r, .assigned = on_assigned, .revoked = on_revoked },
		.peek_ctx = r,
		.peek = on_peek,
	};
	int e = batch_new(BATCH, &r->batch);

	r->decoders = calloc(log->n_paths, sizeof(struct decoder *));
	r->peekers = calloc(log->n_paths, sizeof(struct decoder *));
	if (!r->decoders || !r->peekers)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < log->n_paths; i++) {
		e = decoder_new(log->format, DECODE_JSON_SIMD, &r->decoders[i]);
		if (e == 0)
			e = decoder_new(log->format, DECODE_JSON_SIMD, &r->peekers[i]);
	}
	return e ? e : source_file_new(&files, &r->source, reterr, reterr_size);
}

static void done(struct reading *r)
{
	if (r->source)
		r->source->ops->free(r->source);
	batch_free(r->batch);
	for (size_t i = 0; i < r->log->n_paths; i++) {
		if (r->decoders)
			decoder_free(r->decoders[i]);
		if (r->peekers)
			decoder_free(r->peekers[i]);
	}
	free(r->decoders);
	free(r->peekers);
}

/* Decodes what was read and hands it on. The columns of a CSV log must be known to those who peek
 * before the next line; a header ends its batch. */
static int hand_on(struct reading *r, char *reterr, size_t reterr_size)
{
	struct batch *b = r->batch;
	const struct message *last = &b->messages[b->n - 1];

	b->decoders = r->decoders;
	b->consumed_ns = clock_wall();
	if (last->header &&
	    decoder_header(r->peekers[last->input], last->value, last->size, reterr, reterr_size))
		return -EINVAL;
	batch_decode(b);
	if (b->error[0]) {
		snprintf(reterr, reterr_size, "%s", b->error);
		return -EINVAL;
	}
	return r->log->batch(r->log->ctx, b);
}

int lab_log_read(const struct lab_log *log, char *reterr, size_t reterr_size)
{
	struct reading r = { .log = log };
	int e, n = 0;

	reterr[0] = 0;
	e = make(&r, reterr, reterr_size);
	while (e == 0) {
		uint64_t so_far, all;

		n = r.source->ops->poll(r.source, r.batch->messages, BATCH, 0);
		if (n == -ENODATA)
			break;
		if (n < 0) {
			snprintf(reterr, reterr_size, "%s", source_file_error(r.source));
			e = n;
			break;
		}
		r.batch->n = (size_t)n;
		if (n > 0)
			e = hand_on(&r, reterr, reterr_size);
		source_file_progress(r.source, &so_far, &all);
		if (log->progress)
			log->progress(log->ctx, so_far, all);
	}
	done(&r);
	if (e && !reterr[0])
		snprintf(reterr, reterr_size, "%s",
		         e == -ENOMEM ? "out of memory" : "reading failed");
	return e;
}
