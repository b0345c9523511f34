/* Reading and writing again of mbo lines; the table of patterns. */
#include "episodes/inject.h"
#include "episodes/mbo.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

#define LINE(time, action, side, price, size, order) \
	"{\"ts_recv\":\"1\",\"hd\":{\"ts_event\":\"" time "\",\"rtype\":160},\"action\":\"" action \
	"\",\"side\":\"" side "\",\"price\":\"" price "\",\"size\":" size \
	",\"channel_id\":0,\"order_id\":\"" order \
	"\",\"flags\":130,\"sequence\":7,\"symbol\":\"ESH4\"}"

static int add(struct mbo_log *l, const char *text)
{
	return mbo_add(l, text, strlen(text));
}

START_TEST(reads_lines)
{
	struct mbo_log l = { 0 };

	ck_assert_int_eq(add(&l, LINE("100", "A", "B", "4799000000000", "2", "41")), 0);
	ck_assert_int_eq(add(&l, LINE("100", "T", "A", "4799250000000", "12", "9")), 0);
	ck_assert_int_eq((int)l.n, 2);
	ck_assert_int_eq((int)l.v[1].time_ns, 100);
	ck_assert_int_eq(l.v[1].action, 'T');
	ck_assert_int_eq(l.v[1].side, 'A');
	ck_assert_int_eq((int)l.v[1].size, 12);
	ck_assert_int_eq((int)l.v[1].flags, 130);
	ck_assert_uint_eq(l.last_order, 41);
	ck_assert_int_eq(l.tick, 250000000);
	ck_assert_str_eq(l.symbols[0], "ESH4");
	mbo_done(&l);
}
END_TEST

START_TEST(shifts_times)
{
	struct mbo_log l = { .shift_ns = 50 };
	struct buf out = { 0 };

	ck_assert_int_eq(add(&l, LINE("100", "A", "B", "4799000000000", "2", "41")), -EINVAL);
	ck_assert_int_eq(add(&l,
	                     "{\"ts_recv\":\"800\",\"hd\":{\"ts_event\":\"100\"},\"action\":\"A\","
	                     "\"side\":\"B\",\"price\":\"1\",\"size\":2,\"order_id\":\"4\","
	                     "\"flags\":0,\"symbol\":\"X\"}"),
	                 0);
	ck_assert_int_eq((int)l.v[0].time_ns, 150);
	mbo_rewrite(&l.v[0], 2, 4, "", &out);
	ck_assert_ptr_nonnull(
		strstr(buf_str(&out), "{\"ts_recv\":\"850\",\"hd\":{\"ts_event\":\"150\"}"));
	buf_done(&out);
	mbo_done(&l);
}
END_TEST

START_TEST(refuses_others)
{
	static const char *const wrong[] = {
		"",
		"{}",
		"{\"a\":1}",
		LINE("x", "A", "B", "1", "2", "41"),
		LINE("1", "AB", "B", "1", "2", "41"),
		LINE("1", "A", "B", "1", "-2", "41"),
		LINE("1", "A", "B", "1", "2", "-41"),
		LINE("1", "A", "B", "99999999999999999999", "2", "41"),
		LINE("1", "A", "B", "1", "2", "41") " ",
	};
	struct mbo_log l = { 0 };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(add(&l, wrong[i]), -EINVAL);
	ck_assert_int_eq(add(&l, LINE("10", "A", "B", "1", "2", "41")), 0);
	ck_assert_int_eq(add(&l, LINE("9", "A", "B", "1", "2", "42")), -ERANGE);
	ck_assert_int_eq((int)l.n, 1);
	mbo_done(&l);
}
END_TEST

START_TEST(writes_again)
{
	struct mbo_log l = { 0 };
	struct buf out = { 0 };

	add(&l, LINE("100", "A", "B", "4799000000000", "2", "41"));
	mbo_rewrite(&l.v[0], 2, 41, "", &out);
	ck_assert_str_eq(buf_str(&out), LINE("100", "A", "B", "4799000000000", "2", "41"));
	buf_clear(&out);
	mbo_rewrite(&l.v[0], 17, 5000, ",\"account\":\"U1\"", &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "\"size\":17,"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "\"order_id\":\"5000\","));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "\"symbol\":\"ESH4\",\"account\":\"U1\"}"));
	buf_done(&out);
	mbo_done(&l);
}
END_TEST

/* Every range is one, and grows harder without a hole in the words. */
START_TEST(the_table_is_whole)
{
	for (int k = 0; k < N_KINDS; k++) {
		const struct pattern_kind *kind = &pattern_kinds[k];

		ck_assert_ptr_nonnull(kind->name);
		ck_assert_int_eq(pattern_find(kind->name), k);
		ck_assert_int_eq(kind->looks_like != NULL, k >= N_PATTERNS);
		ck_assert_ptr_nonnull(kind->params[0].name);
		for (int i = 0; i < PATTERN_PARAMS && kind->params[i].name; i++)
			for (int d = 0; d < N_DIFFICULTIES; d++)
				ck_assert_int_le(kind->params[i].range[d][0],
				                 kind->params[i].range[d][1]);
	}
	ck_assert_int_eq(pattern_find("wash_trade"), PATTERN_WASH_TRADE);
	ck_assert_int_eq(pattern_find("wash"), -1);
	ck_assert_int_eq(difficulty_find("hard"), HARD);
	ck_assert_int_eq(difficulty_find(""), -1);
}
END_TEST

SUITE("mbo", reads_lines, shifts_times, refuses_others, writes_again, the_table_is_whole)
