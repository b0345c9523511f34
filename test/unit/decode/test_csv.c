/* CSV: header, quoting, columns, and the values that come out as events. */
#include "decode/decode.h"

#include <errno.h>
#include <stdio.h>

#include "../suite.h"
#include "both.h"

static struct format *format;
static struct decoder *decoder;
static char reason[200];

static void open_csv(struct format_spec spec)
{
	struct errors errors = { 0 };

	spec.codec = DECODE_CSV;
	ck_assert_int_eq(format_new(&spec, &errors, NULL, NULL, &format), 0);
	ck_assert_int_eq(decoder_new(format, DECODE_JSON_SIMD, &decoder), 0);
}

static void close_csv(void)
{
	decoder = decoder_free(decoder);
	format = format_free(format);
}

static int header(const char *line)
{
	return decoder_header(decoder, line, strlen(line), reason, sizeof reason);
}

static enum decode_verdict line(const char *text, struct tocsin_event *e)
{
	/* exactly its bytes, so that a sanitizer sees a read past them */
	static char *last;
	size_t n = strlen(text);

	free(last);
	last = malloc(n ? n : 1);
	memcpy(last, text, n);
	return decode(decoder, last, n, e, NULL);
}

static void text_is(struct tocsin_str s, const char *want)
{
	ck_assert_uint_eq(s.n, strlen(want));
	ck_assert_mem_eq(s.p, want, s.n);
}

START_TEST(plain)
{
	struct tocsin_event e;

	open_csv((struct format_spec){ 0 });
	ck_assert_int_eq(format_codec(format), DECODE_CSV);
	ck_assert_int_eq(line("1,2", &e), DECODE_BAD_CSV);
	ck_assert_int_eq(header("\xef\xbb\xbftime,instrument,price,size,side,note\r\n"), 0);
	ck_assert_int_eq(line("2023-12-25T23:00:00Z,AAPL,190.25,100,Buy,\"a, \"\"b\"\"\"\r\n", &e),
	                 DECODE_OK);
	ck_assert_int_eq(e.time_ns, 1703545200000000000);
	ck_assert_int_eq(e.price, 190250000000);
	ck_assert_int_eq(e.qty, 100000000000);
	ck_assert_int_eq(e.side, TOCSIN_BUY);
	text_is(e.instrument, "AAPL");
	ck_assert_ptr_null(e.venue.p);
	/* quoted, doubled quotes, a comma inside, nothing in the last cells */
	ck_assert_int_eq(line("\"1703545200\",\"A,\"\"B\"\"\",\"1\",\"2\",,", &e), DECODE_OK);
	text_is(e.instrument, "A,\"B\"");
	ck_assert_int_eq(e.side, TOCSIN_SIDE_NONE);
	ck_assert_int_eq(line("1703545200,\"\",1,2,,", &e), DECODE_MISSING_FIELD);
	ck_assert_int_eq(line("1703545200,\xff,1,2,,", &e), DECODE_BAD_TEXT);
	ck_assert_int_eq(line("1703545200,A, 1,2,,", &e), DECODE_BAD_NUMBER);
	ck_assert_int_eq(line("\r\n", &e), DECODE_EMPTY);
	close_csv();
}
END_TEST

START_TEST(bad_lines)
{
	static const char *const wrong[] = {
		"1703545200,A,1",
		"1703545200,A,1,2,3",
		"1703545200,A,1,2,",
		"1703545200,A\"B,1,2",
		"1703545200,\"A,1,2",
		"1703545200,\"A\"B,1,2",
		"1703545200,\"A\" ,1,2",
		"1703545200,A,1,\"",
		"\"",
		"a\"",
		"1703545200,\"A\"\",1,2",
		"1703545200,\"A\nB,1,2",
	};
	struct tocsin_event e;

	open_csv((struct format_spec){ 0 });
	ck_assert_int_eq(header("time,instrument,price,size"), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(line(wrong[i], &e) == DECODE_BAD_CSV, "%s", wrong[i]);
	ck_assert_int_eq(line("1703545200,A,1,2", &e), DECODE_OK);
	close_csv();
}
END_TEST

START_TEST(headers)
{
	open_csv((struct format_spec){ .price = "px", .venue = "=XNAS" });
	ck_assert_int_eq(header("time,instrument,price,size"), -EINVAL);
	ck_assert_str_eq(reason, "no column \"px\"");
	ck_assert_int_eq(header("time,instrumnet,px,size"), -EINVAL);
	ck_assert_str_eq(reason, "no column \"instrument\"; the nearest is \"instrumnet\"");
	ck_assert_int_eq(header("time,instrument,px,px"), -EINVAL);
	ck_assert_str_eq(reason, "two columns \"px\"");
	ck_assert_int_eq(header("time,\"instrument"), -EINVAL);
	ck_assert_str_eq(reason, "stray or missing quote in column 2");
	ck_assert_int_eq(header(""), -EINVAL);
	/* columns that nobody wants may be called alike; the last good header counts */
	ck_assert_int_eq(header("x,x,\"time\",instrument,px,size"), 0);
	{
		struct tocsin_event e;

		ck_assert_int_eq(line(",,1703545200,A,1,2", &e), DECODE_OK);
		text_is(e.venue, "XNAS");
		ck_assert_int_eq(header("px,size"), -EINVAL);
		ck_assert_int_eq(line(",,1703545200,A,1,2", &e), DECODE_OK);
		ck_assert_int_eq(header("size,px,instrument,time"), 0);
		ck_assert_int_eq(line("3,1,B,1703545201", &e), DECODE_OK);
		ck_assert_int_eq(e.qty, 3000000000);
	}
	close_csv();
}
END_TEST

START_TEST(too_many_columns)
{
	char *names = malloc(20000);

	memset(names, ',', 4096);
	names[4096] = 0;
	open_csv((struct format_spec){ 0 });
	ck_assert_int_eq(header(names), -EINVAL);
	ck_assert_str_eq(reason, "more than 4096 columns");
	close_csv();
	free(names);
}
END_TEST

/* The databento preset reads its own CSV too, where prices are integers. */
START_TEST(preset)
{
	struct tocsin_event e;

	open_csv((struct format_spec){ .preset = "databento-mbo", .time = "ts_event" });
	ck_assert_int_eq(
		header("ts_recv,ts_event,rtype,action,side,price,size,order_id,flags,sequence,symbol"),
		0);
	ck_assert_int_eq(
		line("1,1703422805243925307,160,F,B,4799000000000,2,6412777162812,130,682,ESH4",
	             &e),
		DECODE_OK);
	ck_assert_int_eq(e.kind, TOCSIN_FILL);
	ck_assert_int_eq(e.side, TOCSIN_SELL);
	ck_assert_int_eq(e.flags, TOCSIN_FLAG_LAST | TOCSIN_FLAG_FILL_KEEPS_BOOK);
	ck_assert_int_eq(e.price, 4799000000000);
	ck_assert_uint_eq(e.sequence, 682);
	text_is(e.order_id, "6412777162812");
	close_csv();
}
END_TEST

START_TEST(json_has_no_header)
{
	struct both b;
	const struct format_spec spec = { .name = "mine" };

	ck_assert_int_eq(both_open(&b, &spec), 0);
	ck_assert_int_eq(decoder_header(b.simd, "a", 1, reason, sizeof reason), -EINVAL);
	ck_assert_str_eq(reason, "the format \"mine\" is not CSV");
	ck_assert_str_eq(format_name(b.format), "mine");
	both_close(&b);
}
END_TEST

SUITE("csv", plain, bad_lines, headers, too_many_columns, preset, json_has_no_header)
