/* Alerts as JSON, CSV and text: golden bytes, and nothing that strings from outside could break. */
#include "sink/payload.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#define STR(s) \
	{ \
		s, sizeof(s) - 1 \
	}
#define T0 1703545200123456789LL /* 2023-12-25T23:00:00.123456789Z */

static struct tocsin_event event(void)
{
	return (struct tocsin_event){
		.size = sizeof(struct tocsin_event),
		.kind = TOCSIN_TRADE,
		.side = TOCSIN_SELL,
		.time_ns = T0,
		.price = 4799250000000,
		.qty = 263000,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
		.sequence = 18446744073709551615u,
		.instrument = STR("ESH4"),
		.venue = STR("XCME"),
		.trade_id = STR("t-1"),
	};
}

static const struct tocsin_label labels[] = { { "desk", "futures" }, { "team", "a\"b" } };

static struct tocsin_alert alert(const struct tocsin_event *e)
{
	return (struct tocsin_alert){
		.id = "0123456789abcdef0123456789abcdef",
		.config = "main",
		.rule = "price-move",
		.rule_version = "1a2b3c4d",
		.summary = "ESH4 fell 3.2 % in 1m",
		.runbook = "https://example.org/r",
		.severity = TOCSIN_CRITICAL,
		.confidence = 0.93,
		.score = 0.1,
		.event = e,
		.n_reasons = 2,
		.reason = { { "return(price, 1m)", -0.032, 0.03, 0.75 },
		            { "count(1m)", NAN, INFINITY, 0.25 } },
		.held = 12,
		.labels = labels,
		.n_labels = 2,
		.topic = "trades",
		.partition = 3,
		.offset = 9007199254740993,
		.times = { .event = T0,
		           .broker = T0 + 1000000,
		           .consumed = T0 + 2000000,
		           .scored = T0 + 2100000,
		           .outbox = T0 + 3000000 },
	};
}

#define GOLDEN_HEAD \
	"{\"id\":\"0123456789abcdef0123456789abcdef\",\"type\":\"alert\",\"config\":\"main\"," \
	"\"rule\":\"price-move\",\"rule_version\":\"1a2b3c4d\",\"status\":\"firing\",\"severity\":\"critical\"," \
	"\"confidence\":0.93,\"score\":0.1,\"instrument\":\"ESH4\",\"venue\":\"XCME\"," \
	"\"time\":\"2023-12-25T23:00:00.123456789Z\",\"summary\":\"ESH4 fell 3.2 % in 1m\"," \
	"\"reasons\":[{\"feature\":\"return(price, 1m)\",\"observed\":-0.032,\"expected\":0.03,\"share\":0.75}," \
	"{\"feature\":\"count(1m)\",\"observed\":null,\"expected\":null,\"share\":0.25}]," \
	"\"event\":{\"kind\":\"trade\",\"side\":\"sell\",\"price\":4799.25,\"size\":0.000263," \
	"\"sequence\":\"18446744073709551615\",\"trade_id\":\"t-1\"},\"held\":12," \
	"\"labels\":{\"desk\":\"futures\",\"team\":\"a\\\"b\"},\"runbook\":\"https://example.org/r\"," \
	"\"source\":{\"topic\":\"trades\",\"partition\":3,\"offset\":9007199254740993}," \
	"\"latency\":{\"event\":\"2023-12-25T23:00:00.123456789Z\",\"broker\":\"2023-12-25T23:00:00.124456789Z\"," \
	"\"consumed\":\"2023-12-25T23:00:00.125456789Z\",\"scored\":\"2023-12-25T23:00:00.125556789Z\"," \
	"\"outbox\":\"2023-12-25T23:00:00.126456789Z\""

START_TEST(golden)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 };

	payload_json(&a, &b);
	ck_assert_str_eq(buf_str(&b), GOLDEN_HEAD "}}");
	buf_done(&b);
}
END_TEST

START_TEST(attempt)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 }, out = { 0 };

	payload_json(&a, &b);
	ck_assert_int_eq(payload_attempt(b.p, b.n, T0 + 5678901234, 3, &out), 0);
	ck_assert_str_eq(out.p, GOLDEN_HEAD
	                 ",\"attempt\":\"2023-12-25T23:00:05.802358023Z\",\"attempt_number\":3,"
	                 "\"total_ms\":5678.901}}");
	/* An old event, and a clock behind the venue's: no total. */
	for (int i = 0; i < 2; i++) {
		buf_clear(&out);
		ck_assert_int_eq(
			payload_attempt(b.p, b.n, i ? T0 - 1 : T0 + 86400 * NS_PER_S, 1, &out), 0);
		ck_assert_ptr_null(strstr(out.p, "total_ms"));
		ck_assert_ptr_nonnull(strstr(out.p, "\"attempt_number\":1}}"));
	}
	/* A replay knows no times. */
	a.times = (struct tocsin_times){ 0 };
	buf_clear(&b);
	buf_clear(&out);
	payload_json(&a, &b);
	ck_assert_ptr_nonnull(strstr(b.p, "\"latency\":{}}"));
	ck_assert_int_eq(payload_attempt(b.p, b.n, T0, 1, &out), 0);
	ck_assert_ptr_nonnull(strstr(out.p,
	                             "\"latency\":{\"attempt\":\"2023-12-25T23:00:00.123456789Z\","
	                             "\"attempt_number\":1}}"));
	buf_done(&b);
	buf_done(&out);
}
END_TEST

