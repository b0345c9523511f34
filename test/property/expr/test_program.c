/* Random conditions: the compiled program, the walk of the tree behind explain, and a naive reading
 * of the same random tree agree; reasons keep their contract. */
#include "expr/expr.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/buf.h"
#include "core/rng.h"
#include "expr/group.h"
#include "expr/print.h"

#define N_X 6 /* p to u */
#define TIME N_X
#define MINUTE_NS 60e9

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	const char *quote = strchr(text, '"');

	(void)ctx, (void)ret_at, (void)reterr, (void)reterr_size;
	if (strcmp(text, "time") == 0)
		*ret_index = TIME;
	else
		*ret_index = (uint32_t)((quote ? quote[1] : text[0]) - 'p');
	return 0;
}

static double finite_or_none(double v)
{
	return isfinite(v) ? v : NAN;
}

/* Writes a random number and answers its value. */
static double number(struct rng *r, struct buf *b, const double *x, int depth)
{
	uint64_t pick = depth <= 0 ? rng_below(r, 2) : rng_below(r, 9);
	double v, w;

	if (pick == 0) {
		uint64_t i = rng_below(r, N_X);

		buf_putc(b, (char)('p' + (int)i));
		return finite_or_none(x[i]);
	}
	if (pick == 1) {
		int n = (int)rng_below(r, 5);

		buf_printf(b, "%d", n);
		return n;
	}
	if (pick == 2) {
		buf_puts(b, "-(");
		v = -number(r, b, x, depth - 1);
		buf_putc(b, ')');
		return v;
	}
	if (pick == 3) {
		buf_puts(b, "sqrt(");
		v = finite_or_none(sqrt(number(r, b, x, depth - 1)));
		buf_putc(b, ')');
		return v;
	}
	if (pick == 4) {
		bool least = rng_below(r, 2);

		buf_puts(b, least ? "min(" : "max(");
		v = number(r, b, x, depth - 1);
		buf_puts(b, ", ");
		w = number(r, b, x, depth - 1);
		buf_putc(b, ')');
		return isnan(v) || isnan(w) ? NAN : least ? fmin(v, w) : fmax(v, w);
	}
	buf_putc(b, '(');
	v = number(r, b, x, depth - 1);
	buf_printf(b, " %c ", "+-*/"[pick - 5]);
	w = number(r, b, x, depth - 1);
	buf_putc(b, ')');
	return finite_or_none(pick == 5 ? v + w : pick == 6 ? v - w : pick == 7 ? v * w : v / w);
}

static enum expr_truth truth_of(unsigned op, double v, double w)
{
	if (isnan(v) || isnan(w))
		return EXPR_NO_VALUE;
	return (op == 0   ? v < w
	        : op == 1 ? v <= w
	        : op == 2 ? v > w
	        : op == 3 ? v >= w
	        : op == 4 ? v == w
	                  : v != w)
	               ? EXPR_TRUE
	               : EXPR_FALSE;
}

static enum expr_truth turned(enum expr_truth v)
{
	return v == EXPR_NO_VALUE ? v : v == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE;
}

static enum expr_truth both(enum expr_truth a, enum expr_truth b)
{
	if (a == EXPR_FALSE || b == EXPR_FALSE)
		return EXPR_FALSE;
	return a == EXPR_NO_VALUE || b == EXPR_NO_VALUE ? EXPR_NO_VALUE : EXPR_TRUE;
}

/* A feature, its abs(), or anything, against anything: a test of one instruction, or not. */
static enum expr_truth compare(struct rng *r, struct buf *b, const double *x, int depth)
{
	static const char *const ops[] = { "<", "<=", ">", ">=", "==", "!=" };
	uint64_t i = rng_below(r, N_X), op = rng_below(r, 6), form = rng_below(r, 5);
	double v = finite_or_none(x[i]), w;

	if (form == 4) {
		v = number(r, b, x, depth);
		buf_printf(b, " %s ", ops[op]);
	} else {
		buf_printf(b, form == 3 ? "abs(%c) %s " : "%c %s ", (char)('p' + (int)i), ops[op]);
		v = form == 3 ? fabs(v) : v;
	}
	if (form == 2) {
		uint64_t j = rng_below(r, N_X), factor = rng_below(r, 4);

		buf_printf(b, factor == 3 ? "%c" : "%c * %d", (char)('p' + (int)j), (int)factor);
		w = finite_or_none(finite_or_none(x[j]) * (factor == 3 ? 1 : (double)factor));
	} else {
		w = number(r, b, x, depth);
	}
	return truth_of((unsigned)op, v, w);
}

/* value between a and b; of times of day, over midnight. */
static enum expr_truth between(struct rng *r, struct buf *b, const double *x, int depth)
{
	bool negated = rng_below(r, 2), of_time = rng_below(r, 2);
	const char *word = negated ? "not between" : "between";
	enum expr_truth v;
	double y, from, to;

