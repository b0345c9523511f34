/* option.c - see option.h. Rows stand in the order of the reference page. Longer than a file should
 * be, because it is one table. */
#include "option.h"

#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "value.h"

#define N(a) (sizeof(a) / sizeof(a)[0])
#define SECONDS(n) ((n)*NS_PER_S)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n) MINUTES((n)*60)
#define DAYS(n) HOURS((n)*24)

const char *const conf_presets[] = {
	"generic", "databento-mbo", "databento-mbp-1", "databento-trades",
	"binance", "binance-trade", "coinbase",        "polygon",
	"kraken",  "fix",           "fix-json",        NULL
};

static const char *const log_levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const starts[] = { "earliest", "latest", NULL };
static const char *const codecs[] = { "json", "csv", "fix", NULL };
static const char *const kinds[] = { "trade", "quote", "order_add",  "order_cancel", "order_modify",
	                             "fill",  "bar",   "book_clear", "any",          NULL };
static const char *const kinds_or_ignore[] = { "trade",        "quote", "order_add", "order_cancel",
	                                       "order_modify", "fill",  "bar",       "book_clear",
	                                       "ignore",       NULL };
static const char *const sides[] = { "buy", "sell", "none", NULL };
static const char *const side_of[] = { "aggressor", "maker", NULL };
static const char *const time_units[] = { "auto", "s", "ms", "us", "ns", "text", "fix", NULL };
static const char *const price_rules[] = { "positive", "nonzero", "any", NULL };
const char *const conf_phases[] = {
	"pre_open", "opening_auction", "continuous", "intraday_auction", "closing_auction",
	"post",     "break",           "closed",     "auction",          NULL
};
static const char *const severities[] = { "info", "warning", "critical", NULL };
static const char *const sink_types[] = { "webhook", "stdout", "file", NULL };
static const char *const modes[] = { "event", "state", NULL };
static const char *const no_data[] = { "keep", "resolve", "alert", NULL };
static const char *const styles[] = { "json", "human", NULL };

#define AT(member) .offset = offsetof(struct conf_source, member)
static const struct conf_option source[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name,
	  .example = "trades",
	  .help = "What messages and metrics call it; unique." },
	{ .key = "brokers",
	  .type = CONF_TEXT,
	  AT(brokers),
	  .flags = CONF_REQUIRED | CONF_MAY_REFER,
	  .example = "localhost:9092",
	  .help = "Where to find the cluster: host:port, host:port, ..." },
	{ .key = "topics",
	  .type = CONF_TEXTS,
	  AT(topics),
	  .flags = CONF_REQUIRED | CONF_MAY_REFER,
	  .check = conf_check_topics,
	  .example = "[trades]",
	  .help = "Topics to read. One that begins with ^ is a pattern (POSIX extended regular "
	          "expression) of topics' names, e.g. ^trades[.].* - key the topics by the "
	          "instrument: state is kept by partition." },
	{ .key = "format",
	  .type = CONF_TEXT,
	  AT(format),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name,
	  .example = "my-trades",
	  .help = "How messages are read: the name of one of formats, or a preset (see formats)." },
	{ .key = "group",
	  .type = CONF_TEXT,
	  AT(group),
	  .flags = CONF_MAY_REFER,
	  .def = "tocsin",
	  .help = "Consumer group." },
	{ .key = "start",
	  .type = CONF_ENUM,
	  AT(start),
	  .words = starts,
	  .def = "earliest",
	  .help = "Where to begin in a partition of which neither the state folder nor the group "
	          "knows a position." },
	{ .key = "dead_letter",
	  .type = CONF_TEXT,
	  AT(dead_letter),
	  .flags = CONF_MAY_REFER,
	  .check = conf_check_topic,
	  .example = "trades.refused",
	  .help = "Topic that gets the messages that could not be read, each with headers that say "
	          "why.",
	  .otherwise = "none: they are counted and logged only" },
	{ .key = "kafka",
	  .type = CONF_PAIRS,
	  AT(kafka),
	  .flags = CONF_MAY_REFER | CONF_MAY_BE_EMPTY,
	  .check_key = conf_check_property,
	  .secret_key = conf_check_secret_property,
	  .example = "{security.protocol: SASL_SSL, sasl.mechanism: PLAIN, sasl.username: tocsin, "
	             "sasl.password: {credential: kafka}}",
	  .help = "Any librdkafka property. Properties that hold a secret (*password*, *secret*, "
	          "*.pem, sasl.oauthbearer.config) take a reference only: {file: /path}, {env: NAME} "
	          "or {credential: name}." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_format, member)
