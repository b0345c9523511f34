/* console.c - five pages over libmicrohttpd, in its own thread.
 *
 * One thread serves all connections with epoll, so nothing of ours blocks in it but the callbacks.
 * What a client can cost is bounded: connections, memory for each, time without a byte. Clients
 * that send a byte now and then would still hold all connections between them and keep the
 * monitoring out, so when few are left the one that was silent longest is shut. */
#include "console.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"

#define CLIENTS_MAX 256
#define CLIENTS_SPARE 16 /* kept free for whoever comes next */
#define CLIENT_MEMORY ((size_t)16 * 1024)
#define CLIENT_TIMEOUT_S 30u
#define BODY_MAX ((uintptr_t)64 * 1024) /* read and thrown away; more ends the connection */

/* One connection; only the serving thread touches them. */
struct client {
	bool open, shut;
	int fd;
	uint64_t turn; /* of its start or its last request */
};

struct console {
	struct console_config config;
	struct MHD_Daemon *daemon;
	uint16_t port;
	uint64_t turn;
	size_t n_open;
	struct client clients[CLIENTS_MAX];
};

/* Connections -------------------------------------------------------------------------------- */

/* Shuts the connection whose last request is longest ago; libmicrohttpd then sees its end. */
static void shut_idlest(struct console *c)
{
	struct client *idlest = NULL;

	for (struct client *i = c->clients; i < c->clients + CLIENTS_MAX; i++)
		if (i->open && !i->shut && (!idlest || i->turn < idlest->turn))
			idlest = i;
	if (!idlest)
		return;
	idlest->shut = true;
	shutdown(idlest->fd, SHUT_RDWR);
}

static struct client *client_add(struct console *c, int fd)
{
	for (struct client *i = c->clients; i < c->clients + CLIENTS_MAX; i++) {
		if (i->open)
			continue;
		*i = (struct client){ .open = true, .fd = fd, .turn = ++c->turn };
		c->n_open++;
		return i;
	}
	return NULL;
}

static void connection_changed(void *ctx, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode code)
{
	struct console *c = ctx;
	struct client *client = *socket_context;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client) {
			client->open = false;
			c->n_open--;
		}
		*socket_context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (c->n_open >= CLIENTS_MAX - CLIENTS_SPARE)
		shut_idlest(c);
	*socket_context = info ? client_add(c, info->connect_fd) : NULL;
}

static void request_begins(struct console *c, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;

	if (client)
		client->turn = ++c->turn;
}

/* Pages -------------------------------------------------------------------------------------- */

#define PLAIN "text/plain; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"

static unsigned page_index(struct console *c, struct buf *out)
{
	(void)c;
	buf_puts(out, "tocsin\n\n"
	              "/metrics       counters, gauges and latencies, Prometheus text format\n"
	              "/api/v1/rules  what every rule does: states, warm-up, evaluations; JSON\n"
	              "/-/healthy     200 while the daemon does its work\n"
	              "/-/ready       200 once it takes events\n");
	return MHD_HTTP_OK;
}

static unsigned page_metrics(struct console *c, struct buf *out)
{
	c->config.metrics(c->config.ctx, out);
	return MHD_HTTP_OK;
}

static unsigned page_healthy(struct console *c, struct buf *out)
{
	return c->config.healthy(c->config.ctx, out) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned page_ready(struct console *c, struct buf *out)
{
	return c->config.ready(c->config.ctx, out) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned page_rules(struct console *c, struct buf *out)
{
	return c->config.rules && c->config.rules(c->config.ctx, out)
	               ? MHD_HTTP_OK
	               : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const struct page {
	const char *path, *content_type;
	unsigned (*fill)(struct console *c, struct buf *out);
} pages[] = {
	{ "/", PLAIN, page_index },
	{ "/metrics", EXPOSITION, page_metrics },
	{ "/api/v1/rules", "application/json", page_rules },
	{ "/-/healthy", PLAIN, page_healthy },
	{ "/-/ready", PLAIN, page_ready },
};

static const struct page *find_page(const char *path)
{
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(pages[i].path, path) == 0)
			return &pages[i];
	return NULL;
}

static bool add_headers(struct MHD_Response *response, const char *content_type, unsigned status)
{
	return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) &&
	       MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
	       MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") &&
	       (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD"));
}

/* Sends `body` and takes it over. */
static enum MHD_Result send_body(struct MHD_Connection *connection, unsigned status,
                                 const char *content_type, struct buf *body)
{
	struct MHD_Response *response;
	enum MHD_Result r = MHD_NO;
	size_t n = body->n;
	char *text = buf_take(body);

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	if (add_headers(response, content_type, status))
		r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result send_page(struct console *c, struct MHD_Connection *connection,
                                 const char *path, const char *method)
{
	const struct page *page = find_page(path);
	struct buf body = { 0 };
	unsigned status;

	if (!page) {
		buf_puts(&body, "no such page\n");
		return send_body(connection, MHD_HTTP_NOT_FOUND, PLAIN, &body);
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		buf_puts(&body, "only GET and HEAD\n");
		return send_body(connection, MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN, &body);
	}
	status = page->fill(c, &body);
	if (body.failed) {
		buf_done(&body);
		buf_puts(&body, "out of memory\n");
		return send_body(connection, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN, &body);
	}
	return send_body(connection, status, page->content_type, &body);
}

/* Called once for the headers, again for each part of a body, and once at the end; *request counts:
 * NULL at first, then 1 and the bytes of body seen. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
	struct console *c = ctx;
	uintptr_t seen = (uintptr_t)*request;

	(void)version;
	(void)upload;
	if (seen == 0) {
		request_begins(c, connection);
		*request = (void *)(uintptr_t)1;
		return MHD_YES;
	}
	if (*upload_size) {
		if (*upload_size > BODY_MAX || seen + *upload_size > BODY_MAX)
			return MHD_NO;
		*request = (void *)(seen + *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return send_page(c, connection, path, method);
}

/* Life --------------------------------------------------------------------------------------- */

/* The new thread inherits this one's signal mask: none is to be delivered there. */
static struct MHD_Daemon *start_daemon(struct console *c, int fd)
{
	struct MHD_Daemon *d;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, answer, c,
	                     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	                     (unsigned)CLIENTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	                     CLIENT_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, CLIENT_TIMEOUT_S,
	                     MHD_OPTION_NOTIFY_CONNECTION, connection_changed, c,
	                     MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return d;
}

int console_start(const struct console_config *config, struct console **ret_console, char *reterr,
                  size_t reterr_size)
{
	struct console *c = calloc(1, sizeof *c);
	int fd, r;

	if (!c) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	c->config = *config;
	c->config.listen = NULL; /* borrowed for this call only */
	r = listen_open(config->listen, &fd, &c->port, reterr, reterr_size);
	if (r) {
		free(c);
		return r;
	}
	c->daemon = start_daemon(c, fd);
	if (!c->daemon) {
		/* The socket is left to the process' end: the library closes it on some of its
		 * failures, and a number closed twice may be someone else's by then. */
		snprintf(reterr, reterr_size, "%s: the HTTP server does not start", config->listen);
		free(c);
		return -EIO;
	}
	*ret_console = c;
	return 0;
}

struct console *console_stop(struct console *c)
{
	if (!c)
		return NULL;
	MHD_stop_daemon(c->daemon);
	free(c);
	return NULL;
}

uint16_t console_port(const struct console *c)
{
	return c->port;
}
