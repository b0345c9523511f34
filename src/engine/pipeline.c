#include "pipeline.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/timefmt.h"
#include "engine/pipeline_impl.h"

#define COOLDOWNS_MAX ((size_t)1 << 20)
#define MAX_JUMP_NS (7 * 86400 * NS_PER_S) /* ahead of all before: needs a second witness */
#define AHEAD 2 /* messages, for each step of asking for memory */
#define TIMED_EVERY 8 /* one event in so many is timed */
#define TAKES_CACHE 4096 /* instruments whose rules are remembered */

/* Making ------------------------------------------------------------------------------------- */

static int make_policy(struct pipeline *p)
{
	size_t n = p->plan->n_rules;
	struct policy_rule *rules = calloc(n ? n : 1, sizeof *rules);
	int r;

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		rules[i] = (struct policy_rule){
			.min_confidence = p->plan->rules[i].conf->confidence,
			.cooldown_ns = p->plan->rules[i].conf->cooldown_ns,
		};
	r = policy_new(rules, n, COOLDOWNS_MAX, &p->policy);
	free(rules);
	return r;
}

static int make_grouped(struct pipeline *p, unsigned kind)
{
	size_t n = p->n_by_kind[kind];
	const struct plan_rule **rules = calloc(n ? n : 1, sizeof *rules);
	int e;

	if (!rules)
		return -ENOMEM;
	p->visit[kind] = calloc(n ? n : 1, 1);
	for (size_t i = 0; p->visit[kind] && i < n; i++) {
		rules[i] = p->by_kind[kind][i].rule;
		p->by_all[kind] |= rules[i]->by;
		p->visit[kind][i] = rules[i]->has_state || rules[i]->active != PLAN_ALWAYS;
	}
	e = p->visit[kind] ? grouped_new(rules, n, &p->grouped[kind]) : -ENOMEM;
	free(rules);
	return e;
}

static int make_tables(struct pipeline *p)
{
	size_t n = p->plan->n_rules;

	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++) {
		p->by_kind[k] = calloc(n ? n : 1, sizeof *p->by_kind[k]);
		if (!p->by_kind[k])
			return -ENOMEM;
		for (size_t i = 0; i < n; i++)
			if (p->plan->rules[i].kinds & TOCSIN_KIND_BIT(k))
				p->by_kind[k][p->n_by_kind[k]++] = (struct rule_ref){
					.rule = &p->plan->rules[i],
					.index = (uint32_t)i,
					.by = p->plan->rules[i].by,
				};
	}
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++) {
		int e = make_grouped(p, k);

		if (e)
			return e;
	}
	p->seen = calloc(n ? n : 1, sizeof *p->seen);
	p->quiet = calloc(TOCSIN_N_KINDS, sizeof *p->quiet);
	if (!p->seen || !p->quiet)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		p->seen[i].last_alert_ns = INT64_MIN;
	if (!p->plan->by_instrument)
		return 0;
	p->takes = calloc(TAKES_CACHE, sizeof *p->takes);
	p->takes_rule = calloc(TAKES_CACHE * (n ? n : 1), sizeof *p->takes_rule);
	return p->takes && p->takes_rule ? 0 : -ENOMEM;
}

int pipeline_new(const struct plan *plan, struct stats *stats, const struct pipeline_events *events,
                 bool live, struct pipeline **ret_pipeline)
{
	struct pipeline *p = calloc(1, sizeof *p);
	int r;

	if (!p)
		return -ENOMEM;
	p->plan = plan;
	p->stats = stats;
	p->events = *events;
	p->live = live;
	r = make_policy(p);
	if (r == 0)
		r = make_tables(p);
	if (r == 0)
		r = states_rules(p);
	if (r) {
		pipeline_free(p);
		return r;
	}
	*ret_pipeline = p;
	return 0;
}

struct pipeline *pipeline_free(struct pipeline *p)
{
	if (!p)
		return NULL;
	policy_free(p->policy);
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++) {
		free(p->by_kind[k]);
		grouped_free(p->grouped[k]);
		free(p->visit[k]);
	}
	free(p->takes);
	free(p->takes_rule);
	free(p->seen);
	free(p->quiet);
	free(p->life_rules);
	buf_done(&p->summary);
	free(p);
	return NULL;
}

struct policy *pipeline_policy(struct pipeline *p)
{
	return p->policy;
}

static int make_rules(const struct pipeline *p, struct partition *t)
{
	t->rules = calloc(p->plan->n_rules + 1, sizeof *t->rules);
	if (!t->rules)
		return -ENOMEM;
	for (size_t i = 0; i <= p->plan->n_rules; i++) {
		t->rules[i].blank_since = INT64_MIN;
		for (unsigned k = 0; k < N_TROUBLES; k++)
			t->rules[i].told_ns[k] = INT64_MIN;
	}
	return 0;
}

