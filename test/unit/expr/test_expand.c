/* Names for parts of expressions: written out as trees, with places, within bounds. */
#include "expr/expand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

static struct expand *names(void)
{
	static const struct {
		const char *name, *text;
		enum expand_kind kind;
	} all[] = {
		{ "busy", "rate(1s) > 50 or count(10s) > 300", EXPAND_DEFINITION },
		{ "move", "price - vwap(5m)", EXPAND_DEFINITION },
		{ "both", "busy and abs(move) > limit", EXPAND_DEFINITION },
		{ "limit", "3%", EXPAND_PARAMETER },
		{ "less", "-2.5", EXPAND_PARAMETER },
		{ "window", "5m", EXPAND_PARAMETER },
		{ "begin", "09:30", EXPAND_PARAMETER },
		{ "peer", "\"NQH4\"", EXPAND_PARAMETER },
	};
	struct expand *x = NULL;

	ck_assert_int_eq(expand_new(NULL, &x), 0);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct expr_error error = { 0 };
		bool in_text;

		ck_assert_msg(
			expand_add(x, all[i].kind, all[i].name, all[i].text, &error, &in_text) == 0,
			"%s: %s", all[i].name, error.text);
	}
	return x;
}

START_TEST(written_out)
{
	static const struct {
		const char *text, *expanded;
	} cases[] = {
		{ "price > 1", "price > 1" },
		{ "busy", "rate(1s) > 50 or count(10s) > 300" },
		{ "not busy", "not (rate(1s) > 50 or count(10s) > 300)" },
		{ "busy and price > 1", "(rate(1s) > 50 or count(10s) > 300) and price > 1" },
		{ "2 * move > limit", "2 * (price - vwap(5m)) > 3%" },
		{ "1 - move > 0", "1 - (price - vwap(5m)) > 0" },
		{ "move - 1 > 0", "price - vwap(5m) - 1 > 0" },
		{ "move > less", "price - vwap(5m) > -2.5" },
		{ "1 - less > move", "1 - -2.5 > price - vwap(5m)" },
		{ "both", "(rate(1s) > 50 or count(10s) > 300) and abs(price - vwap(5m)) > 3%" },
		{ "count(window where both) > 1",
		  "count(5m where (rate(1s) > 50 or count(10s) > 300) and abs(price - vwap(5m)) > "
		  "3%) > 1" },
		{ "sum(size, window) by account of peer > 1",
		  "sum(size, 5m) by account of \"NQH4\" > 1" },
		{ "account in (peer, 'A') or instrument == peer",
		  "account in (\"NQH4\", 'A') or instrument == \"NQH4\"" },
		{ "time between begin and 16:00", "time between 09:30 and 16:00" },
		{ "account in busi", "account in busi" }, /* the name of a list */
	};
	struct expand *x = names();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		struct print_map map = { 0 };
		struct buf out = { 0 };
		uint32_t source;
		int r = expand_text(x, cases[i].text, strlen(cases[i].text), &out, &map, &error,
		                    &source);

		ck_assert_msg(r == 0, "%s: %s", cases[i].text, error.text);
		ck_assert_str_eq(buf_str(&out), cases[i].expanded);
		print_map_done(&map);
		buf_done(&out);
	}
	for (size_t i = 0; i < expand_count(x); i++)
		ck_assert(expand_used(x, i));
	expand_free(x);
}
END_TEST

/* Every byte of a name that was written out leads back into its definition. */
START_TEST(places)
{
	const char *text = "price > 1 and move > limit";
	struct expand *x = names();
	struct expr_error error = { 0 };
	struct print_map map = { 0 };
	struct buf out = { 0 };
	uint32_t source;
	size_t at;

	ck_assert_int_eq(expand_text(x, text, strlen(text), &out, &map, &error, &source), 0);
	ck_assert_str_eq(buf_str(&out), "price > 1 and price - vwap(5m) > 3%");
	at = print_map_find(&map, 0, &source);
	ck_assert(source == 0 && at == 0);
	at = print_map_find(&map, 14, &source); /* price of move */
	ck_assert(source == 2 && at == 0);
	at = print_map_find(&map, 27, &source); /* 5m */
	ck_assert(source == 2 && at == 13);
	at = print_map_find(&map, 33, &source);
	ck_assert(source == 4 && at == 0);
	ck_assert(expand_used(x, 1) && expand_used(x, 3) && !expand_used(x, 0));
	print_map_done(&map);
	buf_done(&out);
	expand_free(x);
}
END_TEST

