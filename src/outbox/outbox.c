/* outbox.c - deliveries that wait, read in order, marked in groups.
 *
 * Problem: hand out each waiting delivery once, quickly with a million waiting, while the journal
 * adds rows from another connection and marks are not yet written. Idea: rows never tried are read
 * from a cursor on (ids only grow, and the journal's commits show them in order); rows that wait
 * for another attempt come from the index by time, less those in `given`, the short list of items
 * handed out and not yet flushed. Marks live in that list until outbox_flush() writes them, so the
 * write lock is held for one short transaction and never while waiting for anything.
 *
 * Cost: a look-up in an index plus the items; `given` is searched in line, so its length (attempts
 * under way + unflushed marks, some hundreds) is bounded by GIVEN_MAX. Counts start with one pass
 * over the table and then follow the new rows and the marks.
 * Where it fails: a lost mark (crash before flush) repeats a delivery; the id tells. */
#include "outbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "db.h"

#define GIVEN_MAX 4096
#define DUE_MAX 256 /* items a call */

DEFINE_CLEANUP(struct outbox *, outbox_close)

const char *outbox_error(struct outbox *o)
{
	return o->error;
}

int outbox_open(struct store *store, struct outbox **ret_outbox, char *reterr, size_t reterr_size)
{
	_cleanup_(outbox_closep) struct outbox *o = calloc(1, sizeof *o);
	int err;

	if (o)
		o->given = calloc(GIVEN_MAX, sizeof *o->given);
	if (!o || !o->given) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	err = store_connect(store, STORE_DELIVERY, &o->db, reterr, reterr_size);
	if (err)
		return err;
	err = outbox_db_prepare(o);
	if (!err)
		err = outbox_db_count_all(o);
	if (err) {
		snprintf(reterr, reterr_size, "%s", o->error);
		return err;
	}
	*ret_outbox = TAKE_PTR(o);
	return 0;
}

struct outbox *outbox_close(struct outbox *o)
{
	if (!o)
		return NULL;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(o->st[i]);
	if (o->db)
		sqlite3_close(o->db);
	for (size_t i = 0; i < o->n_targets; i++)
		free(o->targets[i].name);
	for (size_t i = 0; i < o->n_given; i++)
		free(o->given[i].error);
	free(o->targets);
	free(o->given);
	free(o);
	return NULL;
}

static struct given *find_given(struct outbox *o, int64_t id)
{
	for (size_t i = 0; i < o->n_given; i++)
		if (o->given[i].id == id)
			return &o->given[i];
	return NULL;
}

/* Up to `want` rows never tried. Fewer than that: the cursor may pass all that were visible. */
static int look_fresh(struct outbox *o, const struct target *t, int64_t *ids, size_t want)
{
	size_t n = 0;
	int rc, err = 0;

	outbox_db_text(o, FRESH, 1, t->name);
	outbox_db_int(o, FRESH, 2, t->after);
	outbox_db_int(o, FRESH, 3, (int64_t)want);
	while (n < want && (rc = sqlite3_step(o->st[FRESH])) != SQLITE_DONE) {
		if (rc != SQLITE_ROW) {
			err = outbox_db_fail(o);
			break;
		}
		ids[n++] = sqlite3_column_int64(o->st[FRESH], 0);
	}
	outbox_db_clear(o, FRESH);
	return err ? err : (int)n;
}

/* Up to `want` rows whose next attempt is due, not given out. *ret_first_due: of the first. */
static int look_due(struct outbox *o, const struct target *t, int64_t now_ns, int64_t *ids,
                    size_t want, int64_t *ret_first_due)
{
	size_t n = 0;
	int rc, err = 0;

	outbox_db_text(o, DUE, 1, t->name);
	outbox_db_int(o, DUE, 2, now_ns);
	outbox_db_int(o, DUE, 3, (int64_t)(want + o->n_given));
	while (n < want && (rc = sqlite3_step(o->st[DUE])) != SQLITE_DONE) {
		int64_t id;

		if (rc != SQLITE_ROW) {
			err = outbox_db_fail(o);
			break;
		}
		id = sqlite3_column_int64(o->st[DUE], 0);
		if (find_given(o, id))
			continue;
		if (n == 0 && ret_first_due)
			*ret_first_due = sqlite3_column_int64(o->st[DUE], 1);
		ids[n++] = id;
	}
	outbox_db_clear(o, DUE);
	return err ? err : (int)n;
}