#define FIELD(word, member, shown, example_, help_) \
	{ \
		.key = word, .type = CONF_TEXT, AT(member), .flags = shown, .example = example_, \
		.otherwise = "the preset's", .help = help_ \
	}
static const struct conf_option format[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name,
	  .example = "my-trades",
	  .help = "What a source's format refers to; unique." },
	{ .key = "preset",
	  .type = CONF_TEXT,
	  AT(preset),
	  .words = conf_presets,
	  .def = "generic",
	  .help = "What to begin from: a preset fills all that is not given here." },
	{ .key = "codec",
	  .type = CONF_ENUM,
	  AT(codec),
	  .words = codecs,
	  .def = "json",
	  .help = "What the bytes are: JSON, one row of a CSV file, or a FIX message in tag=value form.",
	  .otherwise = "json, or the preset's" },
	FIELD("kind", kind, CONF_SHOWN_SET, "=trade",
	      "Where the kind of the event stands. This and the other fields: a path in the message "
	      "(e.g. hd.ts_event; of CSV a column, of FIX a tag), or = and a text that always holds. "
	      "a|b: the first that is there. data[].price: a value in each item of the array data, "
	      "each item an event ([].price: the message is the array). Of the kind also "
	      "type+reason: both words, as in done/canceled."),
	{ .key = "kinds",
	  .type = CONF_PAIRS,
	  AT(kinds),
	  .words = kinds_or_ignore,
	  .example =
	          "{T: trade, A: order_add, C: order_cancel, M: order_modify, F: fill, R: book_clear}",
	  .otherwise = "the preset's",
	  .help = "What the message's words for kinds mean: trade, quote, order_add, order_cancel, "
	          "order_modify, fill, bar, book_clear, or ignore." },
	FIELD("instrument", instrument, CONF_SHOWN_SET, "symbol", "The traded thing."),
	FIELD("time", time, CONF_SHOWN_SET, "time",
	      "When it happened. @record as the last of several: else when the broker got it."),
	{ .key = "time_unit",
	  .type = CONF_ENUM,
	  AT(time_unit),
	  .words = time_units,
	  .def = "auto",
	  .help = "Of a time that is a number, its unit since 1970 UTC; text: RFC 3339; fix: "
	          "YYYYMMDD-HH:MM:SS; auto: told by the preset, or by looking at each value." },
	FIELD("price", price, CONF_SHOWN_SET, "price", "Its price; of a bar: close."),
	FIELD("size", size, CONF_SHOWN_SET, "size", "Its size; of a bar: volume."),
	FIELD("side", side, CONF_SHOWN_SET, "side", "Buy or sell."),
	{ .key = "sides",
	  .type = CONF_PAIRS,
	  AT(sides),
	  .words = sides,
	  .example = "{B: buy, A: sell, N: none}",
	  .otherwise = "the preset's",
	  .help = "What the message's words for sides mean: buy, sell or none." },
	{ .key = "side_of",
	  .type = CONF_ENUM,
	  AT(side_of),
	  .words = side_of,
	  .def = "aggressor",
	  .help = "Whose side it is: of the order that traded at once, or of the one that rested." },
	FIELD("aggressor", aggressor, 0, "aggressor",
	      "Of a trade: Y or N (true or false): is the side that of the order that traded at "
	      "once? N turns it round."),
	FIELD("trade_price", trade_price, 0, "last_price",
	      "Of a trade or fill: its price, where price is the order's."),
	FIELD("trade_size", trade_size, 0, "last_size",
	      "Of a trade or fill: its size, where size is the order's."),
	FIELD("venue", venue, 0, "exchange", "Where it was traded."),
	FIELD("order_id", order_id, 0, "order_id", "The order's number."),
	FIELD("trade_id", trade_id, 0, "trade_id", "The trade's number."),
	FIELD("account", account, 0, "account", "Who traded."),
	FIELD("counterparty", counterparty, 0, "counterparty", "The other side of a trade."),
	FIELD("sequence", sequence, 0, "sequence", "The venue's sequence number."),
	{ .key = "sequence_gapless",
	  .type = CONF_BOOL,
	  AT(sequence_gapless),
	  .def = "false",
	  .example = "true",
	  .otherwise = "false: the preset's",
	  .help = "The messages of an instrument are numbered one by one: a number that is missing "
	          "is a message that was lost, and its order book is not trusted until the next "
	          "snapshot or clear." },
	FIELD("bid", bid, 0, "bid", "Of a quote: the best bid."),
	FIELD("ask", ask, 0, "ask", "Of a quote: the best ask."),
	FIELD("bid_size", bid_size, 0, "bid_size", "Of a quote: the size at the bid."),
	FIELD("ask_size", ask_size, 0, "ask_size", "Of a quote: the size at the ask."),
	FIELD("open", open, 0, "open", "Of a bar: the first price."),
	FIELD("high", high, 0, "high", "Of a bar: the highest price."),
	FIELD("low", low, 0, "low", "Of a bar: the lowest price."),
	FIELD("flags", flags, 0, "flags", "A number whose bits are flags."),
	{ .key = "flag_snapshot",
	  .type = CONF_INT,
	  AT(flag_snapshot),
	  .max = UINT32_MAX,
	  .def = "0",
	  .example = "32",
	  .otherwise = "0: the preset's",
	  .help = "The bit of flags that marks the book as it was at the start." },
	{ .key = "flag_last",
	  .type = CONF_INT,
	  AT(flag_last),
	  .max = UINT32_MAX,
	  .def = "0",
	  .example = "128",
	  .otherwise = "0: the preset's",
	  .help = "The bit of flags that marks the last event of a packet." },
	{ .key = "fill_keeps_book",
	  .type = CONF_BOOL,
	  AT(fill_keeps_book),
	  .def = "false",
	  .example = "true",
	  .otherwise = "false: the preset's",
	  .help = "A fill does not change its order: the order event after it does. Without it a "
	          "fill takes its size from the order." },
	{ .key = "price_exponent",
	  .type = CONF_INT,
	  AT(price_exponent),
	  .min = -18,
	  .max = 9,
	  .def = "0",
	  .example = "-9",
	  .otherwise = "0: plain, or the preset's",
	  .help = "A price that is a whole number counts units of 10 to this power." },
	{ .key = "size_exponent",
	  .type = CONF_INT,
	  AT(size_exponent),
	  .min = -18,
	  .max = 9,
	  .def = "0",
	  .example = "-8",
	  .otherwise = "0: plain, or the preset's",
	  .help = "A size that is a whole number counts units of 10 to this power." },
	{ .key = "price_rule",
	  .type = CONF_ENUM,
	  AT(price_rule),
	  .words = price_rules,
	  .def = "positive",
	  .help = "Which prices are taken; messages with others are refused." },
	{ .key = "min_time",
	  .type = CONF_TEXT,
	  AT(min_time),
	  .check = conf_check_time,
	  .def = "1990-01-01T00:00:00Z",
	  .help = "Messages from before are refused." },
	{ .key = "max_time",
	  .type = CONF_TEXT,
	  AT(max_time),
	  .check = conf_check_time,
	  .def = "2200-01-01T00:00:00Z",
	  .help = "Messages from after are refused." },
	{ .key = "max_bytes",
	  .type = CONF_SIZE,
	  AT(max_bytes),
	  .min = 64,
	  .max = 64 << 20,
	  .def = "1MiB",
	  .help = "Larger messages are refused." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_rule, member)
