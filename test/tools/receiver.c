/* receiver.c - a small HTTP receiver on loopback for system tests and measurements.
 *
 *   receiver LOG [--status CODE] [--fail-percent N] [--seed S] [--delay-ms MS] [--first N]
 *            [--retry-after SECONDS] [--flip FILE] [--headers FILE] [--quiet]
 *
 * Listens on 127.0.0.1, a free port, and prints "port N". Each POST becomes one line of LOG, written
 * before it is answered: time of arrival (wall clock, ns), webhook-id ("-" without one), the status
 * it will answer, the body. --fail-percent answers 503 to that share of requests, picked by a seeded
 * generator; --flip answers 503 while FILE exists. --first: --status and --delay-ms hold for the
 * first N requests only, later ones are answered 200 at once; --retry-after: that header goes with
 * every answer that is no success. --headers: a line of FILE for each line of LOG, the request's
 * "name: value", with tabs between them. Ends cleanly on SIGTERM or SIGINT. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/rng.h"

#define BODY_MAX ((size_t)1 << 20)

struct receiver {
	int log, headers; /* headers: -1 = not kept */
	unsigned status, fail_percent;
	long delay_ms, first; /* first: -1 = all */
	char retry_after[24]; /* "" = none */
	const char *flip;
	bool quiet;
	pthread_mutex_t lock; /* rng, log and count */
	struct rng rng;
	uint64_t n;
};

struct request {
	struct buf body;
	int64_t arrived_ns;
	bool too_large;
};

static unsigned pick_status(struct receiver *r)
{
	if (r->flip && access(r->flip, F_OK) == 0)
		return 503;
	if (rng_below(&r->rng, 100) < r->fail_percent)
		return 503;
	return r->first < 0 || r->n < (uint64_t)r->first ? r->status : 200;
}

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
	struct buf *line = ctx;

	(void)kind;
	buf_printf(line, "%s%s: %s", line->n ? "\t" : "", name, value ? value : "");
	return MHD_YES;
}

/* False when the line could not be written whole. */
static bool keep_headers(struct receiver *r, struct MHD_Connection *c)
{
	struct buf line = { 0 };
	bool ok;

	if (r->headers < 0)
		return true;
	MHD_get_connection_values(c, MHD_HEADER_KIND, add_header, &line);
	buf_putc(&line, '\n');
	ok = !line.failed && write(r->headers, line.p, line.n) == (ssize_t)line.n;
	buf_done(&line);
	return ok;
}

/* One line, one write. *ret_late: this answer is to be delayed. */
static unsigned keep(struct receiver *r, struct request *q, struct MHD_Connection *c,
                     bool *ret_late)
{
	const char *id = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "webhook-id");
	struct buf line = { 0 };
	unsigned status;

	for (size_t i = 0; i < q->body.n; i++)
		if (q->body.p[i] == '\n' || q->body.p[i] == '\r')
			q->body.p[i] = ' ';
	pthread_mutex_lock(&r->lock);
	status = q->too_large ? 413 : pick_status(r);
	buf_printf(&line, "%" PRId64 " %s %u ", q->arrived_ns, id && *id ? id : "-", status);
	buf_add(&line, buf_str(&q->body), q->body.n);
	buf_putc(&line, '\n');
	if (line.failed || write(r->log, line.p, line.n) != (ssize_t)line.n || !keep_headers(r, c))
		status = 500;
	*ret_late = r->delay_ms && (r->first < 0 || r->n < (uint64_t)r->first);
	r->n++;
	if (!r->quiet)
		fprintf(stderr, "%s %u\n", id ? id : "-", status);
	pthread_mutex_unlock(&r->lock);
	buf_done(&line);
	return status;
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static enum MHD_Result answer(const struct receiver *r, struct MHD_Connection *c, unsigned status)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL,
	                                                                MHD_RESPMEM_PERSISTENT);
	enum MHD_Result ok;

	if (!response)
		return MHD_NO;
	if (*r->retry_after && status / 100 != 2)
		MHD_add_response_header(response, "Retry-After", r->retry_after);
	ok = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return ok;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *data, size_t *n,
                              void **state)
{
	struct receiver *r = ctx;
	struct request *q = *state;
	unsigned status;
	bool late;

	(void)url;
	(void)version;
	if (!q) {
		q = *state = calloc(1, sizeof *q);
		if (!q)
			return MHD_NO;
		q->arrived_ns = clock_wall();
		return MHD_YES;
	}
	if (*n) {
		if (q->body.n + *n > BODY_MAX)
			q->too_large = true;
		else
			buf_add(&q->body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	if (strcmp(method, "POST") != 0)
		return answer(r, c, 405);
	status = keep(r, q, c, &late);
	if (late)
		pause_ms(r->delay_ms);
	return answer(r, c, status);
}

static void finished(void *ctx, struct MHD_Connection *c, void **state,
                     enum MHD_RequestTerminationCode why)
{
	struct request *q = *state;

	(void)ctx;
	(void)c;
	(void)why;
	if (q)
		buf_done(&q->body);
	free(q);
	*state = NULL;
}

static long whole(const char *name, const char *text, long most)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || *end || end == text || v < 0 || v > most) {
		fprintf(stderr, "receiver: --%s %s: expected 0..%ld\n", name, text, most);
		exit(2);
	}
	return v;
}

