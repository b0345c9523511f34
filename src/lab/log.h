/* log.h - recorded logs as batches of decoded events. */
#ifndef LAB_LOG_H
#define LAB_LOG_H

#include "engine/batch.h"

struct lab_log {
	const char *const *paths;
	size_t n_paths;
	const struct format *format;
	const char *topic;
	void *app;                       /* of every message's stream */
	void *ctx;
	/* A batch, valid during the call. Non-zero ends the reading and is its result. */
	int (*batch)(void *ctx, const struct batch *b);
	void (*progress)(void *ctx, uint64_t done, uint64_t all);        /* may be NULL */
};

/* Reads the files, merged by event time, to their end. 0; what `batch` returned; or -Exxx with the
 * reason. */
int lab_log_read(const struct lab_log *log, char *reterr, size_t reterr_size);

#endif