static const struct conf_option match[] = {
	{ .key = "kind",
	  .type = CONF_TEXTS,
	  AT(kinds),
	  .words = kinds,
	  .def = "trade",
	  .help = "Kinds of events that it looks at: trade, quote, order_add, order_cancel, "
	          "order_modify, fill, bar, book_clear, or any." },
	{ .key = "instrument",
	  .type = CONF_TEXTS,
	  AT(instruments),
	  .example = "[\"ES*\", \"NQ?4\"]",
	  .otherwise = "all",
	  .help = "Instruments; * and ? as in file names." },
};

#undef AT

#define AT(member) .offset = offsetof(struct conf_list, member)
static const struct conf_option list[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_word,
	  .example = "restricted",
	  .help = "What conditions call it; unique; letters, digits and '_'." },
	{ .key = "values",
	  .type = CONF_TEXTS,
	  AT(values),
	  .flags = CONF_SHOWN_SET | CONF_MAY_BE_NONE,
	  .example = "[ESH4, \"BRK B\"]",
	  .otherwise = "those of file",
	  .help = "Its texts." },
	{ .key = "file",
	  .type = CONF_TEXT,
	  AT(file),
	  .flags = CONF_NOT_PRINTED,
	  .example = "restricted.txt",
	  .help = "A file of them, one a line; # begins a comment. Relative to the file that names "
	          "it; read when the configuration is." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_rule, member)
