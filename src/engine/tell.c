/* tell.c - from a finding, or a change of state, to an alert: its name, its words, what it carries. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/timefmt.h"
#include "engine/drill.h"
#include "engine/pipeline_impl.h"

#define MAX_PARTS 12

struct naming {
	struct hash_part parts[MAX_PARTS];
	size_t n;
	char partition[16], at[80];
};

static void add_text(struct naming *n, const char *s)
{
	n->parts[n->n++] = (struct hash_part){ s, strlen(s) };
}

/* The texts of the event that the rule is by. */
static void add_entity(struct naming *n, const struct plan_rule *r, const struct tocsin_event *e)
{
	const struct tocsin_str *const texts[] = { &e->instrument, &e->account, &e->venue,
		                                   &e->counterparty };

	for (unsigned i = 0; i < 4; i++)
		if (r->by & 1u << i)
			n->parts[n->n++] = (struct hash_part){ texts[i]->p, texts[i]->n };
}

static void add_partition(struct naming *n, const struct pipeline *p)
{
	snprintf(n->partition, sizeof n->partition, "%d", p->partition->number);
	add_text(n, p->plan->conf->name.s);
	add_text(n, p->partition->topic);
	add_text(n, n->partition);
}

static int write_offset(const struct pipeline *p, char *out, size_t size)
{
	int n = snprintf(out, size, "%lld", (long long)p->offset);

	if (p->item)
		n += snprintf(out + n, size - (size_t)n, ".%u", p->item);
	return n;
}

/* Names the alert by where it came from, so that reading the same again names the same. A silence,
 * and what a timer finds, has no message of its own: its key (by what the rule is) and its time
 * stand for the offset. What is forgotten for want of room needs both. */
static void name_alert(const struct pipeline *p, const struct telling *t,
                       char out[static TOCSIN_ALERT_ID_SIZE])
{
	static const char *const verdicts[] = { "", "firing", "resolved", "no data" };
	const struct plan_rule *r = &p->plan->rules[t->rule];
	struct naming n = { 0 };
	int used = 0;

	add_partition(&n, p);
	if (t->event->kind == TOCSIN_TICK) {
		if (t->change && t->change->reason == LIFE_EVICTED) {
			used = snprintf(n.at, sizeof n.at, "evicted at ");
			used += write_offset(p, n.at + used, sizeof n.at - (size_t)used);
			snprintf(n.at + used, sizeof n.at - (size_t)used, " ");
			used++;
		}
		snprintf(n.at + used, sizeof n.at - (size_t)used, "%s since %lld",
		         t->change ? verdicts[t->change->verdict] : "silent",
		         (long long)t->event->time_ns);
		add_entity(&n, r, t->event);
	} else {
		write_offset(p, n.at, sizeof n.at);
	}
	add_text(&n, n.at);
	add_text(&n, r->conf->name.s);
	hash_id(n.parts, n.n, out);
}

static void name_fingerprint(const struct pipeline *p, const struct telling *t,
                             char out[static TOCSIN_ALERT_ID_SIZE])
{
	const struct plan_rule *r = &p->plan->rules[t->rule];
	struct naming n = { 0 };

	add_text(&n, "fingerprint");
	add_partition(&n, p);
	add_text(&n, r->conf->name.s);
	add_entity(&n, r, t->event);
	hash_id(n.parts, n.n, out);
}

/* "ESH4 / acct-7", the texts the rule is by. */
static void write_entity(const struct plan_rule *r, const struct tocsin_event *e, struct buf *out)
{
	const struct tocsin_str *const texts[] = { &e->instrument, &e->account, &e->venue,
		                                   &e->counterparty };
	const char *between = "";

	for (unsigned i = 0; i < 4; i++)
		if (r->by & 1u << i && texts[i]->p) {
			buf_puts(out, between);
			buf_add(out, texts[i]->p, texts[i]->n);
			between = " / ";
		}
}

/* What no template of the rule's can say: its condition is not true now. */
static void write_change(const struct plan_rule *r, const struct telling *t, struct buf *out)
{
	const struct life_change *c = t->change;
	char lasted[TIMEFMT_TEXT];

	write_entity(r, t->event, out);
	if (c->verdict == LIFE_SILENT) {
		duration_format(r->conf->no_data_after_ns, lasted);
		buf_printf(out, ": %s still fires, and nothing has come for %s", r->conf->name.s,
		           lasted);
		return;
	}
	duration_format_short(c->time_ns - c->fired_ns, lasted);
	buf_printf(out, ": %s is over after %s", r->conf->name.s, lasted);
	if (c->reason == LIFE_NO_DATA)
		buf_puts(out, ", for want of data");
	else if (c->reason == LIFE_EVICTED)
		buf_puts(out,
		         " as far as we can tell: its state had to make room (limits.max_states)");
}

