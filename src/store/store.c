/* store.c - opens the state folder: one holder, one database that is ours, whole and writable.
 *
 * The order matters: nothing is written before the file is known to be ours. So a folder that
 * belongs to something else, or to a newer version, is left byte for byte as it was. Last comes
 * a small commit, so that a full or read-only disk is met here and not at the first alert. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "schema.h"

#define BUSY_SHORT 200 /* waits of 0.1 ms for the write lock, */
#define BUSY_LONG 5000 /* then so many of 1 ms */
#define WAY_OUT \
	"move the folder's tocsin.db* away to start afresh: events are read again from the " \
	"broker's committed position, alerts still waiting in it would not be sent"

struct store {
	char *dir, *path;
	int lock;
};

DEFINE_CLEANUP(struct store *, store_close)

/* "what: why" into reterr; passes `err` through. */
__attribute__((format(printf, 4, 5))) static int refuse(int err, char *reterr, size_t size,
                                                        const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reterr, size, format, args);
	va_end(args);
	return err;
}

static int errno_of_system(int system_errno)
{
	switch (system_errno) {
	case ENOSPC:
	case EDQUOT: return -ENOSPC;
	case EROFS: return -EROFS;
	case EACCES:
	case EPERM: return -EACCES;
	default: return 0;
	}
}

int store_errno(sqlite3 *db)
{
	int code = sqlite3_extended_errcode(db), err;

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return -EBADMSG;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH: return -EACCES;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_TOOBIG: return -E2BIG;
	case SQLITE_CONSTRAINT: return -EEXIST;
	case SQLITE_INTERRUPT: return -EINTR;
	case SQLITE_CANTOPEN:
		err = errno_of_system(sqlite3_system_errno(db));
		return err ? err : -EACCES;
	case SQLITE_IOERR:
		/* A failed fsync stays an I/O error whatever its errno: what was written is unknown. */
		if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
			return -EIO;
		err = errno_of_system(sqlite3_system_errno(db));
		return err ? err : -EIO;
	default: return -EIO;
	}
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	if (s->lock >= 0)
		close(s->lock);
	free(s->dir);
	free(s->path);
	free(s);
	return NULL;
}

/* The folder, made when only it is missing. */
static int make_folder(const char *dir, char *reterr, size_t size)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		int err = -errno;

		if (err == -ENOENT)
			return refuse(
				err, reterr, size,
				"%s: cannot create the state folder: the folder above it does not exist",
				dir);
		return refuse(err, reterr, size, "%s: cannot create the state folder: %s", dir,
		              strerror(-err));
	}
	if (stat(dir, &st) < 0) {
		int err = -errno;

		return refuse(err, reterr, size, "%s: %s", dir, strerror(-err));
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(-ENOTDIR, reterr, size, "%s: the state folder is not a folder", dir);
	return 0;
}

static int lock_folder(struct store *s, char *reterr, size_t size)
{
	_cleanup_(freep) char *path = NULL;
	char pid[24] = "";
	int err;

	if (asprintf(&path, "%s/lock", s->dir) < 0) {
		path = NULL;
		return refuse(-ENOMEM, reterr, size, "out of memory");
	}
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0) {
		err = -errno;
		return refuse(err, reterr, size, "%s: cannot write to the state folder: %s%s", path,
		              strerror(-err),
		              err == -ENOSPC ? "; free some space and start again" : "");
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		ssize_t n = pread(s->lock, pid, sizeof pid - 1, 0);

		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		pid[n > 0 ? n : 0] = 0;
		pid[strspn(pid, "0123456789")] = 0;
		if (err != -EBUSY)
			return refuse(err, reterr, size, "%s: cannot lock: %s", path,
			              strerror(-err));
		return refuse(
			err, reterr, size,
			"%s: in use by another process%s%s; each process needs a state folder of its own",
			s->dir, *pid ? ", pid " : "", pid);
	}
	snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(s->lock, 0) < 0 || pwrite(s->lock, pid, strlen(pid), 0) < 0) {
		err = -errno;
		return refuse(err, reterr, size, "%s: cannot write to the state folder: %s", path,
		              strerror(-err));
	}
	return 0;
}

static int number(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	rc = sqlite3_finalize(st);
	return rc == SQLITE_OK ? 0 : store_errno(db);
}

static int run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_errno(db);
}

static int damaged(struct store *s, const char *why, char *reterr, size_t size)
{
	return refuse(-EBADMSG, reterr, size, "%s: damaged (%s); " WAY_OUT, s->path, why);
}

