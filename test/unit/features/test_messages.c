/* What a person is told who wrote a rule wrongly: the place and the words, through the whole way
 * from the rule's text. */
#include <errno.h>
#include <string.h>

#include "../suite.h"
#include "expr/expr.h"
#include "expr/names.h"
#include "features/features.h"

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	return feature_set_add(ctx, text, FEATURE_BY_INSTRUMENT, ret_index, ret_at, reterr,
	                       reterr_size);
}

START_TEST(wrong_features)
{
	static const struct {
		const char *text;
		size_t at;
		const char *message;
	} cases[] = {
		{ "retrun(price, 1m) > 3%", 0,
		  "unknown function 'retrun' (did you mean 'return'?)" },
		{ "1 < coutn(1m)", 4, "unknown function 'coutn' (did you mean 'count'?)" },
		{ "sqr(price) > 1", 0, "unknown function 'sqr' (did you mean 'sqrt'?)" },
		{ "frobnicate(1m) > 1", 0, "unknown function 'frobnicate'" },
		{ "prise > 5", 0, "unknown name 'prise' (did you mean 'price'?)" },
		{ "bid > 5 and aks < 1", 12, "unknown name 'aks' (did you mean 'ask'?)" },
		{ "Price > 5", 0, "unknown name 'Price' (did you mean 'price'?)" },
		{ "count > 5", 0, "'count' is a function: count([kind,] window)" },
		{ "price(1m) > 5", 0, "'price' is a value, not a function" },
		{ "count() > 5", 6, "count needs a window: count([kind,] window)" },
		{ "count(trade) > 5", 11, "count needs a window: count([kind,] window)" },
		{ "sum() > 5", 4, "sum needs a field: sum(size or notional, [kind,] window)" },
		{ "sum(size) > 5", 8, "sum needs a window: sum(size or notional, [kind,] window)" },
		{ "sum(1m) > 5", 4, "sum needs size or notional here" },
		{ "sum(price, 1m) > 5", 4, "sum is of size or notional, not of 'price'" },
		{ "sum(sise, 1m) > 5", 4, "unknown field 'sise' (did you mean 'size'?)" },
		{ "mean(bid, 1m) > 5", 5, "mean is of price, size or notional, not of 'bid'" },
		{ "return(size, 1m) > 5%", 7, "return is of price, not of 'size'" },
		{ "count(trades, 1m) > 5", 6, "unknown kind 'trades' (did you mean 'trade'?)" },
		{ "rate(order_cancle, 1m) > 5", 5,
		  "unknown kind 'order_cancle' (did you mean 'order_cancel'?)" },
		{ "count(tick, 1m) > 5", 6, "unknown kind 'tick'" },
		{ "count(5, 1m) > 5", 6, "expected a kind of event, such as trade, or any" },
		{ "count(60) > 5", 6, "a window needs a unit, as in 5m or 250ms" },
		{ "sum(size, 60) > 5", 10, "a window needs a unit, as in 5m or 250ms" },
		{ "sum(size, 1m + 1m) > 5", 10, "expected a window, such as 5m" },
		{ "sum(size, price) > 5", 10, "unknown kind 'price'" },
		{ "count(0s) > 5", 6, "a window must be longer than nothing" },
		{ "count(367d) > 5", 6, "a window of more than 366d" },
		{ "count(trade, 1m, 5) > 5", 17, "one argument too many: count([kind,] window)" },
		{ "vwap(1m, price) > 5", 5, "expected a kind of event, such as trade, or any" },
		{ "vwap(trade, 1m, price) > 5", 16, "one argument too many: vwap([kind,] window)" },
		{ "sum(size, trades, 1m) > 5", 10,
		  "unknown kind 'trades' (did you mean 'trade'?)" },
		{ "sum(size, 5, 1m) > 5", 10, "expected a kind of event, such as trade, or any" },
		{ "sum(size, 1m, trade) > 5", 10,
		  "expected a kind of event, such as trade, or any" },
		{ "sum(notionl, 1m) > 5", 4, "unknown field 'notionl' (did you mean 'notional'?)" },
		{ "max(account, 1m) > 5", 4,
		  "max is of price, size or notional, not of 'account'" },
		{ "stddev(notional, 1m) > 5", 7, "stddev is of price or size, not of 'notional'" },
		{ "stdev(price, 1m) > 5", 0, "unknown function 'stdev' (did you mean 'stddev'?)" },
		{ "zscore(price, 400d) > 5", 14, "a window of more than 366d" },
		{ "zscore(price) > 5", 12,
		  "zscore needs a window: zscore(price or size, [kind,] window)" },
		{ "quantile(size, 1m) > 5", 15, "expected a share, such as 99%" },
		{ "quantile(size, 99%) > 5", 18,
		  "quantile needs a window: quantile(price or size, [kind,] share, window)" },
		{ "quantile(size, 99, 1m) > 5", 15,
		  "a quantile lies between 0 and 1 (0% and 100%), not at 99" },
		{ "quantile(size, 0, 1m) > 5", 15,
		  "a quantile lies between 0 and 1 (0% and 100%), not at 0" },
		{ "quantile(size, 100%, 1m) > 5", 15,
		  "a quantile lies between 0 and 1 (0% and 100%), not at 1" },
		{ "ewma(price, 5) > 5", 12, "a window needs a unit, as in 5m or 250ms" },
		{ "distinct(acount, 1m) > 5", 9,
		  "unknown field 'acount' (did you mean 'account'?)" },
		{ "distinct(notional, 1m) > 5", 9,
		  "distinct is of price, size, instrument, venue, account, counterparty, "
		  "order_id, trade_id or side, not of 'notional'" },
		{ "ratio(order_add, 1m) > 5", 17,
		  "expected a kind of event, such as trade, or any" },
		{ "ratio(order_add, trade) > 5", 22,
		  "ratio needs a window: ratio(kind, kind, window)" },
		{ "lag(price, 0) > 5", 11, "expected how many events back, 1 to 1024" },
		{ "lag(price, 1025) > 5", 11, "expected how many events back, 1 to 1024" },
		{ "lag(price, 1.5) > 5", 11, "expected how many events back, 1 to 1024" },
		{ "lag(price, 1m) > 5", 11, "expected how many events back, 1 to 1024" },
		{ "lag(price) > 5", 9,
		  "lag needs a number of events: lag(price or size, [kind,] n)" },
		{ "time_since() > 5s", 11, "time_since needs a kind: time_since(kind)" },
		{ "time_since(1m) > 5s", 11, "expected a kind of event, such as trade, or any" },
		{ "time_since(trade) > 5", 20, "a duration can not be compared with a number" },
		{ "first_sen < 5", 0, "unknown name 'first_sen' (did you mean 'first_seen'?)" },
		{ "absent_for(price)", 11, "expected a window, such as 5m" },
		{ "absent_for()", 11, "absent_for needs a window: absent_for(time)" },
		{ "min(1m, 5m) > 1", 4, "min needs price, size or notional here" },
		{ "abs(max(prise, 1m)) > 1", 8, "unknown field 'prise' (did you mean 'price'?)" },
		{ "count( trade ,\n  1x) > 5", 17,
		  "'1x' is no duration (units: ns us ms s m h d w)" },
	};
	struct feature_set *s = NULL;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct expr_resolver resolver = { s, resolve };
		struct expr_error error = { 0 };
		struct expr *e = NULL;
		int r = expr_new(cases[i].text, strlen(cases[i].text), &resolver, &e, &error);

		ck_assert_msg(r == -EINVAL, "%s: %d", cases[i].text, r);
		ck_assert_msg(error.at == cases[i].at, "%s: at %zu", cases[i].text, error.at);
		ck_assert_msg(strcmp(error.text, cases[i].message) == 0, "%s: %s", cases[i].text,
		              error.text);
	}
	feature_set_free(s);
}
END_TEST

