/* Commits are whole or never happened; alerts met again add nothing; damaged state is refused;
 * what was committed survives SIGKILL at any point. */
#include "journal/journal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "../folder.h"
#include "../suite.h"
#include "core/rng.h"

static char dir[64], words[512];
static struct store *store;
static int fail_sync;

int fdatasync(int fd)
{
	if (fail_sync) {
		errno = fail_sync;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static struct journal *opened(void)
{
	static const char *const sinks[] = { "desk", "chat", "desk" };
	struct journal *j = NULL;

	ck_assert_msg(store_open(dir, &store, words, sizeof words) == 0, "%s", words);
	ck_assert_msg(journal_open(store, sinks, 3, &j, words, sizeof words) == 0, "%s", words);
	return j;
}

static struct journal *closed(struct journal *j)
{
	j = journal_close(j);
	store = store_close(store);
	return j;
}

static int put_alert(struct journal *j, uint64_t number, int *ret_new)
{
	char id[33], json[80];
	struct journal_alert a = {
		.id = id, .rule = "r", .json = json, .event_ns = 5, .outbox_ns = 7
	};

	snprintf(id, sizeof id, "%032llx", (unsigned long long)number);
	a.json_size = (size_t)snprintf(json, sizeof json, "{\"n\":%llu}",
	                               (unsigned long long)number);
	return journal_put_alert(j, &a, ret_new);
}

static int put_position(struct journal *j, int32_t partition, int64_t next)
{
	struct journal_position p = {
		.topic = "t", .partition = partition, .next_offset = next, .warm_offset = next / 2
	};

	return journal_put_position(j, &p);
}

static int put_state(struct journal *j, const char *key, const char *blob)
{
	struct journal_state s = { .room = "policy",
		                   .key = key,
		                   .key_size = strlen(key),
		                   .blob = blob,
		                   .blob_size = blob ? strlen(blob) : 0 };

	return journal_put_state(j, &s);
}

static int64_t number(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t v;

	ck_assert_int_eq(store_connect(store, STORE_READ, &db, words, sizeof words), 0);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return v;
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(store_connect(store, STORE_PIPELINE, &db, words, sizeof words), 0);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int add_state(void *ctx, const void *key, size_t key_size, const void *blob,
                     size_t blob_size)
{
	char *out = ctx;

	snprintf(out + strlen(out), 256 - strlen(out), "%.*s=%.*s;", (int)key_size,
	         (const char *)key, (int)blob_size, (const char *)blob);
	return 0;
}

static int stop_at_first(void *ctx, const void *key, size_t key_size, const void *blob,
                         size_t blob_size)
{
	(void)key;
	(void)key_size;
	(void)blob;
	(void)blob_size;
	++*(int *)ctx;
	return -ECANCELED;
}

START_TEST(commit_is_whole)
{
	struct journal_position p = { .next_offset = -1 };
	struct journal *j;
	char one[256] = "";
	char states[256] = "";
	int new = -1;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(journal_get_position(j, "t", 3, &p), -ENOENT);
	ck_assert_int_eq(p.next_offset, -1);
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(journal_begin(j), -EINVAL);
	ck_assert_int_eq(put_alert(j, 1, &new), 0);
	ck_assert_int_eq(new, 1);
	ck_assert_int_eq(put_state(j, "b", "two"), 0);
	ck_assert_int_eq(put_state(j, "a", "one"), 0);
	ck_assert_int_eq(put_state(j, "e", ""), 0);
	ck_assert_int_eq(put_position(j, 3, 100), 0);
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 0); /* not before the commit */
	ck_assert_int_eq(journal_commit(j), 0);
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 1);
	ck_assert_int_eq(number("SELECT count(*) FROM delivery"),
	                 2); /* a sink named twice is one */
	closed(j);

	j = opened();
	ck_assert_int_eq(journal_get_position(j, "t", 3, &p), 0);
	ck_assert_int_eq(p.next_offset, 100);
	ck_assert_int_eq(p.warm_offset, 50);
	ck_assert_int_eq(journal_each_state(j, "policy", add_state, states), 0);
	ck_assert_str_eq(states, "a=one;b=two;e=;");
	ck_assert_int_eq(journal_get_state(j, "policy", "b", 1, add_state, one), 0);
	ck_assert_str_eq(one, "b=two;");
	ck_assert_int_eq(journal_get_state(j, "policy", "c", 1, add_state, one), -ENOENT);
	ck_assert_int_eq(journal_get_state(j, "other", "b", 1, add_state, one), -ENOENT);
	ck_assert_str_eq(one, "b=two;");
	ck_assert_int_eq(journal_each_state(j, "other", add_state, states), 0);
	ck_assert_str_eq(states, "a=one;b=two;e=;");
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(abort_leaves_nothing)
{
	struct journal_position p;
	struct journal *j;
	char states[256] = "";
	int new;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_state(j, "a", "kept"), 0);
	ck_assert_int_eq(put_position(j, 0, 10), 0);
	ck_assert_int_eq(journal_commit(j), 0);

	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_alert(j, 1, &new), 0);
	ck_assert_int_eq(put_state(j, "a", NULL), 0);
	ck_assert_int_eq(put_state(j, "b", "x"), 0);
	ck_assert_int_eq(put_position(j, 0, 20), 0);
	journal_abort(j);
	journal_abort(j);
	ck_assert_int_eq(journal_each_state(j, "policy", add_state, states), 0);
	ck_assert_str_eq(states, "a=kept;");
	ck_assert_int_eq(journal_get_position(j, "t", 0, &p), 0);
	ck_assert_int_eq(p.next_offset, 10);
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 0);
	ck_assert_int_eq(number("SELECT count(*) FROM delivery"), 0);

	/* Not committed and closed: as if it had never been. */
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_alert(j, 2, &new), 0);
	closed(j);
	j = opened();
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 0);
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(met_again_is_nothing)
{
	struct journal *j;
	int new;

	folder_make(dir);
	j = opened();
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(journal_begin(j), 0);
		for (uint64_t i = 0; i < 10; i++) {
			new = -1;
			ck_assert_int_eq(put_alert(j, i, &new), 0);
			ck_assert_int_eq(new, round == 0);
		}
		ck_assert_int_eq(journal_commit(j), 0);
	}
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 10);
	ck_assert_int_eq(number("SELECT count(*) FROM delivery"), 20);
	ck_assert_int_eq(
		number("SELECT count(*) FROM alert WHERE event_ns = 5 AND outbox_ns = 7 AND rule = 'r'"),
		10);
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(refused)
{
	struct journal_alert a = { .id = "short", .rule = "r", .json = "{}", .json_size = 2 };
	struct journal_position p = { .topic = "t", .next_offset = 5, .warm_offset = 6 };
	struct journal_state empty = {
		.room = "x", .key = "", .key_size = 0, .blob = "b", .blob_size = 1
	};
	struct journal *j;
	int new;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(put_alert(j, 1, &new), -EINVAL); /* outside a commit */
	ck_assert_int_eq(put_state(j, "k", "v"), -EINVAL);
	ck_assert_int_eq(put_position(j, 0, 1), -EINVAL);
	ck_assert_int_eq(journal_commit(j), -EINVAL);
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(journal_put_alert(j, &a, &new), -EINVAL);
	ck_assert_int_eq(journal_put_position(j, &p), -EINVAL);
	ck_assert_int_eq(journal_put_state(j, &empty), -EINVAL);
	ck_assert_uint_gt(strlen(journal_error(j)), 0);
	ck_assert_int_eq(journal_commit(j), 0);
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(damaged_state_is_never_used)
{
	static const char *const harm[] = {
		"UPDATE state SET blob = 'onE' WHERE key = CAST('a' AS BLOB)",
		"UPDATE state SET key = CAST('z' AS BLOB)",
		"UPDATE state SET crc = crc + 1",
		"UPDATE state SET blob = ''",
	};

	for (size_t i = 0; i < sizeof harm / sizeof harm[0]; i++) {
		char states[256] = "";
		struct journal *j;

		folder_make(dir);
		j = opened();
		ck_assert_int_eq(journal_begin(j), 0);
		ck_assert_int_eq(put_state(j, "a", "one"), 0);
		ck_assert_int_eq(journal_commit(j), 0);
		ck_assert_int_eq(journal_each_state(j, "policy", add_state, states), 0);
		run_sql(harm[i]);
		states[0] = 0;
		ck_assert_int_ne(journal_get_state(j, "policy", "a", 1, add_state, states), 0);
		ck_assert_str_eq(states, "");
		ck_assert_msg(journal_each_state(j, "policy", add_state, states) == -EBADMSG, "%s",
		              harm[i]);
		ck_assert_str_eq(states, "");
		ck_assert_ptr_nonnull(strstr(journal_error(j), "damaged"));
		closed(j);
		folder_remove(dir);
	}
}
END_TEST

START_TEST(each_stops)
{
	struct journal *j;
	int calls = 0;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_state(j, "a", "one"), 0);
	ck_assert_int_eq(put_state(j, "b", "two"), 0);
	ck_assert_int_eq(journal_commit(j), 0);
	ck_assert_int_eq(journal_each_state(j, "policy", stop_at_first, &calls), -ECANCELED);
	ck_assert_int_eq(calls, 1);
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(meta)
{
	struct journal *j;
	char *value = NULL;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(journal_get_meta(j, "config", &value), -ENOENT);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(journal_put_meta(j, "config", "abc"), 0);
	ck_assert_int_eq(journal_put_meta(j, "config", "def"), 0);
	closed(j);
	j = opened();
	ck_assert_int_eq(journal_get_meta(j, "config", &value), 0);
	ck_assert_str_eq(value, "def");
	free(value);
	closed(j);
	folder_remove(dir);
}
END_TEST

static ssize_t full(int fd, const void *p, size_t n, off_t at)
{
	(void)fd;
	(void)p;
	(void)n;
	(void)at;
	errno = ENOSPC;
	return -1;
}

/* A full disk: the commit fails, is undone, and the same again passes once there is room. */
START_TEST(full_disk_then_room)
{
	struct journal *j;
	sqlite3_vfs *vfs;
	int err, new;

	folder_make(dir);
	j = opened();
	vfs = sqlite3_vfs_find(NULL);
	for (int i = 0; i < 3; i++) {
		vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)full);
		vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)full);
		vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)full);
		err = journal_begin(j);
		if (!err)
			err = put_alert(j, 1, &new);
		if (!err)
			err = put_position(j, 0, 5);
		if (!err)
			err = journal_commit(j);
		ck_assert_int_eq(err, -ENOSPC);
		ck_assert_ptr_nonnull(strstr(journal_error(j), "full"));
		journal_abort(j);
		vfs->xSetSystemCall(vfs, NULL, NULL);
		ck_assert_int_eq(number("SELECT count(*) FROM alert"), 0);
	}
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_alert(j, 1, &new), 0);
	ck_assert_int_eq(new, 1);
	ck_assert_int_eq(put_position(j, 0, 5), 0);
	ck_assert_int_eq(journal_commit(j), 0);
	closed(j);
	j = opened();
	ck_assert_int_eq(number("SELECT count(*) FROM alert"), 1);
	closed(j);
	folder_remove(dir);
}
END_TEST

