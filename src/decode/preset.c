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

/* Its best bid and ask: no trade, no order; T is a trade, which comes with the quote after it. */
static const struct decode_pair mbp1_kinds[] = {
	{ "A", "quote" },  { "C", "quote" },  { "M", "quote" },  { "T", "trade" },
	{ "F", "ignore" }, { "R", "ignore" }, { "N", "ignore" },
};

static const struct decode_pair binance_kinds[] = {
	{ "trade", "trade" },
};

/* Of spot, the book ticker's messages have no "e"; answers to a subscription have nothing at all
 * that we ask for and are refused for it. */
static const struct decode_pair binance_all_kinds[] = {
	{ "trade", "trade" },
	{ "aggTrade", "trade" },
	{ "bookTicker", "quote" },
	{ "", "quote" },
};

/* Of the matches and ticker channels. Orders of the full channel are passed by: their life is
 * told by messages that name no size. last_match is the trade before the subscription: old news. */
static const struct decode_pair coinbase_kinds[] = {
	{ "match", "trade" },          { "last_match", "ignore" }, { "ticker", "quote" },
	{ "subscriptions", "ignore" }, { "heartbeat", "ignore" },  { "received", "ignore" },
	{ "open", "ignore" },          { "done", "ignore" },       { "change", "ignore" },
	{ "activate", "ignore" },      { "status", "ignore" },
};

/* T trades, Q quotes, A and AM bars of a second and a minute. */
static const struct decode_pair polygon_kinds[] = {
	{ "T", "trade" }, { "Q", "quote" }, { "A", "bar" }, { "AM", "bar" }, { "status", "ignore" },
};

/* Channel and type. A snapshot of trades is what was told before the subscription: old news. An
 * answer to a request names no channel. */
static const struct decode_pair kraken_kinds[] = {
	{ "trade/update", "trade" },     { "trade/snapshot", "ignore" },
	{ "ticker/update", "quote" },    { "ticker/snapshot", "quote" },
	{ "heartbeat", "ignore" },       { "status/update", "ignore" },
	{ "status/snapshot", "ignore" }, { "", "ignore" },
};

/* MsgType and ExecType of execution reports (FIX 4.2 to 5.0). 1 and 2 are the fills of 4.2. What
 * waits, was refused or is only told again is no event; nor are other messages of a session.
 * Corrections and cancels of trades (G, H) are none that we know to undo: they are refused, so
 * that somebody sees them. */
static const struct decode_pair fix_kinds[] = {
	{ "8/0", "order_add" },    { "8/4", "order_cancel" }, { "8/C", "order_cancel" },
	{ "8/3", "order_cancel" }, { "8/5", "order_modify" }, { "8/D", "order_modify" },
	{ "8/F", "trade" },        { "8/1", "trade" },        { "8/2", "trade" },
	{ "8/6", "ignore" },       { "8/7", "ignore" },       { "8/8", "ignore" },
	{ "8/9", "ignore" },       { "8/A", "ignore" },       { "8/B", "ignore" },
	{ "8/E", "ignore" },       { "8/I", "ignore" },       { "0", "ignore" },
	{ "1", "ignore" },         { "2", "ignore" },         { "3", "ignore" },
	{ "4", "ignore" },         { "5", "ignore" },         { "9", "ignore" },
	{ "A", "ignore" },         { "D", "ignore" },         { "F", "ignore" },
	{ "G", "ignore" },         { "j", "ignore" },
};

/* Tag 54. Of a cross there is no side. */
static const struct decode_pair fix_sides[] = {
	{ "1", "buy" },  { "3", "buy" },  { "2", "sell" }, { "4", "sell" }, { "5", "sell" },
	{ "6", "sell" }, { "7", "none" }, { "8", "none" }, { "9", "none" },
};

