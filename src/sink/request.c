/* request.c - is this URL one we may post to, and are these headers ones we may send? */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"

static int add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (!more)
		return -ENOMEM;
	*list = more;
	return 0;
}

static bool is_name(const char *s)
{
	return *s && strspn(s, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(s);
}

/* Those that are ours to set. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = { "webhook-id",        "webhook-timestamp",
		                            "webhook-signature", "content-length",
		                            "transfer-encoding", "host",
		                            "connection",        "expect" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strcasecmp(name, ours[i]) == 0)
			return true;
	return false;
}

static int user_header(struct curl_slist **list, const struct sink_header *h, char *reterr,
                       size_t size)
{
	struct buf line = { 0 };
	int err;

	if (!is_name(h->name)) {
		snprintf(reterr, size, "headers: a name holds characters that no header may have");
		return -EINVAL;
	}
	if (is_ours(h->name)) {
		snprintf(reterr, size, "headers: \"%s\" is set by tocsin itself", h->name);
		return -EINVAL;
	}
	/* Never the value: it may be a secret. */
	for (const unsigned char *p = (const unsigned char *)h->value; *p; p++)
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f) {
			snprintf(
				reterr, size,
				"headers: the value of \"%s\" holds a line break or control character",
				h->name);
			return -EINVAL;
		}
	/* "name;" is how curl is told to send an empty one. */
	buf_printf(&line, *h->value ? "%s: %s" : "%s;", h->name, h->value);
	err = line.failed ? -ENOMEM : add_header(list, line.p);
	buf_done(&line);
	if (err)
		snprintf(reterr, size, "out of memory");
	return err;
}

static int all_headers(const struct sink_config *c, struct curl_slist **list, char *reterr,
                       size_t size)
{
	bool typed = false;
	int err = 0;

	for (size_t i = 0; i < c->n_headers; i++) {
		err = user_header(list, &c->headers[i], reterr, size);
		if (err)
			return err;
		typed |= strcasecmp(c->headers[i].name, "content-type") == 0;
	}
	if (!typed)
		err = add_header(list, "Content-Type: application/json");
	/* No "Expect: 100-continue": it would add a round trip to large bodies. */
	if (!err)
		err = add_header(list, "Expect:");
	if (err)
		snprintf(reterr, size, "out of memory");
	return err;
}

int request_headers(const struct sink_config *c, struct curl_slist **ret_list, char *reterr,
                    size_t reterr_size)
{
	struct curl_slist *list = NULL;
	int err = all_headers(c, &list, reterr, reterr_size);

	if (err)
		curl_slist_free_all(list);
	else
		*ret_list = list;
	return err;
}

static int bad_url(char *reterr, size_t size, const char *why)
{
	snprintf(reterr, size, "url: %s", why);
	return -EINVAL;
}

static int check_url(CURLU *u, const char *url, char **ret_host, char **ret_port, char *reterr,
                     size_t size)
{
	char *scheme = NULL, *user = NULL;
	int err = 0;

	if (!url || curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return bad_url(reterr, size,
		               "not a URL; expected http://host/path or https://host/path");
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		err = bad_url(reterr, size, "only http and https are supported");
	else if (curl_url_get(u, CURLUPART_HOST, ret_host, 0) != CURLUE_OK || !**ret_host ||
	         curl_url_get(u, CURLUPART_PORT, ret_port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		err = bad_url(reterr, size, "no host");
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		err = bad_url(reterr, size,
		              "no user name in a URL, it is shown in too many places; "
		              "send it in a header: Authorization");
	curl_free(scheme);
	curl_free(user);
	return err;
}

int request_url(const char *url, char **ret_at, char *reterr, size_t reterr_size)
{
	char *host = NULL, *port = NULL, *at = NULL;
	CURLU *u = curl_url();
	int err;

	if (!u) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	err = check_url(u, url, &host, &port, reterr, reterr_size);
	if (!err && asprintf(&at, "%s:%s", host, port) < 0) {
		snprintf(reterr, reterr_size, "out of memory");
		err = -ENOMEM;
	}
	if (!err)
		*ret_at = at;
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return err;
}