	if (of_time) {
		int m = (int)rng_below(r, 1440), n = (int)rng_below(r, 1440);

		if (m == n) /* no time is between these: refused */
			n = m == 0 ? 1 : 0;
		buf_printf(b, "time %s %02d:%02d and %02d:%02d", word, m / 60, m % 60, n / 60,
		           n % 60);
		y = x[TIME] / MINUTE_NS;
		v = m < n ? (y >= m && y < n ? EXPR_TRUE : EXPR_FALSE)
		          : (y >= m || y < n ? EXPR_TRUE : EXPR_FALSE);
	} else {
		y = number(r, b, x, depth);
		buf_printf(b, " %s ", word);
		from = number(r, b, x, depth);
		buf_puts(b, " and ");
		to = number(r, b, x, depth);
		v = both(truth_of(3, y, from), truth_of(0, y, to));
	}
	return negated ? turned(v) : v;
}

/* The comparison of a text is a feature. */
static enum expr_truth text(struct rng *r, struct buf *b, const double *x)
{
	int i = (int)rng_below(r, N_X);
	double v = finite_or_none(x[i]);
	enum expr_truth is = isnan(v) ? EXPR_NO_VALUE : v != 0 ? EXPR_TRUE : EXPR_FALSE;

	switch (rng_below(r, 3)) {
	case 0: buf_printf(b, "account != \"%c\"", 'p' + i); return is;
	case 1: buf_printf(b, "venue in (\"%c\", 'x')", 'p' + i); return is;
	default: buf_printf(b, "venue not in (\"%c\", 'x')", 'p' + i); return turned(is);
	}
}

static enum expr_truth condition(struct rng *r, struct buf *b, const double *x, int depth)
{
	uint64_t pick = depth <= 0 ? 0 : rng_below(r, 4);
	enum expr_truth v, stop;
	uint64_t n;

	if (pick == 0) {
		uint64_t form = rng_below(r, 8);

		return form == 0   ? between(r, b, x, depth)
		       : form == 1 ? text(r, b, x)
		                   : compare(r, b, x, depth);
	}
	if (pick == 1) {
		buf_puts(b, "not (");
		v = condition(r, b, x, depth - 1);
		buf_putc(b, ')');
		return turned(v);
	}
	stop = pick == 2 ? EXPR_FALSE : EXPR_TRUE;
	n = 2 + rng_below(r, 3);
	v = stop == EXPR_FALSE ? EXPR_TRUE : EXPR_FALSE;
	for (uint64_t i = 0; i < n; i++) {
		enum expr_truth w;

		buf_puts(b, i == 0 ? "(" : pick == 2 ? " and (" : " or (");
		w = condition(r, b, x, depth - 1);
		buf_putc(b, ')');
		if (v == stop || w == stop)
			v = stop;
		else if (v == EXPR_NO_VALUE || w == EXPR_NO_VALUE)
			v = EXPR_NO_VALUE;
	}
	return v;
}

static void check_reasons(const struct expr *e, const double *x, enum expr_truth is,
                          const char *text)
{
	struct expr_reason reasons[8];
	double confidence = -1, sum = 0;
	uint32_t n = expr_explain(e, x, reasons, 8, &confidence);

	ck_assert_msg((n > 0) == (is == EXPR_TRUE), "%s: %u reasons", text, n);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_le(reasons[i].feature, TIME);
		ck_assert(isfinite(reasons[i].observed) && isfinite(reasons[i].expected));
		ck_assert(reasons[i].confidence >= 0.5 && reasons[i].confidence < 1);
		ck_assert(i == 0 || reasons[i].confidence <= reasons[i - 1].confidence);
		sum += reasons[i].share;
	}
	ck_assert_msg(n == 0 || (confidence >= 0.5 && confidence < 1), "%s", text);
	ck_assert_msg(sum <= 1, "%s: %.17g", text, sum);
}

static void values(struct rng *r, double x[N_X + 1])
{
	for (int i = 0; i < N_X; i++) {
		uint64_t pick = rng_below(r, 12);

		x[i] = pick == 0   ? NAN
		       : pick == 1 ? INFINITY
		       : pick == 2 ? 1e300
		                   : (double)rng_below(r, 9) - 4;
	}
	x[TIME] = (double)rng_below(r, 1440) * MINUTE_NS;
}

/* What is refused for its constants is so for these values too: a rule that can fire is never
 * refused. */