static const struct decode_pair fix_json_sides[] = {
	{ "1", "buy" },  { "3", "buy" },   { "2", "sell" },    { "4", "sell" },
	{ "5", "sell" }, { "6", "sell" },  { "7", "none" },    { "8", "none" },
	{ "9", "none" }, { "BUY", "buy" }, { "SELL", "sell" },
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
		/* Not in the venue's feed; in logs that name them (tocsin inject). */
		.account = "account",
		.counterparty = "counterparty",
		.venue = "venue",
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
	{
		.name = "databento-trades",
		.kind = "action",
		KINDS(mbo_kinds),
		.instrument = "symbol",
		.time = "hd.ts_event|ts_event",
		.time_unit = DECODE_TIME_NS,
		.price = "price",
		.price_exponent = -9,
		.no_price = "9223372036854775807",
		.qty = "size",
		.side = "side",
		SIDES(mbo_sides),
		.sequence = "sequence",
		.flags = "flags",
		.flag_snapshot = 32,
		.flag_last = 128,
	},
	{
		.name = "databento-mbp-1",
		.kind = "action",
		KINDS(mbp1_kinds),
		.instrument = "symbol",
		.time = "hd.ts_event|ts_event",
		.time_unit = DECODE_TIME_NS,
		.price = "price",
		.price_exponent = -9,
		.no_price = "9223372036854775807",
		.qty = "size",
		.side = "side",
		SIDES(mbo_sides),
		.bid = "levels.0.bid_px|bid_px_00",
		.ask = "levels.0.ask_px|ask_px_00",
		.bid_qty = "levels.0.bid_sz|bid_sz_00",
		.ask_qty = "levels.0.ask_sz|ask_sz_00",
		.trade_has_quote = true,
		.sequence = "sequence",
		.flags = "flags",
		.flag_snapshot = 32,
		.flag_last = 128,
	},
	{
		.name = "binance",
		.kind = "data[].e",
		KINDS(binance_all_kinds),
		.instrument = "data[].s",
		.time = "data[].T|data[].E|@record",
		.time_unit = DECODE_TIME_AUTO,
		.price = "data[].p",
		.qty = "data[].q",
		.side = "data[].m",
		SIDES(binance_sides),
		.trade_id = "data[].t|data[].a",
		.bid = "data[].b",
		.ask = "data[].a",
		.bid_qty = "data[].B",
		.ask_qty = "data[].A",
		.sequence = "data[].u",
	},
	{
		.name = "coinbase",
		.kind = "type",
		KINDS(coinbase_kinds),
		.instrument = "product_id",
		.time = "time",
		.time_unit = DECODE_TIME_TEXT,
		.price = "price",
		.qty = "size",
		.side = "side",
		SIDES(generic_sides),
		.side_is_maker = true,
		.order_id = "maker_order_id",
		.trade_id = "trade_id",
		.sequence = "sequence",
		.bid = "best_bid",
		.ask = "best_ask",
		.bid_qty = "best_bid_size",
		.ask_qty = "best_ask_size",
	},
	{
		.name = "polygon",
		.kind = "[].ev",
		KINDS(polygon_kinds),
		.instrument = "[].sym",
		.time = "[].t|[].e",
		.time_unit = DECODE_TIME_AUTO,
		.trade_price = "[].p",
		.price = "[].c",
		.trade_qty = "[].ds|[].s",
		.qty = "[].v",
		.open = "[].o",
		.high = "[].h",
		.low = "[].l",
		.venue = "[].x",
		.trade_id = "[].i",
		.sequence = "[].q",
		.bid = "[].bp",
		.ask = "[].ap",
		.bid_qty = "[].bs",
		.ask_qty = "[].as",
		SIDES(generic_sides),
	},
	{
		.name = "kraken",
		.kind = "channel+type",
		KINDS(kraken_kinds),
		.instrument = "data[].symbol",
		.time = "data[].timestamp|@record",
		.time_unit = DECODE_TIME_TEXT,
		.price = "data[].price",
		.qty = "data[].qty",
		.side = "data[].side",
		SIDES(generic_sides),
		.trade_id = "data[].trade_id",
		.bid = "data[].bid",
		.ask = "data[].ask",
		.bid_qty = "data[].bid_qty",
		.ask_qty = "data[].ask_qty",
	},
	{
		.name = "fix",
		.codec = DECODE_FIX,
		.kind = "35+150",
		KINDS(fix_kinds),
		.instrument = "55|48",
		.time = "60|52",
		.time_unit = DECODE_TIME_FIX,
		.price = "44",
		.qty = "151|38",
		.trade_price = "31",
		.trade_qty = "32",
		.side = "54",
		SIDES(fix_sides),
		.aggressor = "1057",
		.venue = "30|207",
		.order_id = "37|11",
		.trade_id = "17",
		.account = "1",
		.sequence = "34",
	},
	{
		.name = "fix-json",
		.kind = "Header.MsgType+Body.ExecType",
		KINDS(fix_kinds),
		.instrument = "Body.Symbol|Body.SecurityID",
		.time = "Body.TransactTime|Header.SendingTime",
		.time_unit = DECODE_TIME_FIX,
		.price = "Body.Price",
		.qty = "Body.LeavesQty|Body.OrderQty",
		.trade_price = "Body.LastPx",
		.trade_qty = "Body.LastQty|Body.LastShares",
		.side = "Body.Side",
		SIDES(fix_json_sides),
		.aggressor = "Body.AggressorIndicator",
		.venue = "Body.LastMkt|Body.SecurityExchange",
		.order_id = "Body.OrderID|Body.ClOrdID",
		.trade_id = "Body.ExecID",
		.account = "Body.Account",
		.sequence = "Header.MsgSeqNum",
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
	static const char *const names[] = {
		"generic", "databento-mbo", "databento-mbp-1", "databento-trades",
		"binance", "binance-trade", "coinbase",        "polygon",
		"kraken",  "fix",           "fix-json",        NULL
	};

	return names;
}
