/* db.h - what the files of the outbox share: its statements, its memory. Private to the room. */
#ifndef OUTBOX_DB_H
#define OUTBOX_DB_H

#include <stdbool.h>

#include "outbox.h"

enum status { PENDING, DELIVERED, DEAD };

enum statement {
	BEGIN, COMMIT, ROLLBACK, LAST_ID, FRESH, DUE, FETCH, MARK, COUNT_ALL, COUNT_NEW, OLDEST, PRUNE, ROWS_OF,
	FORGET_ROWS, FORGET, N_STATEMENTS
};

struct target {                          /* a sink as the table knows it */
	char *name;
	int64_t after;                   /* rows never tried are read from here on */
	bool retry_turn;
	uint64_t n[3];                   /* by status */
};

struct given {
	int64_t id;
	size_t target;
	bool marked;
	enum status status;
	int64_t due_ns, first_ns, ended_ns;
	char *error;
};

struct outbox {
	sqlite3 *db;
	sqlite3_stmt *st[N_STATEMENTS];
	struct target *targets;
	size_t n_targets;
	struct given *given;
	size_t n_given, n_marked;
	int64_t counted_to, pruned_to;
	char error[256];
};

/* Words into o->error; never 0. */
int outbox_db_fail(struct outbox *o);
int outbox_db_prepare(struct outbox *o);
void outbox_db_clear(struct outbox *o, enum statement which);
/* Runs a bound statement that gives no rows, and clears it. */
int outbox_db_step(struct outbox *o, enum statement which);
/* Borrowed until the statement is cleared. */
void outbox_db_text(struct outbox *o, enum statement which, int at, const char *s);
void outbox_db_int(struct outbox *o, enum statement which, int at, int64_t v);
/* Undoes an open transaction; the words of the failure before it stay. */
void outbox_db_roll_back(struct outbox *o);
int outbox_db_last(struct outbox *o, int64_t *ret_id);

/* -ENOMEM, or the sink's place in o->targets. */
int outbox_db_target(struct outbox *o, const char *name, size_t *ret_target);
int outbox_db_count_all(struct outbox *o);
/* Takes in the rows that came since the last count. */
int outbox_db_count_new(struct outbox *o);

#endif
