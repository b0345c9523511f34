/* Text of a feature -> what it asks for, and back to its one text. Runs when a configuration loads,
 * so it is written for clear messages. */
#include "parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/timefmt.h"
#include "expr/scalar.h"
#include "features/filter.h"
#include "features/function.h"

#define MAX_WORDS 96

struct parse {
	const struct tree *tree;
	struct feature *feature;
	struct expr_error *error;
};

/* "unknown <what> 'x' (did you mean 'y'?)" */
static int unknown(struct parse *p, const char *what, const struct tree_node *n, uint32_t word_n,
                   const char *const *words, size_t n_words)
{
	const char *word = p->tree->text + n->at, *near = nearest(word, word_n, words, n_words);

	return expr_fail(p->error, n->at, "unknown %s '%.*s%s'%s%s%s", what,
	                 (int)(word_n > 60 ? 60 : word_n), word, word_n > 60 ? "..." : "",
	                 near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static const char *field_name(enum set_field f)
{
	static const char *const names[N_FIELDS] = {
		[FIELD_NONE] = "",
		[FIELD_PRICE] = "price",
		[FIELD_SIZE] = "size",
		[FIELD_NOTIONAL] = "notional",
		[FIELD_INSTRUMENT] = "instrument",
		[FIELD_VENUE] = "venue",
		[FIELD_ACCOUNT] = "account",
		[FIELD_COUNTERPARTY] = "counterparty",
		[FIELD_ORDER_ID] = "order_id",
		[FIELD_TRADE_ID] = "trade_id",
		[FIELD_SIDE] = "side",
	};

	return names[f];
}

static bool is_word(const struct parse *p, const struct tree_node *n, const char *word)
{
	return n->op == TREE_NAME && strlen(word) == n->name_n &&
	       memcmp(p->tree->text + n->at, word, n->name_n) == 0;
}

static int read_kind(struct parse *p, const struct tree_node *n, uint32_t *ret_kinds)
{
	const char *words[TOCSIN_TICK + 1];

	words[TOCSIN_TICK] = "any";
	for (unsigned k = 0; k < TOCSIN_TICK; k++)
		words[k] = tocsin_kind_name(k);
	for (unsigned k = 0; k <= TOCSIN_TICK; k++) {
		if (is_word(p, n, words[k])) {
			*ret_kinds = k == TOCSIN_TICK ? SET_KINDS_ANY : TOCSIN_KIND_BIT(k);
			return 0;
		}
	}
	if (n->op != TREE_NAME)
		return expr_fail(p->error, n->at,
		                 "expected a kind of event, such as trade, or any");
	return unknown(p, "kind", n, n->name_n, words, TOCSIN_TICK + 1);
}

/* "price, size or notional", of those in `fields`. */
static void field_list(uint32_t fields, struct buf *out)
{
	uint32_t left = fields;

	for (unsigned f = 0; f < N_FIELDS; f++) {
		if (!(fields & FIELD_BIT(f)))
			continue;
		left &= ~FIELD_BIT(f);
		buf_printf(out, "%s%s", field_name(f),
		           !left               ? ""
		           : left & (left - 1) ? ", "
		                               : " or ");
	}
}

static int wrong_field(struct parse *p, const struct tree_node *n)
{
	const struct function *f = p->feature->function;
	uint32_t name_n = n->name_n > 60 ? 60 : n->name_n;
	struct buf list = { 0 };
	int r;

	field_list(f->fields, &list);
	if (n->op != TREE_NAME)
		r = expr_fail(p->error, n->at, "%s needs %s here", f->text->name, buf_str(&list));
	else
		r = expr_fail(p->error, n->at, "%s is of %s, not of '%.*s'", f->text->name,
		              buf_str(&list), (int)name_n, p->tree->text + n->at);
	buf_done(&list);
	return r;
}

static int read_field(struct parse *p, const struct tree_node *n)
{
	const char *words[N_FIELDS];
	size_t n_words = 0;
	bool known = false;

	for (unsigned f = FIELD_NONE + 1; f < N_FIELDS; f++) {
		bool allowed = p->feature->function->fields & FIELD_BIT(f);

		if (is_word(p, n, field_name(f))) {
			p->feature->field = f;
			known = true;
			if (allowed)
				return 0;
		}
		if (allowed)
			words[n_words++] = field_name(f);
	}
	if (n->op == TREE_NAME && !known &&
	    nearest(p->tree->text + n->at, n->name_n, words, n_words))
		return unknown(p, "field", n, n->name_n, words, n_words);
	return wrong_field(p, n);
}

static int read_share(struct parse *p, const struct tree_node *n)
{
	if (n->op != TREE_NUMBER)
		return expr_fail(p->error, n->at, "expected a share, such as 99%%");
	if (!(n->number > 0 && n->number < 1))
		return expr_fail(p->error, n->at,
		                 "a quantile lies between 0 and 1 (0%% and 100%%), not at %g",
		                 n->number);
	p->feature->q = n->number;
	return 0;
}

static int read_tolerance(struct parse *p, const struct tree_node *n)
{
	if (n->op != TREE_NUMBER || !(n->number >= 0 && n->number <= 1))
		return expr_fail(p->error, n->at,
		                 "expected a share from 0%% to 100%%, such as 10%%");
	p->feature->q = n->number;
	return 0;
}

static int read_steps(struct parse *p, const struct tree_node *n)
{
	if (n->op != TREE_NUMBER || n->number != (double)(int64_t)n->number || n->number < 1 ||
	    n->number > SET_MAX_LAG)
		return expr_fail(p->error, n->at, "expected how many events back, 1 to %d",
		                 SET_MAX_LAG);
	p->feature->n = (uint32_t)n->number;
	return 0;
}

static int read_window(struct parse *p, const struct tree_node *n)
{
	if (n->op == TREE_NUMBER)
		return expr_fail(p->error, n->at, "a window needs a unit, as in 5m or 250ms");
	if (n->op != TREE_DURATION)
		return expr_fail(p->error, n->at, "expected a window, such as 5m");
	if (n->duration_ns <= 0)
		return expr_fail(p->error, n->at, "a window must be longer than nothing");
	if (n->duration_ns > SET_MAX_WINDOW_NS)
		return expr_fail(p->error, n->at, "a window of more than 366d");
	p->feature->window_ns = n->duration_ns;
	return 0;
}

static int missing(struct parse *p, const struct tree_node *call, enum argument which)
{
	static const char *const names[] = {
		[ARG_END] = "",
		[ARG_KIND] = "kind",
		[ARG_KIND_NEEDED] = "kind",
		[ARG_FIELD] = "field",
		[ARG_QUANTILE] = "share, such as 99%",
		[ARG_TOLERANCE] = "share, such as 10%",
		[ARG_LAG] = "number of events",
		[ARG_WINDOW] = "window",
		[ARG_SIDE] = "side: buy, sell, same or opposite",
		[ARG_LEVELS] = "number of levels",
		[ARG_LEVELS_OR_ALL] = "number of levels",
	};
	const struct function *f = p->feature->function;

	return expr_fail(p->error, call->end - 1, "%s needs a %s: %s%s", f->text->name,
	                 names[which], f->text->name, f->text->args);
}

/* An optional kind: any is what a series without prices takes anyway, and then not told apart. */
static int read_kind_given(struct parse *p, const struct tree_node *n)
{
	struct feature *f = p->feature;
	int r = read_kind(p, n, &f->kinds[0]);

	if (f->kinds[0] == SET_KINDS_ANY && (!f->function->priced || f->field >= FIELD_INSTRUMENT))
		f->kinds[0] = 0;
	return r;
}

static const char *const sides[N_SIDES] = { "", "buy", "sell", "same", "opposite" };

/* Is it a side? */
static bool read_side(struct parse *p, const struct tree_node *n)
{
	struct feature *f = p->feature;

	for (enum set_side s = SIDE_BUY; s < N_SIDES && !f->side; s++)
		if (is_word(p, n, sides[s])) {
			f->side = s;
			return true;
		}
	return false;
}

/* A side where any function of events may have one. */
static bool read_side_given(struct parse *p, const struct tree_node *n)
{
	const struct function *f = p->feature->function;

	return !f->silence && !f->book && read_side(p, n);
}

static int read_side_needed(struct parse *p, const struct tree_node *n)
{
	if (read_side(p, n))
		return 0;
	if (n->op == TREE_NAME)
		return unknown(p, "side", n, n->name_n, sides + SIDE_BUY, N_SIDES - SIDE_BUY);
	return expr_fail(p->error, n->at, "expected a side: buy, sell, same or opposite");
}

static int read_levels(struct parse *p, const struct tree_node *n)
{
	if (n->op != TREE_NUMBER || n->number != (double)(int64_t)n->number || n->number < 1 ||
	    n->number > SET_MAX_LEVELS)
		return expr_fail(p->error, n->at, "expected how many price levels, 1 to %d",
		                 SET_MAX_LEVELS);
	p->feature->n = (uint32_t)n->number;
	return 0;
}

static int read_argument(struct parse *p, enum argument which, const struct tree_node *n)
{
	uint32_t *kinds = p->feature->kinds;

	switch (which) {
	case ARG_KIND: return read_kind_given(p, n);
	case ARG_KIND_NEEDED: return read_kind(p, n, kinds[0] ? &kinds[1] : &kinds[0]);
	case ARG_QUANTILE: return read_share(p, n);
	case ARG_TOLERANCE: return read_tolerance(p, n);
	case ARG_LAG: return read_steps(p, n);
	case ARG_WINDOW: return read_window(p, n);
	case ARG_SIDE: return read_side_needed(p, n);
	case ARG_LEVELS:
	case ARG_LEVELS_OR_ALL: return read_levels(p, n);
	default: return read_field(p, n);
	}
}

static int read_arguments(struct parse *p, const struct tree_node *call)
{
	const struct function *f = p->feature->function;
	uint32_t next = call->first, left = call->n, needed = 0;

	for (const enum argument *a = f->arguments; *a != ARG_END; a++)
		needed += *a != ARG_KIND;
	for (const enum argument *a = f->arguments; *a != ARG_END; a++) {
		const struct tree_node *n = next == TREE_NONE ? NULL : &p->tree->nodes[next];
		int r;

		if (n && *a != ARG_FIELD && read_side_given(p, n)) {
			next = n->next;
			left--;
			n = next == TREE_NONE ? NULL : &p->tree->nodes[next];
		}
		if (*a == ARG_KIND && (!n || (n->op != TREE_NAME && left <= needed)))
			continue;
		if (!n && *a == ARG_LEVELS_OR_ALL)
			break;
		if (!n)
			return missing(p, call, *a);
		r = read_argument(p, *a, n);
		if (r)
			return r;
		next = n->next;
		left--;
		needed -= *a != ARG_KIND;
	}
	if (next != TREE_NONE && read_side_given(p, &p->tree->nodes[next]))
		next = p->tree->nodes[next].next;
	if (next != TREE_NONE)
		return expr_fail(p->error, p->tree->nodes[next].at, "one argument too many: %s%s",
		                 f->text->name, f->text->args);
	return 0;
}

/* The entry's function, for a bare name or a call. */
static int find_function(struct parse *p, const struct tree_node *n)
{
	const char *words[MAX_WORDS];
	const struct scalar_function *scalars;
	size_t n_scalars, n_words = 0;
	bool call = n->op == TREE_CALL;
	uint32_t count;
	const struct function *all = function_all(&count);

	for (uint32_t i = 0; i < count; i++) {
		const struct function *f = &all[i];
		bool is_function = f->arguments[0] != ARG_END;

		if (strlen(f->text->name) == n->name_n &&
		    memcmp(f->text->name, p->tree->text + n->at, n->name_n) == 0) {
			if (is_function && !call)
				return expr_fail(p->error, n->at, "'%s' is a function: %s%s",
				                 f->text->name, f->text->name, f->text->args);
			if (!is_function && call)
				return expr_fail(p->error, n->at, "'%s' is a value, not a function",
				                 f->text->name);
			p->feature->function = f;
			return 0;
		}
		if (is_function == call && n_words < MAX_WORDS)
			words[n_words++] = f->text->name;
	}
	scalars = scalar_functions(&n_scalars);
	for (size_t i = 0; call && i < n_scalars && n_words < MAX_WORDS; i++)
		words[n_words++] = scalars[i].name;
	return unknown(p, call ? "function" : "name", n, n->name_n, words, n_words);
}

int feature_parse(const struct tree *t, struct feature *f, bool of_event, struct expr_error *error)
{
	const struct tree_node *n = &t->nodes[t->root];
	struct parse p = { t, f, error };
	int r;

	if (n->op != TREE_NAME && n->op != TREE_CALL)
		return expr_fail(error, n->at, "expected a feature, such as sum(size, 1m)");
	r = find_function(&p, n);
	if (r == 0 && of_event && is_word(&p, n, "price"))
		f->function = function_find("event_price");
	return r || n->op == TREE_NAME ? r : read_arguments(&p, n);
}

/* Text ---------------------------------------------------------------------------------------- */

static void add_number(struct buf *b, double v)
{
	char text[32];

	snprintf(text, sizeof text, "%.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof text, "%.17g", v);
	buf_puts(b, text);
}

static void add_argument(struct buf *b, const struct feature *f, enum argument which,
                         uint32_t kinds)
{
	char window[TIMEFMT_TEXT];

	switch (which) {
	case ARG_KIND:
	case ARG_KIND_NEEDED:
		buf_puts(b, kinds == SET_KINDS_ANY
		                    ? "any"
		                    : tocsin_kind_name((unsigned)__builtin_ctz(kinds)));
		break;
	case ARG_QUANTILE:
	case ARG_TOLERANCE: add_number(b, f->q); break;
	case ARG_LAG:
	case ARG_LEVELS:
	case ARG_LEVELS_OR_ALL: add_number(b, f->n); break;
	case ARG_WINDOW:
		duration_format(f->window_ns, window);
		buf_puts(b, window);
		break;
	default: buf_puts(b, field_name(f->field));
	}
}

/* "buy", in its place behind field and kinds. */
static void add_side(struct buf *b, const struct feature *f, const char **comma)
{
	if (f->side)
		buf_printf(b, "%s%s", *comma, sides[f->side]);
	if (f->side)
		*comma = ", ";
}

static void add_arguments(struct buf *b, const struct feature_set *s, const struct feature *f)
{
	const uint32_t *kinds = f->kinds;
	const char *comma = "";
	bool sided = false;

	buf_putc(b, '(');
	for (const enum argument *a = f->function->arguments; *a != ARG_END; a++) {
		bool kind = *a == ARG_KIND || *a == ARG_KIND_NEEDED;

		if ((*a == ARG_KIND && !*kinds) || (*a == ARG_LEVELS_OR_ALL && !f->n))
			continue;
		if (!kind && *a != ARG_FIELD && !sided) {
			add_side(b, f, &comma);
			sided = true;
		}
		if (*a == ARG_SIDE)
			continue;
		buf_puts(b, comma);
		add_argument(b, f, *a, *kinds);
		kinds += kind;
		comma = ", ";
	}
	if (!sided)
		add_side(b, f, &comma);
	if (f->filter != SET_NONE)
		buf_printf(b, " where %s", s->filters[f->filter].text);
	buf_putc(b, ')');
}

char *feature_text(const struct feature_set *s, const struct feature *f)
{
	struct buf b = { 0 };

	buf_puts(&b, f->function->text->name);
	if (f->function->arguments[0] != ARG_END)
		add_arguments(&b, s, f);
	if (f->by & ~(unsigned)FEATURE_BY_INSTRUMENT) {
		buf_puts(&b, " by ");
		tree_by_print(f->by, &b);
	}
	if (f->slot >= SET_FIRST_OTHER) {
		const char *other = s->others[f->slot - SET_FIRST_OTHER].text;

		buf_printf(&b, " of %s%s%s", strchr(other, '"') ? "'" : "\"", other,
		           strchr(other, '"') ? "'" : "\"");
	}
	return buf_take(&b);
}
