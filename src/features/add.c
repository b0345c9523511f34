/* Text of a feature -> an entry of the set. What stands around the function says whose windows it
 * reads (`by`, `of`) and which events enter them (a side, `where`).
 *
 * `same` and `opposite` are two features, of buys and of sells, and a third that picks the one which
 * the event being scored asks for. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "features/decay.h"
#include "features/filter.h"
#include "features/function.h"
#include "features/hours.h"
#include "features/parse.h"

struct add {
	struct feature_set *set;
	const struct tree *tree;
	unsigned by; /* when the text does not say */
	bool of_event; /* only what is read from the event alone */
	struct expr_error *error;
};

static double read_text(const struct reading *r, const struct feature *f)
{
	return text_test_value(&f->test, r->event);
}

static double read_relative(const struct reading *r, const struct feature *f)
{
	switch (r->event->side) {
	case TOCSIN_BUY: return r->x[f->relative[0]];
	case TOCSIN_SELL: return r->x[f->relative[1]];
	default: return NAN;
	}
}

static const struct function phase_function = { .hours = true, .value = hours_read_phase };
static const struct function text_function = { .of_event = true, .value = read_text };

/* What lag() and its like look back to has no bound in time. */
static int64_t look_back(const struct feature *f)
{
	return f->function->decays ? DECAY_SPANS * DECAY_SPAN * f->window_ns : f->window_ns;
}

