/* What is read from windows and series. Differences are taken of integers, where they are exact, and
 * rounded once. */
#include "reading.h"

#include "features/aggregate.h"
#include "features/cells.h"
#include "features/circle.h"

static const struct window *window_of(const struct reading *r, const struct feature *f)
{
	return &r->key->windows[f->window[0]];
}

static const struct ring *ring_of(const struct reading *r, const struct feature *f)
{
	return &r->key->rings[r->set->windows[f->window[0]].series];
}

static bool full(const struct reading *r, const struct feature *f)
{
	const struct key *k = r->key;

	return k->seen && (uint64_t)k->now - (uint64_t)k->first >= (uint64_t)f->window_ns;
}

static double count_in(const struct reading *r, uint32_t window)
{
	const struct ring *ring = &r->key->rings[r->set->windows[window].series];

	return (double)window_count(ring, &r->key->windows[window]);
}

double read_count(const struct reading *r, const struct feature *f)
{
	return full(r, f) ? count_in(r, f->window[0]) : NAN;
}

double read_rate(const struct reading *r, const struct feature *f)
{
	return read_count(r, f) / ((double)f->window_ns / 1e9);
}

double read_ratio(const struct reading *r, const struct feature *f)
{
	double below;

	if (!full(r, f))
		return NAN;
	below = count_in(r, f->window[1]);
	return below > 0 ? count_in(r, f->window[0]) / below : NAN;
}

/* Sums and numbers of what has the field. */
static uint64_t number_of(const struct window *w, enum set_field field)
{
	return field == FIELD_PRICE ? w->n_price : field == FIELD_SIZE ? w->n_size : w->n_value;
}

static __int128 sum_of(const struct window *w, enum set_field field)
{
	return field == FIELD_PRICE ? w->sum_price : w->sum_size;
}

static double total(const struct window *w, enum set_field field)
{
	if (field == FIELD_NOTIONAL)
		return wide_double(&w->sum_value) / READING_SCALE;
	return wide_double128(sum_of(w, field));
}

double read_sum(const struct reading *r, const struct feature *f)
{
	return full(r, f) ? total(window_of(r, f), f->field) / READING_SCALE : NAN;
}

double read_mean(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);
	uint64_t n = number_of(w, f->field);

	if (!full(r, f) || n == 0)
		return NAN;
	return total(w, f->field) / (double)n / READING_SCALE;
}

double read_vwap(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);

	if (!full(r, f) || w->sum_size <= 0)
		return NAN;
	return wide_double(&w->sum_value) / wide_double128(w->sum_size) / READING_SCALE;
}

static const struct wide *squares_of(const struct reading *r, const struct feature *f)
{
	const struct set_window *spec = &r->set->windows[f->window[0]];
	uint32_t need = f->field == FIELD_PRICE ? NEED_SQUARES_PRICE : NEED_SQUARES_SIZE;

	return &r->key->parts.squares[spec->squares + set_place(spec, need)];
}

/* Of the sample (n - 1): a window stands for the trading it was taken from. */
double read_stddev(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);
	uint64_t n = number_of(w, f->field);

	if (!full(r, f) || n < 2)
		return NAN;
	return sqrt(wide_spread(n, squares_of(r, f), sum_of(w, f->field)) / (double)n /
	            (double)(n - 1)) /
	       READING_SCALE;
}

/* Where the event being scored lies in the ring; false: it was not taken in. */
static bool entered(const struct reading *r, const struct ring *ring)
{
	return r->learned && ring->entered != WINDOW_OUTSIDE;
}

/* Nothing to say of an event that is no trade between two accounts. */
double read_circle(const struct reading *r, const struct feature *f)
{
	int64_t c[WINDOW_COLUMNS];

	if (!full(r, f) || !cells_of_circle(r->event, c))
		return NAN;
	return circle_of(ring_of(r, f), window_of(r, f)->tail, c[CIRCLE_SELLER], c[CIRCLE_BUYER],
	                 c[CIRCLE_SIZE], f->q);
}

/* (x - mean) / stddev of the others in the window: with x itself among them, one outlier of n could
 * never score above (n - 1) / sqrt(n) (Shiffler, "Maximum z scores and outliers", 1988). As D / n /
 * sqrt(S / n / (n - 1)) with D = n * x - sum and S = n * squares - sum^2, exact integers both. */
double read_zscore(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);
	const struct ring *ring = ring_of(r, f);
	int64_t x = f->field == FIELD_PRICE ? r->event->price : r->event->qty;
	uint64_t n = number_of(w, f->field);
	__int128 sum = sum_of(w, f->field);
	struct wide squares = *squares_of(r, f);
	double spread;

	if (!full(r, f) || !entered(r, ring) || x == TOCSIN_NONE)
		return NAN;
	if (ring->entered >= w->tail) {
		n--;
		sum -= x;
		wide_subtract(&squares, (__int128)x * x);
	}
	if (n < 2)
		return NAN;
	spread = wide_spread(n, &squares, sum);
	if (!(spread > 0))
		return NAN;
	return wide_double128((__int128)n * x - sum) / (double)n /
	       sqrt(spread / (double)n / (double)(n - 1));
}

/* Type 7 of Hyndman & Fan ("Sample quantiles in statistical packages", 1996): the value at (n - 1) q,
 * between two in a straight line. It is what R, numpy, pandas and Prometheus answer unasked, and
 * makes quantile(price, 50%) the median. */
