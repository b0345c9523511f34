/* server.h - a scripted HTTP server on loopback, one thread: it answers every request with the same
 * bytes, and can close early, be slow or never end. */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
	int fd;
	unsigned port;
	const char *answer;              /* as it goes over the wire; NULL = close without one */
	bool close_after;                /* else the connection is kept alive */
	const char *endless;             /* repeated after the answer until the peer goes away */
	bool silent;                     /* answers nothing and waits for the peer to go away */
	pthread_t thread;
	pthread_mutex_t lock;
	int peer;                        /* the connection being served, -1 = none */
	bool ending;
	_Atomic unsigned n_connections, n_requests;
	char last[4096];                 /* the last request, under the lock */
};

/* One request with its body; false when the peer is gone. */
static inline bool server_read(struct server *s, int fd)
{
	char in[4096];
	size_t n = 0, body = 0, length = 0;

	for (;;) {
		ssize_t got = recv(fd, in + n, sizeof in - 1 - n, 0);
		char *end, *header;

		if (got <= 0)
			return false;
		n += (size_t)got;
		in[n] = 0;
		end = strstr(in, "\r\n\r\n");
		if (!end)
			continue;
		header = strcasestr(in, "content-length:");
		length = header ? strtoul(header + 15, NULL, 10) : 0;
		body = n - (size_t)(end + 4 - in);
		if (body >= length || n == sizeof in - 1)
			break;
	}
	pthread_mutex_lock(&s->lock);
	memcpy(s->last, in, n + 1);
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_add(&s->n_requests, 1);
	return true;
}

static inline bool server_send(int fd, const char *p)
{
	size_t n = strlen(p);

	return send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static inline void server_serve(struct server *s, int fd)
{
	char c;

	while (server_read(s, fd)) {
		if (s->silent && recv(fd, &c, 1, 0) <= 0)
			return;
		if (!s->answer || !server_send(fd, s->answer))
			return;
		while (s->endless && server_send(fd, s->endless))
			;
		if (s->close_after || s->endless)
			return;
	}
}

static inline void *server_run(void *ctx)
{
	struct server *s = ctx;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		bool ending;

		pthread_mutex_lock(&s->lock);
		ending = s->ending;
		s->peer = fd;
		pthread_mutex_unlock(&s->lock);
		atomic_fetch_add(&s->n_connections, 1);
		if (!ending)
			server_serve(s, fd);
		pthread_mutex_lock(&s->lock);
		s->peer = -1;
		pthread_mutex_unlock(&s->lock);
		close(fd);
	}
	return NULL;
}

static inline void server_start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;

	pthread_mutex_init(&s->lock, NULL);
	s->peer = -1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(s->fd, 0);
	ck_assert_int_eq(bind(s->fd, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(s->fd, 64), 0);
	ck_assert_int_eq(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static inline void server_end(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	if (s->peer >= 0)
		shutdown(s->peer, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

#endif
