/* What is asked for: features, each an entry that names its windows; equal texts, series and windows
 * are shared. Runs when a configuration loads. */
#include "set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "features/filter.h"
#include "features/function.h"

int feature_set_new(struct feature_set **ret_set)
{
	struct feature_set *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->use_calendar = SET_NONE;
	*ret_set = s;
	return 0;
}

struct feature_set *feature_set_free(struct feature_set *s)
{
	if (!s)
		return NULL;
	for (uint32_t i = 0; i < s->n_features; i++) {
		free(s->features[i].name);
		text_test_done(&s->features[i].test);
	}
	free(s->features);
	for (uint32_t i = 0; i < s->n_others; i++)
		free(s->others[i].text);
	free(s->others);
	for (uint32_t i = 0; i < s->n_calendars; i++)
		free(s->calendars[i].name);
	free(s->calendars);
	filters_done(s);
	text_lists_done(&s->lists);
	for (uint32_t i = 0; i < s->n_spaces; i++) {
		free(s->spaces[i].series);
		free(s->spaces[i].windows);
		free(s->spaces[i].decays);
		free(s->spaces[i].silences);
	}
	free(s);
	return NULL;
}

/* Growing ------------------------------------------------------------------------------------- */

void *set_more_room(void *p, uint32_t n, size_t size)
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

static bool same_series(const struct set_series *a, const struct set_series *b)
{
	return a->kinds == b->kinds && a->side == b->side && a->filter == b->filter &&
	       a->content == b->content && a->text == b->text;
}

/* The series that takes what `what` does, made if new, keeping what it asks for. 0 or -ENOMEM. */
static int find_series(struct set_space *s, const struct set_series *what, uint32_t *ret)
{
	struct set_series *more;
	uint32_t i = 0;

	while (i < s->n_series && !same_series(&s->series[i], what))
		i++;
	if (i == s->n_series) {
		more = set_more_room(s->series, s->n_series, sizeof *more);
		if (!more)
			return -ENOMEM;
		s->series = more;
		s->series[i] = *what;
		s->series[i].first_window = s->series[i].first_decay = SET_NONE;
		s->n_series++;
	}
	if (what->keep > s->series[i].keep)
		s->series[i].keep = what->keep;
	*ret = i;
	return 0;
}

/* Numbers those of a sort that the window has; how many there are. */
static uint8_t number(struct set_window *w, uint32_t sort)
{
	uint8_t n = 0;

	for (unsigned bit = 0; bit < SET_NEEDS; bit++)
		if (sort & w->needs & 1u << bit)
			w->place[bit] = n++;
	return n;
}

/* Which place each window's parts have in a key. */
static void number_parts(struct set_space *s)
{
	s->n_extremes = s->n_squares = s->n_ranks = s->n_distinct = 0;
	for (uint32_t i = 0; i < s->n_windows; i++) {
		struct set_window *w = &s->windows[i];

		w->extremes = s->n_extremes;
		w->squares = s->n_squares;
		w->ranks = s->n_ranks;
		w->distinct = s->n_distinct;
		w->n_extremes = number(w, NEED_EXTREMES);
		w->n_squares = number(w, NEED_SQUARES);
		w->n_ranks = number(w, NEED_RANKS);
		w->n_distinct = number(w, NEED_DISTINCT);
		s->n_extremes += w->n_extremes;
		s->n_squares += w->n_squares;
		s->n_ranks += w->n_ranks;
		s->n_distinct += w->n_distinct;
	}
}

static int find_decay(struct set_space *s, const struct set_series *what, enum set_field field,
                      int64_t half_life_ns, uint32_t *ret_decay)
{
	struct set_decay *more;
	uint32_t series, i;
	int r = find_series(s, what, &series);

	if (r)
		return r;
	for (i = s->series[series].first_decay; i != SET_NONE; i = s->decays[i].next)
		if (s->decays[i].field == field && s->decays[i].half_life_ns == half_life_ns)
			break;
	if (i == SET_NONE) {
		more = set_more_room(s->decays, s->n_decays, sizeof *more);
		if (!more)
			return -ENOMEM;
		s->decays = more;
		i = s->n_decays++;
		s->decays[i] = (struct set_decay){
			.series = series,
			.next = s->series[series].first_decay,
			.field = field,
			.half_life_ns = half_life_ns,
		};
		s->series[series].first_decay = i;
	}
	*ret_decay = i;
	return 0;
}

