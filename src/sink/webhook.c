/* webhook.c - one POST of an alert, by libcurl.
 *
 * Every attempt has an easy handle of its own, made once, set up once and kept with its connection
 * cache in the shared multi handle: a delivery costs no allocation of ours and no new connection.
 * Nothing of the environment reaches a request: no proxy, no netrc, no redirects, http and https
 * only. Of a response the status counts, and Retry-After; its headers and body are read up to a
 * bound and thrown away.
 *
 * What a status means (Standard Webhooks 1.0, CloudEvents HTTP webhook 1.0.1):
 *   2xx                          delivered, as soon as its headers are whole: what follows of the
 *                                body, endless or cut short, does not take that back
 *   401 403 408 425 429 5xx      try again; so does everything below HTTP (DNS, TLS, connection)
 *   3xx                          try again, never followed
 *   other 4xx                    refused: the same request would be refused again
 * Where it fails: an answer lost on its way back repeats the request, with the same webhook-id. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "impl.h"
#include "request.h"

#define BODY_MAX ((size_t)16 << 10)
#define HEADERS_MAX ((size_t)64 << 10)
#define CONCURRENCY_MAX 256u
#define LOW_SPEED_BYTES 1L
#define LOW_SPEED_SECONDS 10L
#define CONNECTION_AGE_SECONDS 60L

struct webhook;

struct attempt {
	struct webhook *hook;
	struct attempt *next_free;
	CURL *easy; /* made at first use */
	bool busy;
	int64_t delivery, began, wall_ns;
	struct buf body;
	char id_line[80], time_line[48];
	struct curl_slist id_header, time_header; /* in front of the hook's own list */
	size_t header_bytes, body_bytes;
	bool headers_whole, too_large;
	int64_t retry_after_ns;
	char words[CURL_ERROR_SIZE];
};

struct webhook {
	struct sink sink;
	char *url, *ca_file, *at; /* at: host:port, what errors may name */
	struct curl_slist *headers;
	long connect_timeout_ms, timeout_ms;
	bool verify_tls;
	unsigned n, n_busy;
	struct attempt *free_list;
	struct attempt attempts[];
};

static long to_ms(int64_t ns, long def)
{
	int64_t ms = ns / NS_PER_MS;

	return ns <= 0 ? def : ms < 1 ? 1 : ms > 3600000 ? 3600000 : (long)ms;
}

/* Seconds, or an HTTP date against the attempt's own time. 0 = neither, or not in the future. */
static int64_t retry_after(const char *p, size_t n, int64_t now_ns)
{
	char text[64];
	time_t at;

	while (n && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n && isspace((unsigned char)p[n - 1]))
		n--;
	if (n == 0 || n >= sizeof text)
		return 0;
	memcpy(text, p, n);
	text[n] = 0;
	if (strspn(text, "0123456789") == n)
		return n > 6 ? 1000000 * NS_PER_S : strtol(text, NULL, 10) * NS_PER_S;
	at = curl_getdate(text, NULL);
	if (at <= 0 || at > INT32_MAX || (int64_t)at <= now_ns / NS_PER_S)
		return 0;
	return (int64_t)at * NS_PER_S - now_ns;
}

static size_t on_header(char *p, size_t size, size_t count, void *ctx)
{
	static const char name[] = "retry-after:";
	struct attempt *a = ctx;
	size_t n = size * count;

	a->header_bytes += n;
	if (a->header_bytes > HEADERS_MAX) {
		a->too_large = true;
		return 0;
	}
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) { /* a 1xx before it does not count */
		a->headers_whole = false;
		a->retry_after_ns = 0;
	} else if (n <= 2 && (p[0] == '\r' || p[0] == '\n')) {
		a->headers_whole = true;
	} else if (n > sizeof name - 1 && strncasecmp(p, name, sizeof name - 1) == 0) {
		a->retry_after_ns = retry_after(p + sizeof name - 1, n - (sizeof name - 1),
		                                a->wall_ns);
	}
	return n;
}

static size_t on_body(char *p, size_t size, size_t count, void *ctx)
{
	struct attempt *a = ctx;
	size_t n = size * count;

	(void)p;
	a->body_bytes += n;
	if (a->body_bytes <= BODY_MAX)
		return n;
	a->too_large = true;
	return 0;
}

/* Keeps the first failure. */
static void set(CURLcode *all, CURLcode one)
{
	if (*all == CURLE_OK)
		*all = one;
}

