/* One POST against servers that behave, misbehave and lie: what becomes of it, and what is said. */
#include "sink/sink.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "../suite.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "server.h"

#define ID "0123456789abcdef0123456789abcdef"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct got {
	unsigned n;
	int64_t delivery;
	struct sink_result last;
};

static void done(void *ctx, struct sink *s, int64_t delivery, const struct sink_result *r)
{
	struct got *g = ctx;

	(void)s;
	g->n++;
	g->delivery = delivery;
	g->last = *r;
}

static struct sink_config config_of(const char *url)
{
	return (struct sink_config){ .name = "hook",
		                     .type = SINK_WEBHOOK,
		                     .url = url,
		                     .concurrency = 4,
		                     .connect_timeout_ns = 2 * NS_PER_S,
		                     .timeout_ns = 5 * NS_PER_S,
		                     .verify_tls = true };
}

static void run_until(struct sink_loop *l, const struct got *g, unsigned n)
{
	int64_t until = clock_mono() + 20 * NS_PER_S;

	while (g->n < n && clock_mono() < until)
		ck_assert_int_eq(sink_loop_run(l, 100), 0);
	ck_assert_uint_eq(g->n, n);
}

/* One attempt with this configuration. */
static struct sink_result attempt(const struct sink_config *c)
{
	struct got g = { 0 };
	struct sink_loop *l;
	struct sink *s;
	char words[200];

	ck_assert_int_eq(sink_loop_new(done, &g, &l), 0);
	ck_assert_msg(sink_new(l, c, &s, words, sizeof words) == 0, "%s", words);
	ck_assert_int_eq(sink_send(s, 7, ID, clock_wall(), "{\"a\":1}", 7), 0);
	run_until(l, &g, 1);
	ck_assert_int_eq(g.delivery, 7);
	ck_assert_uint_eq(sink_room(s), 4);
	sink_loop_free(l);
	return g.last;
}

static struct sink_result attempt_at(struct server *server, int64_t timeout_ns)
{
	char url[100];
	struct sink_config c = config_of(url);
	struct sink_result r;

	server_start(server);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/secret-path?token=secret-token",
	         server->port);
	if (timeout_ns)
		c.timeout_ns = timeout_ns;
	r = attempt(&c);
	server_end(server);
	ck_assert_msg(!strstr(r.error, "secret"), "%s", r.error);
	return r;
}

START_TEST(statuses)
{
	static const struct {
		int status;
		enum sink_outcome outcome;
	} cases[] = {
		{ 200, SINK_DELIVERED }, { 201, SINK_DELIVERED }, { 202, SINK_DELIVERED },
		{ 299, SINK_DELIVERED }, { 300, SINK_RETRY },     { 302, SINK_RETRY },
		{ 307, SINK_RETRY },     { 400, SINK_REFUSED },   { 401, SINK_RETRY },
		{ 403, SINK_RETRY },     { 404, SINK_REFUSED },   { 405, SINK_REFUSED },
		{ 408, SINK_RETRY },     { 410, SINK_REFUSED },   { 413, SINK_REFUSED },
		{ 415, SINK_REFUSED },   { 422, SINK_REFUSED },   { 425, SINK_RETRY },
		{ 429, SINK_RETRY },     { 500, SINK_RETRY },     { 502, SINK_RETRY },
		{ 503, SINK_RETRY },     { 504, SINK_RETRY },     { 599, SINK_RETRY },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char answer[160], words[24];
		struct server s = { .answer = answer };
		struct sink_result r;

		snprintf(
			answer, sizeof answer,
			"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n",
			cases[i].status);
		r = attempt_at(&s, 0);
		ck_assert_msg(r.outcome == cases[i].outcome, "%d: %d %s", cases[i].status,
		              r.outcome, r.error);
		ck_assert_int_eq(r.status, cases[i].status);
		ck_assert_int_gt(r.took_ns, 0);
		ck_assert_uint_eq(s.n_requests, 1); /* nothing was followed */
		snprintf(words, sizeof words, "HTTP status %d", cases[i].status);
		if (r.outcome == SINK_DELIVERED) {
			ck_assert_str_eq(r.error, "");
		} else {
			ck_assert_ptr_nonnull(strstr(r.error, words));
			ck_assert_ptr_nonnull(strstr(r.error, "127.0.0.1:"));
		}
	}
}
END_TEST

