/* Every verdict that JSON can give, with the field it names; by both readers. */
#include "decode/decode.h"

#include <sys/resource.h>

#include "../suite.h"
#include "both.h"
#include "core/buf.h"

#define HEAD "{\"instrument\":\"A\",\"time\":1703545200,"
#define TRADE HEAD "\"price\":1,\"size\":1"

static const struct {
	const char *line;
	enum decode_verdict verdict;
	const char *field;
} cases[] = {
	{ TRADE "}", DECODE_OK, "" },
	{ "", DECODE_EMPTY, "" },
	{ " \r\n\t ", DECODE_EMPTY, "" },
	{ TRADE, DECODE_NOT_JSON, "" },
	{ "GET / HTTP/1.1", DECODE_NOT_JSON, "" },
	{ HEAD "\"price\":NaN,\"size\":1}", DECODE_NOT_JSON, "" },
	{ HEAD "\"price\":1e999,\"size\":1}", DECODE_NOT_JSON, "" },
	{ HEAD "\"price\":1,\"size\":1,\"x\":\"\xff\"}", DECODE_NOT_JSON, "" },
	{ "[" TRADE "}]", DECODE_NOT_OBJECT, "" },
	{ "null", DECODE_NOT_OBJECT, "" },
	{ TRADE ",\"price\":1}", DECODE_DUPLICATE_KEY, "" },
	{ TRADE ",\"x\":{\"y\":1,\"y\":1}}", DECODE_DUPLICATE_KEY, "" },
	{ "{\"time\":1703545200,\"price\":1,\"size\":1}", DECODE_MISSING_FIELD, "instrument" },
	{ "{\"instrument\":null,\"time\":1703545200,\"price\":1,\"size\":1}", DECODE_MISSING_FIELD,
	  "instrument" },
	{ "{\"instrument\":\"A\",\"price\":1,\"size\":1}", DECODE_MISSING_FIELD, "time" },
	{ HEAD "\"size\":1}", DECODE_MISSING_FIELD, "price" },
	{ HEAD "\"price\":1}", DECODE_MISSING_FIELD, "qty" },
	{ HEAD "\"price\":1,\"size\":null}", DECODE_MISSING_FIELD, "qty" },
	{ HEAD "\"price\":{},\"size\":1}", DECODE_WRONG_TYPE, "price" },
	{ HEAD "\"price\":[1],\"size\":1}", DECODE_WRONG_TYPE, "price" },
	{ HEAD "\"price\":true,\"size\":1}", DECODE_WRONG_TYPE, "price" },
	{ HEAD "\"price\":1,\"size\":false}", DECODE_WRONG_TYPE, "qty" },
	{ "{\"instrument\":[],\"time\":1703545200,\"price\":1,\"size\":1}", DECODE_WRONG_TYPE,
	  "instrument" },
	{ "{\"instrument\":1.5,\"time\":1703545200,\"price\":1,\"size\":1}", DECODE_WRONG_TYPE,
	  "instrument" },
	{ "{\"instrument\":\"A\",\"time\":true,\"price\":1,\"size\":1}", DECODE_WRONG_TYPE,
	  "time" },
	{ TRADE ",\"side\":{}}", DECODE_WRONG_TYPE, "side" },
	{ TRADE ",\"side\":1.0}", DECODE_WRONG_TYPE, "side" },
	{ TRADE ",\"account\":true}", DECODE_WRONG_TYPE, "account" },
	{ TRADE ",\"sequence\":\"1\",\"order_id\":{}}", DECODE_WRONG_TYPE, "order_id" },
	{ TRADE ",\"sequence\":{}}", DECODE_WRONG_TYPE, "sequence" },
	{ TRADE ",\"sequence\":-1}", DECODE_BAD_NUMBER, "sequence" },
	{ TRADE ",\"sequence\":1.5}", DECODE_BAD_NUMBER, "sequence" },
	{ TRADE ",\"sequence\":\"18446744073709551616\"}", DECODE_BAD_NUMBER, "sequence" },
	{ TRADE ",\"sequence\":\"\"}", DECODE_BAD_NUMBER, "sequence" },
	{ HEAD "\"price\":\"NaN\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"Infinity\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"-inf\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"1,5\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"1 \",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"0x10\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"1\\u00000\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":9223372037,\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":-9223372036854775808,\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":1e10,\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":\"9223372036.854775808\",\"size\":1}", DECODE_BAD_NUMBER, "price" },
	{ HEAD "\"price\":1,\"size\":\"1e300\"}", DECODE_BAD_NUMBER, "qty" },
	{ HEAD "\"price\":0,\"size\":1}", DECODE_BAD_PRICE, "price" },
	{ HEAD "\"price\":-0,\"size\":1}", DECODE_BAD_PRICE, "price" },
	{ HEAD "\"price\":\"-0.0\",\"size\":1}", DECODE_BAD_PRICE, "price" },
	{ HEAD "\"price\":-5,\"size\":1}", DECODE_BAD_PRICE, "price" },
	{ HEAD "\"price\":1e-300,\"size\":1}", DECODE_BAD_PRICE, "price" },
	{ HEAD "\"price\":1,\"size\":0}", DECODE_BAD_SIZE, "qty" },
	{ HEAD "\"price\":1,\"size\":-1}", DECODE_BAD_SIZE, "qty" },
	{ HEAD "\"price\":1,\"size\":\"-0.000000001\"}", DECODE_BAD_SIZE, "qty" },
	{ "{\"instrument\":\"A\",\"time\":\"yesterday\",\"price\":1,\"size\":1}", DECODE_BAD_TIME,
	  "time" },
	{ "{\"instrument\":\"A\",\"time\":\"\",\"price\":1,\"size\":1}", DECODE_BAD_TIME, "time" },
	{ "{\"instrument\":\"A\",\"time\":\"2023-02-29T00:00:00Z\",\"price\":1,\"size\":1}",
	  DECODE_BAD_TIME, "time" },
	{ "{\"instrument\":\"A\",\"time\":0,\"price\":1,\"size\":1}", DECODE_TIME_RANGE, "time" },
	{ "{\"instrument\":\"A\",\"time\":-1,\"price\":1,\"size\":1}", DECODE_TIME_RANGE, "time" },
	{ "{\"instrument\":\"A\",\"time\":9223372036854775807,\"price\":1,\"size\":1}",
	  DECODE_TIME_RANGE, "time" },
	{ "{\"instrument\":\"A\",\"time\":\"1989-12-31T23:59:59Z\",\"price\":1,\"size\":1}",
	  DECODE_TIME_RANGE, "time" },
	{ "{\"instrument\":\"A\",\"time\":\"1990-01-01T00:00:00Z\",\"price\":1,\"size\":1}",
	  DECODE_OK, "" },
	{ "{\"instrument\":\"A\",\"time\":\"2200-01-01T00:00:00Z\",\"price\":1,\"size\":1}",
	  DECODE_OK, "" },
	{ "{\"instrument\":\"A\",\"time\":\"2200-01-01T00:00:00.000000001Z\",\"price\":1,\"size\":1}",
	  DECODE_TIME_RANGE, "time" },
	{ "{\"instrument\":\"A\",\"time\":\"9999-01-01T00:00:00Z\",\"price\":1,\"size\":1}",
	  DECODE_TIME_RANGE, "time" },
	{ TRADE ",\"side\":\"up\"}", DECODE_UNKNOWN_SIDE, "side" },
	{ TRADE ",\"side\":true}", DECODE_UNKNOWN_SIDE, "side" },
	{ "{\"instrument\":\"\",\"time\":1703545200,\"price\":1,\"size\":1}", DECODE_BAD_TEXT,
	  "instrument" },
	{ "{\"instrument\":\"A\\u0000\",\"time\":1703545200,\"price\":1,\"size\":1}",
	  DECODE_BAD_TEXT, "instrument" },
	{ TRADE ",\"account\":\"\\u0000\"}", DECODE_BAD_TEXT, "account" },
};

