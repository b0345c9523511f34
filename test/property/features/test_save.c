/* A saved partition goes on as the one that was saved: every value and every tick the same to the
 * bit, whenever it was saved; damage at any byte is refused. */
#include "features/features.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

static const char *const texts[] = {
	"price",
	"size",
	"return(price, 5s)",
	"return(price, 1m)",
	"sum(size, 10s)",
	"count(10s)",
	"count(order_cancel, 20s)",
	"rate(trade, 1s)",
	"min(price, 10s)",
	"max(price, 30s)",
	"max(size, 5s)",
	"min(size, 1m)",
	"vwap(20s)",
	"mean(price, 7s)",
	"mean(size, 10s)",
	"range(price, 15s)",
	"delta(price, 10s)",
	"absent_for(3s)",
	"absent_for(20s)",
	"bid",
	"spread",
	"sum(notional, 10s)",
	"sum(size, order_add, 10s)",
	"max(notional, any, 10s)",
	"stddev(price, 20s)",
	"zscore(size, 20s)",
	"quantile(price, 75%, 20s)",
	"quantile(size, order_add, 10%, 10s)",
	"ewma(price, 5s)",
	"ewma(size, order_add, 50ms)",
	"distinct(price, 10s)",
	"distinct(side, 5s)",
	"ratio(order_add, fill, 20s)",
	"lag(price, 3)",
	"lag(size, order_cancel, 12)",
	"time_since(trade)",
	"first_seen",
	"observed",
	"count(10s) by account",
	"sum(size, buy, 10s) by account+instrument",
	"absent_for(5s) by venue",
	"price by account+venue",
	"stddev(size, 20s where account in watch)",
	"count(trade, opposite, 10s where size > 10 and account != \"a\")",
	"max(price, same, 20s) by account",
	"delta(price, 10s) of \"I1\"",
	"lag(size, 2) of \"I2\"",
	"account in watch",
	"side == buy",
	"best_bid",
	"depth(opposite, 3)",
	"imbalance(5)",
	"book_crossed",
	"order_age",
	"order_share(2)",
	"own_depth(buy, 2)",
	"own_levels(same)",
	"count(order_cancel, 20s where order_level < 3)",
	"microprice of \"I1\"",
};

#define N_TEXTS (sizeof texts / sizeof texts[0])

static const struct tocsin_str watch[] = { { "a", 1 }, { "c", 1 } };

static struct feature_set *make_set_watching(size_t n, size_t n_watch)
{
	struct feature_set *s;
	char reason[200];

	ck_assert_int_eq(feature_set_new(&s), 0);
	ck_assert_int_eq(feature_set_list(s, "watch", watch, n_watch), 0);
	for (size_t i = 0; i < n; i++) {
		uint32_t index;
		size_t at;

		ck_assert_msg(feature_set_add(s, texts[i], FEATURE_BY_INSTRUMENT, &index, &at,
		                              reason, sizeof reason) == 0,
		              "%s: %s", texts[i], reason);
	}
	return s;
}

static struct feature_set *make_set(size_t n)
{
	return make_set_watching(n, 2);
}

static const struct feature_limits limits = {
	.max_keys = 12,
	.max_window_events = 40,
	.allowed_lateness_ns = 2 * NS_PER_S,
	.books = { .max_books = 9, .max_book_orders = 30, .max_accounts = 12 }
};

static struct feature_table *make_table(const struct feature_set *s)
{
	struct feature_table *t;

	ck_assert_int_eq(feature_table_new(s, &limits, &t), 0);
	return t;
}

/* An event near `*now`, of one of 15 instruments: more than the table holds. */
static struct tocsin_event make_event(struct rng *r, int64_t *now, char name[static 8])
{
	struct tocsin_event e = { .size = sizeof e,
		                  .price = TOCSIN_NONE,
		                  .qty = TOCSIN_NONE,
		                  .bid = TOCSIN_NONE,
		                  .ask = TOCSIN_NONE,
		                  .bid_qty = TOCSIN_NONE,
		                  .ask_qty = TOCSIN_NONE,
		                  .open = TOCSIN_NONE,
		                  .high = TOCSIN_NONE,
		                  .low = TOCSIN_NONE };
	uint64_t step = rng_below(r, 20);

