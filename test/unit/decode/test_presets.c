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

SUITE("presets", databento_mbo, binance_trade, numbered_one_by_one, generic, overridden)
