/* Windows by any texts, of a side, behind any condition and of other instruments equal what is worked
 * out from scratch from all events, whatever their order of arrival; so do ticks, and keys looked at
 * between events. */
#include "features/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define START (1700000000 * NS_PER_S)
#define LATENESS (2 * NS_PER_S)
#define STEPS 1000
#define ROUNDS 24
#define N_FEATURES 24
#define MAX_KEYS 400
#define SILENCE (1500 * NS_PER_MS)

static const char *const instruments[] = { "ES", "NQ", "E" };
static const char *const accounts[] = { "a", "ES", "SES" };
static const char *const venues[] = { "X", "Y" };

/* What is known of a key: its texts, and the times that move its windows. */
struct model_key {
	unsigned by;
	const char *texts[4];
	int64_t first, last, now;
	bool told;
};

struct model_feature {
	char text[200];
	uint32_t index;
	unsigned by; /* as asked for */
	enum { COUNT, SUM, MAX, ABSENT, TEST } what;
	int kind; /* -1: any */
	int side; /* 0 none, 1 buy, 2 sell, 3 same, 4 opposite */
	int where; /* index of filters, -1 none */
	const char *of;
	int64_t window;
};

struct model {
	struct tocsin_event events[STEPS]; /* that were learned */
	size_t n;
	struct model_key keys[MAX_KEYS];
	size_t n_keys;
	unsigned spaces[16]; /* by, in the order of the features */
	size_t n_spaces;
	uint32_t waits; /* bit `by` of those with ticks */
	int64_t watermark;
	struct model_feature features[N_FEATURES];
};

/* Conditions on an event: 1, 0, -1 = no value. ------------------------------------------------- */

static bool is(const struct tocsin_str *s, const char *word)
{
	return s->p && s->n == strlen(word) && memcmp(s->p, word, s->n) == 0;
}

static int big(const struct tocsin_event *e)
{
	return e->qty == TOCSIN_NONE ? -1 : e->qty > 3 * TOCSIN_SCALE;
}

static int bought(const struct tocsin_event *e)
{
	return e->side == TOCSIN_SIDE_NONE ? -1 : e->side == TOCSIN_BUY;
}

static int on_x(const struct tocsin_event *e)
{
	return !e->venue.p ? -1 : is(&e->venue, "X");
}

static int self(const struct tocsin_event *e)
{
	if (!e->account.p || !e->counterparty.p)
		return -1;
	return e->account.n == e->counterparty.n &&
	       memcmp(e->account.p, e->counterparty.p, e->account.n) == 0;
}

static int watched(const struct tocsin_event *e)
{
	return !e->account.p ? -1 : is(&e->account, "ES") || is(&e->account, "SES");
}

static int big_or_watched(const struct tocsin_event *e)
{
	int a = big(e), b = watched(e);

	return a == 1 || b == 1 ? 1 : a < 0 || b < 0 ? -1 : 0;
}

static int not_traded(const struct tocsin_event *e)
{
	return e->kind != TOCSIN_TRADE;
}

static const struct filter {
	const char *text;
	int (*of)(const struct tocsin_event *);
} filters[] = {
	{ "size > 3", big },
	{ "side == buy", bought },
	{ "venue in (\"X\", \"Z\")", on_x },
	{ "account == counterparty", self },
	{ "account in watch", watched },
	{ "size > 3 or account in watch", big_or_watched },
	{ "kind != trade", not_traded },
};

#define N_FILTERS (sizeof filters / sizeof filters[0])

/* Features ------------------------------------------------------------------------------------ */

static void by_text(unsigned by, char out[static 64])
{
	static const char *const names[] = { "counterparty", "venue", "account", "instrument" };
	static const unsigned bits[] = { FEATURE_BY_COUNTERPARTY, FEATURE_BY_VENUE,
		                         FEATURE_BY_ACCOUNT, FEATURE_BY_INSTRUMENT };
	const char *before = " by ";

	out[0] = 0;
	for (int i = 0; i < 4; i++)
		if (by & bits[i]) {
			strcat(out, before);
			strcat(out, names[i]);
			before = "+";
		}
}

