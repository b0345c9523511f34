/* store.h - the SQLite file of the state folder: opening, schema, checks. Owns no meaning.
 *
 * One file, state_dir/tocsin.db, in WAL mode. Several connections: the pipeline's commits with
 * synchronous=FULL (an acknowledged commit survives power loss), the delivery's with NORMAL (a lost
 * delivered mark means one more attempt with the same id). The folder is locked by one process. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct store;

enum store_use { STORE_PIPELINE, STORE_DELIVERY, STORE_READ };

/* Creates the folder (0700) when its parent exists, locks it (state_dir/lock, held until
 * store_close()), checks the database (quick_check, application_id, schema version), creates the
 * schema or refuses. Nothing is written before the file is known to be ours.
 * 0; -EACCES, -ENOSPC, -EROFS, -EBUSY (another process holds it), -EBADMSG (damaged, or not ours),
 * -EPROTO (newer schema), -ENOENT (no folder above it), -ENOTDIR; reterr says what, where, and the
 * way out. */
int store_open(const char *state_dir, struct store **ret_store, char *reterr, size_t reterr_size);
struct store *store_close(struct store *s);

/* A connection for one thread; the caller ends it with sqlite3_close(). */
int store_connect(struct store *s, enum store_use use, sqlite3 **ret_db, char *reterr, size_t reterr_size);

/* For another process than the one that has the folder: a connection that reads, and whether any
 * process has it. -ENOENT: there is no state. */
int store_look(const char *state_dir, sqlite3 **ret_db, bool *ret_held, char *reterr, size_t reterr_size);

/* -ENOSPC, -EIO, -EBADMSG, -EBUSY ... from SQLite's extended code of the last failure; 0 when the
 * last call did not fail. -EIO includes a failed fsync: what is on the disk is then unknown, so the
 * process must end and read the file afresh, not try again. */
int store_errno(sqlite3 *db);

#endif
