#include "names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tocsin/event.h>

#include "expr/lex.h"
#include "expr/scalar.h"

#define ANY -INFINITY, INFINITY
#define POSITIVE 0, INFINITY
#define DAY_NS 86400e9

#define PLAIN \
	{ \
		EXPR_NUMBER, 0, 0, 0 \
	}
#define PRICE \
	{ \
		EXPR_NUMBER, 0, 1, 0 \
	}
#define SIZE \
	{ \
		EXPR_NUMBER, 0, 0, 1 \
	}
#define NOTIONAL \
	{ \
		EXPR_NUMBER, 0, 1, 1 \
	}
#define DURATION \
	{ \
		EXPR_DURATION, 0, 0, 0 \
	}
#define TIME \
	{ \
		EXPR_TIME, 0, 0, 0 \
	}
#define CONDITION \
	{ \
		EXPR_CONDITION, 0, 0, 0 \
	}
#define TEXT \
	{ \
		EXPR_TEXT, 0, 0, 0 \
	}

static const struct name names[] = {
	/* name, type, field, wants ticks?, least and most */
	{ "count", PLAIN, 0, false, POSITIVE },
	{ "rate", PLAIN, 0, false, POSITIVE },
	{ "ratio", PLAIN, 0, false, POSITIVE },
	{ "cancel_ratio", PLAIN, 0, false, POSITIVE },
	{ "distinct", PLAIN, 0, false, POSITIVE },
	{ "circle", PLAIN, 0, false, 0, 4 },
	{ "return", PLAIN, 0, false, ANY },
	{ "zscore", PLAIN, 0, false, ANY },
	{ "sum", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "mean", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "min", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "max", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "range", PLAIN, NAME_OF_FIELD, false, POSITIVE },
	{ "stddev", PLAIN, NAME_OF_FIELD, false, POSITIVE },
	{ "quantile", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "ewma", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "delta", PLAIN, NAME_OF_FIELD, false, ANY },
	{ "lag", PLAIN, NAME_WITHIN_FIELD, false, ANY },
	{ "vwap", PRICE, 0, false, ANY },
	{ "absent_for", CONDITION, 0, true, 0, 1 },
	{ "time_since", DURATION, 0, false, ANY },
	{ "first_seen", DURATION, 0, false, ANY },
	{ "observed", DURATION, 0, false, ANY },

	{ "price", PRICE, 0, false, ANY },
	{ "size", SIZE, 0, false, POSITIVE },
	{ "event_price", PRICE, 0, false, ANY },
	{ "notional", NOTIONAL, 0, false, ANY },
	{ "bid", PRICE, 0, false, ANY },
	{ "ask", PRICE, 0, false, ANY },
	{ "spread", PRICE, 0, false, ANY },
	{ "mid", PRICE, 0, false, ANY },

	{ "best_bid", PRICE, 0, false, ANY },
	{ "best_ask", PRICE, 0, false, ANY },
	{ "microprice", PRICE, 0, false, ANY },
	{ "depth", SIZE, 0, false, POSITIVE },
	{ "imbalance", PLAIN, 0, false, -1, 1 },
	{ "book_crossed", CONDITION, 0, false, 0, 1 },
	{ "book_locked", CONDITION, 0, false, 0, 1 },
	{ "order_age", DURATION, 0, false, ANY },
	{ "order_size", SIZE, 0, false, POSITIVE },
	{ "order_level", PLAIN, 0, false, POSITIVE },
	{ "order_share", PLAIN, 0, false, 0, 1 },
	{ "own_depth", SIZE, 0, false, POSITIVE },
	{ "own_orders", PLAIN, 0, false, POSITIVE },
	{ "own_levels", PLAIN, 0, false, POSITIVE },

	{ "time", TIME, 0, false, 0, DAY_NS },
	{ "time_to_close", DURATION, 0, false, ANY },
	{ "time_since_open", DURATION, 0, false, ANY },
	{ "in_session", CONDITION, 0, false, 0, 1 },

	{ "instrument", TEXT, 0, false, ANY },
	{ "venue", TEXT, 0, false, ANY },
	{ "account", TEXT, 0, false, ANY },
	{ "counterparty", TEXT, 0, false, ANY },
	{ "side", TEXT, 0, false, ANY },
	{ "kind", TEXT, 0, false, ANY },
	{ "order_id", TEXT, 0, false, ANY },
	{ "trade_id", TEXT, 0, false, ANY },
	{ "phase", TEXT, 0, false, ANY },
};

#define N_NAMES (sizeof names / sizeof names[0])

/* What stands inside a call, or right of == behind a text; kinds come from the event. */
static const char *const words[] = {
	"buy",        "sell",
	"none",       "same",
	"opposite",   "any",
	"unknown",    "closed",
	"pre_open",   "opening_auction",
	"continuous", "intraday_auction",
	"auction",    "closing_auction",
	"post",       "break",
};

static bool is(const char *word, const char *p, size_t n)
{
	return strlen(word) == n && memcmp(word, p, n) == 0;
}

const struct name *name_find(const char *p, size_t n)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (is(names[i].name, p, n))
			return &names[i];
	return NULL;
}

const struct name *name_of(const struct tree *t, const struct tree_node *n)
{
	return name_find(t->text + n->at, n->name_n);
}

const struct name *name_at(size_t i)
{
	return i < N_NAMES ? &names[i] : NULL;
}

bool name_is_taken(const char *p, size_t n)
{
	size_t n_scalars;
	const struct scalar_function *scalars = scalar_functions(&n_scalars);

	if (name_find(p, n) || lex_is_reserved(p, n))
		return true;
	for (size_t i = 0; i < n_scalars; i++)
		if (is(scalars[i].name, p, n))
			return true;
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++)
		if (is(tocsin_kind_name(k), p, n))
			return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (is(words[i], p, n))
			return true;
	return false;
}

/* " * size", " / price^2": one part of a unit after the first. */
static void power_text(const char *name, int power, const char *sign, char out[static 14])
{
	out[0] = 0;
	if (power > 1)
		snprintf(out, 14, "%s%s^%d", sign, name, power);
	else if (power == 1)
		snprintf(out, 14, "%s%s", sign, name);
}

const char *value_type_text(struct value_type t, char out[static 64])
{
	static const char *const kinds[] = {
		[EXPR_DURATION] = "a duration",
		[EXPR_TIME] = "a time of day",
		[EXPR_TEXT] = "a text",
		[EXPR_CONDITION] = "a condition",
	};
	char price[14], size[14], below_price[14], below_size[14];
	const char *join = t.price > 0 ? " * " : "";

	if (t.kind != EXPR_NUMBER)
		return kinds[t.kind];
	if (t.constant)
		return "a number";
	if (!t.price && !t.size)
		return "a plain number";
	power_text("price", t.price, "", price);
	power_text("size", t.size, join, size);
	power_text("price", -t.price, " / ", below_price);
	power_text("size", -t.size, " / ", below_size);
	snprintf(out, 64, "a %s%s%s%s%s", t.price > 0 || t.size > 0 ? "" : "number", price, size,
	         below_price, below_size);
	return out;
}
