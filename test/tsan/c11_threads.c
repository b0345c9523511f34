/* c11_threads.c - C11 threads by way of POSIX threads, linked into builds for ThreadSanitizer.
 *
 * Problem: librdkafka makes its threads and locks with thrd_create(), mtx_lock() and so on, which
 * gcc's ThreadSanitizer does not know: it crashes in a thread whose beginning it did not see. Idea:
 * these definitions stand before glibc's and call what it does know, so that it sees librdkafka's
 * threads and locks as well. glibc's types are the same in both. Only what librdkafka uses. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t),
               "glibc's C11 types are its POSIX types");

struct begin {
	thrd_start_t f;
	void *arg;
};

static int code(int e)
{
	switch (e) {
	case 0: return thrd_success;
	case ENOMEM: return thrd_nomem;
	case EBUSY: return thrd_busy;
	case ETIMEDOUT: return thrd_timedout;
	default: return thrd_error;
	}
}

static pthread_mutex_t *mutex(mtx_t *m)
{
	return (pthread_mutex_t *)(void *)m;
}

static pthread_cond_t *condition(cnd_t *c)
{
	return (pthread_cond_t *)(void *)c;
}

static void *run(void *p)
{
	struct begin b = *(struct begin *)p;

	free(p);
	return (void *)(intptr_t)b.f(b.arg);
}

int thrd_create(thrd_t *t, thrd_start_t f, void *arg)
{
	struct begin *b = malloc(sizeof *b);
	int e;

	if (!b)
		return thrd_nomem;
	*b = (struct begin){ f, arg };
	e = pthread_create(t, NULL, run, b);
	if (e)
		free(b);
	return code(e);
}

int thrd_join(thrd_t t, int *ret)
{
	void *result;
	int e = pthread_join(t, &result);

	if (!e && ret)
		*ret = (int)(intptr_t)result;
	return code(e);
}

int mtx_init(mtx_t *m, int type)
{
	pthread_mutexattr_t a;
	int e = pthread_mutexattr_init(&a);

	if (!e && (type & mtx_recursive))
		e = pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	if (!e)
		e = pthread_mutex_init(mutex(m), &a);
	pthread_mutexattr_destroy(&a);
	return code(e);
}

void mtx_destroy(mtx_t *m)
{
	pthread_mutex_destroy(mutex(m));
}

int mtx_lock(mtx_t *m)
{
	return code(pthread_mutex_lock(mutex(m)));
}

int mtx_unlock(mtx_t *m)
{
	return code(pthread_mutex_unlock(mutex(m)));
}

int cnd_init(cnd_t *c)
{
	return code(pthread_cond_init(condition(c), NULL));
}

void cnd_destroy(cnd_t *c)
{
	pthread_cond_destroy(condition(c));
}

int cnd_signal(cnd_t *c)
{
	return code(pthread_cond_signal(condition(c)));
}

int cnd_broadcast(cnd_t *c)
{
	return code(pthread_cond_broadcast(condition(c)));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
	return code(pthread_cond_wait(condition(c), mutex(m)));
}

int cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *until)
{
	return code(pthread_cond_timedwait(condition(c), mutex(m), until));
}
