/* What waits is handed out once, in order, until it ends; a hundred thousand rows; counts. */
#include "outbox/outbox.h"

#include <errno.h>
#include <stdbool.h>

#include "../folder.h"
#include "../suite.h"
#include "core/rng.h"

static char dir[64], words[512];
static struct store *store;
static struct outbox *box;

static void open_again(void)
{
	box = outbox_close(box);
	store = store_close(store);
	ck_assert_msg(store_open(dir, &store, words, sizeof words) == 0, "%s", words);
	ck_assert_msg(outbox_open(store, &box, words, sizeof words) == 0, "%s", words);
}

static void setup_box(void)
{
	folder_make(dir);
	open_again();
}

static void teardown_box(void)
{
	box = outbox_close(box);
	store = store_close(store);
	folder_remove(dir);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(store_connect(store, STORE_PIPELINE, &db, words, sizeof words), 0);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Alerts from..to, as the journal writes them, for `sink`; outbox time = number. */
static void add(int from, int to, const char *sink)
{
	char sql[900];

	snprintf(
		sql, sizeof sql,
		"BEGIN; WITH RECURSIVE c(x) AS (SELECT %d UNION ALL SELECT x + 1 FROM c WHERE x < %d)"
		" INSERT OR IGNORE INTO alert(id, rule, event_ns, outbox_ns, json)"
		" SELECT printf('%%032d', x), 'r', x, x, '{\"n\":' || x || '}' FROM c;"
		"INSERT INTO delivery(alert_seq, sink) SELECT seq, '%s' FROM alert"
		" WHERE outbox_ns BETWEEN %d AND %d ORDER BY seq; COMMIT",
		from, to, sink, from, to);
	run_sql(sql);
}

static int take(const char *sink, int64_t now, struct outbox_item *items, size_t max)
{
	int n = outbox_due(box, sink, now, items, max);

	ck_assert_msg(n >= 0, "%d: %s", n, outbox_error(box));
	for (int i = 0; i < n; i++)
		outbox_item_done(&items[i]);
	return n;
}

static struct outbox_counts counts(const char *sink)
{
	struct outbox_counts c;

	ck_assert_int_eq(outbox_count(box, sink, &c), 0);
	return c;
}

START_TEST(handed_out_once_in_order)
{
	struct outbox_item item[10];
	char json[24];

	setup_box();
	ck_assert_int_eq(take("a", 1000, item, 10), 0);
	ck_assert_int_eq(outbox_next_due(box, "a"), INT64_MAX);
	add(1, 25, "a");
	ck_assert_int_eq(outbox_next_due(box, "a"), 0);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(outbox_due(box, "a", 1000, item, 10), 10);
		for (int i = 0; i < 10; i++) {
			ck_assert_int_eq(item[i].outbox_ns, round * 10 + i + 1);
			ck_assert_int_eq(item[i].event_ns, item[i].outbox_ns);
			ck_assert_uint_eq(item[i].attempts, 0);
			ck_assert_int_eq(item[i].first_attempt_ns, 0);
			ck_assert_uint_eq(strlen(item[i].id), 32);
			snprintf(json, sizeof json, "{\"n\":%d}", round * 10 + i + 1);
			ck_assert_str_eq(item[i].json, json);
			ck_assert_uint_eq(item[i].json_size, strlen(json));
			outbox_item_done(&item[i]);
		}
	}
	ck_assert_int_eq(take("a", 1000, item, 10), 5);
	ck_assert_int_eq(take("a", 1000, item, 10), 0);
	ck_assert_int_eq(outbox_next_due(box, "a"), INT64_MAX); /* all are given out */
	ck_assert_int_eq(take("b", 1000, item, 10), 0);
	/* Nothing was marked: after a restart all wait again. */
	open_again();
	ck_assert_int_eq(take("a", 1000, item, 10), 10);
	ck_assert_int_eq(item[0].outbox_ns, 1);
	teardown_box();
}
END_TEST

START_TEST(marks)
{
	struct outbox_item item[4];

	setup_box();
	add(1, 3, "a");
	ck_assert_int_eq(take("a", 100, item, 4), 3);
	ck_assert_int_eq(outbox_delivered(box, item[0].delivery, 110), 0);
	ck_assert_int_eq(outbox_retry_at(box, item[1].delivery, 500, 105, "HTTP 500"), 0);
	ck_assert_int_eq(outbox_dead(box, item[2].delivery, 120, "HTTP 410"), 0);
	ck_assert_int_eq(outbox_delivered(box, item[0].delivery, 110),
	                 -ENOENT); /* marked already */
	ck_assert_int_eq(outbox_delivered(box, 12345, 110), -ENOENT);
	ck_assert_uint_eq(outbox_unflushed(box), 3);
	ck_assert_int_eq(outbox_next_due(box, "a"), 500);
	ck_assert_int_eq(take("a", 600, item, 4), 0); /* not before the flush */
	ck_assert_int_eq(outbox_flush(box), 0);
	ck_assert_uint_eq(outbox_unflushed(box), 0);
	ck_assert_uint_eq(counts("a").pending, 1);
	ck_assert_uint_eq(counts("a").delivered, 1);
	ck_assert_uint_eq(counts("a").dead, 1);
	ck_assert_int_eq(counts("a").oldest_pending_ns, 2);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(outbox_next_due(box, "a"), 500);
		ck_assert_int_eq(take("a", 499, item, 4), 0);
		open_again();
	}
	ck_assert_int_eq(take("a", 500, item, 4), 1);
	ck_assert_int_eq(item[0].outbox_ns, 2);
	ck_assert_uint_eq(item[0].attempts, 1);
	ck_assert_int_eq(item[0].first_attempt_ns, 105);
	ck_assert_int_eq(take("a", 500, item, 4), 0);
	ck_assert_int_eq(outbox_retry_at(box, item[0].delivery, 900, 105, NULL), 0);
	ck_assert_int_eq(outbox_flush(box), 0);
	ck_assert_int_eq(take("a", 900, item, 4), 1);
	ck_assert_uint_eq(item[0].attempts, 2);
	ck_assert_int_eq(item[0].first_attempt_ns, 105);
	teardown_box();
}
END_TEST

