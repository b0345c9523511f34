/* file.h - recorded logs as a source: lines of .jsonl and .csv files, plain, gzip or zstd.
 *
 * The log is read as if it had been produced to one topic: a line's partition is what `peek` says
 * (Kafka's default partitioner over the instrument), its offset is its number in that partition.
 * So a replay names the same alerts as the daemon that consumed the topic. Several files are
 * merged by event time (ties: in the order given); within a file the order of lines stays. Blank
 * lines are no messages. "-" is standard input. */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include "source/source.h"

#define SOURCE_LINE_MAX ((size_t)64 << 20)       /* of a longer line only this much is handed on */

struct source_file_config {              /* borrowed during the call */
	const char *const *paths;
	size_t n_paths;
	const char *topic;
	int32_t n_partitions;            /* >= 1 */
	bool csv;                        /* first line of every file: a header message */
	struct source_events events;
	/* Event time and partition of a line of file `input`. Called only when there are several
	 * files or partitions. On a line that cannot be read: partition 0, time INT64_MIN. */
	void *peek_ctx;
	void (*peek)(void *ctx, int input, const void *line, size_t n, int32_t n_partitions,
	             int64_t *ret_time_ns, int32_t *ret_partition);
};

/* Opens every file. 0, or -Exxx with the path and reason. */
int source_file_new(const struct source_file_config *c, struct source **ret_source,
                    char *reterr, size_t reterr_size);
/* Bytes of the files read so far and in all (0 = unknown: standard input). */
void source_file_progress(struct source *s, uint64_t *ret_done, uint64_t *ret_all);
/* Why poll() returned an error other than -ENODATA, e.g. "x.gz: damaged gzip data". */
const char *source_file_error(struct source *s);

#endif
