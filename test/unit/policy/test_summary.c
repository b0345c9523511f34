/* Summaries: fields, percent, braces, mistakes, length. */
#include "policy/summary.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

static const struct tocsin_event event = {
	.kind = TOCSIN_TRADE,
	.side = TOCSIN_SELL,
	.time_ns = 1703545200000000000,
	.price = 4799250000000,
	.qty = 3000000000,
	.instrument = { "ESH4", 4 },
	.account = { "A-1", 3 },
	.bid = TOCSIN_NONE,
	.ask = TOCSIN_NONE,
};

static const struct tocsin_alert alert = {
	.rule = "price-jump",
	.severity = TOCSIN_CRITICAL,
	.confidence = 0.875,
	.event = &event,
	.n_reasons = 1,
	.reason = { { "return(price, 10s)", 0.0123, 0.003, 1 } },
};

static void written(const char *text, struct buf *out)
{
	struct summary *s = NULL;
	char words[200];
	size_t at;

	ck_assert_int_eq(summary_new(text, &s, &at, words, sizeof words), 0);
	buf_clear(out);
	summary_write(s, &alert, out);
	summary_free(s);
}

START_TEST(fields)
{
	struct buf out = { 0 };

	written("{instrument} moved {observed:%} (limit {expected:%}) at {price}, {size} {side}",
	        &out);
	ck_assert_str_eq(buf_str(&out), "ESH4 moved 1.23% (limit 0.3%) at 4799.25, 3 sell");
	written("{rule} {severity} {kind} {time} {account} {confidence} {feature} {observed}",
	        &out);
	ck_assert_str_eq(buf_str(&out), "price-jump critical trade 2023-12-25T23:00:00Z A-1 0.875 "
	                                "return(price, 10s) 0.0123");
	written("{{not a field}} {venue}{order_id}", &out);
	ck_assert_str_eq(buf_str(&out), "{not a field} ??");
	written(NULL, &out);
	ck_assert_str_eq(buf_str(&out), "ESH4: return(price, 10s) is 0.0123, threshold 0.003");
	written("", &out);
	ck_assert_str_eq(buf_str(&out), "");
	buf_done(&out);
}
END_TEST

START_TEST(mistakes)
{
	static const struct {
		const char *text, *words;
		size_t at;
	} cases[] = {
		{ "a {instrment} b", "unknown field '{instrment}' (did you mean '{instrument}'?)",
		  2 },
		{ "{price", "'{' without '}' (write '{{' for a brace)", 0 },
		{ "x } y", "'}' without '{' (write '}}' for a brace)", 2 },
		{ "{price:d}", "':d' is not a way to write a field; only ':%' is", 0 },
		{ "{zzzzzz}", "unknown field '{zzzzzz}'", 0 },
		{ "{}", "unknown field '{}'", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct summary *s = NULL;
		char words[200] = "";
		size_t at = 99;

		ck_assert_int_eq(summary_new(cases[i].text, &s, &at, words, sizeof words), -EINVAL);
		ck_assert_str_eq(words, cases[i].words);
		ck_assert_uint_eq(at, cases[i].at);
	}
}
END_TEST

/* Cut at 500 bytes, never inside a character. */
START_TEST(length)
{
	struct buf text = { 0 }, out = { 0 };

	for (int i = 0; i < 300; i++)
		buf_puts(&text, "é");
	buf_putc(&text, 'x');
	written(buf_str(&text), &out);
	ck_assert_uint_eq(out.n, 500);
	buf_clear(&text);
	buf_putc(&text, 'x');
	for (int i = 0; i < 300; i++)
		buf_puts(&text, "é");
	written(buf_str(&text), &out);
	ck_assert_uint_eq(out.n, 499);
	buf_done(&text);
	buf_done(&out);
}
END_TEST

SUITE("summary", fields, mistakes, length)
