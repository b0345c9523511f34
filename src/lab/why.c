/* Gathering what a rule saw. See why.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "lab/why_impl.h"
#include "policy/life.h"

#define MAX_NAMES 500

static bool is_asked(const struct lab_why *w, const struct tocsin_event *e)
{
	size_t n = strlen(w->ask.instrument);

	return e->instrument.n == n && memcmp(e->instrument.p, w->ask.instrument, n) == 0;
}

static uint64_t apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool is_inside(const struct lab_why *w, int64_t time_ns)
{
	return apart(time_ns, w->ask.time_ns) <= (uint64_t)w->ask.window_ns;
}

/* Events -------------------------------------------------------------------------------------- */

static void remember_name(struct lab_why *w, const struct tocsin_str *s)
{
	if (w->n_names == MAX_NAMES || !s->p)
		return;
	for (size_t i = 0; i < w->n_names; i++)
		if (strlen(w->names[i]) == s->n && memcmp(w->names[i], s->p, s->n) == 0)
			return;
	w->names[w->n_names] = strndup(s->p, s->n);
	if (w->names[w->n_names])
		w->n_names++;
	else
		w->failed = true;
}

static void on_event(void *ctx, const struct tocsin_event *e)
{
	struct lab_why *w = ctx;
	int64_t lateness = w->rules->conf->limits.allowed_lateness_ns;
	bool snapshot = e->flags & TOCSIN_FLAG_SNAPSHOT;
	bool late = !snapshot && w->mark_ns != INT64_MIN && w->mark_ns - lateness > e->time_ns;

	if (w->first_ns == INT64_MIN)
		w->first_ns = e->time_ns;
	if (!snapshot && e->time_ns > w->mark_ns)
		w->mark_ns = e->time_ns;
	if (!is_asked(w, e)) {
		if (!w->seen)
			remember_name(w, &e->instrument);
		return;
	}
	w->seen = true;
	if (!is_inside(w, e->time_ns)) {
		if (e->time_ns < w->ask.time_ns && e->time_ns > w->before_ns)
			w->before_ns = e->time_ns;
		if (e->time_ns > w->ask.time_ns && e->time_ns < w->after_ns)
			w->after_ns = e->time_ns;
		return;
	}
	w->n_kinds[e->kind]++;
	w->n_late += late;
	w->n_snapshot += snapshot;
}

/* Looks --------------------------------------------------------------------------------------- */

struct gathering {
	struct lab_why *w;
	struct look *look;
	const struct pipeline_judged *j;
	unsigned by;
	uint64_t entity;
};

/* How long until the features are full; -1 when that is not why they have no value. */
static int64_t wait_of(const struct gathering *g, const struct tocsin_check *c)
{
	const struct feature_set *set = g->w->rules->plan->features;
	int64_t need = feature_set_lookback_of(set, c->missing, c->n_missing), so_far;
	struct feature_times t;

	if (c->n_missing == 0 ||
	    !feature_table_times(g->j->partition->features, g->by, g->entity, &t))
		return -1;
	so_far = t.now_ns - t.first_ns;
	return so_far < need ? need - so_far : -1;
}

static void on_check(void *ctx, const struct tocsin_check *c)
{
	struct gathering *g = ctx;
	struct look *l = g->look;

	if (l->n_checks == LAB_WHY_CHECKS)
		return;
	l->checks[l->n_checks++] = (struct look_check){
		.text = c->text,
		.text_n = c->text_n,
		.observed_text = c->observed_text,
		.observed_n = c->observed_n,
		.op = c->op,
		.truth = c->truth,
		.wanted = c->wanted,
		.is_duration = c->is_duration,
		.observed = c->observed,
		.expected = c->expected,
		.missing = c->n_missing ? c->missing[0] : 0,
		.n_missing = c->n_missing,
		.wait_ns = wait_of(g, c),
	};
}

static enum look_fate fate_of(const struct lab_why *w, const struct pipeline_judged *j)
{
	bool has_state = w->rules->plan->rules[j->rule].has_state;

	if (j->hours != HOURS_INSIDE)
		return j->hours == HOURS_OUTSIDE ? FATE_OUTSIDE : FATE_NO_CALENDAR;
	if (j->said <= 0)
		return has_state && j->state == LIFE_FIRING ? FATE_FIRING
		       : j->said < 0                        ? FATE_NO_VALUE
		                                            : FATE_FALSE;
	if (j->verdict == POLICY_ALERT)
		return FATE_ALERT;
	if (j->verdict == POLICY_LOW_CONFIDENCE)
		return FATE_LOW_CONFIDENCE;
	if (has_state && j->state == LIFE_PENDING)
		return FATE_PENDING;
	if (has_state && j->state == LIFE_FIRING && w->last_alert_ns != INT64_MIN)
		return FATE_FIRING;
	return FATE_COOLDOWN;
}

/* Makes room: a quarter goes, from the end that is farther from the moment. Events come in order of
 * time, nearly, so the nearest stand together. */
