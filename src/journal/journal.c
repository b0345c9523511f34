/* journal.c - the pipeline's commits on SQLite.
 *
 * One transaction holds positions, state and alerts with a delivery row for every sink, so what is
 * durable is always a moment between two events. An alert met again (same id) adds nothing: neither
 * a row nor a delivery. Each blob carries a checksum over room, key and content; one that does not
 * match is refused when read, never used. */
#include "journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/hash.h"

#define ID_DIGITS 32

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT_ALERT,
	PUT_DELIVERY,
	PUT_STATE,
	DROP_STATE,
	PUT_POSITION,
	GET_POSITION,
	EACH_STATE,
	GET_STATE,
	GET_META,
	PUT_META,
	N_STATEMENTS
};

static const char *const texts[N_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_ALERT] =
		"INSERT OR IGNORE INTO alert(id, rule, event_ns, outbox_ns, json) VALUES(?, ?, ?, ?, ?)",
	[PUT_DELIVERY] = "INSERT INTO delivery(alert_seq, sink) VALUES(?, ?)",
	[PUT_STATE] = "INSERT OR REPLACE INTO state(room, key, blob, crc) VALUES(?, ?, ?, ?)",
	[DROP_STATE] = "DELETE FROM state WHERE room = ? AND key = ?",
	[PUT_POSITION] =
		"INSERT OR REPLACE INTO position(topic, partition, next_offset, warm_offset)"
		" VALUES(?, ?, ?, ?)",
	[GET_POSITION] =
		"SELECT next_offset, warm_offset FROM position WHERE topic = ? AND partition = ?",
	[EACH_STATE] = "SELECT key, blob, crc FROM state WHERE room = ? ORDER BY key",
	[GET_STATE] = "SELECT key, blob, crc FROM state WHERE room = ? AND key = ?",
	[GET_META] = "SELECT value FROM meta WHERE name = ?",
	[PUT_META] = "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)",
};

struct journal {
	sqlite3 *db;
	sqlite3_stmt *st[N_STATEMENTS];
	char **sinks;
	size_t n_sinks;
	char error[256];
};

DEFINE_CLEANUP(struct journal *, journal_close)

__attribute__((format(printf, 3, 4))) static int fail(struct journal *j, int err,
                                                      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(j->error, sizeof j->error, format, args);
	va_end(args);
	return err;
}

static int db_fail(struct journal *j)
{
	int err = store_errno(j->db);

	return fail(j, err ? err : -EIO, "state database: %s", sqlite3_errmsg(j->db));
}

/* Runs a bound statement that gives no rows, and clears it for the next use. */
static int step(struct journal *j, enum statement which)
{
	sqlite3_stmt *st = j->st[which];
	int rc = sqlite3_step(st), err = 0;

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		err = db_fail(j);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return err;
}

/* Text and blobs are borrowed until step(), which clears the bindings. */
static int bind_text(sqlite3_stmt *st, int at, const char *s)
{
	return sqlite3_bind_text(st, at, s, -1, SQLITE_STATIC);
}

static int copy_sinks(struct journal *j, const char *const *sinks, size_t n)
{
	j->sinks = calloc(n ? n : 1, sizeof *j->sinks);
	if (!j->sinks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < j->n_sinks; k++)
			known |= strcmp(j->sinks[k], sinks[i]) == 0;
		if (known)
			continue;
		j->sinks[j->n_sinks] = strdup(sinks[i]);
		if (!j->sinks[j->n_sinks])
			return -ENOMEM;
		j->n_sinks++;
	}
	return 0;
}

int journal_open(struct store *store, const char *const *sinks, size_t n_sinks,
                 struct journal **ret_journal, char *reterr, size_t reterr_size)
{
	_cleanup_(journal_closep) struct journal *j = calloc(1, sizeof *j);
	int err;