static void check_refusal(const char *says, enum expr_truth is, const char *text, uint64_t seed)
{
	if (strncmp(says, "never true", 10) == 0)
		ck_assert_msg(is != EXPR_TRUE, "seed %lu: %s: %s", (unsigned long)seed, text, says);
	else if (strncmp(says, "always true", 11) == 0)
		ck_assert_msg(is != EXPR_FALSE, "seed %lu: %s: %s", (unsigned long)seed, text,
		              says);
	else /* a constant part without a value, such as sqrt(-1) or 1/0, or always the same */
		ck_assert_msg(strstr(says, "this has no value") || strstr(says, "this is always"),
		              "seed %lu: %s: %s", (unsigned long)seed, text, says);
}

START_TEST(program_is_the_text)
{
	const struct expr_resolver resolver = { NULL, resolve };
	struct buf b = { 0 };
	int compiled = 0, fired = 0, refused = 0;

	for (uint64_t seed = 1; seed <= 200000; seed++) {
		struct rng r = { seed };
		struct expr_error error = { 0 };
		struct expr *e = NULL;
		enum expr_truth is;
		double x[N_X + 1];

		values(&r, x);
		buf_clear(&b);
		is = condition(&r, &b, x, (int)rng_below(&r, 4));
		if (expr_new(buf_str(&b), b.n, &resolver, &e, &error)) {
			check_refusal(error.text, is, b.p, seed);
			refused += error.text[0] == 'n' || error.text[0] == 'a';
			continue;
		}
		ck_assert_msg(expr_truth(e, x) == is, "seed %lu: %s: %d, not %d",
		              (unsigned long)seed, b.p, (int)expr_truth(e, x), (int)is);
		check_reasons(e, x, is, b.p);
		compiled++;
		fired += is == EXPR_TRUE;
		expr_free(e);
	}
	ck_assert_int_gt(compiled, 120000);
	ck_assert_int_gt(fired, 15000);
	ck_assert_int_gt(refused, 1000);
	buf_done(&b);
}
END_TEST

/* Many conditions judged at once answer what each answers by itself. */
START_TEST(group_is_each_of_them)
{
	enum { N = 100 };
	const struct expr_resolver resolver = { NULL, resolve };
	struct buf b = { 0 };
	int said[3] = { 0 };

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct expr *conditions[N];
		struct expr_group *g = NULL;
		struct expr_error error;
		struct rng r = { seed };
		signed char truths[N];
		double x[N_X + 1];

		values(&r, x);
		for (int n = 0; n < N;) {
			buf_clear(&b);
			condition(&r, &b, x, (int)rng_below(&r, 4));
			n += expr_new(buf_str(&b), b.n, &resolver, &conditions[n], &error) == 0;
		}
		ck_assert_int_eq(expr_group_new((const struct expr *const *)conditions, N, &g), 0);
		for (int turn = 0; turn < 20; turn++) {
			values(&r, x);
			expr_group_judge(g, x, truths);
			for (int i = 0; i < N; i++) {
				int is = (int)expr_truth(conditions[i], x);

				said[is + 1]++;
				if (truths[i] != is)
					ck_abort_msg("seed %lu: condition %d: %d, not %d",
					             (unsigned long)seed, i, truths[i], is);
			}
		}
		ck_assert_ptr_null(expr_group_free(g));
		for (int i = 0; i < N; i++)
			expr_free(conditions[i]);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_gt(said[i], 5000);
	buf_done(&b);
}
END_TEST

/* The canonical text means the same, and is its own canonical text. */
START_TEST(canonical_is_the_text)
{
	const struct expr_resolver resolver = { NULL, resolve };
	struct buf b = { 0 }, once = { 0 }, twice = { 0 };

	for (uint64_t seed = 1; seed <= 30000; seed++) {
		struct rng r = { seed };
		struct expr_error error = { 0 };
		struct expr *e = NULL;
		struct tree t;
		enum expr_truth is;
		double x[N_X + 1];

		values(&r, x);
		buf_clear(&b);
		buf_clear(&once);
		buf_clear(&twice);
		is = condition(&r, &b, x, (int)rng_below(&r, 4));
		ck_assert_int_eq(tree_parse(buf_str(&b), b.n, &t, &error), 0);
		ck_assert_int_eq(print_tree(&t, t.root, &once, NULL), 0);
		tree_done(&t);
		ck_assert_int_eq(tree_parse(buf_str(&once), once.n, &t, &error), 0);
		ck_assert_int_eq(print_tree(&t, t.root, &twice, NULL), 0);
		tree_done(&t);
		ck_assert_str_eq(buf_str(&once), buf_str(&twice));
		if (expr_new(buf_str(&once), once.n, &resolver, &e, &error) == 0)
			ck_assert_msg(expr_truth(e, x) == is, "seed %lu: %s: %s",
			              (unsigned long)seed, b.p, buf_str(&once));
		expr_free(e);
	}
	buf_done(&b);
	buf_done(&once);
	buf_done(&twice);
}
END_TEST

SUITE("expr properties", program_is_the_text, group_is_each_of_them, canonical_is_the_text)