static int fetch(struct outbox *o, int64_t id, struct outbox_item *ret)
{
	sqlite3_stmt *st = o->st[FETCH];
	const char *alert, *json;
	size_t n;
	int err = 0;

	outbox_db_int(o, FETCH, 1, id);
	if (sqlite3_step(st) != SQLITE_ROW) {
		err = outbox_db_fail(o);
		outbox_db_clear(o, FETCH);
		return err;
	}
	*ret = (struct outbox_item){ .delivery = id,
		                     .alert = sqlite3_column_int64(st, 0),
		                     .attempts = (uint32_t)sqlite3_column_int64(st, 3),
		                     .first_attempt_ns = sqlite3_column_int64(st, 4),
		                     .outbox_ns = sqlite3_column_int64(st, 5),
		                     .event_ns = sqlite3_column_int64(st, 6) };
	alert = (const char *)sqlite3_column_text(st, 1);
	json = (const char *)sqlite3_column_text(st, 2);
	n = (size_t)sqlite3_column_bytes(st, 2);
	ret->json = alert && json ? malloc(n + 1) : NULL;
	if (ret->json) {
		memcpy(ret->json, json, n);
		ret->json[n] = 0;
		ret->json_size = n;
		snprintf(ret->id, sizeof ret->id, "%s", alert);
	} else {
		snprintf(o->error, sizeof o->error, "out of memory");
		err = -ENOMEM;
	}
	outbox_db_clear(o, FETCH);
	return err;
}

void outbox_item_done(struct outbox_item *item)
{
	free(item->json);
	item->json = NULL;
}

/* Reads the two lists in turn; *ret_fresh is how many of `fresh` were taken. */
static int take_in_turn(struct outbox *o, size_t t, const int64_t *fresh, size_t n_fresh,
                        const int64_t *due, size_t n_due, struct outbox_item *items, size_t max,
                        size_t *ret_fresh)
{
	size_t n = 0, i_due = 0;

	*ret_fresh = 0;
	while (n < max && (*ret_fresh < n_fresh || i_due < n_due)) {
		bool retry = i_due < n_due && (o->targets[t].retry_turn || *ret_fresh == n_fresh);
		int64_t id = retry ? due[i_due] : fresh[*ret_fresh];
		int err = fetch(o, id, &items[n]);

		if (err)
			return n ? (int)n : err;
		o->given[o->n_given++] = (struct given){ .id = id, .target = t };
		n++;
		if (retry)
			i_due++;
		else
			o->targets[t].after = fresh[(*ret_fresh)++];
		o->targets[t].retry_turn = !retry;
	}
	return (int)n;
}

int outbox_due(struct outbox *o, const char *sink, int64_t now_ns, struct outbox_item *ret_items,
               size_t max)
{
	int64_t fresh[DUE_MAX], due[DUE_MAX], last = 0;
	int n_fresh, n_due, n, err;
	size_t t, used;

	if (max > DUE_MAX)
		max = DUE_MAX;
	if (max > GIVEN_MAX - o->n_given) {
		snprintf(o->error, sizeof o->error, "too many marks wait to be written");
		return -ENOBUFS;
	}
	err = outbox_db_target(o, sink, &t);
	/* Read before the rows: what is visible now cannot be missed by moving the cursor here. */
	if (!err)
		err = outbox_db_last(o, &last);
	if (err)
		return err;
	n_fresh = look_fresh(o, &o->targets[t], fresh, max);
	if (n_fresh < 0)
		return n_fresh;
	n_due = look_due(o, &o->targets[t], now_ns, due, max, NULL);
	if (n_due < 0)
		return n_due;
	n = take_in_turn(o, t, fresh, (size_t)n_fresh, due, (size_t)n_due, ret_items, max, &used);
	if (n >= 0 && used == (size_t)n_fresh && used < max && last > o->targets[t].after)
		o->targets[t].after = last;
	return n;
}

