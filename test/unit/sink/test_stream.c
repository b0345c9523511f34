/* Files and standard output: whole lines, rotation, a disk that is full, a pipe nobody reads. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../folder.h"
#include "../suite.h"
#include "core/clock.h"
#include "sink/sink.h"

static char dir[64], path[128], words[200];

struct got {
	unsigned n, delivered, retry;
	char error[160];
};

static void done(void *ctx, struct sink *s, int64_t delivery, const struct sink_result *r)
{
	struct got *g = ctx;

	(void)s;
	(void)delivery;
	g->n++;
	g->delivered += r->outcome == SINK_DELIVERED;
	g->retry += r->outcome == SINK_RETRY;
	snprintf(g->error, sizeof g->error, "%s", r->error);
}

static struct sink *make(struct sink_loop **l, struct got *g, enum sink_type type, bool human)
{
	struct sink_config c = { .name = "out", .type = type, .path = path, .human = human };
	struct sink *s = NULL;

	ck_assert_int_eq(sink_loop_new(done, g, l), 0);
	ck_assert_msg(sink_new(*l, &c, &s, words, sizeof words) == 0, "%s", words);
	return s;
}

static void send(struct sink *s, const char *json)
{
	ck_assert_int_eq(sink_send(s, 1, "id", clock_wall(), json, strlen(json)), 0);
}

static const char *content(const char *file)
{
	static char text[4096];
	FILE *f = fopen(file, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

static void setup_path(void)
{
	folder_make(dir);
	snprintf(path, sizeof path, "%s/alerts.jsonl", dir);
}

START_TEST(file_appends_and_reports_after_sync)
{
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s;
	unsigned room;

	setup_path();
	s = make(&l, &g, SINK_FILE, false);
	room = sink_room(s);
	ck_assert_uint_gt(room, 1);
	send(s, "{\"a\":1}");
	send(s, "{\"a\":2}");
	ck_assert_uint_eq(g.n, 0);
	ck_assert_uint_eq(sink_room(s), room - 2);
	ck_assert_int_eq(sink_loop_run(l, 10000), 0);
	ck_assert_uint_eq(g.delivered, 2);
	ck_assert_uint_eq(sink_room(s), room);
	sink_loop_free(l);
	g = (struct got){ 0 };
	s = make(&l, &g, SINK_FILE, false);
	send(s, "{\"a\":3}");
	sink_loop_run(l, 0);
	ck_assert_uint_eq(g.delivered, 1);
	ck_assert_str_eq(content(path), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
	sink_loop_free(l);
	folder_remove(dir);
}
END_TEST

START_TEST(rotation)
{
	struct sink_loop *l;
	struct got g = { 0 };
	char moved[140];
	struct sink *s;

	setup_path();
	snprintf(moved, sizeof moved, "%s.1", path);
	s = make(&l, &g, SINK_FILE, false);
	send(s, "1");
	sink_loop_run(l, 0);
	ck_assert_int_eq(rename(path, moved), 0);
	send(s, "2");
	sink_loop_run(l, 0);
	ck_assert_str_eq(content(moved), "1\n");
	ck_assert_str_eq(content(path), "2\n");
	ck_assert_int_eq(remove(path), 0);
	send(s, "3");
	sink_loop_run(l, 0);
	ck_assert_str_eq(content(path), "3\n");
	ck_assert_uint_eq(g.delivered, 3);
	sink_loop_free(l);
	folder_remove(dir);
}
END_TEST

/* In place of the C library's: takes `passes` bytes, then has no room. */
static ssize_t passes = -1;

ssize_t write(int fd, const void *p, size_t n)
{
	if (passes >= 0) {
		if (passes == 0) {
			errno = ENOSPC;
			return -1;
		}
		if (n > (size_t)passes)
			n = (size_t)passes;
		passes -= (ssize_t)n;
	}
	return syscall(SYS_write, fd, p, n);
}

