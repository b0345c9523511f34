/* about.c - alerts about rules: what stops a rule from doing its work is itself told.
 *
 * They go the way of every alert, are of the rule CONF_OWN_RULE with the label `about`, and their
 * names depend on the hour of event time they are told in: read again, they are the same. Of each
 * rule and trouble one an hour. What is looked for: a rule that never has a value although events
 * come (it divides by zero, or asks for what the feed does not carry); states, keys or window
 * events that had to make room; a detector that answers what no detector may. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/hash.h"
#include "core/timefmt.h"
#include "engine/pipeline_impl.h"

#define HOUR_NS (3600 * NS_PER_S)
#define PATIENCE_NS (600 * NS_PER_S) /* without a value, at least */
#define LOOK_EVERY 1024 /* offsets */

static const char *const troubles[N_TROUBLES] = {
	[TROUBLE_NO_VALUE] = "no_value",       [TROUBLE_STATES] = "states_lost",
	[TROUBLE_KEYS] = "keys_evicted",       [TROUBLE_WINDOWS] = "windows_cut",
	[TROUBLE_DETECTOR] = "detector_fails", [TROUBLE_CALENDAR] = "calendar",
};

const char *about_name(enum trouble trouble)
{
	return troubles[trouble];
}

static int64_t hour_of(int64_t t)
{
	return t / HOUR_NS - (t % HOUR_NS < 0);
}

static void name_it(const struct pipeline *p, const char *about, const char *trouble, int64_t hour,
                    char id[static TOCSIN_ALERT_ID_SIZE],
                    char fingerprint[static TOCSIN_ALERT_ID_SIZE])
{
	const char *config = p->plan->conf->name.s, *topic = p->partition->topic;
	char partition[16], at[32];
	const struct hash_part parts[] = {
		{ config, strlen(config) },
		{ topic, strlen(topic) },
		{ partition,
		  (size_t)snprintf(partition, sizeof partition, "%d", p->partition->number) },
		{ CONF_OWN_RULE, strlen(CONF_OWN_RULE) },
		{ about, strlen(about) },
		{ trouble, strlen(trouble) },
		{ at, (size_t)snprintf(at, sizeof at, "%lld", (long long)hour) },
	};

	hash_id(parts, 7, id);
	hash_id(parts, 6, fingerprint);
}

static void tell_it(struct pipeline *p, const char *about, enum trouble trouble, int64_t time_ns,
                    const char *words)
{
	const struct tocsin_label labels[] = { { "about", about },
		                               { "trouble", troubles[trouble] } };
	const struct tocsin_event event = tell_tick(time_ns);
	struct tocsin_alert a = {
		.config = p->plan->conf->name.s,
		.rule = CONF_OWN_RULE,
		.rule_version = "00000000",
		.summary = words,
		.severity = TOCSIN_WARNING,
		.confidence = 1,
		.score = 1,
		.event = &event,
		.labels = labels,
		.n_labels = 2,
		.topic = p->partition->topic,
		.partition = p->partition->number,
		.offset = p->offset,
		.times.event = time_ns,
	};

	name_it(p, about, troubles[trouble], hour_of(time_ns), a.id, a.fingerprint);
	if (p->live)
		a.times.scored = clock_wall();
	metric_add(p->stats->own_alerts, 1);
	p->events.alert(p->events.ctx, &a);
}

void about_rule(struct pipeline *p, size_t rule, enum trouble trouble, int64_t time_ns,
                const char *words)
{
	struct partition_rule *r = &p->partition->rules[rule];
	int64_t *last = &r->told_ns[trouble];

	if (*last != INT64_MIN && time_ns < *last + HOUR_NS)
		return;
	*last = time_ns;
	tell_it(p, rule < p->plan->n_rules ? p->plan->rules[rule].conf->name.s : "*", trouble,
	        time_ns, words);
}

void about_no_value(struct pipeline *p, size_t rule, const struct tocsin_sample *s, int said)
{
	const struct plan_rule *r = &p->plan->rules[rule];
	struct partition_rule *state = &p->partition->rules[rule];
	int64_t now = s->event->time_ns, longest, patience = PATIENCE_NS;
	char words[300], since[TIMEFMT_TEXT];

	if (said < TOCSIN_NO_VALUE) {
		snprintf(words, sizeof words,
		         "rule %s: its detector %s fails (answer %d): it says nothing",
		         r->conf->name.s, r->detector->name, said);
		about_rule(p, rule, TROUBLE_DETECTOR, now, words);
	}
	if (state->blank_since == INT64_MIN) {
		state->blank_since = now;
		p->partition->n_blank++;
	}
	longest = p->life_rules[rule].drain_ns;
	if (longest > patience / 3)
		patience = 3 * longest;
	if (now < state->blank_since || now - state->blank_since <= patience)
		return;
	duration_format_short(now - state->blank_since, since);
	snprintf(
		words, sizeof words,
		"rule %s has had no value for any event of %s [%d] for %s, so it cannot fire: it divides "
		"by zero, or asks for what the events do not carry",
		r->conf->name.s, p->partition->topic, p->partition->number, since);
	about_rule(p, rule, TROUBLE_NO_VALUE, now, words);
}

void about_states(struct pipeline *p, size_t rule, int64_t time_ns)
{
	char words[300];

	p->seen[rule].lost++;
	snprintf(
		words, sizeof words,
		"rule %s: a firing state had to make room (limits.max_states); it begins anew with the "
		"next event of its instrument",
		p->plan->rules[rule].conf->name.s);
	about_rule(p, rule, TROUBLE_STATES, time_ns, words);
}

void about_calendar(struct pipeline *p, size_t rule, int64_t time_ns)
{
	const struct conf_rule *c = p->plan->rules[rule].conf;
	const int64_t *told = &p->partition->rules[rule].told_ns[TROUBLE_CALENDAR];
	char words[300], at[TIMEFMT_TEXT];

	if (*told != INT64_MIN && time_ns < *told + HOUR_NS)
		return;
	time_format(time_ns, at);
	snprintf(
		words, sizeof words,
		"rule %s is not judged at %s: %s%s does not say which phase it is, and the rule is "
		"active in some only",
		c->name.s, at, c->calendar.s ? "calendar " : "no calendar of the instrument",
		c->calendar.s ? c->calendar.s : "");
	about_rule(p, rule, TROUBLE_CALENDAR, time_ns, words);
}

void about_tables(struct pipeline *p)
{
	struct partition *t = p->partition;
	int64_t now = feature_table_watermark(t->features);
	struct feature_counts c;
	char words[300];

	if (p->offset / LOOK_EVERY == t->looked_at / LOOK_EVERY || now == INT64_MIN)
		return;
	t->looked_at = p->offset;
	feature_table_counts(t->features, &c);
	if (c.keys_evicted > t->looked.keys_evicted) {
		snprintf(
			words, sizeof words,
			"%s [%d]: %llu keys were forgotten because limits.max_keys was reached; their "
			"windows begin anew and rules are silent about them until they are full",
			t->topic, t->number,
			(unsigned long long)(c.keys_evicted - t->looked.keys_evicted));
		about_rule(p, p->plan->n_rules, TROUBLE_KEYS, now, words);
	}
	if (c.window_truncated > t->looked.window_truncated) {
		snprintf(words, sizeof words,
		         "%s [%d]: %llu events were dropped from windows because "
		         "limits.max_window_events was reached; counts and sums are too small",
		         t->topic, t->number,
		         (unsigned long long)(c.window_truncated - t->looked.window_truncated));
		about_rule(p, p->plan->n_rules, TROUBLE_WINDOWS, now, words);
	}
	t->looked = c;
}
