/* Types and units: what fits together, what does not, and what can never be true. */
#include "expr/expr.h"
#include "expr/names.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

#define MAX_FEATURES 32

/* Each text is a feature of its own. */
struct features {
	char text[MAX_FEATURES][128];
	uint32_t n;
};

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	struct features *f = ctx;

	(void)ret_at, (void)reterr, (void)reterr_size;
	for (*ret_index = 0; *ret_index < f->n; ++*ret_index)
		if (strcmp(f->text[*ret_index], text) == 0)
			return 0;
	ck_assert_uint_lt(f->n, MAX_FEATURES);
	snprintf(f->text[f->n++], sizeof f->text[0], "%s", text);
	return 0;
}

static int make(const char *text, struct features *f, struct expr **ret, struct expr_error *error)
{
	const struct expr_resolver resolver = { f, resolve };

	f->n = 0;
	return expr_new(text, strlen(text), &resolver, ret, error);
}

START_TEST(right)
{
	static const char *const texts[] = {
		"price > 100",
		"price > vwap(5m) * 3%",
		"price - vwap(5m) > 0.5",
		"(price - vwap(5m)) / vwap(5m) > 3%",
		"abs(delta(price, 1m)) > 2 * stddev(price, 10m)",
		"size > 5 * mean(size, 1h)",
		"sum(size, 1m) > quantile(size, 0.99, 1h)",
		"price * size > 1e6",
		"notional > price * size",
		"notional / price == size",
		"notional / size > price",
		"sum(notional, 1m) / sum(size, 1m) > vwap(1m)",
		"sqrt(price * price) == price",
		"ln(price / vwap(1m)) > 1%",
		"1 / price < 0.1",
		"abs(delta(price, 1m)) / sum(size, 1m) > 0.001",
		"max(price, bid, 3) > 4",
		"max(price, 1m) > bid",
		"count(1m) + rate(1s) > 5",
		"zscore(size, 5m) > 4",
		"time_since(trade) > 5s",
		"time_since(trade) > 2 * order_age + 3s",
		"time_to_close / 5m < 2",
		"time > 15:50",
		"time - 5m > 09:30",
		"time - 09:30 < 5m",
		"time between 22:00 and 02:00",
		"time not between 09:30 and 24:00",
		"order_age between 1s and 1m",
		"price between bid and ask",
		"book_crossed and not in_session",
		"account == 'A' and venue != \"XNYS\"",
		"account == counterparty",
		"side == buy or kind == trade or phase == closing_auction",
		"account in ('A', 'B') and instrument not in restricted",
		"unknown_name > 5 and unknown(price, 3) == price",
		"count(1m where side == buy) by account > 5",
		"price / price of 'NQH4' > 1.1",
		/* looks odd, can be true */
		"count(1m) >= 0 and rate(1s) > 5",
		"count(1m) > 3 and count(1m) < 4",
		"price > 3 or price < 2",
		"price > 3 and bid < 2",
		"price > 3 and price < 4 and price != 3.5",
		"account == 'A' or account == 'B'",
		"account == 'A' and counterparty == 'B'",
		"account == counterparty and account == 'A'",
		"kind == any and kind == trade",
		"phase == auction and phase == closing_auction",
		"not (price > 3 and price < 2) and price == 7",
		"sum(price, 1m) < 0",
		"delta(size, 1m) < 0",
		"imbalance(5) == 1 and order_share(3) == 0",
		"(count(1m) < 0 or price > 3) and size > 1",
		"-count(1m) <= 0 and count(1m) - 5 < 0 and count(1m) * -2 < -1",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct expr_error error = { 0 };
		struct features f;
		struct expr *e = NULL;
		int r = make(texts[i], &f, &e, &error);

		ck_assert_msg(r == 0, "%s: %d at %zu: %s", texts[i], r, error.at, error.text);
		expr_free(e);
	}
}
END_TEST

