/* The functions and names, and what each asks of a series. How they are read: reading.c. */
#include "function.h"

#include <string.h>

#define FIELDS_NUMBER (FIELD_BIT(FIELD_PRICE) | FIELD_BIT(FIELD_SIZE))
#define FIELDS_AMOUNT (FIELDS_NUMBER | FIELD_BIT(FIELD_NOTIONAL))
#define FIELDS_TEXT (FIELD_BIT(N_FIELDS) - FIELD_BIT(FIELD_INSTRUMENT))

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
	F_STDDEV,
	F_ZSCORE,
	F_QUANTILE,
	F_EWMA,
	F_DISTINCT,
	F_RATIO,
	F_CIRCLE,
	F_LAG,
	F_RETURN,
	F_DELTA,
	F_ABSENT_FOR,
	F_TIME_SINCE,
	F_FIRST_SEEN,
	F_OBSERVED,
	F_PRICE,
	F_SIZE,
	F_EVENT_PRICE,
	F_NOTIONAL,
	F_BID,
	F_ASK,
	F_SPREAD,
	F_MID,
	F_TIME,
	F_TIME_TO_CLOSE,
	F_TIME_SINCE_OPEN,
	F_IN_SESSION,
	F_PHASE,
	N_FUNCTIONS
};

static const struct feature_help texts[N_FUNCTIONS + 1] = {
	[F_COUNT] = { "count", "([kind,] window)",
	              "events of the kind (any when not given) in the window" },
	[F_RATE] = { "rate", "([kind,] window)", "count / window, in events a second" },
	[F_CANCEL_RATIO] = { "cancel_ratio", "(window)",
	                     "orders cancelled for each trade; no value without trades" },
	[F_RATIO] = { "ratio", "(kind, kind, window)",
	              "events of the first kind for each of the second; no value without those" },
	[F_SUM] = { "sum", "(size or notional, [kind,] window)",
	            "size, or price * size; of trades and bars when no kind is given" },
	[F_MEAN] = { "mean", "(price, size or notional, [kind,] window)",
	             "mean; no value without events" },
	[F_MIN] = { "min", "(price, size or notional, [kind,] window)",
	            "least; no value without events" },
	[F_MAX] = { "max", "(price, size or notional, [kind,] window)",
	            "greatest; no value without events" },
	[F_RANGE] = { "range", "(price, window)",
	              "greatest less least price traded in the window" },
	[F_VWAP] = { "vwap", "([kind,] window)", "mean price weighted by size" },
	[F_STDDEV] = { "stddev", "(price or size, [kind,] window)",
	               "standard deviation of the sample (n - 1); no value of fewer than two" },
	[F_ZSCORE] = { "zscore", "(price or size, [kind,] window)",
	               "this event's distance from the mean of the others in the window, in their "
	               "stddev; no value when they are fewer than two or all equal" },
	[F_QUANTILE] = { "quantile", "(price or size, [kind,] share, window)",
	                 "value below which that share lies, as quantile(size, 99%, 5m); between "
	                 "two, in a straight line" },
	[F_EWMA] = { "ewma", "(price or size, [kind,] half-life)",
	             "mean of all so far, the weight halving with each half-life of event time" },
	[F_DISTINCT] = { "distinct", "(field, [kind,] window)",
	                 "how many different ones: price, size, or of any kind of event account, "
	                 "counterparty, instrument, order_id, side, trade_id, venue" },
	[F_CIRCLE] = { "circle", "(share, window)",
	               "of a trade: accounts in the smallest circle, of up to 4, in which what was sold "
	               "came back to its seller, by trades within that share of its size; 1: one "
	               "account on both sides; 0: none" },
	[F_LAG] = { "lag", "(price or size, [kind,] n)",
	            "of the n-th last event before this one; n is 1 to 1024" },
	[F_RETURN] = { "return", "(price, window)",
	               "last price / price in force a window ago - 1; 3% is 0.03" },
	[F_DELTA] = { "delta", "(price, window)", "last price - price in force a window ago" },
	[F_ABSENT_FOR] = { "absent_for", "(time)",
	                   "a condition: the instrument had no event of any kind for that time; with a "
	                   "calendar, of its continuous trading" },
	[F_TIME_SINCE] = { "time_since", "(kind)",
	                   "a duration: since the last event of the kind before this one" },
	[F_FIRST_SEEN] = { "first_seen", "",
	                   "a duration: since the first event of the instrument" },
	[F_OBSERVED] = { "observed", "",
	                 "a duration: since the first event of the partition; first_seen < 1d and "
	                 "observed > 5d is new, not merely new to us" },
	[F_PRICE] = { "price", "", "last price traded" },
	[F_SIZE] = { "size", "", "size of this event" },
	[F_EVENT_PRICE] = { "event_price", "", "price of this event, an order's too" },
	[F_NOTIONAL] = { "notional", "", "price * size of this event" },
	[F_BID] = { "bid", "", "best bid of the last quote" },
	[F_ASK] = { "ask", "", "best ask of the last quote" },
	[F_SPREAD] = { "spread", "", "ask - bid" },
	[F_MID] = { "mid", "", "(bid + ask) / 2" },
	[F_TIME] = { "time", "",
	             "time of day in the calendar's zone: time between 09:30 and 10:00" },
	[F_TIME_TO_CLOSE] = { "time_to_close", "",
	                      "until the session's continuous trading ends; no value outside of it" },
	[F_TIME_SINCE_OPEN] = { "time_since_open", "",
	                        "since the session's continuous trading began; likewise" },
	[F_IN_SESSION] = { "in_session", "", "a condition: there is continuous trading" },
	[F_PHASE] = { "phase", "",
	              "a text: phase == closing_auction; pre_open, opening_auction, continuous, "
	              "intraday_auction, closing_auction, post, break, closed; auction = all three" },
};

