/* sink.c - the loop that all sinks share, and the way to each kind. */
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

int sink_loop_new(sink_done done, void *ctx, struct sink_loop **ret_loop)
{
	struct sink_loop *l = calloc(1, sizeof *l);

	if (!l)
		return -ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(l);
		return -EIO;
	}
	l->multi = curl_multi_init();
	if (!l->multi) {
		curl_global_cleanup();
		free(l);
		return -ENOMEM;
	}
	l->done = done;
	l->ctx = ctx;
	*ret_loop = l;
	return 0;
}

struct sink_loop *sink_loop_free(struct sink_loop *l)
{
	if (!l)
		return NULL;
	while (l->sinks)
		sink_free(l->sinks);
	curl_multi_cleanup(l->multi);
	curl_global_cleanup();
	free(l);
	return NULL;
}

int sink_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink, char *reterr,
             size_t reterr_size)
{
	struct sink *s = NULL;
	int err;

	err = c->type == SINK_WEBHOOK ? webhook_new(l, c, &s, reterr, reterr_size)
	                              : stream_new(l, c, &s, reterr, reterr_size);
	if (err)
		return err;
	s->loop = l;
	s->type = c->type;
	s->name = strdup(c->name);
	if (!s->name) {
		s->ops->free(s);
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	s->next = l->sinks;
	l->sinks = s;
	*ret_sink = s;
	return 0;
}

struct sink *sink_free(struct sink *s)
{
	if (!s)
		return NULL;
	for (struct sink **at = &s->loop->sinks; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			break;
		}
	free(s->name);
	s->ops->free(s);
	return NULL;
}

const char *sink_name(const struct sink *s)
{
	return s->name;
}

unsigned sink_room(const struct sink *s)
{
	return s->ops->room(s);
}

int sink_send(struct sink *s, int64_t delivery, const char *id, int64_t now_ns, const char *json,
              size_t n)
{
	return s->ops->send(s, delivery, id, now_ns, json, n);
}

/* Number of transfers that ended. */
static int collect(struct sink_loop *l)
{
	CURLMsg *m;
	int left, n = 0;

	while ((m = curl_multi_info_read(l->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			webhook_finished(m->easy_handle, m->data.result);
			n++;
		}
	return n;
}

static int run_once(struct sink_loop *l, bool *ret_any)
{
	int running;

	if (curl_multi_perform(l->multi, &running) != CURLM_OK)
		return -EIO;
	*ret_any = collect(l) > 0;
	for (struct sink *s = l->sinks, *next; s; s = next) {
		next = s->next;
		if (s->ops->run)
			*ret_any |= s->ops->run(s);
	}
	return 0;
}

int sink_loop_run(struct sink_loop *l, int timeout_ms)
{
	bool any = false;
	int err = run_once(l, &any);

	if (err || any || timeout_ms <= 0)
		return err;
	if (curl_multi_poll(l->multi, NULL, 0, timeout_ms, NULL) != CURLM_OK)
		return -EIO;
	return run_once(l, &any);
}

void sink_wake(struct sink_loop *l)
{
	curl_multi_wakeup(l->multi);
}
