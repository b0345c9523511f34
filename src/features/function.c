/* How each feature is read. NaN = no value: the window is not full yet (the key's first event is
 * younger than the window), or there is nothing to divide by. All are O(1).
 *
 * Units: prices and sizes leave as plain numbers (1e-9 units divided once, at the end). */
#include "function.h"

#include <math.h>

#include "features/wide.h"

#define SCALE ((double)TOCSIN_SCALE)

static double units(int64_t v)
{
	return v == TOCSIN_NONE ? NAN : (double)v / SCALE;
}

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

static double count_value(const struct reading *r, const struct feature *f)
{
	return full(r, f) ? count_in(r, f->window[0]) : NAN;
}

static double rate_value(const struct reading *r, const struct feature *f)
{
	return count_value(r, f) / ((double)f->window_ns / 1e9);
}

static double cancel_ratio_value(const struct reading *r, const struct feature *f)
{
	double trades;

	if (!full(r, f))
		return NAN;
	trades = count_in(r, f->window[1]);
	return trades > 0 ? count_in(r, f->window[0]) / trades : NAN;
}

static double sum_value(const struct reading *r, const struct feature *f)
{
	return full(r, f) ? wide_double128(window_of(r, f)->sum_size) / SCALE : NAN;
}

static double mean_value(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);
	bool price = f->field == FIELD_PRICE;
	uint64_t n = price ? window_count(ring_of(r, f), w) : w->n_size;

	if (!full(r, f) || n == 0)
		return NAN;
	return wide_double128(price ? w->sum_price : w->sum_size) / (double)n / SCALE;
}

static double vwap_value(const struct reading *r, const struct feature *f)
{
	const struct window *w = window_of(r, f);

	if (!full(r, f) || w->sum_size <= 0)
		return NAN;
	return wide_double(&w->sum_value) / wide_double128(w->sum_size) / SCALE;
}

/* The front of the queue that keeps `need`. */
static bool extreme(const struct reading *r, const struct feature *f, uint32_t need, int64_t *ret)
{
	const struct set_window *spec = &r->set->windows[f->window[0]];
	uint32_t below = (uint32_t)__builtin_popcount(spec->needs & NEED_EXTREMES & (need - 1));
	const struct queue *q = &r->key->queues[spec->extremes + below];
	unsigned column = need == NEED_MIN_PRICE || need == NEED_MAX_PRICE ? 1 : 2;

	if (!full(r, f) || q->n == 0)
		return false;
	*ret = ring_at(ring_of(r, f), column, q->position[q->first & (q->size - 1)]);
	return true;
}

static double min_value(const struct reading *r, const struct feature *f)
{
	int64_t v;

	if (!extreme(r, f, f->field == FIELD_PRICE ? NEED_MIN_PRICE : NEED_MIN_SIZE, &v))
		return NAN;
	return units(v);
}

static double max_value(const struct reading *r, const struct feature *f)
{
	int64_t v;

	if (!extreme(r, f, f->field == FIELD_PRICE ? NEED_MAX_PRICE : NEED_MAX_SIZE, &v))
		return NAN;
	return units(v);
}

static double range_value(const struct reading *r, const struct feature *f)
{
	int64_t low, high;

	if (!extreme(r, f, NEED_MIN_PRICE, &low) || !extreme(r, f, NEED_MAX_PRICE, &high))
		return NAN;
	return wide_double128((__int128)high - low) / SCALE;
}

/* The last price, and the one in force where the window begins. */
static bool prices(const struct reading *r, const struct feature *f, int64_t *ret_last,
                   int64_t *ret_before)
{
	const struct ring *ring = ring_of(r, f);
	uint64_t p;

	if (!full(r, f) || !window_before(ring, window_of(r, f), &p))
		return false;
	*ret_last = r->key->price;
	*ret_before = ring_at(ring, 1, p);
	return true;
}