int pipeline_partition_new(struct pipeline *p, const char *topic, int32_t number,
                           struct partition **ret_partition)
{
	const struct conf_limits *l = &p->plan->conf->limits;
	const struct feature_limits limits = {
		.max_keys = (size_t)l->max_keys,
		.max_window_events = (size_t)l->max_window_events,
		.allowed_lateness_ns = l->allowed_lateness_ns,
		.books = {
			.max_orders = (uint32_t)l->max_orders,
			.max_book_orders = (uint32_t)l->max_book_orders,
			.max_levels = (uint32_t)l->max_book_levels,
			.max_accounts = (uint32_t)l->max_book_accounts,
		},
	};
	struct partition *t = calloc(1, sizeof *t);
	int r;

	if (!t)
		return -ENOMEM;
	t->topic = topic;
	t->number = number;
	t->hash = hash_bytes(topic, strlen(topic), (uint64_t)number);
	t->jump_ns = t->mark_ns = INT64_MIN;
	t->pipeline = p;
	r = make_rules(p, t);
	if (r == 0)
		r = feature_table_new(p->plan->features, &limits, &t->features);
	if (r == 0)
		r = states_begin(p, t);
	if (r) {
		pipeline_partition_free(t);
		return r;
	}
	*ret_partition = t;
	return 0;
}

struct partition *pipeline_partition_free(struct partition *t)
{
	if (!t)
		return NULL;
	feature_table_free(t->features);
	life_free(t->life);
	free(t->rules);
	free(t);
	return NULL;
}

/* Scoring ------------------------------------------------------------------------------------ */

/* The row of rules that take the sample's instrument; NULL = all do. */
static const bool *takes(struct pipeline *p, const struct tocsin_sample *s)
{
	size_t slot = s->key % TAKES_CACHE, n = p->plan->n_rules;
	bool *row = p->takes_rule + slot * n;

	if (!p->takes)
		return NULL;
	if (!p->takes[slot].known || p->takes[slot].key != s->key) {
		p->takes[slot] = (struct takes){ .key = s->key, .known = true };
		for (size_t i = 0; i < n; i++)
			row[i] = plan_rule_takes(&p->plan->rules[i], &s->event->instrument);
	}
	return row;
}

/* What only takes away what was filled, nobody cancelled: it is for rules that look at any event. */
static inline bool is_by_fill(const struct tocsin_event *e)
{
	return e->kind == TOCSIN_ORDER_CANCEL && e->flags & TOCSIN_FLAG_BY_FILL;
}

static inline bool takes_any(const struct plan_rule *r)
{
	const uint32_t any = TOCSIN_KIND_BIT(TOCSIN_TICK) - 1;

	return (r->kinds & any) == any;
}

/* Is the rule to look at the event? Its entity must be there; of ticks those it waits for. */
static inline bool looks(const struct rule_ref *r, const struct tocsin_event *e, unsigned parts)
{
	return (r->by & ~parts) == 0 && (e->kind != TOCSIN_TICK || r->rule->ticks & 1u << parts) &&
	       (!is_by_fill(e) || takes_any(r->rule));
}

bool pipeline_in_hours(struct pipeline *p, size_t rule, const struct tocsin_sample *s)
{
	struct rule_stats *stats = &p->stats->rules[rule];
	uint32_t active_at = p->plan->rules[rule].active;
	double active;

	if (active_at == PLAN_ALWAYS)
		return true;
	active = s->x[active_at];
	if (active > 0)
		return true;
	metric_add(isnan(active) ? stats->no_calendar : stats->outside, 1);
	if (isnan(active))
		about_calendar(p, rule, s->event->time_ns);
	if (p->events.judged) {
		const struct pipeline_judged j = {
			.rule = rule,
			.partition = p->partition,
			.sample = s,
			.hours = isnan(active) ? HOURS_UNKNOWN : HOURS_OUTSIDE,
		};

		p->events.judged(p->events.ctx, &j);
	}
	return false;
}

/* It had a value for an event. */
static void has_value(struct partition *t, size_t rule)
{
	if (t->rules[rule].blank_since == INT64_MIN)
		return;
	t->rules[rule].blank_since = INT64_MIN;
	t->n_blank--;
}

