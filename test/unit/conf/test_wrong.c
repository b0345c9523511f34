/* Wrong configurations and all that is said of each: file, line, column and words, to the byte. */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct wrong {
	const char *name;
	enum conf_need need;
	const char *text;
	size_t n;
	const char *errors;
} wrong
	[] = {
		{ "empty", CONF_FOR_RUN, TEXT(""),
	          "f.yaml:1:1: error: 'sources' is missing: at least one source is needed\n"
	          "f.yaml:1:1: error: 'sinks' is missing: at least one sink is needed\n"
	          "f.yaml:1:1: error: 'rules' is missing: at least one rule is needed\n" },
		{ "empty_replay", CONF_FOR_REPLAY, TEXT("# nothing here\n"),
	          "f.yaml:1:1: error: 'rules' is missing: at least one rule is needed\n" },
		{ "only_nothing", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "rules: []\n"
	               "sinks: # none\n"),
	          "f.yaml:1:9: error: 'sources' is empty: at least one source is needed\n"
	          "f.yaml:2:8: error: 'rules' is empty: at least one rule is needed\n"
	          "f.yaml:3:7: error: 'sinks' is empty: at least one sink is needed\n" },
		{ "not_a_mapping", CONF_FOR_RUN,
	          TEXT("- a\n"
	               "- b\n"),
	          "f.yaml:1:1: error: expected a mapping of options, found a list\n" },
		{ "a_text", CONF_FOR_RUN, TEXT("hello\n"),
	          "f.yaml:1:1: error: expected a mapping of options, found 'hello'\n" },
		{ "unknown_options", CONF_FOR_RUN,
	          TEXT("sorces: []\n"
	               "sources:\n"
	               "  - {name: s, brokers: b:1, topcis: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "limits: {max_kyes: 3}\n"
	               "xyzzy: 1\n"),
	          "f.yaml:1:1: error: unknown option 'sorces' at the top level (did you mean 'sources'?)\n"
	          "f.yaml:3:5: error: missing option 'topics' in sources[0]\n"
	          "f.yaml:3:29: error: unknown option 'topcis' in sources[0] (did you mean 'topics'?)\n"
	          "f.yaml:8:10: error: unknown option 'max_kyes' in limits (did you mean 'max_keys'?)\n"
	          "f.yaml:9:1: error: unknown option 'xyzzy' at the top level\n" },
		{ "option_of_elsewhere", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    kind: quote\n"
	               "    seed: 4\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "max_outbox: 5\n"),
	          "f.yaml:6:5: error: unknown option 'kind' in rules[0] (it belongs to match)\n"
	          "f.yaml:7:5: error: unknown option 'seed' in rules[0] (it belongs to the top level)\n"
	          "f.yaml:10:1: error: unknown option 'max_outbox' at the top level (it belongs to limits)\n" },
		{ "calendars", CONF_FOR_REPLAY,
	          TEXT("calendars:\n"
	               "  - {name: XNYZ}\n"
	               "  - {name: own, file: /nonexistent/own.yaml, instruments: [A]}\n"
	               "  - {name: own, file: \"\"}\n"
	               "rules:\n"
	               "  - {name: a, when: x > 1, calendar: XNSY}\n"
	               "  - {name: b, when: x > 1, calendar: XNYS, active: [continous]}\n"
	               "  - {name: c, when: x > 1, calendar: \"a b\"}\n"),
	          "f.yaml:2:12: error: option 'name' in calendars[0], without 'file': no calendar is named 'XNYZ' "
	          "(did you mean 'XNYS'?)\n"
	          "f.yaml:3:23: error: calendar file /nonexistent/own.yaml cannot be read: No such file or directory\n"
	          "f.yaml:4:12: error: name 'own' is there twice in calendars (first in line 3)\n"
	          "f.yaml:4:23: error: option 'file' in calendars[2]: expected a text, found an empty one\n"
	          "f.yaml:6:38: error: option 'calendar' in rules[0]: no calendar is named 'XNSY' (did you mean 'XNYS'?)\n"
	          "f.yaml:7:53: error: option 'active' in rules[1]: expected one of pre_open, opening_auction, continuous, "
	          "intraday_auction, closing_auction, post, break, closed, auction, found 'continous' (did you mean "
	          "'continuous'?)\n"
	          "f.yaml:8:38: error: option 'calendar' in rules[2]: expected a name: 1 to 64 letters, digits, '.', '_', "
	          "'-', beginning with a letter or digit, found 'a b'\n"
	          "f.yaml:8:38: error: option 'calendar' in rules[2]: no calendar is named 'a b'\n" },
		{ "active_of_nothing", CONF_FOR_REPLAY,
	          TEXT("rules:\n  - {name: a, when: x > 1, active: post}\n"),
	          "f.yaml:2:36: error: option 'active' in rules[0]: needs the option 'calendar', or 'calendars' with "
	          "instruments\n" },
		{ "twice", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "seed: 1\n"
	               "name: a\n"
	               "seed: 2\n"
	               "sinks: []\n"),
	          "f.yaml:9:1: error: option 'seed' is there twice (first in line 7)\n"
	          "f.yaml:10:1: error: option 'sinks' is there twice (first in line 5)\n" },
		{ "missing", CONF_FOR_RUN,
	          TEXT("sources: [{}]\n"
	               "rules: [{}]\n"
	               "sinks: [{}]\n"
	               "formats: [{}]\n"),
	          "f.yaml:1:11: error: missing option 'name' in sources[0]\n"
	          "f.yaml:1:11: error: missing option 'brokers' in sources[0]\n"
	          "f.yaml:1:11: error: missing option 'topics' in sources[0]\n"
	          "f.yaml:1:11: error: missing option 'format' in sources[0]\n"
	          "f.yaml:2:9: error: missing option 'name' in rules[0]\n"
	          "f.yaml:2:9: error: missing option 'when' in rules[0]\n"
	          "f.yaml:3:9: error: missing option 'name' in sinks[0]\n"
	          "f.yaml:3:9: error: missing option 'url' in sinks[0], of type webhook\n"
	          "f.yaml:4:11: error: missing option 'name' in formats[0]\n" },
		{ "wrong_types", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "name: [a]\n"
	               "seed: {a: 1}\n"
	               "log_level: [info]\n"
	               "listen:\n"
	               "limits: [1]\n"
	               "formats: {name: f}\n"),
	          "f.yaml:7:7: error: option 'name': expected a text, found a list\n"
	          "f.yaml:8:7: error: option 'seed': expected a whole number, found a mapping\n"
	          "f.yaml:9:12: error: option 'log_level': expected one of error, warning, notice, info, debug, found a list\n"
	          "f.yaml:10:8: error: option 'listen': expected a text, found nothing (write \"\" for an empty text)\n"
	          "f.yaml:11:9: error: option 'limits': expected a mapping of options, found a list\n"
	          "f.yaml:12:10: error: option 'formats': expected a list, found a mapping\n" },
		{ "wrong_items", CONF_FOR_RUN,
	          TEXT("sources: [a, [b], ~, 3]\n"
	               "rules:\n"
	               "  -\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:1:11: error: sources[0]: expected a mapping of options, found 'a'\n"
	          "f.yaml:1:14: error: sources[1]: expected a mapping of options, found a list\n"
	          "f.yaml:1:19: error: sources[2]: expected a mapping of options, found '~'\n"
	          "f.yaml:1:22: error: sources[3]: expected a mapping of options, found '3'\n"
	          "f.yaml:3:4: error: rules[0]: expected a mapping of options, found nothing\n" },
		{ "wrong_values", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    cooldown: 300\n"
	               "    confidence: high\n"
	               "    severity: warnin\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "seed: 1.5\n"
	               "limits:\n"
	               "  batch: 10k\n"
	               "  keep_alerts: forever\n"),
	          "f.yaml:6:15: error: option 'cooldown' in rules[0]: expected a duration such as 5m, found '300'\n"
	          "f.yaml:7:17: error: option 'confidence' in rules[0]: expected a number from 0 to 1, or 0% to 100%, found 'high'\n"
	          "f.yaml:8:15: error: option 'severity' in rules[0]: expected one of info, warning, critical, found 'warnin' (did you mean 'warning'?)\n"
	          "f.yaml:11:7: error: option 'seed': expected a whole number, found '1.5'\n"
	          "f.yaml:13:10: error: option 'batch' in limits: expected a whole number, found '10k'\n"
	          "f.yaml:14:16: error: option 'keep_alerts' in limits: expected a duration such as 5m, found 'forever'\n" },
		{ "duration_list", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    cooldown: [5m]\n"
	               "    summary: {a: b}\n"
	               "    labels: x\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:15: error: option 'cooldown' in rules[0]: expected a duration such as 5m, found a list\n"
	          "f.yaml:7:14: error: option 'summary' in rules[0]: expected a text, found a mapping\n"
	          "f.yaml:8:13: error: option 'labels' in rules[0]: expected a mapping of texts, found 'x'\n" },
		{ "ranges", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: k\n"
	               "    url: http://h/\n"
	               "    concurrency: 65\n"
	               "    timeout: 2h\n"
	               "    connect_timeout: 0\n"
	               "seed: -1\n"
	               "limits:\n"
	               "  batch: 0\n"
	               "  max_keys: 99999999999999999999\n"),
	          "f.yaml:8:18: error: option 'concurrency' in sinks[0]: expected 1 to 64, found '65'\n"
	          "f.yaml:9:14: error: option 'timeout' in sinks[0]: expected 1ms to 1h, found '2h'\n"
	          "f.yaml:10:22: error: option 'connect_timeout' in sinks[0]: expected 1ms to 10m, found '0'\n"
	          "f.yaml:11:7: error: option 'seed': expected 0 to 9223372036854775807, found '-1'\n"
	          "f.yaml:13:10: error: option 'batch' in limits: expected 1 to 65536, found '0'\n"
	          "f.yaml:14:13: error: option 'max_keys' in limits: expected 1 to 100000000, found '99999999999999999999'\n" },
		{ "fractions", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "rules:\n"
	               "  - {name: a, when: x, confidence: 1.01}\n"
	               "  - {name: b, when: x, confidence: -1%}\n"
	               "  - {name: c, when: x, confidence: 101%}\n"
	               "  - {name: d, when: x, confidence: nan}\n"),
	          "f.yaml:6:36: error: option 'confidence' in rules[0]: expected 0 to 1, found '1.01'\n"
	          "f.yaml:7:36: error: option 'confidence' in rules[1]: expected 0 to 1, found '-1%'\n"
	          "f.yaml:8:36: error: option 'confidence' in rules[2]: expected 0 to 1, found '101%'\n"
	          "f.yaml:9:36: error: option 'confidence' in rules[3]: expected a number from 0 to 1, or 0% to 100%, found 'nan'\n" },
		{ "sizes", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats:\n"
	               "  - name: f\n"
	               "    max_bytes: 63\n"
	               "  - name: g\n"
	               "    max_bytes: 1GiB\n"
	               "  - name: h\n"
	               "    max_bytes: 1MB\n"
	               "    price_exponent: 10\n"
	               "    flag_last: -1\n"),
	          "f.yaml:9:16: error: option 'max_bytes' in formats[0]: expected 64 to 64MiB, found '63'\n"
	          "f.yaml:11:16: error: option 'max_bytes' in formats[1]: expected 64 to 64MiB, found '1GiB'\n"
	          "f.yaml:13:16: error: option 'max_bytes' in formats[2]: expected a size such as 64KiB, found '1MB'\n"
	          "f.yaml:14:21: error: option 'price_exponent' in formats[2]: expected -18 to 9, found '10'\n"
	          "f.yaml:15:16: error: option 'flag_last' in formats[2]: expected 0 to 4294967295, found '-1'\n" },
		{ "bools", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: k\n"
	               "    url: http://h/\n"
	               "    verify_tls: never\n"
	               "    type: weebhook\n"),
	          "f.yaml:8:17: error: option 'verify_tls' in sinks[0]: expected true or false, found 'never'\n"
	          "f.yaml:9:11: error: option 'type' in sinks[0]: expected one of webhook, stdout, file, found 'weebhook' (did you mean 'webhook'?)\n" },
		{ "words", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats:\n"
	               "  - name: f\n"
	               "    codec: jsn\n"
	               "    preset: binanse\n"
	               "    kinds: {T: trad, A: }\n"
	               "    sides: {B: buy, S: short}\n"
	               "    time_unit: minutes\n"),
	          "f.yaml:9:12: error: option 'codec' in formats[0]: expected one of json, csv, fix, found 'jsn' (did you mean 'json'?)\n"
	          "f.yaml:10:13: error: option 'preset' in formats[0]: expected one of generic, databento-mbo, databento-mbp-1, databento-trades, binance, binance-trade, coinbase, polygon, kraken, fix, fix-json, found 'binanse' (did you mean 'binance'?)\n"
	          "f.yaml:11:16: error: option 'kinds' in formats[0]: expected one of trade, quote, order_add, order_cancel, order_modify, fill, bar, book_clear, ignore, found 'trad' (did you mean 'trade'?)\n"
	          "f.yaml:11:25: error: option 'kinds' in formats[0]: the value of 'A': expected a text, found nothing\n"
	          "f.yaml:12:24: error: option 'sides' in formats[0]: expected one of buy, sell, none, found 'short'\n"
	          "f.yaml:13:16: error: option 'time_unit' in formats[0]: expected one of auto, s, ms, us, ns, text, fix, found 'minutes'\n" },
		{ "match", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    match:\n"
	               "      kind: [trade, qoute]\n"
	               "      instrument: []\n"
	               "      kinds: x\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:7:21: error: option 'kind' in rules[0].match: expected one of trade, quote, order_add, order_cancel, order_modify, fill, bar, book_clear, any, found 'qoute' (did you mean 'quote'?)\n"
	          "f.yaml:8:19: error: option 'instrument' in rules[0].match: expected at least one text, found an empty list\n"
	          "f.yaml:9:7: error: unknown option 'kinds' in rules[0].match (did you mean 'kind'?)\n" },
		{ "match_is_text", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    match: trade\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:12: error: option 'match' in rules[0]: expected a mapping of options, found 'trade'\n" },
		{ "names", CONF_FOR_RUN,
	          TEXT("name: a b\n"
	               "sources:\n"
	               "  - {name: -a, brokers: b, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: Big, when: x}\n"
	               "sinks:\n"
	               "  - {name: \"\", url: http://h/}\n"),
	          "f.yaml:1:7: error: option 'name': expected a name: 1 to 64 letters, digits, '.', '_', '-', beginning with a letter or digit, found 'a b'\n"
	          "f.yaml:3:12: error: option 'name' in sources[0]: expected a name: 1 to 64 letters, digits, '.', '_', '-', beginning with a letter or digit, found '-a'\n"
	          "f.yaml:5:12: error: option 'name' in rules[0]: expected a rule's name: 1 to 64 lower-case letters, digits, '_', '-', beginning with a letter or digit, found 'Big'\n"
	          "f.yaml:7:12: error: option 'name' in sinks[0]: expected a text, found an empty one\n" },
		{ "names_twice", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "rules:\n"
	               "  - {name: a, when: x}\n"
	               "  - {name: b, when: x}\n"
	               "  - {name: a, when: x}\n"
	               "  - {name: a, when: x}\n"),
	          "f.yaml:8:12: error: name 'a' is there twice in rules (first in line 6)\n"
	          "f.yaml:9:12: error: name 'a' is there twice in rules (first in line 6)\n" },
		{ "format_unknown", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: genric}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats: [{name: mine}]\n"),
	          "f.yaml:2:48: error: option 'format' in sources[0]: no format or preset is named 'genric' (did you mean 'generic'?)\n" },
		{ "format_nearest", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: mime}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats: [{name: mine}]\n"),
	          "f.yaml:2:48: error: option 'format' in sources[0]: no format or preset is named 'mime' (did you mean 'mine'?)\n" },
		{ "format_is_preset", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats:\n"
	               "  - {name: generic}\n"),
	          "f.yaml:8:12: error: option 'name' in formats[0]: 'generic' is a preset's name; choose another\n" },
		{ "times", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "formats:\n"
	               "  - name: f\n"
	               "    min_time: yesterday\n"
	               "  - name: g\n"
	               "    min_time: 2024-01-02T00:00:00Z\n"
	               "    max_time: 2024-01-01T00:00:00Z\n"),
	          "f.yaml:9:15: error: option 'min_time' in formats[0]: expected a time such as 2024-01-31T09:30:00Z, found 'yesterday'\n"
	          "f.yaml:11:15: error: option 'min_time' in formats[1]: after max_time\n" },
		{ "states_of_events", CONF_FOR_REPLAY,
	          TEXT("rules:\n"
	               "  - {name: a, when: x > 1, mode: event, for: 30s, keep_firing_for: 1m}\n"
	               "  - {name: b, when: x > 1, no_data: resolve}\n"
	               "  - {name: c, when: x > 1, mode: state, no_data: alert}\n"
	               "  - {name: d, when: x > 1, resolve_when: x < 1, no_data: resolve}\n"
	               "  - {name: e, when: x > 1, mode: stat}\n"
	               "  - {name: f, when: x > 1, mode: event, resolve_when: x < 1}\n"
	               "  - {name: tocsin, when: x > 1}\n"),
	          "f.yaml:2:34: error: rules[0]: 'for' is of rules with 'mode: state', and this one says event\n"
	          "f.yaml:2:34: error: rules[0]: 'keep_firing_for' is of rules with 'mode: state', and this one says event\n"
	          "f.yaml:3:5: error: rules[1]: 'no_data' is of rules with 'mode: state'\n"
	          "f.yaml:6:34: error: option 'mode' in rules[4]: expected one of event, state, found 'stat' (did you mean 'state'?)\n"
	          "f.yaml:7:34: error: rules[5]: 'resolve_when' is of rules with 'mode: state', and this one says event\n"
	          "f.yaml:8:12: error: option 'name' in rules[6]: 'tocsin' is the name of alerts about rules; choose another\n" },
		{ "when_missing", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    severity: info\n"
	               "  - name: q\n"
	               "    detector: ewma\n"),
	          "f.yaml:6:5: error: missing option 'when' in rules[0]\n" },
		{ "sink_targets", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: a\n"
	               "  - name: b\n"
	               "    type: file\n"
	               "  - name: c\n"
	               "    type: stdout\n"
	               "    url: http://h/\n"
	               "  - name: d\n"
	               "    url: http://h/\n"
	               "    path: /x\n"),
	          "f.yaml:6:5: error: missing option 'url' in sinks[0], of type webhook\n"
	          "f.yaml:7:5: error: missing option 'path' in sinks[1], of type file\n"
	          "f.yaml:11:10: error: option 'url' in sinks[2]: is of type webhook only\n"
	          "f.yaml:14:11: error: option 'path' in sinks[3]: is of type file only\n" },
		{ "sink_urls", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: a, url: ftp://h/}\n"
	               "  - {name: b, url: http:///x}\n"
	               "  - {name: c, url: http://u:p@h/}\n"
	               "  - {name: d, url: \"http://h/a b\"}\n"
	               "  - {name: e, url: \"http://h:99999/\"}\n"
	               "  - {name: f, type: file, path: alerts.jsonl}\n"),
	          "f.yaml:6:20: error: option 'url' in sinks[0]: expected an URL that begins with http:// or https://\n"
	          "f.yaml:7:20: error: option 'url' in sinks[1]: expected an URL with a host\n"
	          "f.yaml:8:20: error: option 'url' in sinks[2]: a user or password must not stand in this file; write where the URL comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:9:20: error: option 'url' in sinks[3]: expected an URL without blanks and other characters that must be written as %XX\n"
	          "f.yaml:10:20: error: option 'url' in sinks[4]: expected an URL whose port is a number up to 65535\n"
	          "f.yaml:11:33: error: option 'path' in sinks[5]: expected the absolute path of a file, found 'alerts.jsonl'\n" },
		{ "retries", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: k\n"
	               "    url: http://h/\n"
	               "    retry_base: 1m\n"
	               "    retry_cap: 30s\n"),
	          "f.yaml:6:5: error: sinks[0]: retry_base 1m is longer than retry_cap 30s\n" },
		{ "topics", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: [\"a b\", \"^(x\", \"..\", \"^a{999}{999}\", \"\"], format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:2:38: error: option 'topics' in sources[0]: expected a topic's name: 1 to 249 letters, digits, '.', '_', '-', found 'a b'\n"
	          "f.yaml:2:45: error: option 'topics' in sources[0]: expected a topic pattern (POSIX extended regular expression): Unmatched ( or \\(, found '^(x'\n"
	          "f.yaml:2:52: error: option 'topics' in sources[0]: expected a topic's name: 1 to 249 letters, digits, '.', '_', '-', found '..'\n"
	          "f.yaml:2:58: error: option 'topics' in sources[0]: expected a topic pattern with counts {m,n} of at most 1000 in all, found '^a{999}{999}'\n"
	          "f.yaml:2:74: error: option 'topics' in sources[0]: expected a text, found an empty one\n" },
		{ "dead_letter_pattern", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    dead_letter: ^x\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:18: error: option 'dead_letter' in sources[0]: expected a topic's name: 1 to 249 letters, digits, '.', '_', '-', found '^x'\n" },
		{ "labels", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    labels: {desk-name: a, 1st: b, desk: c, desk: d}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:14: error: option 'labels' in rules[0]: expected a label's name: letters, digits and '_', beginning with a letter or '_', found 'desk-name'\n"
	          "f.yaml:6:28: error: option 'labels' in rules[0]: expected a label's name: letters, digits and '_', beginning with a letter or '_', found '1st'\n"
	          "f.yaml:6:45: error: key 'desk' is there twice in labels of rules[0] (first in line 6)\n" },
		{ "listen", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "listen: 9464\n"),
	          "f.yaml:7:9: error: option 'listen': expected an address such as 127.0.0.1:9464 or [::1]:9464, or \"\" for none, found '9464'\n" },
		{ "plain_secrets", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    kafka:\n"
	               "      sasl.username: me\n"
	               "      sasl.password: hunter2\n"
	               "      ssl.key.pem: abc\n"
	               "      sasl.oauthbearer.config: x\n"
	               "      SASL.Client.SECRET: y\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:8:22: error: option 'kafka' in sources[0]: the value of 'sasl.password': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:9:20: error: option 'kafka' in sources[0]: the value of 'ssl.key.pem': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:10:32: error: option 'kafka' in sources[0]: the value of 'sasl.oauthbearer.config': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:11:27: error: option 'kafka' in sources[0]: the value of 'SASL.Client.SECRET': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n" },
		{ "plain_headers", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: k\n"
	               "    url: http://h/\n"
	               "    headers:\n"
	               "      Authorization: Bearer abc\n"
	               "      X-Api-Key: k\n"
	               "      \"X Y\": z\n"
	               "      X-Desk: \"a\\nb\"\n"
	               "      x-desk: c\n"),
	          "f.yaml:9:22: error: option 'headers' in sinks[0]: the value of 'Authorization': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:10:18: error: option 'headers' in sinks[0]: the value of 'X-Api-Key': a secret must not stand in this file; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:11:7: error: option 'headers' in sinks[0]: expected the name of an HTTP header, found 'X Y'\n"
	          "f.yaml:12:15: error: option 'headers' in sinks[0]: the value of 'X-Desk': expected one line without control characters, found 'a\\nb'\n"
	          "f.yaml:13:7: error: key 'x-desk' is there twice in headers of sinks[0] (first in line 12)\n" },
		{ "redacted", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    kafka: {sasl.password: (redacted)}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/(redacted)}\n"),
	          "f.yaml:6:28: error: option 'kafka' in sources[0]: the value of 'sasl.password': a secret stood here and was left out when this configuration was printed; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n"
	          "f.yaml:10:20: error: option 'url' in sinks[0]: a secret stood here and was left out when this configuration was printed; write where it comes from: {file: /path}, {env: NAME} or {credential: name}\n" },
		{ "secrets_missing", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    kafka:\n"
	               "      sasl.password: {file: /nonexistent/secret}\n"
	               "      ssl.key.password: {env: CONF_TEST_NOT_SET}\n"
	               "      ssl.key.pem: {credential: ../x}\n"
	               "      x: {env: ''}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:7:22: error: option 'kafka' in sources[0]: the value of 'sasl.password': {file: /nonexistent/secret} cannot be read: No such file or directory\n"
	          "f.yaml:8:25: error: option 'kafka' in sources[0]: the value of 'ssl.key.password': {env: CONF_TEST_NOT_SET} is not set in the environment\n"
	          "f.yaml:9:20: error: option 'kafka' in sources[0]: the value of 'ssl.key.pem': {credential: ../x} is not the name of a credential\n"
	          "f.yaml:10:10: error: option 'kafka' in sources[0]: the value of 'x': {env: } has no name\n" },
		{ "secret_shapes", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    group: {flie: /x}\n"
	               "    kafka: {sasl.password: {file: /x, env: Y}, client.id: [a]}\n"
	               "rules:\n"
	               "  - {name: r, when: {env: HOME}}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:12: error: option 'group' in sources[0]: expected a text, {file: /path}, {env: NAME} or {credential: name}, found a mapping\n"
	          "f.yaml:7:28: error: option 'kafka' in sources[0]: the value of 'sasl.password': expected a text, {file: /path}, {env: NAME} or {credential: name}, found a mapping\n"
	          "f.yaml:7:59: error: option 'kafka' in sources[0]: the value of 'client.id': expected a text, {file: /path}, {env: NAME} or {credential: name}, found a list\n"
	          "f.yaml:9:21: error: option 'when' in rules[0]: expected a text: this option cannot come from outside of the file\n" },
		{ "tab", CONF_FOR_RUN,
	          TEXT("name: a\n"
	               "limits:\n"
	               "\tbatch: 1\n"),
	          "f.yaml:3:1: error: not YAML: found character that cannot start any token (indent with blanks, not with tabs)\n" },
		{ "syntax", CONF_FOR_RUN,
	          TEXT("name: a\n"
	               "rules: [a, b\n"
	               "sinks: x\n"),
	          "f.yaml:3:6: error: not YAML: did not find expected ',' or ']' (while parsing a flow sequence that begins at 2:8)\n" },
		{ "colon", CONF_FOR_RUN, TEXT("name: a: b\n"),
	          "f.yaml:1:8: error: not YAML: mapping values are not allowed in this context\n" },
		{ "unclosed_quote", CONF_FOR_RUN, TEXT("name: 'a\n"),
	          "f.yaml:2:1: error: not YAML: found unexpected end of stream (while scanning a quoted scalar that begins at 1:7)\n" },
		{ "undefined_alias", CONF_FOR_RUN, TEXT("name: *a\n"),
	          "f.yaml:1:7: error: not YAML: found undefined alias\n" },
		{ "control", CONF_FOR_RUN,
	          TEXT("name: a\n"
	               "seed: \001\n"),
	          "f.yaml:2:7: error: not YAML: control characters are not allowed\n" },
		{ "nul_escape", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    summary: \"a\\0b\"\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:14: error: the text has a NUL byte in it\n" },
		{ "bell", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - name: r\n"
	               "    when: x > 1\n"
	               "    summary: \"a\\ab\"\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:14: error: option 'summary' in rules[0]: the control character 0x07 is not allowed\n" },
		{ "two_documents", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "---\n"
	               "name: b\n"),
	          "f.yaml:7:1: error: a second document begins here; one file is one configuration\n" },
		{ "merge", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "x: &x {severity: info}\n"
	               "rules:\n"
	               "  - <<: *x\n"
	               "    name: r\n"
	               "    when: x\n"),
	          "f.yaml:5:1: error: unknown option 'x' at the top level\n"
	          "f.yaml:7:5: error: merge keys (<<) are not understood; write the options out\n" },
		{ "tags", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "seed: !!int 3\n"
	               "name: !x y\n"),
	          "f.yaml:7:7: error: tags are not understood; write the value without 'tag:yaml.org,2002:int'\n"
	          "f.yaml:8:7: error: tags are not understood; write the value without '!x'\n" },
		{ "odd_keys", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic}\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"
	               "? [a]\n"
	               ": b\n"
	               "? {c: d}\n"
	               ": e\n"
	               "'': f\n"),
	          "f.yaml:7:3: error: a key must be a text, found a list\n"
	          "f.yaml:9:3: error: a key must be a text, found a mapping\n"
	          "f.yaml:11:1: error: unknown option '' at the top level\n" },
		{ "cycle", CONF_FOR_RUN, TEXT("rules: &a [*a]\n"),
	          "f.yaml:1:8: error: nested too deep once its aliases are written out (more than 32 levels; does an alias stand inside what it names?)\n" },
		{ "deep", CONF_FOR_RUN,
	          TEXT("name: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"),
	          "f.yaml:1:38: error: nested too deep (more than 32 levels)\n" },
		{ "not_utf8", CONF_FOR_RUN,
	          TEXT("name: a\n"
	               "state_dir: /\344\377\n"),
	          "f.yaml:2:13: error: byte 0xe4 is not UTF-8 text\n" },
		{ "nul_byte", CONF_FOR_RUN, TEXT("name: \303\244\000\n"),
	          "f.yaml:1:8: error: byte 0x00 is not UTF-8 text\n" },
		{ "not_echoed", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - {name: s, brokers: b:1, topics: t, format: generic, kafka: [hunter2], group: }\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - name: k\n"
	               "    url: http://h/\n"
	               "    headers: Bearer abc\n"
	               "  - name: f\n"
	               "    url: ftp://me:hunter2@h/\n"),
	          "f.yaml:2:64: error: option 'kafka' in sources[0]: expected a mapping of texts, found a list\n"
	          "f.yaml:2:82: error: option 'group' in sources[0]: expected a text, found nothing\n"
	          "f.yaml:8:14: error: option 'headers' in sinks[0]: expected a mapping of texts, found a text\n"
	          "f.yaml:10:10: error: option 'url' in sinks[1]: expected an URL that begins with http:// or https://\n"
	          "f.yaml:10:10: error: option 'url' in sinks[1]: a user or password must not stand in this file; write where the URL comes from: {file: /path}, {env: NAME} or {credential: name}\n" },
		{ "not_echoed_2", CONF_FOR_RUN,
	          TEXT("sources:\n"
	               "  - name: s\n"
	               "    brokers: b:1\n"
	               "    topics: t\n"
	               "    format: generic\n"
	               "    kafka: sasl.password=hunter2\n"
	               "rules:\n"
	               "  - {name: r, when: x > 1}\n"
	               "sinks:\n"
	               "  - {name: k, url: http://h/}\n"),
	          "f.yaml:6:12: error: option 'kafka' in sources[0]: expected a mapping of texts, found a text\n" },
	};

