/* stream.c - alerts to standard output or a file: one line of JSON, or text for people.
 *
 * A line is one write, so that lines of two writers do not mix. What a file took is reported as
 * delivered after fdatasync(), all that the last round wrote together. A write that stops half-way
 * is taken back by truncating, so a file never keeps half a line and then the whole one. A file
 * that was moved away (log rotation) is made anew. Standard output that nobody reads does not hold
 * up the thread: it is asked first whether it takes anything. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "impl.h"
#include "payload.h"

#define WRITTEN_MAX 64 /* lines that wait for one fdatasync() */
#define PATIENCE_MS 100

struct stream {
	struct sink sink;
	char *path; /* NULL = standard output */
	int fd;
	bool human, colour;
	struct buf line;
	unsigned n_written;
	struct {
		int64_t delivery, began;
	} written[WRITTEN_MAX];
};

static void report(struct stream *t, int64_t delivery, int64_t began, int err)
{
	struct sink_result r = { .outcome = err ? SINK_RETRY : SINK_DELIVERED,
		                 .took_ns = clock_mono() - began };

	if (err)
		snprintf(r.error, sizeof r.error, "%s: %s", t->path ? "file" : "standard output",
		         strerror(-err));
	t->sink.loop->done(t->sink.loop->ctx, &t->sink, delivery, &r);
}

static int open_file(struct stream *t)
{
	t->fd = open(t->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	             0640);
	return t->fd < 0 ? -errno : 0;
}

/* The file that the path names now; another one after a rotation. */
static int follow(struct stream *t)
{
	struct stat ours, named;

	if (t->fd >= 0 && fstat(t->fd, &ours) == 0 && stat(t->path, &named) == 0 &&
	    ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
		return 0;
	if (t->fd >= 0)
		close(t->fd);
	return open_file(t);
}

static int write_all(struct stream *t, const char *p, size_t n)
{
	struct stat st;
	bool regular = t->path && fstat(t->fd, &st) == 0 && S_ISREG(st.st_mode);
	size_t done = 0;
	int err = 0;

	while (!err && done < n) {
		struct pollfd can = { .fd = t->fd, .events = POLLOUT };
		ssize_t got;

		if (!regular && poll(&can, 1, PATIENCE_MS) == 0)
			err = -EAGAIN;
		else if ((got = write(t->fd, p + done, n - done)) > 0)
			done += (size_t)got;
		else if (got == 0 || errno != EINTR)
			err = got == 0 ? -EIO : -errno;
	}
	if (err && done && regular && ftruncate(t->fd, st.st_size) < 0)
		err = -EIO;
	return err;
}

static int make_line(struct stream *t, const char *json, size_t n)
{
	buf_clear(&t->line);
	if (!t->human || payload_human(json, n, t->colour, &t->line) == -EINVAL)
		buf_add(&t->line, json, n);
	buf_putc(&t->line, '\n');
	return t->line.failed ? -ENOMEM : 0;
}

static int stream_send(struct sink *s, int64_t delivery, const char *id, int64_t now_ns,
                       const char *json, size_t n)
{
	struct stream *t = (struct stream *)s;
	int64_t began = clock_mono();
	int err;

	(void)id;
	(void)now_ns;
	if (t->n_written == WRITTEN_MAX)
		return -EAGAIN;
	err = make_line(t, json, n);
	if (err)
		return err;
	if (t->path)
		err = follow(t);
	if (!err)
		err = write_all(t, t->line.p, t->line.n);
	if (err || !t->path) {
		report(t, delivery, began, err);
		return 0;
	}
	t->written[t->n_written].delivery = delivery;
	t->written[t->n_written++].began = began;
	return 0;
}

static unsigned stream_room(const struct sink *s)
{
	return WRITTEN_MAX - ((const struct stream *)s)->n_written;
}

static bool stream_run(struct sink *s)
{
	struct stream *t = (struct stream *)s;
	unsigned n = t->n_written;
	int err = 0;

	if (n == 0)
		return false;
	/* A pipe or a device has nothing to sync. */
	if (fdatasync(t->fd) < 0 && errno != EINVAL && errno != EROFS)
		err = -errno;
	t->n_written = 0;
	for (unsigned i = 0; i < n; i++)
		report(t, t->written[i].delivery, t->written[i].began, err);
	return true;
}

static void stream_free(struct sink *s)
{
	struct stream *t = (struct stream *)s;

	if (t->path && t->fd >= 0)
		close(t->fd);
	free(t->path);
	buf_done(&t->line);
	free(t);
}

int stream_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink,
               char *reterr, size_t reterr_size)
{
	static const struct sink_ops ops = {
		.send = stream_send, .room = stream_room, .run = stream_run, .free = stream_free
	};
	struct stream *t = calloc(1, sizeof *t);
	int err = t ? 0 : -ENOMEM;

	(void)l;
	if (!err && c->type == SINK_FILE && !(t->path = strdup(c->path ? c->path : "")))
		err = -ENOMEM;
	if (err) {
		snprintf(reterr, reterr_size, "out of memory");
		free(t);
		return err;
	}
	t->sink.ops = &ops;
	t->human = c->human;
	t->fd = STDOUT_FILENO;
	t->colour = c->human && c->type == SINK_STDOUT && isatty(STDOUT_FILENO) &&
	            !getenv("NO_COLOR");
	if (t->path && (err = open_file(t)) != 0) {
		snprintf(reterr, reterr_size, "%s: %s", t->path, strerror(-err));
		stream_free(&t->sink);
		return err;
	}
	*ret_sink = &t->sink;
	return 0;
}
