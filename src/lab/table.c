/* table.c - the options of a test file, as the configuration's are in src/conf/option.c, and the
 * checks of single texts. */
#include "table.h"

#include <stdio.h>
#include <string.h>

#include "core/decimal.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "lab/file.h"

#define N(a) (sizeof(a) / sizeof(a)[0])
#define DAY (86400 * NS_PER_S)

static const char *const kinds[] = { "trade",        "quote",        "order_add",
	                             "order_cancel", "order_modify", "fill",
	                             "bar",          "book_clear",   NULL };
static const char *const sides[] = { "buy", "sell", "none", "alternate", "random", NULL };
static const char *const flags[] = { "snapshot", "last", "by_fill", "fill_keeps_book", NULL };
static const char *const shapes[] = { "none", "constant", "ramp", "walk", "burst", "gap", NULL };
static const char *const statuses[] = { "any", "firing", "resolved", NULL };
static const char *const severities[] = { "info", "warning", "critical", NULL };

static bool no(struct conf_why *ret, const char *text)
{
	snprintf(ret->text, sizeof ret->text, "%s", text);
	return false;
}

static bool is_time(const char *s, struct conf_why *ret)
{
	int64_t ns;

	if (*s >= '0' && *s <= '9' &&
	    (duration_parse(s, strlen(s), &ns) == 0 || time_parse(s, strlen(s), &ns) == 0))
		return true;
	return no(ret, "expected a duration since the start such as 90s, or a time such as "
	               "2024-01-31T09:30:00Z");
}

static bool is_number(const char *s, struct conf_why *ret)
{
	int64_t v;

	return decimal_parse(s, strlen(s), &v) == 0 || no(ret, "expected a number such as 101.25");
}

static bool is_size(const char *s, struct conf_why *ret)
{
	int64_t v;

	return (decimal_parse(s, strlen(s), &v) == 0 && v >= 0) ||
	       no(ret, "expected a size, not below 0");
}

static bool is_count(const char *s, struct conf_why *ret)
{
	return (*s && strlen(s) <= 18 && s[strspn(s, "0123456789")] == 0) ||
	       no(ret, "expected a whole number, not below 0");
}

static bool is_name(const char *s, struct conf_why *ret)
{
	return (*s && strlen(s) <= 100) || no(ret, "expected a name of 1 to 100 bytes");
}

#define AT(member) .offset = offsetof(struct lab_item, member)
#define TEXT(word, member, check_) \
	{ \
		.key = word, .type = CONF_TEXT, AT(member), .check = check_ \
	}
static const struct conf_option item[] = {
	TEXT("at", at, is_time),
	{ .key = "kind", .type = CONF_TEXT, AT(kind), .words = kinds },
	TEXT("instrument", instrument, is_name),
	TEXT("venue", venue, is_name),
	{ .key = "side", .type = CONF_TEXT, AT(side), .words = sides },
	TEXT("price", price, is_number),
	TEXT("size", size, is_size),
	TEXT("bid", bid, is_number),
	TEXT("ask", ask, is_number),
	TEXT("bid_size", bid_size, is_size),
	TEXT("ask_size", ask_size, is_size),
	TEXT("open", open, is_number),
	TEXT("high", high, is_number),
	TEXT("low", low, is_number),
	TEXT("order_id", order_id, is_name),
	TEXT("trade_id", trade_id, is_name),
	TEXT("account", account, is_name),
	TEXT("counterparty", counterparty, is_name),
	TEXT("sequence", sequence, is_count),
	{ .key = "flags", .type = CONF_TEXTS, AT(flags), .words = flags },
	TEXT("rows", rows, NULL),
	TEXT("file", file, NULL),
	TEXT("format", format, conf_check_name),
	{ .key = "generate", .type = CONF_ENUM, AT(shape), .words = shapes, .def = "none" },
	TEXT("from", from, is_time),
	TEXT("to", to, is_time),
	{ .key = "every", .type = CONF_DURATION, AT(every_ns), .min = 1, .max = DAY },
	{ .key = "count", .type = CONF_INT, AT(count), .min = 1, .max = LAB_MAX_EVENTS },
	TEXT("price_to", price_to, is_number),
	TEXT("step", step, is_number),
	TEXT("size_to", size_to, is_size),
	{ .key = "seed", .type = CONF_INT, AT(seed), .max = INT64_MAX, .def = "1" },
};
#undef AT
#undef TEXT