/* `said`: what the rule says, as far as that is known. */
static void look(struct pipeline *p, const struct rule_ref *ref, const struct tocsin_sample *s,
                 int said)
{
	struct pipeline_judged j = { .rule = ref->index, .partition = p->partition, .sample = s };
	struct tocsin_score out;

	out.size = sizeof out;
	j.said = said <= 0 ? said : ref->rule->detector->score(ref->rule->self, s, &out);
	j.score = j.said > 0 ? &out : NULL;
	p->seen[ref->index].looks[j.said < 0 ? 0 : j.said == 0 ? 1 : 2]++;
	if (j.said < 0)
		about_no_value(p, ref->index, s, j.said);
	else
		has_value(p->partition, ref->index);
	if (ref->rule->has_state)
		states_judge(p, ref->index, s, j.said, &out, &j);
	else if (j.said > 0)
		j.verdict = tell_found(p, &(struct telling){ ref->index, s->event, &out, NULL, 0 });
	if (p->events.judged)
		p->events.judged(p->events.ctx, &j);
}

/* All rules of the event's kind look, and most say no, most of the time: these are passed by, eight
 * at a time, and counted as one. */
static void score_all(struct pipeline *p, const struct tocsin_sample *s, const signed char *said)
{
	unsigned kind = s->event->kind;
	const struct rule_ref *refs = p->by_kind[kind];
	const unsigned char *visit = p->visit[kind];
	size_t n = p->n_by_kind[kind];

	p->quiet[kind]++;
	for (size_t i = 0; i < n && p->partition->n_blank; i++)
		if (said[i] == 0)
			has_value(p->partition, refs[i].index);
	for (size_t i = 0; i < n; i++) {
		uint64_t eight, must;

		if (i + 8 <= n) {
			memcpy(&eight, said + i, sizeof eight);
			memcpy(&must, visit + i, sizeof must);
			if ((eight | must) == 0) {
				i += 7;
				continue;
			}
		}
		if (said[i] || visit[i]) {
			p->seen[refs[i].index].looks[1]--; /* not one of the quiet */
			if (pipeline_in_hours(p, refs[i].index, s))
				look(p, &refs[i], s, said[i]);
		}
	}
}

/* Counts those that were passed by. */
static void count_quiet(const struct pipeline *p)
{
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++) {
		for (size_t i = 0; i < p->n_by_kind[k]; i++)
			p->seen[p->by_kind[k][i].index].looks[1] += p->quiet[k];
		p->quiet[k] = 0;
	}
}