static int64_t asked_for(const char *header)
{
	char answer[200];
	struct server s = { .answer = answer };
	struct sink_result r;

	snprintf(answer, sizeof answer, "HTTP/1.1 429 Slow\r\n%s\r\nContent-Length: 0\r\n\r\n",
	         header);
	r = attempt_at(&s, 0);
	ck_assert_int_eq(r.outcome, SINK_RETRY);
	return r.retry_after_ns;
}

START_TEST(retry_after)
{
	char header[100];
	time_t at = time(NULL) + 100;
	struct tm tm;
	int64_t got;

	ck_assert_int_eq(asked_for("Retry-After: 17"), 17 * NS_PER_S);
	ck_assert_int_eq(asked_for("retry-after:\t 17 "), 17 * NS_PER_S);
	ck_assert_int_eq(asked_for("X: y"), 0);
	ck_assert_int_eq(asked_for("Retry-After: soon"), 0);
	ck_assert_int_eq(asked_for("Retry-After: -5"), 0);
	ck_assert_int_eq(asked_for("Retry-After:"), 0);
	ck_assert_int_eq(asked_for("Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"), 0);
	ck_assert_int_ge(asked_for("Retry-After: 99999999999999999999"), 3600 * NS_PER_S);
	ck_assert_ptr_nonnull(gmtime_r(&at, &tm));
	ck_assert_uint_gt(
		strftime(header, sizeof header, "Retry-After: %a, %d %b %Y %H:%M:%S GMT", &tm), 0);
	got = asked_for(header);
	ck_assert_msg(got > 90 * NS_PER_S && got <= 101 * NS_PER_S, "%lld", (long long)got);
}
END_TEST

/* Of a 1xx before the answer nothing is kept. */
START_TEST(interim_answers)
{
	struct server s = {
		.answer =
			"HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
	};
	struct sink_result r = attempt_at(&s, 0);

	ck_assert_int_eq(r.status, 503);
	ck_assert_int_eq(r.retry_after_ns, 0);
}
END_TEST

START_TEST(request)
{
	static const struct sink_header headers[] = { { "Authorization", "Bearer abc" },
		                                      { "X-Empty", "" } };
	char url[100], line[80];
	struct server server = { .answer = OK };
	struct sink_config c = config_of(url);
	struct sink_result r;
	char *at;
	int64_t before = clock_wall() / NS_PER_S;
	long stamp;

	setenv("http_proxy", "http://127.0.0.1:1", 1); /* not looked at */
	server_start(&server);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/a/b?c=d", server.port);
	c.headers = headers;
	c.n_headers = 2;
	r = attempt(&c);
	server_end(&server);
	unsetenv("http_proxy");
	ck_assert_int_eq(r.outcome, SINK_DELIVERED);
	ck_assert_ptr_eq(strstr(server.last, "POST /a/b?c=d HTTP/1.1\r\n"), server.last);
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nwebhook-id: " ID "\r\n"));
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nUser-Agent: tocsin/" TOCSIN_VERSION "\r\n"));
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nAuthorization: Bearer abc\r\n"));
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nX-Empty:\r\n"));
	ck_assert_ptr_nonnull(strstr(server.last, "\r\nContent-Length: 7\r\n"));
	ck_assert_ptr_null(strcasestr(server.last, "\r\nExpect:"));
	ck_assert_str_eq(strstr(server.last, "\r\n\r\n") + 4, "{\"a\":1}");
	at = strstr(server.last, "webhook-timestamp: ");
	ck_assert_ptr_nonnull(at);
	stamp = strtol(at + 19, NULL, 10);
	ck_assert_int_ge(stamp, before);
	ck_assert_int_le(stamp, clock_wall() / NS_PER_S);
	snprintf(line, sizeof line, "webhook-timestamp: %ld\r\n", stamp);
	ck_assert_ptr_eq(strstr(server.last, line), at);
}
END_TEST