static int failed(struct store *s, sqlite3 *db, int err, char *reterr, size_t size)
{
	if (err == -EBADMSG)
		return damaged(s, sqlite3_errmsg(db), reterr, size);
	/* SQLite calls it an I/O error when it is the shared memory that finds no room. */
	if (err == -ENOSPC)
		return refuse(err, reterr, size,
		              "%s: the disk is full; free some space and start again", s->path);
	return refuse(err, reterr, size, "%s: %s", s->path, sqlite3_errmsg(db));
}

/* Ours, of a version we read, or empty? Reads only. *ret_fresh: there is nothing in it yet. */
static int identify(struct store *s, sqlite3 *db, bool *ret_fresh, char *reterr, size_t size)
{
	int64_t application = 0, version = 0, objects = 0;
	int err = number(db, "SELECT count(*) FROM sqlite_master", &objects);

	if (!err)
		err = number(db, "PRAGMA application_id", &application);
	if (!err)
		err = number(db, "PRAGMA user_version", &version);
	if (err && sqlite3_errcode(db) == SQLITE_NOTADB)
		return refuse(-EBADMSG, reterr, size,
		              "%s: not a database, or its first page is damaged; " WAY_OUT,
		              s->path);
	if (err)
		return failed(s, db, err, reterr, size);
	*ret_fresh = application == 0 && version == 0 && objects == 0;
	if (*ret_fresh)
		return 0;
	if (application != SCHEMA_APPLICATION)
		return refuse(
			-EBADMSG, reterr, size,
			"%s: a database of another program, left untouched; name another state folder",
			s->path);
	if (version > SCHEMA_VERSION)
		return refuse(
			-EPROTO, reterr, size,
			"%s: written by a newer version (schema %lld, this one reads up to %d); "
			"run that version, or " WAY_OUT,
			s->path, (long long)version, SCHEMA_VERSION);
	return 0;
}

/* The last line of what quick_check answers: before it may stand a heading. */
static const char *last_line(const char *words)
{
	const char *end = strrchr(words, '\n');

	return end && end[1] ? end + 1 : words;
}

static int quick_check(struct store *s, sqlite3 *db, char *reterr, size_t size)
{
	sqlite3_stmt *st = NULL;
	int err = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL) != SQLITE_OK)
		return failed(s, db, store_errno(db), reterr, size);
	if (sqlite3_step(st) == SQLITE_ROW) {
		const char *words = (const char *)sqlite3_column_text(st, 0);

		if (!words || strcmp(words, "ok") != 0)
			err = damaged(s, words ? last_line(words) : "no answer", reterr, size);
	} else {
		err = failed(s, db, store_errno(db), reterr, size);
	}
	sqlite3_finalize(st);
	return err;
}

/* Both writers hold the lock for well under a millisecond, but one may take it a thousand times a
 * second: SQLite's own handler, whose waits grow to 100 ms, then misses every gap. */
static int wait_for_lock(void *ctx, int tries)
{
	struct timespec t = { 0, tries < BUSY_SHORT ? 100000 : 1000000 };

	(void)ctx;
	nanosleep(&t, NULL);
	return tries < BUSY_SHORT + BUSY_LONG;
}

static int configure(sqlite3 *db, enum store_use use)
{
	int err = sqlite3_busy_handler(db, wait_for_lock, NULL) == SQLITE_OK ? 0 : store_errno(db);

	sqlite3_extended_result_codes(db, 1);
	if (!err)
		err = run(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
		              "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;");
	if (err || use == STORE_READ)
		return err;
	/* The delivery connection moves the log into the file; the pipeline does it only when the
	 * other lags, so that an event rarely waits for a checkpoint. */
	if (use == STORE_PIPELINE)
		return run(db, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;");
	return run(db, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 1000;");
}

/* Write-ahead log, which needs shared memory: some network file systems have none. */
static int log_mode(struct store *s, sqlite3 *db, char *reterr, size_t size)
{
	sqlite3_stmt *st = NULL;
	const char *mode;
	int err = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &st, NULL) != SQLITE_OK)
		return failed(s, db, store_errno(db), reterr, size);
	if (sqlite3_step(st) != SQLITE_ROW) {
		err = failed(s, db, store_errno(db), reterr, size);
	} else {
		mode = (const char *)sqlite3_column_text(st, 0);
		if (!mode || strcmp(mode, "wal") != 0)
			err = refuse(
				-EIO, reterr, size,
				"%s: this file system cannot hold a write-ahead log; name a local state folder",
				s->path);
	}
	sqlite3_finalize(st);
	return err;
}

