/* Numbers, sizes, fractions, words of yes and no; names, topics, addresses, URLs. */
#include "conf/value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <tocsin/event.h>

#include "../suite.h"
#include "conf/check.h"
#include "conf/option.h"
#include "core/rng.h"

#define N(a) (sizeof(a) / sizeof(a)[0])

START_TEST(numbers)
{
	static const struct {
		const char *text;
		int rc;
		int64_t v;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "007", 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "1_000", -EINVAL, 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		int64_t v = 42;

		ck_assert_msg(conf_value_int(cases[i].text, strlen(cases[i].text), &v) ==
		                      cases[i].rc,
		              "%s", cases[i].text);
		ck_assert_int_eq(v, cases[i].rc ? 42 : cases[i].v);
	}
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		const char *text;
		int rc;
		int64_t v;
	} cases[] = {
		{ "65536", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "1 MiB", 0, 1 << 20 },
		{ "2GiB", 0, 1LL << 31 },
		{ "7B", 0, 7 },
		{ "8589934592GiB", -ERANGE, 0 },
		{ "8589934591GiB", 0, 8589934591LL << 30 },
		{ "KiB", -EINVAL, 0 },
		{ " KiB", -EINVAL, 0 },
		{ "1kb", -EINVAL, 0 },
		{ "1.5MiB", -EINVAL, 0 },
		{ "1  KiB", -EINVAL, 0 },
		{ "1KiBB", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};
	char text[CONF_VALUE_TEXT];
	struct rng r = { 7 };

	for (size_t i = 0; i < N(cases); i++) {
		int64_t v = 42;

		ck_assert_msg(conf_value_size(cases[i].text, strlen(cases[i].text), &v) ==
		                      cases[i].rc,
		              "%s", cases[i].text);
		ck_assert_int_eq(v, cases[i].rc ? 42 : cases[i].v);
	}
	for (int i = 0; i < 10000; i++) {
		int64_t in = (int64_t)(rng_next(&r) >> (1 + rng_below(&r, 63))), out = -1;

		in = in >> (i % 40) << (i % 40);
		conf_value_size_text(in, text);
		ck_assert_int_eq(conf_value_size(text, strlen(text), &out), 0);
		ck_assert_int_eq(in, out);
	}
}
END_TEST

START_TEST(fractions)
{
	static const struct {
		const char *text;
		int rc;
		double v;
	} cases[] = {
		{ "0.8", 0, 0.8 },      { "80%", 0, 0.8 },      { "0", 0, 0 },
		{ "1", 0, 1 },          { "100%", 0, 1 },       { "12.5%", 0, 0.125 },
		{ "1e-9", 0, 1e-9 },    { "-1", 0, -1 },        { "%", -EINVAL, 0 },
		{ "", -EINVAL, 0 },     { "nan", -EINVAL, 0 },  { "8 %", -EINVAL, 0 },
		{ "80%%", -EINVAL, 0 }, { "1e99", -ERANGE, 0 }, { "0.00000005%", 0, 1e-9 },
	};
	char text[CONF_VALUE_TEXT];
	struct rng r = { 8 };

	for (size_t i = 0; i < N(cases); i++) {
		double v = 42;

		ck_assert_msg(conf_value_fraction(cases[i].text, strlen(cases[i].text), &v) ==
		                      cases[i].rc,
		              "%s", cases[i].text);
		ck_assert_msg(v == (cases[i].rc ? 42 : cases[i].v), "%s: %.17g", cases[i].text, v);
	}
	for (int i = 0; i < 10000; i++) {
		double in = (double)rng_below(&r, 1000000001) / 1e9, out = -1;

		conf_value_fraction_text(in, text);
		ck_assert_int_eq(conf_value_fraction(text, strlen(text), &out), 0);
		ck_assert_msg(in == out, "%s", text);
	}
}
END_TEST

START_TEST(yes_and_no)
{
	static const char *const yes[] = { "true", "yes", "on", "True", "YES", "On" };
	static const char *const no[] = { "false", "no", "off", "False", "NO", "oFF" };
	static const char *const neither[] = { "", "y", "n", "1", "0", "yess", "tru" };
	bool v;

	for (size_t i = 0; i < N(yes); i++) {
		v = false;
		ck_assert(conf_value_bool(yes[i], strlen(yes[i]), &v) == 0 && v);
		v = true;
		ck_assert(conf_value_bool(no[i], strlen(no[i]), &v) == 0 && !v);
	}
	for (size_t i = 0; i < N(neither); i++)
		ck_assert_int_eq(conf_value_bool(neither[i], strlen(neither[i]), &v), -EINVAL);
}
END_TEST

static void judged(conf_check check, const char *const *texts, bool expected)
{
	for (; *texts; texts++) {
		struct conf_why why = { "" };

		ck_assert_msg(check(*texts, &why) == expected, "'%s': %s", *texts, why.text);
		ck_assert_msg(expected || strncmp(why.text, "expected ", 9) == 0, "'%s'", why.text);
	}
}

#define GOOD(check, ...) judged(check, (const char *const[]){ __VA_ARGS__, NULL }, true)
#define BAD(check, ...) judged(check, (const char *const[]){ __VA_ARGS__, NULL }, false)

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A249 A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

