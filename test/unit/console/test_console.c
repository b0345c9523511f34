/* The console over real loopback sockets: pages, refusals, wrong and slow clients, addresses. */
#include "console/console.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../suite.h"
#include "core/clock.h"

#define DEADLINE_NS 20000000000LL

struct state {
	_Atomic int healthy, ready;
	size_t metrics_size;
};

static void metrics(void *ctx, struct buf *out)
{
	struct state *s = ctx;

	buf_puts(out, "a_total 1\n");
	while (out->n < s->metrics_size)
		buf_puts(out, "a_long_line_of_text 123456789\n");
}

static int healthy(void *ctx, struct buf *out)
{
	struct state *s = ctx;

	buf_puts(out, s->healthy ? "ok\n" : "no commit for 61s\n");
	return s->healthy;
}

static int ready(void *ctx, struct buf *out)
{
	struct state *s = ctx;

	buf_puts(out, s->ready ? "ready\n" : "waiting for partitions\n");
	return s->ready;
}

static int rules(void *ctx, struct buf *out)
{
	struct state *s = ctx;

	buf_puts(out, s->ready ? "{\"rules\":[]}\n" : "{}\n");
	return s->ready;
}

static struct console *start(struct state *s, const char *at)
{
	const struct console_config config = {
		.listen = at,
		.ctx = s,
		.metrics = metrics,
		.healthy = healthy,
		.ready = ready,
		.rules = rules,
	};
	struct console *c = NULL;
	char error[200] = "";
	int r = console_start(&config, &c, error, sizeof error);

	ck_assert_msg(r == 0, "%s: %s", at, error);
	ck_assert_uint_ne(console_port(c), 0);
	return c;
}

/* A client ----------------------------------------------------------------------------------- */

static int try_dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static int dial(const struct console *c)
{
	int fd = try_dial(console_port(c));

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool wait_for(int fd, short what, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = what };
	int64_t left = until - clock_mono();

	return left > 0 && poll(&p, 1, (int)(left / 1000000) + 1) > 0;
}