/* What is no single feature is refused, and a refused text leaves nothing behind. */
START_TEST(not_a_feature)
{
	static const char *const texts[] = { "",          "1",     "5m", "price + 1",
		                             "price > 1", "not x", "(",  "-price" };
	struct feature_set *s = NULL;

	ck_assert_int_eq(feature_set_new(&s), 0);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char reason[200] = "", tiny[4] = "xyz";
		uint32_t index = 77;
		size_t at = 99;

		ck_assert_int_eq(feature_set_add(s, texts[i], FEATURE_BY_INSTRUMENT, &index, &at,
		                                 reason, sizeof reason),
		                 -EINVAL);
		ck_assert_uint_le(at, strlen(texts[i]));
		ck_assert_uint_eq(index, 77);
		ck_assert_uint_gt(strlen(reason), 0);
		ck_assert_int_eq(feature_set_add(s, texts[i], FEATURE_BY_INSTRUMENT, &index, &at,
		                                 tiny, sizeof tiny),
		                 -EINVAL);
		ck_assert_uint_eq(strlen(tiny), 3);
	}
	ck_assert_uint_eq(feature_set_count(s), 0);
	ck_assert_int_eq(feature_set_lookback(s), 0);
	feature_set_free(s);
}
END_TEST

/* What is computed here has a type and a unit in the table of the language. */
START_TEST(names_have_a_type)
{
	for (const struct feature_help *h = feature_help(); h->name; h++)
		ck_assert_msg(name_find(h->name, strlen(h->name)) != NULL,
		              "%s is not in src/expr/names.c", h->name);
}
END_TEST

SUITE("feature messages", wrong_features, not_a_feature, names_have_a_type)
