/* The delivery thread against a receiver that answers, refuses, is down and comes back. */
#include "app/delivery.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "../folder.h"
#include "../suite.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "journal/journal.h"

#define MOST 5000

/* Counts what came, by alert number; answers as told. */
struct receiver {
	struct MHD_Daemon *daemon;
	unsigned port;
	_Atomic unsigned status, fail_percent, n_requests;
	_Atomic unsigned got[MOST];
	pthread_mutex_t lock;
	struct rng rng;
};

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *data, size_t *n,
                              void **state)
{
	struct receiver *r = ctx;
	const char *id = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "webhook-id");
	struct MHD_Response *response;
	unsigned status = atomic_load(&r->status);
	unsigned long number;
	enum MHD_Result ok;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*state) {
		*state = r;
		return MHD_YES;
	}
	if (*n) {
		*n = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&r->lock);
	if (rng_below(&r->rng, 100) < atomic_load(&r->fail_percent))
		status = 503;
	pthread_mutex_unlock(&r->lock);
	number = id ? strtoul(id, NULL, 16) : MOST;
	atomic_fetch_add(&r->n_requests, 1);
	if (status == 200 && number < MOST)
		atomic_fetch_add(&r->got[number], 1);
	response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	ok = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return ok;
}

static void receiver_start(struct receiver *r, unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		                  .sin_port = htons((uint16_t)port) };

	pthread_mutex_init(&r->lock, NULL);
	r->rng.s = 9;
	r->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
	                             handle, r, MHD_OPTION_SOCK_ADDR, &at,
	                             MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	ck_assert_ptr_nonnull(r->daemon);
	r->port = MHD_get_daemon_info(r->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static unsigned n_got(struct receiver *r, unsigned to, bool *ret_twice)
{
	unsigned n = 0;

	for (unsigned i = 0; i < to; i++) {
		n += atomic_load(&r->got[i]) > 0;
		if (ret_twice)
			*ret_twice |= atomic_load(&r->got[i]) > 1;
	}
	return n;
}

static char dir[64], words[512], url[80];
static struct store *store;
static struct journal *journal;
static struct receiver receiver;
static struct metric delivered, failed, dead, pending;
static struct hist latency;

static void open_store(void)
{
	static const char *const sinks[] = { "hook" };

	ck_assert_msg(store_open(dir, &store, words, sizeof words) == 0, "%s", words);
	ck_assert_msg(journal_open(store, sinks, 1, &journal, words, sizeof words) == 0, "%s",
	              words);
}

static void setup_all(void)
{
	signal(SIGPIPE, SIG_IGN);
	log_setup(LOG_LEVEL_ERROR);
	folder_make(dir);
	open_store();
	atomic_store(&receiver.status, 200);
	receiver_start(&receiver, 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", receiver.port);
}

static void teardown_all(void)
{
	if (receiver.daemon)
		MHD_stop_daemon(receiver.daemon);
	journal = journal_close(journal);
	store = store_close(store);
	folder_remove(dir);
}

static void make(unsigned from, unsigned to)
{
	ck_assert_int_eq(journal_begin(journal), 0);
	for (unsigned i = from; i < to; i++) {
		char id[33], json[100];
		struct journal_alert a = { .id = id,
			                   .rule = "r",
			                   .json = json,
			                   .event_ns = 1,
			                   .outbox_ns = clock_wall() };
		int new;

		snprintf(id, sizeof id, "%032x", i);
		a.json_size = (size_t)snprintf(json, sizeof json, "{\"id\":\"%s\",\"latency\":{}}",
		                               id);
		ck_assert_int_eq(journal_put_alert(journal, &a, &new), 0);
		ck_assert_int_eq(new, 1);
	}
	ck_assert_int_eq(journal_commit(journal), 0);
}

static struct delivery_sink hook(void)
{
	return (struct delivery_sink){
		.sink = { .name = "hook",
		          .type = SINK_WEBHOOK,
		          .url = url,
		          .concurrency = 8,
		          .connect_timeout_ns = 2 * NS_PER_S,
		          .timeout_ns = 5 * NS_PER_S },
		.retry = { 5 * NS_PER_MS, 50 * NS_PER_MS, 3600 * NS_PER_S },
		.delivered = &delivered,
		.failed = &failed,
		.dead = &dead,
		.pending = &pending,
		.latency = &latency,
	};
}

static struct delivery *start(const struct delivery_sink *s)
{
	struct delivery_config c = { .sinks = s, .n_sinks = 1, .seed = 1 };
	struct delivery *d = NULL;

	ck_assert_msg(delivery_start(store, &c, &d, words, sizeof words) == 0, "%s", words);
	return d;
}

/* Until `v` is reached, or 30 s have passed. */
static bool reached(const struct metric *m, uint64_t v)
{
	int64_t until = clock_mono() + 30 * NS_PER_S;
	const struct timespec moment = { .tv_nsec = 1000000 };

	while (metric_count(m) < v && clock_mono() < until)
		nanosleep(&moment, NULL);
	return metric_count(m) >= v;
}

START_TEST(all_arrive_once)
{
	struct delivery_sink s = hook();
	struct delivery *d;
	bool twice = false;

	setup_all();
	make(0, 100);
	d = start(&s);
	for (unsigned i = 100; i < 1000; i += 50) {
		make(i, i + 50);
		delivery_wake(d);
	}
	ck_assert(reached(&delivered, 1000));
	ck_assert_int_gt(delivery_progress(d), 0);
	ck_assert(delivery_stop(d, DELIVERY_FINISH, 10 * NS_PER_S));
	ck_assert_uint_eq(n_got(&receiver, 1000, &twice), 1000);
	ck_assert(!twice);
	ck_assert_uint_eq(metric_count(&failed), 0);
	ck_assert_uint_eq(hist_count(&latency), 1000);
	/* And they are marked: nothing is sent again. */
	d = start(&s);
	ck_assert_uint_eq(delivery_pending(d), 0);
	ck_assert(delivery_stop(d, DELIVERY_DRAIN, 10 * NS_PER_S));
	ck_assert_uint_eq(receiver.n_requests, 1000);
	teardown_all();
}
END_TEST

START_TEST(drain_delivers_what_waits)
{
	struct delivery_sink s = hook();
	struct delivery *d;

	setup_all();
	atomic_store(&receiver.fail_percent, 30);
	d = start(&s);
	make(0, 500);
	ck_assert(delivery_stop(d, DELIVERY_DRAIN, 60 * NS_PER_S));
	ck_assert_uint_eq(n_got(&receiver, 500, NULL), 500);
	ck_assert_uint_eq(metric_count(&delivered), 500);
	ck_assert_uint_gt(metric_count(&failed), 50);
	teardown_all();
}
END_TEST

START_TEST(refused_is_dead)
{
	struct delivery_sink s = hook();
	struct delivery *d;

	setup_all();
	atomic_store(&receiver.status, 410);
	d = start(&s);
	make(0, 20);
	ck_assert(delivery_stop(d, DELIVERY_DRAIN, 60 * NS_PER_S));
	ck_assert_uint_eq(metric_count(&dead), 20);
	ck_assert_uint_eq(metric_count(&delivered), 0);
	ck_assert_uint_eq(receiver.n_requests, 20);
	teardown_all();
}
END_TEST

START_TEST(given_up_after_its_time)
{
	struct delivery_sink s = hook();
	struct delivery *d;

	setup_all();
	s.retry.give_up_ns = 100 * NS_PER_MS;
	atomic_store(&receiver.status, 500);
	d = start(&s);
	make(0, 3);
	ck_assert(delivery_stop(d, DELIVERY_DRAIN, 60 * NS_PER_S));
	ck_assert_uint_eq(metric_count(&dead), 3);
	ck_assert_uint_gt(metric_count(&failed), 3);
	teardown_all();
}
END_TEST

/* Nobody listens: the breaker keeps the attempts few; then the receiver comes, and all arrive, also
 * over a restart. */
START_TEST(down_then_up)
{
	struct delivery_sink s = hook();
	unsigned port, attempts;
	struct delivery *d;

	setup_all();
	port = receiver.port;
	MHD_stop_daemon(receiver.daemon);
	receiver.daemon = NULL;
	make(0, 2000);
	d = start(&s);
	ck_assert(reached(&failed, 16));
	attempts = (unsigned)metric_count(&failed);
	ck_assert_uint_eq(metric_count(&delivered), 0);
	ck_assert_uint_eq(delivery_pending(d), 2000);
	ck_assert(delivery_stop(d, DELIVERY_FINISH, 10 * NS_PER_S));
	ck_assert_uint_lt(attempts, 200);
	journal = journal_close(journal);
	store = store_close(store);
	open_store();
	d = start(&s);
	ck_assert_uint_eq(delivery_pending(d), 2000);
	receiver_start(&receiver, port);
	ck_assert(reached(&delivered, 2000));
	ck_assert(delivery_stop(d, DELIVERY_FINISH, 10 * NS_PER_S));
	ck_assert_uint_eq(n_got(&receiver, 2000, NULL), 2000);
	ck_assert_uint_eq(metric_count(&dead), 0);
	teardown_all();
}
END_TEST

/* A drain that cannot end does so at its deadline, and says that something was left. */
START_TEST(stop_in_time)
{
	struct delivery_sink s = hook();
	struct delivery *d;
	int64_t began;

	setup_all();
	atomic_store(&receiver.status, 500);
	d = start(&s);
	make(0, 10);
	began = clock_mono();
	ck_assert(!delivery_stop(d, DELIVERY_DRAIN, 300 * NS_PER_MS));
	ck_assert_int_ge(clock_mono() - began, 300 * NS_PER_MS);
	ck_assert_int_lt(clock_mono() - began, 20 * NS_PER_S);
	began = clock_mono();
	d = start(&s);
	ck_assert_uint_eq(delivery_pending(d), 10);
	ck_assert(delivery_stop(d, DELIVERY_FINISH, 60 * NS_PER_S));
	ck_assert_int_lt(clock_mono() - began, 20 * NS_PER_S);
	teardown_all();
}
END_TEST

struct heard {
	_Atomic unsigned n;
	_Atomic bool wrong;
};

static void on_delivered(void *ctx, const char *sink, const char *json, size_t n, int64_t outbox_ns,
                         int64_t now_ns)
{
	struct heard *h = ctx;

	if (strcmp(sink, "file") != 0 || n != strlen(json) ||
	    !strstr(json, "\"attempt_number\":1") || outbox_ns > now_ns)
		atomic_store(&h->wrong, true);
	atomic_fetch_add(&h->n, 1);
}

START_TEST(file_sink_and_hook)
{
	static const char *const sinks[] = { "file" };
	char path[100], line[200];
	struct heard heard = { 0 };
	struct delivery_sink s = { .sink = { .name = "file", .type = SINK_FILE, .path = path },
		                   .retry = { NS_PER_S, NS_PER_S, NS_PER_S },
		                   .delivered = &delivered };
	struct delivery_config c = { .sinks = &s,
		                     .n_sinks = 1,
		                     .seed = 1,
		                     .delivered = on_delivered,
		                     .ctx = &heard,
		                     .keep_ns = 1 };
	struct delivery *d;
	unsigned n = 0;
	FILE *f;

	setup_all();
	snprintf(path, sizeof path, "%s/alerts", dir);
	journal = journal_close(journal);
	ck_assert_int_eq(journal_open(store, sinks, 1, &journal, words, sizeof words), 0);
	ck_assert_int_eq(delivery_start(store, &c, &d, words, sizeof words), 0);
	make(0, 300);
	delivery_wake(d);
	ck_assert(reached(&delivered, 300));
	ck_assert(delivery_stop(d, DELIVERY_DRAIN, 10 * NS_PER_S));
	ck_assert_uint_eq(heard.n, 300);
	ck_assert(!heard.wrong);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	for (; fgets(line, sizeof line, f); n++) {
		char start[60];

		snprintf(start, sizeof start, "{\"id\":\"%032x\",", n); /* in order */
		ck_assert_ptr_eq(strstr(line, start), line);
	}
	ck_assert_uint_eq(n, 300);
	fclose(f);
	teardown_all();
}
END_TEST

START_TEST(wrong_sink)
{
	struct delivery_sink s = hook();
	struct delivery_config c = { .sinks = &s, .n_sinks = 1 };
	struct delivery *d = (void *)1;

	setup_all();
	s.sink.url = "gopher://x";
	ck_assert_int_eq(delivery_start(store, &c, &d, words, sizeof words), -EINVAL);
	ck_assert_ptr_nonnull(strstr(words, "http"));
	ck_assert_ptr_eq(d, (void *)1);
	teardown_all();
}
END_TEST

SUITE("delivery", all_arrive_once, drain_delivers_what_waits, refused_is_dead,
      given_up_after_its_time, down_then_up, stop_in_time, file_sink_and_hook, wrong_sink)
