#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DELIVERIES, NEWEST, FIND, POSITION, N_ASKED };

static const char *const asked[N_ASKED] = {
	[DELIVERIES] = "SELECT a.outbox_ns, d.sink, d.status, d.ended_ns, d.attempts, d.error"
		       " FROM alert a LEFT JOIN delivery d ON d.alert_seq = a.seq WHERE a.id = ?"
		       " ORDER BY d.id",
	[NEWEST] = "SELECT coalesce(max(seq), 0) FROM alert",
	[FIND] = "SELECT id, json FROM alert WHERE seq > ?1 AND rule = ?2 AND event_ns >= ?3"
		 " AND json_extract(json, '$.instrument') = ?4"
		 " AND json_extract(json, '$.status') = 'firing' ORDER BY seq LIMIT 1",
	[POSITION] = "SELECT next_offset FROM position WHERE topic = ? AND partition = ?",
};

struct outbox_watch {
	sqlite3 *db;
	sqlite3_stmt *st[N_ASKED];
};

static int fail(struct outbox_watch *w)
{
	int e = store_errno(w->db);

	return e ? e : -EIO;
}

int outbox_watch_new(sqlite3 *db, struct outbox_watch **ret_watch, char *reterr, size_t reterr_size)
{
	struct outbox_watch *w = calloc(1, sizeof *w);
	int e = 0;

	if (!w) {
		sqlite3_close(db);
		return -ENOMEM;
	}
	w->db = db;
	for (int i = 0; e == 0 && i < N_ASKED; i++)
		if (sqlite3_prepare_v3(db, asked[i], -1, SQLITE_PREPARE_PERSISTENT, &w->st[i],
		                       NULL) != SQLITE_OK)
			e = fail(w);
	if (e) {
		snprintf(reterr, reterr_size, "state database: %s", sqlite3_errmsg(db));
		outbox_watch_free(w);
		return e;
	}
	*ret_watch = w;
	return 0;
}

struct outbox_watch *outbox_watch_free(struct outbox_watch *w)
{
	if (!w)
		return NULL;
	for (int i = 0; i < N_ASKED; i++)
		sqlite3_finalize(w->st[i]);
	sqlite3_close(w->db);
	free(w);
	return NULL;
}

/* Ends the question: no read transaction stays open. */
static int over(struct outbox_watch *w, int which, int rc)
{
	int e = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail(w);

	sqlite3_reset(w->st[which]);
	sqlite3_clear_bindings(w->st[which]);
	return e;
}

static void note_waiting(struct outbox_seen *s, sqlite3_stmt *st)
{
	const char *error = (const char *)sqlite3_column_text(st, 5);
	size_t n = strlen(s->waiting);
	int attempts = sqlite3_column_int(st, 4);

	snprintf(s->waiting + n, sizeof s->waiting - n, "%s%s (%s%d attempts%s%.100s)",
	         n ? ", " : "", (const char *)sqlite3_column_text(st, 1),
	         sqlite3_column_int(st, 2) == 2 ? "given up, " : "", attempts, error ? ", " : "",
	         error ? error : "");
}

int outbox_watch_alert(struct outbox_watch *w, const char *id, struct outbox_seen *ret)
{
	sqlite3_stmt *st = w->st[DELIVERIES];
	int rc;

	*ret = (struct outbox_seen){ 0 };
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		int status = sqlite3_column_int(st, 2);
		int64_t ended = sqlite3_column_int64(st, 3);

		ret->outbox_ns = sqlite3_column_int64(st, 0);
		if (!sqlite3_column_text(st, 1))
			continue;
		ret->sinks++;
		ret->delivered += status == 1;
		ret->dead += status == 2;
		if (status == 1 && ended > ret->last_ns)
			ret->last_ns = ended;
		if (status != 1)
			note_waiting(ret, st);
	}
	return over(w, DELIVERIES, rc);
}

int outbox_watch_newest(struct outbox_watch *w, int64_t *ret_seq)
{
	int rc = sqlite3_step(w->st[NEWEST]);

	if (rc == SQLITE_ROW)
		*ret_seq = sqlite3_column_int64(w->st[NEWEST], 0);
	return over(w, NEWEST, rc);
}

int outbox_watch_find(struct outbox_watch *w, const char *rule, const char *instrument, int64_t seq,
                      int64_t event_ns, char id[static 33], struct buf *json)
{
	sqlite3_stmt *st = w->st[FIND];
	int rc, e;

	sqlite3_bind_int64(st, 1, seq);
	sqlite3_bind_text(st, 2, rule, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, event_ns);
	sqlite3_bind_text(st, 4, instrument, -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		snprintf(id, 33, "%s", (const char *)sqlite3_column_text(st, 0));
		buf_clear(json);
		buf_puts(json, (const char *)sqlite3_column_text(st, 1));
	}
	e = over(w, FIND, rc);
	return e ? e : rc == SQLITE_ROW ? 0 : -ENOENT;
}

int outbox_watch_position(struct outbox_watch *w, const char *topic, int32_t partition,
                          int64_t *ret_next)
{
	sqlite3_stmt *st = w->st[POSITION];
	int rc, e;

	sqlite3_bind_text(st, 1, topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, partition);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret_next = sqlite3_column_int64(st, 0);
	e = over(w, POSITION, rc);
	return e ? e : rc == SQLITE_ROW ? 0 : -ENOENT;
}