START_TEST(attempt_on_what_is_not_ours)
{
	static const char *const wrong[] = { "",
		                             "}",
		                             "}}",
		                             "{}",
		                             "{\"a\":{}}",
		                             "{\"latency\":{}}",
		                             "{\"a\":1,\"latency\":{}} ",
		                             "{\"a\":1,\"latency\":{}",
		                             "{\"a\":\",\\\"latency\\\":{}}",
		                             "[[[[[[[[[[[[[[[[[[[[}}" };
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_msg(payload_attempt(wrong[i], strlen(wrong[i]), 1, 1, &out) == -EINVAL,
		              "%s", wrong[i]);
		ck_assert_uint_eq(out.n, 0);
	}
	buf_done(&out);
}
END_TEST

START_TEST(kinds)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 };

	e = (struct tocsin_event){ .kind = TOCSIN_QUOTE,
		                   .time_ns = T0,
		                   .price = TOCSIN_NONE,
		                   .qty = TOCSIN_NONE,
		                   .bid = -1,
		                   .ask = 2000000000,
		                   .bid_qty = 3000000000,
		                   .ask_qty = TOCSIN_NONE,
		                   .open = 1,
		                   .high = 1,
		                   .low = 1,
		                   .account = STR("acc") };
	payload_json(&a, &b);
	ck_assert_ptr_nonnull(strstr(
		b.p, "\"event\":{\"kind\":\"quote\",\"bid\":-0.000000001,\"bid_size\":3,\"ask\":2,"
		     "\"account\":\"acc\"}"));
	ck_assert_ptr_null(strstr(b.p, "instrument"));
	buf_clear(&b);
	e = (struct tocsin_event){ .kind = TOCSIN_BAR,
		                   .time_ns = T0,
		                   .price = 4000000000,
		                   .qty = 5000000000,
		                   .bid = 1,
		                   .ask = 1,
		                   .open = 1000000000,
		                   .high = 9000000000,
		                   .low = TOCSIN_NONE };
	payload_json(&a, &b);
	ck_assert_ptr_nonnull(strstr(
		b.p,
		"\"event\":{\"kind\":\"bar\",\"open\":1,\"high\":9,\"close\":4,\"volume\":5}"));
	buf_done(&b);
}
END_TEST

