/* states.c - rules with states in the pipeline: who is judged, when, and what is told of it.
 *
 * An event's entity is judged with the event's own values. A timer's is judged with the values at
 * the timer's time, for which the windows are moved on to it. Silences (ticks of the features) and
 * timers are run in the order of time, silences first of those at one time, so that what is found
 * depends on the events alone, not on when somebody asks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pipeline_impl.h"

/* Entities ------------------------------------------------------------------------------------ */

static struct tocsin_str *text_of(struct tocsin_event *e, unsigned i)
{
	struct tocsin_str *const texts[] = { &e->instrument, &e->account, &e->venue,
		                             &e->counterparty };

	return texts[i];
}

/* Of one text its bytes; of several each with its length before it. */
static uint32_t write_entity(const struct tocsin_event *event, unsigned by,
                             unsigned char out[static ENTITY_MAX])
{
	struct tocsin_event e = *event;
	bool several = by & (by - 1);
	uint32_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		const struct tocsin_str *s = text_of(&e, i);
		uint32_t size = s->p ? s->n < 128 ? s->n : 128 : 0;

		if (!(by & 1u << i))
			continue;
		if (several)
			out[n++] = (unsigned char)size;
		if (size)
			memcpy(out + n, s->p, size);
		n += size;
	}
	return n;
}

/* The texts of an entity; false when it is none by `by`. They point into `p`. */
static bool read_entity(const unsigned char *p, uint32_t n, unsigned by, struct tocsin_event *ret)
{
	bool several = by & (by - 1);

	for (unsigned i = 0; i < 4; i++) {
		uint32_t size = n;

		if (!(by & 1u << i))
			continue;
		if (several) {
			if (n == 0 || *p > 128 || *p >= n)
				return false;
			size = *p++;
			n--;
		}
		*text_of(ret, i) = (struct tocsin_str){ (const char *)p, size };
		p += size;
		n -= size;
	}
	return n == 0;
}

/* Judging ------------------------------------------------------------------------------------- */

static enum life_truth truth_of(int said)
{
	return said > 0 ? LIFE_TRUE : said == 0 ? LIFE_FALSE : LIFE_NO_VALUE;
}

static enum life_truth end_of(const struct plan_rule *r, const struct tocsin_sample *s, int said)
{
	if (said > 0)
		return LIFE_FALSE;
	if (r->conf->resolve_when.s)
		return truth_of(r->detector->resolves(r->self, s));
	return said == 0 ? LIFE_TRUE : LIFE_NO_VALUE;
}

static void judge(struct pipeline *p, const struct life_entity *e, const struct life_input *in,
                  const struct tocsin_event *event, const struct tocsin_score *score,
                  struct pipeline_judged *j)
{
	struct life *l = p->partition->life;
	struct life_change c;

	if (life_judge(l, e, in, &c)) { /* out of memory: it begins anew with its next event */
		about_states(p, e->rule, in->time_ns);
		return;
	}
	j->verdict = POLICY_COOLDOWN;
	if (c.verdict == LIFE_FIRES) {
		j->verdict = tell_found(p, &(struct telling){ e->rule, event, score, &c, 0 });
		if (j->verdict == POLICY_ALERT)
			life_told(l, e);
		else if (j->verdict == POLICY_COOLDOWN)
			life_held(l, e, tell_held_until(p, e->rule, event));
	} else if ((c.verdict == LIFE_RESOLVES && c.told) || c.verdict == LIFE_SILENT) {
		tell(p, &(struct telling){ e->rule, event, NULL, &c, 0 });
	}
	j->state = (int)life_state_of(l, e);
}

/* When the entity's last event was, as far as `s` shows or the features know. */
static int64_t last_event(const struct pipeline *p, const struct life_entity *e,
                          const struct tocsin_sample *s)
{
	struct feature_times times;

	if (s->event->kind != TOCSIN_TICK)
		return s->event->time_ns;
	return feature_table_times(p->partition->features, p->plan->rules[e->rule].by, e->key,
	                           &times)
	               ? times.last_ns
	               : INT64_MIN;
}

void states_judge(struct pipeline *p, size_t rule, const struct tocsin_sample *s, int said,
                  const struct tocsin_score *score, struct pipeline_judged *j)
{
	const struct plan_rule *r = &p->plan->rules[rule];
	struct life *l = p->partition->life;
	unsigned char bytes[ENTITY_MAX];
	struct life_entity e = { .rule = (uint32_t)rule, .p = bytes };
	struct life_input in = { .time_ns = s->event->time_ns };

	if (said <= 0 && !life_count(l, rule, LIFE_PENDING) && !life_count(l, rule, LIFE_FIRING))
		return; /* nobody has a state, and nobody gets one */
	e.key = r->by == FEATURE_BY_INSTRUMENT ? s->key : feature_entity(s->event, r->by);
	e.n = write_entity(s->event, r->by, bytes);
	in.event_ns = last_event(p, &e, s);
	in.when = truth_of(said);
	in.end = end_of(r, s, said);
	judge(p, &e, &in, s->event, score, j);
}