	if (!j || copy_sinks(j, sinks, n_sinks)) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	err = store_connect(store, STORE_PIPELINE, &j->db, reterr, reterr_size);
	if (err)
		return err;
	for (int i = 0; i < N_STATEMENTS; i++) {
		if (sqlite3_prepare_v3(j->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &j->st[i],
		                       NULL) == SQLITE_OK)
			continue;
		err = db_fail(j);
		snprintf(reterr, reterr_size, "%s", j->error);
		return err;
	}
	*ret_journal = TAKE_PTR(j);
	return 0;
}

struct journal *journal_close(struct journal *j)
{
	if (!j)
		return NULL;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(j->st[i]);
	if (j->db)
		sqlite3_close(j->db);
	for (size_t i = 0; i < j->n_sinks; i++)
		free(j->sinks[i]);
	free(j->sinks);
	free(j);
	return NULL;
}

const char *journal_error(struct journal *j)
{
	return j->error;
}

static bool in_commit(struct journal *j)
{
	return !sqlite3_get_autocommit(j->db);
}

int journal_begin(struct journal *j)
{
	if (in_commit(j))
		return fail(j, -EINVAL, "journal: begin inside a commit");
	return step(j, BEGIN);
}

int journal_commit(struct journal *j)
{
	if (!in_commit(j))
		return fail(j, -EINVAL, "journal: commit without begin");
	return step(j, COMMIT);
}

void journal_abort(struct journal *j)
{
	char kept[sizeof j->error];

	if (!in_commit(j))
		return;
	/* The words wanted afterwards are those of the first failure. */
	memcpy(kept, j->error, sizeof kept);
	(void)step(j, ROLLBACK);
	memcpy(j->error, kept, sizeof kept);
}

int journal_put_alert(struct journal *j, const struct journal_alert *a, int *ret_new)
{
	sqlite3_stmt *st = j->st[PUT_ALERT];
	sqlite3_int64 seq;
	int err;

	if (!in_commit(j) || strlen(a->id) != ID_DIGITS || !a->rule || !a->json)
		return fail(j, -EINVAL, "journal: alert without id, rule, text or begin");
	bind_text(st, 1, a->id);
	bind_text(st, 2, a->rule);
	sqlite3_bind_int64(st, 3, a->event_ns);
	sqlite3_bind_int64(st, 4, a->outbox_ns);
	/* A text that is refused (too long) leaves NULL, which the table refuses in turn. */
	sqlite3_bind_text64(st, 5, a->json, a->json_size, SQLITE_STATIC, SQLITE_UTF8);
	err = step(j, PUT_ALERT);
	if (err)
		return err;
	*ret_new = sqlite3_changes(j->db) == 1;
	if (!*ret_new)
		return 0;
	seq = sqlite3_last_insert_rowid(j->db);
	for (size_t i = 0; i < j->n_sinks; i++) {
		if (a->without && a->without[i])
			continue;
		sqlite3_bind_int64(j->st[PUT_DELIVERY], 1, seq);
		bind_text(j->st[PUT_DELIVERY], 2, j->sinks[i]);
		err = step(j, PUT_DELIVERY);
		if (err)
			return err;
	}
	return 0;
}

/* As SQLite keeps integers: signed. */
static int64_t checksum(const char *room, const void *key, size_t key_size, const void *blob,
                        size_t blob_size)
{
	uint64_t h = hash_bytes(room, strlen(room), 0);

	h = hash_bytes(key, key_size, h);
	return (int64_t)hash_bytes(blob, blob_size, h);
}

int journal_put_state(struct journal *j, const struct journal_state *s)
{
	sqlite3_stmt *st = j->st[s->blob ? PUT_STATE : DROP_STATE];

	if (!in_commit(j) || !s->room || !s->key || !s->key_size)
		return fail(j, -EINVAL, "journal: state without room, key or begin");
	bind_text(st, 1, s->room);
	sqlite3_bind_blob64(st, 2, s->key, s->key_size, SQLITE_STATIC);
	if (!s->blob)
		return step(j, DROP_STATE);
	sqlite3_bind_blob64(st, 3, s->blob, s->blob_size, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, checksum(s->room, s->key, s->key_size, s->blob, s->blob_size));
	return step(j, PUT_STATE);
}

