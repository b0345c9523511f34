#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 64 /* an IPv6 address with a scope, and NUL */
#define PORT_MAX 6 /* "65535" and NUL */
#define BACKLOG 128

/* Splits "host:port"; host may be in brackets, and is empty for all addresses. */
static int split(const char *at, char host[static HOST_MAX], char port[static PORT_MAX])
{
	const char *colon = strrchr(at, ':');
	size_t n = colon ? (size_t)(colon - at) : 0,
	       digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (!colon || digits == 0 || digits >= PORT_MAX || colon[1 + digits] ||
	    atoi(colon + 1) > 65535)
		return -EINVAL;
	if (n >= 2 && at[0] == '[' && at[n - 1] == ']') {
		at++;
		n -= 2;
		if (n == 0 || !memchr(at, ':', n))
			return -EINVAL;
	} else if (memchr(at, ':', n)) {
		return -EINVAL; /* "::1:80" could be read in two ways */
	}
	if (n >= HOST_MAX)
		return -EINVAL;
	memcpy(host, at, n);
	host[n] = 0;
	memcpy(port, colon + 1, digits + 1);
	return 0;
}

static int bind_listen(int fd, const struct addrinfo *a)
{
	const int on = 1, off = 0;

	/* A restart must not wait for the last run's connections to be forgotten. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
		return -errno;
	if (a->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off))
		return -errno;
	if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG))
		return -errno;
	return 0;
}

static int open_one(const struct addrinfo *a, int *ret_fd)
{
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                a->ai_protocol),
	    r;

	if (fd < 0)
		return -errno;
	r = bind_listen(fd, a);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* The first address that can be listened on: for all addresses IPv6, which takes IPv4 as well, and
 * IPv4 alone where the system has no IPv6. */
static int open_any(const char *host, const char *port, int *ret_fd)
{
	static const int families[] = { AF_INET6, AF_INET };
	int r = -EINVAL;

	for (size_t i = 0; i < 2; i++) {
		struct addrinfo hints = {
			.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
			.ai_family = families[i],
			.ai_socktype = SOCK_STREAM,
		};
		struct addrinfo *a = NULL;

		if (getaddrinfo(*host ? host : NULL, port, &hints, &a))
			continue;
		r = open_one(a, ret_fd);
		freeaddrinfo(a);
		if (r != -EAFNOSUPPORT && r != -EADDRNOTAVAIL)
			break;
	}
	return r;
}

static int port_of(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage s = { 0 };
	socklen_t n = sizeof s;

	if (getsockname(fd, (struct sockaddr *)&s, &n))
		return -errno;
	*ret_port = ntohs(s.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&s)->sin6_port
	                                          : ((struct sockaddr_in *)&s)->sin_port);
	return 0;
}

int listen_open(const char *at, int *ret_fd, uint16_t *ret_port, char *reterr, size_t reterr_size)
{
	char host[HOST_MAX], port[PORT_MAX], text[128];
	int fd = -1, r = split(at, host, port);

	if (r == 0)
		r = open_any(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, port, &fd);
	if (r == 0) {
		r = port_of(fd, ret_port);
		if (r)
			close(fd);
	}
	if (r == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (r == -EINVAL)
		snprintf(
			reterr, reterr_size,
			"\"%s\" is not an address: expected like 127.0.0.1:9464, [::1]:9464 or :9464",
			at);
	else if (r == -EADDRINUSE)
		snprintf(reterr, reterr_size, "%s is in use by another program", at);
	else if (r == -EADDRNOTAVAIL)
		snprintf(reterr, reterr_size, "%s is no address of this machine", at);
	else
		snprintf(reterr, reterr_size, "cannot listen on %s: %s", at,
		         strerror_r(-r, text, sizeof text));
	return r;
}
