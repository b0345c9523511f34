#include "language.h"

#include <stddef.h>

static const struct language_row rows[] = {
	{ "Conditions", NULL },
	{ "a and b, a or b, not a",
	  "`and` binds closer than `or`; no value counts as unknown: `false and "
	  "unknown` is false, `true and unknown` is unknown, and an unknown "
	  "condition finds nothing" },
	{ "x < y  <=  >  >=  ==  !=", "numbers, durations, times of day; they do not chain" },
	{ "x between a and b", "x >= a and x < b; of times of day also over midnight: "
	                       "`time between 22:00 and 02:00`; `not between` is the contrary" },
	{ "account == \"A\", account != counterparty",
	  "texts of the event: instrument, venue, account, "
	  "counterparty, side, kind, order_id, trade_id, phase" },
	{ "side == buy, kind == order_add", "words of side, kind and phase need no quotes" },
	{ "account in (\"A\", \"B\"), account not in restricted",
	  "one of these, or of a list of the "
	  "configuration" },
	{ "Values", NULL },
	{ "5, 0.3, 1e6", "a constant: fits any unit where it is added or compared" },
	{ "3%", "0.03, a plain number: a share or a relative move, never a price" },
	{ "250ms, 30s, 5m, 1h30m, 7d", "a duration" },
	{ "09:30, 15:59:30, 24:00", "a time of day" },
	{ "\"ESH4\", 'BRK B'", "a text" },
	{ "x + y, x - y", "of one unit: a price and a size can not be added, nor compared" },
	{ "x * y, x / y",
	  "units go along: price * size is a notional, price / price a plain number" },
	{ "abs(x), sqrt(x), ln(x), min(x, y, ...), max(x, y, ...)", "of values at one moment" },
	{ "Windows", NULL },
	{ "sum(size, 5m)",
	  "over (T - 5m, T] of event time, T the time of the event; no value until the "
	  "window is full" },
	{ "sum(size, order_add, 5m)",
	  "of one kind of event: trade, quote, order_add, order_cancel, "
	  "order_modify, fill, bar, or any" },
	{ "sum(size, buy, 5m)",
	  "of one side: buy, sell, or same and opposite to that of the event" },
	{ "sum(size, 5m where size > 10 and account != \"A\")",
	  "of events for which that is true, judged "
	  "by the event alone" },
	{ "sum(size, 5m) by account+instrument",
	  "of the events of that account and instrument; default "
	  "the `by` of the rule, and of that the instrument" },
	{ "price of \"NQH4\"", "of another instrument of the same partition" },
	{ "Names", NULL },
	{ "define: {busy: \"rate(1s) > 50\"}",
	  "of the configuration: a part of conditions, by name" },
	{ "params: {limit: 3%}", "of a rule: a value, by name; all must be used" },
	{ "lists: [{name: restricted, file: r.txt}]", "of the configuration: texts, one a line" },
	{ NULL, NULL },
};

const struct language_row *language_rows(void)
{
	return rows;
}