START_TEST(table)
{
	const struct format_spec spec = { 0 };
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *field;
		enum decode_verdict v;

		ck_assert_msg(both_agree(&b, cases[i].line, strlen(cases[i].line), why, sizeof why),
		              "%s: %s", cases[i].line, why);
		v = decode(b.simd, cases[i].line, strlen(cases[i].line), &b.event, &field);
		ck_assert_msg(v == cases[i].verdict && strcmp(field, cases[i].field) == 0,
		              "%s: %s of \"%s\"", cases[i].line, decode_verdict_name(v), field);
		ck_assert_int_eq(
			decode(b.simd, cases[i].line, strlen(cases[i].line), &b.event, NULL), v);
	}
	both_close(&b);
}
END_TEST

/* 128 bytes of text are taken, 129 are not; max_bytes is the last size that is read. */
START_TEST(sizes)
{
	const struct format_spec spec = { .max_bytes = 400 };
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	for (int n = 1; n < 140; n++) {
		char line[300];

		snprintf(line, sizeof line, TRADE ",\"order_id\":\"%0*d\"}", n, 0);
		ck_assert_msg(both_agree(&b, line, strlen(line), why, sizeof why), "%s", why);
		ck_assert_int_eq(b.verdict, n <= 128 ? DECODE_OK : DECODE_BAD_TEXT);
	}
	for (size_t n = 395; n < 405; n++) {
		char line[500];

		memset(line, ' ', sizeof line);
		memcpy(line, TRADE "}", strlen(TRADE "}"));
		ck_assert_msg(both_agree(&b, line, n, why, sizeof why), "%s", why);
		ck_assert_int_eq(b.verdict, n <= 400 ? DECODE_OK : DECODE_TOO_LARGE);
		memset(line, ' ', sizeof line);
		ck_assert(both_agree(&b, line, n, why, sizeof why));
		ck_assert_int_eq(b.verdict, n <= 400 ? DECODE_EMPTY : DECODE_TOO_LARGE);
	}
	both_close(&b);
}
END_TEST