int journal_put_position(struct journal *j, const struct journal_position *p)
{
	sqlite3_stmt *st = j->st[PUT_POSITION];

	if (!in_commit(j) || !p->topic || p->partition < 0 || p->next_offset < 0 ||
	    p->warm_offset > p->next_offset)
		return fail(j, -EINVAL, "journal: position out of range, or without begin");
	bind_text(st, 1, p->topic);
	sqlite3_bind_int(st, 2, p->partition);
	sqlite3_bind_int64(st, 3, p->next_offset);
	sqlite3_bind_int64(st, 4, p->warm_offset);
	return step(j, PUT_POSITION);
}

int journal_get_position(struct journal *j, const char *topic, int32_t partition,
                         struct journal_position *ret)
{
	sqlite3_stmt *st = j->st[GET_POSITION];
	int rc, err = 0;

	bind_text(st, 1, topic);
	sqlite3_bind_int(st, 2, partition);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = (struct journal_position){ .topic = topic,
			                          .partition = partition,
			                          .next_offset = sqlite3_column_int64(st, 0),
			                          .warm_offset = sqlite3_column_int64(st, 1) };
	else
		err = rc == SQLITE_DONE ? -ENOENT : db_fail(j);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return err;
}

/* Hands on the rows of a bound statement over `state`, each only when its checksum holds. */
static int read_states(struct journal *j, sqlite3_stmt *st, const char *room,
                       int (*each)(void *ctx, const void *key, size_t key_size, const void *blob,
                                   size_t blob_size),
                       void *ctx, size_t *ret_n)
{
	int rc, err = 0;

	while (!err && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		const void *key, *blob;
		size_t key_size, blob_size;

		if (rc != SQLITE_ROW) {
			err = db_fail(j);
			break;
		}
		++*ret_n;
		key = sqlite3_column_blob(st, 0);
		key_size = (size_t)sqlite3_column_bytes(st, 0);
		blob = sqlite3_column_blob(st, 1);
		blob_size = (size_t)sqlite3_column_bytes(st, 1);
		if (!blob)
			blob = ""; /* an empty blob comes back as NULL */
		if (!key ||
		    checksum(room, key, key_size, blob, blob_size) != sqlite3_column_int64(st, 2))
			err = fail(j, -EBADMSG,
			           "state database: state of \"%s\" is damaged (checksum)", room);
		else
			err = each(ctx, key, key_size, blob, blob_size);
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return err;
}

int journal_each_state(struct journal *j, const char *room,
                       int (*each)(void *ctx, const void *key, size_t key_size, const void *blob,
                                   size_t blob_size),
                       void *ctx)
{
	size_t n = 0;

	bind_text(j->st[EACH_STATE], 1, room);
	return read_states(j, j->st[EACH_STATE], room, each, ctx, &n);
}

int journal_get_state(struct journal *j, const char *room, const void *key, size_t key_size,
                      int (*each)(void *ctx, const void *key, size_t key_size, const void *blob,
                                  size_t blob_size),
                      void *ctx)
{
	size_t n = 0;
	int err;

	bind_text(j->st[GET_STATE], 1, room);
	sqlite3_bind_blob64(j->st[GET_STATE], 2, key, key_size, SQLITE_STATIC);
	err = read_states(j, j->st[GET_STATE], room, each, ctx, &n);
	return err ? err : n ? 0 : -ENOENT;
}

int journal_get_meta(struct journal *j, const char *name, char **ret_value)
{
	sqlite3_stmt *st = j->st[GET_META];
	char *value;
	int rc, err = 0;

	bind_text(st, 1, name);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		value = text ? strdup(text) : NULL;
		if (value)
			*ret_value = value;
		else
			err = fail(j, -ENOMEM, "out of memory");
	} else {
		err = rc == SQLITE_DONE ? -ENOENT : db_fail(j);
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return err;
}

int journal_put_meta(struct journal *j, const char *name, const char *value)
{
	bind_text(j->st[PUT_META], 1, name);
	bind_text(j->st[PUT_META], 2, value);
	return step(j, PUT_META);
}