START_TEST(wrong)
{
	static const struct {
		const char *text;
		size_t at;
		const char *message;
	} cases[] = {
		{ "price > sum(size, 1m)", 8, "a price can not be compared with a size" },
		{ "price + size > 1", 8, "'+' can not join a price and a size" },
		{ "delta(price, 1m) > 3%", 19, "a price can not be compared with a plain number" },
		{ "return(price, 1m) > vwap(1m)", 20,
		  "a plain number can not be compared with a price" },
		{ "notional > price", 11, "a price * size can not be compared with a price" },
		{ "price / size > price", 15, "a price / size can not be compared with a price" },
		{ "1 / price > bid", 12, "a number / price can not be compared with a price" },
		{ "price * bid > ask", 14, "a price^2 can not be compared with a price" },
		{ "max(price, size) > 1", 11, "max mixes a price with a size" },
		{ "ln(price) > 1", 3,
		  "ln needs a plain number, this is a price: divide it by another first" },
		{ "sqrt(price) > 1", 5, "sqrt can not be taken of a price" },
		{ "stddev(size, 1m) > stddev(price, 1m)", 19,
		  "a size can not be compared with a price" },
		{ "time_since(trade) > 5", 20, "a duration can not be compared with a number" },
		{ "time_since(trade) > 15:50", 20,
		  "a duration can not be compared with a time of day" },
		{ "order_age * order_age > 1s", 12, "'*' can not join a duration and a duration" },
		{ "order_age * price > 1s", 12, "'*' can not join a duration and a price" },
		{ "size / order_age > 1", 7, "'/' can not join a size and a duration" },
		{ "time > 5m", 7, "a time of day can not be compared with a duration" },
		{ "time + 09:30 > 10:00", 7, "'+' can not join a time of day and a time of day" },
		{ "-time > 10:00", 1, "'-' needs numbers, this is a time of day" },
		{ "time between time and 10:00", 13,
		  "'between' needs times of day such as 09:30 here" },
		{ "price between 1m and 2m", 14, "a price can not be compared with a duration" },
		{ "account between 1 and 2", 0, "'between' needs numbers, this is a text" },
		{ "price == 'A'", 9, "a price can not be compared with a text" },
		{ "account > 'A'", 0, "texts are compared with == and != only" },
		{ "'A' == account", 0, "the name of the text comes first, as in side == buy" },
		{ "buy == side", 0, "the name of the text comes first, as in side == buy" },
		{ "account == price", 11, "a text can not be compared with a price" },
		{ "account == 5", 11, "a text can not be compared with a number" },
		{ "instrument == AAPL", 14, "write the text in quotes: \"AAPL\"" },
		{ "account in (A)", 12, "write the text in quotes: \"A\"" },
		{ "price in ('A')", 0,
		  "'in' needs the name of a text, such as account, not a price" },
		{ "'A' in ('A')", 0,
		  "'in' needs the name of a text, such as account, not a text itself" },
		{ "account", 0,
		  "a rule needs a condition, such as 'rate(1s) > 50'; this is a text" },
		{ "account + 1 > 2", 0, "'+' needs numbers, this is a text" },
		{ "account by venue == 'A'", 0, "'account' is the event's own: it takes no 'by'" },
		{ "side of 'X' == buy", 0, "'side' is the event's own: it takes no 'of'" },
		{ "price of NQH4 > 1", 9, "'of' needs an instrument in quotes: of \"NQH4\"" },
		{ "abs(price) by account > 1", 0,
		  "abs has no window: 'where', 'by' and 'of' go inside" },
		{ "in_session > 1", 0, "'>' needs numbers, this is a condition" },
		{ "time", 0,
		  "a rule needs a condition, such as 'rate(1s) > 50'; this is a time of day" },
		/* what can not be */
		{ "count(1m) < 0", 0, "never true: 'count(1m)' is never below 0" },
		{ "0 > sum(size, 1m)", 0, "never true: 'sum(size, 1m)' is never below 0" },
		{ "stddev(price, 1m) >= 0", 0,
		  "always true: 'stddev(price, 1m)' is never below 0" },
		{ "imbalance(5) > 1.5", 0, "never true: 'imbalance(5)' is always within -1 and 1" },
		{ "order_share(3) > 100% and price > 1", 0,
		  "never true: 'order_share(3)' is always within 0 and 1" },
		{ "abs(price) < -1", 0, "never true: 'abs(price)' is never below 0" },
		{ "-rate(1s) > 3", 0, "never true: '-rate(1s)' is never above 0" },
		{ "price > 3 and price < 2", 14,
		  "never true: this and 'price > 3' are never true together" },
		{ "price > 3 and (size > 1 and 3 >= price)", 28,
		  "never true: this and 'price > 3' are never true together" },
		{ "price > 3 or price < 5", 13,
		  "always true: this and 'price > 3' are never false together" },
		{ "not (price >= 3 or price < 3)", 19,
		  "never true: this and 'price >= 3' are never false together" },
		{ "abs(price - bid) > 3 and abs(price - bid) <= 3", 25,
		  "never true: this and 'abs(price - bid) > 3' are never true together" },
		{ "price == 3 and price != 3", 15,
		  "never true: this and 'price == 3' are never true together" },
		{ "price between 3 and 3", 0, "never true: nothing is between these two" },
		{ "price between 3 and 2", 0, "never true: nothing is between these two" },
		{ "price between 1 and 2 and price > 2", 26,
		  "never true: this and 'price between 1 and 2' are never true together" },
		{ "time between 09:30 and 09:30", 0, "never true: no time is between these two" },
		{ "in_session and not in_session", 19,
		  "never true: this and 'in_session' are never true together" },
		{ "account == 'A' and account == \"B\"", 19,
		  "never true: this and 'account == 'A'' are never true together" },
		{ "side == buy and side == sell", 16,
		  "never true: this and 'side == buy' are never true together" },
		{ "count(1m) < 0 or rate(1s) < 0", 0, "never true: 'count(1m)' is never below 0" },
		{ "time > 24:00", 0, "never true: this is never true" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		struct features f;
		struct expr *e = NULL;
		int r = make(cases[i].text, &f, &e, &error);

		ck_assert_msg(r == -EINVAL, "%s: %d", cases[i].text, r);
		ck_assert_msg(error.at == cases[i].at, "%s: at %zu: %s", cases[i].text, error.at,
		              error.text);
		ck_assert_msg(strcmp(error.text, cases[i].message) == 0, "%s: %s", cases[i].text,
		              error.text);
	}
}
END_TEST

/* The resolver is given canonical texts, of whole comparisons where a text is compared. */
START_TEST(features_are_canonical)
{
	struct expr_error error = { 0 };
	struct features f;
	struct expr *e = NULL;

	ck_assert_int_eq(make("( account )in('A' , 'B') and(side)!= buy and sum( size,1m where"
	                      "(side==sell) )by venue+account of 'X'>3 and account in('A','B')",
	                      &f, &e, &error),
	                 0);
	ck_assert_uint_eq(f.n, 3);
	ck_assert_str_eq(f.text[0], "account in ('A', 'B')");
	ck_assert_str_eq(f.text[1], "side != buy");
	ck_assert_str_eq(f.text[2], "sum(size, 1m where side == sell) by account+venue of 'X'");
	expr_free(e);
}
END_TEST

START_TEST(reasons_of_new_kinds)
{
	static const struct {
		const char *text;
		double x, observed, expected, confidence;
	} cases[] = {
		{ "time_since(trade) > 5s", 10e9, 10, 5, 0.75 },
		{ "time > 15:50", 57060e9, 57060, 57000, 0.75 },
		{ "time between 22:00 and 02:00", 3600e9, 3600, 79200, 0.75 },
		{ "price between 10 and 100", 20, 20, 100, 1 - 0.5 * 100 / 180 },
		{ "price not between 10 and 15", 20, 20, 15, 0.625 },
		{ "price not between 10 and 15", 5, 5, 10, 1 - 0.5 * 10 / 15 },
		{ "account in ('A')", 1, 1, 1, 0.75 },
		{ "account not in ('A')", 0, 0, 0, 0.75 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		struct expr_reason reason;
		struct features f;
		struct expr *e = NULL;
		double confidence = 0;

		ck_assert_int_eq(make(cases[i].text, &f, &e, &error), 0);
		ck_assert_msg(expr_explain(e, &cases[i].x, &reason, 1, &confidence) == 1, "%s",
		              cases[i].text);
		ck_assert_msg(reason.observed == cases[i].observed &&
		                      reason.expected == cases[i].expected,
		              "%s: %g %g", cases[i].text, reason.observed, reason.expected);
		ck_assert_msg(fabs(confidence - cases[i].confidence) < 1e-12, "%s: %g",
		              cases[i].text, confidence);
		expr_free(e);
	}
}
END_TEST

START_TEST(names_are_sound)
{
	const struct name *n;

	for (size_t i = 0; (n = name_at(i)); i++) {
		ck_assert_ptr_eq(name_find(n->name, strlen(n->name)), n); /* none twice */
		ck_assert(n->least <= n->most);
		ck_assert(name_is_taken(n->name, strlen(n->name)));
	}
	ck_assert(name_is_taken("between", 7) && name_is_taken("abs", 3));
	ck_assert(name_is_taken("order_cancel", 12) && name_is_taken("buy", 3));
	ck_assert(!name_is_taken("busy", 4) && !name_is_taken("pric", 4));
}
END_TEST

SUITE("types", right, wrong, features_are_canonical, reasons_of_new_kinds, names_are_sound)