START_TEST(names)
{
	GOOD(conf_check_name, "a", "A1._-", "0", A64);
	BAD(conf_check_name, "", "-a", ".a", "_a", "a b", "a/b", "\xc3\xa4", A64 "a", "a\n");
	GOOD(conf_check_rule, "a", "1-2_3", A64);
	BAD(conf_check_rule, "", "A", "a.b", "-a", "_a", A64 "a");
	GOOD(conf_check_label, "a", "_", "A_1");
	BAD(conf_check_label, "", "1", "a-b", "a.b", "\xc3\xa4");
	GOOD(conf_check_header, "X-Y", "a");
	BAD(conf_check_header, "", "X Y", "X:", "X\r\nY");
	GOOD(conf_check_header_value, "", "a b\tc", "\xc3\xa4");
	BAD(conf_check_header_value, "a\nb", "\r", "\x01", "\x7f");
	GOOD(conf_check_property, "a.b_c-1");
	BAD(conf_check_property, "", "a b", "a=b", ".a");
	GOOD(conf_check_time, "2024-01-31T09:30:00Z", "1990-01-01 00:00:00.5+01:00");
	BAD(conf_check_time, "", "2024-02-30T00:00:00Z", "2024-01-31", "9999-01-01T00:00:00Z");
	GOOD(conf_check_path, "/a", "/a/b c");
	BAD(conf_check_path, "", "a", "/", "/a/");
}
END_TEST

START_TEST(topics)
{
	GOOD(conf_check_topic, "a", "a.b_c-D", "...", "-", A249);
	BAD(conf_check_topic, "", ".", "..", "a b", "^a", "a/b", A249 "a");
	GOOD(conf_check_topics, "a", "^a.*", "^", "^(a|b)[0-9]{2,3}$", "^a{1000}", "^a{10}b{,100}",
	     "^[{]", "^a\\{");
	BAD(conf_check_topics, "", "^(", "^[a", "^a{1001}", "^a{999}{999}", "^(a{32}){32}",
	    "^a{99999999999999999999}", "^a{2", "^" A249);
}
END_TEST

START_TEST(addresses)
{
	GOOD(conf_check_listen, "", ":9464", "127.0.0.1:0", "[::1]:65535", "localhost:1",
	     "a-b.c:80");
	BAD(conf_check_listen, "9464", "localhost", "a:", "a:65536", "a:1x", "::1:80", "[::1]80",
	    "[]:80", "[::1:80", "a b:80", "a:-1", "http://a:80");
	GOOD(conf_check_url, "http://h", "https://h/", "HTTPS://u:p@h:1/x?y#z",
	     "http://[::1]:8080/x", "http://[::1]/", "http://h?x");
	BAD(conf_check_url, "", "h", "ftp://h", "http:/h", "http://", "http:///x", "http://:80/",
	    "http://u@/", "http://h:/", "http://h:x/", "http://h:65536", "http://h/a b",
	    "http://h/\n", "http://h/\xc3\xa4", "http://?x");
	ck_assert(conf_check_url_user("http://u:p@h/"));
	ck_assert(conf_check_url_user("http://u@h"));
	ck_assert(!conf_check_url_user("http://h/@x"));
	ck_assert(!conf_check_url_user("http://h?a@b"));
}
END_TEST

START_TEST(secrets)
{
	static const char *const secret[] = { "sasl.password",
		                              "ssl.key.password",
		                              "ssl.keystore.password",
		                              "sasl.oauthbearer.client.secret",
		                              "ssl.key.pem",
		                              "ssl.ca.pem",
		                              "sasl.oauthbearer.config",
		                              "SASL.Password" };
	static const char *const open[] = { "sasl.username", "ssl.key.location",
		                            "security.protocol", "sasl.oauthbearer.method",
		                            "ssl.pem.location" };
	static const char *const headers[] = { "Authorization", "Proxy-Authorization",
		                               "x-api-key",     "X-Auth-Token",
		                               "Cookie",        "CLIENT-SECRET" };
	static const char *const plain[] = { "Content-Type", "X-Desk", "Accept" };

	for (size_t i = 0; i < N(secret); i++)
		ck_assert_msg(conf_check_secret_property(secret[i]), "%s", secret[i]);
	for (size_t i = 0; i < N(open); i++)
		ck_assert_msg(!conf_check_secret_property(open[i]), "%s", open[i]);
	for (size_t i = 0; i < N(headers); i++)
		ck_assert_msg(conf_check_secret_header(headers[i]), "%s", headers[i]);
	for (size_t i = 0; i < N(plain); i++)
		ck_assert_msg(!conf_check_secret_header(plain[i]), "%s", plain[i]);
}
END_TEST

/* The words for kinds are those of the event itself, but for the tick, which no message is;
 * in its place stands what has no kind: any of them, or none. */
START_TEST(kinds_are_the_events)
{
	const struct conf_option *kind = conf_option_find(&conf_section_match, "kind");
	const struct conf_option *kinds = conf_option_find(&conf_section_format, "kinds");

	ck_assert(kind && kinds);
	for (unsigned k = 0; k < TOCSIN_TICK; k++) {
		ck_assert_str_eq(kind->words[k], tocsin_kind_name(k));
		ck_assert_str_eq(kinds->words[k], tocsin_kind_name(k));
	}
	ck_assert_str_eq(kind->words[TOCSIN_TICK], "any");
	ck_assert_ptr_null(kind->words[TOCSIN_TICK + 1]);
	ck_assert_str_eq(kinds->words[TOCSIN_TICK], "ignore");
}
END_TEST

SUITE("conf: value", numbers, sizes, fractions, yes_and_no, names, topics, addresses, secrets,
      kinds_are_the_events)