static double delta_value(const struct reading *r, const struct feature *f)
{
	int64_t last, was;

	if (!prices(r, f, &last, &was))
		return NAN;
	return wide_double128((__int128)last - was) / SCALE;
}

/* Of a price that was not above zero there is no return. */
static double return_value(const struct reading *r, const struct feature *f)
{
	int64_t last, was;

	if (!prices(r, f, &last, &was) || was <= 0)
		return NAN;
	return wide_double128((__int128)last - was) / (double)was;
}

static double absent_for_value(const struct reading *r, const struct feature *f)
{
	const struct key *k = r->key;

	if (!k->seen)
		return NAN;
	return (uint64_t)k->now - (uint64_t)k->last >= (uint64_t)f->window_ns ? 1 : 0;
}

static double price_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return units(r->key->price);
}

static double size_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return units(r->event->qty);
}

static double event_price_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return units(r->event->price);
}

static double notional_value(const struct reading *r, const struct feature *f)
{
	const struct tocsin_event *e = r->event;

	(void)f;
	if (e->price == TOCSIN_NONE || e->qty == TOCSIN_NONE)
		return NAN;
	return wide_double128((__int128)e->price * e->qty) / SCALE / SCALE;
}

static double bid_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return units(r->key->bid);
}

static double ask_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return units(r->key->ask);
}

static bool quoted(const struct reading *r)
{
	return r->key->bid != TOCSIN_NONE && r->key->ask != TOCSIN_NONE;
}

static double spread_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return quoted(r) ? wide_double128((__int128)r->key->ask - r->key->bid) / SCALE : NAN;
}

static double mid_value(const struct reading *r, const struct feature *f)
{
	(void)f;
	return quoted(r) ? wide_double128((__int128)r->key->ask + r->key->bid) / 2 / SCALE : NAN;
}

enum {
	F_COUNT,
	F_RATE,
	F_CANCEL_RATIO,
	F_SUM,
	F_MEAN,
	F_MIN,
	F_MAX,
	F_RANGE,
	F_VWAP,
	F_RETURN,
	F_DELTA,
	F_ABSENT_FOR,
	F_PRICE,
	F_SIZE,
	F_EVENT_PRICE,
	F_NOTIONAL,
	F_BID,
	F_ASK,
	F_SPREAD,
	F_MID,
	N_FUNCTIONS
};

static const struct feature_help texts[N_FUNCTIONS + 1] = {
	[F_COUNT] = { "count", "([kind,] window)",
	              "events of the kind (any when not given) in the window" },
	[F_RATE] = { "rate", "([kind,] window)", "count / window, in events a second" },
	[F_CANCEL_RATIO] = { "cancel_ratio", "(window)",
	                     "orders cancelled for each trade; no value without trades" },
	[F_SUM] = { "sum", "(size, window)", "traded size" },
	[F_MEAN] = { "mean", "(price or size, window)",
	             "mean over the trades; no value without trades" },
	[F_MIN] = { "min", "(price or size, window)",
	            "least of the trades; no value without trades" },
	[F_MAX] = { "max", "(price or size, window)",
	            "greatest of the trades; no value without trades" },
	[F_RANGE] = { "range", "(price, window)",
	              "greatest less least price traded in the window" },
	[F_VWAP] = { "vwap", "(window)", "mean price weighted by size" },
	[F_RETURN] = { "return", "(price, window)",
	               "last price / price in force a window ago - 1; 3% is 0.03" },
	[F_DELTA] = { "delta", "(price, window)", "last price - price in force a window ago" },
	[F_ABSENT_FOR] = { "absent_for", "(time)",
	                   "a condition: the instrument had no event of any kind for that time" },
	[F_PRICE] = { "price", "", "last price traded" },
	[F_SIZE] = { "size", "", "size of this event" },
	[F_EVENT_PRICE] = { "event_price", "", "price of this event, an order's too" },
	[F_NOTIONAL] = { "notional", "", "price * size of this event" },
	[F_BID] = { "bid", "", "best bid of the last quote" },
	[F_ASK] = { "ask", "", "best ask of the last quote" },
	[F_SPREAD] = { "spread", "", "ask - bid" },
	[F_MID] = { "mid", "", "(bid + ask) / 2" },
};