/* Notes the end of an attempt; written by the next flush. */
static int mark(struct outbox *o, int64_t delivery, struct given as, const char *error)
{
	struct given *g = find_given(o, delivery);
	char *copy = NULL;

	if (!g || g->marked)
		return -ENOENT;
	if (error && !(copy = strdup(error)))
		return -ENOMEM;
	as.id = g->id;
	as.target = g->target;
	as.marked = true;
	as.error = copy;
	*g = as;
	o->n_marked++;
	return 0;
}

int outbox_delivered(struct outbox *o, int64_t delivery, int64_t now_ns)
{
	return mark(o, delivery,
	            (struct given){ .status = DELIVERED, .first_ns = now_ns, .ended_ns = now_ns },
	            NULL);
}

int outbox_retry_at(struct outbox *o, int64_t delivery, int64_t due_ns, int64_t first_attempt_ns,
                    const char *error)
{
	/* 0 would mean "never tried". */
	return mark(o, delivery,
	            (struct given){ .status = PENDING,
	                            .due_ns = due_ns > 0 ? due_ns : 1,
	                            .first_ns = first_attempt_ns },
	            error);
}

int outbox_dead(struct outbox *o, int64_t delivery, int64_t now_ns, const char *error)
{
	return mark(o, delivery,
	            (struct given){ .status = DEAD, .first_ns = now_ns, .ended_ns = now_ns },
	            error);
}

size_t outbox_unflushed(const struct outbox *o)
{
	return o->n_marked;
}

static int write_mark(struct outbox *o, const struct given *g)
{
	outbox_db_int(o, MARK, 1, g->id);
	outbox_db_int(o, MARK, 2, g->status);
	outbox_db_int(o, MARK, 3, g->due_ns);
	outbox_db_int(o, MARK, 4, g->first_ns);
	outbox_db_int(o, MARK, 5, g->ended_ns);
	if (g->error)
		outbox_db_text(o, MARK, 6, g->error);
	return outbox_db_step(o, MARK);
}

/* Marks are durable: counts them and keeps only what is still under way. */
static void settle(struct outbox *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n_given; i++) {
		struct given *g = &o->given[i];
		struct target *t = &o->targets[g->target];

		if (!g->marked) {
			o->given[kept++] = *g;
			continue;
		}
		if (g->status != PENDING) {
			t->n[PENDING]--;
			t->n[g->status]++;
		}
		free(g->error);
	}
	o->n_given = kept;
	o->n_marked = 0;
}

int outbox_flush(struct outbox *o)
{
	int err;

	if (o->n_marked == 0)
		return 0;
	err = outbox_db_count_new(o); /* so that what is taken off was counted */
	if (!err)
		err = outbox_db_step(o, BEGIN);
	for (size_t i = 0; !err && i < o->n_given; i++)
		if (o->given[i].marked)
			err = write_mark(o, &o->given[i]);
	if (!err)
		err = outbox_db_step(o, COMMIT);
	if (err)
		outbox_db_roll_back(o);
	else
		settle(o);
	return err;
}

int64_t outbox_next_due(struct outbox *o, const char *sink)
{
	int64_t id, next = INT64_MAX, first = INT64_MAX, last = 0;
	size_t t;
	int n;

	if (outbox_db_target(o, sink, &t) || outbox_db_last(o, &last))
		return 0;
	n = look_fresh(o, &o->targets[t], &id, 1);
	if (n != 0)
		return 0;
	if (last > o->targets[t].after)
		o->targets[t].after = last;
	for (size_t i = 0; i < o->n_given; i++)
		if (o->given[i].target == t && o->given[i].marked &&
		    o->given[i].status == PENDING && o->given[i].due_ns < next)
			next = o->given[i].due_ns;
	n = look_due(o, &o->targets[t], INT64_MAX, &id, 1, &first);
	if (n < 0)
		return 0;
	return first < next ? first : next;
}
