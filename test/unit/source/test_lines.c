/* Lines of plain, gzip and zstd files: ends, blanks, long lines, damage. */
#include "source/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../suite.h"
#include "core/buf.h"
#include "core/rng.h"

enum packing { PLAIN, GZIP, ZSTD, N_PACKINGS };

static void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* A file with that text in that packing; gzip in two members. */
static void make(char path[static 40], enum packing packing, const char *text, size_t n)
{
	int fd;

	strcpy(path, "/tmp/tocsin-lines-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	if (packing == PLAIN) {
		write_file(path, text, n);
	} else if (packing == GZIP) {
		for (int half = 0; half < 2; half++) {
			gzFile f = gzopen(path, half ? "ab" : "wb");
			size_t from = half ? n / 2 : 0, to = half ? n : n / 2;

			gzwrite(f, text + from, (unsigned)(to - from));
			gzclose(f);
		}
	} else {
		size_t size = ZSTD_compressBound(n);
		void *packed = malloc(size);

		size = ZSTD_compress(packed, size, text, n, 3);
		write_file(path, packed, size);
		free(packed);
	}
}

/* All lines, each followed by '|'; the last result of lines_fill(). */
static int read_all(const char *path, size_t line_max, struct buf *out, char *error,
                    size_t error_size)
{
	struct lines *l;
	const char *line;
	size_t n;
	int r;

	ck_assert_int_eq(lines_open(path, line_max, &l, error, error_size), 0);
	do {
		while (lines_next(l, &line, &n)) {
			buf_add(out, line, n);
			buf_putc(out, '|');
		}
		r = lines_fill(l);
	} while (r > 0);
	snprintf(error, error_size, "%s", lines_error(l));
	lines_close(l);
	return r;
}

START_TEST(every_packing_reads_the_same)
{
	static const struct {
		const char *text, *lines;
	} cases[] = {
		{ "a\nb\n", "a|b|" }, { "a\nb", "a|b|" }, { "a\r\n\r\n  \t\n\nb\r\n", "a|b|" },
		{ "one", "one|" },    { "", "" },         { "\n\n\n", "" },
		{ "  ", "" },         { "x", "x|" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int p = 0; p < N_PACKINGS; p++) {
			char path[40], error[300];
			struct buf out = { 0 };

			make(path, (enum packing)p, cases[i].text, strlen(cases[i].text));
			ck_assert_int_eq(read_all(path, 1000, &out, error, sizeof error), 0);
			ck_assert_msg(strcmp(buf_str(&out), cases[i].lines) == 0,
			              "case %zu packing %d: '%s'", i, p, buf_str(&out));
			buf_done(&out);
			unlink(path);
		}
}
END_TEST

/* Over several blocks, with lines longer than a block. */
START_TEST(long_files)
{
	struct buf text = { 0 }, want = { 0 };

	for (int i = 0; i < 30000; i++) {
		buf_printf(&text, "line %d %*s\n", i, i % 200, "");
		buf_printf(&want, "line %d %*s|", i, i % 200, "");
	}
	for (int i = 0; i < 3 * 1024 * 1024; i++)
		buf_putc(&text, 'z');
	buf_puts(&text, "\nend\n");
	buf_add(&want, text.p + text.n - 5 - 3 * 1024 * 1024, 3 * 1024 * 1024);
	buf_puts(&want, "|end|");
	for (int p = 0; p < N_PACKINGS; p++) {
		char path[40], error[300];
		struct buf out = { 0 };

		make(path, (enum packing)p, text.p, text.n);
		ck_assert_int_eq(read_all(path, (size_t)64 << 20, &out, error, sizeof error), 0);
		ck_assert_uint_eq(out.n, want.n);
		ck_assert(memcmp(out.p, want.p, want.n) == 0);
		buf_done(&out);
		unlink(path);
	}
	buf_done(&text);
	buf_done(&want);
}
END_TEST

/* A line over the limit is handed on once, at least that much of it, and the rest is passed over. */
START_TEST(over_long_lines_are_cut)
{
	struct buf text = { 0 }, out = { 0 };
	char path[40], error[300];

	buf_puts(&text, "first\n");
	for (int i = 0; i < 5 * 1024 * 1024; i++)
		buf_putc(&text, 'y');
	buf_puts(&text, "\nlast\n");
	make(path, PLAIN, text.p, text.n);
	ck_assert_int_eq(read_all(path, 2 << 20, &out, error, sizeof error), 0);
	ck_assert(out.n >= (2 << 20) && out.n < (5 << 20));
	ck_assert(memcmp(out.p, "first|yyy", 9) == 0);
	ck_assert(memcmp(out.p + out.n - 7, "y|last|", 7) == 0);
	buf_done(&text);
	buf_done(&out);
	unlink(path);
}
END_TEST

START_TEST(damage_is_said)
{
	static const unsigned char bad_gzip[] =
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03not deflate at all";
	char path[40], error[300] = "";
	struct buf out = { 0 };
	struct lines *l;

	make(path, PLAIN, (const char *)bad_gzip, sizeof bad_gzip - 1);
	ck_assert_int_eq(read_all(path, 1000, &out, error, sizeof error), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(error, "damaged gzip data"));
	unlink(path);
	for (int p = GZIP; p < N_PACKINGS; p++) { /* cut in the middle */
		struct rng rng = { 1 };
		char text[20000];

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)('!' + rng_below(&rng, 90));
		make(path, (enum packing)p, text, sizeof text);
		ck_assert_int_eq(truncate(path, 9000), 0);
		buf_clear(&out);
		ck_assert_int_eq(read_all(path, 100000, &out, error, sizeof error), -EBADMSG);
		ck_assert_ptr_nonnull(strstr(error, "ends too early"));
		unlink(path);
	}
	ck_assert_int_eq(lines_open("/nowhere/at/all", 10, &l, error, sizeof error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere/at/all"));
	ck_assert_int_eq(lines_open("/tmp", 10, &l, error, sizeof error), -EISDIR);
	buf_done(&out);
}
END_TEST

SUITE("lines", every_packing_reads_the_same, long_files, over_long_lines_are_cut, damage_is_said)