/* Any bytes in every text: always JSON, always UTF-8, and valid text comes back as it was. */
START_TEST(nasty_strings)
{
	static const struct {
		const char *p;
		size_t n;
		const char *json;
	} cases[] = {
		{ "\"", 1, "\"\\\"\"" },
		{ "\\", 1, "\"\\\\\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\n\r\t\b\f\x1f", 6, "\"\\n\\r\\t\\u0008\\u000c\\u001f\"" },
		{ "\x7f", 1, "\"\\u007f\"" },
		{ "\xff", 1, "\"\xef\xbf\xbd\"" },
		{ "\xc3\xa4", 2, "\"\xc3\xa4\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
		{ "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
		{ "\xf0\x9f\x94\x94", 4, "\"\xf0\x9f\x94\x94\"" },
		{ "</script>", 9, "\"</script>\"" },
		{ "", 0, "\"\"" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tocsin_event e = event();
		struct tocsin_alert a = alert(&e);
		struct buf b = { 0 }, wanted = { 0 };

		e.instrument = (struct tocsin_str){ cases[i].p, (uint32_t)cases[i].n };
		payload_json(&a, &b);
		buf_printf(&wanted, "\"instrument\":%s,", cases[i].json);
		ck_assert_msg(strstr(b.p, wanted.p) != NULL, "case %zu: %s", i, b.p);
		buf_done(&b);
		buf_done(&wanted);
	}
}
END_TEST

static void random_bytes(struct rng *r, char *p, size_t n)
{
	static const char *const bits[] = { "\"",
		                            "\\",
		                            "\n",
		                            "{",
		                            "}",
		                            "}}",
		                            ",\"latency\":{",
		                            "\xc3\xa4",
		                            "\xff",
		                            "\x1b[31m",
		                            "=1+1",
		                            "\xe2\x80\xae",
		                            "a",
		                            "\xf0\x9f",
		                            "," };
	size_t i = 0;

	while (i < n) {
		const char *bit = bits[rng_below(r, 15)];
		size_t len = strlen(bit);

		if (rng_below(r, 4) == 0 || i + len > n)
			p[i++] = (char)(1 + rng_below(r, 255));
		else {
			memcpy(p + i, bit, len);
			i += len;
		}
	}
	p[n] = 0;
}

/* A CSV row as a reader takes it apart: the number of cells, or -1. */
static int cells_of(const char *p, size_t n, bool *ret_formula)
{
	int cells = 1;
	bool quoted = false, start = true;

	for (size_t i = 0; i < n; i++) {
		if (quoted) {
			if (p[i] == '"' && p[i + 1] == '"')
				i++;
			else if (p[i] == '"')
				quoted = false;
			else
				*ret_formula |= start && strchr("=+@", p[i]);
			start = false;
		} else if (p[i] == '"' && start) {
			quoted = true;
		} else if (p[i] == ',') {
			cells++;
			start = true;
		} else if (p[i] == '\r' && p[i + 1] == '\n' && i + 2 == n) {
			return cells;
		} else if (p[i] == '\r' || p[i] == '\n' || p[i] == '"') {
			return -1;
		} else {
			*ret_formula |= start && strchr("=+@", p[i]);
			start = false;
		}
	}
	return -1;
}

START_TEST(random_strings)
{
	struct rng r = { 8 };

	for (int i = 0; i < 5000; i++) {
		char text[6][41];
		struct tocsin_event e = event();
		struct tocsin_alert a = alert(&e);
		struct buf b = { 0 }, out = { 0 };
		bool formula = false;
		json_t *j;

		for (int k = 0; k < 6; k++)
			random_bytes(&r, text[k], rng_below(&r, 40));
		e.instrument = (struct tocsin_str){ text[0], (uint32_t)strlen(text[0]) };
		e.order_id = (struct tocsin_str){ text[1], (uint32_t)strlen(text[1]) };
		a.summary = text[2];
		a.runbook = text[3];
		a.topic = text[4];
		a.reason[0].feature = text[5];
		a.reason[0].observed = (double)(int64_t)rng_next(&r) *
		                       pow(10, (double)rng_below(&r, 600) - 300);
		if (rng_below(&r, 2))
			a.times = (struct tocsin_times){ 0 };
		payload_json(&a, &b);
		ck_assert_msg(utf8_valid(b.p, b.n), "seed 8, step %d", i);
		ck_assert_int_eq(payload_attempt(b.p, b.n, T0 + 5, 1, &out), 0);
		ck_assert(utf8_valid(out.p, out.n));
		j = json_loadb(out.p, out.n,
		               JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
		ck_assert_msg(j != NULL, "seed 8, step %d: %s", i, out.p);
		if (utf8_valid(text[2], strlen(text[2])))
			ck_assert_str_eq(json_string_value(json_object_get(j, "summary")), text[2]);
		if (isfinite(a.reason[0].observed))
			ck_assert(json_number_value(json_object_get(
					  json_array_get(json_object_get(j, "reasons"), 0),
					  "observed")) == a.reason[0].observed);
		ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(j, "latency"),
		                                                    "attempt_number")),
		                 1);
		json_decref(j);
		buf_clear(&b);
		ck_assert_int_eq(payload_human(out.p, out.n, 0, &b), 0);
		ck_assert_msg(utf8_valid(b.p, b.n), "seed 8, step %d", i);
		for (size_t k = 0; k < b.n; k++)
			if ((unsigned char)b.p[k] < 0x20 && b.p[k] != '\n')
				ck_abort_msg("seed 8, step %d: control character %d", i, b.p[k]);
		ck_assert_ptr_null(strstr(b.p, "\xe2\x80\xae"));
		buf_clear(&b);
		payload_csv(&a, &b);
		ck_assert_msg(cells_of(b.p, b.n, &formula) == 24, "seed 8, step %d: %s", i, b.p);
		ck_assert_msg(!formula, "seed 8, step %d: %s", i, b.p);
		buf_done(&b);
		buf_done(&out);
	}
}
END_TEST

static void as_resolved(struct tocsin_alert *a)
{
	memcpy(a->fingerprint, "00112233445566778899aabbccddeeff", sizeof a->fingerprint);
	a->status = TOCSIN_RESOLVED;
	a->status_reason = "no_data";
	a->active_at = T0 - 30 * NS_PER_S;
	a->starts_at = T0;
	a->ends_at = T0 + 60 * NS_PER_S;
}

START_TEST(states)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 }, out = { 0 };

	as_resolved(&a);
	payload_json(&a, &b);
	ck_assert_ptr_nonnull(strstr(
		b.p, "\"status\":\"resolved\",\"status_reason\":\"no_data\","
		     "\"fingerprint\":\"00112233445566778899aabbccddeeff\","
		     "\"active_at\":\"2023-12-25T22:59:30.123456789Z\","
		     "\"starts_at\":\"2023-12-25T23:00:00.123456789Z\","
		     "\"ends_at\":\"2023-12-25T23:01:00.123456789Z\",\"severity\":\"critical\""));
	ck_assert_int_eq(payload_human(b.p, b.n, 0, &out), 0);
	ck_assert_ptr_eq(strstr(out.p, "RESOLVED  "), out.p);
	ck_assert_ptr_nonnull(strstr(out.p,
	                             "  fires     since 2023-12-25T23:00:00.123456789Z until "
	                             "2023-12-25T23:01:00.123456789Z, 1m (no_data)\n"));
	buf_done(&b);
	buf_done(&out);
}
END_TEST