static const struct function functions[N_FUNCTIONS] = {
	[F_COUNT] = {
		.text = &texts[F_COUNT],
		.arguments = { ARG_KIND, ARG_WINDOW },
		.value = count_value,
	},
	[F_RATE] = {
		.text = &texts[F_RATE],
		.arguments = { ARG_KIND, ARG_WINDOW },
		.value = rate_value,
	},
	[F_CANCEL_RATIO] = {
		.text = &texts[F_CANCEL_RATIO],
		.arguments = { ARG_WINDOW },
		.kinds = { TOCSIN_KIND_BIT(TOCSIN_ORDER_CANCEL), TOCSIN_KIND_BIT(TOCSIN_TRADE) },
		.value = cancel_ratio_value,
	},
	[F_SUM] = {
		.text = &texts[F_SUM],
		.arguments = { ARG_SIZE, ARG_WINDOW },
		.priced = true,
		.needs_size = NEED_SUM_SIZE,
		.value = sum_value,
	},
	[F_MEAN] = {
		.text = &texts[F_MEAN],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.priced = true,
		.needs_price = NEED_SUM_PRICE,
		.needs_size = NEED_SUM_SIZE,
		.value = mean_value,
	},
	[F_MIN] = {
		.text = &texts[F_MIN],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.priced = true,
		.needs_price = NEED_MIN_PRICE,
		.needs_size = NEED_MIN_SIZE,
		.value = min_value,
	},
	[F_MAX] = {
		.text = &texts[F_MAX],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.priced = true,
		.needs_price = NEED_MAX_PRICE,
		.needs_size = NEED_MAX_SIZE,
		.value = max_value,
	},
	[F_RANGE] = {
		.text = &texts[F_RANGE],
		.arguments = { ARG_PRICE, ARG_WINDOW },
		.priced = true,
		.needs_price = NEED_MIN_PRICE | NEED_MAX_PRICE,
		.value = range_value,
	},
	[F_VWAP] = {
		.text = &texts[F_VWAP],
		.arguments = { ARG_WINDOW },
		.priced = true,
		.needs_price = NEED_SUM_VALUE | NEED_SUM_SIZE,
		.value = vwap_value,
	},
	[F_RETURN] = {
		.text = &texts[F_RETURN],
		.arguments = { ARG_PRICE, ARG_WINDOW },
		.priced = true,
		.value = return_value,
	},
	[F_DELTA] = {
		.text = &texts[F_DELTA],
		.arguments = { ARG_PRICE, ARG_WINDOW },
		.priced = true,
		.value = delta_value,
	},
	[F_ABSENT_FOR] = {
		.text = &texts[F_ABSENT_FOR],
		.arguments = { ARG_WINDOW },
		.silence = true,
		.value = absent_for_value,
	},
	[F_PRICE] = { .text = &texts[F_PRICE], .value = price_value },
	[F_SIZE] = { .text = &texts[F_SIZE], .of_event = true, .value = size_value },
	[F_EVENT_PRICE] = { .text = &texts[F_EVENT_PRICE], .of_event = true, .value = event_price_value },
	[F_NOTIONAL] = { .text = &texts[F_NOTIONAL], .of_event = true, .value = notional_value },
	[F_BID] = { .text = &texts[F_BID], .value = bid_value },
	[F_ASK] = { .text = &texts[F_ASK], .value = ask_value },
	[F_SPREAD] = { .text = &texts[F_SPREAD], .value = spread_value },
	[F_MID] = { .text = &texts[F_MID], .value = mid_value },
};

const struct function *function_all(uint32_t *ret_n)
{
	*ret_n = N_FUNCTIONS;
	return functions;
}

const struct feature_help *feature_help(void)
{
	return texts;
}