/* Writes the feature as a person would; `default_by` is said or left out. */
static void write_feature(struct model_feature *f, bool say)
{
	static const char *const sides[] = { "", "buy, ", "sell, ", "same, ", "opposite, " };
	static const char *const kinds[] = { "trade, ", "quote, ", "order_add, " };
	const char *name = f->what == COUNT ? "count("
	                   : f->what == SUM ? "sum(size, "
	                                    : "max(price, ";
	char window[TIMEFMT_TEXT], by[64] = "", of[40] = "", where[80] = "";

	duration_format(f->window, window);
	if (say)
		by_text(f->by, by);
	if (f->of)
		snprintf(of, sizeof of, " of \"%s\"", f->of);
	if (f->where >= 0)
		snprintf(where, sizeof where, " where %s", filters[f->where].text);
	if (f->what == ABSENT)
		snprintf(f->text, sizeof f->text, "absent_for(%s)%s", window, by);
	else if (f->what == TEST)
		snprintf(f->text, sizeof f->text, "%s", filters[f->where].text);
	else
		snprintf(f->text, sizeof f->text, "%s%s%s%s%s)%s%s", name,
		         f->kind < 0 ? "" : kinds[f->kind], sides[f->side], window, where, by, of);
}

static struct model_feature random_feature(struct rng *r)
{
	static const int single[] = { 1, 2, 3, 4, 6 }; /* filters that are one feature */
	uint64_t pick = rng_below(r, 12);
	struct model_feature f = {
		.by = 1 + (unsigned)rng_below(r, 15),
		.what = pick < 5    ? COUNT
		        : pick < 8  ? SUM
		        : pick < 10 ? MAX
		        : pick < 11 ? ABSENT
		                    : TEST,
		.kind = (int)rng_below(r, 4) - 1,
		.side = rng_below(r, 2) ? (int)rng_below(r, 5) : 0,
		.where = rng_below(r, 2) ? (int)rng_below(r, N_FILTERS) : -1,
		.window = (int64_t)(1 + rng_below(r, 4)) * 700 * NS_PER_MS,
	};

	if (rng_below(r, 3) == 0)
		f.by = FEATURE_BY_INSTRUMENT;
	if (f.what == ABSENT)
		f.window = SILENCE;
	if (f.what == TEST)
		f.where = single[rng_below(r, 5)];
	if ((f.what == SUM || f.what == MAX) && f.kind == 1)
		f.kind = 0; /* quotes have no size */
	if (f.by == FEATURE_BY_INSTRUMENT && f.what < ABSENT && rng_below(r, 3) == 0)
		f.of = instruments[rng_below(r, 3)];
	return f;
}

static void add_space(struct model *m, unsigned by)
{
	size_t i = 0;

	while (i < m->n_spaces && m->spaces[i] != by)
		i++;
	m->spaces[i] = by;
	m->n_spaces += i == m->n_spaces;
}

static struct feature_set *make_set(struct model *m, struct rng *r)
{
	const struct tocsin_str watch[] = { { "ES", 2 }, { "SES", 3 }, { "nobody", 6 } };
	struct feature_set *s;

	ck_assert_int_eq(feature_set_new(&s), 0);
	ck_assert_int_eq(feature_set_list(s, "watch", watch, 3), 0);
	feature_set_keep(s, FEATURE_BY_ACCOUNT | FEATURE_BY_VENUE);
	add_space(m, FEATURE_BY_ACCOUNT | FEATURE_BY_VENUE);
	for (int i = 0; i < N_FEATURES; i++) {
		struct model_feature *f = &m->features[i];
		bool say = rng_below(r, 2);
		char reason[200] = "";
		size_t at;

		*f = random_feature(r);
		write_feature(f, say);
		ck_assert_msg(feature_set_add(s, f->text, say ? FEATURE_BY_VENUE : f->by, &f->index,
		                              &at, reason, sizeof reason) == 0,
		              "%s: %s", f->text, reason);
		if (f->what != TEST)
			add_space(m, f->by);
		if (f->what == ABSENT)
			m->waits |= 1u << f->by;
	}
	return s;
}

/* The model ----------------------------------------------------------------------------------- */