/* false: the other end was gone before all was sent. */
static bool send_all(int fd, const char *p, size_t n)
{
	int64_t until = clock_mono() + DEADLINE_NS;

	while (n) {
		ssize_t sent;

		ck_assert_msg(wait_for(fd, POLLOUT, until), "the console takes no bytes");
		sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			continue;
		if (sent < 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static void say(int fd, const char *request)
{
	ck_assert(send_all(fd, request, strlen(request)));
}

static size_t length_of(const char *head)
{
	const char *p = strcasestr(head, "\r\nContent-Length: ");

	return p ? strtoul(p + 18, NULL, 10) : 0;
}

/* One answer with its body (`body` false: to HEAD), or all until the end. */
static bool complete(const struct buf *b, bool body)
{
	const char *end = strstr(buf_str(b), "\r\n\r\n");

	return end && (!body || b->n - (size_t)(end + 4 - b->p) >= length_of(b->p));
}

static char *hear(int fd, bool body)
{
	int64_t until = clock_mono() + DEADLINE_NS;
	struct buf b = { 0 };
	char part[65536];
	char *s;

	while (!complete(&b, body)) {
		ssize_t n;

		ck_assert_msg(wait_for(fd, POLLIN, until), "no answer; so far: %s", buf_str(&b));
		n = recv(fd, part, sizeof part, 0);
		if (n <= 0)
			break;
		buf_add(&b, part, (size_t)n);
	}
	s = buf_take(&b);
	ck_assert_ptr_nonnull(s);
	return s;
}

static char *ask(const struct console *c, const char *request, bool body)
{
	int fd = dial(c);
	char *s;

	say(fd, request);
	s = hear(fd, body);
	close(fd);
	return s;
}

static char *get(const struct console *c, const char *path)
{
	char request[200];

	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	return ask(c, request, true);
}

static void expect(const char *answer, const char *status, const char *header, const char *body)
{
	const char *b = strstr(answer, "\r\n\r\n");

	ck_assert_msg(strncmp(answer, status, strlen(status)) == 0, "%s: %s", status, answer);
	if (header)
		ck_assert_msg(strstr(answer, header) != NULL, "%s: %s", header, answer);
	ck_assert_ptr_nonnull(b);
	if (body)
		ck_assert_str_eq(b + 4, body);
}

static void works(const struct console *c)
{
	char *s = get(c, "/metrics");

	expect(s, "HTTP/1.1 200 ", NULL, "a_total 1\n");
	free(s);
}

/* Tests -------------------------------------------------------------------------------------- */

START_TEST(pages)
{
	struct state state = { .healthy = 1, .ready = 0 };
	struct console *c = start(&state, "127.0.0.1:0");
	char *s = get(c, "/metrics");

	expect(s, "HTTP/1.1 200 ", "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n",
	       "a_total 1\n");
	ck_assert_ptr_nonnull(strstr(s, "\r\nX-Content-Type-Options: nosniff\r\n"));
	free(s);
	s = get(c, "/metrics?name=x");
	expect(s, "HTTP/1.1 200 ", NULL, "a_total 1\n");
	free(s);
	s = get(c, "/");
	expect(s, "HTTP/1.1 200 ", "/-/ready", NULL);
	ck_assert(strstr(s, "/metrics") && strstr(s, "/-/healthy"));
	free(s);
	s = get(c, "/-/healthy");
	expect(s, "HTTP/1.1 200 ", "\r\nContent-Type: text/plain; charset=utf-8\r\n", "ok\n");
	free(s);
	s = get(c, "/-/ready");
	expect(s, "HTTP/1.1 503 ", NULL, "waiting for partitions\n");
	free(s);
	s = get(c, "/api/v1/rules");
	expect(s, "HTTP/1.1 503 ", NULL, "{}\n");
	free(s);
	state.ready = 1;
	state.healthy = 0;
	s = get(c, "/api/v1/rules");
	expect(s, "HTTP/1.1 200 ", "\r\nContent-Type: application/json\r\n", "{\"rules\":[]}\n");
	free(s);
	s = get(c, "/-/ready");
	expect(s, "HTTP/1.1 200 ", NULL, "ready\n");
	free(s);
	s = get(c, "/-/healthy");
	expect(s, "HTTP/1.1 503 ", NULL, "no commit for 61s\n");
	free(s);
	ck_assert_ptr_null(console_stop(c));
	ck_assert_ptr_null(console_stop(NULL));
}
END_TEST

START_TEST(head)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	int fd = dial(c);
	char *s;

	say(fd, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	s = hear(fd, false);
	expect(s, "HTTP/1.1 200 ", "\r\nContent-Length: 10\r\n", "");
	free(s);
	say(fd, "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"); /* no body came between */
	s = hear(fd, true);
	expect(s, "HTTP/1.1 200 ", NULL, "ok\n");
	free(s);
	close(fd);
	console_stop(c);
}
END_TEST

START_TEST(refusals)
{
	static const char *const paths[] = { "/x",  "/metrics/", "/-/",        "//metrics",
		                             "/..", "/%00",      "/metrics%00" };
	static const char *const methods[] = { "POST",  "PUT",   "DELETE", "OPTIONS",
		                               "PATCH", "TRACE", "get",    "X" };
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	char *s;

	for (size_t i = 0; i < 5; i++) {
		s = get(c, paths[i]);
		expect(s, "HTTP/1.1 404 ", NULL, "no such page\n");
		free(s);
	}
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		char request[100];

		snprintf(request, sizeof request,
		         "%s /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		         methods[i]);
		s = ask(c, request, true);
		expect(s, "HTTP/1.1 405 ", "\r\nAllow: GET, HEAD\r\n", "only GET and HEAD\n");
		free(s);
	}
	for (size_t i = 5; i < sizeof paths / sizeof paths[0]; i++)
		free(get(c, paths[i])); /* whatever is said, */
	works(c); /* it goes on */
	console_stop(c);
}
END_TEST

/* A body is read and thrown away; the connection goes on. Too long a one ends it. */
START_TEST(bodies)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	static char big[1 << 20];
	char *s;
	int fd = dial(c);

	say(fd, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
	s = hear(fd, true);
	expect(s, "HTTP/1.1 405 ", NULL, "only GET and HEAD\n");
	free(s);
	say(fd,
	    "GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
	s = hear(fd, true);
	expect(s, "HTTP/1.1 200 ", NULL, "a_total 1\n");
	free(s);
	memset(big, 'x', sizeof big);
	say(fd, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n");
	for (int i = 0; i < 100 && send_all(fd, big, sizeof big); i++)
		;
	ck_assert_msg(!send_all(fd, big, sizeof big), "100 MB were taken");
	close(fd);
	works(c);
	console_stop(c);
}
END_TEST

START_TEST(keeps_alive_and_old_versions)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	int fd = dial(c);
	char *s;

	for (int i = 0; i < 50; i++) {
		say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
		s = hear(fd, true);
		expect(s, "HTTP/1.1 200 ", NULL, "a_total 1\n");
		free(s);
	}
	close(fd);
	s = ask(c, "GET /metrics HTTP/1.0\r\n\r\n", true);
	ck_assert_ptr_nonnull(strstr(s, " 200 "));
	ck_assert_ptr_nonnull(strstr(s, "\r\n\r\na_total 1\n"));
	free(s);
	console_stop(c);
}
END_TEST

/* What ends is answered with an error or the connection's end; what does not, is no one's burden. */
START_TEST(garbage)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool ends;
	} all[] = {
		{ "\r\n\r\n\r\n", 6, false },
		{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11, false },
		{ "\0\0\0\0\n\n", 6, false },
		{ "GET\r\n\r\n", 7, true },
		{ "GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n", 34, true },
		{ "GET /metrics HTTP/1.1\r\n\r\n", 25, true },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 54, true },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		  72, true },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", 61,
		  true },
	};
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		int fd = dial(c);

		ck_assert(send_all(fd, all[i].bytes, all[i].n));
		works(c);
		if (all[i].ends) {
			char *s = hear(fd, true);

			ck_assert_msg(!*s || !strncmp(s, "HTTP/1.1 4", 10) ||
			                      !strncmp(s, "HTTP/1.1 505", 12),
			              "case %zu: %s", i, s);
			free(s);
		}
		close(fd);
		works(c);
	}
	console_stop(c);
}
END_TEST