START_TEST(misbehaviour)
{
	static const struct {
		const char *what;
		struct server server;
		int64_t timeout_ns;
		enum sink_outcome outcome;
		const char *words;
	} cases[] = {
		{ "garbage",
		  { .answer = "hello, this is not http at all\r\n\r\n", .close_after = true },
		  0,
		  SINK_RETRY,
		  "not HTTP" },
		{ "closes at once", { .answer = NULL }, 0, SINK_RETRY, "127.0.0.1" },
		{ "half a status line",
		  { .answer = "HTTP/1.1 2", .close_after = true },
		  0,
		  SINK_RETRY,
		  "127.0.0.1" },
		{ "half the headers",
		  { .answer = "HTTP/1.1 200 OK\r\nContent-Le", .close_after = true },
		  0,
		  SINK_RETRY,
		  "ended before" },
		{ "endless headers",
		  { .answer = "HTTP/1.1 200 OK\r\n",
		    .endless = "X-Filler: 0123456789012345678901234567890123456789\r\n" },
		  0,
		  SINK_RETRY,
		  "headers exceed" },
		/* The status was said and its headers are whole: it has the alert. */
		{ "endless body",
		  { .answer = "HTTP/1.1 200 OK\r\n\r\n",
		    .endless = "0123456789012345678901234567890123456789" },
		  0,
		  SINK_DELIVERED,
		  "" },
		{ "endless body of a failure",
		  { .answer = "HTTP/1.1 500 No\r\n\r\n",
		    .endless = "012345678901234567890123456789" },
		  0,
		  SINK_RETRY,
		  "HTTP status 500" },
		{ "half a body",
		  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
		    .close_after = true },
		  0,
		  SINK_DELIVERED,
		  "" },
		{ "body that never comes",
		  { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" },
		  300 * NS_PER_MS,
		  SINK_DELIVERED,
		  "" },
		{ "silence", { .silent = true }, 300 * NS_PER_MS, SINK_RETRY, "imeout" },
		{ "bad chunks",
		  { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		    .close_after = true },
		  0,
		  SINK_DELIVERED,
		  "" },
		{ "binary in the reason",
		  { .answer = "HTTP/1.1 500 \x1b[31m\x01\xff\r\nContent-Length: 0\r\n\r\n" },
		  0,
		  SINK_RETRY,
		  "HTTP status 500" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct server s = cases[i].server;
		struct sink_result r = attempt_at(&s, cases[i].timeout_ns);

		ck_assert_msg(r.outcome == cases[i].outcome, "%s: %d %d %s", cases[i].what,
		              r.outcome, r.status, r.error);
		ck_assert_msg(strstr(r.error, cases[i].words) != NULL, "%s: \"%s\"", cases[i].what,
		              r.error);
		for (const char *p = r.error; *p; p++)
			ck_assert_msg(*p >= 0x20 && *p < 0x7f, "%s", cases[i].what);
		ck_assert_int_lt(r.took_ns, 4 * NS_PER_S);
	}
}
END_TEST

START_TEST(nobody_there)
{
	struct server s = { .answer = OK };
	char url[100];
	struct sink_config c = config_of(url);
	struct sink_result r;

	server_start(&s); /* a port that was free a moment ago */
	server_end(&s);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/secret", s.port);
	r = attempt(&c);
	ck_assert_int_eq(r.outcome, SINK_RETRY);
	ck_assert_int_eq(r.status, 0);
	ck_assert_ptr_nonnull(strstr(r.error, "127.0.0.1"));
	ck_assert_ptr_null(strstr(r.error, "secret"));
	snprintf(url, sizeof url, "http://nobody.invalid/secret");
	r = attempt(&c);
	ck_assert_int_eq(r.outcome, SINK_RETRY);
	ck_assert_ptr_nonnull(strstr(r.error, "nobody.invalid:80"));
	/* TLS against a server that does not speak it. */
	s = (struct server){ .answer = OK };
	server_start(&s);
	snprintf(url, sizeof url, "https://127.0.0.1:%u/secret", s.port);
	c.timeout_ns = NS_PER_S;
	r = attempt(&c);
	server_end(&s);
	ck_assert_int_eq(r.outcome, SINK_RETRY);
	ck_assert_ptr_null(strstr(r.error, "secret"));
}
END_TEST

/* A hundred attempts over kept connections, never more than the room at once. */
START_TEST(kept_alive)
{
	struct server server = { .answer = OK };
	struct got g = { 0 };
	struct sink_loop *l;
	struct sink *s;
	char url[100], words[200];
	struct sink_config c = config_of(url);
	unsigned sent = 0;

	c.concurrency = 1;
	server_start(&server);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", server.port);
	ck_assert_int_eq(sink_loop_new(done, &g, &l), 0);
	ck_assert_int_eq(sink_new(l, &c, &s, words, sizeof words), 0);
	ck_assert_str_eq(sink_name(s), "hook");
	while (sent < 100) {
		while (sink_room(s)) {
			ck_assert_int_eq(sink_send(s, sent, ID, clock_wall(), "{}", 2), 0);
			sent++;
		}
		ck_assert_int_eq(sink_send(s, sent, ID, clock_wall(), "{}", 2), -EAGAIN);
		run_until(l, &g, sent);
		ck_assert_int_eq(g.last.outcome, SINK_DELIVERED);
	}
	ck_assert_uint_eq(server.n_requests, 100);
	ck_assert_uint_eq(server.n_connections, 1);
	/* Freed with one under way: dropped, not reported. */
	ck_assert_int_eq(sink_send(s, 100, ID, clock_wall(), "{}", 2), 0);
	s = sink_free(s);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(g.n, 100);
	sink_loop_free(l);
	server_end(&server);
}
END_TEST

START_TEST(refused_configurations)
{
	static const struct {
		const char *url, *name, *value, *words;
	} cases[] = {
		{ "", NULL, NULL, "not a URL" },
		{ "no url", NULL, NULL, "not a URL" },
		{ "ftp://h/secret", NULL, NULL, "only http and https" },
		{ "file:///etc/passwd", NULL, NULL, "only http and https" },
		{ "http://user:secret@h/", NULL, NULL, "user name" },
		{ "http://h/", "X-A", "a\r\nB: secret", "line break" },
		{ "http://h/", "X-A", "a\nB: secret", "line break" },
		{ "http://h/", "X A", "secret", "characters" },
		{ "http://h/", "", "secret", "characters" },
		{ "http://h/", "X\r\nY", "secret", "characters" },
		{ "http://h/", "Webhook-Id", "secret", "set by tocsin" },
	};
	struct sink_loop *l;
	struct got g;

	ck_assert_int_eq(sink_loop_new(done, &g, &l), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sink_header h = { cases[i].name, cases[i].value };
		struct sink_config c = config_of(cases[i].url);
		struct sink *s = (void *)1;
		char words[200] = "";

		c.headers = &h;
		c.n_headers = cases[i].name != NULL;
		ck_assert_msg(sink_new(l, &c, &s, words, sizeof words) == -EINVAL, "case %zu", i);
		ck_assert_msg(strstr(words, cases[i].words) != NULL, "case %zu: %s", i, words);
		ck_assert_msg(!strstr(words, "secret"), "case %zu: %s", i, words);
		ck_assert_ptr_eq(s, (void *)1);
	}
	sink_loop_free(l);
}
END_TEST

static void *wake_soon(void *ctx)
{
	sink_wake(ctx);
	return NULL;
}

START_TEST(wake)
{
	struct sink_loop *l;
	struct got g;
	pthread_t thread;
	int64_t began = clock_mono();

	ck_assert_int_eq(sink_loop_new(done, &g, &l), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wake_soon, l), 0);
	ck_assert_int_eq(sink_loop_run(l, 30000), 0);
	pthread_join(thread, NULL);
	ck_assert_int_lt(clock_mono() - began, 20 * NS_PER_S);
	sink_loop_free(l);
}
END_TEST

SUITE("webhook", statuses, retry_after, interim_answers, request, misbehaviour, nobody_there,
      kept_alive, refused_configurations, wake)
