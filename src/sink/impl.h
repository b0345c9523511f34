/* impl.h - what the kinds of sink share with sink.c. Private to the room. */
#ifndef SINK_IMPL_H
#define SINK_IMPL_H

#include <curl/curl.h>

#include "sink.h"

struct sink_ops {
	int (*send)(struct sink *s, int64_t delivery, const char *id, int64_t now_ns, const char *json, size_t n);
	unsigned (*room)(const struct sink *s);
	/* Work of the loop besides curl's transfers; true = something was reported. NULL = none. */
	bool (*run)(struct sink *s);
	void (*free)(struct sink *s);
};

struct sink {                            /* first member of each kind */
	const struct sink_ops *ops;
	struct sink_loop *loop;
	struct sink *next;
	char *name;
	enum sink_type type;
};

struct sink_loop {
	CURLM *multi;
	sink_done done;
	void *ctx;
	struct sink *sinks;
	unsigned long connections;       /* all webhooks' concurrency: how many are kept alive */
};

int webhook_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink, char *reterr,
                size_t reterr_size);
/* A transfer of the shared loop ended. */
void webhook_finished(CURL *easy, CURLcode code);

int stream_new(struct sink_loop *l, const struct sink_config *c, struct sink **ret_sink, char *reterr,
               size_t reterr_size);

#endif
