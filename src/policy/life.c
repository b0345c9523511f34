/* life.c - pending, firing, resolved: what a condition over time has to say.
 *
 * Problem: a condition that is true for an hour is one incident, not a thousand alerts; it should
 * be told when it has lasted, and told again when it is over, also when nothing comes any more.
 * Idea: a small state for each (rule, entity) that is not inactive, moved on by two things only:
 * events of the entity, and timers. A timer is the earliest of: the end of `for`, the end of
 * keep_firing_for, no_data_after since the last event, the end of a cooldown that held it back, and, while the entity's windows still drain
 * after its last event, the next sixteenth of the longest one. When a timer comes, the rule is
 * judged again at its time: nothing is ever concluded from values that are not those of that time.
 *
 * Nearly every judgement moves the entity's timer to later, so the heap is lazy: an entry that is
 * too early is corrected when it comes to the top. An event of an inactive entity costs one look-up.
 * The end of a drain is looked at exactly when the last event has left the longest window, so a state
 * never outlives its windows by more than the step before it.
 * Where it fails: an entity that fires for a condition that only the passing of time can end (a time
 * of day) is not judged again by itself once its windows are empty, but by its next event. */
#include "life.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/hash.h"
#include "policy/bytes.h"
#include "states.h"

#define MOST_STATES ((size_t)1 << 24)
#define DRAIN_STEPS 16
#define LEAST_STEP_NS 100000000LL
#define STATE_VERSION 1
#define CHECK_SEED 0x11fe0001u /* changes when the layout of a state does */
#define CHECKED (LIFE_STATE_SIZE - 4)
#define NONE INT64_MIN /* a time that is not there */

struct life {
	struct life_rule *rules;
	size_t n_rules, max_states;
	size_t (*counts)[LIFE_N_STATES]; /* a rule each */
	struct life_events events;
	struct states states;
	int64_t now;
	uint64_t use;
	uint64_t evicted_firing, evicted_pending;
};

const char *life_reason_name(enum life_reason r)
{
	static const char *const names[] = { "condition", "no_data", "evicted" };

	return names[r];
}

/* Making ------------------------------------------------------------------------------------- */

DEFINE_CLEANUP(struct life *, life_free)

int life_new(const struct life_rule *rules, size_t n_rules, size_t max_states,
             const struct life_events *events, struct life **ret_life)
{
	_cleanup_(life_freep) struct life *l = NULL;

	if (max_states == 0 || max_states > MOST_STATES || n_rules >= UINT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n_rules; i++)
		if (rules[i].for_ns < 0 || rules[i].keep_ns < 0 || rules[i].no_data_ns < 0 ||
		    rules[i].drain_ns < 0)
			return -EINVAL;
	l = calloc(1, sizeof *l);
	if (!l)
		return -ENOMEM;
	l->rules = calloc(n_rules + 1, sizeof *l->rules);
	l->counts = calloc(n_rules + 1, sizeof *l->counts);
	if (!l->rules || !l->counts || states_init(&l->states))
		return -ENOMEM;
	if (n_rules)
		memcpy(l->rules, rules, n_rules * sizeof *rules);
	l->n_rules = n_rules;
	l->max_states = max_states;
	l->events = *events;
	l->now = NONE;
	*ret_life = TAKE_PTR(l);
	return 0;
}

struct life *life_free(struct life *l)
{
	if (!l)
		return NULL;
	states_done(&l->states);
	free(l->rules);
	free(l->counts);
	free(l);
	return NULL;
}

/* Timers ------------------------------------------------------------------------------------- */

static int64_t plus(int64_t t, int64_t span)
{
	int64_t sum;

	return __builtin_add_overflow(t, span, &sum) ? INT64_MAX : sum;
}