#define N_WRONG (sizeof wrong / sizeof wrong[0])

START_TEST(golden)
{
	unsetenv("CONF_TEST_NOT_SET");
	for (size_t i = 0; i < N_WRONG; i++) {
		const struct wrong *w = &wrong[i];
		struct conf *untouched = (void *)&i, *c = untouched;
		struct errors errors = { 0 };
		char *text;

		ck_assert_msg(conf_parse(w->text, w->n, "f.yaml", w->need, &errors, &c) == -EINVAL,
		              "%s", w->name);
		ck_assert_ptr_eq(c, untouched);
		text = errors_text(&errors);
		ck_assert_msg(strcmp(text, w->errors) == 0, "%s: expected\n%sfound\n%s", w->name,
		              w->errors, text);
		free(text);
		errors_done(&errors);
	}
}
END_TEST

/* Cut short anywhere, a wrong configuration is refused or read, and nothing else happens. */
START_TEST(cut_short)
{
	for (size_t i = 0; i < N_WRONG; i++)
		for (size_t n = 0; n < wrong[i].n; n++) {
			char *copy = malloc(n ? n
			                      : 1); /* exactly so many: reading on is found out */
			struct errors errors = { 0 };
			struct conf *c = NULL;
			int rc;

			memcpy(copy, wrong[i].text, n);
			rc = conf_parse(copy, n, "f.yaml", CONF_FOR_REPLAY, &errors, &c);
			ck_assert(rc == (errors.n_all ? -EINVAL : 0));
			ck_assert((c != NULL) == (rc == 0));
			conf_free(c);
			errors_done(&errors);
			free(copy);
		}
}
END_TEST

START_TEST(enough_of_them)
{
	ck_assert_uint_ge(N_WRONG, 30);
}
END_TEST

SUITE("conf: wrong", golden, cut_short, enough_of_them)
