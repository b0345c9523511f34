/* The JSON readers: what is taken and refused, and what is read, the same by both. */
#include "decode/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "../suite.h"
#include "core/buf.h"

#define N 4
static const char *const paths[N] = { "a", "b.c", "d.1", "x.y.z" };

static const struct json_ops *const readers[] = { &json_simd, &json_jansson };

struct nasty {
	const char *text;
	size_t n;
	enum json_status status;
};

#define J(text, status) \
	{ \
		text, sizeof text - 1, status \
	}
#define GOOD(text) J(text, JSON_READ_OK)
#define BAD(text) J(text, JSON_MALFORMED)

static const struct nasty nasties[] = {
	/* structure */
	BAD("{\"a\":1\0}"),
	BAD("{\"a\":[1\0,2]}"),
	BAD("{\"a\":1.5\0}"),
	BAD("{\"a\":tru\0e}"),
	BAD("{\"a\":true\0}"),
	BAD("{"),
	BAD("}"),
	BAD("{}}"),
	BAD("{\"a\"}"),
	BAD("{\"a\":}"),
	BAD("{\"a\":1,}"),
	BAD("{,\"a\":1}"),
	BAD("{\"a\":1 \"b\":2}"),
	BAD("{\"a\" 1}"),
	BAD("{\"a\"::1}"),
	BAD("{a:1}"),
	BAD("{'a':1}"),
	BAD("{\"a\":1}{"),
	BAD("{\"a\":1} x"),
	BAD("{\"a\":1}]"),
	BAD("{\"a\":[1,]}"),
	BAD("{\"a\":[1 2]}"),
	BAD("{\"a\":[1}"),
	BAD("{\"a\":[1}]"),
	BAD("{\"a\":[,1]}"),
	BAD("{1:1}"),
	BAD("{\"a\":1/*c*/}"),
	BAD("{\"a\":1}//"),
	BAD("{\"a\":1}\0"),
	BAD("\0{\"a\":1}"),
	BAD("{\"a\":\0001}"),
	BAD("\xef\xbb\xbf{\"a\":1}"),
	BAD("\xef\xbb\xbf"),
	BAD("{\"a\":1}\xef\xbb\xbf"),
	BAD("\xff\xfe{\0}\0"),
	BAD("{\"a\":1},"),
	BAD("{\"a\":1}\f"),
	BAD("{\"a\":\v1}"),
	BAD("{\"a\":1}\xc2\xa0"),
	BAD("{\"a\":1"),
	BAD("{\"a"),
	BAD("{\"a\\"),
	BAD("{\"a\\\""),
	BAD("{null:1}"),
	BAD("{\"a\":1,\"b\"}"),
	BAD(":"),
	BAD(","),
	BAD("\""),
	BAD("[\"a\""),
	GOOD("{}"),
	GOOD(" \t\r\n{ \"a\" :\r1\n}\t "),
	GOOD("{\"\":1}"),
	GOOD("{\"a\":[]}"),
	GOOD("{\"a\":{}}"),
	GOOD("{\"a\":[[],{},[{}]]}"),
	/* literals */
	BAD("{\"a\":tru}"),
	BAD("{\"a\":True}"),
	BAD("{\"a\":truee}"),
	BAD("{\"a\":nul}"),
	BAD("{\"a\":NaN}"),
	BAD("{\"a\":Infinity}"),
	BAD("{\"a\":-Infinity}"),
	BAD("{\"a\":nan}"),
	BAD("{\"a\":undefined}"),
	BAD("{\"a\":true1}"),
	BAD("{\"a\":falsenull}"),
	GOOD("{\"a\":null,\"b\":true,\"c\":false}"),
	/* numbers */
	BAD("{\"a\":01}"),
	BAD("{\"a\":-01}"),
	BAD("{\"a\":+1}"),
	BAD("{\"a\":.5}"),
	BAD("{\"a\":5.}"),
	BAD("{\"a\":-}"),
	BAD("{\"a\":1e}"),
	BAD("{\"a\":1e+}"),
	BAD("{\"a\":1.e1}"),
	BAD("{\"a\":0x10}"),
	BAD("{\"a\":1_000}"),
	BAD("{\"a\":1,000}"),
	BAD("{\"a\":--1}"),
	BAD("{\"a\":1.2.3}"),
	BAD("{\"a\":1a}"),
	BAD("{\"a\":1e1.5}"),
	BAD("{\"a\":0e}"),
	BAD("{\"a\":00}"),
	BAD("{\"a\":-0x1}"),
	BAD("{\"a\":1\"b\"}"),
	BAD("{\"a\":9223372036854775808}"),
	BAD("{\"a\":-9223372036854775809}"),
	BAD("{\"a\":18446744073709551615}"),
	BAD("{\"a\":18446744073709551616}"),
	BAD("{\"a\":100000000000000000000000000000000000000000}"),
	BAD("{\"zz\":18446744073709551615}"),
	BAD("{\"a\":1e309}"),
	BAD("{\"a\":-1e309}"),
	BAD("{\"a\":1e400}"),
	BAD("{\"a\":1e99999999999999999999}"),
	BAD("{\"a\":1.7976931348623159e308}"),
	BAD("{\"q\":[{\"a\":1e400}]}"),
	BAD("{\"a\":\xef\xbc\x91}"),
	GOOD("{\"a\":9223372036854775807}"),
	GOOD("{\"a\":-9223372036854775808}"),
	GOOD("{\"a\":-0}"),
	GOOD("{\"a\":-0.0}"),
	BAD("{\"a\":1E400000000000000000000,\"b\":1}"),
	GOOD("{\"a\":1e-400}"),
	GOOD("{\"a\":5e-324}"),
	GOOD("{\"a\":1e-99999999999999999999}"),
	GOOD("{\"a\":0e99999999}"),
	GOOD("{\"a\":1.7976931348623157e308}"),
	GOOD("{\"a\":0.1e1}"),
	GOOD("{\"a\":1E+2}"),
	GOOD("{\"a\":100000000000000000000.0}"),
	/* strings */
	BAD("{\"a\":\"\x01\"}"),
	BAD("{\"a\":\"\n\"}"),
	BAD("{\"a\":\"\t\"}"),
	BAD("{\"a\":\"\0\"}"),
	BAD("{\"a\":\"\\x41\"}"),
	BAD("{\"a\":\"\\'\"}"),
	BAD("{\"a\":\"\\u12\"}"),
	BAD("{\"a\":\"\\u12G4\"}"),
	BAD("{\"a\":\"\\U0041\"}"),
	BAD("{\"a\":\"\\\"}"),
	BAD("{\"a\":\"abc}"),
	BAD("{\"a\":'b'}"),
	BAD("{\"a\":\"\\ud800\"}"),
	BAD("{\"a\":\"\\udc00\"}"),
	BAD("{\"a\":\"\\ud800\\u0041\"}"),
	BAD("{\"a\":\"\\udc00\\ud800\"}"),
	BAD("{\"a\":\"\\ud800\\ud800\"}"),
	BAD("{\"a\":\"\\ud834x\"}"),
	BAD("{\"zz\":\"\\ud800\"}"),
	BAD("{\"\\ud800\":1}"),
	BAD("{\"a\":\"\\ud834\\\\udd1e\"}"),
	BAD("{\"a\":\"\\ud800\\udbff\"}"),
	BAD("{\"a\":\"\\ud800\\ue000\"}"),
	BAD("{\"a\":\"\\udfff\"}"),
	GOOD("{\"a\":\"\\ud834\\udd1e\"}"),
	GOOD("{\"a\":\"\\\\ud800\"}"),
	GOOD("{\"a\":\"\\uFFFF\\ufffe\"}"),
	GOOD("{\"a\":\"\\u0000\"}"),
	GOOD("{\"a\":\"\x7f\"}"),
	GOOD("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"),
	GOOD("{\"a\":\"\xe2\x80\xa8\"}"),
	GOOD("{\"a\":\"/\"}"),
	GOOD("{\"a\":\"\\uDBFF\\uDFFF\"}"),
	BAD("{\"\\u0000\":1}"),
	BAD("{\"a\\u0000b\":1}"),
	BAD("{\"zz\":[{\"q\\u0000\":1}]}"),
	/* UTF-8 */
	BAD("{\"a\":\"\xff\"}"),
	BAD("{\"a\":\"\xc0\x80\"}"),
	BAD("{\"a\":\"\xe0\x80\xaf\"}"),
	BAD("{\"a\":\"\xed\xa0\x80\"}"),
	BAD("{\"a\":\"\xf4\x90\x80\x80\"}"),
	BAD("{\"a\":\"\xc3\"}"),
	BAD("{\"a\":\"\xe2\x82\"}"),
	BAD("{\"a\":\"\x80\"}"),
	BAD("{\"\xff\":1}"),
	BAD("{\"a\":1}\xff"),
	BAD("{\"a\":\"\xf8\x88\x80\x80\x80\"}"),
	GOOD("{\"a\":\"\xf0\x9d\x84\x9e\"}"),
	GOOD("{\"a\":\"\xef\xbf\xbf\xef\xbb\xbf\"}"),
	GOOD("{\"\xc3\xa9\":1}"),
	/* not an object */
	J("[]", JSON_NOT_OBJECT),
	J("1", JSON_NOT_OBJECT),
	J("\"a\"", JSON_NOT_OBJECT),
	J("null", JSON_NOT_OBJECT),
	J(" true ", JSON_NOT_OBJECT),
	J("[{\"a\":1}]", JSON_NOT_OBJECT),
	J("-1.5e3", JSON_NOT_OBJECT),
	J("[{\"a\":1,\"a\":2}]", JSON_NOT_OBJECT),
	BAD("18446744073709551615"),
	BAD("1 2"),
	BAD("nulll"),
	BAD("[]]"),
	/* the same key twice */
	J("{\"a\":1,\"a\":1}", JSON_DUPLICATE_KEY),
	J("{\"a\":1,\"b\":2,\"a\":3}", JSON_DUPLICATE_KEY),
	J("{\"q\":{\"a\":1,\"a\":2}}", JSON_DUPLICATE_KEY),
	J("{\"q\":[[{\"\":1,\"\":2}]]}", JSON_DUPLICATE_KEY),
	J("{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE_KEY),
	J("{\"\xc3\xa9\":1,\"\\u00e9\":2}", JSON_DUPLICATE_KEY),
	J("{\"abcdefghijklmnop\":1,\"abcdefghijklmnop\":2}", JSON_DUPLICATE_KEY),
	BAD("{\"a\":1,\"a\":2"),
	BAD("{\"a\":1,\"a\":1e400}"),
	BAD("{\"a\":1,\"a\":18446744073709551615}"),
	BAD("{\"a\":1,\"a\":2,\"\\u0000\":3}"),
	BAD("{\"a\":1,\"a\":\"\\ud800\"}"),
	GOOD("{\"a\":1,\"A\":2}"),
	GOOD("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"),
	GOOD("{\"a\":1,\"a \":2}"),
	GOOD("{\"abcdefgh1ijklmnop\":1,\"abcdefgh2ijklmnop\":2}"),
	GOOD("{\"e\":1,\"E\":1,\"m\":1,\"M\":1}"),
};

static const char *status_name(enum json_status s)
{
	static const char *const names[] = { "ok", "malformed", "not an object", "duplicate key",
		                             "no memory" };

	return names[s];
}

/* The bytes exactly, so that a sanitizer sees a read past their end. */
static enum json_status read_exact(const struct json_ops *ops, void *reader, const char *p,
                                   size_t n, struct json_value *values)
{
	char *exact = malloc(n ? n : 1);
	enum json_status status;

	memcpy(exact, p, n);
	status = ops->read(reader, exact, n, values);
	free(exact);
	return status;
}

START_TEST(nasty_messages)
{
	struct json_wanted wanted;
	size_t n = sizeof nasties / sizeof nasties[0];

	ck_assert_int_eq(json_wanted_init(&wanted, paths, N), 0);
	for (size_t k = 0; k < 2; k++) {
		void *r = NULL;

		ck_assert_int_eq(readers[k]->open(&wanted, &r), 0);
		for (size_t i = 0; i < n; i++) {
			const struct nasty *t = &nasties[i];
			struct json_value values[N];
			enum json_status s = read_exact(readers[k], r, t->text, t->n, values);

			ck_assert_msg(s == t->status, "%s: %s: %s, expected %s", readers[k]->name,
			              t->text, status_name(s), status_name(t->status));
		}
		readers[k]->close(r);
	}
	printf("%zu literals\n", n);
	json_wanted_done(&wanted);
}
END_TEST

static void nest(struct buf *b, size_t depth, bool objects)
{
	buf_puts(b, "{\"q\":");
	for (size_t i = 1; i < depth; i++)
		buf_puts(b, objects ? "{\"q\":" : "[");
	buf_puts(b, "1");
	for (size_t i = 1; i < depth; i++)
		buf_puts(b, objects ? "}" : "]");
	buf_puts(b, "}");
}

START_TEST(depth)
{
	static const size_t depths[] = { 1,    2,    63,   64,   65,   66,    1023,
		                         1024, 1025, 2047, 2048, 2049, 100000 };
	struct json_wanted wanted;

	ck_assert_int_eq(json_wanted_init(&wanted, paths, N), 0);
	for (size_t k = 0; k < 2; k++) {
		void *r = NULL;

		ck_assert_int_eq(readers[k]->open(&wanted, &r), 0);
		for (size_t i = 0; i < 2 * sizeof depths / sizeof depths[0]; i++) {
			size_t d = depths[i / 2];
			struct json_value values[N];
			struct buf b = { 0 };
			enum json_status s;

			nest(&b, d, i & 1);
			s = read_exact(readers[k], r, b.p, b.n, values);
			ck_assert_msg(s == (d <= JSON_MAX_DEPTH ? JSON_READ_OK : JSON_MALFORMED),
			              "%s: %zu: %s", readers[k]->name, d, status_name(s));
			buf_clear(&b);
			for (size_t j = 0; j < d; j++)
				buf_putc(&b, '[');
			ck_assert_int_eq(read_exact(readers[k], r, b.p, b.n, values),
			                 JSON_MALFORMED);
			buf_done(&b);
		}
		readers[k]->close(r);
	}
	json_wanted_done(&wanted);
}
END_TEST

/* Objects of many keys: the last one new, or the same as one before. */
START_TEST(many_keys)
{
	static const size_t counts[] = { 2, 9, 63, 64, 65, 66, 1000, 60000 };
	struct json_wanted wanted;

	ck_assert_int_eq(json_wanted_init(&wanted, paths, N), 0);
	for (size_t k = 0; k < 2; k++) {
		void *r = NULL;

		ck_assert_int_eq(readers[k]->open(&wanted, &r), 0);
		for (size_t i = 0; i < 3 * sizeof counts / sizeof counts[0]; i++) {
			size_t n = counts[i / 3], same = i % 3 == 1 ? 0 : n / 2;
			struct json_value values[N];
			struct buf b = { 0 };

			buf_puts(&b, "{");
			for (size_t j = 1; j < n; j++)
				buf_printf(&b, "\"key%zu\":%zu,", j - 1, j);
			if (i % 3)
				buf_printf(&b, "\"key%zu\":0}", same < n - 1 ? same : 0);
			else
				buf_puts(&b, "\"a\":7}");
			ck_assert_msg(read_exact(readers[k], r, b.p, b.n, values) ==
			                      (i % 3 ? JSON_DUPLICATE_KEY : JSON_READ_OK),
			              "%s: %zu keys, case %zu", readers[k]->name, n, i % 3);
			if (i % 3 == 0) {
				ck_assert_int_eq(values[0].type, JSON_INT_VALUE);
				ck_assert_int_eq(values[0].u.i, 7);
			}
			buf_done(&b);
		}
		readers[k]->close(r);
	}
	json_wanted_done(&wanted);
}
END_TEST

static void check_string(const struct json_value *v, const char *p, size_t n)
{
	ck_assert_int_eq(v->type, JSON_STRING_VALUE);
	ck_assert_uint_eq(v->n, n);
	ck_assert_mem_eq(v->u.p, p, n);
}

START_TEST(values_read)
{
	struct json_wanted wanted;

	ck_assert_int_eq(json_wanted_init(&wanted, paths, N), 0);
	for (size_t k = 0; k < 2; k++) {
		const struct json_ops *ops = readers[k];
		struct json_value v[N];
		void *r = NULL;

#define READ(text) ck_assert_int_eq(ops->read(r, text, sizeof text - 1, v), JSON_READ_OK)
		ck_assert_int_eq(ops->open(&wanted, &r), 0);
		READ("{\"a\":-5,\"b\":{\"c\":\"x\\u0000\\ud834\\udd1ey\"},\"d\":[9,2.5],\"x\":{\"y\":{\"z\":true}}}");
		ck_assert_int_eq(v[0].type, JSON_INT_VALUE);
		ck_assert_int_eq(v[0].u.i, -5);
		check_string(&v[1], "x\0\xf0\x9d\x84\x9ey", 7);
		ck_assert_int_eq(v[2].type, JSON_DOUBLE_VALUE);
		ck_assert(v[2].u.d == 2.5);
		ck_assert_int_eq(v[3].type, JSON_BOOL_VALUE);
		ck_assert(v[3].u.b);
		/* nothing of the last message stays */
		READ("{\"z\":1}");
		for (size_t i = 0; i < N; i++)
			ck_assert_int_eq(v[i].type, JSON_ABSENT_VALUE);
		READ("{\"a\":null,\"b\":[],\"d\":{\"1\":\"\"},\"x\":{\"y\":[1]}}");
		ck_assert_int_eq(v[0].type, JSON_NULL_VALUE);
		ck_assert_int_eq(v[1].type, JSON_ABSENT_VALUE);
		check_string(&v[2], "", 0);
		ck_assert_int_eq(v[3].type, JSON_ABSENT_VALUE);
		READ("{\"a\":{},\"b\":{\"c\":[]},\"b.c\":1,\"d\":[1],\"x\":1}");
		ck_assert_int_eq(v[0].type, JSON_OTHER_VALUE);
		ck_assert_int_eq(v[1].type, JSON_OTHER_VALUE);
		ck_assert_int_eq(v[2].type, JSON_ABSENT_VALUE);
		READ("{\"a\":1e-400,\"b\":{\"c\":-0.0},\"d\":[0,-0],\"x\":{\"y\":{\"z\":1E5}}}");
		ck_assert_int_eq(v[0].type, JSON_DOUBLE_VALUE);
		ck_assert(v[0].u.d == 0);
		ck_assert(signbit(v[1].u.d));
		ck_assert_int_eq(v[2].type, JSON_INT_VALUE);
		ck_assert_int_eq(v[2].u.i, 0);
		ck_assert_int_eq(v[3].type, JSON_DOUBLE_VALUE);
		ops->close(r);
#undef READ
	}
	json_wanted_done(&wanted);
}
END_TEST

/* A wanted path may end on the way of another; the reader grows for larger messages. */
START_TEST(overlap_and_growth)
{
	static const char *const two[] = { "a", "a.b" };
	struct json_wanted wanted;

	ck_assert_int_eq(json_wanted_init(&wanted, two, 2), 0);
	for (size_t k = 0; k < 2; k++) {
		struct json_value v[2];
		struct buf b = { 0 };
		void *r = NULL;

		ck_assert_int_eq(readers[k]->open(&wanted, &r), 0);
		for (size_t size = 1; size < 3000000; size = size * 3 + 1) {
			buf_clear(&b);
			buf_puts(&b, "{\"pad\":\"");
			for (size_t i = 0; i < size; i++)
				buf_putc(&b, 'p');
			buf_puts(&b, "\",\"a\":{\"b\":\"end\"}}");
			ck_assert_int_eq(read_exact(readers[k], r, b.p, b.n, v), JSON_READ_OK);
			ck_assert_int_eq(v[0].type, JSON_OTHER_VALUE);
			check_string(&v[1], "end", 3);
		}
		readers[k]->close(r);
		readers[k]->close(NULL);
		buf_done(&b);
	}
	json_wanted_done(&wanted);
}
END_TEST

START_TEST(paths_checked)
{
	static const char *const wrong[] = {
		"", ".", "a.", ".a", "a..b", "\xff", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17"
	};
	static const char *const twice[] = { "a.b", "a.b" };
	struct json_wanted wanted = { 0 };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_msg(json_path_check(wrong[i]) != NULL, "%s", wrong[i]);
		ck_assert_int_eq(json_wanted_init(&wanted, &wrong[i], 1), -EINVAL);
	}
	ck_assert_int_eq(json_wanted_init(&wanted, twice, 2), -EINVAL);
	ck_assert_ptr_null(json_path_check("1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16"));
	ck_assert_int_eq(json_wanted_init(&wanted, NULL, 0), 0);
	json_wanted_done(&wanted);
}
END_TEST

SUITE("json", nasty_messages, depth, many_keys, values_read, overlap_and_growth, paths_checked)
