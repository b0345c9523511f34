#include "receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

#define BODY_MAX ((size_t)1 << 20)

struct receiver {
	struct MHD_Daemon *server;
	uint16_t port;
	void (*got)(void *ctx, const char *body, size_t n);
	void *ctx;
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(c, status, r);

	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
	struct receiver *r = ctx;
	struct buf *body = *state;

	(void)url;
	(void)version;
	if (!body) {
		*state = calloc(1, sizeof(struct buf));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*n) {
		if (body->n + *n > BODY_MAX)
			return MHD_NO;
		buf_add(body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	if (strcmp(method, "POST") != 0)
		return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED);
	r->got(r->ctx, buf_str(body), body->n);
	return answer(c, MHD_HTTP_NO_CONTENT);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
	struct buf *body = *state;

	(void)ctx;
	(void)c;
	(void)why;
	if (body)
		buf_done(body);
	free(body);
}

int receiver_start(void (*got)(void *ctx, const char *body, size_t n), void *ctx,
                   struct receiver **ret_receiver)
{
	struct receiver *r = calloc(1, sizeof *r);
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const union MHD_DaemonInfo *info;

	if (!r)
		return -ENOMEM;
	r->got = got;
	r->ctx = ctx;
	r->server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, r,
	                             MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
	                             MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	                             MHD_OPTION_END);
	info = r->server ? MHD_get_daemon_info(r->server, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info) {
		receiver_stop(r);
		return -EIO;
	}
	r->port = info->port;
	*ret_receiver = r;
	return 0;
}

struct receiver *receiver_stop(struct receiver *r)
{
	if (r && r->server)
		MHD_stop_daemon(r->server);
	free(r);
	return NULL;
}

uint16_t receiver_port(const struct receiver *r)
{
	return r->port;
}
