/* The rule language: values, precedence, three-valued logic, wrong texts, reasons. */
#include "expr/expr.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

/* Features a, b, c, d are x[0..3]; bad(...) is refused at its byte 4; any call is x[4]. */
static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	(void)ctx;
	if (strncmp(text, "bad(", 4) == 0) {
		*ret_at = 4;
		snprintf(reterr, reterr_size, "no such thing");
		return -EINVAL;
	}
	*ret_index = text[1] == 0 && text[0] >= 'a' && text[0] <= 'd' ? (uint32_t)(text[0] - 'a')
	                                                              : 4;
	return 0;
}

static const struct expr_resolver resolver = { NULL, resolve };

static struct expr *make(const char *text)
{
	struct expr *e = NULL;
	struct expr_error error = { 0 };
	int r = expr_new(text, strlen(text), &resolver, &e, &error);

	ck_assert_msg(r == 0, "%s: %d at %zu: %s", text, r, error.at, error.text);
	return e;
}

static enum expr_truth truth(const char *text, const double *x)
{
	struct expr *e = make(text);
	enum expr_truth v = expr_truth(e, x);

	expr_free(e);
	return v;
}

START_TEST(values)
{
	const double x[5] = { 2, 3, -4, 0.03, 7 };
	static const struct {
		const char *text;
		enum expr_truth is;
	} cases[] = {
		{ "a > 1", EXPR_TRUE },
		{ "a > 2", EXPR_FALSE },
		{ "a >= 2", EXPR_TRUE },
		{ "a < 2", EXPR_FALSE },
		{ "a <= 2", EXPR_TRUE },
		{ "a == 2", EXPR_TRUE },
		{ "a != 2", EXPR_FALSE },
		{ "1 < a", EXPR_TRUE },
		{ "a + b * 2 == 8", EXPR_TRUE },
		{ "(a + b) * 2 == 10", EXPR_TRUE },
		{ "a - b - 1 == -2", EXPR_TRUE },
		{ "12 / a / 3 == 2", EXPR_TRUE },
		{ "-a * b == -6", EXPR_TRUE },
		{ "- -a == 2", EXPR_TRUE },
		{ "a - -b == 5", EXPR_TRUE },
		{ "d == 3%", EXPR_TRUE },
		{ "d == 0.03", EXPR_TRUE },
		{ "d == 3e-2", EXPR_TRUE },
		{ "d == .03", EXPR_TRUE },
		{ "a * 100% == a", EXPR_TRUE },
		{ "abs(c) == 4", EXPR_TRUE },
		{ "sqrt(-c) == 2", EXPR_TRUE },
		{ "ln(a) > 0.693 and ln(a) < 0.694", EXPR_TRUE },
		{ "min(a, b, c) == -4", EXPR_TRUE },
		{ "max(a, b, c) == 3", EXPR_TRUE },
		{ "min(size, 1m) == 7", EXPR_TRUE },
		{ "max(a, min(b, 10)) == 3", EXPR_TRUE },
		{ "sum(size, 1m) == 7", EXPR_TRUE },
		{ "not a > 5", EXPR_TRUE },
		{ "not (a > 1 and b > 1)", EXPR_FALSE },
		{ "not not a > 1", EXPR_TRUE },
		/* `and` binds closer than `or` */
		{ "a > 1 or b > 9 and c > 9", EXPR_TRUE },
		{ "(a > 1 or b > 9) and c > 9", EXPR_FALSE },
		{ "a > 9 or b > 9 or c < 0", EXPR_TRUE },
		{ "a > 1 and b > 1 and c > 1", EXPR_FALSE },
		{ "absent_for(5m)", EXPR_TRUE },
		{ "not absent_for(5m)", EXPR_FALSE },
		{ "a > 1 # why\n and b > 1", EXPR_TRUE },
		{ "a * 5m > 9m", EXPR_TRUE },
		{ "5m / 1m * a == 10", EXPR_TRUE },
		{ "abs(a*-1m) < 3m", EXPR_TRUE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(truth(cases[i].text, x) == cases[i].is, "%s", cases[i].text);
}
END_TEST

START_TEST(missing_values)
{
	const double x[5] = { NAN, 1, 0, INFINITY, NAN };
	static const struct {
		const char *text;
		enum expr_truth is;
	} cases[] = {
		{ "a > 1", EXPR_NO_VALUE },
		{ "a != a", EXPR_NO_VALUE },
		{ "not a > 1", EXPR_NO_VALUE },
		{ "a + 1 > 1", EXPR_NO_VALUE },
		{ "b / c > 1", EXPR_NO_VALUE },
		{ "1 / (b / c) == 0", EXPR_NO_VALUE },
		{ "b * 1e308 * 10 > 1", EXPR_NO_VALUE },
		{ "c / c == 1", EXPR_NO_VALUE },
		{ "sqrt(-b) > 0", EXPR_NO_VALUE },
		{ "ln(c) < 0", EXPR_NO_VALUE },
		{ "d > 1", EXPR_NO_VALUE },
		{ "d + 0 > 1", EXPR_NO_VALUE },
		{ "1 / d == 0", EXPR_NO_VALUE },
		{ "min(a, b) < 2", EXPR_NO_VALUE },
		{ "min(b, a) < 2", EXPR_NO_VALUE },
		{ "max(b, a) > 0", EXPR_NO_VALUE },
		{ "max(a, b, b) > 0", EXPR_NO_VALUE },
		{ "abs(a) > 0", EXPR_NO_VALUE },
		{ "absent_for(5m)", EXPR_NO_VALUE },
		/* Kleene */
		{ "a > 1 and b > 0", EXPR_NO_VALUE },
		{ "b > 0 and a > 1", EXPR_NO_VALUE },
		{ "a > 1 and b > 5", EXPR_FALSE },
		{ "b > 5 and a > 1", EXPR_FALSE },
		{ "a > 1 or b > 0", EXPR_TRUE },
		{ "b > 0 or a > 1", EXPR_TRUE },
		{ "a > 1 or b > 5", EXPR_NO_VALUE },
		{ "b > 5 or a > 1", EXPR_NO_VALUE },
		{ "a > 1 and a > 2", EXPR_NO_VALUE },
		{ "not (a > 1 and b > 5)", EXPR_TRUE },
		{ "not (a > 1 or b > 0)", EXPR_FALSE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(truth(cases[i].text, x) == cases[i].is, "%s", cases[i].text);
}
END_TEST

START_TEST(wrong)
{
	static const struct {
		const char *text;
		size_t at;
		const char *message;
	} cases[] = {
		{ "", 0, "the expression is empty" },
		{ "  # nothing", 0, "the expression is empty" },
		{ "a", 0, "a rule needs a condition, such as 'rate(1s) > 50'; this is a number" },
		{ "a + 1", 0,
		  "a rule needs a condition, such as 'rate(1s) > 50'; this is a number" },
		{ "5m", 0,
		  "a rule needs a condition, such as 'rate(1s) > 50'; this is a duration" },
		{ "a >", 3, "expected a value, found the end" },
		{ "a > > 1", 4, "expected a value, found '>'" },
		{ "a > 1 b", 6, "expected an operator or the end, found 'b'" },
		{ "a > 1)", 5, "expected an operator or the end, found ')'" },
		{ "(a > 1", 6, "expected ')', found the end ('(' at column 1 is open)" },
		{ "abs(a > 1", 9, "expected ',' or ')', found the end ('(' at column 4 is open)" },
		{ "f(a,) > 1", 4, "expected a value, found ')'" },
		{ "f(a b) > 1", 4, "expected ',' or ')', found 'b' ('(' at column 2 is open)" },
		{ "a = 1", 2, "write '==' for '='" },
		{ "a => 1", 2, "write '>=' for '=>'" },
		{ "a =< 1", 2, "write '<=' for '=<'" },
		{ "a <> 1", 2, "write '!=' for '<>'" },
		{ "a > 1 && b > 1", 6, "write 'and' for '&&'" },
		{ "a > 1 || b > 1", 6, "write 'or' for '||'" },
		{ "!(a > 1)", 0, "write 'not' for '!'" },
		{ "a > 3 %", 6, "'%' stands only right after a number, as in 3%" },
		{ "a > $5", 4, "unexpected character '$'" },
		{ "a > \x80", 4, "unexpected character \\x80" },
		{ "a > 5x", 4, "'5x' is no duration (units: ns us ms s m h d w)" },
		{ "a > 1e", 4, "'1e' is no duration (units: ns us ms s m h d w)" },
		{ "a > 1e999", 4, "'1e999' is too large" },
		{ "a > 99999999999999w", 4, "the duration is too long" },
		{ "1 < a < 3", 6, "comparisons do not chain: write 'a < b and b < c'" },
		{ "a > 1 > 0", 6, "comparisons do not chain: write 'a < b and b < c'" },
		{ "a > 5m", 4, "a number can not be compared with a duration" },
		{ "a > 1 and b", 10, "'and' needs conditions, this is a number" },
		{ "a or b > 1", 0, "'or' needs conditions, this is a number" },
		{ "not a", 4, "'not' needs conditions, this is a number" },
		{ "(a > 1) + 1 > 1", 0, "'+' needs numbers, this is a condition" },
		{ "-(a > 1) > 1", 1, "'-' needs numbers, this is a condition" },
		{ "1 < (a > 1)", 4, "'<' needs numbers, this is a condition" },
		{ "absent_for(5m) == 1", 0, "'==' needs numbers, this is a condition" },
		{ "a + 5m > 1", 4, "'+' can not join a number and a duration" },
		{ "5m * 5m > 1m", 5, "'*' can not join a duration and a duration" },
		{ "a / 5m > 1", 4, "'/' can not join a number and a duration" },
		{ "abs() > 1", 0, "abs takes one value, as in abs(value)" },
		{ "sqrt(a, b) > 1", 0, "sqrt takes one value, as in sqrt(value)" },
		{ "max(a) > 1", 0,
		  "max needs two values or more, or a field and a window: max(price, 1m)" },
		{ "sqrt(5m) > 1", 5, "sqrt needs a number, this is a duration" },
		{ "abs(a > 1) > 1", 4, "abs needs a number, this is a condition" },
		{ "max(5m, a) > 1", 8, "max mixes a duration with a number" },
		{ "1 > 2", 0, "this is always false" },
		{ "a > 1 and 5m > 3m", 10, "this is always true" },
		{ "a > 1 / 0", 4, "this has no value (a division by zero, or out of range)" },
		{ "a > ln(0)", 4, "this has no value (a division by zero, or out of range)" },
		{ "1 > bad(x)", 8, "no such thing" },
		{ "abs(bad(x, 1m)) > 1", 8, "no such thing" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr *e = (struct expr *)cases;
		struct expr_error error = { 0 };
		int r = expr_new(cases[i].text, strlen(cases[i].text), &resolver, &e, &error);

		ck_assert_msg(r == -EINVAL, "%s: %d", cases[i].text, r);
		ck_assert_msg(error.at == cases[i].at, "%s: at %zu", cases[i].text, error.at);
		ck_assert_msg(strcmp(error.text, cases[i].message) == 0, "%s: %s", cases[i].text,
		              error.text);
		ck_assert_ptr_eq(e, cases);
	}
}
END_TEST

static int try(const char *text, size_t n, struct expr_error *error)
{
	struct expr *e = NULL;
	int r = expr_new(text, n, &resolver, &e, error);

	expr_free(e);
	return r;
}

/* `times` of `part`, then the rest. */
static void repeat(struct buf *b, const char *part, int times, const char *rest)
{
	buf_clear(b);
	for (int i = 0; i < times; i++)
		buf_puts(b, part);
	buf_puts(b, rest);
}

START_TEST(bounds)
{
	static const char *const parts[] = { "(", "not ", "- ", "abs(", "1 + ", "-(" };
	struct expr_error error;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		repeat(&b, parts[i], 1000, "a > 1");
		ck_assert_int_eq(try(b.p, b.n, &error), -EINVAL);
		ck_assert_msg(strstr(error.text, "nested too deep"), "%s: %s", parts[i],
		              error.text);
	}
	repeat(&b, "a > 1 and ", 800, "b > 1");
	ck_assert_int_eq(try(b.p, b.n, &error), 0);
	repeat(&b, "1 + ", 60, "a > 1");
	ck_assert_int_eq(try(b.p, b.n, &error), 0);
	repeat(&b, " ", TREE_MAX_TEXT - 5, "a > 1");
	ck_assert_int_eq(try(b.p, b.n, &error), 0);
	repeat(&b, " ", TREE_MAX_TEXT - 4, "a > 1");
	ck_assert_int_eq(try(b.p, b.n, &error), -EINVAL);
	/* more values at once than the stack holds */
	buf_clear(&b);
	buf_puts(&b, "max(a");
	for (int i = 0; i < 70; i++)
		buf_puts(&b, ", a");
	buf_puts(&b, ") > 1");
	ck_assert_int_eq(try(b.p, b.n, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "too many values"));
	ck_assert_int_eq(try("a > 1\0b", 7, &error), -EINVAL);
	ck_assert_uint_eq(error.at, 5);
	ck_assert_str_eq(error.text, "unexpected character \\x00");
	buf_done(&b);
}
END_TEST

START_TEST(ticks_are_asked_for)
{
	struct expr *e = make("a > 1 or not absent_for(5m)");

	ck_assert(expr_wants_ticks(e));
	ck_assert_uint_gt(expr_memory(e), 0);
	expr_free(e);
	e = make("a > 1");
	ck_assert(!expr_wants_ticks(e));
	ck_assert_ptr_null(expr_free(e));
	ck_assert_ptr_null(expr_free(NULL));
}
END_TEST

static uint32_t explain(const char *text, const double *x, struct expr_reason r[8],
                        double *confidence)
{
	struct expr *e = make(text);
	uint32_t n = expr_explain(e, x, r, 8, confidence);

	expr_free(e);
	return n;
}

START_TEST(reasons)
{
	const double x[5] = { 2, 3, -4, 0.06, 1 };
	struct expr_reason r[8];
	double c = -1;

	ck_assert_uint_eq(explain("a > 5", x, r, &c), 0);
	ck_assert_double_eq(c, -1);
	/* twice the threshold: ratio 1/2 */
	ck_assert_uint_eq(explain("abs(d) > 3%", x, r, &c), 1);
	ck_assert_uint_eq(r[0].feature, 3);
	ck_assert_double_eq(r[0].observed, 0.06);
	ck_assert_double_eq(r[0].expected, 0.03);
	ck_assert_double_eq(r[0].share, 1);
	ck_assert_double_eq(c, 0.75);
	/* the constant on the left */
	ck_assert_uint_eq(explain("3% < d", x, r, &c), 1);
	ck_assert_uint_eq(r[0].feature, 3);
	ck_assert_double_eq(r[0].observed, 0.06);
	ck_assert_double_eq(c, 0.75);
	/* `and`: the least of both; the strongest reason first */
	ck_assert_uint_eq(explain("a > 1.6 and d > 3%", x, r, &c), 2);
	ck_assert_uint_eq(r[0].feature, 3);
	ck_assert_uint_eq(r[1].feature, 0);
	ck_assert_double_eq_tol(c, 0.6, 1e-12);
	ck_assert_double_eq_tol(r[0].share, 0.75 / 1.35, 1e-6);
	ck_assert_double_le(r[0].share + r[1].share, 1);
	/* `or`: the true ones, the greatest of them */
	ck_assert_uint_eq(explain("a > 1.6 or b > 9 or d > 3%", x, r, &c), 2);
	ck_assert_double_eq(c, 0.75);
	/* `not` turns the question */
	ck_assert_uint_eq(explain("not (a > 4 or b > 4)", x, r, &c), 2);
	ck_assert_uint_eq(r[0].feature, 0);
	ck_assert_double_eq(r[0].expected, 4);
	ck_assert_double_eq_tol(c, 1 - 0.5 * 4 / 5, 1e-12);
	ck_assert_uint_eq(explain("not (a > 4 and b > 1)", x, r, &c), 1);
	ck_assert_uint_eq(explain("absent_for(5m)", x, r, &c), 1);
	ck_assert_uint_eq(r[0].feature, 4);
	ck_assert_double_eq(c, 0.75);
}
END_TEST

/* Farther from the threshold is surer, on either side of zero, and never certain. */
START_TEST(confidence_grows)
{
	static const char *const texts[] = { "a > 10", "a > -10", "a > 0", "a >= 1e-12",
		                             "a > 1e300" };
	static const char *const below[] = { "a < 10", "a < -10", "a < 0", "a <= 1e-12" };
	struct expr_reason r[8];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		double last = 0;

		for (double d = -30; d < 1e306; d = d < 1000 ? d + 0.5 : d * 3) {
			double c = 0;

			if (explain(texts[i], &d, r, &c) == 0)
				continue;
			ck_assert_msg(c >= 0.5 && c < 1 && c >= last, "%s %g: %.17g", texts[i], d,
			              c);
			last = c;
		}
		ck_assert_double_gt(last, 0.9);
	}
	for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
		double last = 1;

		for (double d = -1e300; d < 30; d = d < -1000 ? d / 3 : d + 0.5) {
			double c = 1;

			if (explain(below[i], &d, r, &c) == 0)
				continue;
			ck_assert_msg(c >= 0.5 && c < 1 && c <= last, "%s %g: %.17g", below[i], d,
			              c);
			last = c;
		}
	}
}
END_TEST

START_TEST(reasons_are_bounded)
{
	struct expr_reason r[8];
	struct buf b = { 0 };
	double x[5] = { 100, 3, 4, 5, 6 }, c, sum = 0;

	repeat(&b, "a > 1 and b > 2.9 and ", 20, "a > 2");
	ck_assert_uint_eq(explain(b.p, x, r, &c), 8);
	for (int i = 0; i < 8; i++) {
		ck_assert_uint_eq(r[i].feature, 0);
		ck_assert_double_eq(r[i].expected, 1);
		ck_assert_double_eq(r[i].share, (double)(float)r[i].share);
		sum += r[i].share;
	}
	ck_assert_double_le(sum, 1);
	ck_assert_double_le(c, 0.52);
	for (int n = 1; n <= 8; n++) {
		uint32_t got;

		repeat(&b, "a > 1 and ", n - 1, "a > 1");
		got = explain(b.p, x, r, &c);
		ck_assert_uint_eq(got, (uint32_t)n);
		sum = 0;
		for (uint32_t i = 0; i < got; i++)
			sum += r[i].share;
		ck_assert_msg(sum <= 1 && sum > 0.999999, "%d: %.17g", n, sum);
	}
	buf_done(&b);
}
END_TEST

SUITE("expr", values, missing_values, wrong, bounds, ticks_are_asked_for, reasons, confidence_grows,
      reasons_are_bounded)