/* Timers -------------------------------------------------------------------------------------- */

static void run_timer(struct pipeline *p, const struct life_entity *due, int64_t time_ns)
{
	const struct plan_rule *r = &p->plan->rules[due->rule];
	struct feature_table *features = p->partition->features;
	struct pipeline_judged j = { .rule = due->rule,
		                     .partition = p->partition,
		                     .said = TOCSIN_NO_VALUE };
	struct life_input in = { time_ns, INT64_MIN, LIFE_NO_VALUE, LIFE_NO_VALUE };
	struct tocsin_event gone = tell_tick(time_ns);
	unsigned char bytes[ENTITY_MAX];
	struct life_entity e = *due;
	struct tocsin_score score = { .size = sizeof score };
	struct feature_times times;
	struct tocsin_sample s;

	memcpy(bytes, due->p, due->n); /* its own may be gone once it is judged */
	e.p = bytes;
	if (feature_table_times(features, r->by, e.key, &times))
		in.event_ns = times.last_ns;
	if (!feature_table_at(features, r->by, e.key, time_ns, &s)) {
		read_entity(bytes, e.n, r->by, &gone);
		judge(p, &e, &in, &gone, NULL, &j);
		return;
	}
	j.sample = &s;
	if (!pipeline_in_hours(p, due->rule, &s)) { /* nothing is known of it until they begin */
		judge(p, &e, &in, s.event, NULL, &j);
		return;
	}
	j.said = r->detector->score(r->self, &s, &score);
	j.score = j.said > 0 ? &score : NULL;
	in.when = truth_of(j.said);
	in.end = end_of(r, &s, j.said);
	judge(p, &e, &in, s.event, &score, &j);
	if (p->events.judged)
		p->events.judged(p->events.ctx, &j);
}

bool states_run(struct pipeline *p, int64_t time_ns)
{
	struct feature_table *features = p->partition->features;
	struct life *l = p->partition->life;
	struct life_entity e;
	struct tocsin_sample s;
	bool any = false;
	int64_t at;

	for (;;) {
		int64_t next = l && life_next(l) < time_ns ? life_next(l) : time_ns;

		if (feature_table_tick(features, next, &s)) {
			pipeline_score(p, &s);
			any = true;
		} else if (l && life_due(l, next, &e, &at)) {
			run_timer(p, &e, at);
			any = true;
		} else if (!l || life_next(l) > time_ns) {
			return any;
		}
	}
}

/* Forgotten for want of room while another is judged. */
static void on_evicted(void *ctx, const struct life_entity *e, const struct life_change *c)
{
	struct partition *t = ctx;
	struct tocsin_event event = tell_tick(c->time_ns);

	about_states(t->pipeline, e->rule, c->time_ns);
	if (!c->told || !read_entity(e->p, e->n, t->pipeline->plan->rules[e->rule].by, &event))
		return;
	tell(t->pipeline, &(struct telling){ e->rule, &event, NULL, c, 0 });
}

/* Life ---------------------------------------------------------------------------------------- */

int states_rules(struct pipeline *p)
{
	static const enum life_no_data no_data[] = { LIFE_KEEP, LIFE_RESOLVE, LIFE_ALERT };
	size_t n = p->plan->n_rules;

	p->life_rules = calloc(n ? n : 1, sizeof *p->life_rules);
	if (!p->life_rules)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct plan_rule *r = &p->plan->rules[i];

		p->life_rules[i] = (struct life_rule){
			.for_ns = r->conf->for_ns,
			.keep_ns = r->conf->keep_firing_ns,
			.no_data_ns = r->conf->no_data_after_ns,
			.no_data = no_data[r->conf->no_data],
			.drain_ns = feature_set_lookback_of(p->plan->features, r->features,
			                                    r->n_features),
		};
		p->has_states |= r->has_state;
	}
	return 0;
}

int states_begin(struct pipeline *p, struct partition *t)
{
	const struct life_events events = { t, on_evicted };

	if (!p->has_states)
		return 0;
	return life_new(p->life_rules, p->plan->n_rules, (size_t)p->plan->conf->limits.max_states,
	                &events, &t->life);
}

int pipeline_restore(struct pipeline *p, struct partition *t, const char *rule, const void *entity,
                     size_t n, const void *state, size_t state_size)
{
	struct life_entity e = { .p = entity, .n = (uint32_t)n };
	struct tocsin_event event = { 0 };

	for (size_t i = 0; i < p->plan->n_rules; i++) {
		const struct plan_rule *r = &p->plan->rules[i];

		if (strcmp(r->conf->name.s, rule) != 0 || !r->has_state)
			continue;
		if (n > ENTITY_MAX || !read_entity(entity, e.n, r->by, &event))
			return -EINVAL;
		e.rule = (uint32_t)i;
		e.key = feature_entity(&event, r->by);
		return life_restore(t->life, &e, state, state_size);
	}
	return -ENOENT;
}
