/* Rules' states against a naive model: 10^5 random sequences of events, silences, late events, saves
 * and restarts. The model keeps a plain array, looks for what is due by looking at everything, and
 * is written from the contract in life.h alone. */
#include "policy/life.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../unit/suite.h"
#include "core/rng.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEQUENCES 20000 /* several times slower there */
#else
#define SEQUENCES 100000
#endif
#define N_RULES 3
#define N_ENTITIES 4
#define S 1000000000LL
#define NEVER INT64_MIN

/* Check notes each of its assertions in a file: too slow for those made millions of times. */
#define HOLDS(x) \
	do { \
		if (!(x)) \
			ck_abort_msg("%s", #x); \
	} while (0)
#define HOLDS_MSG(x, ...) \
	do { \
		if (!(x)) \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

static const char *const entities[N_ENTITIES] = { "", "ES", "ESH4", "NQ" };

struct slot {
	bool pending, firing, told, silent, ending, held;
	int64_t again, since, fired, end_since, event, judged;
	uint64_t use;
};

struct model {
	struct life_rule rules[N_RULES];
	struct slot v[N_RULES][N_ENTITIES];
	size_t most;
	int64_t now;
	uint64_t uses;
};

struct gone { /* what was told of a firing state that was forgotten */
	size_t n;
	uint64_t rule; /* no holes: compared as bytes */
	char entity[8];
	uint64_t told;
	int64_t fired;
};

static bool alive(const struct slot *s)
{
	return s->pending || s->firing;
}

static void model_evict(struct model *m, struct gone *gone)
{
	struct gone g = { .n = gone->n + 1 };
	struct slot *victim = NULL;
	size_t n = 0;

	for (int pass = 0; pass < 2 && !victim; pass++)
		for (int r = 0; r < N_RULES; r++)
			for (int e = 0; e < N_ENTITIES; e++) {
				struct slot *s = &m->v[r][e];

				n += pass == 0 && alive(s);
				if ((pass ? s->firing : s->pending) &&
				    (!victim || s->use < victim->use)) {
					victim = s;
					g.rule = (uint32_t)r;
					memset(g.entity, 0, sizeof g.entity);
					memcpy(g.entity, entities[e], strlen(entities[e]));
				}
			}
	if (n < m->most)
		return;
	if (victim->firing) {
		g.told = victim->told;
		g.fired = victim->fired;
		*gone = g;
	}
	*victim = (struct slot){ 0 };
}

static enum life_verdict model_firing(struct model *m, const struct life_rule *r, struct slot *s,
                                      const struct life_input *in, enum life_reason *reason)
{
	if (in->event_ns > s->event) {
		s->event = in->event_ns;
		s->silent = false;
	}
	if (s->held && m->now >= s->again)
		s->held = false;
	if (in->when == LIFE_TRUE)
		s->ending = false;
	else if (in->end == LIFE_FALSE)
		s->ending = false;
	else if (in->end == LIFE_TRUE && !s->ending) {
		s->ending = true;
		s->end_since = m->now;
	}
	*reason = LIFE_CONDITION;
	if (s->ending && m->now >= s->end_since + r->keep_ns)
		return LIFE_RESOLVES;
	if (r->no_data != LIFE_KEEP && !s->silent && m->now >= s->event + r->no_data_ns) {
		*reason = LIFE_NO_DATA;
		if (r->no_data == LIFE_RESOLVE)
			return LIFE_RESOLVES;
		s->silent = true;
		if (s->told)
			return LIFE_SILENT;
	}
	return in->when == LIFE_TRUE && !s->told ? LIFE_FIRES : LIFE_SAME;
}

static struct life_change model_judge(struct model *m, int rule, int entity,
                                      const struct life_input *in, struct gone *gone)
{
	const struct life_rule *r = &m->rules[rule];
	struct slot *s = &m->v[rule][entity];
	struct life_change c = { 0 };
	enum life_reason reason = LIFE_CONDITION;

	if (in->time_ns > m->now)
		m->now = in->time_ns;
	if (!alive(s)) {
		if (in->when != LIFE_TRUE)
			return c;
		model_evict(m, gone);
		*s = (struct slot){ .pending = true,
			            .since = m->now,
			            .event = in->event_ns == NEVER ? m->now : in->event_ns };
	} else if (s->pending && in->when != LIFE_TRUE) {
		*s = (struct slot){ 0 };
		return c;
	}
	s->judged = m->now;
	s->use = ++m->uses;
	if (s->pending && m->now >= s->since + r->for_ns) {
		s->pending = false;
		s->firing = true;
		s->fired = m->now;
	}
	if (s->pending && in->event_ns > s->event)
		s->event = in->event_ns;
	if (s->firing)
		c.verdict = model_firing(m, r, s, in, &reason);
	c.reason = reason;
	c.since_ns = s->since;
	c.fired_ns = s->fired;
	c.time_ns = m->now;
	c.told = s->told;
	if (c.verdict == LIFE_RESOLVES)
		*s = (struct slot){ 0 };
	return c;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t model_due(const struct life_rule *r, const struct slot *s)
{
	int64_t due = INT64_MAX, step = r->drain_ns / 16 > S / 10 ? r->drain_ns / 16 : S / 10;

	if (s->pending)
		due = least(due, s->since + r->for_ns);
	if (s->firing && s->ending)
		due = least(due, s->end_since + r->keep_ns);
	if (s->firing && r->no_data != LIFE_KEEP && !s->silent)
		due = least(due, s->event + r->no_data_ns);
	if (s->firing && s->held)
		due = least(due, s->again);
	if (alive(s) && s->judged < s->event + r->drain_ns)
		due = least(due, least(s->judged + step, s->event + r->drain_ns));
	return due;
}

/* The next one due at or before `time`; ties by rule, then by the entity's bytes (in which order
 * `entities` stands). */
static bool model_next(struct model *m, int64_t time, int *rule, int *entity, int64_t *at)
{
	int64_t best = INT64_MAX;

	for (int r = 0; r < N_RULES; r++)
		for (int e = 0; e < N_ENTITIES; e++) {
			int64_t due = model_due(&m->rules[r], &m->v[r][e]);

			if (due < best) {
				best = due;
				*rule = r;
				*entity = e;
			}
		}
	if (best > time || best == INT64_MAX) {
		m->now = time > m->now ? time : m->now;
		return false;
	}
	m->now = best > m->now ? best : m->now;
	*at = m->now;
	return true;
}

/* The journal of the test: the newest state of each. */
struct log {
	bool is[N_RULES][N_ENTITIES];
	unsigned char state[N_RULES][N_ENTITIES][LIFE_STATE_SIZE];
};

static int number(const struct life_entity *e)
{
	for (int i = 0; i < N_ENTITIES; i++)
		if (strlen(entities[i]) == e->n && memcmp(entities[i], e->p, e->n) == 0)
			return i;
	ck_abort_msg("unknown entity");
	return 0;
}

static int save(void *ctx, const struct life_entity *e, const unsigned char *state)
{
	struct log *l = ctx;
	int i = number(e);

	l->is[e->rule][i] = state != NULL;
	if (state)
		memcpy(l->state[e->rule][i], state, LIFE_STATE_SIZE);
	return 0;
}

static void on_evicted(void *ctx, const struct life_entity *e, const struct life_change *c)
{
	struct gone *g = ctx;

	HOLDS(c->verdict == LIFE_RESOLVES);
	HOLDS(c->reason == LIFE_EVICTED);
	*g = (struct gone){ .n = g->n + 1, .rule = e->rule, .told = c->told, .fired = c->fired_ns };
	memcpy(g->entity, e->p, e->n);
}

struct run {
	struct rng rng;
	struct model model;
	struct life *life;
	struct log log;
	struct gone gone, model_gone;
	uint64_t seed;
	size_t alike[4], timers, restarts, evicted; /* what was met, over all sequences */
};

static struct life_entity entity(int rule, int i)
{
	/* Two of the four share a hash. */
	return (struct life_entity){ (uint32_t)rule, (uint64_t)(i / 2), entities[i],
		                     (uint32_t)strlen(entities[i]) };
}

static void judge(struct run *x, int rule, int i, int64_t time, int64_t event)
{
	const struct life_entity e = entity(rule, i);
	const struct life_input in = {
		.time_ns = time,
		.event_ns = event,
		.when = (enum life_truth)((int)rng_below(&x->rng, 8) / 3 - 1), /* -1 0 1: 3 3 2 */
		.end = (enum life_truth)((int)rng_below(&x->rng, 3) - 1),
	};
	const struct life_input more = { time, event,
		                         in.when < LIFE_TRUE && rng_below(&x->rng, 2) ? LIFE_TRUE
		                                                                      : in.when,
		                         in.end };
	struct life_change a, b = model_judge(&x->model, rule, i, &more, &x->model_gone);

	HOLDS(life_judge(x->life, &e, &more, &a) == 0);
	HOLDS_MSG(a.verdict == b.verdict && a.told == b.told &&
	                  (a.verdict != LIFE_RESOLVES || a.reason == b.reason) &&
	                  (a.verdict == LIFE_SAME ||
	                   (a.since_ns == b.since_ns && a.fired_ns == b.fired_ns &&
	                    a.time_ns == b.time_ns)),
	          "seed %llu: rule %d entity %d at %lld: %d, model %d", (unsigned long long)x->seed,
	          rule, i, (long long)time, (int)a.verdict, (int)b.verdict);
	HOLDS_MSG(memcmp(&x->gone, &x->model_gone, sizeof x->gone) == 0, "seed %llu: evicted",
	          (unsigned long long)x->seed);
	x->alike[a.verdict]++;
	if (a.verdict != LIFE_FIRES)
		return;
	if (rng_below(&x->rng, 3)) {
		life_told(x->life, &e);
		x->model.v[rule][i].told = true;
	} else if (rng_below(&x->rng, 2)) {
		int64_t until = a.time_ns + (int64_t)rng_below(&x->rng, 20) * S;

		life_held(x->life, &e, until);
		if (until > a.time_ns) {
			x->model.v[rule][i].held = true;
			x->model.v[rule][i].again = until;
		}
	}
}

static void run_timers(struct run *x, int64_t time)
{
	struct life_entity e;
	int64_t at, model_at = 0;
	int rule = 0, i = 0;

	while (life_due(x->life, time, &e, &at)) {
		HOLDS(model_next(&x->model, time, &rule, &i, &model_at));
		HOLDS_MSG((int)e.rule == rule && number(&e) == i && at == model_at,
		          "seed %llu: timer of rule %u at %lld, model %d at %lld",
		          (unsigned long long)x->seed, e.rule, (long long)at, rule,
		          (long long)model_at);
		x->timers++;
		judge(x, rule, i, at, x->model.v[rule][i].event);
	}
	HOLDS(!model_next(&x->model, time, &rule, &i, &model_at));
}

static void restart(struct run *x, bool first)
{
	const struct life_events events = { &x->gone, on_evicted };

	if (!first)
		life_free(x->life);
	HOLDS(life_new(x->model.rules, N_RULES, x->model.most, &events, &x->life) == 0);
	for (int r = N_RULES - 1; r >= 0; r--)
		for (int i = 0; i < N_ENTITIES; i++)
			if (x->log.is[r][i]) {
				const struct life_entity e = entity(r, i);

				HOLDS(life_restore(x->life, &e, x->log.state[r][i],
				                   LIFE_STATE_SIZE) == 0);
			}
	HOLDS(life_restored(x->life, x->model.now) == 0);
}

static void check_counts(struct run *x)
{
	for (int r = 0; r < N_RULES; r++) {
		size_t pending = 0, firing = 0;

		for (int i = 0; i < N_ENTITIES; i++) {
			pending += x->model.v[r][i].pending;
			firing += x->model.v[r][i].firing;
		}
		HOLDS(life_count(x->life, (size_t)r, LIFE_PENDING) == pending);
		HOLDS(life_count(x->life, (size_t)r, LIFE_FIRING) == firing);
	}
}

static void draw_rules(struct run *x)
{
	static const int64_t spans[] = { 0, S, 2 * S, 5 * S, 30 * S };

	for (int r = 0; r < N_RULES; r++)
		x->model.rules[r] = (struct life_rule){
			.for_ns = spans[rng_below(&x->rng, 4)],
			.keep_ns = spans[rng_below(&x->rng, 4)],
			.no_data_ns = spans[1 + rng_below(&x->rng, 4)],
			.no_data = (enum life_no_data)rng_below(&x->rng, 3),
			.drain_ns = spans[rng_below(&x->rng, 5)],
		};
}

static void sequence(struct run *x, uint64_t seed, int n)
{
	int64_t now = 0;

	x->seed = seed;
	x->rng.s = seed;
	x->model = (struct model){ .most = rng_below(&x->rng, 2) ? 100 : 1 + rng_below(&x->rng, 4),
		                   .now = NEVER };
	memset(&x->log, 0, sizeof x->log);
	memset(&x->gone, 0, sizeof x->gone);
	memset(&x->model_gone, 0, sizeof x->model_gone);
	draw_rules(x);
	restart(x, true);
	for (int i = 0; i < n; i++) {
		int64_t time = now += (int64_t)rng_below(&x->rng, 4) * S / 4;

		if (rng_below(&x->rng, 10) == 0)
			now = time += (int64_t)rng_below(&x->rng, 40) * S;
		if (rng_below(&x->rng, 10) == 0)
			time -= (int64_t)rng_below(&x->rng, 5) * S;
		run_timers(x, time);
		judge(x, (int)rng_below(&x->rng, N_RULES), (int)rng_below(&x->rng, N_ENTITIES),
		      time, time);
		if (rng_below(&x->rng, 8) == 0) {
			HOLDS(life_dirty(x->life, save, &x->log) == 0);
			life_clean(x->life);
			if (rng_below(&x->rng, 2)) {
				restart(x, false);
				x->restarts++;
			}
		}
	}
	check_counts(x);
	x->evicted += x->gone.n;
	life_free(x->life);
}

START_TEST(as_the_model)
{
	static struct run x;

	for (uint64_t seed = 1; seed <= SEQUENCES; seed++)
		sequence(&x, seed, 40);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_gt(x.alike[i], SEQUENCES / 100);
	ck_assert_uint_gt(x.timers, SEQUENCES);
	ck_assert_uint_gt(x.restarts, SEQUENCES);
	ck_assert_uint_gt(x.evicted, SEQUENCES / 100);
}
END_TEST

START_TEST(long_lives)
{
	static struct run x;

	for (uint64_t seed = 1; seed <= 20; seed++)
		sequence(&x, seed << 32, SEQUENCES / 20);
	ck_assert_uint_gt(x.restarts, 1000);
}
END_TEST

SUITE("states of rules", as_the_model, long_lives)
