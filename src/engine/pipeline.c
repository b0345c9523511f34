#include "pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/timefmt.h"

#define COOLDOWNS_MAX ((size_t)1 << 20)
#define MAX_JUMP_NS (7 * 86400 * NS_PER_S) /* ahead of all before: needs a second witness */
#define AHEAD 2 /* messages, for each step of asking for memory */
#define TIMED_EVERY 8 /* one event in so many is timed */
#define TAKES_CACHE 4096 /* instruments whose rules are remembered */

struct takes { /* which rules' patterns take an instrument */
	uint64_t key;
	bool known;
};

struct rule_ref {
	const struct plan_rule *rule;
	size_t index;
};

struct pipeline {
	const struct plan *plan;
	struct stats *stats;
	struct pipeline_events events;
	bool live;
	struct policy *policy;
	struct rule_ref *by_kind[TOCSIN_N_KINDS];
	size_t n_by_kind[TOCSIN_N_KINDS];
	struct takes *takes; /* direct-mapped; NULL when no rule has patterns */
	bool *takes_rule; /* TAKES_CACHE rows of n_rules */
	struct buf summary;

	const struct message *message; /* being taken */
	uint32_t item; /* which of its events */
	bool refused; /* one of its events was */
	struct partition *partition;
	int64_t consumed_ns, broker_ns;
};

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
					&p->plan->rules[i], i
				};
	}
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
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++)
		free(p->by_kind[k]);
	free(p->takes);
	free(p->takes_rule);
	buf_done(&p->summary);
	free(p);
	return NULL;
}

struct policy *pipeline_policy(struct pipeline *p)
{
	return p->policy;
}

int pipeline_partition_new(struct pipeline *p, const char *topic, int32_t number,
                           struct partition **ret_partition)
{
	const struct conf_limits *l = &p->plan->conf->limits;
	const struct feature_limits limits = {
		.max_keys = (size_t)l->max_keys,
		.max_window_events = (size_t)l->max_window_events,
		.allowed_lateness_ns = l->allowed_lateness_ns,
	};
	struct partition *t = calloc(1, sizeof *t);
	int r;

	if (!t)
		return -ENOMEM;
	t->topic = topic;
	t->number = number;
	t->hash = hash_bytes(topic, strlen(topic), (uint64_t)number);
	t->jump_ns = INT64_MIN;
	r = feature_table_new(p->plan->features, &limits, &t->features);
	if (r) {
		free(t);
		return r;
	}
	*ret_partition = t;
	return 0;
}

struct partition *pipeline_partition_free(struct partition *t)
{
	if (t)
		feature_table_free(t->features);
	free(t);
	return NULL;
}

/* Alerts ------------------------------------------------------------------------------------- */

/* Names the alert by where it came from, so that reading the same again names the same. A silence
 * has no message of its own: its key (by what the rule is) and its time stand for the offset. */
static void name_alert(const struct pipeline *p, const struct plan_rule *r,
                       const struct tocsin_event *e, char out[static TOCSIN_ALERT_ID_SIZE])
{
	const char *config = p->plan->conf->name.s, *rule = r->conf->name.s;
	char partition[16], at[48];
	const struct tocsin_str *const texts[] = { &e->instrument, &e->account, &e->venue,
		                                   &e->counterparty };
	struct hash_part parts[9];
	size_t n = 0;

	snprintf(partition, sizeof partition, "%d", p->partition->number);
	parts[n++] = (struct hash_part){ config, strlen(config) };
	parts[n++] = (struct hash_part){ p->partition->topic, strlen(p->partition->topic) };
	parts[n++] = (struct hash_part){ partition, strlen(partition) };
	if (e->kind == TOCSIN_TICK) {
		snprintf(at, sizeof at, "silent since %lld", (long long)e->time_ns);
		for (unsigned i = 0; i < 4; i++)
			if (r->by & 1u << i)
				parts[n++] = (struct hash_part){ texts[i]->p, texts[i]->n };
	} else {
		int used = snprintf(at, sizeof at, "%lld", (long long)p->message->offset);

		if (p->item)
			snprintf(at + used, sizeof at - (size_t)used, ".%u", p->item);
	}
	parts[n++] = (struct hash_part){ at, strlen(at) };
	parts[n++] = (struct hash_part){ rule, strlen(rule) };
	hash_id(parts, n, out);
}