static const struct tocsin_str *text_of(const struct tocsin_event *e, unsigned i)
{
	const struct tocsin_str *const all[] = { &e->instrument, &e->account, &e->venue,
		                                 &e->counterparty };

	return all[i];
}

/* Are the event's texts those of a key by `by` with these? */
static bool fits(const struct tocsin_event *e, unsigned by, const char *const texts[4])
{
	for (unsigned i = 0; i < 4; i++)
		if ((by & 1u << i) && !is(text_of(e, i), texts[i]))
			return false;
	return true;
}

/* The event's key by these texts, made if new when `make`; NULL: it lacks one, or is not known. */
static struct model_key *key_of(struct model *m, const struct tocsin_event *e, unsigned by,
                                bool make)
{
	struct model_key *k;

	for (unsigned i = 0; i < 4; i++)
		if ((by & 1u << i) && !text_of(e, i)->p)
			return NULL;
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i].by == by && fits(e, by, m->keys[i].texts))
			return &m->keys[i];
	if (!make)
		return NULL;
	ck_assert_uint_lt(m->n_keys, MAX_KEYS);
	k = &m->keys[m->n_keys++];
	*k = (struct model_key){
		.by = by, .first = INT64_MAX, .last = INT64_MIN, .now = INT64_MIN
	};
	for (unsigned i = 0; i < 4; i++)
		k->texts[i] = by & 1u << i ? text_of(e, i)->p : NULL;
	return k;
}

static struct model_key *other_of(struct model *m, const struct model_feature *f)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i].by == FEATURE_BY_INSTRUMENT &&
		    strcmp(m->keys[i].texts[0], f->of) == 0)
			return &m->keys[i];
	return NULL;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Every key of the event, or of a tick, has come to its time. */
static void pass_time(struct model *m, const struct tocsin_event *e, bool learn)
{
	for (size_t i = 0; i < m->n_spaces; i++) {
		struct model_key *k = key_of(m, e, m->spaces[i], learn);

		if (!k)
			continue;
		k->now = later(k->now, e->time_ns);
		if (!learn)
			continue;
		if (e->time_ns < k->first)
			k->first = e->time_ns;
		if (e->time_ns > k->last) {
			k->last = e->time_ns;
			k->told = false;
		}
	}
	for (int i = 0; i < N_FEATURES; i++) {
		struct model_key *k = m->features[i].of ? other_of(m, &m->features[i]) : NULL;

		if (k)
			k->now = later(k->now, e->time_ns);
	}
}

static bool enters(const struct model_feature *f, const struct tocsin_event *e, unsigned side)
{
	if (f->what == MAX || f->what == SUM) {
		if (f->kind < 0 && e->kind != TOCSIN_TRADE && e->kind != TOCSIN_BAR)
			return false;
		/* a sum of a given kind needs no price, all others do */
		if (e->price == TOCSIN_NONE && !(f->what == SUM && f->kind >= 0))
			return false;
	}
	return (f->kind < 0 || e->kind == f->kind) && (!side || e->side == side) &&
	       (f->where < 0 || filters[f->where].of(e) == 1);
}

static double naive(struct model *m, const struct model_feature *f, const struct tocsin_event *e)
{
	const struct model_key *k = f->of ? other_of(m, f) : key_of(m, e, f->by, false);
	unsigned side = f->side <= 2 ? (unsigned)f->side : e->side;
	int64_t sum = 0, most = INT64_MIN;
	int n = 0, yes;

	if (f->what == TEST) {
		yes = filters[f->where].of(e);
		return yes < 0 ? NAN : (double)yes;
	}
	if (f->side > 2 && f->what != ABSENT && side == TOCSIN_SIDE_NONE)
		return NAN;
	if (f->side == 4)
		side = side == TOCSIN_BUY ? TOCSIN_SELL : TOCSIN_BUY;
	if (!k)
		return NAN;
	if (f->what == ABSENT)
		return k->now - k->last >= f->window;
	if (k->now - k->first < f->window)
		return NAN;
	for (size_t i = 0; i < m->n; i++) {
		const struct tocsin_event *x = &m->events[i];

		if (!fits(x, k->by, k->texts) || x->time_ns <= k->now - f->window ||
		    x->time_ns > k->now || !enters(f, x, side))
			continue;
		n++;
		sum += x->qty == TOCSIN_NONE ? 0 : x->qty;
		most = later(most, x->price);
	}
	if (f->what == MAX)
		return n ? (double)most / 1e9 : NAN;
	return f->what == COUNT ? (double)n : (double)sum / 1e9;
}