static const struct function functions[N_FUNCTIONS] = {
	[F_COUNT] = {
		.text = &texts[F_COUNT],
		.arguments = { ARG_KIND, ARG_WINDOW },
		.value = read_count,
	},
	[F_RATE] = {
		.text = &texts[F_RATE],
		.arguments = { ARG_KIND, ARG_WINDOW },
		.value = read_rate,
	},
	[F_CANCEL_RATIO] = {
		.text = &texts[F_CANCEL_RATIO],
		.arguments = { ARG_WINDOW },
		.kinds = { TOCSIN_KIND_BIT(TOCSIN_ORDER_CANCEL), TOCSIN_KIND_BIT(TOCSIN_TRADE) },
		.value = read_ratio,
	},
	[F_RATIO] = {
		.text = &texts[F_RATIO],
		.arguments = { ARG_KIND_NEEDED, ARG_KIND_NEEDED, ARG_WINDOW },
		.value = read_ratio,
	},
	[F_SUM] = {
		.text = &texts[F_SUM],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_NOTIONAL),
		.priced = true,
		.needs = { [FIELD_SIZE] = NEED_SUM_SIZE, [FIELD_NOTIONAL] = NEED_SUM_VALUE },
		.value = read_sum,
	},
	[F_MEAN] = {
		.text = &texts[F_MEAN],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_AMOUNT,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_SUM_PRICE, [FIELD_SIZE] = NEED_SUM_SIZE, [FIELD_NOTIONAL] = NEED_SUM_VALUE },
		.value = read_mean,
	},
	[F_MIN] = {
		.text = &texts[F_MIN],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_AMOUNT,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_MIN_PRICE, [FIELD_SIZE] = NEED_MIN_SIZE, [FIELD_NOTIONAL] = NEED_MIN_VALUE },
		.value = read_min,
	},
	[F_MAX] = {
		.text = &texts[F_MAX],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_AMOUNT,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_MAX_PRICE, [FIELD_SIZE] = NEED_MAX_SIZE, [FIELD_NOTIONAL] = NEED_MAX_VALUE },
		.value = read_max,
	},
	[F_RANGE] = {
		.text = &texts[F_RANGE],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.fields = FIELD_BIT(FIELD_PRICE),
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_MIN_PRICE | NEED_MAX_PRICE },
		.value = read_range,
	},
	[F_VWAP] = {
		.text = &texts[F_VWAP],
		.arguments = { ARG_KIND, ARG_WINDOW },
		.priced = true,
		.needs = { [FIELD_NONE] = NEED_SUM_VALUE | NEED_SUM_SIZE },
		.value = read_vwap,
	},
	[F_STDDEV] = {
		.text = &texts[F_STDDEV],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_NUMBER,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_SUM_PRICE | NEED_SQUARES_PRICE, [FIELD_SIZE] = NEED_SUM_SIZE | NEED_SQUARES_SIZE },
		.value = read_stddev,
	},
	[F_ZSCORE] = {
		.text = &texts[F_ZSCORE],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_NUMBER,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_SUM_PRICE | NEED_SQUARES_PRICE, [FIELD_SIZE] = NEED_SUM_SIZE | NEED_SQUARES_SIZE },
		.value = read_zscore,
	},
	[F_QUANTILE] = {
		.text = &texts[F_QUANTILE],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_QUANTILE, ARG_WINDOW },
		.fields = FIELDS_NUMBER,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_RANKS_PRICE, [FIELD_SIZE] = NEED_RANKS_SIZE },
		.value = read_quantile,
	},
	[F_EWMA] = {
		.text = &texts[F_EWMA],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_NUMBER,
		.priced = true,
		.decays = true,
		.value = read_ewma,
	},
	[F_DISTINCT] = {
		.text = &texts[F_DISTINCT],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_WINDOW },
		.fields = FIELDS_NUMBER | FIELDS_TEXT,
		.priced = true,
		.needs = { [FIELD_PRICE] = NEED_DISTINCT_FIRST, [FIELD_SIZE] = NEED_DISTINCT_SIZE },
		.value = read_distinct,
	},
	[F_CIRCLE] = {
		.text = &texts[F_CIRCLE],
		.arguments = { ARG_TOLERANCE, ARG_WINDOW },
		.circles = true,
		.value = read_circle,
	},
	[F_LAG] = {
		.text = &texts[F_LAG],
		.arguments = { ARG_FIELD, ARG_KIND, ARG_LAG },
		.fields = FIELDS_NUMBER,
		.priced = true,
		.keeps = true,
		.value = read_lag,
	},
	[F_RETURN] = {
		.text = &texts[F_RETURN],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.fields = FIELD_BIT(FIELD_PRICE),
		.priced = true,
		.value = read_return,
	},
	[F_DELTA] = {
		.text = &texts[F_DELTA],
		.arguments = { ARG_FIELD, ARG_WINDOW },
		.fields = FIELD_BIT(FIELD_PRICE),
		.priced = true,
		.value = read_delta,
	},
	[F_ABSENT_FOR] = {
		.text = &texts[F_ABSENT_FOR],
		.arguments = { ARG_WINDOW },
		.silence = true,
		.value = read_absent_for,
	},
	[F_TIME_SINCE] = {
		.text = &texts[F_TIME_SINCE],
		.arguments = { ARG_KIND_NEEDED },
		.keeps = true,
		.value = read_time_since,
	},
	[F_FIRST_SEEN] = { .text = &texts[F_FIRST_SEEN], .value = read_first_seen },
	[F_OBSERVED] = { .text = &texts[F_OBSERVED], .value = read_observed },
	[F_PRICE] = { .text = &texts[F_PRICE], .value = read_price },
	[F_SIZE] = { .text = &texts[F_SIZE], .of_event = true, .value = read_size },
	[F_EVENT_PRICE] = { .text = &texts[F_EVENT_PRICE], .of_event = true, .value = read_event_price },
	[F_NOTIONAL] = { .text = &texts[F_NOTIONAL], .of_event = true, .value = read_notional },
	[F_BID] = { .text = &texts[F_BID], .value = read_bid },
	[F_ASK] = { .text = &texts[F_ASK], .value = read_ask },
	[F_SPREAD] = { .text = &texts[F_SPREAD], .value = read_spread },
	[F_MID] = { .text = &texts[F_MID], .value = read_mid },
	[F_TIME] = { .text = &texts[F_TIME], .hours = true, .value = read_time },
	[F_TIME_TO_CLOSE] = { .text = &texts[F_TIME_TO_CLOSE], .hours = true, .value = read_time_to_close },
	[F_TIME_SINCE_OPEN] = { .text = &texts[F_TIME_SINCE_OPEN], .hours = true, .value = read_time_since_open },
	[F_IN_SESSION] = { .text = &texts[F_IN_SESSION], .hours = true, .value = read_in_session },
	[F_PHASE] = { .text = &texts[F_PHASE], .hours = true },
};

const struct function *function_all(uint32_t *ret_n)
{
	*ret_n = N_FUNCTIONS;
	return functions;
}

const struct function *function_find(const char *name)
{
	for (uint32_t i = 0; i < N_FUNCTIONS; i++)
		if (strcmp(functions[i].text->name, name) == 0)
			return &functions[i];
	return NULL;
}

const struct feature_help *feature_help(void)
{
	return texts;
}
