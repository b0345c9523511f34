/* What is asked for: text of a feature -> an entry that names its windows; equal texts, series and
 * windows are shared. Runs when a configuration loads, so it is written for clear messages. */
#include "set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "expr/scalar.h"
#include "expr/tree.h"
#include "features/function.h"

#define MAX_WORDS 64

int feature_set_new(struct feature_set **ret_set)
{
	struct feature_set *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	*ret_set = s;
	return 0;
}

struct feature_set *feature_set_free(struct feature_set *s)
{
	if (!s)
		return NULL;
	for (uint32_t i = 0; i < s->n_features; i++)
		free(s->features[i].name);
	free(s->features);
	for (uint32_t i = 0; i < s->n_spaces; i++) {
		free(s->spaces[i].series);
		free(s->spaces[i].windows);
		free(s->spaces[i].silences);
	}
	free(s);
	return NULL;
}

/* Growing ------------------------------------------------------------------------------------- */

/* Room for one more in an array that doubles at powers of two. */
static void *more_room(void *p, uint32_t n, size_t size)
{
	return n & (n - 1) ? p : realloc(p, (n ? 2 * (size_t)n : 1) * size);
}

uint32_t set_space(struct feature_set *s, unsigned by)
{
	uint32_t i = 0;

	while (i < s->n_spaces && s->spaces[i].by != by)
		i++;
	if (i == s->n_spaces)
		s->spaces[s->n_spaces++].by = by;
	return i;
}

