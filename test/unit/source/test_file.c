/* Recorded logs as a source: offsets, partitions, merging by time, CSV headers. */
#include "source/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../suite.h"
#include "core/buf.h"

/* A line is "TIME PARTITION text"; "bad" has neither. */
static void peek(void *ctx, int input, const void *line, size_t n, int32_t n_partitions,
                 int64_t *ret_time, int32_t *ret_partition)
{
	char text[64];
	long long time;
	int partition;

	(void)ctx;
	(void)input;
	snprintf(text, sizeof text, "%.*s", (int)n, (const char *)line);
	*ret_time = INT64_MIN;
	*ret_partition = 0;
	if (sscanf(text, "%lld %d", &time, &partition) != 2)
		return;
	*ret_time = time;
	*ret_partition = partition % n_partitions;
}

static int64_t assigned(void *ctx, struct stream *s)
{
	(void)s;
	++*(int *)ctx;
	return 0;
}

static void revoked(void *ctx, struct stream *s, bool lost)
{
	(void)s;
	ck_assert(!lost);
	--*(int *)ctx;
}

static void make(char path[static 40], const char *text)
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/tocsin-file-XXXXXX");
	fd = mkstemp(path);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

/* Everything the source gives: "partition:offset:line|", headers as "header:line|". */
static void read_as(const char *const *texts, size_t n_texts, int32_t n_partitions, bool csv,
                    size_t max, struct buf *out)
{
	char paths[4][40];
	const char *names[4];
	int streams = 0;
	struct source_file_config c = {
		.paths = names,
		.n_paths = n_texts,
		.topic = "t",
		.n_partitions = n_partitions,
		.csv = csv,
		.events = { .ctx = &streams, .assigned = assigned, .revoked = revoked },
		.peek = peek,
	};
	struct message batch[64];
	struct source *s;
	char error[300];
	int n;

	for (size_t i = 0; i < n_texts; i++) {
		make(paths[i], texts[i]);
		names[i] = paths[i];
	}
	ck_assert_int_eq(source_file_new(&c, &s, error, sizeof error), 0);
	while ((n = s->ops->poll(s, batch, max, 0)) > 0) {
		for (int i = 0; i < n; i++) {
			if (batch[i].header)
				buf_printf(out, "header%d:%.*s|", batch[i].input,
				           (int)batch[i].size, (const char *)batch[i].value);
			else
				buf_printf(out, "%d:%lld:%.*s|", batch[i].stream->partition,
				           (long long)batch[i].offset, (int)batch[i].size,
				           (const char *)batch[i].value);
		}
		s->ops->release(s, batch, (size_t)n);
	}
	ck_assert_int_eq(n, -ENODATA);
	ck_assert_int_eq(streams, n_partitions);
	s->ops->free(s);
	ck_assert_int_eq(streams, 0);
	for (size_t i = 0; i < n_texts; i++)
		unlink(paths[i]);
}

START_TEST(one_file_keeps_its_order)
{
	for (size_t max = 1; max < 5; max++) {
		struct buf out = { 0 };

		read_as((const char *const[]){ "5 0 a\n3 0 b\n\nbad\n4 0 c\n" }, 1, 1, false, max,
		        &out);
		ck_assert_str_eq(buf_str(&out), "0:0:5 0 a|0:1:3 0 b|0:2:bad|0:3:4 0 c|");
		buf_done(&out);
	}
}
END_TEST

START_TEST(partitions_count_their_own_offsets)
{
	struct buf out = { 0 };

	read_as((const char *const[]){ "1 0 a\n2 1 b\n3 2 c\n4 1 d\nbad\n" }, 1, 3, false, 64,
	        &out);
	ck_assert_str_eq(buf_str(&out), "0:0:1 0 a|1:0:2 1 b|2:0:3 2 c|1:1:4 1 d|0:1:bad|");
	buf_done(&out);
}
END_TEST

START_TEST(files_are_merged_by_time)
{
	struct buf out = { 0 };

	read_as((const char *const[]){ "1 0 a\n4 0 b\n4 0 c\n9 0 d\n", "2 0 e\nbad\n4 0 f\n", "" },
	        3, 1, false, 2, &out);
	ck_assert_str_eq(buf_str(&out),
	                 "0:0:1 0 a|0:1:2 0 e|0:2:bad|0:3:4 0 b|0:4:4 0 c|0:5:4 0 f|0:6:9 0 d|");
	buf_done(&out);
}
END_TEST

START_TEST(headers_come_first)
{
	struct buf out = { 0 };

	read_as((const char *const[]){ "x,y\n3 0 a\n", "z\n1 0 b\n" }, 2, 1, true, 64, &out);
	ck_assert_str_eq(buf_str(&out), "header0:x,y|header1:z|0:0:1 0 b|0:1:3 0 a|");
	buf_done(&out);
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
	const char *const names[] = { "/nowhere/log.jsonl" };
	struct source_file_config c = {
		.paths = names, .n_paths = 1, .topic = "t", .n_partitions = 1
	};
	struct source *s;
	char error[300] = "";

	ck_assert_int_eq(source_file_new(&c, &s, error, sizeof error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere/log.jsonl: No such file"));
}
END_TEST

SUITE("file", one_file_keeps_its_order, partitions_count_their_own_offsets,
      files_are_merged_by_time, headers_come_first, a_missing_file_is_refused)