double read_quantile(const struct reading *r, const struct feature *f)
{
	const struct set_window *spec = &r->set->windows[f->window[0]];
	uint32_t need = f->field == FIELD_PRICE ? NEED_RANKS_PRICE : NEED_RANKS_SIZE;
	const struct ranks *ranks = &r->key->parts.ranks[spec->ranks + set_place(spec, need)];
	uint32_t n = ranks_count(ranks), k;
	int64_t low, high;
	double at;

	if (!full(r, f) || n == 0)
		return NAN;
	at = (double)(n - 1) * f->q;
	k = (uint32_t)at;
	low = ranks_at(ranks, k);
	high = k + 1 < n ? ranks_at(ranks, k + 1) : low;
	return (wide_double128(low) + wide_double128((__int128)high - low) * (at - (double)k)) /
	       READING_SCALE;
}

double read_distinct(const struct reading *r, const struct feature *f)
{
	const struct set_window *spec = &r->set->windows[f->window[0]];
	uint32_t need = f->field == FIELD_SIZE ? NEED_DISTINCT_SIZE : NEED_DISTINCT_FIRST;
	uint32_t place = spec->distinct + set_place(spec, need);

	return full(r, f) ? (double)r->key->parts.distinct[place].n : NAN;
}

double read_ewma(const struct reading *r, const struct feature *f)
{
	return full(r, f) ? decay_mean(&r->key->decays[f->decay]) / READING_SCALE : NAN;
}

/* Of the events of a series other than the one being scored, the n-th newest. */
static bool nth_newest(const struct reading *r, const struct feature *f, uint64_t n,
                       uint64_t *ret_position)
{
	const struct ring *ring = &r->key->rings[f->series];

	if (ring->head - ring->base < n)
		return false;
	if (entered(r, ring) && ring->entered >= ring->head - n)
		n++;
	*ret_position = ring->head - n;
	return ring->head - ring->base >= n;
}

double read_lag(const struct reading *r, const struct feature *f)
{
	uint64_t p;

	if (!nth_newest(r, f, f->n, &p))
		return NAN;
	return reading_units(
		ring_at(&r->key->rings[f->series], f->field == FIELD_PRICE ? 1 : 2, p));
}

double read_time_since(const struct reading *r, const struct feature *f)
{
	uint64_t p;

	if (!nth_newest(r, f, 1, &p))
		return NAN;
	return reading_apart(r->key->now, ring_at(&r->key->rings[f->series], 0, p));
}

/* The front of the queue that keeps `need`. */
static __int128 front(const struct reading *r, const struct set_window *spec, uint32_t need)
{
	__int128 key = queue_key(
		r->key->parts.queues[spec->extremes + set_place(spec, need)].front);

	return need & NEED_LEAST ? -key : key;
}

static double extreme(const struct reading *r, const struct feature *f, const uint32_t needs[3])
{
	const struct set_window *spec = &r->set->windows[f->window[0]];
	uint32_t need = needs[f->field == FIELD_PRICE ? 0 : f->field == FIELD_SIZE ? 1 : 2];

	if (!full(r, f) || number_of(window_of(r, f), f->field) == 0)
		return NAN;
	return wide_double128(front(r, spec, need)) /
	       (f->field == FIELD_NOTIONAL ? READING_SCALE : 1) / READING_SCALE;
}

double read_min(const struct reading *r, const struct feature *f)
{
	static const uint32_t needs[] = { NEED_MIN_PRICE, NEED_MIN_SIZE, NEED_MIN_VALUE };

	return extreme(r, f, needs);
}

double read_max(const struct reading *r, const struct feature *f)
{
	static const uint32_t needs[] = { NEED_MAX_PRICE, NEED_MAX_SIZE, NEED_MAX_VALUE };

	return extreme(r, f, needs);
}

/* The difference is taken of the integers: of doubles it would be rounded twice. */
double read_range(const struct reading *r, const struct feature *f)
{
	const struct set_window *spec = &r->set->windows[f->window[0]];

	if (!full(r, f) || window_of(r, f)->n_price == 0)
		return NAN;
	return wide_double128(front(r, spec, NEED_MAX_PRICE) - front(r, spec, NEED_MIN_PRICE)) /
	       READING_SCALE;
}

/* The last price, and the one in force where the window begins. */
static bool prices(const struct reading *r, const struct feature *f, int64_t *ret_last,
                   int64_t *ret_before)
{
	const struct ring *ring = ring_of(r, f);
	uint64_t p;

	if (!full(r, f) || !window_before(ring, window_of(r, f), &p))
		return false;
	*ret_last = ring_at(ring, 1, ring->head - 1);
	*ret_before = ring_at(ring, 1, p);
	return true;
}

double read_delta(const struct reading *r, const struct feature *f)
{
	int64_t last, was;

	if (!prices(r, f, &last, &was))
		return NAN;
	return wide_double128((__int128)last - was) / READING_SCALE;
}

/* Of a price that was not above zero there is no return. */
double read_return(const struct reading *r, const struct feature *f)
{
	int64_t last, was;

	if (!prices(r, f, &last, &was) || was <= 0)
		return NAN;
	return wide_double128((__int128)last - was) / (double)was;
}
