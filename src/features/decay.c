/* The exponentially weighted moving average, by time.
 *
 * Problem: sum(w_i * x_i) / sum(w_i) with w_i = 2^-((T - t_i) / half-life), over all events so far.
 * The usual running form, mean += a * (x - mean), depends on the order of arrival, and leaves other
 * bits after a restart. Idea: T cancels out of the ratio, so weights may count from any fixed time.
 * Time is cut into spans of 8 half-lives from 1970 on. Inside a span an event weighs 2^f, f = the
 * half-lives since the span began, as an integer in units of 2^-30: sums over a span are integers,
 * thus exact and the same in any order of arrival. Only on reading are the spans joined, each 2^-8
 * of the next. So the value is a function of the set of events taken in, to the last bit.
 *
 * Eight spans are kept: an event older than 56 to 64 half-lives before the newest, weight below
 * 2^-56, counts for nothing. Weights are within 2^-30 of themselves, so the value is within 1e-9 of
 * the exact mean of the magnitudes. Cost O(1): some ten multiplications an event, 400 bytes.
 *
 * The polynomial for 2^f uses + and * alone, which are the same on every machine; exp2() of the C
 * library is not promised to be. */
#include "decay.h"

#include <string.h>

#define UNIT (1 << 30)

/* 2^f for f in [0, 1): e^y with y = (f - 1/2) ln 2, by Taylor to the 10th power (rest < 1e-12),
 * times the root of 2. */
static double power_of_two(double f)
{
	double y = (f - 0.5) * 0.693147180559945309417232121458, p = 1;

	for (int k = 10; k > 0; k--)
		p = 1 + p * y / k;
	return p * 1.41421356237309504880168872421;
}

/* The span of a time, and in it the weight. */
static int64_t weigh(int64_t half_life_ns, int64_t time_ns, int64_t *ret_weight)
{
	int64_t span_ns = DECAY_SPAN * half_life_ns, span = time_ns / span_ns;
	int64_t rest = time_ns % span_ns, halves;

	if (rest < 0) {
		rest += span_ns;
		span--;
	}
	halves = rest / half_life_ns;
	rest %= half_life_ns;
	*ret_weight = (int64_t)(power_of_two((double)rest / (double)half_life_ns) * UNIT + 0.5)
	              << halves;
	return span;
}

void decay_add(struct decay *d, int64_t half_life_ns, int64_t time_ns, int64_t value)
{
	int64_t weight, span = weigh(half_life_ns, time_ns, &weight);
	struct decay_span *s = &d->spans[(uint64_t)span % DECAY_SPANS];

	if (d->any && span <= d->newest - DECAY_SPANS)
		return;
	if (d->any == 0 || span > d->newest) {
		int64_t old = d->any ? d->newest : span - DECAY_SPANS;

		if (old < span - DECAY_SPANS)
			old = span - DECAY_SPANS;
		while (old++ < span)
			d->spans[(uint64_t)old % DECAY_SPANS] = (struct decay_span){ 0 };
		d->newest = span;
	}
	d->any = 1;
	wide_add(&s->sum, (__int128)value * weight);
	s->weight += (unsigned __int128)weight;
}

double decay_mean(const struct decay *d)
{
	double sum = 0, weight = 0;

	if (d->any == 0)
		return NAN;
	for (int64_t span = d->newest - DECAY_SPANS + 1; span <= d->newest; span++) {
		const struct decay_span *s = &d->spans[(uint64_t)span % DECAY_SPANS];

		sum = sum / (1 << DECAY_SPAN) + wide_double(&s->sum);
		weight = weight / (1 << DECAY_SPAN) + wide_double128((__int128)s->weight);
	}
	return sum / weight;
}

void decay_save(const struct decay *d, struct buf *out)
{
	uint64_t saved[DECAY_SAVED] = { (uint64_t)d->newest, d->any }, *at = saved + 2;

	for (int i = 0; i < DECAY_SPANS; i++) {
		const struct decay_span *s = &d->spans[i];

		*at++ = (uint64_t)s->sum.low;
		*at++ = (uint64_t)(s->sum.low >> 64);
		*at++ = (uint64_t)s->sum.high;
		*at++ = (uint64_t)s->weight;
		*at++ = (uint64_t)(s->weight >> 64);
	}
	buf_add(out, saved, sizeof saved);
}

void decay_load(struct decay *d, const uint64_t saved[static DECAY_SAVED])
{
	const uint64_t *at = saved + 2;

	d->newest = (int64_t)saved[0];
	d->any = saved[1];
	for (int i = 0; i < DECAY_SPANS; i++, at += 5)
		d->spans[i] = (struct decay_span){
			.sum = { (unsigned __int128)at[1] << 64 | at[0], (int64_t)at[2] },
			.weight = (unsigned __int128)at[4] << 64 | at[3],
		};
}