static const struct conf_option rule[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_rule,
	  .example = "price-move",
	  .help = "What alerts call it; unique; lower-case letters, digits, '_' and '-'." },
	{ .key = "match",
	  .type = CONF_SECTION,
	  .section = &conf_section_match,
	  .help = "Which events it looks at." },
	{ .key = "detector",
	  .type = CONF_TEXT,
	  AT(detector),
	  .check = conf_check_name,
	  .def = "rules",
	  .help = "What scores the events; `tocsin detectors` lists them." },
	{ .key = "by",
	  .type = CONF_TEXT,
	  AT(by),
	  .check = conf_check_by,
	  .def = "instrument",
	  .example = "account+instrument",
	  .help = "What is scored, told apart and held back: instrument, account, venue, "
	          "counterparty, or some of them joined by '+'. Windows in the condition are those "
	          "of the event's one, unless they say 'by' themselves. Events without that text "
	          "are not looked at." },
	{ .key = "params",
	  .type = CONF_PAIRS,
	  AT(params),
	  .flags = CONF_PLACED,
	  .check_key = conf_check_word,
	  .example = "{limit: 3%, window: 1m}",
	  .otherwise = "none",
	  .help = "Values by name, for the condition: numbers, percentages, durations, times of day, "
	          "texts in quotes of their own (peer: \"'NQH4'\"). All of them must be used." },
	{ .key = "when",
	  .type = CONF_TEXT,
	  AT(when),
	  .flags = CONF_SHOWN_SET | CONF_PLACED,
	  .example = "abs(return(price, 1m)) > 0.03",
	  .otherwise = "none: the detector named rules needs it",
	  .help = "The condition, over features in windows of event time. `tocsin detectors` shows "
	          "the language." },
	{ .key = "mode",
	  .type = CONF_TEXT,
	  AT(mode),
	  .words = modes,
	  .example = "state",
	  .otherwise = "event, or state when for, keep_firing_for or resolve_when is given",
	  .help = "event: every finding is an alert, but for the cooldown. state: the rule is pending, "
	          "firing, resolved for each instrument; an alert tells when it fires and one when it "
	          "is resolved." },
	{ .key = "for",
	  .type = CONF_DURATION,
	  AT(for_ns),
	  .max = DAYS(30),
	  .def = "0s",
	  .example = "30s",
	  .help = "It fires once the condition has been true at every look for so long." },
	{ .key = "keep_firing_for",
	  .type = CONF_DURATION,
	  AT(keep_firing_ns),
	  .max = DAYS(30),
	  .def = "0s",
	  .example = "1m",
	  .help = "It goes on firing for so long after its end, and for good when the condition comes "
	          "back by then." },
	{ .key = "resolve_when",
	  .type = CONF_TEXT,
	  AT(resolve_when),
	  .flags = CONF_PLACED,
	  .example = "abs(return(price, 1m)) < 0.01",
	  .otherwise = "when the condition is false",
	  .help = "The condition that ends it, over the same features: a recovery threshold." },
	{ .key = "no_data",
	  .type = CONF_ENUM,
	  AT(no_data),
	  .words = no_data,
	  .def = "keep",
	  .help = "What a firing instrument without events does after no_data_after: keep firing, "
	          "resolve, or keep firing and send an alert that says so." },
	{ .key = "no_data_after",
	  .type = CONF_DURATION,
	  AT(no_data_after_ns),
	  .min = NS_PER_S,
	  .max = DAYS(30),
	  .def = "5m",
	  .help = "See no_data." },
	{ .key = "calendar",
	  .type = CONF_TEXT,
	  AT(calendar),
	  .check = conf_check_name,
	  .example = "XNYS",
	  .otherwise = "that of the event's instrument, see calendars",
	  .help = "The exchange calendar of its times of day and phases, in whose trading time silences "
	          "are measured: one of calendars, or one that `tocsin calendar` lists." },
	{ .key = "active",
	  .type = CONF_TEXTS,
	  AT(active),
	  .words = conf_phases,
	  .example = "[continuous, auction]",
	  .otherwise = "always",
	  .help = "The phases of its calendar in which it is judged (pre_open, opening_auction, "
	          "continuous, intraday_auction, closing_auction, post, break, closed; auction = all "
	          "three): outside of them, and where the calendar knows nothing, it is not, and that is "
	          "counted." },
	{ .key = "severity",
	  .type = CONF_ENUM,
	  AT(severity),
	  .words = severities,
	  .def = "warning",
	  .help = "How bad it is." },
	{ .key = "confidence",
	  .type = CONF_FRACTION,
	  AT(confidence),
	  .def = "0",
	  .example = "80%",
	  .help = "Findings that are less sure are not told." },
	{ .key = "cooldown",
	  .type = CONF_DURATION,
	  AT(cooldown_ns),
	  .max = DAYS(30),
	  .def = "5m",
	  .help = "After an alert, further ones of the same rule and instrument are held (and "
	          "counted) for this long, in event time." },
	{ .key = "summary",
	  .type = CONF_TEXT,
	  AT(summary),
	  .example = "\"price moved more than 3 % in a minute\"",
	  .otherwise = "made from the reasons",
	  .help = "The alert's sentence. {instrument}, {price}, {observed:%}, ... and the rule's own "
	          "parameters are put in." },
	{ .key = "runbook",
	  .type = CONF_TEXT,
	  AT(runbook),
	  .example = "https://wiki.example.com/runbooks/price-move",
	  .otherwise = "none",
	  .help = "Where it stands what to do." },
	{ .key = "labels",
	  .type = CONF_PAIRS,
	  AT(labels),
	  .flags = CONF_MAY_BE_EMPTY,
	  .check_key = conf_check_label,
	  .example = "{desk: equities, team: surveillance}",
	  .otherwise = "none",
	  .help = "Words that every alert of it carries." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_calendar, member)