static int find_series(struct set_space *s, uint32_t kinds, bool priced, uint32_t *ret)
{
	struct set_series *more;

	for (uint32_t i = 0; i < s->n_series; i++) {
		if (s->series[i].kinds == kinds && s->series[i].priced == priced) {
			*ret = i;
			return 0;
		}
	}
	more = more_room(s->series, s->n_series, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->series = more;
	s->series[s->n_series] = (struct set_series){
		.kinds = kinds,
		.priced = priced,
		.first_window = SET_NONE,
	};
	*ret = s->n_series++;
	return 0;
}

static void number_extremes(struct set_space *s)
{
	s->n_extremes = 0;
	for (uint32_t i = 0; i < s->n_windows; i++) {
		s->windows[i].extremes = s->n_extremes;
		s->n_extremes += (uint32_t)__builtin_popcount(s->windows[i].needs & NEED_EXTREMES);
	}
}

int set_window(struct set_space *s, uint32_t kinds, bool priced, int64_t length_ns, uint32_t needs,
               uint32_t *ret_window)
{
	struct set_window *more;
	uint32_t series, i;
	int r = find_series(s, kinds, priced, &series);

	if (r)
		return r;
	for (i = s->series[series].first_window; i != SET_NONE; i = s->windows[i].next)
		if (s->windows[i].length_ns == length_ns)
			break;
	if (i == SET_NONE) {
		more = more_room(s->windows, s->n_windows, sizeof *more);
		if (!more)
			return -ENOMEM;
		s->windows = more;
		i = s->n_windows++;
		s->windows[i] = (struct set_window){
			.series = series,
			.next = s->series[series].first_window,
			.length_ns = length_ns,
		};
		s->series[series].first_window = i;
	}
	s->windows[i].needs |= needs;
	number_extremes(s);
	*ret_window = i;
	return 0;
}

static int add_silence(struct set_space *s, int64_t time_ns)
{
	uint32_t i = 0;
	int64_t *more;

	while (i < s->n_silences && s->silences[i] < time_ns)
		i++;
	if (i < s->n_silences && s->silences[i] == time_ns)
		return 0;
	more = more_room(s->silences, s->n_silences, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->silences = more;
	memmove(&more[i + 1], &more[i], (s->n_silences - i) * sizeof *more);
	more[i] = time_ns;
	s->n_silences++;
	return 0;
}

/* Reading arguments --------------------------------------------------------------------------- */

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

static bool is_word(const struct parse *p, const struct tree_node *n, const char *word)
{
	return n->op == TREE_NAME && strlen(word) == n->name_n &&
	       memcmp(p->tree->text + n->at, word, n->name_n) == 0;
}

static int read_kind(struct parse *p, const struct tree_node *n)
{
	const char *words[TOCSIN_TICK + 1];

	words[TOCSIN_TICK] = "any";
	for (unsigned k = 0; k < TOCSIN_TICK; k++)
		words[k] = tocsin_kind_name(k);
	for (unsigned k = 0; k <= TOCSIN_TICK; k++) {
		if (is_word(p, n, words[k])) {
			p->feature->kinds = k == TOCSIN_TICK ? SET_KINDS_ANY : TOCSIN_KIND_BIT(k);
			return 0;
		}
	}
	if (n->op != TREE_NAME)
		return expr_fail(p->error, n->at,
		                 "expected a kind of event, such as trade, or any");
	return unknown(p, "kind", n, n->name_n, words, TOCSIN_TICK + 1);
}

static int read_field(struct parse *p, const struct tree_node *n, enum argument which)
{
	static const char *const words[] = { "price", "size" };
	const char *only = which == ARG_PRICE  ? "price"
	                   : which == ARG_SIZE ? "size"
	                                       : "price or size";
	bool price = is_word(p, n, "price"), size = is_word(p, n, "size");
	const char *name = p->feature->function->text->name;

	if (n->op != TREE_NAME)
		return expr_fail(p->error, n->at, "%s needs %s here", name, only);
	if (!price && !size && nearest(p->tree->text + n->at, n->name_n, words, 2))
		return unknown(p, "field", n, n->name_n, words, 2);
	if ((price && which != ARG_SIZE) || (size && which != ARG_PRICE)) {
		p->feature->field = price ? FIELD_PRICE : FIELD_SIZE;
		return 0;
	}
	return expr_fail(p->error, n->at, "%s is of %s, not of '%.*s'", name, only,
	                 (int)(n->name_n > 60 ? 60 : n->name_n), p->tree->text + n->at);
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
	const struct function *f = p->feature->function;

	return expr_fail(p->error, call->end - 1, "%s needs a %s: %s%s", f->text->name,
	                 which == ARG_WINDOW ? "window" : "field", f->text->name, f->text->args);
}

static int read_arguments(struct parse *p, const struct tree_node *call)
{
	const struct function *f = p->feature->function;
	uint32_t next = call->first;

	p->feature->kinds = SET_KINDS_ANY;
	for (const enum argument *a = f->arguments; *a != ARG_END; a++) {
		const struct tree_node *n = next == TREE_NONE ? NULL : &p->tree->nodes[next];
		int r;

		if (*a == ARG_KIND && (!n || (n->op != TREE_NAME && call->n == 1)))
			continue;
		if (!n)
			return missing(p, call, *a);
		if (*a == ARG_KIND)
			r = read_kind(p, n);
		else if (*a == ARG_WINDOW)
			r = read_window(p, n);
		else
			r = read_field(p, n, *a);
		if (r)
			return r;
		next = n->next;
	}
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

static int parse_feature(const struct tree *t, struct feature *f, struct expr_error *error)
{
	const struct tree_node *n = &t->nodes[t->root];
	struct parse p = { t, f, error };
	int r;

	if (n->op != TREE_NAME && n->op != TREE_CALL)
		return expr_fail(error, n->at, "expected a feature, such as sum(size, 1m)");
	r = find_function(&p, n);
	return r || n->op == TREE_NAME ? r : read_arguments(&p, n);
}

/* Adding -------------------------------------------------------------------------------------- */

static const char *kinds_text(uint32_t kinds)
{
	if (kinds == 0 || kinds == SET_KINDS_ANY)
		return NULL;
	return tocsin_kind_name((unsigned)__builtin_ctz(kinds));
}

static void put_by(struct buf *b, unsigned by)
{
	static const char *const names[SET_PARTS] = { "instrument", "account", "venue",
		                                      "counterparty" };
	const char *before = " by ";

	for (unsigned i = 0; i < SET_PARTS; i++)
		if (by & 1u << i) {
			buf_printf(b, "%s%s", before, names[i]);
			before = "+";
		}
}

/* The one text of equal features: "count(order_cancel, 1m30s)". */
static char *canonical(const struct feature *f)
{
	const char *comma = "", *kind = kinds_text(f->kinds);
	char window[TIMEFMT_TEXT];
	struct buf b = { 0 };

	buf_puts(&b, f->function->text->name);
	if (f->function->arguments[0] != ARG_END)
		buf_putc(&b, '(');
	for (const enum argument *a = f->function->arguments; *a != ARG_END; a++) {
		if (*a == ARG_KIND && !kind)
			continue;
		if (*a == ARG_WINDOW)
			duration_format(f->window_ns, window);
		buf_printf(&b, "%s%s", comma,
		           *a == ARG_KIND            ? kind
		           : *a == ARG_WINDOW        ? window
		           : f->field == FIELD_PRICE ? "price"
		                                     : "size");
		comma = ", ";
	}
	if (f->function->arguments[0] != ARG_END)
		buf_putc(&b, ')');
	if (f->by & ~FEATURE_BY_INSTRUMENT)
		put_by(&b, f->by);
	return buf_take(&b);
}

static int ask_windows(struct set_space *s, struct feature *f)
{
	const struct function *fn = f->function;
	uint32_t needs = f->field == FIELD_SIZE ? fn->needs_size : fn->needs_price;
	int r;

	if (fn->arguments[0] == ARG_END)
		return 0;
	if (fn->silence)
		return add_silence(s, f->window_ns);
	if (fn->priced)
		return set_window(s, SET_KINDS_PRICED, true, f->window_ns, needs, &f->window[0]);
	if (!fn->kinds[0])
		return set_window(s, f->kinds, false, f->window_ns, 0, &f->window[0]);
	r = set_window(s, fn->kinds[0], false, f->window_ns, 0, &f->window[0]);
	if (r)
		return r;
	return set_window(s, fn->kinds[1], false, f->window_ns, 0, &f->window[1]);
}

static int add_parsed(struct feature_set *s, struct feature *f, uint32_t *ret_index,
                      struct expr_error *error)
{
	_cleanup_(freep) char *name = canonical(f);
	struct feature *more;
	int r;

	if (!name)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_features; i++) {
		if (strcmp(s->features[i].name, name) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	if (s->n_features == SET_MAX_FEATURES)
		return expr_fail(error, 0, "more than %d different features", SET_MAX_FEATURES);
	more = more_room(s->features, s->n_features, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->features = more;
	f->space = f->by ? set_space(s, f->by) : SET_MAX_SPACES;
	r = f->by ? ask_windows(&s->spaces[f->space], f) : 0;
	if (r)
		return r;
	if (f->window_ns > s->lookback_ns)
		s->lookback_ns = f->window_ns;
	f->name = TAKE_PTR(name);
	s->features[s->n_features] = *f;
	*ret_index = s->n_features++;
	return 0;
}

int feature_set_add(struct feature_set *s, const char *text, unsigned by, uint32_t *ret_index,
                    size_t *ret_at, char *reterr, size_t reterr_size)
{
	struct expr_error error = { 0 };
	struct feature f = { 0 };
	struct tree t = { 0 };
	int r = tree_parse(text, strlen(text), &t, &error);

	if (r == 0)
		r = parse_feature(&t, &f, &error);
	if (r == 0)
		f.by = f.function->of_event ? 0 : by;
	if (r == 0)
		r = add_parsed(s, &f, ret_index, &error);
	tree_done(&t);
	if (r == -EINVAL) {
		*ret_at = error.at;
		if (reterr_size)
			snprintf(reterr, reterr_size, "%s", error.text);
	}
	return r;
}

uint32_t feature_set_count(const struct feature_set *s)
{
	return s->n_features;
}

const char *feature_set_name(const struct feature_set *s, uint32_t index)
{
	return s->features[index].name;
}

unsigned feature_set_by(const struct feature_set *s, uint32_t index)
{
	return s->features[index].by;
}

bool feature_set_ticks(const struct feature_set *s, uint32_t index)
{
	return s->features[index].function->silence;
}

void feature_set_keep(struct feature_set *s, unsigned by)
{
	set_space(s, by);
}

int64_t feature_set_lookback_of(const struct feature_set *s, const uint32_t *indexes, size_t n)
{
	int64_t longest = 0;

	for (size_t i = 0; i < n; i++)
		if (s->features[indexes[i]].window_ns > longest)
			longest = s->features[indexes[i]].window_ns;
	return longest;
}

int64_t feature_set_lookback(const struct feature_set *s)
{
	return s->lookback_ns;
}