START_TEST(huge_header)
{
	static char big[1 << 20];
	static const char *const starts[] = { "GET /metrics HTTP/1.1\r\nHost: x\r\nA: ", "GET /",
		                              "" };
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");

	memset(big, 'a', sizeof big);
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		int fd = dial(c);
		bool taken;

		say(fd, starts[i]);
		taken = true;
		for (int round = 0; round < 100 && taken; round++)
			taken = send_all(fd, big, sizeof big);
		ck_assert_msg(!taken, "100 MB of headers were taken");
		close(fd);
		works(c);
	}
	console_stop(c);
}
END_TEST

/* More clients than there is room for begin a request and never end it. */
START_TEST(slow_clients_keep_nobody_out)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	int fds[600];

	for (int i = 0; i < 600; i++) {
		fds[i] = dial(c);
		send_all(fds[i], "GET /metrics HT", 15);
		if (i % 50 == 0)
			works(c);
	}
	works(c);
	for (int i = 0; i < 600; i++)
		close(fds[i]);
	works(c);
	console_stop(c);
}
END_TEST

/* Idle connections make room, not the one that was asking a moment ago. */
START_TEST(the_idlest_makes_room)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	int busy = dial(c), fds[400];

	for (int i = 0; i < 400; i++) {
		char *s;

		fds[i] = dial(c);
		say(busy, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
		s = hear(busy, true);
		expect(s, "HTTP/1.1 200 ", NULL, "a_total 1\n");
		free(s);
	}
	ck_assert_msg(wait_for(fds[0], POLLIN, clock_mono() + DEADLINE_NS),
	              "the first idle one is still open");
	ck_assert_int_le(recv(fds[0], &(char){ 0 }, 1, 0), 0);
	close(busy);
	for (int i = 0; i < 400; i++)
		close(fds[i]);
	console_stop(c);
}
END_TEST

START_TEST(a_hundred_at_once)
{
	struct state state = { .healthy = 1, .metrics_size = 200000 };
	struct console *c = start(&state, "127.0.0.1:0");
	int fds[100];

	for (int i = 0; i < 100; i++)
		fds[i] = dial(c);
	for (int i = 0; i < 100; i++)
		say(fds[i], "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 99; i >= 0; i--) {
		char *s = hear(fds[i], true);

		expect(s, "HTTP/1.1 200 ", NULL, NULL);
		ck_assert_uint_ge(strlen(strstr(s, "\r\n\r\n") + 4), 200000);
		free(s);
		close(fds[i]);
	}
	console_stop(c);
}
END_TEST

