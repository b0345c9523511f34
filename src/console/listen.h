/* listen.h - a listening TCP socket from its written address. */
#ifndef CONSOLE_LISTEN_H
#define CONSOLE_LISTEN_H

#include <stddef.h>
#include <stdint.h>

/* "127.0.0.1:9464", "[::1]:9464", "localhost:9464", ":9464" (all addresses, IPv6 and IPv4); port 0 =
 * any free. Names are not looked up. 0 with a non-blocking socket in *ret_fd, which the caller
 * closes, and its port; or -EINVAL (not an address) or the system's error, with the reason. */
int listen_open(const char *at, int *ret_fd, uint16_t *ret_port, char *reterr, size_t reterr_size);

#endif
