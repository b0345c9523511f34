/* Random conditions: the compiled program, the walk of the tree behind explain, and a naive reading
 * of the same random tree agree; reasons keep their contract. */
#include "expr/expr.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/buf.h"
#include "core/rng.h"

#define N_X 6

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	(void)ctx, (void)ret_at, (void)reterr, (void)reterr_size;
	*ret_index = (uint32_t)(text[0] - 'p');
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

static enum expr_truth compare(struct rng *r, struct buf *b, const double *x, int depth)
{
	static const char *const ops[] = { "<", "<=", ">", ">=", "==", "!=" };
	uint64_t i = rng_below(r, N_X), op = rng_below(r, 6);
	double v = finite_or_none(x[i]), w;

	buf_printf(b, "%c %s ", (char)('p' + (int)i), ops[op]);
	w = number(r, b, x, depth);
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

static enum expr_truth condition(struct rng *r, struct buf *b, const double *x, int depth)
{
	uint64_t pick = depth <= 0 ? 0 : rng_below(r, 4);
	enum expr_truth v, stop;
	uint64_t n;

	if (pick == 0)
		return compare(r, b, x, depth);
	if (pick == 1) {
		buf_puts(b, "not (");
		v = condition(r, b, x, depth - 1);
		buf_putc(b, ')');
		return v == EXPR_NO_VALUE ? v : v == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE;
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
		ck_assert_uint_lt(reasons[i].feature, N_X);
		ck_assert(isfinite(reasons[i].observed) && isfinite(reasons[i].expected));
		ck_assert(reasons[i].confidence >= 0.5 && reasons[i].confidence < 1);
		ck_assert(i == 0 || reasons[i].confidence <= reasons[i - 1].confidence);
		sum += reasons[i].share;
	}
	ck_assert_msg(n == 0 || (confidence >= 0.5 && confidence < 1), "%s", text);
	ck_assert_msg(sum <= 1, "%s: %.17g", text, sum);
}

START_TEST(program_is_the_text)
{
	const struct expr_resolver resolver = { NULL, resolve };
	struct buf b = { 0 };
	int compiled = 0, fired = 0;

	for (uint64_t seed = 1; seed <= 60000; seed++) {
		struct rng r = { seed };
		struct expr_error error = { 0 };
		struct expr *e = NULL;
		enum expr_truth is;
		double x[N_X];

		for (int i = 0; i < N_X; i++) {
			uint64_t pick = rng_below(&r, 12);

			x[i] = pick == 0   ? NAN
			       : pick == 1 ? INFINITY
			       : pick == 2 ? 1e300
			                   : (double)rng_below(&r, 9) - 4;
		}
		buf_clear(&b);
		is = condition(&r, &b, x, (int)rng_below(&r, 4));
		if (expr_new(buf_str(&b), b.n, &resolver, &e, &error)) {
			/* only a constant part without a value, such as sqrt(-1) or 1/0 */
			ck_assert_msg(strstr(error.text, "this has no value"), "seed %lu: %s: %s",
			              (unsigned long)seed, b.p, error.text);
			continue;
		}
		ck_assert_msg(expr_truth(e, x) == is, "seed %lu: %s: %d, not %d",
		              (unsigned long)seed, b.p, (int)expr_truth(e, x), (int)is);
		check_reasons(e, x, is, b.p);
		compiled++;
		fired += is == EXPR_TRUE;
		expr_free(e);
	}
	ck_assert_int_gt(compiled, 50000);
	ck_assert_int_gt(fired, 5000);
	buf_done(&b);
}
END_TEST

SUITE("expr properties", program_is_the_text)
