/* The state folder: made, locked, checked; what is not ours is refused and left as it was. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../folder.h"
#include "../suite.h"

static char dir[64], words[512];

static void exec_in(const char *path, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static const char *db_path(void)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/tocsin.db", dir);
	return path;
}

static struct store *opened(void)
{
	struct store *s = NULL;

	words[0] = 0;
	ck_assert_msg(store_open(dir, &s, words, sizeof words) == 0, "%s", words);
	ck_assert_ptr_nonnull(s);
	return s;
}

/* Refused with this error, with words that hold `part`, and without touching *ret. */
static void refused(const char *where, int err, const char *part)
{
	struct store *s = (void *)1;
	int got;

	words[0] = 0;
	got = store_open(where, &s, words, sizeof words);
	ck_assert_msg(got == err, "%d, not %d: %s", got, err, words);
	ck_assert_ptr_eq(s, (void *)1);
	ck_assert_msg(strstr(words, part) != NULL, "\"%s\" lacks \"%s\"", words, part);
}

START_TEST(made_and_opened_again)
{
	struct store *s;
	struct stat st;
	sqlite3 *db = NULL;
	char sub[96];

	folder_make(dir);
	snprintf(sub, sizeof sub, "%s/state", dir);
	ck_assert_int_eq(store_open(sub, &s, words, sizeof words), 0);
	ck_assert_int_eq(stat(sub, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	strcat(sub, "/tocsin.db");
	ck_assert_int_eq(stat(sub, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	for (int use = STORE_PIPELINE; use <= STORE_READ; use++) {
		ck_assert_int_eq(store_connect(s, (enum store_use)use, &db, words, sizeof words),
		                 0);
		ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	}
	s = store_close(s);
	ck_assert_ptr_null(s);
	sub[strlen(sub) - strlen("/tocsin.db")] = 0;
	ck_assert_int_eq(store_open(sub, &s, words, sizeof words), 0);
	store_close(s);
	folder_remove(dir);
}
END_TEST

START_TEST(one_holder)
{
	struct store *s;
	char pid[40];

	folder_make(dir);
	s = opened();
	snprintf(pid, sizeof pid, "pid %ld;", (long)getpid());
	refused(dir, -EBUSY, pid);
	store_close(s);
	store_close(opened());
	folder_remove(dir);
}
END_TEST

/* The lock ends with its holder, however it ends. */
START_TEST(lock_ends_with_holder)
{
	int ready[2], status;
	char c;
	pid_t pid;

	folder_make(dir);
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct store *s;

		if (store_open(dir, &s, words, sizeof words) == 0 && write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	refused(dir, -EBUSY, "in use by another process");
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	store_close(opened());
	folder_remove(dir);
}
END_TEST

START_TEST(wrong_places)
{
	char path[128];
	int fd;

	folder_make(dir);
	snprintf(path, sizeof path, "%s/a/b", dir);
	refused(path, -ENOENT, "the folder above it does not exist");
	snprintf(path, sizeof path, "%s/file", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	refused(path, -ENOTDIR, "is not a folder");
	strcat(path, "/under");
	refused(path, -ENOTDIR, "cannot create");
	/* A folder where nobody may write, root included. */
	refused("/proc/self", -ENOENT, "/proc/self/lock: cannot write");
	folder_remove(dir);
}
END_TEST

static void whole(const char *path, char **ret, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	long n;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	ck_assert_int_ge(n, 0);
	rewind(f);
	*ret = malloc((size_t)n + 1);
	*ret_n = fread(*ret, 1, (size_t)n, f);
	ck_assert_uint_eq(*ret_n, (size_t)n);
	fclose(f);
}

START_TEST(foreign_is_left_alone)
{
	char *before, *after;
	size_t n, m;

	folder_make(dir);
	exec_in(db_path(), "CREATE TABLE recipes(name); INSERT INTO recipes VALUES('soup')");
	whole(db_path(), &before, &n);
	refused(dir, -EBADMSG, "another program");
	whole(db_path(), &after, &m);
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(before, after, n);
	free(before);
	free(after);
	folder_remove(dir);
}
END_TEST

START_TEST(newer_is_refused)
{
	folder_make(dir);
	store_close(opened());
	exec_in(db_path(), "PRAGMA user_version = 999");
	refused(dir, -EPROTO, "newer version (schema 999");
	exec_in(db_path(), "PRAGMA user_version = 1");
	store_close(opened());
	folder_remove(dir);
}
END_TEST

START_TEST(not_a_database)
{
	FILE *f;

	folder_make(dir);
	f = fopen(db_path(), "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	refused(dir, -EBADMSG, "not a database");
	ck_assert_ptr_nonnull(strstr(words, "move the folder's tocsin.db"));
	folder_remove(dir);
}
END_TEST

/* An empty file is what a crash right after its making leaves. */
START_TEST(empty_is_fresh)
{
	folder_make(dir);
	close(open(db_path(), O_CREAT | O_WRONLY, 0600));
	store_close(opened());
	folder_remove(dir);
}
END_TEST

/* Every page in turn overwritten: refused as damaged, or (a page that is free, or the middle of a
 * long text) still opened; never anything else. At least nine of ten are seen. */
START_TEST(damaged_pages)
{
	char *good;
	size_t n, page = 4096, seen = 0;

	folder_make(dir);
	store_close(opened());
	exec_in(db_path(),
	        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300)"
	        " INSERT INTO alert(id, rule, event_ns, outbox_ns, json)"
	        " SELECT printf('%032d', x), 'r', x, x, hex(randomblob(50)) FROM c;"
	        "INSERT INTO delivery(alert_seq, sink) SELECT seq, 's' FROM alert;"
	        "PRAGMA wal_checkpoint(TRUNCATE)");
	whole(db_path(), &good, &n);
	ck_assert_uint_gt(n / page, 15);
	for (size_t i = 0; i < n / page; i++) {
		struct store *s = NULL;
		FILE *f = fopen(db_path(), "wb");
		char bad[4096];
		int err;

		memset(bad, 0xa5, sizeof bad);
		ck_assert_uint_eq(fwrite(good, 1, n, f), n);
		fseek(f, (long)(i * page), SEEK_SET);
		fwrite(bad, 1, sizeof bad, f);
		fclose(f);
		err = store_open(dir, &s, words, sizeof words);
		ck_assert_msg(err == 0 || err == -EBADMSG, "page %zu: %d %s", i, err, words);
		if (err) {
			ck_assert_ptr_nonnull(strstr(words, "damaged"));
			ck_assert_ptr_nonnull(strstr(words, "move the folder's"));
			seen++;
		}
		store_close(s);
	}
	ck_assert_msg(seen * 10 >= n / page * 9, "%zu of %zu", seen, n / page);
	free(good);
	folder_remove(dir);
}
END_TEST

/* The system call that SQLite makes, made to fail. */
static int fail_with;

static ssize_t failing_write(int fd, const void *p, size_t n, off_t at)
{
	(void)fd;
	(void)p;
	(void)n;
	(void)at;
	errno = fail_with;
	return -1;
}

/* In place of the C library's: SQLite calls it directly. */
int fdatasync(int fd)
{
	if (fail_with) {
		errno = fail_with;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

START_TEST(disk_full_and_failing)
{
	static const struct {
		int system, err;
	} cases[] = { { ENOSPC, -ENOSPC }, { EIO, -EIO }, { EDQUOT, -ENOSPC } };
	sqlite3_vfs *vfs;

	sqlite3_initialize();
	vfs = sqlite3_vfs_find(NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		folder_make(dir);
		vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)failing_write);
		vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)failing_write);
		vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)failing_write);
		fail_with = cases[i].system;
		refused(dir, cases[i].err, "tocsin.db");
		vfs->xSetSystemCall(vfs, NULL, NULL);
		fail_with = 0;
		store_close(opened());
		folder_remove(dir);
	}
	/* fsync: whatever it failed with, what is on the disk is unknown. */
	folder_make(dir);
	store_close(opened());
	fail_with = ENOSPC;
	refused(dir, -EIO, "tocsin.db");
	fail_with = 0;
	store_close(opened());
	folder_remove(dir);
}
END_TEST

SUITE("store", made_and_opened_again, one_holder, lock_ends_with_holder, wrong_places,
      foreign_is_left_alone, newer_is_refused, not_a_database, empty_is_fresh, damaged_pages,
      disk_full_and_failing)