#define AT(member) .offset = offsetof(struct lab_expect, member)
static const struct conf_option expect[] = {
	{ .key = "at", .type = CONF_TEXT, AT(at), .check = is_time },
	{ .key = "within", .type = CONF_DURATION, AT(within_ns), .max = 30 * DAY, .def = "0s" },
	{ .key = "rule", .type = CONF_TEXT, AT(rule), .check = conf_check_rule },
	{ .key = "instrument", .type = CONF_TEXT, AT(instrument), .check = is_name },
	{ .key = "account", .type = CONF_TEXT, AT(account), .check = is_name },
	{ .key = "status", .type = CONF_ENUM, AT(status), .words = statuses, .def = "any" },
	{ .key = "severity", .type = CONF_TEXT, AT(severity), .words = severities },
	{ .key = "min_confidence", .type = CONF_FRACTION, AT(min_confidence), .def = "0" },
	{ .key = "max_confidence", .type = CONF_FRACTION, AT(max_confidence), .def = "100%" },
	{ .key = "summary", .type = CONF_TEXT, AT(summary) },
	{ .key = "summary_contains", .type = CONF_TEXT, AT(summary_contains) },
	{ .key = "labels",
	  .type = CONF_PAIRS,
	  AT(labels),
	  .flags = CONF_MAY_BE_EMPTY,
	  .check_key = conf_check_label },
};
#undef AT

static bool is_param(const char *s, struct conf_why *ret)
{
	return (*s && strlen(s) <= 100 &&
	        strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == strlen(s)) ||
	       no(ret, "expected the name of a parameter, or of a rule, '.' and a parameter");
}

#define AT(member) .offset = offsetof(struct lab_test, member)
#define LIST(member, count_) \
	.offset = offsetof(struct lab_test, member), .count = offsetof(struct lab_test, count_)
static const struct conf_option test[] = {
	{ .key = "name", .type = CONF_TEXT, AT(name), .flags = CONF_REQUIRED },
	{ .key = "start", .type = CONF_TEXT, AT(start), .check = conf_check_time },
	{ .key = "until", .type = CONF_TEXT, AT(until), .check = is_time },
	{ .key = "instrument", .type = CONF_TEXT, AT(instrument), .check = is_name },
	{ .key = "only", .type = CONF_TEXTS, AT(only), .check = conf_check_rule },
	{ .key = "params", .type = CONF_PAIRS, AT(params), .check_key = is_param },
	{ .key = "events",
	  .type = CONF_LIST,
	  LIST(events, n_events),
	  .flags = CONF_REQUIRED,
	  .section = &lab_section_item },
	{ .key = "expect",
	  .type = CONF_LIST,
	  LIST(expect, n_expect),
	  .flags = CONF_REQUIRED,
	  .section = &lab_section_expect },
};
#undef AT
#undef LIST

#define AT(member) .offset = offsetof(struct lab_file, member)
static const struct conf_option file[] = {
	{ .key = "rules", .type = CONF_TEXTS, AT(rules), .flags = CONF_REQUIRED },
	{ .key = "instrument", .type = CONF_TEXT, AT(instrument), .check = is_name, .def = "TEST" },
	{ .key = "format",
	  .type = CONF_TEXT,
	  AT(format),
	  .check = conf_check_name,
	  .def = "generic" },
	{ .key = "params", .type = CONF_PAIRS, AT(params), .check_key = is_param },
	{ .key = "tests",
	  .type = CONF_LIST,
	  AT(tests),
	  .count = offsetof(struct lab_file, n_tests),
	  .flags = CONF_REQUIRED,
	  .section = &lab_section_test },
};
#undef AT

#define SECTION(symbol, words, rows, type, place) \
	_Static_assert(N(rows) <= CONF_MAX_OPTIONS, "raise CONF_MAX_OPTIONS"); \
	const struct conf_section lab_section_##symbol = { \
		.what = words, .size = sizeof(type), .at = place, .options = rows, .n = N(rows) \
	}
SECTION(file, "test file", file, struct lab_file, CONF_NOWHERE);
SECTION(test, "test", test, struct lab_test, offsetof(struct lab_test, place));
SECTION(item, "event", item, struct lab_item, offsetof(struct lab_item, place));
SECTION(expect, "expectation", expect, struct lab_expect, offsetof(struct lab_expect, place));

bool lab_table_cell(const struct conf_option *o, const struct conf_text *cell,
                    struct errors *errors)
{
	struct conf_why why;
	const char *near;
	size_t n = 0;

	if (o->words) {
		for (; o->words[n]; n++)
			if (strcmp(o->words[n], cell->s) == 0)
				return true;
		near = nearest(cell->s, strlen(cell->s), o->words, n);
		errors_add(errors, cell->at, "column '%s': unknown word '%.60s'%s%s%s", o->key,
		           cell->s, near ? " (did you mean '" : "", near ? near : "",
		           near ? "'?)" : "");
		return false;
	}
	if (o->check && !o->check(cell->s, &why)) {
		errors_add(errors, cell->at, "column '%s': %s, found '%.60s'", o->key, why.text,
		           cell->s);
		return false;
	}
	return true;
}