/* Has so much time passed from `since` to `now`? */
static bool passed(int64_t since, int64_t now, int64_t span)
{
	return now >= since && (uint64_t)now - (uint64_t)since >= (uint64_t)span;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t due_of(const struct life *l, const struct state *s)
{
	const struct life_rule *r = &l->rules[s->rule];
	int64_t due = INT64_MAX, drained, step;

	if (s->state == LIFE_INACTIVE)
		return INT64_MAX;
	if (s->state == LIFE_PENDING)
		due = plus(s->since_ns, r->for_ns);
	else if (s->end_ns != NONE)
		due = plus(s->end_ns, r->keep_ns);
	if (s->state == LIFE_FIRING && r->no_data != LIFE_KEEP && !s->silent)
		due = earlier(due, plus(s->event_ns, r->no_data_ns));
	if (s->state == LIFE_FIRING && s->again_ns != NONE)
		due = earlier(due, s->again_ns);
	drained = plus(s->event_ns, r->drain_ns);
	if (r->drain_ns > 0 && s->judged_ns < drained) {
		step = r->drain_ns / DRAIN_STEPS;
		step = step < LEAST_STEP_NS ? LEAST_STEP_NS : step;
		due = earlier(due, earlier(drained, plus(s->judged_ns, step)));
	}
	return due;
}

bool life_due(struct life *l, int64_t time_ns, struct life_entity *ret, int64_t *ret_time_ns)
{
	struct states *t = &l->states;

	while (t->n_heap && t->v[t->heap[0]].due_ns <= time_ns) {
		uint32_t at = t->heap[0];
		const struct state *s = &t->v[at];
		int64_t due = due_of(l, s);

		if (due > s->due_ns) {
			states_due(t, at, due, true);
			continue;
		}
		l->now = due > l->now ? due : l->now;
		*ret = (struct life_entity){ s->rule, s->key, s->entity, s->n_entity };
		*ret_time_ns = l->now;
		return true;
	}
	l->now = time_ns > l->now ? time_ns : l->now;
	return false;
}

int64_t life_next(const struct life *l)
{
	const struct states *t = &l->states;

	return t->n_heap ? t->v[t->heap[0]].due_ns : INT64_MAX;
}

/* Moving on ---------------------------------------------------------------------------------- */

static void go(struct life *l, uint32_t at, enum life_state to)
{
	struct state *s = &l->states.v[at];

	l->counts[s->rule][s->state] -= s->state != LIFE_INACTIVE;
	l->counts[s->rule][to] += to != LIFE_INACTIVE;
	states_use(&l->states, at, to);
}

/* What the journal knows of is kept until its end is stored, too. */
static void end(struct life *l, uint32_t at)
{
	go(l, at, LIFE_INACTIVE);
	states_due(&l->states, at, INT64_MAX, true);
	if (l->states.v[at].stored)
		states_change(&l->states, at, true);
	else
		states_drop(&l->states, at);
}

static struct life_change change_of(const struct state *s, enum life_verdict verdict,
                                    enum life_reason reason, int64_t now)
{
	return (struct life_change){
		.verdict = verdict,
		.reason = reason,
		.since_ns = s->since_ns,
		.fired_ns = s->fired_ns,
		.time_ns = now,
		.told = s->told,
	};
}

static void evict(struct life *l)
{
	struct states *t = &l->states;
	bool firing = t->lists[STATES_PENDING].first == 0;
	uint32_t at = t->lists[firing ? STATES_FIRING : STATES_PENDING].first;
	const struct state *s = &t->v[at];

	l->evicted_firing += firing;
	l->evicted_pending += !firing;
	if (firing && l->events.evicted) {
		const struct life_entity e = { s->rule, s->key, s->entity, s->n_entity };
		const struct life_change c = change_of(s, LIFE_RESOLVES, LIFE_EVICTED, l->now);

		l->events.evicted(l->events.ctx, &e, &c);
	}
	end(l, at);
}

/* An entry, pending since now; `at`: of one that is inactive, 0 = there is none. */
static int begin(struct life *l, const struct life_entity *e, const struct life_input *in,
                 uint32_t *at)
{
	struct state *s;
	int r;

	if (l->states.n_live >= l->max_states)
		evict(l);
	if (!*at) {
		r = states_add(&l->states, e, at);
		if (r)
			return r;
	}
	s = &l->states.v[*at];
	s->since_ns = l->now;
	s->fired_ns = 0;
	s->end_ns = s->again_ns = NONE;
	s->event_ns = in->event_ns == NONE ? l->now : in->event_ns;
	s->told = s->silent = false;
	go(l, *at, LIFE_PENDING);
	return 0;
}

/* Is the end reached? Keeps count of how long it has been true. */
static bool ends(const struct life_rule *r, struct state *s, const struct life_input *in,
                 int64_t now)
{
	if (in->when == LIFE_TRUE || in->end == LIFE_FALSE)
		s->end_ns = NONE;
	else if (in->end == LIFE_TRUE && s->end_ns == NONE)
		s->end_ns = now;
	return s->end_ns != NONE && passed(s->end_ns, now, r->keep_ns);
}

/* Of one that fires: what is there to say? */
static struct life_change fire(const struct life_rule *r, struct state *s,
                               const struct life_input *in, int64_t now)
{
	enum life_verdict verdict = LIFE_SAME;

	if (in->event_ns > s->event_ns) {
		s->event_ns = in->event_ns;
		s->silent = false;
	}
	if (s->again_ns != NONE && now >= s->again_ns)
		s->again_ns = NONE;
	if (ends(r, s, in, now))
		return change_of(s, LIFE_RESOLVES, LIFE_CONDITION, now);
	if (in->when == LIFE_TRUE && !s->told)
		verdict = LIFE_FIRES;
	if (r->no_data != LIFE_KEEP && !s->silent && passed(s->event_ns, now, r->no_data_ns)) {
		if (r->no_data == LIFE_RESOLVE)
			return change_of(s, LIFE_RESOLVES, LIFE_NO_DATA, now);
		s->silent = true; /* said once; of what nobody was told, not at all */
		verdict = s->told ? LIFE_SILENT : verdict;
	}
	return change_of(s, verdict, LIFE_CONDITION, now);
}

int life_judge(struct life *l, const struct life_entity *e, const struct life_input *in,
               struct life_change *ret)
{
	uint32_t at = states_find(&l->states, e);
	const struct life_rule *r;
	struct state *s;
	int err;

	assert(e->rule < l->n_rules);
	r = &l->rules[e->rule];
	l->now = in->time_ns > l->now ? in->time_ns : l->now;
	*ret = (struct life_change){ .time_ns = l->now };
	if (!at || l->states.v[at].state == LIFE_INACTIVE) {
		if (in->when != LIFE_TRUE)
			return 0;
		err = begin(l, e, in, &at);
		if (err)
			return err;
	}
	s = &l->states.v[at];
	if (s->state == LIFE_PENDING && in->when != LIFE_TRUE) {
		end(l, at);
		return 0;
	}
	s->judged_ns = l->now;
	s->use = ++l->use;
	if (s->state == LIFE_PENDING && passed(s->since_ns, l->now, r->for_ns)) {
		s->fired_ns = l->now;
		go(l, at, LIFE_FIRING);
	} else {
		go(l, at, (enum life_state)s->state);
	}
	if (s->state == LIFE_FIRING)
		*ret = fire(r, s, in, l->now);
	else if (in->event_ns > s->event_ns)
		s->event_ns = in->event_ns;
	if (ret->verdict == LIFE_RESOLVES) {
		end(l, at);
		return 0;
	}
	states_change(&l->states, at, true);
	states_due(&l->states, at, due_of(l, s), false);
	return 0;
}

void life_told(struct life *l, const struct life_entity *e)
{
	uint32_t at = states_find(&l->states, e);

	if (!at || l->states.v[at].state != LIFE_FIRING)
		return;
	l->states.v[at].told = true;
	states_change(&l->states, at, true);
}

void life_held(struct life *l, const struct life_entity *e, int64_t until_ns)
{
	uint32_t at = states_find(&l->states, e);

	if (!at || l->states.v[at].state != LIFE_FIRING || until_ns <= l->now)
		return;
	l->states.v[at].again_ns = until_ns;
	states_change(&l->states, at, true);
	states_due(&l->states, at, due_of(l, &l->states.v[at]), false);
}

/* Asking ------------------------------------------------------------------------------------- */

enum life_state life_state_of(const struct life *l, const struct life_entity *e)
{
	uint32_t at = states_find(&l->states, e);

	return at ? (enum life_state)l->states.v[at].state : LIFE_INACTIVE;
}

size_t life_count(const struct life *l, size_t rule, enum life_state s)
{
	return l->counts[rule][s];
}

void life_evictions(const struct life *l, uint64_t *ret_firing, uint64_t *ret_pending)
{
	*ret_firing = l->evicted_firing;
	*ret_pending = l->evicted_pending;
}

/* State -------------------------------------------------------------------------------------- */

static uint32_t check(const unsigned char *state)
{
	return (uint32_t)hash_bytes(state, CHECKED, CHECK_SEED);
}

static void save(const struct state *s, unsigned char out[static LIFE_STATE_SIZE])
{
	const uint64_t words[] = { s->use,
		                   (uint64_t)s->since_ns,
		                   (uint64_t)s->fired_ns,
		                   (uint64_t)s->end_ns,
		                   (uint64_t)s->again_ns,
		                   (uint64_t)s->event_ns,
		                   (uint64_t)s->judged_ns };

	bytes_put(out, STATE_VERSION, 1);
	bytes_put(out + 1, s->state, 1);
	bytes_put(out + 2, (uint64_t)s->told | (uint64_t)s->silent << 1, 2);
	for (unsigned i = 0; i < 7; i++)
		bytes_put(out + 4 + 8 * i, words[i], 8);
	bytes_put(out + CHECKED, check(out), 4);
}

int life_dirty(const struct life *l,
               int (*each)(void *ctx, const struct life_entity *e, const unsigned char *state),
               void *ctx)
{
	const struct states *t = &l->states;

	for (uint32_t at = t->lists[STATES_CHANGED].first; at;
	     at = t->v[at].links[STATES_CHANGED].after) {
		const struct state *s = &t->v[at];
		const struct life_entity e = { s->rule, s->key, s->entity, s->n_entity };
		unsigned char state[LIFE_STATE_SIZE];
		int r;

		if (s->state != LIFE_INACTIVE)
			save(s, state);
		r = each(ctx, &e, s->state != LIFE_INACTIVE ? state : NULL);
		if (r)
			return r;
	}
	return 0;
}

void life_clean(struct life *l)
{
	struct states *t = &l->states;
	uint32_t at;

	while ((at = t->lists[STATES_CHANGED].first)) {
		t->v[at].stored = true;
		states_change(t, at, false);
		if (t->v[at].state == LIFE_INACTIVE)
			states_drop(t, at);
	}
}

int life_restore(struct life *l, const struct life_entity *e, const unsigned char *state, size_t n)
{
	struct state *s;
	uint32_t at;
	int r;

	if (e->rule >= l->n_rules || n != LIFE_STATE_SIZE || state[0] != STATE_VERSION ||
	    bytes_get(state + CHECKED, 4) != check(state) ||
	    (state[1] != LIFE_PENDING && state[1] != LIFE_FIRING) || bytes_get(state + 2, 2) > 3 ||
	    states_find(&l->states, e))
		return -EINVAL;
	if (l->states.n_live >= l->max_states)
		return -ENOSPC;
	r = states_add(&l->states, e, &at);
	if (r)
		return r;
	s = &l->states.v[at];
	s->told = state[2] & 1;
	s->silent = state[2] & 2;
	s->use = bytes_get(state + 4, 8);
	s->since_ns = (int64_t)bytes_get(state + 12, 8);
	s->fired_ns = (int64_t)bytes_get(state + 20, 8);
	s->end_ns = (int64_t)bytes_get(state + 28, 8);
	s->again_ns = (int64_t)bytes_get(state + 36, 8);
	s->event_ns = (int64_t)bytes_get(state + 44, 8);
	s->judged_ns = (int64_t)bytes_get(state + 52, 8);
	s->stored = true;
	go(l, at, (enum life_state)state[1]);
	states_due(&l->states, at, due_of(l, s), true);
	l->use = s->use > l->use ? s->use : l->use;
	l->now = s->judged_ns > l->now ? s->judged_ns : l->now;
	return 0;
}

int life_restored(struct life *l, int64_t time_ns)
{
	l->now = time_ns > l->now ? time_ns : l->now;
	return states_sort(&l->states);
}
