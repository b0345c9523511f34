/* The formats that are known by name. A table each: what is left NULL or 0 here is left to the
 * defaults of format.c. Facts from the venues' own documents; a line of each is in the tests. */
#include "format.h"

/* Words of both sides as they are met; a user's own table replaces them. "a" and "b" are ask and
 * bid, "1", "2" and "5" FIX tag 54. Compared without regard to case. */
static const struct decode_pair generic_sides[] = {
	{ "buy", "buy" },   { "b", "buy" },  { "bid", "buy" },         { "1", "buy" },
	{ "sell", "sell" }, { "s", "sell" }, { "ask", "sell" },        { "a", "sell" },
	{ "2", "sell" },    { "5", "sell" }, { "sell_short", "sell" }, { "offer", "sell" },
	{ "none", "none" }, { "n", "none" }, { "unknown", "none" },    { "", "none" },
};

/* Databento's MBO schema. R clears the book, N is no action. For T the side is the aggressor's, for
 * F that of the resting order. T and F leave the book as it is: the C or M after them takes away
 * what was filled. The sequence is that of the exchange's packets, which hold other instruments too,
 * so numbers are missing where nothing is lost. */
static const struct decode_pair mbo_kinds[] = {
	{ "A", "order_add" }, { "C", "order_cancel" }, { "M", "order_modify" }, { "F", "fill" },
	{ "T", "trade" },     { "R", "book_clear" },   { "N", "ignore" },
};

static const struct decode_pair mbo_sides[] = {
	{ "A", "sell" },
	{ "B", "buy" },
	{ "N", "none" },
};

static const struct decode_pair binance_kinds[] = {
	{ "trade", "trade" },
};

/* "m": the buyer is the maker, so the seller came to him. */
static const struct decode_pair binance_sides[] = {
	{ "true", "sell" },
	{ "false", "buy" },
};

#define KINDS(table) .kinds = (table), .n_kinds = sizeof(table) / sizeof(table)[0]
#define SIDES(table) .sides = (table), .n_sides = sizeof(table) / sizeof(table)[0]

static const struct format_spec presets[] = {
	{
		.name = "generic",
		.kind = "=trade",
		.instrument = "instrument",
		.time = "time",
		.price = "price",
		.qty = "size",
		.side = "side",
		.venue = "venue",
		.order_id = "order_id",
		.trade_id = "trade_id",
		.account = "account",
		.counterparty = "counterparty",
		.sequence = "sequence",
		.bid = "bid",
		.ask = "ask",
		.bid_qty = "bid_size",
		.ask_qty = "ask_size",
		.open = "open",
		.high = "high",
		.low = "low",
		SIDES(generic_sides),
	},
	{
		.name = "databento-mbo",
		.kind = "action",
		KINDS(mbo_kinds),
		.instrument = "symbol",
		.time = "hd.ts_event",
		.time_unit = DECODE_TIME_NS,
		.price = "price",
		.price_exponent = -9,
		.no_price = "9223372036854775807",
		.qty = "size",
		.side = "side",
		SIDES(mbo_sides),
		.fill_side_is_maker = true,
		.fill_keeps_book = true,
		.order_id = "order_id",
		.sequence = "sequence",
		.flags = "flags",
		.flag_snapshot = 32,
		.flag_last = 128,
	},
	{
		.name = "binance-trade",
		.kind = "e",
		KINDS(binance_kinds),
		.instrument = "s",
		.time = "T",
		.time_unit = DECODE_TIME_MS,
		.price = "p",
		.qty = "q",
		.side = "m",
		SIDES(binance_sides),
		.trade_id = "t",
	},
};

#define N_PRESETS (sizeof presets / sizeof presets[0])

const struct format_spec *preset_find(const char *name)
{
	for (size_t i = 0; i < N_PRESETS; i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}

const char *const *format_presets(void)
{
	static const char *const names[] = { "generic", "databento-mbo", "binance-trade", NULL };

	return names;
}