START_TEST(wrong_names)
{
	static const struct {
		enum expand_kind kind;
		const char *name, *text;
		bool in_text;
		size_t at;
		const char *says;
	} cases[] = {
		{ EXPAND_DEFINITION, "a b", "1", false, 0, "letters, digits and '_'" },
		{ EXPAND_DEFINITION, "", "1", false, 0, "letters, digits and '_'" },
		{ EXPAND_DEFINITION, "1a", "1", false, 0, "begins with no digit" },
		{ EXPAND_DEFINITION, "price", "1", false, 0, "means something in the language" },
		{ EXPAND_DEFINITION, "count", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "abs", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "in", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "side", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "buy", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "order_add", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "continuous", "1", false, 0, "means something" },
		{ EXPAND_DEFINITION, "busy", "1", false, 0, "'busy' is defined already" },
		{ EXPAND_DEFINITION, "x", "price >", true, 7, "expected a value, found the end" },
		{ EXPAND_PARAMETER, "x", "1 + 1", true, 0, "a parameter is a number" },
		{ EXPAND_PARAMETER, "x", "NQH4", true, 0, "in quotes of its own: \"'NQH4'\"" },
		{ EXPAND_PARAMETER, "x", "-09:30", true, 0, "a parameter is a number" },
		{ EXPAND_PARAMETER, "x", "", true, 0, "empty" },
	};
	struct expand *x = names();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		bool in_text;

		ck_assert_msg(expand_add(x, cases[i].kind, cases[i].name, cases[i].text, &error,
		                         &in_text) == -EINVAL,
		              "%s: %s", cases[i].name, cases[i].text);
		ck_assert_msg(in_text == cases[i].in_text && error.at == cases[i].at &&
		                      strstr(error.text, cases[i].says),
		              "%s: %zu: %s", cases[i].name, error.at, error.text);
	}
	expand_free(x);
}
END_TEST

static void define(struct expand *x, const char *name, const char *text)
{
	struct expr_error error = { 0 };
	bool in_text;

	ck_assert_msg(expand_add(x, EXPAND_DEFINITION, name, text, &error, &in_text) == 0, "%s: %s",
	              name, error.text);
}

START_TEST(wrong_texts)
{
	static const struct {
		const char *text;
		uint32_t source;
		size_t at;
		const char *says;
	} cases[] = {
		{ "a > 1", 2, 4, "'a' is defined by itself: a -> b -> a" },
		{ "1 < b", 1, 4, "'b' is defined by itself: b -> a -> b" },
		{ "c > 1", 3, 0, "'c' is defined by itself: c -> c" },
		{ "laughs > 1", 14, 0, "longer than 16384 bytes" },
		{ "busi > 1", 0, 0, "unknown name 'busi' (did you mean 'busy'?)" },
		{ "busy(1m) > 1", 0, 0, "it takes no arguments" },
		{ "1 < busy by account", 0, 4, "it takes no 'by'" },
		{ "busy of 'A' > 1", 0, 0, "it takes no 'of'" },
		{ "account in busy", 0, 11, "'busy' is no list: write in (busy)" },
		{ "price >", 0, 7, "expected a value" },
	};
	struct expand *x = NULL, *own = NULL;
	char text[64], name[8];

	ck_assert_int_eq(expand_new(NULL, &x), 0);
	define(x, "a", "1 + b");
	define(x, "b", "2 * a");
	define(x, "c", "c");
	define(x, "busy", "rate(1s)");
	define(x, "l0", "price + price + price + price");
	for (int i = 1; i < 10; i++) {
		snprintf(name, sizeof name, "l%d", i);
		snprintf(text, sizeof text, "l%d + l%d + l%d", i - 1, i - 1, i - 1);
		define(x, name, text);
	}
	define(x, "laughs", "l9");
	ck_assert_int_eq(expand_new(x, &own), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		struct print_map map = { 0 };
		struct buf out = { 0 };
		uint32_t source = 99;
		int r = expand_text(own, cases[i].text, strlen(cases[i].text), &out, &map, &error,
		                    &source);

		ck_assert_msg(r == -EINVAL, "%s: %d", cases[i].text, r);
		ck_assert_msg(strstr(error.text, cases[i].says), "%s: %u:%zu: %s", cases[i].text,
		              source, error.at, error.text);
		if (!strstr(cases[i].says, "longer"))
			ck_assert_msg(source == cases[i].source && error.at == cases[i].at,
			              "%s: %u:%zu: %s", cases[i].text, source, error.at,
			              error.text);
		print_map_done(&map);
		buf_done(&out);
	}
	expand_free(own);
	expand_free(x);
}
END_TEST

SUITE("expand", written_out, places, wrong_names, wrong_texts)