/* 10 MB where 1 MiB is allowed, and the same where 16 MiB are. */
START_TEST(large)
{
	const struct format_spec small = { 0 }, wide = { .max_bytes = (size_t)16 << 20 };
	struct buf line = { 0 };
	struct both b;
	char why[200];

	buf_puts(&line, TRADE ",\"pad\":[");
	while (line.n < 10000000)
		buf_puts(&line, "\"padding\",12345,null,");
	buf_puts(&line, "0]}");
	ck_assert_int_eq(both_open(&b, &small), 0);
	ck_assert(both_agree(&b, line.p, line.n, why, sizeof why));
	ck_assert_int_eq(b.verdict, DECODE_TOO_LARGE);
	both_close(&b);
	ck_assert_int_eq(both_open(&b, &wide), 0);
	ck_assert_msg(both_agree(&b, line.p, line.n, why, sizeof why), "%s", why);
	ck_assert_int_eq(b.verdict, DECODE_OK);
	ck_assert(both_agree(&b, TRADE "}", strlen(TRADE "}"), why, sizeof why));
	ck_assert_int_eq(b.verdict, DECODE_OK);
	both_close(&b);
	buf_done(&line);
}
END_TEST

/* No memory to read a message with: refused as too large, and the next one is read. */
START_TEST(out_of_memory)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	printf("skipped: a sanitizer needs its own address space\n");
#else
	const struct format_spec spec = { .max_bytes = (size_t)64 << 20 };
	size_t n = (size_t)48 << 20;
	char *line = malloc(n);
	struct rlimit limit;
	struct both b;
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	memset(line, ' ', n);
	memcpy(line, TRADE "}", strlen(TRADE "}"));
	ck_assert_int_eq(both_open(&b, &spec), 0);
	ck_assert_int_eq(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	limit = (struct rlimit){ pages * 4096 + ((rlim_t)80 << 20), RLIM_INFINITY };
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(decode(b.simd, line, n, &b.event, NULL), DECODE_TOO_LARGE);
	ck_assert_int_eq(decode(b.simd, TRADE "}", strlen(TRADE "}"), &b.event, NULL), DECODE_OK);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(decode(b.simd, line, n, &b.event, NULL), DECODE_OK);
	both_close(&b);
	free(line);
#endif
}
END_TEST

/* A refused message leaves nothing behind for the next. */
START_TEST(independent)
{
	const struct format_spec spec = { 0 };
	struct both b, fresh;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert(both_agree(&b, cases[i].line, strlen(cases[i].line), why, sizeof why));
		ck_assert_int_eq(both_open(&fresh, &spec), 0);
		ck_assert(both_agree(&fresh, TRADE "}", strlen(TRADE "}"), why, sizeof why));
		ck_assert(both_agree(&b, TRADE "}", strlen(TRADE "}"), why, sizeof why));
		ck_assert_int_eq(b.verdict, DECODE_OK);
		ck_assert_ptr_null(event_difference(&b.event, &fresh.event));
		both_close(&fresh);
	}
	both_close(&b);
}
END_TEST

START_TEST(names)
{
	for (unsigned v = 0; v < DECODE_N_VERDICTS; v++) {
		const char *name = decode_verdict_name(v);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (unsigned w = 0; w < v; w++)
			ck_assert_str_ne(name, decode_verdict_name(w));
	}
	ck_assert_str_eq(decode_verdict_name(DECODE_MISSING_FIELD), "missing_field");
	ck_assert_str_eq(decode_verdict_name(DECODE_N_VERDICTS), "unknown");
}
END_TEST

SUITE("verdicts", table, sizes, large, out_of_memory, independent, names)
