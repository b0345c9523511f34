#include "waker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define LONG_QUEUE 10000 /* below, the fetcher has no reason to rest */
#define ASK_MS 1000

struct waker {
	rd_kafka_t *rk;
	size_t longest; /* since the last request; the polling thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool asked, stop;
};

/* One request to each leader of the assignment. The answers are of no interest. */
static void ask(rd_kafka_t *rk)
{
	rd_kafka_topic_partition_list_t *list = NULL;

	if (rd_kafka_assignment(rk, &list))
		return;
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_END;
	if (list->cnt)
		rd_kafka_offsets_for_times(rk, list, ASK_MS);
	rd_kafka_topic_partition_list_destroy(list);
}

static void *run(void *ctx)
{
	struct waker *w = ctx;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		if (!w->asked) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		w->asked = false;
		pthread_mutex_unlock(&w->lock);
		ask(w->rk);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int waker_start(rd_kafka_t *rk, struct waker **ret_waker)
{
	struct waker *w = calloc(1, sizeof *w);
	int e;

	if (!w)
		return -ENOMEM;
	w->rk = rk;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	e = pthread_create(&w->thread, NULL, run, w);
	if (e) {
		pthread_cond_destroy(&w->changed);
		pthread_mutex_destroy(&w->lock);
		free(w);
		return -e;
	}
	*ret_waker = w;
	return 0;
}

struct waker *waker_stop(struct waker *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

void waker_queue_length(struct waker *w, size_t n)
{
	if (n > w->longest)
		w->longest = n;
	if (w->longest < LONG_QUEUE || n > w->longest / 2)
		return;
	w->longest = n;
	pthread_mutex_lock(&w->lock);
	w->asked = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}