/* A new entry, whose name and test the set then owns. */
static int add_new(struct add *a, struct feature *f, uint32_t *ret_index)
{
	struct feature_set *s = a->set;
	struct feature *more;

	if (s->n_features == SET_MAX_FEATURES)
		return expr_fail(a->error, 0, "more than %d different features", SET_MAX_FEATURES);
	more = set_more_room(s->features, s->n_features, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->features = more;
	if (look_back(f) > s->lookback_ns)
		s->lookback_ns = look_back(f);
	s->features[s->n_features] = *f;
	s->features[s->n_features].value = f->function->value;
	*ret_index = s->n_features++;
	return 0;
}

static bool find(const struct feature_set *s, const char *name, uint32_t *ret_index)
{
	for (uint32_t i = 0; i < s->n_features; i++)
		if (strcmp(s->features[i].name, name) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

static int add_text(struct add *a, const struct tree_node *root, uint32_t *ret_index)
{
	struct feature f = {
		.function = &text_function,
		.slot = SET_SLOT_EVENT,
		.calendar = SET_NONE,
	};
	int r = text_test_parse(a->tree, root, &a->set->lists, &f.test, &f.name, a->error);

	if (r)
		return r;
	f.filter = SET_NONE;
	if (find(a->set, f.name, ret_index))
		r = 1;
	else
		r = add_new(a, &f, ret_index);
	if (r) {
		free(f.name);
		text_test_done(&f.test);
	}
	return r < 0 ? r : 0;
}

/* Which calendar a feature reads; and where: one that was given makes it the event's own. */
static int read_calendar(struct add *a, const struct tree_node *n, struct feature *f)
{
	const struct feature_set *s = a->set;

	f->calendar = s->use_calendar;
	if (f->calendar != SET_NONE && f->function->hours) {
		f->by = 0;
		f->slot = SET_SLOT_EVENT;
	} else if (f->function->hours && a->of_event) {
		return expr_fail(
			a->error, n->at,
			"'where' needs the rule's own calendar: give it the option 'calendar'");
	} else if (f->function->hours && !s->calendar_of) {
		return expr_fail(a->error, n->from,
		                 "it is of a calendar: give the rule the option 'calendar', or "
		                 "'calendars' instruments");
	} else if (f->function->hours) {
		f->calendar = SET_CALENDAR_OF_KEY;
		f->by = FEATURE_BY_INSTRUMENT;
		f->slot = set_space(a->set, f->by);
	} else if (f->function->silence && f->calendar == SET_NONE && s->calendar_of &&
	           f->by & FEATURE_BY_INSTRUMENT) {
		f->calendar = SET_CALENDAR_OF_KEY;
	} else if (!f->function->silence) {
		f->calendar = SET_NONE;
	}
	return 0;
}

/* " at XNYS" behind the text of what reads a calendar that was given. */
static char *at_calendar(const struct feature_set *s, const struct feature *f, char *text)
{
	struct buf b = { 0 };

	if (!text || f->calendar == SET_NONE || f->calendar == SET_CALENDAR_OF_KEY)
		return text;
	buf_printf(&b, "%s at %s", text, s->calendars[f->calendar].name);
	free(text);
	return buf_take(&b);
}

static int add_phase(struct add *a, const struct tree_node *root, uint32_t *ret_index)
{
	struct feature f = { .function = &phase_function, .filter = SET_NONE };
	char *text = NULL;
	int r = read_calendar(a, root, &f);

	if (r == 0)
		r = hours_test_parse(a->tree, root, &f.n, &text, a->error);
	if (r)
		return r;
	f.name = at_calendar(a->set, &f, text);
	if (!f.name)
		return -ENOMEM;
	r = find(a->set, f.name, ret_index) ? 1 : add_new(a, &f, ret_index);
	if (r)
		free(f.name);
	return r < 0 ? r : 0;
}

/* Notes what books are asked for. */
static int ask_book(struct add *a, struct feature *f)
{
	struct book_wants *w = &a->set->book_wants;

	a->set->books = true;
	if (f->function == function_find("order_level"))
		w->level = true;
	if (f->function != function_find("order_share"))
		return 0;
	for (f->share = 0; f->share < w->n_shares; f->share++)
		if (w->shares[f->share] == f->n)
			return 0;
	if (w->n_shares == BOOK_MAX_SHARES)
		return expr_fail(a->error, 0, "order_share() of more than %d different depths",
		                 BOOK_MAX_SHARES);
	w->shares[w->n_shares++] = f->n;
	return 0;
}

static int add_function(struct add *a, struct feature *f, uint32_t *ret_index);

static int add_relative(struct add *a, struct feature *f)
{
	static const struct function relative = { .value = read_relative };
	const enum set_side first = f->side == SIDE_SAME ? SIDE_BUY : SIDE_SELL;
	struct feature buy = *f, sell = *f;
	int r;

	buy.side = first;
	sell.side = first == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
	r = add_function(a, &buy, &f->relative[0]);
	if (r == 0)
		r = add_function(a, &sell, &f->relative[1]);
	f->function = &relative;
	return r;
}

/* A function whose whole text was read; f->slot is set. */
static int add_function(struct add *a, struct feature *f, uint32_t *ret_index)
{
	_cleanup_(freep) char *name = at_calendar(a->set, f, feature_text(a->set, f));
	int r = 0;

	if (!name)
		return -ENOMEM;
	if (find(a->set, name, ret_index))
		return 0;
	if (f->function->book)
		r = ask_book(a, f);
	else if (f->side >= SIDE_SAME)
		r = add_relative(a, f);
	else if (f->by)
		r = set_ask(&a->set->spaces[set_space(a->set, f->by)], f);
	if (r)
		return r;
	f->name = name;
	r = add_new(a, f, ret_index);
	if (r == 0)
		name = NULL;
	return r;
}

/* Whose windows, and what enters them ---------------------------------------------------------- */

static int find_other(struct add *a, const struct tree_node *of, uint32_t *ret_slot)
{
	struct feature_set *s = a->set;
	struct set_other *more;
	struct tocsin_str text;
	size_t n;

	if (of->op != TREE_STRING)
		return expr_fail(a->error, of->from, "'of' needs an instrument in quotes");
	text.p = tree_string(a->tree, of, &n);
	text.n = (uint32_t)(n < KEY_MAX_TEXT ? n : KEY_MAX_TEXT);
	if (n == 0)
		return expr_fail(a->error, of->from, "'of' needs the name of an instrument");
	for (uint32_t i = 0; i < s->n_others; i++)
		if (s->others[i].n == text.n && memcmp(s->others[i].text, text.p, text.n) == 0) {
			*ret_slot = SET_FIRST_OTHER + i;
			return 0;
		}
	if (s->n_others == SET_MAX_OTHERS)
		return expr_fail(a->error, of->from, "more than %d different instruments of 'of'",
		                 SET_MAX_OTHERS);
	more = set_more_room(s->others, s->n_others, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->others = more;
	more = &s->others[s->n_others];
	more->text = strndup(text.p, text.n);
	if (!more->text)
		return -ENOMEM;
	more->n = text.n;
	more->hash = feature_key(&text);
	*ret_slot = SET_FIRST_OTHER + s->n_others++;
	return 0;
}

static int read_whose(struct add *a, const struct tree_node *n, struct feature *f)
{
	const struct tree_node *of = n->of == TREE_NONE ? NULL : &a->tree->nodes[n->of];
	const char *name = f->function->text->name;

	f->slot = SET_SLOT_EVENT;
	f->calendar = SET_NONE;
	if (of && f->function->of_event && f->function->book && !f->function->of_order && !n->by &&
	    !a->of_event) { /* another's book: it has no key, but its place is among the others */
		f->by = FEATURE_BY_INSTRUMENT;
		set_space(a->set, f->by);
		return find_other(a, of, &f->slot);
	}
	if ((f->function->of_event || f->function->hours) && (n->by || of))
		return expr_fail(a->error, of ? of->from : n->at,
		                 "'%s' is the event's own: it takes no '%s'", name,
		                 of ? "of" : "by");
	if (f->function->of_event || f->function->hours)
		return read_calendar(a, n, f);
	if (a->of_event)
		return expr_fail(a->error, n->at,
		                 "'where' is judged by the event alone: '%s' is %s", name,
		                 n->op == TREE_CALL ? "of a window" : "not the event's own");
	if (of && (n->by & ~(unsigned)FEATURE_BY_INSTRUMENT))
		return expr_fail(a->error, of->from,
		                 "'of' is of another instrument: it goes with no 'by'");
	f->by = of ? FEATURE_BY_INSTRUMENT : n->by ? n->by : a->by;
	f->slot = set_space(a->set, f->by);
	if (of) {
		int r = find_other(a, of, &f->slot);

		if (r)
			return r;
	}
	return read_calendar(a, n, f);
}

static int read_where(struct add *a, const struct tree_node *n, struct feature *f)
{
	f->filter = SET_NONE;
	if (n->where == TREE_NONE)
		return 0;
	if (f->function->silence || f->function->book)
		return expr_fail(a->error, a->tree->nodes[n->where].from, "%s takes no 'where'",
		                 f->function->text->name);
	return filter_add(a->set, a->tree, n->where, &f->filter, a->error);
}

static int add_tree(struct add *a, uint32_t *ret_index)
{
	const struct tree_node *n = &a->tree->nodes[a->tree->root];
	struct feature f = { 0 };
	int r;

	if (hours_is_test(a->tree, n))
		return add_phase(a, n, ret_index);
	if (text_is_test(a->tree, n))
		return add_text(a, n, ret_index);
	r = feature_parse(a->tree, &f, a->of_event, a->error);
	if (r == 0 && !f.function->value)
		r = expr_fail(a->error, n->at,
		              "'phase' is a text: compare it, as in phase == post");
	if (r == 0)
		r = read_whose(a, n, &f);
	if (r == 0)
		r = read_where(a, n, &f);
	return r ? r : add_function(a, &f, ret_index);
}

static int add(struct feature_set *s, const char *text, unsigned by, bool of_event,
               uint32_t *ret_index, size_t *ret_at, char *reterr, size_t reterr_size)
{
	struct expr_error error = { 0 };
	struct tree t = { 0 };
	struct add a = { s, &t, by, of_event, &error };
	int r = tree_parse(text, strlen(text), &t, &error);

	if (r == 0)
		r = add_tree(&a, ret_index);
	tree_done(&t);
	if (r == -EINVAL) {
		*ret_at = error.at;
		if (reterr_size)
			snprintf(reterr, reterr_size, "%s", error.text);
	}
	return r;
}

int feature_set_add(struct feature_set *s, const char *text, unsigned by, uint32_t *ret_index,
                    size_t *ret_at, char *reterr, size_t reterr_size)
{
	return add(s, text, by, false, ret_index, ret_at, reterr, reterr_size);
}

int set_add_of_event(struct feature_set *s, const char *text, uint32_t *ret_index, size_t *ret_at,
                     char *reterr, size_t reterr_size)
{
	int r = add(s, text, 0, true, ret_index, ret_at, reterr, reterr_size);

	if (r == 0)
		s->features[*ret_index].early = true;
	return r;
}