START_TEST(failed_sync_is_eio)
{
	struct journal *j;
	int new;

	folder_make(dir);
	j = opened();
	ck_assert_int_eq(journal_begin(j), 0);
	ck_assert_int_eq(put_alert(j, 1, &new), 0);
	fail_sync = ENOSPC;
	ck_assert_int_eq(journal_commit(j), -EIO);
	fail_sync = 0;
	journal_abort(j);
	closed(j);
	folder_remove(dir);
}
END_TEST

/* The child commits one alert, one blob and one position at a time and says so after each. */
static void commit_for_ever(int say)
{
	struct journal *j = opened();

	for (uint64_t i = 0;; i++) {
		char key[24];
		int new;

		snprintf(key, sizeof key, "k%llu", (unsigned long long)(i % 7));
		if (journal_begin(j) || put_alert(j, i, &new) || put_state(j, key, key) ||
		    put_position(j, 0, (int64_t)i + 1) || journal_commit(j) ||
		    write(say, &i, sizeof i) != sizeof i)
			_exit(1);
	}
}

START_TEST(killed_at_any_point)
{
	struct rng r = { 11 };

	for (int round = 0; round < 20; round++) {
		struct timespec wait = { .tv_nsec = (long)(1000000 + rng_below(&r, 40000000)) };
		struct journal_position p = { 0 };
		struct journal *j;
		int64_t said = -1, alerts;
		int say[2], status, err;
		uint64_t i;
		pid_t pid;

		folder_make(dir);
		ck_assert_int_eq(pipe(say), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			commit_for_ever(say[1]);
		close(say[1]);
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		while (read(say[0], &i, sizeof i) == sizeof i)
			said = (int64_t)i;
		close(say[0]);
		j = opened();
		err = journal_get_position(j, "t", 0, &p);
		ck_assert_msg(err == 0 || (err == -ENOENT && said < 0), "seed 11, round %d: %d",
		              round, err);
		alerts = number("SELECT count(*) FROM alert");
		/* All that was said, at most one more, and position and alerts together. */
		ck_assert_int_ge(alerts, said + 1);
		ck_assert_int_le(alerts, said + 2);
		ck_assert_int_eq(alerts, p.next_offset);
		ck_assert_int_eq(number("SELECT count(*) FROM delivery"), 2 * alerts);
		closed(j);
		folder_remove(dir);
	}
}
END_TEST

SUITE("journal", commit_is_whole, abort_leaves_nothing, met_again_is_nothing, refused,
      damaged_state_is_never_used, each_stops, meta, full_disk_then_room, failed_sync_is_eio,
      killed_at_any_point)
