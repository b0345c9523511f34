/* The registry: names, labels, escaping, order, limits; the text as Prometheus' own tool reads it;
 * readers and writers at once. */
#include "metrics/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../suite.h"

static const char *const none[] = { NULL };

static struct metrics *make(void)
{
	struct metrics *m = NULL;

	ck_assert_int_eq(metrics_new(&m), 0);
	return m;
}

static struct metric *single(struct metrics *m, enum metric_type type, const char *name)
{
	struct metric_family *f = metrics_family(m, type, name, "Help.", none, 1);

	ck_assert_ptr_nonnull(f);
	return metric_series(f, none);
}

static char *text(struct metrics *m)
{
	struct buf b = { 0 };
	char *s;

	metrics_text(m, &b);
	ck_assert(!b.failed);
	s = buf_take(&b);
	ck_assert_ptr_nonnull(s);
	return s;
}

static bool has(const char *all, const char *line)
{
	const char *p = strstr(all, line);

	return p && (p == all || p[-1] == '\n') && p[strlen(line)] == '\n';
}

START_TEST(counters_and_gauges)
{
	struct metrics *m = make();
	struct metric *c = single(m, METRIC_COUNTER, "x_total");
	struct metric *g = single(m, METRIC_GAUGE, "a_gauge");
	char *s;

	metric_add(c, 9007199254740993); /* 2^53 + 1: no double */
	metric_add(c, 1);
	ck_assert_uint_eq(metric_count(c), 9007199254740994);
	metric_set(g, 0.1);
	s = text(m);
	ck_assert_str_eq(
		s, "# HELP a_gauge Help.\n# TYPE a_gauge gauge\na_gauge 0.1\n"
		   "# HELP x_total Help.\n# TYPE x_total counter\nx_total 9007199254740994\n");
	free(s);
	metrics_free(m);
}
END_TEST

START_TEST(gauges_round_trip)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {
		{ 0, "g 0" },
		{ -0.0, "g -0" },
		{ 1, "g 1" },
		{ 123456789012, "g 123456789012" },
		{ -3600, "g -3600" },
		{ 1e21, "g 1e+21" },
		{ -2.5, "g -2.5" },
		{ 0.30000000000000004, "g 0.30000000000000004" },
		{ 1.0 / 3, "g 0.3333333333333333" },
		{ INFINITY, "g +Inf" },
		{ -INFINITY, "g -Inf" },
		{ NAN, "g NaN" },
		{ 5e-324, "g 5e-324" },
		{ 1.7976931348623157e308, "g 1.7976931348623157e+308" },
		{ 1703545200.123, "g 1703545200.123" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct metrics *m = make();
		char *s;

		metric_set(single(m, METRIC_GAUGE, "g"), cases[i].v);
		s = text(m);
		ck_assert_msg(has(s, cases[i].text), "%s in\n%s", cases[i].text, s);
		free(s);
		metrics_free(m);
	}
}
END_TEST

START_TEST(escaping)
{
	struct metrics *m = make();
	struct metric_family *f = metrics_family(m, METRIC_GAUGE, "g", "A \\ and\na \"line\".",
	                                         (const char *const[]){ "a", "b", NULL }, 9);
	char longest[600], *s;

	metric_series(f, (const char *const[]){ "\\ \" \n", "", NULL });
	metric_series(f, (const char *const[]){ "gr\xc3\xbc\xc3\x9f", "\xff\xc3", NULL });
	memset(longest, 'x', sizeof longest);
	memcpy(longest + 254, "\xc3\xbc", 3); /* would be cut in its middle */
	metric_series(f, (const char *const[]){ "long", longest, NULL });
	s = text(m);
	ck_assert(has(s, "# HELP g A \\\\ and\\na \"line\"."));
	ck_assert(has(s, "g{a=\"\\\\ \\\" \\n\",b=\"\"} 0"));
	ck_assert(has(s, "g{a=\"gr\xc3\xbc\xc3\x9f\",b=\"\xef\xbf\xbd\xef\xbf\xbd\"} 0"));
	longest[254] = 0;
	ck_assert_ptr_nonnull(strstr(s, longest));
	ck_assert_ptr_nonnull(strstr(s, "xxx\"} 0\n"));
	free(s);
	metrics_free(m);
}
END_TEST