static void make_alert(struct pipeline *p, const struct plan_rule *r, const struct tocsin_sample *s,
                       const struct tocsin_score *score, uint32_t held)
{
	struct tocsin_alert a = {
		.config = p->plan->conf->name.s,
		.rule = r->conf->name.s,
		.rule_version = r->version,
		.runbook = r->conf->runbook.s,
		.severity = (enum tocsin_severity)r->conf->severity,
		.confidence = score->confidence,
		.score = score->score,
		.event = s->event,
		.n_reasons = score->n_reasons,
		.held = held,
		.labels = r->labels,
		.n_labels = (uint32_t)r->conf->labels.n,
		.topic = p->partition->topic,
		.partition = p->partition->number,
		.offset = p->message->offset,
		.times.event = s->event->time_ns,
	};

	name_alert(p, r, s->event, a.id);
	for (uint32_t i = 0; i < score->n_reasons; i++)
		a.reason[i] = (struct tocsin_alert_reason){
			.feature = feature_set_name(p->plan->features, score->reason[i].feature),
			.observed = score->reason[i].observed,
			.expected = score->reason[i].expected,
			.share = (double)score->reason[i].share,
		};
	if (p->live) {
		a.times.consumed = p->consumed_ns;
		a.times.scored = clock_wall();
		a.times.broker = p->broker_ns;
	}
	buf_clear(&p->summary);
	summary_write(r->summary, &a, &p->summary);
	a.summary = buf_str(&p->summary);
	p->events.alert(p->events.ctx, &a);
}

static enum policy_verdict found(struct pipeline *p, const struct rule_ref *ref,
                                 const struct tocsin_sample *s, const struct tocsin_score *score)
{
	struct rule_stats *stats = &p->stats->rules[ref->index];
	unsigned by = ref->rule->by;
	uint64_t entity = by == FEATURE_BY_INSTRUMENT ? s->key : feature_entity(s->event, by);
	uint64_t key = hash_bytes(&entity, sizeof entity, p->partition->hash);
	uint32_t held = 0;
	enum policy_verdict v = policy_judge(p->policy, ref->index, key, score->confidence,
	                                     s->event->time_ns, &held);

	switch (v) {
	case POLICY_ALERT:
		metric_add(stats->alerts, 1);
		make_alert(p, ref->rule, s, score, held);
		break;
	case POLICY_COOLDOWN: metric_add(stats->held, 1); break;
	case POLICY_LOW_CONFIDENCE: metric_add(stats->low_confidence, 1); break;
	}
	return v;
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

/* Is the rule to look at the event? Its entity must be there; of ticks those it waits for. */
static bool looks(const struct plan_rule *r, const struct tocsin_event *e, unsigned parts)
{
	return (r->by & ~parts) == 0 && (e->kind != TOCSIN_TICK || r->ticks & 1u << parts);
}

static void score(struct pipeline *p, const struct tocsin_sample *s)
{
	const struct rule_ref *refs = p->by_kind[s->event->kind];
	size_t n = p->n_by_kind[s->event->kind];
	const bool *row;
	unsigned parts;

	if (n == 0 || p->message->offset < p->partition->scored_from)
		return;
	row = takes(p, s);
	parts = feature_parts(s->event);
	for (size_t i = 0; i < n; i++) {
		struct pipeline_judged j = { refs[i].index, p->partition, s, 0, NULL, 0 };
		struct tocsin_score out;

		if ((row && !row[refs[i].index]) || !looks(refs[i].rule, s->event, parts))
			continue;
		out.size = sizeof out;
		j.said = refs[i].rule->detector->score(refs[i].rule->self, s, &out);
		if (j.said > 0) {
			j.score = &out;
			j.verdict = found(p, &refs[i], s, &out);
		}
		if (p->events.judged)
			p->events.judged(p->events.ctx, &j);
	}
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

static void take_event(struct pipeline *p, const struct tocsin_event *e, uint64_t key)
{
	struct feature_table *features = p->partition->features;
	struct tocsin_sample s;

	if (e->flags & TOCSIN_FLAG_SNAPSHOT) {
		feature_table_add_key(features, e, key, &s);
		return;
	}
	while (feature_table_tick(features, e->time_ns, &s))
		score(p, &s);
	feature_table_add_key(features, e, key, &s);
	score(p, &s);
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
	p->message = m;
	p->item = d->item;
	p->partition = t;
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

void pipeline_count_partition(struct pipeline *p, struct partition *t)
{
	struct stats *s = p->stats;
	struct feature_counts now, *told = &t->told;

	feature_table_counts(t->features, &now);
	metric_add(s->keys_evicted, now.keys_evicted - told->keys_evicted);
	metric_add(s->truncated, now.window_truncated - told->window_truncated);
	metric_add(s->late, now.late - told->late);
	metric_add(s->snapshot, now.snapshot - told->snapshot);
	*told = now;
}