static const struct conf_option calendar[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name,
	  .example = "XNYS",
	  .help = "What rules call it; unique." },
	{ .key = "file",
	  .type = CONF_TEXT,
	  AT(file),
	  .example = "calendars/XNYS.yaml",
	  .otherwise = "the one of that name that `tocsin calendar` lists",
	  .help = "The calendar, relative to this file; conf/calendars/README.md says what stands there." },
	{ .key = "instruments",
	  .type = CONF_TEXTS,
	  AT(instruments),
	  .example = "[AAPL, \"BRK*\"]",
	  .otherwise = "none",
	  .help = "Instruments whose calendar it is for rules that name none; * and ? as in file names. "
	          "The first of calendars that takes an instrument holds." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_sink, member)
static const struct conf_option sink[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name,
	  .example = "desk",
	  .help = "What messages and metrics call it; unique." },
	{ .key = "type",
	  .type = CONF_ENUM,
	  AT(type),
	  .words = sink_types,
	  .def = "webhook",
	  .help = "Where alerts go: POSTed as JSON, to standard output, or to a file." },
	{ .key = "url",
	  .type = CONF_TEXT,
	  AT(url),
	  .check = conf_check_url,
	  .flags = CONF_SHOWN_SET | CONF_MAY_REFER | CONF_IS_URL,
	  .example = "http://localhost:8080/alerts",
	  .otherwise = "none: a webhook needs it",
	  .help = "Of a webhook. One that holds a user, a password or a token is better kept outside "
	          "of this file: {file: /path}, {env: NAME} or {credential: name}." },
	{ .key = "path",
	  .type = CONF_TEXT,
	  AT(path),
	  .flags = CONF_MAY_REFER,
	  .check = conf_check_path,
	  .example = "/var/lib/tocsin/alerts.jsonl",
	  .otherwise = "none: a file needs it",
	  .help = "Of a file: its absolute path; alerts are appended." },
	{ .key = "style",
	  .type = CONF_ENUM,
	  AT(style),
	  .words = styles,
	  .def = "json",
	  .help = "Of stdout and file: a JSON object a line, or text for people." },
	{ .key = "headers",
	  .type = CONF_PAIRS,
	  AT(headers),
	  .check_key = conf_check_header,
	  .flags = CONF_MAY_REFER | CONF_MAY_BE_EMPTY | CONF_ANY_CASE,
	  .check = conf_check_header_value,
	  .secret_key = conf_check_secret_header,
	  .example = "{X-Desk: equities, Authorization: {credential: desk-token}}",
	  .otherwise = "none",
	  .help = "Of a webhook: further HTTP headers. Those that hold a secret (*authorization*, "
	          "*token*, *key*, *secret*, *cookie*) take a reference only." },
	{ .key = "connect_timeout",
	  .type = CONF_DURATION,
	  AT(connect_timeout_ns),
	  .min = NS_PER_MS,
	  .max = MINUTES(10),
	  .def = "5s",
	  .help = "Longest wait for a connection." },
	{ .key = "timeout",
	  .type = CONF_DURATION,
	  AT(timeout_ns),
	  .min = NS_PER_MS,
	  .max = HOURS(1),
	  .def = "15s",
	  .help = "Longest time of one attempt." },
	{ .key = "concurrency",
	  .type = CONF_INT,
	  AT(concurrency),
	  .min = 1,
	  .max = 64,
	  .def = "8",
	  .help = "Attempts at once." },
	{ .key = "retry_base",
	  .type = CONF_DURATION,
	  AT(retry_base_ns),
	  .min = NS_PER_MS,
	  .max = HOURS(1),
	  .def = "1s",
	  .help = "Wait after the first failed attempt; it doubles." },
	{ .key = "retry_cap",
	  .type = CONF_DURATION,
	  AT(retry_cap_ns),
	  .min = NS_PER_MS,
	  .max = DAYS(7),
	  .def = "15m",
	  .help = "The longest wait between attempts." },
	{ .key = "give_up",
	  .type = CONF_DURATION,
	  AT(give_up_ns),
	  .min = NS_PER_MS,
	  .max = DAYS(3650),
	  .def = "72h",
	  .help = "An alert that could not be delivered for this long is given up (and "
	          "kept)." },
	{ .key = "ca_file",
	  .type = CONF_TEXT,
	  AT(ca_file),
	  .flags = CONF_MAY_REFER,
	  .check = conf_check_path,
	  .example = "/etc/tocsin/ca.pem",
	  .otherwise = "the system's",
	  .help = "Certificates that may sign the webhook's, as PEM." },
	{ .key = "verify_tls",
	  .type = CONF_BOOL,
	  AT(verify_tls),
	  .def = "true",
	  .help = "Check the webhook's certificate and host name. Without it anybody on the way can "
	          "read and forge." },
	{ .key = "drill",
	  .type = CONF_BOOL,
	  AT(drill),
	  .def = "true",
	  .help = "Does it get the alerts of drills? If not, a drill does not wait for it." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_drill, member)