START_TEST(series_are_found_again)
{
	struct metrics *m = make();
	const char *const labels[] = { "a", "b", NULL };
	struct metric_family *f = metrics_family(m, METRIC_COUNTER, "c_total", "Help.", labels, 9);
	struct metric *x = metric_series(f, (const char *const[]){ "1", "2", NULL });
	struct metric *y = metric_series(f, (const char *const[]){ "12", "", NULL });
	char *s;

	ck_assert_ptr_ne(x, y);
	ck_assert_ptr_ne(metric_series(f, (const char *const[]){ "\",b=\"", "", NULL }), y);
	ck_assert_ptr_eq(metric_series(f, (const char *const[]){ "1", "2", NULL }), x);
	ck_assert_ptr_eq(metrics_family(m, METRIC_COUNTER, "c_total", "Help.", labels, 9), f);
	metric_add(y, 7);
	s = text(m);
	ck_assert(has(s, "c_total{a=\"1\",b=\"2\"} 0"));
	ck_assert(has(s, "c_total{a=\"12\",b=\"\"} 7"));
	ck_assert_ptr_nonnull(strstr(strstr(s, "a=\"1\""), "a=\"12\"")); /* order of making */
	free(s);
	metrics_free(m);
}
END_TEST

START_TEST(too_many_series)
{
	struct metrics *m = make();
	const char *const labels[] = { "a", "b", NULL };
	struct metric_family *f = metrics_family(m, METRIC_COUNTER, "c_total", "Help.", labels, 3);
	struct metric *last = NULL;
	char *s;

	s = text(m);
	ck_assert_ptr_null(strstr(s, "c_total{"));
	free(s);
	for (int i = 0; i < 10; i++) {
		char v[8];

		snprintf(v, sizeof v, "%d", i);
		last = metric_series(f, (const char *const[]){ v, "x", NULL });
		metric_add(last, 1);
	}
	ck_assert_ptr_ne(metric_series(f, (const char *const[]){ "0", "x", NULL }), last);
	s = text(m);
	ck_assert(has(s, "c_total{a=\"2\",b=\"x\"} 1"));
	ck_assert_ptr_null(strstr(s, "a=\"3\""));
	ck_assert(has(s, "c_total{a=\"other\",b=\"other\"} 7"));
	ck_assert(has(s, "tocsin_metrics_overflow_total{family=\"c_total\"} 7"));
	free(s);
	metrics_free(m);
}
END_TEST

START_TEST(many_series_grow)
{
	struct metrics *m = make();
	const char *const labels[] = { "p", NULL };
	struct metric_family *f = metrics_family(m, METRIC_GAUGE, "g", "Help.", labels, 1000);
	struct metric *all[1000];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			char v[8];
			struct metric *x;

			snprintf(v, sizeof v, "%d", i);
			x = metric_series(f, (const char *const[]){ v, NULL });
			if (round)
				ck_assert_ptr_eq(x, all[i]);
			all[i] = x;
		}
	}
	metrics_free(m);
}
END_TEST

