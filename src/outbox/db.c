/* db.c - the statements of the outbox and the handling of the database handle. */
#include "db.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* INDEXED BY: a plan that would scan the table fails at start and not with a million rows. */
static const char *const texts[N_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[LAST_ID] = "SELECT coalesce(max(id), 0) FROM delivery",
	[FRESH] = "SELECT id FROM delivery INDEXED BY delivery_waiting"
		  " WHERE sink = ? AND status = 0 AND id > ? AND due_ns = 0 ORDER BY id LIMIT ?",
	[DUE] = "SELECT id, due_ns FROM delivery INDEXED BY delivery_due"
		" WHERE sink = ? AND status = 0 AND due_ns > 0 AND due_ns <= ? ORDER BY due_ns, id LIMIT ?",
	[FETCH] =
		"SELECT d.alert_seq, a.id, a.json, d.attempts, d.first_ns, a.outbox_ns, a.event_ns"
		" FROM delivery d JOIN alert a ON a.seq = d.alert_seq WHERE d.id = ?",
	[MARK] =
		"UPDATE delivery SET status = ?2, attempts = attempts + 1, due_ns = ?3,"
		" first_ns = CASE first_ns WHEN 0 THEN ?4 ELSE first_ns END, ended_ns = ?5, error = ?6"
		" WHERE id = ?1 AND status = 0",
	[COUNT_ALL] =
		"SELECT sink, status, count(*) FROM delivery WHERE id <= ? GROUP BY sink, status",
	[COUNT_NEW] =
		"SELECT sink, status, count(*) FROM delivery WHERE id > ? AND id <= ? GROUP BY sink, status",
	[OLDEST] =
		"SELECT a.outbox_ns FROM delivery d INDEXED BY delivery_waiting"
		" JOIN alert a ON a.seq = d.alert_seq WHERE d.sink = ? AND d.status = 0 ORDER BY d.id LIMIT 1",
	[PRUNE] =
		"SELECT seq, outbox_ns < ?1 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.alert_seq = seq"
		" AND (d.status = 0 OR d.ended_ns >= ?1)) FROM alert WHERE seq > ?2 ORDER BY seq LIMIT ?3",
	[ROWS_OF] = "SELECT sink, status FROM delivery WHERE alert_seq = ?",
	[FORGET_ROWS] = "DELETE FROM delivery WHERE alert_seq = ?",
	[FORGET] = "DELETE FROM alert WHERE seq = ?",
};

int outbox_db_fail(struct outbox *o)
{
	int err = store_errno(o->db);

	snprintf(o->error, sizeof o->error, "state database: %s", sqlite3_errmsg(o->db));
	return err ? err : -EIO;
}

void outbox_db_clear(struct outbox *o, enum statement which)
{
	sqlite3_reset(o->st[which]);
	sqlite3_clear_bindings(o->st[which]);
}

int outbox_db_step(struct outbox *o, enum statement which)
{
	int rc = sqlite3_step(o->st[which]);
	int err = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : outbox_db_fail(o);

	outbox_db_clear(o, which);
	return err;
}

void outbox_db_text(struct outbox *o, enum statement which, int at, const char *s)
{
	sqlite3_bind_text(o->st[which], at, s, -1, SQLITE_STATIC);
}

void outbox_db_int(struct outbox *o, enum statement which, int at, int64_t v)
{
	sqlite3_bind_int64(o->st[which], at, v);
}

int outbox_db_prepare(struct outbox *o)
{
	for (int i = 0; i < N_STATEMENTS; i++)
		if (sqlite3_prepare_v3(o->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &o->st[i],
		                       NULL) != SQLITE_OK)
			return outbox_db_fail(o);
	return 0;
}

void outbox_db_roll_back(struct outbox *o)
{
	char kept[sizeof o->error];

	if (sqlite3_get_autocommit(o->db))
		return;
	memcpy(kept, o->error, sizeof kept);
	(void)outbox_db_step(o, ROLLBACK);
	memcpy(o->error, kept, sizeof kept);
}

int outbox_db_last(struct outbox *o, int64_t *ret)
{
	int err = 0;

	if (sqlite3_step(o->st[LAST_ID]) == SQLITE_ROW)
		*ret = sqlite3_column_int64(o->st[LAST_ID], 0);
	else
		err = outbox_db_fail(o);
	outbox_db_clear(o, LAST_ID);
	return err;
}