static const struct conf_option drill[] = {
	{ .key = "timeout",
	  .type = CONF_DURATION,
	  AT(timeout_ns),
	  .min = SECONDS(1),
	  .max = HOURS(1),
	  .def = "1m",
	  .help = "An alert that has not been delivered by then is overdue." },
	{ .key = "source",
	  .type = CONF_TEXT,
	  AT(source),
	  .check = conf_check_name,
	  .example = "trades",
	  .otherwise = "the first",
	  .help = "Name of the source whose topic the drill's messages are sent to." },
	{ .key = "topic",
	  .type = CONF_TEXT,
	  AT(topic),
	  .check = conf_check_topic,
	  .example = "trades",
	  .otherwise = "the source's first that is no pattern",
	  .help = "One of the topics that the source reads." },
	{ .key = "rule",
	  .type = CONF_TEXT,
	  AT(rule),
	  .check = conf_check_rule,
	  .example = "drill",
	  .otherwise = "none: there are no drills",
	  .help = "The rule that must fire. Best one that is for drills only, such as {name: drill, match: "
	          "{instrument: TOCSIN-DRILL}, when: price > 0}; its cooldown does not hold drills back." },
	{ .key = "instrument",
	  .type = CONF_TEXT,
	  AT(instrument),
	  .def = "TOCSIN-DRILL",
	  .example = "TOCSIN-DRILL",
	  .help = "Instrument of the messages, and their key. Alerts of the rule about it have the label "
	          "drill=true and are not counted as the rule's." },
	{ .key = "messages",
	  .type = CONF_TEXTS,
	  AT(messages),
	  .example =
	          "['{\"instrument\":\"TOCSIN-DRILL\",\"time\":{time_ms},\"price\":1,\"size\":1}']",
	  .otherwise =
	          "one trade, for sources of the formats generic, databento-mbo and binance-trade",
	  .help = "What is sent, up to 100 messages. {time_ms}, {time_ns} and {time} (RFC 3339) stand for "
	          "the time of the drill, {n} for a number that no other message has." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_limits, member)
static const struct conf_option limits[] = {
	{ .key = "max_keys",
	  .type = CONF_INT,
	  AT(max_keys),
	  .min = 1,
	  .max = 100000000,
	  .def = "100000",
	  .help = "Keys kept in a partition, for each choice of `by`: instruments, accounts, ...; the one "
	          "used longest ago goes." },
	{ .key = "max_states",
	  .type = CONF_INT,
	  AT(max_states),
	  .min = 1,
	  .max = 1 << 24,
	  .def = "100000",
	  .help = "Pending and firing states kept in a partition; then a pending one goes, or a firing "
	          "one, which is told." },
	{ .key = "max_window_events",
	  .type = CONF_INT,
	  AT(max_window_events),
	  .min = 1,
	  .max = 1 << 24,
	  .def = "65536",
	  .help = "Events kept in the window of an instrument." },
	{ .key = "max_orders",
	  .type = CONF_INT,
	  AT(max_orders),
	  .min = 1,
	  .max = 1 << 28,
	  .def = "1000000",
	  .help = "Orders resting in the order books of a partition, about 100 bytes each; a book that "
	          "lacks room for one says nothing until its next snapshot or clear. Books are kept "
	          "when a rule asks for them, of at most max_keys instruments." },
	{ .key = "max_book_orders",
	  .type = CONF_INT,
	  AT(max_book_orders),
	  .min = 1,
	  .max = 1 << 28,
	  .def = "250000",
	  .help = "Orders of one order book." },
	{ .key = "max_book_levels",
	  .type = CONF_INT,
	  AT(max_book_levels),
	  .min = 1,
	  .max = 1 << 24,
	  .def = "20000",
	  .help = "Price levels of a side of an order book." },
	{ .key = "max_book_accounts",
	  .type = CONF_INT,
	  AT(max_book_accounts),
	  .min = 1,
	  .max = 1 << 24,
	  .def = "20000",
	  .help = "Accounts with orders in an order book; with more, own_depth() and its like have no "
	          "value." },
	{ .key = "allowed_lateness",
	  .type = CONF_DURATION,
	  AT(allowed_lateness_ns),
	  .max = DAYS(7),
	  .def = "5s",
	  .help = "Events that are older than the newest by more are counted as late and "
	          "not learned from." },
	{ .key = "idle_advance",
	  .type = CONF_DURATION,
	  AT(idle_advance_ns),
	  .max = DAYS(1),
	  .def = "10s",
	  .help = "When a partition has brought nothing for so long, its time follows the clock at the "
	          "distance of this and of allowed_lateness, so that silences are told and states end "
	          "while nothing comes; 0s = never." },
	{ .key = "max_outbox",
	  .type = CONF_INT,
	  AT(max_outbox),
	  .min = 1,
	  .max = 1000000000,
	  .def = "1000000",
	  .help = "Alerts that may wait for delivery." },
	{ .key = "keep_alerts",
	  .type = CONF_DURATION,
	  AT(keep_alerts_ns),
	  .max = DAYS(3650),
	  .def = "7d",
	  .help = "Delivered alerts are kept for this long." },
	{ .key = "commit_interval",
	  .type = CONF_DURATION,
	  AT(commit_interval_ns),
	  .min = NS_PER_MS,
	  .max = HOURS(1),
	  .def = "1s",
	  .help = "State and positions are made durable at least this "
	          "often while events come." },
	{ .key = "batch",
	  .type = CONF_INT,
	  AT(batch),
	  .min = 1,
	  .max = 65536,
	  .def = "4096",
	  .help = "Events taken at once." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf, member)
#define LIST(member) \
	.offset = offsetof(struct conf, member), .count = offsetof(struct conf, n_##member)
static const struct conf_option top[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .check = conf_check_name,
	  .def = "tocsin",
	  .help = "Name of this configuration. It enters the identity of every alert: another name "
	          "means other alerts." },
	{ .key = "state_dir",
	  .type = CONF_TEXT,
	  AT(state_dir),
	  .example = "/var/lib/tocsin",
	  .otherwise = "$STATE_DIRECTORY (systemd sets it), else /var/lib/tocsin",
	  .help = "Folder of the state and of alerts not delivered yet." },
	{ .key = "seed",
	  .type = CONF_INT,
	  AT(seed),
	  .max = INT64_MAX,
	  .def = "1",
	  .help = "Of all that is random: the same seed gives the same alerts." },
	{ .key = "log_level",
	  .type = CONF_ENUM,
	  AT(log_level),
	  .words = log_levels,
	  .min = LOG_LEVEL_ERROR,
	  .def = "info",
	  .help = "The least important messages to log." },
	{ .key = "listen",
	  .type = CONF_TEXT,
	  AT(listen),
	  .flags = CONF_MAY_BE_EMPTY,
	  .check = conf_check_listen,
	  .def = "127.0.0.1:9464",
	  .help = "Where /metrics, /api/v1/rules, /-/healthy and /-/ready are served; \"\" = nowhere." },
	{ .key = "sources",
	  .type = CONF_LIST,
	  LIST(sources),
	  .section = &conf_section_source,
	  .help = "Where events come from: at least one is needed to run." },
	{ .key = "formats",
	  .type = CONF_LIST,
	  LIST(formats),
	  .section = &conf_section_format,
	  .help = "How messages become events." },
	{ .key = "include",
	  .type = CONF_TEXTS,
	  AT(include),
	  .flags = CONF_SHARED | CONF_NOT_PRINTED,
	  .example = "[rules/*.yaml]",
	  .otherwise = "none",
	  .help = "More files of include, define, lists, calendars and rules, relative to the file that names "
	          "them; * and ? as in file names, which may match nothing, and never mean tests of "
	          "rules (*.test.yaml)." },
	{ .key = "define",
	  .type = CONF_PAIRS,
	  AT(define),
	  .flags = CONF_SHARED | CONF_PLACED,
	  .check_key = conf_check_word,
	  .example = "{busy: \"rate(1s) > 50\", move: \"abs(return(price, 1m))\"}",
	  .otherwise = "none",
	  .help = "Names for parts of conditions, which any rule and definition may use." },
	{ .key = "lists",
	  .type = CONF_LIST,
	  LIST(lists),
	  .flags = CONF_SHARED,
	  .section = &conf_section_list,
	  .help = "Lists of texts, for conditions such as: account in restricted." },
	{ .key = "calendars",
	  .type = CONF_LIST,
	  LIST(calendars),
	  .flags = CONF_SHARED,
	  .section = &conf_section_calendar,
	  .help = "When exchanges trade. Only needed for a file of one's own, and to say whose calendar "
	          "an instrument has: a rule may name XNYS, XNAS, XLON, CME-equity and 24x7 without it." },
	{ .key = "rules",
	  .type = CONF_LIST,
	  LIST(rules),
	  .flags = CONF_SHARED,
	  .section = &conf_section_rule,
	  .help = "What to tell people about: at least one is needed." },
	{ .key = "sinks",
	  .type = CONF_LIST,
	  LIST(sinks),
	  .section = &conf_section_sink,
	  .help = "Where alerts go: at least one is needed to run." },
	{ .key = "drill",
	  .type = CONF_SECTION,
	  AT(drill),
	  .section = &conf_section_drill,
	  .help = "A test of the whole way of an alert, like that of a fire alarm: messages of an "
	          "instrument that nobody trades go to the source's topic, and the alert that they make "
	          "must be delivered (tocsin drill)." },
	{ .key = "limits",
	  .type = CONF_SECTION,
	  AT(limits),
	  .section = &conf_section_limits,
	  .help = "Bounds of memory, time and disk." },
};

#define SECTION(symbol, rows, words, type, place) \
	_Static_assert(N(rows) <= CONF_MAX_OPTIONS, "raise CONF_MAX_OPTIONS"); \
	const struct conf_section conf_section_##symbol = { \
		.what = words, .size = sizeof(type), .at = place, .options = rows, .n = N(rows) \
	}
SECTION(top, top, "configuration", struct conf, CONF_NOWHERE);
SECTION(source, source, "source", struct conf_source, offsetof(struct conf_source, at));
SECTION(format, format, "format", struct conf_format, offsetof(struct conf_format, at));
SECTION(list, list, "list", struct conf_list, offsetof(struct conf_list, at));
SECTION(rule, rule, "rule", struct conf_rule, offsetof(struct conf_rule, at));
SECTION(match, match, "match", struct conf_rule, CONF_NOWHERE);
SECTION(calendar, calendar, "calendar", struct conf_calendar, offsetof(struct conf_calendar, at));
SECTION(sink, sink, "sink", struct conf_sink, offsetof(struct conf_sink, at));
SECTION(drill, drill, "drill", struct conf_drill, offsetof(struct conf_drill, at));
SECTION(limits, limits, "limits", struct conf_limits, CONF_NOWHERE);

const struct conf_option *conf_option_find(const struct conf_section *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->options[i].key, key) == 0)
			return &s->options[i];
	return NULL;
}