/* Never tried and due again take turns, whatever the size asked for. */
START_TEST(in_turn)
{
	struct outbox_item item[8];
	int fresh = 0, again = 0;

	setup_box();
	add(1, 4, "a");
	ck_assert_int_eq(take("a", 100, item, 4), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(outbox_retry_at(box, item[i].delivery, 1000 - i, 100, "x"), 0);
	ck_assert_int_eq(outbox_flush(box), 0);
	add(5, 8, "a");
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(take("a", 2000, item, 1), 1);
		if (item[0].attempts) {
			ck_assert_int_eq(item[0].outbox_ns, 4 - again); /* longest overdue first */
			again++;
		} else {
			ck_assert_int_eq(item[0].outbox_ns, 5 + fresh);
			fresh++;
		}
		ck_assert_int_le(abs(fresh - again), 1);
	}
	ck_assert_int_eq(take("a", 2000, item, 8), 0);
	teardown_box();
}
END_TEST

/* A clock that was set back holds up retries only, never what is new. */
START_TEST(clock_back)
{
	struct outbox_item item[2];

	setup_box();
	add(1000, 1001, "a");
	ck_assert_int_eq(take("a", 1, item, 2), 2);
	ck_assert_int_eq(outbox_retry_at(box, item[0].delivery, -5, 1, "x"), 0);
	ck_assert_int_eq(outbox_flush(box), 0);
	ck_assert_int_eq(take("a", 1, item, 2), 1);
	teardown_box();
}
END_TEST

static void note_sink(void *ctx, const char *sink, const struct outbox_counts *c)
{
	char *out = ctx;

	snprintf(out + strlen(out), 128 - strlen(out), "%s %d;", sink, (int)c->pending);
}

START_TEST(sinks_that_are_gone_stay)
{
	char out[128] = "";

	setup_box();
	add(1, 3, "old");
	add(1, 2, "new");
	ck_assert_int_eq(outbox_each_sink(box, note_sink, out), 0);
	ck_assert_str_eq(out, "new 2;old 3;");
	add(4, 4, "new");
	out[0] = 0;
	ck_assert_int_eq(outbox_each_sink(box, note_sink, out), 0);
	ck_assert_str_eq(out, "new 3;old 3;");
	teardown_box();
}
END_TEST

START_TEST(prune)
{
	struct outbox_item item[200];
	int64_t n, all = 0;

	setup_box();
	add(1, 100, "a");
	add(1, 100, "b");
	ck_assert_int_eq(take("a", 1000, item, 200), 100);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(i % 3 ? outbox_delivered(box, item[i].delivery, 2000 + i)
		                       : outbox_dead(box, item[i].delivery, 2000 + i, "no"),
		                 0);
	ck_assert_int_eq(take("b", 1000, item, 200), 100);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(outbox_delivered(box, item[i].delivery, 3000 + i), 0);
	ck_assert_int_eq(outbox_prune(box, 9000), 0); /* unflushed: nothing has ended yet */
	ck_assert_int_eq(outbox_flush(box), 0);
	ck_assert_int_eq(outbox_prune(box, 3000), 0);
	ck_assert_int_eq(outbox_prune(box, 3020), 20);
	ck_assert_uint_eq(counts("a").delivered + counts("a").dead, 80);
	ck_assert_int_eq(outbox_prune(box, 9000), 30);
	ck_assert_int_eq(outbox_prune(box, 9000), 0); /* 50 wait for b */
	ck_assert_uint_eq(counts("b").pending, 50);
	ck_assert_uint_eq(counts("b").delivered, 0);
	open_again();
	ck_assert_uint_eq(counts("a").delivered + counts("a").dead, 50);
	ck_assert_uint_eq(counts("b").pending, 50);
	ck_assert_int_eq(counts("b").oldest_pending_ns, 51);
	/* All ends: an empty table, and the next rows are still found. */
	ck_assert_int_eq(take("b", 1000, item, 200), 50);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(outbox_delivered(box, item[i].delivery, 4000), 0);
	ck_assert_int_eq(outbox_flush(box), 0);
	while ((n = outbox_prune(box, 9000)) > 0)
		all += n;
	ck_assert_int_eq(all, 50);
	ck_assert_int_eq(n, 0);
	add(101, 101, "b");
	ck_assert_int_eq(take("b", 1000, item, 200), 1);
	teardown_box();
}
END_TEST