static void make_room(struct lab_why *w, int64_t time_ns)
{
	size_t first = 0, n = LAB_WHY_LOOKS / 4 * 3;

	while (first + n < w->n_looks &&
	       apart(w->looks[first].time_ns, w->ask.time_ns) > apart(time_ns, w->ask.time_ns))
		first++;
	if (first)
		memmove(w->looks, w->looks + first, (w->n_looks - first) * sizeof *w->looks);
	w->n_looks -= first;
	w->dropped = true;
}

/* The place of a new look; NULL when it is farther from the moment than all that are there. */
static struct look *place(struct lab_why *w, int64_t time_ns)
{
	if (w->n_looks == LAB_WHY_LOOKS)
		make_room(w, time_ns);
	if (w->n_looks == LAB_WHY_LOOKS)
		return NULL;
	if (w->n_looks == w->size) {
		size_t size = w->size ? 2 * w->size : 64;
		struct look *more = realloc(w->looks, size * sizeof *more);

		if (!more) {
			w->failed = true;
			return NULL;
		}
		w->looks = more;
		w->size = size;
	}
	return &w->looks[w->n_looks++];
}

static void keep(struct lab_why *w, const struct pipeline_judged *j, enum look_fate fate)
{
	const struct plan_rule *r = &w->rules->plan->rules[j->rule];
	const struct tocsin_event *e = j->sample->event;
	struct look *l = place(w, e->time_ns);
	struct gathering g = { w, l, j, r->by, feature_entity(e, r->by) };

	if (!l)
		return;
	*l = (struct look){
		.time_ns = e->time_ns,
		.kind = e->kind,
		.side = e->side,
		.price = e->price,
		.qty = e->qty,
		.fate = fate,
		.confidence = j->said > 0 ? j->score->confidence : 0,
		.held_since_ns = w->last_alert_ns,
		.held_until_ns = INT64_MIN,
		.since_ns = w->pending_since_ns,
	};
	if (e->account.p)
		memcpy(l->account, e->account.p,
		       e->account.n < sizeof l->account ? e->account.n : sizeof l->account - 1);
	if (fate == FATE_COOLDOWN &&
	    !__builtin_add_overflow(w->last_alert_ns, r->conf->cooldown_ns, &l->held_until_ns) &&
	    w->last_alert_ns == INT64_MIN)
		l->held_until_ns = INT64_MIN;
	if (TOCSIN_HAS(r->detector, inspect) && j->hours == HOURS_INSIDE)
		r->detector->inspect(r->self, j->sample, on_check, &g);
}

static void on_judged(void *ctx, size_t lane, const struct pipeline_judged *j)
{
	struct lab_why *w = ctx;
	int64_t time_ns = j->sample->event->time_ns;
	enum look_fate fate;

	(void)lane;
	if (j->rule != w->rule || !is_asked(w, j->sample->event))
		return;
	fate = fate_of(w, j);
	if (j->state != LIFE_PENDING)
		w->pending_since_ns = INT64_MIN;
	else if (w->pending_since_ns == INT64_MIN)
		w->pending_since_ns = time_ns;
	if (is_inside(w, time_ns)) {
		w->n_fates[fate]++;
		keep(w, j, fate);
	} else if (fate == FATE_ALERT && time_ns < w->ask.time_ns) {
		w->alert_before_ns = time_ns;
	}
	if (fate == FATE_ALERT)
		w->last_alert_ns = time_ns;
}

/* The whole ----------------------------------------------------------------------------------- */

int lab_why_new(const struct lab_rules *rules, const struct lab_why_ask *ask, struct lab_why **ret)
{
	size_t rule = lab_rules_find(rules, ask->rule);
	struct lab_why *w;

	if (rule == SIZE_MAX)
		return -ENOENT;
	w = calloc(1, sizeof *w);
	if (w)
		w->names = calloc(MAX_NAMES, sizeof *w->names);
	if (!w || !w->names) {
		free(w);
		return -ENOMEM;
	}
	w->rules = rules;
	w->ask = *ask;
	w->rule = rule;
	w->before_ns = w->first_ns = w->mark_ns = INT64_MIN;
	w->last_alert_ns = w->alert_before_ns = w->pending_since_ns = INT64_MIN;
	w->after_ns = INT64_MAX;
	*ret = w;
	return 0;
}

struct lab_why *lab_why_free(struct lab_why *w)
{
	if (!w)
		return NULL;
	for (size_t i = 0; i < w->n_names; i++)
		free(w->names[i]);
	free(w->names);
	free(w->looks);
	free(w);
	return NULL;
}

struct lab_watch lab_why_watch(struct lab_why *w)
{
	return (struct lab_watch){ .ctx = w, .judged = on_judged, .event = on_event };
}

bool lab_why_fired(const struct lab_why *w)
{
	return w->n_fates[FATE_ALERT] > 0;
}