START_TEST(histogram_text)
{
	struct metrics *m = make();
	struct metric_family *f = metrics_family(m, METRIC_HISTOGRAM, "t_seconds", "Help.",
	                                         (const char *const[]){ "s", NULL }, 4);
	struct metric *a = metric_series(f, (const char *const[]){ "a", NULL });
	char *s;

	metric_series(f, (const char *const[]){ "b", NULL });
	hist_record(a->hist, 1000);
	hist_record(a->hist, 2000000);
	hist_record(a->hist, INT64_MAX);
	s = text(m);
	ck_assert(has(s, "# TYPE t_seconds histogram"));
	ck_assert(has(s, "t_seconds_bucket{s=\"a\",le=\"1e-06\"} 1"));
	ck_assert(has(s, "t_seconds_bucket{s=\"a\",le=\"0.001\"} 1"));
	ck_assert(has(s, "t_seconds_bucket{s=\"a\",le=\"0.0025\"} 2"));
	ck_assert(has(s, "t_seconds_bucket{s=\"a\",le=\"3600\"} 2"));
	ck_assert(has(s, "t_seconds_bucket{s=\"a\",le=\"+Inf\"} 3"));
	ck_assert(has(s, "t_seconds_count{s=\"a\"} 3"));
	ck_assert(has(s, "# TYPE t_quantile_seconds summary"));
	ck_assert(has(s, "t_quantile_seconds{s=\"a\",quantile=\"0.99\"} 3600"));
	ck_assert(has(s, "t_quantile_seconds{s=\"a\",quantile=\"1\"} 9223372036.854776"));
	ck_assert(has(s, "t_quantile_seconds{s=\"b\",quantile=\"0.999\"} NaN"));
	ck_assert(has(s, "t_quantile_seconds_count{s=\"b\"} 0"));
	ck_assert(has(s, "t_seconds_bucket{s=\"b\",le=\"+Inf\"} 0"));
	ck_assert_ptr_nonnull(strstr(s, "t_quantile_seconds{s=\"a\",quantile=\"0.5\"} 0.0020"));
	free(s);
	metrics_free(m);
}
END_TEST

START_TEST(histogram_overflow_records)
{
	struct metrics *m = make();
	struct metric_family *f = metrics_family(m, METRIC_HISTOGRAM, "t_seconds", "Help.",
	                                         (const char *const[]){ "s", NULL }, 0);
	struct metric *x = metric_series(f, (const char *const[]){ "a", NULL });
	char *s;

	hist_record(x->hist, 5);
	s = text(m);
	ck_assert(has(s, "t_seconds_count{s=\"other\"} 1"));
	free(s);
	metrics_free(m);
}
END_TEST

/* Families by name in byte order, whatever the order they were made in; quantiles in their place. */
START_TEST(families_are_sorted)
{
	static const char *const names[] = { "m", "z", "a", "t_r", "t_quantile_a", "B" };
	struct metrics *m = make();
	const char *at, *last = "";
	char *s, seen[64] = "";

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		single(m, METRIC_GAUGE, names[i]);
	single(m, METRIC_HISTOGRAM, "t_seconds");
	s = text(m);
	for (at = s; (at = strstr(at, "# TYPE ")); at += 7) {
		char name[64];

		ck_assert_int_eq(sscanf(at, "# TYPE %63s", name), 1);
		ck_assert_msg(strcmp(seen, name) < 0, "%s before %s", seen, name);
		snprintf(seen, sizeof seen, "%s", name);
		last = seen;
	}
	ck_assert_str_eq(last, "z");
	free(s);
	metrics_free(m);
}
END_TEST

static struct metrics *all_kinds(void)
{
	struct metrics *m = make();
	struct metric_family *f = metrics_family(m, METRIC_HISTOGRAM,
	                                         "tocsin_stage_latency_seconds", "Time.",
	                                         (const char *const[]){ "stage", NULL }, 2);

	for (int i = 0; i < 4; i++) {
		char v[8];
		struct metric *x;

		snprintf(v, sizeof v, "s%d", i);
		x = metric_series(f, (const char *const[]){ v, NULL });
		for (int64_t ns = 1; i != 1 && ns < INT64_MAX / 3; ns *= 3)
			hist_record(x->hist, ns);
	}
	metric_add(single(m, METRIC_COUNTER, "tocsin_events_total"), 3);
	metric_set(single(m, METRIC_GAUGE, "tocsin_lag_records"), NAN);
	f = metrics_family(m, METRIC_GAUGE, "tocsin_watermark_timestamp_seconds",
	                   "Time \\ of \"\n\".",
	                   (const char *const[]){ "topic", "partition", NULL }, 5);
	metric_set(metric_series(f, (const char *const[]){ "a\"\\\n\xff", "0", NULL }),
	           1703545200.123);
	return m;
}