/* A hundred thousand rows against the plainest model: each ends exactly once as it was marked. */
START_TEST(many)
{
	enum { ALL = 100000 };
	struct rng r = { 5 };
	unsigned char *tries = calloc(ALL + 1, 1), *over = calloc(ALL + 1, 1);
	struct outbox_item item[200];
	uint64_t delivered = 0, dead = 0;
	int64_t now = 1, next;
	int n;

	setup_box();
	add(1, ALL / 2, "a");
	add(ALL / 2 + 1, ALL, "a");
	ck_assert_uint_eq(counts("a").pending, ALL);
	while ((next = outbox_next_due(box, "a")) != INT64_MAX) {
		if (next > now)
			now = next;
		n = take("a", now, item, 1 + rng_below(&r, 200));
		ck_assert_int_gt(n, 0);
		for (int i = 0; i < n; i++) {
			size_t which = (size_t)item[i].outbox_ns;
			uint64_t fate = rng_below(&r, 10);

			ck_assert_msg(!over[which], "seed 5: alert %zu handed out after its end",
			              which);
			ck_assert_uint_eq(item[i].attempts, tries[which]);
			tries[which]++;
			if (fate < 3 && tries[which] < 20) {
				ck_assert_int_eq(
					outbox_retry_at(box, item[i].delivery,
				                        now + 1 + (int64_t)rng_below(&r, 999), 1,
				                        "x"),
					0);
				continue;
			}
			over[which] = 1;
			dead += fate == 9;
			delivered += fate != 9;
			ck_assert_int_eq(fate == 9 ? outbox_dead(box, item[i].delivery, now, "x")
			                           : outbox_delivered(box, item[i].delivery, now),
			                 0);
		}
		if (outbox_unflushed(box) > 256)
			ck_assert_int_eq(outbox_flush(box), 0);
		else if (rng_below(&r, 100) == 0) {
			ck_assert_int_eq(outbox_flush(box), 0);
			now += 100;
		}
		if (outbox_next_due(box, "a") > now)
			ck_assert_int_eq(outbox_flush(box), 0);
	}
	ck_assert_int_eq(outbox_flush(box), 0);
	for (int i = 1; i <= ALL; i++)
		ck_assert_msg(over[i], "seed 5: alert %d never ended", i);
	ck_assert_uint_eq(counts("a").delivered, delivered);
	ck_assert_uint_eq(counts("a").dead, dead);
	ck_assert_uint_eq(counts("a").pending, 0);
	ck_assert_int_eq(counts("a").oldest_pending_ns, 0);
	open_again();
	ck_assert_uint_eq(counts("a").delivered, delivered);
	ck_assert_uint_eq(counts("a").dead, dead);
	teardown_box();
	free(tries);
	free(over);
}
END_TEST

/* Marks that cannot be written stay, and what is handed out stays bounded. */
START_TEST(flush_fails_then_passes)
{
	struct outbox_item item[200];
	sqlite3 *db;
	int n;

	setup_box();
	add(1, 10000, "a");
	ck_assert_int_eq(store_connect(store, STORE_PIPELINE, &db, words, sizeof words), 0);
	/* Someone else holds the write lock; a trigger refuses instead, at once. */
	ck_assert_int_eq(sqlite3_exec(db,
	                              "CREATE TRIGGER no BEFORE UPDATE ON delivery BEGIN"
	                              " SELECT RAISE(ABORT, 'no'); END",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	while ((n = outbox_due(box, "a", 1, item, 200)) > 0)
		for (int i = 0; i < n; i++) {
			ck_assert_int_eq(outbox_delivered(box, item[i].delivery, 5), 0);
			outbox_item_done(&item[i]);
		}
	ck_assert_int_eq(n, -ENOBUFS);
	ck_assert_uint_ge(outbox_unflushed(box), 3000);
	n = (int)outbox_unflushed(box);
	ck_assert_int_lt(outbox_flush(box), 0);
	ck_assert_ptr_nonnull(strstr(outbox_error(box), "no"));
	ck_assert_uint_eq(outbox_unflushed(box), (size_t)n);
	ck_assert_int_eq(sqlite3_exec(db, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(outbox_flush(box), 0);
	ck_assert_uint_eq(outbox_unflushed(box), 0);
	ck_assert_uint_eq(counts("a").delivered, (uint64_t)n);
	ck_assert_int_gt(take("a", 1, item, 200), 0);
	ck_assert_int_eq(item[0].outbox_ns, n + 1);
	sqlite3_close(db);
	teardown_box();
}
END_TEST

SUITE("outbox", handed_out_once_in_order, marks, in_turn, clock_back, sinks_that_are_gone_stay,
      prune, many, flush_fails_then_passes)
