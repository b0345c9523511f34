#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define BLOCK ((size_t)1 << 20)

enum packing { PLAIN, GZIP, ZSTD };

struct lines {
	int fd;
	char *path;
	size_t line_max;
	enum packing packing;
	bool input_ended, skipping; /* skipping: the rest of an over-long line */
	uint64_t n_read, size;
	char *text; /* [begin, end) is not handed out yet */
	size_t begin, end, text_size;
	char *before; /* the buffer of the lines handed out before the last fill */
	size_t before_size;
	unsigned char *packed; /* compressed input */
	size_t packed_begin, packed_end;
	z_stream z;
	ZSTD_DStream *zstd;
	bool mid_frame; /* compressed data has begun and not ended */
	char error[300];
};

static int fail(struct lines *l, int r, const char *what)
{
	snprintf(l->error, sizeof l->error, "%s: %s", l->path, what);
	return r;
}

static ssize_t read_some(struct lines *l, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(l->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(l, -EIO, strerror(errno));
	if (got == 0)
		l->input_ended = true;
	l->n_read += (uint64_t)got;
	return got;
}

static int refill_packed(struct lines *l)
{
	ssize_t n;

	if (l->packed_begin < l->packed_end || l->input_ended)
		return 0;
	n = read_some(l, l->packed, BLOCK);
	if (n < 0)
		return (int)n;
	l->packed_begin = 0;
	l->packed_end = (size_t)n;
	return 0;
}

static ssize_t unzip(struct lines *l, char *out, size_t size)
{
	l->z.next_in = l->packed + l->packed_begin;
	l->z.avail_in = (uInt)(l->packed_end - l->packed_begin);
	l->z.next_out = (Bytef *)out;
	l->z.avail_out = (uInt)size;
	while (l->z.avail_in && l->z.avail_out) {
		int r = inflate(&l->z, Z_NO_FLUSH);

		l->mid_frame = r != Z_STREAM_END;
		if (r == Z_STREAM_END)
			r = inflateReset(&l->z); /* another member may follow */
		if (r != Z_OK)
			return fail(l, -EBADMSG, "damaged gzip data");
	}
	l->packed_begin = l->packed_end - l->z.avail_in;
	return (ssize_t)(size - l->z.avail_out);
}

static ssize_t unzstd(struct lines *l, char *out, size_t size)
{
	ZSTD_inBuffer in = { l->packed, l->packed_end, l->packed_begin };
	ZSTD_outBuffer to = { out, size, 0 };

	while (in.pos < in.size && to.pos < to.size) {
		size_t r = ZSTD_decompressStream(l->zstd, &to, &in);

		if (ZSTD_isError(r))
			return fail(l, -EBADMSG, "damaged zstd data");
		l->mid_frame = r != 0;
	}
	l->packed_begin = in.pos;
	return (ssize_t)to.pos;
}

/* Bytes of text; 0 only at the end. */
static ssize_t read_text(struct lines *l, char *out, size_t size)
{
	if (l->packing == PLAIN)
		return read_some(l, out, size);
	for (;;) {
		ssize_t n;
		int r = refill_packed(l);

		if (r)
			return r;
		n = l->packing == GZIP ? unzip(l, out, size) : unzstd(l, out, size);
		if (n)
			return n;
		if (l->input_ended && l->packed_begin == l->packed_end) {
			if (l->mid_frame)
				return fail(l, -EBADMSG, "compressed data ends too early");
			return 0;
		}
	}
}

/* The first bytes tell the packing; what was read of a plain file is text already. */
static int detect(struct lines *l)
{
	ssize_t n = 0, got;

	do { /* a pipe may give a byte at a time */
		got = read_some(l, l->text + n, 4 - (size_t)n);
		if (got < 0)
			return (int)got;
		n += got;
	} while (got && n < 4);
	if (n >= 2 && memcmp(l->text, "\x1f\x8b", 2) == 0)
		l->packing = GZIP;
	else if (n == 4 && memcmp(l->text, "\x28\xb5\x2f\xfd", 4) == 0)
		l->packing = ZSTD;
	if (l->packing == PLAIN) {
		l->end = (size_t)n;
		return 0;
	}
	l->packed = malloc(BLOCK);
	if (!l->packed)
		return fail(l, -ENOMEM, "out of memory");
	memcpy(l->packed, l->text, (size_t)n);
	l->packed_end = (size_t)n;
	if (l->packing == GZIP)
		return inflateInit2(&l->z, 15 + 16) == Z_OK ? 0 : fail(l, -ENOMEM, "out of memory");
	l->zstd = ZSTD_createDStream();
	return l->zstd ? 0 : fail(l, -ENOMEM, "out of memory");
}

int lines_open(const char *path, size_t line_max, struct lines **ret_lines, char *reterr,
               size_t reterr_size)
{
	struct lines *l = calloc(1, sizeof *l);
	struct stat st;
	int r;

	if (!l || !(l->path = strdup(path)) || !(l->text = malloc(BLOCK))) {
		lines_close(l);
		return -ENOMEM;
	}
	l->text_size = BLOCK;
	l->line_max = line_max;
	l->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		r = fail(l, -errno, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		r = fail(l, -EISDIR, "is a folder");
	else
		r = detect(l);
	if (r) {
		snprintf(reterr, reterr_size, "%s", l->error);
		lines_close(l);
		return r;
	}
	l->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	*ret_lines = l;
	return 0;
}

struct lines *lines_close(struct lines *l)
{
	if (!l)
		return NULL;
	if (l->packing == GZIP)
		inflateEnd(&l->z);
	ZSTD_freeDStream(l->zstd);
	if (l->fd > 0)
		close(l->fd);
	free(l->packed);
	free(l->text);
	free(l->before);
	free(l->path);
	free(l);
	return NULL;
}

static bool blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	return true;
}

int lines_next(struct lines *l, const char **ret_line, size_t *ret_n)
{
	for (;;) {
		char *line = l->text + l->begin, *newline;
		size_t n = l->end - l->begin;

		if (n == 0)
			return 0;
		newline = memchr(line, '\n', n);
		if (newline) {
			n = (size_t)(newline - line);
			l->begin += n + 1;
		} else if (n >= l->line_max ||
		           (l->input_ended && l->packed_begin == l->packed_end)) {
			l->begin = l->end;
		} else {
			return 0;
		}
		if (l->skipping) {
			l->skipping = !newline;
			continue;
		}
		l->skipping = !newline && n >= l->line_max;
		if (n && line[n - 1] == '\r')
			n--;
		if (blank(line, n))
			continue;
		*ret_line = line;
		*ret_n = n;
		return 1;
	}
}

/* What is left of the text moves to the other buffer, so that the lines handed out of this one stay. */
static int change_buffer(struct lines *l)
{
	size_t kept = l->end - l->begin;
	char *text = l->text;
	size_t size = l->text_size;

	if (l->before_size < size) {
		char *more = realloc(l->before, size);

		if (!more)
			return fail(l, -ENOMEM, "out of memory");
		l->before = more;
		l->before_size = size;
	}
	memcpy(l->before, text + l->begin, kept);
	l->text = l->before;
	l->text_size = l->before_size;
	l->before = text;
	l->before_size = size;
	l->begin = 0;
	l->end = kept;
	return 0;
}

int lines_fill(struct lines *l)
{
	ssize_t n;
	int e = l->begin ? change_buffer(l) : 0;

	if (e)
		return e;
	if (l->end == l->text_size) {
		char *more = realloc(l->text, l->text_size * 2);

		if (!more)
			return fail(l, -ENOMEM, "out of memory");
		l->text = more;
		l->text_size *= 2;
	}
	n = read_text(l, l->text + l->end, l->text_size - l->end);
	if (n < 0)
		return (int)n;
	l->end += (size_t)n;
	return l->end > 0;
}

const char *lines_error(const struct lines *l)
{
	return l->error;
}

uint64_t lines_read(const struct lines *l)
{
	return l->n_read;
}

uint64_t lines_size(const struct lines *l)
{
	return l->size;
}