START_TEST(csv)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 };
	bool formula = false;

	e.instrument = (struct tocsin_str)STR("=cmd|'/c calc'!A0");
	e.venue = (struct tocsin_str)STR("-1+1");
	e.price = -12500000000;
	a.topic = "@x";
	a.summary = "say \"hi\", you";
	payload_csv_header(&b);
	ck_assert_int_eq(cells_of(b.p, b.n, &formula), 24);
	buf_clear(&b);
	payload_csv(&a, &b);
	ck_assert_str_eq(
		b.p,
		"0123456789abcdef0123456789abcdef,2023-12-25T23:00:00.123456789Z,critical,0.93,0.1,"
		"price-move,1a2b3c4d,main,\"'=cmd|'/c calc'!A0\",'-1+1,trade,sell,-12.5,0.000263,"
		"\"say \"\"hi\"\", you\",12,'@x,3,9007199254740993,firing,,,,\r\n");
	buf_clear(&b);
	as_resolved(&a);
	payload_csv(&a, &b);
	ck_assert_ptr_nonnull(
		strstr(b.p, ",3,9007199254740993,resolved,no_data,00112233445566778899aabbccddeeff,"
	                    "2023-12-25T23:00:00.123456789Z,2023-12-25T23:01:00.123456789Z\r\n"));
	buf_done(&b);
}
END_TEST

START_TEST(human)
{
	struct tocsin_event e = event();
	struct tocsin_alert a = alert(&e);
	struct buf b = { 0 }, out = { 0 };

	e.sequence = 7;
	a.n_labels = 1;
	payload_json(&a, &b);
	ck_assert_int_eq(payload_human(b.p, b.n, 0, &out), 0);
	ck_assert_str_eq(
		out.p,
		"CRITICAL  ESH4 fell 3.2 % in 1m\n"
		"  when      2023-12-25T23:00:00.123456789Z  instrument ESH4 on XCME\n"
		"  sure      confidence 0.93, score 0.1\n"
		"  why       return(price, 1m) is -0.032, expected 0.03  (75 % of the score)\n"
		"            count(1m) is none, expected none  (25 % of the score)\n"
		"  event     kind trade, side sell, price 4799.25, size 0.000263, sequence 7, trade_id t-1\n"
		"  rule      price-move (version 1a2b3c4d, configuration main)\n"
		"  held      12 more like it since the last one\n"
		"  labels    desk=futures\n"
		"  runbook   https://example.org/r\n"
		"  source    trades partition 3 offset 9007199254740993\n"
		"  latency   broker +1.000 ms, consumed +1.000 ms, scored +0.100 ms, outbox +0.900 ms\n"
		"  id        0123456789abcdef0123456789abcdef\n");
	buf_clear(&out);
	ck_assert_int_eq(payload_human(b.p, b.n, 1, &out), 0);
	ck_assert_ptr_eq(strstr(out.p, "\033[1;31mCRITICAL\033[0m  "), out.p);
	ck_assert_int_eq(payload_human("[]", 2, 0, &out), -EINVAL);
	ck_assert_int_eq(payload_human("{", 1, 0, &out), -EINVAL);
	buf_clear(&out);
	ck_assert_int_eq(payload_human("{}", 2, 0, &out), 0);
	buf_done(&b);
	buf_done(&out);
}
END_TEST

SUITE("payload", golden, attempt, attempt_on_what_is_not_ours, kinds, nasty_strings, random_strings,
      states, csv, human)