static void compare(struct model *m, const struct tocsin_sample *s, uint64_t seed, int step)
{
	for (int i = 0; i < N_FEATURES; i++) {
		double is_now = s->x[m->features[i].index],
		       was = naive(m, &m->features[i], s->event);

		if (!(isnan(is_now) ? isnan(was) : is_now == was))
			ck_abort_msg("seed %d, step %d: %s is %.17g, not %.17g", (int)seed, step,
			             m->features[i].text, is_now, was);
	}
}

/* Events -------------------------------------------------------------------------------------- */

static struct tocsin_str pick(struct rng *r, const char *const *from, uint64_t n, bool may_lack)
{
	const char *p = from[rng_below(r, n)];

	if (may_lack && rng_below(r, 5) == 0)
		return (struct tocsin_str){ NULL, 0 };
	return (struct tocsin_str){ p, (uint32_t)strlen(p) };
}

static struct tocsin_event random_event(struct rng *r, int64_t *clock)
{
	struct tocsin_event e = {
		.size = sizeof e,
		.kind = (uint8_t)(rng_below(r, 2) ? TOCSIN_TRADE : rng_below(r, TOCSIN_TICK)),
		.side = (uint8_t)rng_below(r, 3),
		.price = rng_below(r, 10) ? (int64_t)rng_below(r, 100) * TOCSIN_SCALE : TOCSIN_NONE,
		.qty = rng_below(r, 10) ? (int64_t)rng_below(r, 8) * TOCSIN_SCALE : TOCSIN_NONE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.instrument = pick(r, instruments, 3, false),
		.account = pick(r, accounts, 3, true),
		.venue = pick(r, venues, 2, true),
		.counterparty = pick(r, accounts, 3, true),
	};

	if (rng_below(r, 3))
		*clock += (int64_t)rng_below(r, rng_below(r, 30) ? 3 : 80) * 50 * NS_PER_MS;
	e.time_ns = *clock;
	if (rng_below(r, 4) == 0)
		e.time_ns -= (int64_t)rng_below(r, 2300) * NS_PER_MS;
	if (rng_below(r, 60) == 0)
		e.flags = TOCSIN_FLAG_SNAPSHOT;
	return e;
}

/* Silences: which key is due first? The order of spaces decides between equal times, then the texts. */
static bool before(const struct model *m, const struct model_key *a, const struct model_key *b)
{
	char x[64] = "", y[64] = "";
	size_t i = 0, j = 0;

	if (a->last != b->last)
		return a->last < b->last;
	while (m->spaces[i] != a->by)
		i++;
	while (m->spaces[j] != b->by)
		j++;
	if (i != j)
		return i < j;
	for (unsigned t = 0; t < 4; t++) {
		strcat(x, a->texts[t] ? a->texts[t] : "");
		strcat(y, b->texts[t] ? b->texts[t] : "");
	}
	if (strcmp(x, y) != 0)
		return strcmp(x, y) < 0;
	for (unsigned t = 0; t < 4; t++) /* the same bytes: where the first text ends */
		if (a->texts[t] && strcmp(a->texts[t], b->texts[t]) != 0)
			return strlen(a->texts[t]) < strlen(b->texts[t]);
	return false;
}

static struct model_key *next_silence(struct model *m, int64_t time_ns)
{
	struct model_key *best = NULL;

	for (size_t i = 0; i < m->n_keys; i++) {
		struct model_key *k = &m->keys[i];

		if (!(m->waits & 1u << k->by) || k->told || k->last + SILENCE > time_ns)
			continue;
		if (!best || before(m, k, best))
			best = k;
	}
	return best;
}