	*now += step == 0 ? (int64_t)rng_below(r, 30 * NS_PER_S)
	                  : (int64_t)rng_below(r, NS_PER_S / 2);
	e.kind = (uint8_t)rng_below(r, TOCSIN_TICK);
	e.side = (uint8_t)rng_below(r, 3);
	e.time_ns = *now - (rng_below(r, 5) ? 0 : (int64_t)rng_below(r, 4 * NS_PER_S));
	if (rng_below(r, 10))
		e.price = (int64_t)rng_below(r, 1000) * TOCSIN_SCALE / 7 + 1;
	if (rng_below(r, 10))
		e.qty = (int64_t)rng_below(r, 100) * TOCSIN_SCALE / 3;
	if (e.kind == TOCSIN_QUOTE) {
		e.bid = (int64_t)rng_below(r, 1000) * TOCSIN_SCALE;
		e.ask = e.bid + TOCSIN_SCALE;
	}
	if (rng_below(r, 50) == 0)
		e.flags = TOCSIN_FLAG_SNAPSHOT;
	if (rng_below(r, 3))
		e.flags |= TOCSIN_FLAG_MORE;
	if (e.kind == TOCSIN_FILL && rng_below(r, 2))
		e.flags |= TOCSIN_FLAG_FILL_KEEPS_BOOK;
	if (rng_below(r, 10))
		e.order_id = (struct tocsin_str){ "0123456789abcdefghijklmnopqrstuvwxyz" +
			                                  rng_below(r, 8),
			                          1 + (uint32_t)rng_below(r, 28) };
	if (rng_below(r, 20) == 0)
		e.sequence = 100 - rng_below(r, 2);
	snprintf(name, 8, "I%d", (int)(rng_below(r, 3) ? rng_below(r, 6) : rng_below(r, 15)));
	e.instrument = (struct tocsin_str){ name, (uint32_t)strlen(name) };
	e.side = (uint8_t)rng_below(r, 3);
	e.account = (struct tocsin_str){ "abcdefghijklmnop" + rng_below(r, 16), 1 };
	if (rng_below(r, 4))
		e.venue = (struct tocsin_str){ "XYZ" + rng_below(r, 3), 1 };
	return e;
}

static void compare(const struct tocsin_sample *a, const struct tocsin_sample *b, uint64_t seed,
                    int step)
{
	ck_assert_msg(a->key == b->key && a->event->time_ns == b->event->time_ns &&
	                      a->event->kind == b->event->kind,
	              "seed %llu step %d: another event", (unsigned long long)seed, step);
	for (uint32_t i = 0; i < a->n_features; i++)
		if (memcmp(&a->x[i], &b->x[i], sizeof a->x[i]) != 0 &&
		    !(a->x[i] != a->x[i] && b->x[i] != b->x[i]))
			ck_abort_msg("seed %llu step %d: x[%u] is %.17g, was %.17g",
			             (unsigned long long)seed, step, i, b->x[i], a->x[i]);
}

static void step_both(struct feature_table *a, struct feature_table *b,
                      const struct tocsin_event *e, uint64_t seed, int step)
{
	struct tocsin_sample x, y;

	for (;;) {
		bool more = feature_table_tick(a, e->time_ns, &x);

		ck_assert_msg(feature_table_tick(b, e->time_ns, &y) == more,
		              "seed %llu step %d: a tick", (unsigned long long)seed, step);
		if (!more)
			break;
		compare(&x, &y, seed, step);
	}
	feature_table_add(a, e, &x);
	feature_table_add(b, e, &y);
	compare(&x, &y, seed, step);
}

