/* Literal messages of each preset, and the whole event each must give; by both readers. */
#include "decode/decode.h"

#include "../suite.h"
#include "both.h"

#define NO TOCSIN_NONE
#define STR(s) \
	{ \
		.p = (s), .n = sizeof(s) - 1 \
	}
#define NUMBERS \
	.price = NO, .qty = NO, .bid = NO, .ask = NO, .bid_qty = NO, .ask_qty = NO, .open = NO, \
	.high = NO, .low = NO

struct example {
	const char *line;
	enum decode_verdict verdict;
	struct tocsin_event event;
};

/* The defaults first, then what is named: a later initializer wins. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define EVENT(...) \
	{ \
		.size = sizeof(struct tocsin_event), NUMBERS, __VA_ARGS__ \
	}
#define OK(line, ...) \
	{ \
		line, DECODE_OK, EVENT(__VA_ARGS__) \
	}

static void check(const struct format_spec *spec, const struct example *examples, size_t n)
{
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, spec), 0);
	for (size_t i = 0; i < n; i++) {
		const struct example *x = &examples[i];
		const char *member;

		ck_assert_msg(both_agree(&b, x->line, strlen(x->line), why, sizeof why), "%s: %s",
		              x->line, why);
		ck_assert_msg(b.verdict == x->verdict, "%s: %s, expected %s", x->line,
		              decode_verdict_name(b.verdict), decode_verdict_name(x->verdict));
		if (x->verdict != DECODE_OK)
			continue;
		member = event_difference(&b.event, &x->event);
		ck_assert_msg(!member, "%s: %s is not as expected", x->line, member);
	}
	both_close(&b);
}

#define CHECK(spec, examples) check(spec, examples, sizeof(examples) / sizeof(examples)[0])

#define MBO(ts, action, side, price, size, id, flags, seq) \
	"{\"ts_recv\":\"1703462400000000000\",\"hd\":{\"ts_event\":\"" ts "\",\"rtype\":160," \
	"\"publisher_id\":1,\"instrument_id\":17077},\"action\":\"" action "\",\"side\":\"" side \
	"\"," \
	"\"price\":\"" price "\",\"size\":" size ",\"channel_id\":0,\"order_id\":\"" id \
	"\",\"flags\":" flags ",\"ts_in_delta\":0,\"sequence\":" seq ",\"symbol\":\"ESH4\"}"

START_TEST(databento_mbo)
{
	const struct format_spec spec = { .preset = "databento-mbo" };
	const struct example examples[] = {
		OK(MBO("1703422805243925307", "A", "B", "4799000000000", "2", "6412777162812", "40",
		       "682"),
		   .kind = TOCSIN_ORDER_ADD, .side = TOCSIN_BUY,
		   .flags = TOCSIN_FLAG_SNAPSHOT | TOCSIN_FLAG_MORE, .time_ns = 1703422805243925307,
		   .price = 4799000000000, .qty = 2000000000, .sequence = 682,
		   .instrument = STR("ESH4"), .order_id = STR("6412777162812")),
		OK(MBO("1703544591565780899", "C", "A", "4798000000000", "3", "7", "130", "5327"),
		   .kind = TOCSIN_ORDER_CANCEL, .side = TOCSIN_SELL, .flags = TOCSIN_FLAG_LAST,
		   .time_ns = 1703544591565780899, .price = 4798000000000, .qty = 3000000000,
		   .sequence = 5327, .instrument = STR("ESH4"), .order_id = STR("7")),
		OK(MBO("1703544603566176009", "M", "B", "4798250000001", "0", "8", "0", "5330"),
		   .kind = TOCSIN_ORDER_MODIFY, .side = TOCSIN_BUY, .flags = TOCSIN_FLAG_MORE,
		   .time_ns = 1703544603566176009, .price = 4798250000001, .qty = 0,
		   .sequence = 5330, .instrument = STR("ESH4"), .order_id = STR("8")),
		/* a trade's side is the aggressor's, a fill's the resting order's */
		OK(MBO("1703545200000000000", "T", "A", "4800250000000", "44", "0", "160", "6000"),
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL,
		   .flags = TOCSIN_FLAG_SNAPSHOT | TOCSIN_FLAG_LAST, .time_ns = 1703545200000000000,
		   .price = 4800250000000, .qty = 44000000000, .sequence = 6000,
		   .instrument = STR("ESH4"), .order_id = STR("0")),
		OK(MBO("1703545200000000000", "F", "A", "4800250000000", "1", "9", "0", "6000"),
		   .kind = TOCSIN_FILL, .side = TOCSIN_BUY,
		   .flags = TOCSIN_FLAG_MORE | TOCSIN_FLAG_FILL_KEEPS_BOOK,
		   .time_ns = 1703545200000000000, .price = 4800250000000, .qty = 1000000000,
		   .sequence = 6000, .instrument = STR("ESH4"), .order_id = STR("9")),
		OK(MBO("1703545200000000000", "F", "B", "4800250000000", "1", "9", "0", "6000"),
		   .kind = TOCSIN_FILL, .side = TOCSIN_SELL,
		   .flags = TOCSIN_FLAG_MORE | TOCSIN_FLAG_FILL_KEEPS_BOOK,
		   .time_ns = 1703545200000000000, .price = 4800250000000, .qty = 1000000000,
		   .sequence = 6000, .instrument = STR("ESH4"), .order_id = STR("9")),
		OK(MBO("1703545200000000000", "T", "N", "4800250000000", "44", "0", "0", "6000"),
		   .kind = TOCSIN_TRADE, .flags = TOCSIN_FLAG_MORE, .time_ns = 1703545200000000000,
		   .price = 4800250000000, .qty = 44000000000, .sequence = 6000,
		   .instrument = STR("ESH4"), .order_id = STR("0")),
		/* no price: fine for an order, not for a trade */
		OK(MBO("1703545200000000000", "A", "B", "9223372036854775807", "1", "9", "0", "1"),
		   .kind = TOCSIN_ORDER_ADD, .side = TOCSIN_BUY, .flags = TOCSIN_FLAG_MORE,
		   .time_ns = 1703545200000000000, .qty = 1000000000, .sequence = 1,
		   .instrument = STR("ESH4"), .order_id = STR("9")),
		{ MBO("1703545200000000000", "T", "B", "9223372036854775807", "1", "9", "0", "1"),
		  DECODE_MISSING_FIELD,
		  { 0 } },
		OK(MBO("1703545200000000000", "R", "N", "9223372036854775807", "0", "0", "8", "1"),
		   .kind = TOCSIN_BOOK_CLEAR, .flags = TOCSIN_FLAG_MORE,
		   .time_ns = 1703545200000000000, .sequence = 1, .instrument = STR("ESH4"),
		   .order_id = STR("0")),
		{ MBO("1703545200000000000", "N", "N", "0", "0", "0", "0", "1"),
		  DECODE_IGNORED,
		  { 0 } },
		{ MBO("1703545200000000000", "X", "N", "1", "1", "0", "0", "1"),
		  DECODE_UNKNOWN_KIND,
		  { 0 } },
		{ MBO("1703545200000000000", "A", "b", "1", "1", "0", "0", "1"),
		  DECODE_UNKNOWN_SIDE,
		  { 0 } },
		{ MBO("1703545200000000000", "A", "B", "4799.25", "1", "0", "0", "1"),
		  DECODE_BAD_NUMBER,
		  { 0 } },
		{ MBO("1703545200000000000", "A", "B", "-1", "1", "0", "0", "1"),
		  DECODE_BAD_PRICE,
		  { 0 } },
		{ MBO("1703545200000000000", "A", "B", "9223372036854775808", "1", "0", "0", "1"),
		  DECODE_BAD_NUMBER,
		  { 0 } },
		{ MBO("18446744073709551615", "A", "B", "1", "1", "0", "0", "1"),
		  DECODE_TIME_RANGE,
		  { 0 } },
		/* 64-bit values as JSON integers read the same */
		OK("{\"hd\":{\"ts_event\":1703422805243925307},\"action\":\"A\",\"side\":\"B\",\"price\":4799000000000,"
		   "\"size\":\"2\",\"order_id\":6412777162812,\"symbol\":\"ESH4\"}",
		   .kind = TOCSIN_ORDER_ADD, .side = TOCSIN_BUY, .time_ns = 1703422805243925307,
		   .price = 4799000000000, .qty = 2000000000, .instrument = STR("ESH4"),
		   .order_id = STR("6412777162812")),
		OK("{\"hd\":{\"ts_event\":1703422805243925307},\"action\":\"C\",\"price\":9223372036854775807,"
		   "\"symbol\":17077,\"sequence\":\"18446744073709551615\"}",
		   .kind = TOCSIN_ORDER_CANCEL, .time_ns = 1703422805243925307,
		   .instrument = STR("17077"), .sequence = UINT64_MAX),
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(binance_trade)
{
	const struct format_spec spec = { .preset = "binance-trade" };
	const struct example examples[] = {
		OK("{\"e\":\"trade\",\"E\":1610064000278,\"s\":\"BTCUSDT\",\"t\":553287559,\"p\":\"39432.48\","
		   "\"q\":\"0.000263\",\"T\":1610064000279,\"m\":true,\"M\":true}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL, .time_ns = 1610064000279000000,
		   .price = 39432480000000, .qty = 263000, .instrument = STR("BTCUSDT"),
		   .trade_id = STR("553287559")),
		OK(" { \"T\":\"1610064000279\", \"m\":false, \"e\":\"trade\", \"s\":\"\\u0042TC\",\"t\":-9223372036854775808,"
		   "\"p\":0.00000001,\"q\":9223372036}\r\n",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_BUY, .time_ns = 1610064000279000000,
		   .price = 10, .qty = 9223372036000000000, .instrument = STR("BTC"),
		   .trade_id = STR("-9223372036854775808")),
		{ "{\"e\":\"aggTrade\",\"E\":1,\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":1610064000279,\"m\":true}",
		  DECODE_UNKNOWN_KIND,
		  { 0 } },
		{ "{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":1610064000279,\"m\":\"buy\"}",
		  DECODE_UNKNOWN_SIDE,
		  { 0 } },
		{ "{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"0.0\",\"T\":1610064000279,\"m\":true}",
		  DECODE_BAD_SIZE,
		  { 0 } },
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(numbered_one_by_one)
{
	const struct format_spec spec = { .sequence_gapless = true, .fill_keeps_book = true };
	const struct example examples[] = {
		OK("{\"instrument\":\"A\",\"time\":1703545200,\"price\":3,\"size\":1,\"sequence\":7}",
		   .flags = TOCSIN_FLAG_GAPLESS, .time_ns = 1703545200000000000,
		   .price = 3000000000, .qty = 1000000000, .sequence = 7, .instrument = STR("A")),
		OK("{\"instrument\":\"A\",\"time\":1703545200,\"price\":3,\"size\":1}",
		   .time_ns = 1703545200000000000, .price = 3000000000, .qty = 1000000000,
		   .instrument = STR("A")),
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(generic)
{
	const struct format_spec trades = { 0 }, kinds = { .kind = "type" };
	const struct example trade_examples[] = {
		OK("{\"instrument\":\"AAPL\",\"time\":\"2023-12-25T23:00:00.5Z\",\"price\":190.25,\"size\":100,"
		   "\"side\":\"Sell\",\"venue\":\"XNAS\",\"order_id\":\"o\",\"trade_id\":7,\"account\":\"a1\","
		   "\"counterparty\":\"\",\"sequence\":12}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL, .time_ns = 1703545200500000000,
		   .price = 190250000000, .qty = 100000000000, .sequence = 12,
		   .instrument = STR("AAPL"), .venue = STR("XNAS"), .order_id = STR("o"),
		   .trade_id = STR("7"), .account = STR("a1")),
		OK("{\"instrument\":\"A\",\"time\":1703545200,\"price\":\"1e-9\",\"size\":\"+1\",\"side\":1}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_BUY, .time_ns = 1703545200000000000,
		   .price = 1, .qty = 1000000000, .instrument = STR("A")),
		OK("{\"instrument\":\"A\",\"time\":1703545200123,\"price\":5,\"size\":1,\"side\":null,\"bid\":{}}",
		   .kind = TOCSIN_TRADE, .time_ns = 1703545200123000000, .price = 5000000000,
		   .qty = 1000000000, .instrument = STR("A")),
	};
	const struct example kind_examples[] = {
		OK("{\"type\":\"quote\",\"instrument\":\"A\",\"time\":1703545200,\"bid\":1.5,\"ask\":\"1.25\",\"bid_size\":0,"
		   "\"ask_size\":7,\"price\":-1}",
		   .kind = TOCSIN_QUOTE, .time_ns = 1703545200000000000, .bid = 1500000000,
		   .ask = 1250000000, .bid_qty = 0, .ask_qty = 7000000000, .instrument = STR("A")),
		OK("{\"type\":\"quote\",\"instrument\":\"A\",\"time\":1703545200,\"ask\":2}",
		   .kind = TOCSIN_QUOTE, .time_ns = 1703545200000000000, .ask = 2000000000,
		   .instrument = STR("A")),
		{ "{\"type\":\"quote\",\"instrument\":\"A\",\"time\":1703545200,\"price\":2}",
		  DECODE_MISSING_FIELD,
		  { 0 } },
		OK("{\"type\":\"bar\",\"instrument\":\"A\",\"time\":1703545200,\"open\":1,\"high\":3,\"low\":0.5,\"price\":2,"
		   "\"size\":0}",
		   .kind = TOCSIN_BAR, .time_ns = 1703545200000000000, .price = 2000000000,
		   .qty = 0, .open = 1000000000, .high = 3000000000, .low = 500000000,
		   .instrument = STR("A")),
		{ "{\"type\":\"bar\",\"instrument\":\"A\",\"time\":1703545200,\"open\":1}",
		  DECODE_MISSING_FIELD,
		  { 0 } },
		OK("{\"type\":\"order_cancel\",\"instrument\":\"A\",\"time\":1703545200}",
		   .kind = TOCSIN_ORDER_CANCEL, .time_ns = 1703545200000000000,
		   .instrument = STR("A")),
		OK("{\"type\":\"order_add\",\"instrument\":\"A\",\"time\":1703545200,\"size\":1,\"side\":\"BID\"}",
		   .kind = TOCSIN_ORDER_ADD, .side = TOCSIN_BUY, .time_ns = 1703545200000000000,
		   .qty = 1000000000, .instrument = STR("A")),
		{ "{\"type\":\"order_add\",\"instrument\":\"A\",\"time\":1703545200}",
		  DECODE_MISSING_FIELD,
		  { 0 } },
		OK("{\"type\":\"order_modify\",\"instrument\":\"A\",\"time\":1703545200,\"price\":3}",
		   .kind = TOCSIN_ORDER_MODIFY, .time_ns = 1703545200000000000, .price = 3000000000,
		   .instrument = STR("A")),
		OK("{\"type\":\"book_clear\",\"instrument\":\"A\",\"time\":1703545200,\"price\":\"x\"}",
		   .kind = TOCSIN_BOOK_CLEAR, .time_ns = 1703545200000000000,
		   .instrument = STR("A")),
		{ "{\"type\":\"ignore\"}", DECODE_UNKNOWN_KIND, { 0 } },
		{ "{\"type\":\"tick\",\"instrument\":\"A\",\"time\":1703545200}",
		  DECODE_UNKNOWN_KIND,
		  { 0 } },
	};

	CHECK(&trades, trade_examples);
	CHECK(&kinds, kind_examples);
}
END_TEST

/* A user's mapping over a preset. */
START_TEST(overridden)
{
	const struct decode_pair kinds[] = { { "match", "trade" },
		                             { "open", "order_add" },
		                             { "heartbeat", "ignore" } };
	const struct decode_pair sides[] = { { "buy", "buy" }, { "sell", "sell" } };
	const struct format_spec coinbase = {
		.name = "coinbase",
		.kind = "type",
		.kinds = kinds,
		.n_kinds = 3,
		.instrument = "product_id",
		.sides = sides,
		.n_sides = 2,
		.side_is_maker = true,
		.venue = "=COINBASE",
		.order_id = "=",
		.account = "user.id",
		.time_unit = DECODE_TIME_TEXT,
	};
	const struct format_spec first = { .kind = "=quote",
		                           .instrument = "=ES",
		                           .time = "data.0.t",
		                           .bid = "data.0.p",
		                           .ask = "data.1.p",
		                           .price_rule = DECODE_PRICE_ANY,
		                           .no_price = "NaN",
		                           .qty_exponent = -2,
		                           .bid_qty = "data.0.q",
		                           .side = "=buy" };
	const struct example coinbase_examples[] = {
		OK("{\"type\":\"match\",\"trade_id\":10,\"sequence\":50,\"time\":\"2014-11-07T08:19:27.028459Z\","
		   "\"product_id\":\"BTC-USD\",\"size\":\"5.23512\",\"price\":\"400.23\",\"side\":\"sell\",\"order_id\":\"x\","
		   "\"user\":{\"id\":42}}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_BUY, .time_ns = 1415348367028459000,
		   .price = 400230000000, .qty = 5235120000, .sequence = 50,
		   .instrument = STR("BTC-USD"), .venue = STR("COINBASE"), .trade_id = STR("10"),
		   .account = STR("42")),
		/* of an order it is the order's own side */
		OK("{\"type\":\"open\",\"time\":\"2014-11-07T08:19:27Z\",\"product_id\":\"BTC-USD\",\"size\":\"1\","
		   "\"side\":\"sell\"}",
		   .kind = TOCSIN_ORDER_ADD, .side = TOCSIN_SELL, .time_ns = 1415348367000000000,
		   .qty = 1000000000, .instrument = STR("BTC-USD"), .venue = STR("COINBASE")),
		{ "{\"type\":\"heartbeat\"}", DECODE_IGNORED, { 0 } },
		{ "{\"type\":\"match\",\"time\":1415348367,\"product_id\":\"B\",\"size\":1,\"price\":1}",
		  DECODE_WRONG_TYPE,
		  { 0 } },
		{ "{\"type\":\"match\",\"time\":\"2014-11-07T08:19:27Z\",\"product_id\":\"B\",\"size\":1,\"price\":1,"
		  "\"side\":\"SELL\"}",
		  DECODE_UNKNOWN_SIDE,
		  { 0 } },
	};
	const struct example first_examples[] = {
		OK("{\"data\":[{\"t\":1703545200,\"p\":-37.63,\"q\":150},{\"p\":\"NaN\"}]}",
		   .kind = TOCSIN_QUOTE, .side = TOCSIN_BUY, .time_ns = 1703545200000000000,
		   .bid = -37630000000, .bid_qty = 1500000000, .instrument = STR("ES")),
		{ "{\"data\":[{\"t\":1703545200,\"p\":\"nan\",\"q\":150},{\"p\":\"NaN\"}]}",
		  DECODE_BAD_NUMBER,
		  { 0 } },
	};

	CHECK(&coinbase, coinbase_examples);
	CHECK(&first, first_examples);
}
END_TEST

#define MBP(action, side, price, size, levels) \
	"{\"ts_recv\":\"1703462400000000000\",\"hd\":{\"ts_event\":\"1703545200000000001\",\"rtype\":1," \
	"\"publisher_id\":1,\"instrument_id\":17077},\"action\":\"" action "\",\"side\":\"" side \
	"\",\"depth\":0,\"price\":\"" price "\",\"size\":" size \
	",\"flags\":128,\"ts_in_delta\":0,\"sequence\":9,\"symbol\":\"ESH4\"" levels "}"
#define LEVELS(bid, ask) \
	",\"levels\":[{\"bid_px\":\"" bid "\",\"ask_px\":\"" ask \
	"\",\"bid_sz\":3,\"ask_sz\":4,\"bid_ct\":1,\"ask_ct\":2}]"
#define OF_MBP \
	.flags = TOCSIN_FLAG_LAST, .time_ns = 1703545200000000001, .sequence = 9, \
	.instrument = STR("ESH4")
#define QUOTED \
	.bid = 4799000000000, .ask = 4799250000000, .bid_qty = 3000000000, .ask_qty = 4000000000
#define NO_PRICE "9223372036854775807"

START_TEST(databento_others)
{
	const struct format_spec trades = { .preset = "databento-trades" };
	const struct format_spec mbp = { .preset = "databento-mbp-1" };
	const struct example trade_examples[] = {
		OK(MBP("T", "B", "4799250000000", "2", ""), OF_MBP, .kind = TOCSIN_TRADE,
		   .side = TOCSIN_BUY, .price = 4799250000000, .qty = 2000000000),
		{ MBP("T", "B", NO_PRICE, "2", ""), DECODE_MISSING_FIELD, { 0 } },
	};
	const struct example mbp_examples[] = {
		OK(MBP("A", "B", "4799000000000", "1", LEVELS("4799000000000", "4799250000000")),
		   OF_MBP, QUOTED, .kind = TOCSIN_QUOTE, .side = TOCSIN_BUY),
		OK(MBP("T", "A", "4799000000000", "1", LEVELS("4799000000000", "4799250000000")),
		   OF_MBP, QUOTED, .kind = TOCSIN_TRADE, .side = TOCSIN_SELL,
		   .price = 4799000000000, .qty = 1000000000),
		/* an empty side of the book */
		OK(MBP("C", "B", "4799000000000", "1", LEVELS(NO_PRICE, "4799250000000")), OF_MBP,
		   .kind = TOCSIN_QUOTE, .side = TOCSIN_BUY, .ask = 4799250000000,
		   .bid_qty = 3000000000, .ask_qty = 4000000000),
		{ MBP("C", "B", "4799000000000", "1", LEVELS(NO_PRICE, NO_PRICE)),
		  DECODE_MISSING_FIELD,
		  { 0 } },
	};

	CHECK(&trades, trade_examples);
	CHECK(&mbp, mbp_examples);
}
END_TEST

START_TEST(binance)
{
	const struct format_spec spec = { .preset = "binance" };
	const struct example examples[] = {
		OK("{\"e\":\"trade\",\"E\":1610064000278,\"s\":\"BTCUSDT\",\"t\":55,\"p\":\"39432.48\","
		   "\"q\":\"0.000263\",\"b\":88,\"a\":50,\"T\":1610064000279,\"m\":true,\"M\":true}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL, .time_ns = 1610064000279000000,
		   .price = 39432480000000, .qty = 263000, .instrument = STR("BTCUSDT"),
		   .trade_id = STR("55")),
		OK("{\"e\":\"aggTrade\",\"E\":1610064000278,\"s\":\"BTCUSDT\",\"a\":12345,\"p\":\"0.001\","
		   "\"q\":\"100\",\"f\":100,\"l\":105,\"T\":1610064000279,\"m\":false,\"M\":true}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_BUY, .time_ns = 1610064000279000000,
		   .price = 1000000, .qty = 100000000000, .instrument = STR("BTCUSDT"),
		   .trade_id = STR("12345")),
		/* microseconds, when they are asked for */
		OK("{\"stream\":\"btcusdt@aggTrade\",\"data\":{\"e\":\"aggTrade\",\"E\":1610064000278000,"
		   "\"s\":\"BTCUSDT\",\"a\":1,\"p\":\"1\",\"q\":\"2\",\"f\":1,\"l\":1,\"T\":1610064000279123,\"m\":true}}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL, .time_ns = 1610064000279123000,
		   .price = 1000000000, .qty = 2000000000, .instrument = STR("BTCUSDT"),
		   .trade_id = STR("1")),
		OK("{\"e\":\"bookTicker\",\"u\":400900217,\"E\":1568014460893,\"T\":1568014460891,"
		   "\"s\":\"BNBUSDT\",\"b\":\"25.3519\",\"B\":\"31.21\",\"a\":\"25.3652\",\"A\":\"40.66\"}",
		   .kind = TOCSIN_QUOTE, .time_ns = 1568014460891000000, .bid = 25351900000,
		   .ask = 25365200000, .bid_qty = 31210000000, .ask_qty = 40660000000,
		   .sequence = 400900217, .instrument = STR("BNBUSDT")),
		/* of spot it tells no time: the record's, or none */
		{ "{\"u\":400900217,\"s\":\"BNBUSDT\",\"b\":\"25.3519\",\"B\":\"31.21\",\"a\":\"25.3652\",\"A\":\"40.66\"}",
		  DECODE_MISSING_FIELD,
		  { 0 } },
		{ "{\"result\":null,\"id\":1}", DECODE_MISSING_FIELD, { 0 } },
		{ "{\"e\":\"kline\",\"s\":\"B\",\"E\":1568014460893}", DECODE_UNKNOWN_KIND, { 0 } },
		{ "{\"stream\":\"x\",\"data\":[]}", DECODE_IGNORED, { 0 } },
		{ "{\"stream\":\"x\",\"data\":7}", DECODE_MISSING_FIELD, { 0 } },
		{ "{\"stream\":\"x\",\"data\":null}", DECODE_MISSING_FIELD, { 0 } },
		{ "[]", DECODE_NOT_OBJECT, { 0 } },
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(coinbase)
{
	const struct format_spec spec = { .preset = "coinbase" };
	const struct example examples[] = {
		/* the side is the maker's: here a seller rested, a buyer came */
		OK("{\"type\":\"match\",\"trade_id\":10,\"sequence\":50,\"maker_order_id\":\"ac928c66\","
		   "\"taker_order_id\":\"132fb6ae\",\"time\":\"2014-11-07T08:19:27.028459Z\","
		   "\"product_id\":\"BTC-USD\",\"size\":\"5.23512\",\"price\":\"400.23\",\"side\":\"sell\"}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_BUY, .time_ns = 1415348367028459000,
		   .price = 400230000000, .qty = 5235120000, .sequence = 50,
		   .instrument = STR("BTC-USD"), .order_id = STR("ac928c66"),
		   .trade_id = STR("10")),
		OK("{\"type\":\"ticker\",\"sequence\":37475248783,\"product_id\":\"ETH-USD\",\"price\":\"1285.22\","
		   "\"best_bid\":\"1285.04\",\"best_bid_size\":\"0.46688654\",\"best_ask\":\"1285.27\","
		   "\"best_ask_size\":\"1.56637040\",\"side\":\"buy\",\"time\":\"2022-10-19T23:28:22.061769Z\","
		   "\"trade_id\":370843401,\"last_size\":\"11.4396987\"}",
		   .kind = TOCSIN_QUOTE, .side = TOCSIN_BUY, .time_ns = 1666222102061769000,
		   .bid = 1285040000000, .ask = 1285270000000, .bid_qty = 466886540,
		   .ask_qty = 1566370400, .sequence = 37475248783, .instrument = STR("ETH-USD")),
		{ "{\"type\":\"last_match\",\"trade_id\":10}", DECODE_IGNORED, { 0 } },
		{ "{\"type\":\"subscriptions\",\"channels\":[]}", DECODE_IGNORED, { 0 } },
		{ "{\"type\":\"error\",\"message\":\"x\"}", DECODE_UNKNOWN_KIND, { 0 } },
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(polygon)
{
	const struct format_spec spec = { .preset = "polygon" };
	const struct example examples[] = {
		OK("[{\"ev\":\"T\",\"sym\":\"MSFT\",\"x\":4,\"i\":\"12345\",\"z\":3,\"p\":114.125,\"s\":100,"
		   "\"c\":[0,12],\"t\":1536036818784,\"q\":3681328}]",
		   .kind = TOCSIN_TRADE, .time_ns = 1536036818784000000, .price = 114125000000,
		   .qty = 100000000000, .sequence = 3681328, .instrument = STR("MSFT"),
		   .venue = STR("4"), .trade_id = STR("12345")),
		/* a fraction of a share: the decimal size counts */
		OK("[{\"ev\":\"T\",\"sym\":\"MSFT\",\"x\":4,\"i\":\"1\",\"p\":1,\"s\":0,\"ds\":\"0.25\",\"t\":1536036818784}]",
		   .kind = TOCSIN_TRADE, .time_ns = 1536036818784000000, .price = 1000000000,
		   .qty = 250000000, .instrument = STR("MSFT"), .venue = STR("4"),
		   .trade_id = STR("1")),
		OK("[{\"ev\":\"Q\",\"sym\":\"MSFT\",\"bx\":4,\"bp\":114.125,\"bs\":100,\"ax\":7,\"ap\":114.128,"
		   "\"as\":160,\"c\":0,\"t\":1536036818784,\"q\":50385480,\"z\":3}]",
		   .kind = TOCSIN_QUOTE, .time_ns = 1536036818784000000, .bid = 114125000000,
		   .ask = 114128000000, .bid_qty = 100000000000, .ask_qty = 160000000000,
		   .sequence = 50385480, .instrument = STR("MSFT")),
		OK("[{\"ev\":\"AM\",\"sym\":\"GTE\",\"v\":4110,\"av\":9470157,\"op\":0.4372,\"vw\":0.4488,\"o\":0.4488,"
		   "\"c\":0.4486,\"h\":0.4489,\"l\":0.4486,\"a\":0.4352,\"z\":685,\"s\":1610144640000,\"e\":1610144700000}]",
		   .kind = TOCSIN_BAR, .time_ns = 1610144700000000000, .price = 448600000,
		   .qty = 4110000000000, .open = 448800000, .high = 448900000, .low = 448600000,
		   .instrument = STR("GTE")),
		/* one by itself, as a producer may have split it */
		OK("{\"ev\":\"T\",\"sym\":\"A\",\"p\":1,\"s\":1,\"t\":1536036818784}",
		   .kind = TOCSIN_TRADE, .time_ns = 1536036818784000000, .price = 1000000000,
		   .qty = 1000000000, .instrument = STR("A")),
		{ "[{\"ev\":\"status\",\"status\":\"connected\"}]", DECODE_IGNORED, { 0 } },
		{ "[{\"ev\":\"T\",\"sym\":\"A\",\"c\":[1],\"s\":1,\"t\":1536036818784}]",
		  DECODE_WRONG_TYPE,
		  { 0 } },
		{ "[]", DECODE_IGNORED, { 0 } },
		{ "[7]", DECODE_MISSING_FIELD, { 0 } },
		{ "[[{\"ev\":\"T\"}]]", DECODE_MISSING_FIELD, { 0 } },
		{ "7", DECODE_NOT_OBJECT, { 0 } },
	};

	CHECK(&spec, examples);
}
END_TEST

START_TEST(kraken)
{
	const struct format_spec spec = { .preset = "kraken" };
	const struct example examples[] = {
		OK("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"MATIC/USD\",\"side\":\"sell\","
		   "\"price\":0.5117,\"qty\":40.0,\"ord_type\":\"market\",\"trade_id\":4665906,"
		   "\"timestamp\":\"2023-09-25T07:49:37.708706Z\"}]}",
		   .kind = TOCSIN_TRADE, .side = TOCSIN_SELL, .time_ns = 1695628177708706000,
		   .price = 511700000, .qty = 40000000000, .instrument = STR("MATIC/USD"),
		   .trade_id = STR("4665906")),
		OK("{\"channel\":\"ticker\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"ALGO/USD\",\"bid\":0.10025,"
		   "\"bid_qty\":740.0,\"ask\":0.10036,\"ask_qty\":1361.44813783,\"last\":0.10035,"
		   "\"timestamp\":\"2023-09-25T07:49:37Z\"}]}",
		   .kind = TOCSIN_QUOTE, .time_ns = 1695628177000000000, .bid = 100250000,
		   .ask = 100360000, .bid_qty = 740000000000, .ask_qty = 1361448137830,
		   .instrument = STR("ALGO/USD")),
		{ "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"A/B\"}]}",
		  DECODE_IGNORED,
		  { 0 } },
		{ "{\"channel\":\"heartbeat\"}", DECODE_IGNORED, { 0 } },
		{ "{\"method\":\"subscribe\",\"success\":true}", DECODE_IGNORED, { 0 } },
		{ "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{}]}",
		  DECODE_UNKNOWN_KIND,
		  { 0 } },
	};

	CHECK(&spec, examples);
}
END_TEST

/* Items of one message: each is an event or a refusal of its own. */
START_TEST(many_in_one)
{
	static const char text[] =
		"[{\"ev\":\"T\",\"sym\":\"A\",\"p\":1,\"s\":1,\"t\":1536036818784},"
		"{\"ev\":\"status\"},"
		"{\"ev\":\"T\",\"sym\":\"B\",\"p\":-2,\"s\":1,\"t\":1536036818784},"
		"{\"sym\":\"C\",\"t\":1536036818785,\"p\":3,\"s\":4,\"ev\":\"T\"}]";
	static const enum decode_verdict expected[] = { DECODE_OK, DECODE_IGNORED, DECODE_BAD_PRICE,
		                                        DECODE_OK };
	const struct format_spec spec = { .preset = "polygon" };
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	for (int round = 0; round < 2; round++) {
		ck_assert_msg(both_agree(&b, text, sizeof text - 1, why, sizeof why), "%s", why);
		ck_assert_uint_eq(b.n_events, 4);
		ck_assert(str_equal(b.event.instrument, (struct tocsin_str)STR("C")));
		ck_assert_int_eq(b.event.qty, 4000000000);
	}
	for (size_t i = 0; i < 4; i++) {
		struct tocsin_event e;
		size_t n;

		if (i == 0)
			ck_assert_int_eq(decode_message(b.simd, text, sizeof text - 1, &n, NULL),
			                 DECODE_OK);
		ck_assert_int_eq(decode_event(b.simd, i, &e, NULL), expected[i]);
	}
	both_close(&b);
}
END_TEST

START_TEST(time_of_the_record)
{
	static const char text[] =
		"{\"u\":1,\"s\":\"B\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}";
	const struct format_spec spec = { .preset = "binance" };
	struct tocsin_event e;
	struct both b;

	ck_assert_int_eq(both_open(&b, &spec), 0);
	decoder_record_time(b.simd, 1700000000000000000);
	ck_assert_int_eq(decode(b.simd, text, sizeof text - 1, &e, NULL), DECODE_OK);
	ck_assert_int_eq(e.time_ns, 1700000000000000000);
	ck_assert_int_eq(e.kind, TOCSIN_QUOTE);
	decoder_record_time(b.simd, 1);
	ck_assert_int_eq(decode(b.simd, text, sizeof text - 1, &e, NULL), DECODE_TIME_RANGE);
	decoder_record_time(b.simd, 0);
	ck_assert_int_eq(decode(b.simd, text, sizeof text - 1, &e, NULL), DECODE_MISSING_FIELD);
	both_close(&b);
}
END_TEST

SUITE("presets", databento_mbo, databento_others, binance_trade, numbered_one_by_one, binance,
      coinbase, polygon, kraken, generic, overridden, many_in_one, time_of_the_record)
