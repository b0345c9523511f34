#include "intake.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct intake {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch *batch; /* being decoded, NULL = none */
	bool stop;
};

static void *run(void *ctx)
{
	struct intake *i = ctx;

	pthread_mutex_lock(&i->lock);
	while (!i->stop) {
		struct batch *b = i->batch;

		if (!b) {
			pthread_cond_wait(&i->changed, &i->lock);
			continue;
		}
		pthread_mutex_unlock(&i->lock);
		batch_decode(b);
		pthread_mutex_lock(&i->lock);
		i->batch = NULL;
		pthread_cond_broadcast(&i->changed);
	}
	pthread_mutex_unlock(&i->lock);
	return NULL;
}

int intake_start(struct intake **ret_intake)
{
	struct intake *i = calloc(1, sizeof *i);
	int e;

	if (!i)
		return -ENOMEM;
	pthread_mutex_init(&i->lock, NULL);
	pthread_cond_init(&i->changed, NULL);
	e = pthread_create(&i->thread, NULL, run, i);
	if (e) {
		pthread_cond_destroy(&i->changed);
		pthread_mutex_destroy(&i->lock);
		free(i);
		return -e;
	}
	*ret_intake = i;
	return 0;
}

struct intake *intake_stop(struct intake *i)
{
	if (!i)
		return NULL;
	pthread_mutex_lock(&i->lock);
	i->stop = true;
	pthread_cond_broadcast(&i->changed);
	pthread_mutex_unlock(&i->lock);
	pthread_join(i->thread, NULL);
	pthread_cond_destroy(&i->changed);
	pthread_mutex_destroy(&i->lock);
	free(i);
	return NULL;
}

void intake_begin(struct intake *i, struct batch *b)
{
	pthread_mutex_lock(&i->lock);
	i->batch = b;
	pthread_cond_broadcast(&i->changed);
	pthread_mutex_unlock(&i->lock);
}

void intake_wait(struct intake *i)
{
	pthread_mutex_lock(&i->lock);
	while (i->batch)
		pthread_cond_wait(&i->changed, &i->lock);
	pthread_mutex_unlock(&i->lock);
}