START_TEST(goes_on_the_same)
{
	struct feature_set *s = make_set(N_TEXTS);

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct rng r = { seed };
		struct feature_table *a = make_table(s), *b = make_table(s);
		struct buf saved = { 0 }, again = { 0 };
		int64_t now = 1700000000 * NS_PER_S;

		for (int step = 0; step < 1500; step++) {
			char name[8];
			struct tocsin_event e = make_event(&r, &now, name);

			if (rng_below(&r, 60) == 0) {
				buf_clear(&saved);
				feature_table_save(a, &saved);
				b = feature_table_free(b);
				b = make_table(s);
				ck_assert_int_eq(feature_table_load(b, saved.p, saved.n), 0);
				buf_clear(&again);
				feature_table_save(b, &again);
				ck_assert_msg(saved.n == again.n &&
				                      memcmp(saved.p, again.p, saved.n) == 0,
				              "seed %llu step %d: saved again, other bytes",
				              (unsigned long long)seed, step);
				ck_assert_int_eq(feature_table_watermark(a),
				                 feature_table_watermark(b));
			}
			step_both(a, b, &e, seed, step);
		}
		feature_table_free(a);
		feature_table_free(b);
		buf_done(&saved);
		buf_done(&again);
	}
	feature_set_free(s);
}
END_TEST

static struct feature_table *filled(const struct feature_set *s, struct buf *saved)
{
	struct feature_table *t = make_table(s);
	struct rng r = { 99 };
	int64_t now = 1700000000 * NS_PER_S;

	for (int i = 0; i < 60; i++) {
		char name[8];
		struct tocsin_event e = make_event(&r, &now, name);
		struct tocsin_sample x;

		feature_table_add(t, &e, &x);
	}
	feature_table_save(t, saved);
	return t;
}

START_TEST(damage_is_refused)
{
	struct feature_set *s = make_set(N_TEXTS);
	struct buf saved = { 0 }, after = { 0 };
	struct feature_table *t = filled(s, &saved), *fresh = make_table(s);
	struct buf blank = { 0 };

	feature_table_save(fresh, &blank);
	for (size_t i = 0; i < saved.n; i++) {
		saved.p[i] ^= 1;
		if (feature_table_load(fresh, saved.p, saved.n) != -EBADMSG)
			ck_abort_msg("byte %zu", i);
		saved.p[i] ^= 1;
	}
	for (size_t n = 0; n < saved.n; n++)
		if (feature_table_load(fresh, saved.p, n) != -EBADMSG)
			ck_abort_msg("%zu bytes", n);
	feature_table_save(fresh, &after);
	ck_assert(after.n == blank.n && memcmp(after.p, blank.p, after.n) == 0);
	ck_assert_int_eq(feature_table_load(fresh, saved.p, saved.n), 0);
	feature_table_free(t);
	feature_table_free(fresh);
	feature_set_free(s);
	buf_done(&saved);
	buf_done(&after);
	buf_done(&blank);
}
END_TEST

START_TEST(other_features_are_refused)
{
	struct feature_set *s = make_set(N_TEXTS), *fewer = make_set(N_TEXTS - 1);
	struct buf saved = { 0 };
	struct feature_table *t = filled(s, &saved), *other = make_table(fewer);

	ck_assert_int_eq(feature_table_load(other, saved.p, saved.n), -ESTALE);
	feature_table_free(t);
	feature_table_free(other);
	feature_set_free(s);
	feature_set_free(fewer);
	buf_done(&saved);
}
END_TEST

/* What a list holds decides what windows hold. */
START_TEST(other_words_are_refused)
{
	struct feature_set *s = make_set_watching(N_TEXTS, 2);
	struct feature_set *fewer = make_set_watching(N_TEXTS, 1);
	struct buf saved = { 0 };
	struct feature_table *t = filled(s, &saved), *other = make_table(fewer);

	ck_assert_int_eq(feature_table_load(other, saved.p, saved.n), -ESTALE);
	feature_table_free(t);
	feature_table_free(other);
	feature_set_free(s);
	feature_set_free(fewer);
	buf_done(&saved);
}
END_TEST

SUITE("save", goes_on_the_same, damage_is_refused, other_features_are_refused,
      other_words_are_refused)