static int check_ticks(struct model *m, struct feature_table *t, int64_t time_ns, uint64_t seed,
                       int step)
{
	struct tocsin_sample s;
	struct model_key *k;
	int n = 0;

	for (; (k = next_silence(m, time_ns)); n++) {
		if (!feature_table_tick(t, time_ns, &s))
			ck_abort_msg("seed %d, step %d: no tick", (int)seed, step);
		if (s.event->kind != TOCSIN_TICK || s.event->time_ns != k->last + SILENCE ||
		    feature_parts(s.event) != k->by || !fits(s.event, k->by, k->texts))
			ck_abort_msg("seed %d, step %d: another tick", (int)seed, step);
		k->told = true;
		pass_time(m, s.event, false);
		compare(m, &s, seed, step);
	}
	if (feature_table_tick(t, time_ns, &s))
		ck_abort_msg("seed %d, step %d: a tick too many", (int)seed, step);
	return n;
}

/* Looks at a key between events. */
static void check_key(struct model *m, struct feature_table *t, const struct model_key *k,
                      int64_t time_ns, uint64_t seed, int step)
{
	struct tocsin_event e = { .size = sizeof e };
	struct tocsin_str *const texts[] = { &e.instrument, &e.account, &e.venue, &e.counterparty };
	struct feature_times times;
	struct tocsin_sample s;
	uint64_t entity;

	for (unsigned i = 0; i < 4; i++)
		if (k->texts[i])
			*texts[i] = (struct tocsin_str){ k->texts[i],
				                         (uint32_t)strlen(k->texts[i]) };
	entity = feature_entity(&e, k->by);
	if (!feature_table_times(t, k->by, entity, &times) || times.first_ns != k->first ||
	    times.last_ns != k->last || times.now_ns != k->now)
		ck_abort_msg("seed %d, step %d: other times of a key", (int)seed, step);
	if (!feature_table_at(t, k->by, entity, time_ns, &s) || !fits(s.event, k->by, k->texts))
		ck_abort_msg("seed %d, step %d: another key", (int)seed, step);
	pass_time(m, s.event, false);
	compare(m, &s, seed, step);
}

static bool learns(struct model *m, const struct tocsin_event *e)
{
	if (e->flags & TOCSIN_FLAG_SNAPSHOT || e->time_ns < m->watermark - LATENESS)
		return false;
	m->watermark = later(m->watermark, e->time_ns);
	return true;
}

static void run_round(struct model *m, uint64_t seed, int *ticks, uint64_t *late)
{
	const struct feature_limits limits = { MAX_KEYS, STEPS, LATENESS, { 0 } };
	struct rng r = { seed };
	int64_t clock = START;
	struct feature_set *set;
	struct feature_table *t = NULL;
	struct feature_counts counts;

	*m = (struct model){ .watermark = START - 10 * NS_PER_S };
	set = make_set(m, &r);
	ck_assert_int_eq(feature_table_new(set, &limits, &t), 0);
	for (int step = 0; step < STEPS; step++) {
		struct tocsin_event e = random_event(&r, &clock);
		struct tocsin_sample s;
		bool learn;

		*ticks += check_ticks(m, t, e.time_ns, seed, step);
		if (m->n_keys && rng_below(&r, 10) == 0)
			check_key(m, t, &m->keys[rng_below(&r, m->n_keys)], clock, seed, step);
		feature_table_add(t, &e, &s);
		learn = learns(m, &e);
		if (learn) {
			m->events[m->n++] = e;
			pass_time(m, &e, true);
		}
		compare(m, &s, seed, step);
	}
	feature_table_counts(t, &counts);
	ck_assert_uint_eq(counts.keys, m->n_keys);
	ck_assert_uint_eq(counts.window_truncated, 0);
	*late += counts.late;
	feature_table_free(t);
	feature_set_free(set);
}

START_TEST(spaces_equal_a_recomputation)
{
	struct model *m = calloc(1, sizeof *m);
	uint64_t late = 0;
	int ticks = 0;

	ck_assert_ptr_nonnull(m);
	for (uint64_t seed = 1; seed <= ROUNDS; seed++)
		run_round(m, seed, &ticks, &late);
	free(m);
	ck_assert_int_gt(ticks, ROUNDS); /* the rounds did meet what they are for */
	ck_assert_uint_gt(late, ROUNDS);
}
END_TEST

SUITE("features spaces", spaces_equal_a_recomputation)