/* Whatever part of a line fitted is taken back. */
START_TEST(full_disk)
{
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s;

	setup_path();
	s = make(&l, &g, SINK_FILE, false);
	send(s, "first");
	sink_loop_run(l, 0);
	for (ssize_t room = 0; room < 7; room++) {
		g = (struct got){ 0 };
		passes = room;
		send(s, "second");
		passes = -1;
		sink_loop_run(l, 0);
		ck_assert_uint_eq(g.retry, 1);
		ck_assert_uint_eq(g.n, 1);
		ck_assert_ptr_nonnull(strstr(g.error, "No space left"));
		ck_assert_str_eq(content(path), "first\n");
	}
	send(s, "second");
	sink_loop_run(l, 0);
	ck_assert_str_eq(content(path), "first\nsecond\n");
	sink_loop_free(l);
	folder_remove(dir);
}
END_TEST

START_TEST(wrong_path)
{
	struct sink_config c = { .name = "out", .type = SINK_FILE, .path = "/nowhere/at/all" };
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s = (void *)1;

	ck_assert_int_eq(sink_loop_new(done, &g, &l), 0);
	ck_assert_int_eq(sink_new(l, &c, &s, words, sizeof words), -ENOENT);
	ck_assert_ptr_nonnull(strstr(words, "/nowhere/at/all"));
	ck_assert_ptr_eq(s, (void *)1);
	sink_loop_free(l);
}
END_TEST

/* Puts a pipe in place of standard output. Returns its reading end. */
static int pipe_stdout(int *ret_saved)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	fflush(stdout);
	*ret_saved = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	return ends[0];
}

START_TEST(standard_output)
{
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s;
	char text[100];
	int saved, fd = pipe_stdout(&saved), err;
	ssize_t n;

	s = make(&l, &g, SINK_STDOUT, false);
	err = sink_send(s, 1, "id", clock_wall(), "{\"a\":1}", 7);
	dup2(saved, STDOUT_FILENO);
	n = read(fd, text, sizeof text);
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(n, 8);
	ck_assert_mem_eq(text, "{\"a\":1}\n", 8);
	ck_assert_uint_eq(g.delivered, 1);
	sink_loop_free(l);
	close(fd);
}
END_TEST

START_TEST(pipe_nobody_reads)
{
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s;
	char text[3000];
	int saved, fd = pipe_stdout(&saved);
	int64_t began = clock_mono();

	signal(SIGPIPE, SIG_IGN);
	memset(text, 'x', sizeof text);
	s = make(&l, &g, SINK_STDOUT, false);
	for (int i = 0; i < 100 && g.retry == 0; i++)
		if (sink_send(s, 1, "id", clock_wall(), text, sizeof text))
			break;
	dup2(saved, STDOUT_FILENO);
	ck_assert_uint_eq(g.retry, 1);
	ck_assert_uint_gt(g.delivered, 10);
	ck_assert_int_lt(clock_mono() - began, 10000000000);
	close(fd);
	sink_loop_free(l);
}
END_TEST

START_TEST(for_people)
{
	struct sink_loop *l;
	struct got g = { 0 };
	struct sink *s;

	setup_path();
	s = make(&l, &g, SINK_FILE, true);
	send(s, "{\"id\":\"abc\",\"severity\":\"critical\",\"summary\":\"it fell\"}");
	send(s, "not json");
	sink_loop_run(l, 0);
	ck_assert_uint_eq(g.delivered, 2);
	ck_assert_ptr_nonnull(strstr(content(path), "CRITICAL  it fell\n"));
	ck_assert_ptr_nonnull(strstr(content(path), "\nnot json\n"));
	sink_loop_free(l);
	folder_remove(dir);
}
END_TEST

SUITE("stream", file_appends_and_reports_after_sync, rotation, full_disk, wrong_path,
      standard_output, pipe_nobody_reads, for_people)