/* The window of `length_ns` over that series, made if new, keeping `needs`. 0 or -ENOMEM. */
static int find_window(struct set_space *s, const struct set_series *what, int64_t length_ns,
                       uint32_t needs, uint32_t *ret_window)
{
	struct set_window *more;
	uint32_t series, i;
	int r = find_series(s, what, &series);

	if (r)
		return r;
	for (i = s->series[series].first_window; i != SET_NONE; i = s->windows[i].next)
		if (s->windows[i].length_ns == length_ns)
			break;
	if (i == SET_NONE) {
		more = set_more_room(s->windows, s->n_windows, sizeof *more);
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
	number_parts(s);
	*ret_window = i;
	return 0;
}

static int add_silence(struct set_space *s, int64_t time_ns, uint32_t calendar)
{
	struct set_silence *more;
	uint32_t i = 0;

	while (i < s->n_silences && s->silences[i].time_ns < time_ns)
		i++;
	for (uint32_t j = i; j < s->n_silences && s->silences[j].time_ns == time_ns; j++)
		if (s->silences[j].calendar == calendar)
			return 0;
	more = set_more_room(s->silences, s->n_silences, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->silences = more;
	memmove(&more[i + 1], &more[i], (s->n_silences - i) * sizeof *more);
	more[i] = (struct set_silence){ time_ns, calendar };
	s->n_silences++;
	return 0;
}

/* Asking -------------------------------------------------------------------------------------- */

/* The series that a feature is of. */
static struct set_series series_of(const struct feature *f, uint32_t kinds)
{
	struct set_series what = {
		.kinds = kinds ? kinds : SET_KINDS_ANY,
		.side = f->side,
		.filter = f->filter,
	};

	if (f->field >= FIELD_INSTRUMENT) {
		what.content = CONTENT_TEXT;
		what.text = f->field;
	} else if (f->function->circles) {
		what.content = CONTENT_CIRCLE;
		what.kinds = TOCSIN_KIND_BIT(TOCSIN_TRADE);
	} else if (f->function->priced) {
		what.content = kinds && f->field == FIELD_SIZE ? CONTENT_SIZED : CONTENT_PRICED;
		what.kinds = kinds ? kinds : SET_KINDS_PRICED;
	}
	return what;
}

int set_ask(struct set_space *s, struct feature *f)
{
	const struct function *fn = f->function;
	const uint32_t *kinds = fn->kinds[0] ? fn->kinds : f->kinds;
	uint32_t needs = f->field >= FIELD_INSTRUMENT ? NEED_DISTINCT_FIRST : fn->needs[f->field];
	struct set_series what = series_of(f, kinds[0]);
	int r;

	if (fn->arguments[0] == ARG_END || fn->book)
		return 0;
	if (fn->silence) /* of another instrument: it is read, but wakes nobody */
		return f->slot < SET_MAX_SPACES ? add_silence(s, f->window_ns, f->calendar) : 0;
	if (fn->decays)
		return find_decay(s, &what, f->field, f->window_ns, &f->decay);
	if (fn->keeps) {
		what.keep = f->n + 1 < 2 ? 2 : f->n + 1;
		return find_series(s, &what, &f->series);
	}
	r = find_window(s, &what, f->window_ns, needs, &f->window[0]);
	if (r || !kinds[1])
		return r;
	what = series_of(f, kinds[1]);
	return find_window(s, &what, f->window_ns, 0, &f->window[1]);
}

/* Telling ------------------------------------------------------------------------------------- */

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
	const struct feature *f = &s->features[index];

	return f->function->silence && f->slot < SET_MAX_SPACES;
}

int feature_set_list(struct feature_set *s, const char *name, const struct tocsin_str *words,
                     size_t n)
{
	return s->lists.n == SET_MAX_LISTS ? -EINVAL : text_lists_add(&s->lists, name, words, n);
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

int feature_set_calendar(struct feature_set *s, const char *name, const struct calendar *calendar,
                         uint32_t *ret_index)
{
	struct set_calendar *more;

	if (s->n_calendars == SET_MAX_CALENDARS)
		return -EINVAL;
	more = set_more_room(s->calendars, s->n_calendars, sizeof *more);
	if (!more)
		return -ENOMEM;
	s->calendars = more;
	more[s->n_calendars] = (struct set_calendar){ strdup(name), calendar };
	if (!more[s->n_calendars].name)
		return -ENOMEM;
	*ret_index = s->n_calendars++;
	return 0;
}

void feature_set_calendar_of(struct feature_set *s,
                             uint32_t (*of)(const void *ctx, const struct tocsin_str *instrument),
                             const void *ctx)
{
	s->calendar_of = of;
	s->calendar_ctx = ctx;
}

void feature_set_use_calendar(struct feature_set *s, uint32_t calendar)
{
	s->use_calendar = calendar;
}