static int prepare(struct store *s, sqlite3 *db, char *reterr, size_t size)
{
	bool fresh = false;
	int err = identify(s, db, &fresh, reterr, size);

	if (!err && !fresh)
		err = quick_check(s, db, reterr, size);
	if (err)
		return err;
	err = log_mode(s, db, reterr, size);
	if (err)
		return err;
	err = run(db, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE;");
	if (!err && fresh)
		err = run(db, schema_script());
	/* The write that finds a full or read-only disk now. */
	if (!err)
		err = run(db, "UPDATE meta SET value = value + 1 WHERE name = 'starts'");
	if (!err)
		err = run(db, "COMMIT");
	if (err)
		err = failed(s, db, err, reterr, size);
	return err;
}

static int open_database(struct store *s, char *reterr, size_t size)
{
	sqlite3 *db = NULL;
	int fd, err;

	/* Made by us so that it, and the log files that copy its mode, are for their owner only. */
	fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
		return refuse(err, reterr, size, "%s: %s", s->path, strerror(-err));
	}
	close(fd);
	if (sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		err = failed(s, db, db ? store_errno(db) : -ENOMEM, reterr, size);
	else if ((err = configure(db, STORE_READ)) != 0)
		err = failed(s, db, err, reterr, size);
	else
		err = prepare(s, db, reterr, size);
	if (sqlite3_close(db) != SQLITE_OK && !err)
		err = refuse(-EIO, reterr, size, "%s: cannot be closed", s->path);
	return err;
}

int store_open(const char *state_dir, struct store **ret_store, char *reterr, size_t reterr_size)
{
	_cleanup_(store_closep) struct store *s = calloc(1, sizeof *s);
	int err;

	if (!s)
		return refuse(-ENOMEM, reterr, reterr_size, "out of memory");
	s->lock = -1;
	s->dir = strdup(state_dir);
	if (!s->dir || asprintf(&s->path, "%s/tocsin.db", state_dir) < 0) {
		s->path = NULL;
		return refuse(-ENOMEM, reterr, reterr_size, "out of memory");
	}
	err = make_folder(state_dir, reterr, reterr_size);
	if (!err)
		err = lock_folder(s, reterr, reterr_size);
	if (!err)
		err = open_database(s, reterr, reterr_size);
	if (!err)
		*ret_store = TAKE_PTR(s);
	return err;
}

int store_connect(struct store *s, enum store_use use, sqlite3 **ret_db, char *reterr,
                  size_t reterr_size)
{
	int flags = SQLITE_OPEN_NOMUTEX |
	            (use == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	sqlite3 *db = NULL;
	int err = 0;

	if (sqlite3_open_v2(s->path, &db, flags, NULL) != SQLITE_OK)
		err = db ? store_errno(db) : -ENOMEM;
	if (!err)
		err = configure(db, use);
	if (err) {
		if (db)
			failed(s, db, err, reterr, reterr_size);
		else
			refuse(err, reterr, reterr_size, "out of memory");
		sqlite3_close(db);
		return err;
	}
	*ret_db = db;
	return 0;
}

static bool is_held(const char *state_dir)
{
	char *path;
	bool held = false;
	int fd;

	if (asprintf(&path, "%s/lock", state_dir) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (fd >= 0) {
		held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
		close(fd);
	}
	return held;
}

int store_look(const char *state_dir, sqlite3 **ret_db, bool *ret_held, char *reterr,
               size_t reterr_size)
{
	struct stat st;
	sqlite3 *db = NULL;
	char *path;
	int err = 0;

	if (asprintf(&path, "%s/tocsin.db", state_dir) < 0)
		return -ENOMEM;
	if (stat(path, &st) < 0)
		err = -errno;
	else if (sqlite3_open_v2(path, &db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY, NULL) !=
	         SQLITE_OK)
		err = db ? store_errno(db) : -ENOMEM;
	if (!err)
		err = configure(db, STORE_READ);
	if (err) {
		snprintf(reterr, reterr_size, "%s: %s", path,
		         db ? sqlite3_errmsg(db) : strerror(-err));
		sqlite3_close(db);
	} else {
		*ret_db = db;
		*ret_held = is_held(state_dir);
	}
	free(path);
	return err;
}