static void set_status(const struct telling *t, struct tocsin_alert *a)
{
	const struct life_change *c = t->change;

	if (!c)
		return;
	a->active_at = c->since_ns;
	a->starts_at = c->fired_ns;
	if (c->verdict == LIFE_RESOLVES) {
		a->status = TOCSIN_RESOLVED;
		a->ends_at = c->time_ns;
		a->status_reason = life_reason_name(c->reason);
	} else if (c->verdict == LIFE_SILENT) {
		a->status_reason = life_reason_name(LIFE_NO_DATA);
	}
}

void tell(struct pipeline *p, const struct telling *t)
{
	const struct plan_rule *r = &p->plan->rules[t->rule];
	const struct tocsin_score *score = t->score;
	struct tocsin_alert a = {
		.config = p->plan->conf->name.s,
		.rule = r->conf->name.s,
		.rule_version = r->version,
		.runbook = r->conf->runbook.s,
		.severity = (enum tocsin_severity)r->conf->severity,
		.confidence = score ? score->confidence : 1,
		.score = score ? score->score : 0,
		.event = t->event,
		.n_reasons = score ? score->n_reasons : 0,
		.held = t->held,
		.labels = r->labels,
		.n_labels = (uint32_t)r->conf->labels.n,
		.topic = p->partition->topic,
		.partition = p->partition->number,
		.offset = p->offset,
		.times.event = t->event->time_ns,
	};

	name_alert(p, t, a.id);
	name_fingerprint(p, t, a.fingerprint);
	set_status(t, &a);
	for (uint32_t i = 0; i < a.n_reasons; i++)
		a.reason[i] = (struct tocsin_alert_reason){
			.feature = feature_set_name(p->plan->features, score->reason[i].feature),
			.observed = score->reason[i].observed,
			.expected = score->reason[i].expected,
			.share = (double)score->reason[i].share,
		};
	if (p->live) {
		a.times.consumed = p->message ? p->consumed_ns : 0;
		a.times.scored = clock_wall();
		a.times.broker = p->message ? p->broker_ns : 0;
	}
	buf_clear(&p->summary);
	if (score)
		summary_write(r->summary, &a, &p->summary);
	else
		write_change(r, t, &p->summary);
	a.summary = buf_str(&p->summary);
	if (drill_made(p->plan, &a)) {
		a.n_labels++; /* the one after the file's */
		metric_add(p->stats->drill_alerts, 1);
	} else {
		p->seen[t->rule].last_alert_ns = t->event->time_ns;
		metric_add(p->stats->rules[t->rule].alerts, 1);
	}
	p->events.alert(p->events.ctx, &a);
}

static uint64_t cooldown_key(const struct pipeline *p, size_t rule, const struct tocsin_event *e)
{
	uint64_t entity = feature_entity(e, p->plan->rules[rule].by);

	return hash_bytes(&entity, sizeof entity, p->partition->hash);
}

int64_t tell_held_until(const struct pipeline *p, size_t rule, const struct tocsin_event *e)
{
	return policy_until(p->policy, rule, cooldown_key(p, rule, e));
}

enum policy_verdict tell_found(struct pipeline *p, const struct telling *t)
{
	struct rule_stats *stats = &p->stats->rules[t->rule];
	struct telling told = *t;
	enum policy_verdict v = POLICY_ALERT; /* a drill after a drill is no repeat */

	if (!drill_event(p->plan, t->rule, t->event))
		v = policy_judge(p->policy, t->rule, cooldown_key(p, t->rule, t->event),
		                 t->score->confidence, t->event->time_ns, &told.held);
	switch (v) {
	case POLICY_ALERT: tell(p, &told); break;
	case POLICY_COOLDOWN: metric_add(stats->held, 1); break;
	case POLICY_LOW_CONFIDENCE: metric_add(stats->low_confidence, 1); break;
	}
	return v;
}

struct tocsin_event tell_tick(int64_t time_ns)
{
	return (struct tocsin_event){
		.size = sizeof(struct tocsin_event),
		.kind = TOCSIN_TICK,
		.time_ns = time_ns,
		.price = TOCSIN_NONE,
		.qty = TOCSIN_NONE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
	};
}
