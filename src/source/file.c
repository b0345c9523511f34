#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/lines.h"

struct input {
	struct lines *lines;
	const char *line; /* looked at, not handed out yet; NULL = none */
	size_t n;
	int64_t time_ns; /* of that line; a line without one keeps its place */
	int32_t partition;
	bool header_due, ended;
};

struct file_source {
	struct source base;
	struct source_events events;
	struct input *inputs;
	size_t n_inputs;
	struct stream *streams;
	int32_t n_partitions;
	char *topic;
	void *peek_ctx;
	void (*peek)(void *, int, const void *, size_t, int32_t, int64_t *, int32_t *);
	bool begun;
	char error[300];
};

static struct file_source *file_of(struct source *s)
{
	return (struct file_source *)s;
}

/* Looks at the input's next line. 1 = there is one, 0 = it has ended or would need lines_fill()
 * although `may_fill` is false (then *ret_stop), -Exxx. */
static int look(struct file_source *f, size_t i, bool may_fill, bool *ret_stop)
{
	struct input *in = &f->inputs[i];
	int64_t time_ns = INT64_MIN;

	while (!in->line && !in->ended) {
		int r = lines_next(in->lines, &in->line, &in->n);

		if (r)
			break;
		if (!may_fill) {
			*ret_stop = true;
			return 0;
		}
		r = lines_fill(in->lines);
		if (r < 0) {
			snprintf(f->error, sizeof f->error, "%s", lines_error(in->lines));
			return r;
		}
		in->ended = r == 0;
	}
	if (!in->line)
		return 0;
	if (!in->header_due && in->partition < 0) {
		in->partition = 0;
		if (f->n_inputs > 1 || f->n_partitions > 1)
			f->peek(f->peek_ctx, (int)i, in->line, in->n, f->n_partitions, &time_ns,
			        &in->partition);
		if (time_ns != INT64_MIN)
			in->time_ns = time_ns;
	}
	return 1;
}

/* The input whose line is next: headers at once, then the smallest time, then the first file. */
static int next_input(struct file_source *f, bool may_fill, size_t *ret_i, bool *ret_stop)
{
	bool found = false;

	for (size_t i = 0; i < f->n_inputs; i++) {
		int r = look(f, i, may_fill, ret_stop);

		if (r < 0 || *ret_stop)
			return r;
		if (r == 0)
			continue;
		if (f->inputs[i].header_due) {
			*ret_i = i;
			return 1;
		}
		if (!found || f->inputs[i].time_ns < f->inputs[*ret_i].time_ns) {
			*ret_i = i;
			found = true;
		}
	}
	return found;
}

static void begin(struct file_source *f)
{
	f->begun = true;
	for (int32_t p = 0; p < f->n_partitions; p++) {
		f->streams[p].topic = f->topic;
		f->streams[p].partition = p;
		f->events.assigned(f->events.ctx, &f->streams[p]);
		f->streams[p].next_offset = 0;
	}
}

static int file_poll(struct source *s, struct message *ret, size_t max, int timeout_ms)
{
	struct file_source *f = file_of(s);
	size_t n = 0;

	(void)timeout_ms;
	if (!f->begun)
		begin(f);
	while (n < max) {
		bool stop = false;
		struct input *in;
		struct stream *stream;
		size_t i = 0;
		int r = next_input(f, n == 0, &i, &stop);

		if (r < 0)
			return n ? (int)n : r;
		if (stop || r == 0)
			break;
		in = &f->inputs[i];
		stream = &f->streams[in->header_due ? 0 : in->partition];
		ret[n++] = (struct message){
			.stream = stream,
			.offset = in->header_due ? -1 : stream->next_offset++,
			.value = in->line,
			.size = in->n,
			.input = (int)i,
			.header = in->header_due,
		};
		in->line = NULL;
		in->partition = -1;
		if (in->header_due) { /* the columns must be known before the next peek */
			in->header_due = false;
			break;
		}
	}
	return n ? (int)n : -ENODATA;
}

static void file_release(struct source *s, struct message *batch, size_t n)
{
	(void)s;
	(void)batch;
	(void)n;
}

static void file_commit(struct source *s, struct stream *stream, int64_t next_offset)
{
	(void)s;
	(void)stream;
	(void)next_offset;
}

static enum source_state file_state(struct source *s, struct buf *words)
{
	(void)s;
	buf_puts(words, "reading files");
	return SOURCE_READY;
}

static int file_fd(struct source *s)
{
	(void)s;
	return -1;
}

static void file_lag(struct source *s, void (*each)(void *, const struct stream *, int64_t),
                     void *ctx)
{
	(void)s;
	(void)each;
	(void)ctx;
}

static int64_t file_broker_time(struct source *s, const struct message *m)
{
	(void)s;
	(void)m;
	return 0;
}

static struct source *file_free(struct source *s)
{
	struct file_source *f;

	if (!s)
		return NULL;
	f = file_of(s);
	for (int32_t p = 0; f->begun && p < f->n_partitions; p++)
		f->events.revoked(f->events.ctx, &f->streams[p], false);
	for (size_t i = 0; f->inputs && i < f->n_inputs; i++)
		lines_close(f->inputs[i].lines);
	free(f->inputs);
	free(f->streams);
	free(f->topic);
	free(f);
	return NULL;
}

static const struct source_ops file_ops = {
	.poll = file_poll,
	.release = file_release,
	.commit = file_commit,
	.state = file_state,
	.fd = file_fd,
	.lag = file_lag,
	.broker_time = file_broker_time,
	.free = file_free,
};

int source_file_new(const struct source_file_config *c, struct source **ret_source, char *reterr,
                    size_t reterr_size)
{
	struct file_source *f = calloc(1, sizeof *f);

	if (!f)
		return -ENOMEM;
	f->base.ops = &file_ops;
	f->events = c->events;
	f->n_inputs = c->n_paths;
	f->n_partitions = c->n_partitions;
	f->peek_ctx = c->peek_ctx;
	f->peek = c->peek;
	f->inputs = calloc(c->n_paths, sizeof *f->inputs);
	f->streams = calloc((size_t)c->n_partitions, sizeof *f->streams);
	f->topic = strdup(c->topic);
	if (!f->inputs || !f->streams || !f->topic) {
		file_free(&f->base);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_paths; i++) {
		int r = lines_open(c->paths[i], SOURCE_LINE_MAX, &f->inputs[i].lines, reterr,
		                   reterr_size);

		if (r) {
			file_free(&f->base);
			return r;
		}
		f->inputs[i].header_due = c->csv;
		f->inputs[i].partition = -1;
		f->inputs[i].time_ns = INT64_MIN;
	}
	*ret_source = &f->base;
	return 0;
}

void source_file_progress(struct source *s, uint64_t *ret_done, uint64_t *ret_all)
{
	struct file_source *f = file_of(s);

	*ret_done = *ret_all = 0;
	for (size_t i = 0; i < f->n_inputs; i++) {
		*ret_done += lines_read(f->inputs[i].lines);
		*ret_all += lines_size(f->inputs[i].lines);
	}
}

const char *source_file_error(struct source *s)
{
	return file_of(s)->error;
}