/* Appended to; the file of another start goes on. */
static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "receiver: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static void options(struct receiver *r, int argc, char **argv)
{
	static const struct option known[] = {
		{ "status", required_argument, NULL, 's' },
		{ "fail-percent", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 'r' },
		{ "delay-ms", required_argument, NULL, 'd' },
		{ "first", required_argument, NULL, 'n' },
		{ "retry-after", required_argument, NULL, 'a' },
		{ "headers", required_argument, NULL, 'h' },
		{ "flip", required_argument, NULL, 'x' },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (o) {
		case 's': r->status = (unsigned)whole("status", optarg, 599); break;
		case 'f': r->fail_percent = (unsigned)whole("fail-percent", optarg, 100); break;
		case 'r': r->rng.s = (uint64_t)whole("seed", optarg, INT32_MAX); break;
		case 'd': r->delay_ms = whole("delay-ms", optarg, 3600000); break;
		case 'n': r->first = whole("first", optarg, INT32_MAX); break;
		case 'a':
			snprintf(r->retry_after, sizeof r->retry_after, "%ld",
			         whole("retry-after", optarg, 86400));
			break;
		case 'h': r->headers = open_log(optarg); break;
		case 'x': r->flip = optarg; break;
		case 'q': r->quiet = true; break;
		default: exit(2);
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: receiver LOG [--status CODE] [--fail-percent N] [--seed S] "
		                "[--delay-ms MS] [--first N] [--retry-after SECONDS] "
		                "[--flip FILE] [--headers FILE] [--quiet]\n");
		exit(2);
	}
}

static struct MHD_Daemon *listen_loopback(struct receiver *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* A pause must hold up its own connection only. */
	unsigned how = r->delay_ms ? MHD_USE_THREAD_PER_CONNECTION |
	                                     MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL
	                           : MHD_USE_EPOLL_INTERNAL_THREAD;

	return MHD_start_daemon(how, 0, NULL, NULL, handle, r, MHD_OPTION_SOCK_ADDR, &at,
	                        MHD_OPTION_NOTIFY_COMPLETED, finished, NULL,
	                        MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
	struct receiver r = { .headers = -1,
		              .first = -1,
		              .status = 200,
		              .rng = { 1 },
		              .lock = PTHREAD_MUTEX_INITIALIZER };
	struct MHD_Daemon *d;
	sigset_t ends;
	int got;

	options(&r, argc, argv);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	r.log = open_log(argv[optind]);
	d = listen_loopback(&r);
	if (!d) {
		fprintf(stderr, "receiver: cannot listen\n");
		return 1;
	}
	printf("port %u\n", (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	sigwait(&ends, &got);
	MHD_stop_daemon(d);
	close(r.log);
	if (!r.quiet)
		fprintf(stderr, "receiver: %" PRIu64 " requests\n", r.n);
	return 0;
}