/* One client reads nothing of a large answer; another is served meanwhile; then the first reads. */
START_TEST(slow_reader)
{
	struct state state = { .healthy = 1, .metrics_size = 20000000 };
	struct console *c = start(&state, "127.0.0.1:0");
	int fd = dial(c);
	char *s;

	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(wait_for(fd, POLLIN, clock_mono() + DEADLINE_NS));
	s = get(c, "/-/healthy");
	expect(s, "HTTP/1.1 200 ", NULL, "ok\n");
	free(s);
	s = hear(fd, true);
	expect(s, "HTTP/1.1 200 ", NULL, NULL);
	ck_assert_uint_ge(strlen(s), 20000000);
	free(s);
	close(fd);
	console_stop(c);
}
END_TEST

START_TEST(addresses)
{
	static const char *const fine[] = { "127.0.0.1:0", "localhost:0", ":0", "0.0.0.0:0",
		                            "127.0.0.1:00" };
	static const char *const wrong[] = {
		"",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:99999999999",
		"127.0.0.1:-1",
		"127.0.0.1:80x",
		"::1:80",
		"[::1]",
		"[]:80",
		"[127.0.0.1]:80",
		"[::1:80",
		"example.invalid:80",
		"1.2.3:80:90",
		"256.0.0.1:80",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:80",
		" :80",
	};
	struct state state = { .healthy = 1 };

	for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
		struct console *c = start(&state, fine[i]);

		works(c);
		console_stop(c);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const struct console_config config = { wrong[i], &state, metrics,
			                               healthy,  ready,  rules };
		struct console *c = NULL;
		char error[300] = "";

		ck_assert_msg(console_start(&config, &c, error, sizeof error) == -EINVAL, "%s",
		              wrong[i]);
		ck_assert_msg(strstr(error, "is not an address") && strstr(error, wrong[i]), "%s",
		              error);
		ck_assert_ptr_null(c);
	}
}
END_TEST

START_TEST(ipv6)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct state state = { .healthy = 1 };
	struct console *c;
	char *s;

	/* A machine without IPv6 must say so clearly; where it has one, it is used. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a)) {
		const struct console_config config = { "[::1]:0", &state, metrics,
			                               healthy,   ready,  rules };
		char error[200] = "";

		ck_assert_int_lt(console_start(&config, &c, error, sizeof error), 0);
		ck_assert_ptr_nonnull(strstr(error, "[::1]:0"));
		if (fd >= 0)
			close(fd);
		return;
	}
	close(fd);
	c = start(&state, "[::1]:0");
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin6_port = htons(console_port(c));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	say(fd, "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
	s = hear(fd, true);
	expect(s, "HTTP/1.1 200 ", NULL, "ok\n");
	free(s);
	close(fd);
	console_stop(c);
}
END_TEST

START_TEST(address_in_use)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0"), *second = NULL;
	char at[32], error[200] = "";
	struct console_config config = { at, &state, metrics, healthy, ready, rules };

	snprintf(at, sizeof at, "127.0.0.1:%u", console_port(c));
	ck_assert_int_eq(console_start(&config, &second, error, sizeof error), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error, at));
	ck_assert_ptr_nonnull(strstr(error, "in use"));
	ck_assert_ptr_null(second);
	works(c);
	console_stop(c);
	config.listen = "192.0.2.1:0"; /* documentation's, nobody's */
	ck_assert_int_eq(console_start(&config, &second, error, sizeof error), -EADDRNOTAVAIL);
	ck_assert_ptr_nonnull(strstr(error, "no address of this machine"));
}
END_TEST

/* Stopping ends open connections at once, and the port can be taken again. */
START_TEST(stop_with_clients)
{
	struct state state = { .healthy = 1 };
	struct console *c = start(&state, "127.0.0.1:0");
	int64_t began;
	char at[32];
	int half = dial(c), idle = dial(c);

	say(half, "GET /metrics HTTP/1.1\r\nHo");
	works(c);
	snprintf(at, sizeof at, "127.0.0.1:%u", console_port(c));
	began = clock_mono();
	console_stop(c);
	ck_assert_int_lt(clock_mono() - began, 5000000000);
	ck_assert(wait_for(half, POLLIN, clock_mono() + DEADLINE_NS));
	ck_assert_int_le(recv(half, &(char){ 0 }, 1, 0), 0);
	c = start(&state, at);
	works(c);
	close(half);
	close(idle);
	console_stop(c);
}
END_TEST

SUITE("console", pages, head, refusals, bodies, keeps_alive_and_old_versions, garbage, huge_header,
      slow_clients_keep_nobody_out, the_idlest_makes_room, a_hundred_at_once, slow_reader,
      addresses, ipv6, address_in_use, stop_with_clients)