static CURLcode set_transport(struct webhook *w, CURL *e)
{
	CURLcode c = CURLE_OK;

	set(&c, curl_easy_setopt(e, CURLOPT_URL, w->url));
	set(&c, curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https"));
	set(&c, curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L));
	set(&c, curl_easy_setopt(e, CURLOPT_PROXY, ""));
	set(&c, curl_easy_setopt(e, CURLOPT_NOPROXY, "*"));
	set(&c, curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
	set(&c, curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L));
	set(&c, curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L));
	set(&c, curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L));
	set(&c, curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L));
	set(&c, curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_SECONDS));
	set(&c, curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, w->connect_timeout_ms));
	set(&c, curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, w->timeout_ms));
	set(&c, curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES));
	set(&c, curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS));
	set(&c, curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	set(&c, curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, w->verify_tls ? 1L : 0L));
	set(&c, curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, w->verify_tls ? 2L : 0L));
	if (w->ca_file)
		set(&c, curl_easy_setopt(e, CURLOPT_CAINFO, w->ca_file));
	return c;
}

static int make_easy(struct attempt *a)
{
	CURL *e = curl_easy_init();
	CURLcode c;

	if (!e)
		return -ENOMEM;
	c = set_transport(a->hook, e);
	set(&c, curl_easy_setopt(e, CURLOPT_POST, 1L));
	set(&c, curl_easy_setopt(e, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION));
	set(&c, curl_easy_setopt(e, CURLOPT_PRIVATE, a));
	set(&c, curl_easy_setopt(e, CURLOPT_ERRORBUFFER, a->words));
	set(&c, curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header));
	set(&c, curl_easy_setopt(e, CURLOPT_HEADERDATA, a));
	set(&c, curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body));
	set(&c, curl_easy_setopt(e, CURLOPT_WRITEDATA, a));
	if (c != CURLE_OK) {
		curl_easy_cleanup(e);
		return c == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EIO;
	}
	a->easy = e;
	return 0;
}

/* Hands the body and the attempt's own headers to the handle. */
static int load(struct attempt *a, const char *id, int64_t now_ns, const char *json, size_t n)
{
	struct curl_slist *list = &a->id_header;

	buf_clear(&a->body);
	buf_add(&a->body, json, n);
	if (a->body.failed)
		return -ENOMEM;
	snprintf(a->id_line, sizeof a->id_line, "webhook-id: %s", id);
	snprintf(a->time_line, sizeof a->time_line, "webhook-timestamp: %" PRId64,
	         (int64_t)(now_ns / NS_PER_S));
	a->id_header = (struct curl_slist){ .data = a->id_line, .next = &a->time_header };
	a->time_header = (struct curl_slist){ .data = a->time_line, .next = a->hook->headers };
	if (curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, list) != CURLE_OK ||
	    curl_easy_setopt(a->easy, CURLOPT_POSTFIELDS, a->body.p) != CURLE_OK ||
	    curl_easy_setopt(a->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->body.n) !=
	            CURLE_OK)
		return -ENOMEM;
	return 0;
}

static int webhook_send(struct sink *s, int64_t delivery, const char *id, int64_t now_ns,
                        const char *json, size_t n)
{
	struct webhook *w = (struct webhook *)s;
	struct attempt *a = w->free_list;
	int err = 0;

	if (!a)
		return -EAGAIN;
	if (!a->easy)
		err = make_easy(a);
	if (!err)
		err = load(a, id, now_ns, json, n);
	if (err)
		return err;
	a->delivery = delivery;
	a->wall_ns = now_ns;
	a->began = clock_mono();
	a->header_bytes = a->body_bytes = 0;
	a->headers_whole = a->too_large = false;
	a->retry_after_ns = 0;
	a->words[0] = 0;
	if (curl_multi_add_handle(s->loop->multi, a->easy) != CURLM_OK)
		return -ENOMEM;
	w->free_list = a->next_free;
	a->busy = true;
	w->n_busy++;
	return 0;
}

static enum sink_outcome judge(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 408:
	case 425:
	case 429: return SINK_RETRY;
	default: break;
	}
	if (status >= 200 && status < 300)
		return SINK_DELIVERED;
	return status >= 400 && status < 500 ? SINK_REFUSED : SINK_RETRY;
}

