/* registry.h - what metrics.c keeps and text.c writes out. Private to the room. */
#ifndef METRICS_REGISTRY_H
#define METRICS_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/metrics.h"

#define METRIC_LABELS_MAX 4

struct series {
	struct metric m;                 /* first: the handle is the series */
	uint64_t hash;
	char labels[];                   /* as written: a="b",c="d" */
};

struct metric_family {
	struct metrics *owner;
	struct metric_family *next;      /* by name */
	struct metric_family *of;        /* the histogram that these quantiles are of, or NULL */
	enum metric_type type;
	char *name, *help;               /* help: escaped */
	char *labels[METRIC_LABELS_MAX];
	unsigned n_labels;
	struct series **series;          /* in the order they were made */
	size_t n_series, n_room, max_series;
	struct series *other;            /* the overflow; of a family without labels, its only one */
	bool other_used;
	struct metric *refused;          /* counts what went there */
};

struct metrics {
	pthread_mutex_t lock;            /* guards the lists, not the values */
	struct metric_family *families;
	struct metric_family *refused;
};

#endif
