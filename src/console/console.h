/* console.h - the daemon's HTTP face: /metrics, /api/v1/rules, /-/healthy, /-/ready. libmicrohttpd's own thread.
 *
 * Knows nothing of what it serves: callbacks fill the answers and must be thread safe. GET and HEAD
 * only, no TLS and no passwords: listen where only those who may read can come. At most 256
 * connections of 16 KB; when 240 are open, the one longest without a request makes room. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct console;

struct console_config {
	/* "127.0.0.1:9464", "[::1]:0", "localhost:0", ":9464" (all addresses); port 0 = any free.
	 * Valid during the call. */
	const char *listen;
	void *ctx;
	void (*metrics)(void *ctx, struct buf *out);
	/* true = 200, false = 503; the text says why. */
	int (*healthy)(void *ctx, struct buf *out);
	int (*ready)(void *ctx, struct buf *out);
	int (*rules)(void *ctx, struct buf *out);        /* JSON; NULL = there is no such page */
};

/* 0, or -Exxx with the reason (address in use, not an address). */
int console_start(const struct console_config *c, struct console **ret_console, char *reterr, size_t reterr_size);
/* Closes every connection and waits for the thread. Accepts NULL; returns NULL. */
struct console *console_stop(struct console *c);
uint16_t console_port(const struct console *c);

#endif
