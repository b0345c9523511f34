/* request.h - what a configuration may say about a request. Private to the room.
 *
 * The words of a refusal never repeat a URL or a header's value: both may hold a secret. */
#ifndef SINK_REQUEST_H
#define SINK_REQUEST_H

#include <curl/curl.h>
#include <stddef.h>

#include "sink.h"

/* http or https, with a host, without a user name. *ret_at: "host:port", which messages may name;
 * the caller frees it. 0, -EINVAL, -ENOMEM. */
int request_url(const char *url, char **ret_at, char *reterr, size_t reterr_size);
/* The configured headers, checked, and ours that every request has. -EINVAL: a name that is none, a
 * line break, a header that is set by us. The caller frees the list. */
int request_headers(const struct sink_config *c, struct curl_slist **ret_list, char *reterr, size_t reterr_size);

#endif
