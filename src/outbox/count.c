/* count.c - how much waits, was delivered, was given up; and forgetting what is over.
 *
 * One pass over the table at the start, then only rows with new ids are counted, and marks and
 * forgotten rows are taken off as they become durable: a count costs what came since the last. */
#include "db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRUNE_LOOK 2000 /* alerts looked at a call */
#define PRUNE_MAX 500 /* alerts forgotten a call */

/* -ENOMEM, or the target's place in *ret. */
int outbox_db_target(struct outbox *o, const char *name, size_t *ret)
{
	struct target *more;
	char *copy;

	for (size_t i = 0; i < o->n_targets; i++)
		if (strcmp(o->targets[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	copy = strdup(name);
	more = copy ? realloc(o->targets, (o->n_targets + 1) * sizeof *more) : NULL;
	if (!more) {
		free(copy);
		snprintf(o->error, sizeof o->error, "out of memory");
		return -ENOMEM;
	}
	o->targets = more;
	o->targets[o->n_targets] = (struct target){ .name = copy };
	*ret = o->n_targets++;
	return 0;
}

/* Adds the rows of a counting statement, whose first columns are sink, status, number. */
static int add_counts(struct outbox *o, enum statement which)
{
	int rc, err = 0;

	while (!err && (rc = sqlite3_step(o->st[which])) != SQLITE_DONE) {
		const char *name;
		int64_t status;
		size_t t;

		if (rc != SQLITE_ROW) {
			err = outbox_db_fail(o);
			break;
		}
		name = (const char *)sqlite3_column_text(o->st[which], 0);
		status = sqlite3_column_int64(o->st[which], 1);
		if (!name || status < PENDING || status > DEAD) {
			snprintf(o->error, sizeof o->error,
			         "state database: a delivery of no known status");
			err = -EBADMSG;
			break;
		}
		err = outbox_db_target(o, name, &t);
		if (!err)
			o->targets[t].n[status] += (uint64_t)sqlite3_column_int64(o->st[which], 2);
	}
	outbox_db_clear(o, which);
	return err;
}

/* Rows that came since the last count. */
int outbox_db_count_new(struct outbox *o)
{
	int64_t last = 0;
	int err = outbox_db_last(o, &last);

	if (err || last <= o->counted_to)
		return err;
	outbox_db_int(o, COUNT_NEW, 1, o->counted_to);
	outbox_db_int(o, COUNT_NEW, 2, last);
	err = add_counts(o, COUNT_NEW);
	if (!err)
		o->counted_to = last;
	return err;
}

int outbox_db_count_all(struct outbox *o)
{
	int err = outbox_db_last(o, &o->counted_to);

	if (err)
		return err;
	outbox_db_int(o, COUNT_ALL, 1, o->counted_to);
	return add_counts(o, COUNT_ALL);
}

static int counts_of(struct outbox *o, size_t t, struct outbox_counts *ret)
{
	int64_t oldest = 0;
	int rc, err = 0;

	outbox_db_text(o, OLDEST, 1, o->targets[t].name);
	rc = sqlite3_step(o->st[OLDEST]);
	if (rc == SQLITE_ROW)
		oldest = sqlite3_column_int64(o->st[OLDEST], 0);
	else if (rc != SQLITE_DONE)
		err = outbox_db_fail(o);
	outbox_db_clear(o, OLDEST);
	if (!err)
		*ret = (struct outbox_counts){ .pending = o->targets[t].n[PENDING],
			                       .dead = o->targets[t].n[DEAD],
			                       .delivered = o->targets[t].n[DELIVERED],
			                       .oldest_pending_ns = oldest };
	return err;
}

int outbox_count(struct outbox *o, const char *sink, struct outbox_counts *ret)
{
	size_t t;
	int err = outbox_db_target(o, sink, &t);

	if (!err)
		err = outbox_db_count_new(o);
	return err ? err : counts_of(o, t, ret);
}

int outbox_each_sink(struct outbox *o,
                     void (*each)(void *ctx, const char *sink, const struct outbox_counts *c),
                     void *ctx)
{
	struct outbox_counts c;
	int err = outbox_db_count_new(o);

	for (size_t i = 0; !err && i < o->n_targets; i++) {
		err = counts_of(o, i, &c);
		if (!err)
			each(ctx, o->targets[i].name, &c);
	}
	return err;
}

/* Alerts that may go, from where the last call stopped; the place moves on. */
static int look_over(struct outbox *o, int64_t before_ns, int64_t *seqs, size_t *ret_n)
{
	size_t n = 0, seen = 0;
	int rc = SQLITE_ROW, err = 0;

	outbox_db_int(o, PRUNE, 1, before_ns);
	outbox_db_int(o, PRUNE, 2, o->pruned_to);
	outbox_db_int(o, PRUNE, 3, PRUNE_LOOK);
	while (n < PRUNE_MAX && (rc = sqlite3_step(o->st[PRUNE])) == SQLITE_ROW) {
		seen++;
		o->pruned_to = sqlite3_column_int64(o->st[PRUNE], 0);
		if (sqlite3_column_int(o->st[PRUNE], 1))
			seqs[n++] = o->pruned_to;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = outbox_db_fail(o);
	outbox_db_clear(o, PRUNE);
	if (n < PRUNE_MAX && seen < PRUNE_LOOK)
		o->pruned_to = 0; /* the end: from the start again */
	*ret_n = n;
	return err;
}

/* Deletes an alert and its rows; what it takes off the counts is noted in `gone`. */
static int forget(struct outbox *o, int64_t seq, uint64_t (*gone)[3])
{
	int rc, err = 0;

	outbox_db_int(o, ROWS_OF, 1, seq);
	while (!err && (rc = sqlite3_step(o->st[ROWS_OF])) != SQLITE_DONE) {
		const char *name = rc == SQLITE_ROW
		                           ? (const char *)sqlite3_column_text(o->st[ROWS_OF], 0)
		                           : NULL;
		size_t t;

		err = !name ? outbox_db_fail(o) : outbox_db_target(o, name, &t);
		if (!err)
			gone[t][sqlite3_column_int(o->st[ROWS_OF], 1) == DELIVERED ? DELIVERED
			                                                           : DEAD]++;
	}
	outbox_db_clear(o, ROWS_OF);
	if (err)
		return err;
	outbox_db_int(o, FORGET_ROWS, 1, seq);
	err = outbox_db_step(o, FORGET_ROWS);
	if (err)
		return err;
	outbox_db_int(o, FORGET, 1, seq);
	return outbox_db_step(o, FORGET);
}

static int forget_all(struct outbox *o, const int64_t *seqs, size_t n, uint64_t (*gone)[3])
{
	int err = outbox_db_step(o, BEGIN);

	for (size_t i = 0; !err && i < n; i++)
		err = forget(o, seqs[i], gone);
	if (!err)
		err = outbox_db_step(o, COMMIT);
	if (err)
		outbox_db_roll_back(o);
	return err;
}

int64_t outbox_prune(struct outbox *o, int64_t before_ns)
{
	int64_t seqs[PRUNE_MAX];
	uint64_t(*gone)[3];
	size_t n = 0;
	int err = outbox_db_count_new(o); /* every row that goes was counted, its sink is known */

	if (!err)
		err = look_over(o, before_ns, seqs, &n);
	if (err || n == 0)
		return err;
	gone = calloc(o->n_targets + 1, sizeof *gone);
	if (!gone)
		return -ENOMEM;
	err = forget_all(o, seqs, n, gone);
	for (size_t i = 0; !err && i < o->n_targets; i++) {
		o->targets[i].n[DELIVERED] -= gone[i][DELIVERED];
		o->targets[i].n[DEAD] -= gone[i][DEAD];
	}
	free(gone);
	return err ? err : (int64_t)n;
}