const char *conf_option_nearest(const struct conf_section *s, const char *key)
{
	const char *keys[CONF_MAX_OPTIONS];

	for (size_t i = 0; i < s->n; i++)
		keys[i] = s->options[i].key;
	return nearest(key, strlen(key), keys, s->n);
}

const char *conf_option_expected(enum conf_type type)
{
	static const char *const words[] = {
		[CONF_TEXT] = "a text",
		[CONF_TEXTS] = "a text or a list of texts",
		[CONF_PAIRS] = "a mapping of texts",
		[CONF_INT] = "a whole number",
		[CONF_SIZE] = "a size such as 64KiB",
		[CONF_DURATION] = "a duration such as 5m",
		[CONF_FRACTION] = "a number from 0 to 1, or 0% to 100%",
		[CONF_BOOL] = "true or false",
		[CONF_ENUM] = "one of the known words",
		[CONF_SECTION] = "a mapping of options",
		[CONF_LIST] = "a list",
	};

	return words[type];
}

void conf_option_number(const struct conf_option *o, int64_t v, char out[static CONF_OPTION_TEXT])
{
	if (o->type == CONF_DURATION)
		duration_format(v, out);
	else if (o->type == CONF_SIZE)
		conf_value_size_text(v, out);
	else
		snprintf(out, CONF_OPTION_TEXT, "%lld", (long long)v);
}