START_TEST(promtool_finds_nothing)
{
	struct metrics *m = all_kinds();
	char *s = text(m), name[] = "/tmp/tocsin-promtool-XXXXXX", found[4096], command[128];
	FILE *out, *tool;
	size_t n;
	int fd, status;

	ck_assert_msg(system("command -v promtool >/dev/null 2>&1") == 0,
	              "promtool is not installed: scripts/setup installs it (Debian: prometheus)");
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	out = fdopen(fd, "w");
	ck_assert_uint_eq(fwrite(s, 1, strlen(s), out), strlen(s));
	ck_assert_int_eq(fclose(out), 0);
	snprintf(command, sizeof command, "promtool check metrics <%s 2>&1", name);
	tool = popen(command, "r");
	ck_assert_ptr_nonnull(tool);
	n = fread(found, 1, sizeof found - 1, tool);
	found[n] = 0;
	status = pclose(tool);
	unlink(name);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0 && n == 0, "%s", found);
	free(s);
	metrics_free(m);
}
END_TEST

/* One thread writes a counter, a gauge and a histogram, one makes series, this one reads. */
struct shared {
	struct metrics *m;
	struct metric *counter, *gauge, *latency;
	struct metric_family *family;
	_Atomic int done;
};

#define ROUNDS 200000

static void *write_values(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		metric_add(s->counter, 1);
		metric_set(s->gauge, i % 2 ? 1e300 : -1e-300);
		hist_record(s->latency->hist, i * 1000);
	}
	atomic_fetch_add(&s->done, 1);
	return NULL;
}

static void *make_series(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 3000; i++) {
		char v[8];

		snprintf(v, sizeof v, "%d", i % 300);
		metric_add(metric_series(s->family, (const char *const[]){ v, NULL }), 1);
	}
	atomic_fetch_add(&s->done, 1);
	return NULL;
}

static uint64_t number(const char *all, const char *head)
{
	const char *p = strstr(all, head);

	return p ? strtoull(p + strlen(head), NULL, 10) : UINT64_MAX;
}

static void check_reading(const char *s, uint64_t *last)
{
	uint64_t now = number(s, "\nc_total "), before = 0;
	const char *p = s;

	ck_assert_uint_ne(now, UINT64_MAX);
	ck_assert_uint_ge(now, *last);
	*last = now;
	ck_assert(has(s, "g 1e+300") || has(s, "g -1e-300") || has(s, "g 0"));
	while ((p = strstr(p, "\nt_seconds_bucket{"))) {
		uint64_t n = strtoull(strchr(p, ' ') + 1, NULL, 10);

		ck_assert_uint_ge(n, before);
		before = n;
		p++;
	}
	ck_assert_uint_eq(number(s, "\nt_seconds_count "), before);
}

START_TEST(read_while_written)
{
	struct metrics *m = make();
	struct shared s = {
		.m = m,
		.counter = single(m, METRIC_COUNTER, "c_total"),
		.gauge = single(m, METRIC_GAUGE, "g"),
		.latency = single(m, METRIC_HISTOGRAM, "t_seconds"),
		.family = metrics_family(m, METRIC_COUNTER, "f_total", "Help.",
		                         (const char *const[]){ "i", NULL }, 300),
	};
	pthread_t writer, maker;
	uint64_t last = 0;
	char *t;

	ck_assert_int_eq(pthread_create(&writer, NULL, write_values, &s), 0);
	ck_assert_int_eq(pthread_create(&maker, NULL, make_series, &s), 0);
	while (atomic_load(&s.done) < 2) {
		t = text(m);
		check_reading(t, &last);
		free(t);
	}
	pthread_join(writer, NULL);
	pthread_join(maker, NULL);
	t = text(m);
	check_reading(t, &last);
	ck_assert_uint_eq(last, ROUNDS);
	ck_assert_uint_eq(number(t, "\nt_seconds_count "), ROUNDS);
	ck_assert(has(t, "f_total{i=\"299\"} 10"));
	free(t);
	metrics_free(m);
}
END_TEST

SUITE("metrics", counters_and_gauges, gauges_round_trip, escaping, series_are_found_again,
      too_many_series, many_series_grow, histogram_text, histogram_overflow_records,
      families_are_sorted, promtool_finds_nothing, read_while_written)
