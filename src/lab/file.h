/* file.h - a file of rule tests (*.test.yaml): which rules, which events, which alerts are expected.
 *
 * Read by the tables and the machinery of the configuration: every mistake is found at once, with
 * file:line:column and the nearest known word. A test that cannot fail is a mistake too: a file
 * without tests, a test without events or without a list of expectations. conf/rule-tests.md is the
 * page for users. */
#ifndef LAB_FILE_H
#define LAB_FILE_H

#include <stdbool.h>

#include "conf/conf.h"
#include "core/errors.h"

enum lab_shape {
	LAB_SHAPE_NONE,                  /* one event */
	LAB_CONSTANT, LAB_RAMP, LAB_WALK, LAB_BURST, LAB_GAP
};

enum lab_status { LAB_ANY_STATUS, LAB_FIRING, LAB_RESOLVED };

/* What a number, time or word of an event was written as. Checked when it is read. */
struct lab_item {
	struct place place;
	struct conf_text at, kind, instrument, venue, side, price, size;
	struct conf_text bid, ask, bid_size, ask_size, open, high, low;
	struct conf_text order_id, trade_id, account, counterparty, sequence;
	struct conf_texts flags;
	struct conf_text rows;           /* a table: columns and a row for each event */
	struct conf_text file, format;   /* a recorded log */
	int shape;                       /* enum lab_shape: generated events */
	struct conf_text from, to;
	int64_t every_ns;                /* 0 = not given */
	int64_t count;                   /* 0 = not given */
	struct conf_text price_to, step, size_to;
	int64_t seed;
};

struct lab_expect {
	struct place place;
	struct conf_text at;             /* NULL = at any time */
	int64_t within_ns;               /* before or after */
	struct conf_text rule, instrument, account, severity;
	int status;                      /* enum lab_status */
	double min_confidence, max_confidence;
	struct conf_text summary, summary_contains;
	struct conf_pairs labels;        /* these, with these values, among others */
};

struct lab_test {
	struct place place;
	struct conf_text name, start, until, instrument;
	struct conf_texts only;          /* rules that are judged; none = all */
	struct conf_pairs params;
	struct lab_item *events;
	size_t n_events;
	struct lab_expect *expect;
	size_t n_expect;
};

struct lab_file {
	char *path;                      /* as given */
	struct conf_texts rules;
	struct conf_text instrument, format;
	struct conf_pairs params;
	struct lab_test *tests;
	size_t n_tests;
	char *text;                      /* of the file: rows are found again in it */
	void *memory;                    /* owns all of it */
};

/* 0 and *ret_file, ended with lab_file_free(); -EINVAL with `errors` filled, -ENOMEM. */
int lab_file_load(const char *path, struct errors *errors, struct lab_file **ret_file);
/* The same from memory; `path` is for messages, and what the file names is relative to it. */
int lab_file_parse(const char *text, size_t n, const char *path, struct errors *errors,
                   struct lab_file **ret_file);
struct lab_file *lab_file_free(struct lab_file *f);
/* A path as written in the file: relative to its folder. In the file's memory; NULL = none left. */
const char *lab_file_beside(struct lab_file *f, const char *path);

/* A time of a test, in ns since 1970, from what was checked when it was read: a time, or a duration
 * since `start_ns`. */
int64_t lab_time(const struct conf_text *t, int64_t start_ns);

#endif