/* curl's own words only where they tell more than the code and hold nothing of the URL. */
static const char *reason(const struct attempt *a, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE: return a->words[0] ? a->words : curl_easy_strerror(code);
	case CURLE_OK: return "the answer ended before its headers did";
	case CURLE_UNSUPPORTED_PROTOCOL: return "the answer is not HTTP";
	case CURLE_WRITE_ERROR:
		return a->header_bytes > HEADERS_MAX ? "the answer's headers exceed 64 KiB"
		                                     : "the answer's body exceeds 16 KiB";
	default: return curl_easy_strerror(code);
	}
}

static void describe(const struct attempt *a, CURLcode code, struct sink_result *r)
{
	struct buf b = { 0 };

	if (r->outcome != SINK_DELIVERED && r->status && a->headers_whole)
		buf_printf(&b, "%s: HTTP status %d%s", a->hook->at, r->status,
		           r->status >= 300 && r->status < 400 ? " (redirects are not followed)"
		                                               : "");
	else if (r->outcome != SINK_DELIVERED)
		buf_printf(&b, "%s: %s", a->hook->at, reason(a, code));
	for (size_t i = 0; i < b.n; i++)
		if ((unsigned char)b.p[i] < 0x20 || (unsigned char)b.p[i] >= 0x7f)
			b.p[i] = '?';
	snprintf(r->error, sizeof r->error, "%s", buf_str(&b));
	buf_done(&b);
}

static void put_back(struct attempt *a)
{
	struct webhook *w = a->hook;

	a->busy = false;
	a->next_free = w->free_list;
	w->free_list = a;
	w->n_busy--;
}

void webhook_finished(CURL *easy, CURLcode code)
{
	struct sink_result r = { .outcome = SINK_RETRY };
	struct attempt *a = NULL;
	struct sink *s;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &a);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	s = &a->hook->sink;
	curl_multi_remove_handle(s->loop->multi, easy);
	r.took_ns = clock_mono() - a->began;
	r.status = (int)status;
	if (status >= 200 && a->headers_whole)
		r.outcome = judge(r.status);
	if (r.outcome == SINK_RETRY)
		r.retry_after_ns = a->retry_after_ns;
	describe(a, code, &r);
	put_back(a);
	s->loop->done(s->loop->ctx, s, a->delivery, &r);
}

static unsigned webhook_room(const struct sink *s)
{
	const struct webhook *w = (const struct webhook *)s;

	return w->n - w->n_busy;
}

static void webhook_free(struct sink *s)
{
	struct webhook *w = (struct webhook *)s;

	for (unsigned i = 0; i < w->n; i++) {
		struct attempt *a = &w->attempts[i];

		if (a->busy)
			curl_multi_remove_handle(s->loop->multi, a->easy);
		if (a->easy)
			curl_easy_cleanup(a->easy);
		buf_done(&a->body);
	}
	curl_slist_free_all(w->headers);
	free(w->url);
	free(w->ca_file);
	free(w->at);
	free(w);
}

int webhook_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink,
                char *reterr, size_t reterr_size)
{
	static const struct sink_ops ops = { .send = webhook_send,
		                             .room = webhook_room,
		                             .free = webhook_free };
	unsigned n = c->concurrency < 1                 ? 1
	             : c->concurrency > CONCURRENCY_MAX ? CONCURRENCY_MAX
	                                                : c->concurrency;
	struct webhook *w = calloc(1, sizeof *w + n * sizeof w->attempts[0]);
	int err;

	if (!w) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	w->sink.ops = &ops;
	w->sink.loop = l;
	w->connect_timeout_ms = to_ms(c->connect_timeout_ns, 5000);
	w->timeout_ms = to_ms(c->timeout_ns, 15000);
	w->verify_tls = c->verify_tls;
	w->n = n;
	for (unsigned i = n; i-- > 0;) {
		w->attempts[i].hook = w;
		w->attempts[i].next_free = w->free_list;
		w->free_list = &w->attempts[i];
	}
	err = request_url(c->url, &w->at, reterr, reterr_size);
	if (!err)
		err = request_headers(c, &w->headers, reterr, reterr_size);
	if (!err &&
	    (!(w->url = strdup(c->url)) || (c->ca_file && !(w->ca_file = strdup(c->ca_file))))) {
		snprintf(reterr, reterr_size, "out of memory");
		err = -ENOMEM;
	}
	if (err) {
		webhook_free(&w->sink);
		return err;
	}
	l->connections += n;
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)l->connections);
	*ret_sink = &w->sink;
	return 0;
}