void pipeline_score(struct pipeline *p, const struct tocsin_sample *s)
{
	const struct rule_ref *refs = p->by_kind[s->event->kind];
	size_t n = p->n_by_kind[s->event->kind];
	const signed char *said;
	const bool *row;
	unsigned parts;

	if (n == 0 || p->warm)
		return;
	row = takes(p, s);
	parts = feature_parts(s->event);
	said = grouped_judge(p->grouped[s->event->kind], s);
	if (!row && !p->events.judged && s->event->kind != TOCSIN_TICK && !is_by_fill(s->event) &&
	    (p->by_all[s->event->kind] & ~parts) == 0) {
		score_all(p, s, said);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if ((!row || row[refs[i].index]) && looks(&refs[i], s->event, parts) &&
		    pipeline_in_hours(p, refs[i].index, s))
			look(p, &refs[i], s, said[i]);
}

static bool far_ahead(int64_t a, int64_t b)
{
	return a > b && (uint64_t)a - (uint64_t)b > (uint64_t)MAX_JUMP_NS;
}

/* One wrong clock must not make everything after it late: a time far ahead of all before is
 * refused until a second one in a row, near the first, says the same. */
static bool jumps(struct partition *t, int64_t time_ns)
{
	int64_t mark = feature_table_watermark(t->features), before = t->jump_ns;

	t->jump_ns = INT64_MIN;
	if (mark == INT64_MIN || !far_ahead(time_ns, mark))
		return false;
	if (before != INT64_MIN && !far_ahead(time_ns, before) && !far_ahead(before, time_ns))
		return false;
	t->jump_ns = time_ns;
	return true;
}

static void refuse(struct pipeline *p, const struct message *m, unsigned reason, const char *field)
{
	metric_add(p->stats->refused[reason], 1);
	if (reason == DECODE_IGNORED || p->refused || m->offset < p->partition->scored_from)
		return;
	p->refused = true; /* a message goes to the dead letters once, whole */
	p->events.refused(p->events.ctx, m, reason, field ? field : "");
}

/* The windows go on as they did, and nobody is told again. */
static void run_silently(struct pipeline *p, int64_t time_ns)
{
	struct tocsin_sample s;

	while (feature_table_tick(p->partition->features, time_ns, &s))
		;
}

/* Time that went on before the message at `offset`, when it was first read. */
static void advance_again(struct pipeline *p, struct partition *t, int64_t offset)
{
	for (; t->n_applied < t->n_advances && t->advances[t->n_applied].offset <= offset;
	     t->n_applied++) {
		run_silently(p, t->advances[t->n_applied].time_ns);
		feature_table_advance(t->features, t->advances[t->n_applied].time_ns);
	}
}

static void take_event(struct pipeline *p, const struct tocsin_event *e, uint64_t key)
{
	struct feature_table *features = p->partition->features;
	struct tocsin_sample s;

	if (e->flags & TOCSIN_FLAG_SNAPSHOT) {
		feature_table_add_key(features, e, key, &s);
		return;
	}
	if (p->warm)
		run_silently(p, e->time_ns);
	else
		states_run(p, e->time_ns);
	feature_table_add_key(features, e, key, &s);
	pipeline_score(p, &s);
	if (!p->warm)
		about_tables(p);
}

static void take_message(struct pipeline *p, struct partition *t, const struct message *m,
                         const struct decoded *d)
{
	if (d->item == 0) {
		metric_add(p->stats->messages, 1);
		if (m->offset < t->scored_from)
			metric_add(p->stats->warm, 1);
		p->refused = false;
	}
	p->partition = t;
	if (t->n_applied < t->n_advances)
		advance_again(p, t, m->offset);
	p->message = m;
	p->offset = m->offset;
	p->warm = m->offset < t->scored_from;
	p->item = d->item;
	p->broker_ns = d->broker_ns;
	if (d->verdict != DECODE_OK) {
		refuse(p, m, d->verdict, d->field);
	} else if (!(d->event.flags & TOCSIN_FLAG_SNAPSHOT) && jumps(t, d->event.time_ns)) {
		refuse(p, m, REFUSED_TIME_JUMP, "time");
	} else {
		metric_add(p->stats->events[d->event.kind], 1);
		if (p->live)
			hist_record(p->stats->stage[STAGE_EVENT_CONSUME]->hist,
			            p->consumed_ns - d->event.time_ns);
		take_event(p, &d->event, d->key);
		t->consumed_ns = p->consumed_ns;
		t->mark_ns = feature_table_watermark(t->features);
	}
	if (d->last)
		t->next_offset = m->offset + 1;
}

static uint64_t key_at(const struct batch *b, size_t i)
{
	return i < b->n_decoded ? b->decoded[i].key : 0;
}

void pipeline_take(struct pipeline *p, const struct batch *b,
                   struct partition *(*partition_of)(const struct message *m))
{
	struct hist *timed = p->stats->stage[STAGE_CONSUME_SCORE]->hist;

	p->consumed_ns = b->consumed_ns;
	for (size_t i = 0; i < b->n_decoded; i++) {
		const struct message *m = &b->messages[b->decoded[i].message];
		struct partition *t;

		if (m->header)
			continue;
		t = partition_of(m);
		/* Neighbours are mostly of one partition; when not, the hint is for naught. */
		feature_table_ahead(t->features, key_at(b, i + AHEAD), key_at(b, i + 2 * AHEAD));
		take_message(p, t, m, &b->decoded[i]);
		if (i % TIMED_EVERY == 0 || i + 1 == b->n_decoded)
			hist_record(timed, clock_wall() - b->consumed_ns);
	}
}

bool pipeline_idle(struct pipeline *p, struct partition *t, int64_t time_ns)
{
	struct partition_advance *a = &t->advances[t->n_advances];

	if (time_ns <= feature_table_watermark(t->features) || t->next_offset < t->scored_from)
		return false;
	p->partition = t;
	p->message = NULL;
	p->warm = false;
	p->offset = t->next_offset > 0 ? t->next_offset - 1 : 0;
	p->item = 0;
	advance_again(p, t, t->next_offset);
	if (!states_run(p, time_ns))
		return false;
	feature_table_advance(t->features, time_ns);
	if (t->n_advances && a[-1].offset == t->next_offset)
		a[-1].time_ns = time_ns;
	else if (t->n_advances < PARTITION_ADVANCES)
		t->advances[t->n_advances++] = (struct partition_advance){ t->next_offset,
			                                                   time_ns };
	t->n_applied = t->n_advances;
	return true;
}

int pipeline_restored(struct partition *t, int64_t time_ns)
{
	return t->life ? life_restored(t->life, time_ns) : 0;
}

const struct pipeline_rule *pipeline_rule(const struct pipeline *p, size_t rule)
{
	count_quiet(p);
	return &p->seen[rule];
}

void pipeline_count_partition(struct pipeline *p, struct partition *t)
{
	struct stats *s = p->stats;
	struct feature_counts now, *told = &t->told;

	feature_table_counts(t->features, &now);
	metric_add(s->keys_evicted, now.keys_evicted - told->keys_evicted);
	metric_add(s->truncated, now.window_truncated - told->window_truncated);
	metric_add(s->late, now.late - told->late);
	metric_add(s->snapshot, now.snapshot - told->snapshot);
	for (unsigned i = 0; i < BOOK_N_STATES; i++)
		metric_add(s->book_states[i], now.books.states[i] - told->books.states[i]);
	*told = now;
}
