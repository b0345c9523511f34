#include "stats.h"

#include <errno.h>
#include <stdlib.h>

#include "source/kafka.h"

static const char *const stage_names[N_STAGES] = {
	"event_to_consume",
	"consume_to_score",
	"score_to_outbox",
	"outbox_to_delivered",
};

const char *refused_name(unsigned reason)
{
	return reason == REFUSED_TIME_JUMP ? "time_jump"
	                                   : decode_verdict_name((enum decode_verdict)reason);
}

/* A family without labels, as its one series. */
static struct metric *single(struct metrics *m, enum metric_type type, const char *name,
                             const char *help)
{
	static const char *const none[] = { NULL };
	struct metric_family *f = metrics_family(m, type, name, help, none, 1);

	return f ? metric_series(f, none) : NULL;
}

static struct metric_family *family(struct metrics *m, enum metric_type type, const char *name,
                                    const char *help, const char *const *labels, unsigned max)
{
	return metrics_family(m, type, name, help, labels, max);
}

static struct metric *one(struct metric_family *f, const char *value)
{
	return f ? metric_series(f, (const char *const[]){ value, NULL }) : NULL;
}

static int make_events(struct stats *s, struct metrics *m)
{
	struct metric_family *kinds, *reasons, *stages;
	bool whole;

	kinds = family(m, METRIC_COUNTER, "tocsin_events_total", "Events decoded, by kind.",
	               (const char *const[]){ "kind", NULL }, TOCSIN_N_KINDS);
	reasons = family(m, METRIC_COUNTER, "tocsin_events_refused_total",
	                 "Messages that are no event, by reason.",
	                 (const char *const[]){ "reason", NULL }, N_REFUSED);
	stages = family(
		m, METRIC_HISTOGRAM, "tocsin_stage_latency_seconds",
		"Time a stage took: event to consume, consume to score (one event in 8 and the last "
		"of each batch), score to outbox and outbox to delivered (alerts).",
		(const char *const[]){ "stage", NULL }, N_STAGES);
	whole = kinds && reasons && stages;
	for (unsigned i = 0; whole && i < TOCSIN_N_KINDS; i++)
		whole = (s->events[i] = one(kinds, tocsin_kind_name(i)));
	for (unsigned i = 1; whole && i < N_REFUSED; i++) /* 0 is DECODE_OK */
		whole = (s->refused[i] = one(reasons, refused_name(i)));
	for (unsigned i = 0; whole && i < N_STAGES; i++)
		whole = (s->stage[i] = one(stages, stage_names[i]));
	return whole ? 0 : -ENOMEM;
}

/* One of several series of a rule. */
static struct metric *of(struct metric_family *f, const char *rule, const char *value)
{
	return f ? metric_series(f, (const char *const[]){ rule, value, NULL }) : NULL;
}

static int make_books(struct stats *s, struct metrics *m)
{
	struct metric_family *states;
	bool whole;

	states = family(m, METRIC_COUNTER, "tocsin_book_states_total",
	                "What order books met, by state: snapshots, clears, odd events, crossed or "
	                "locked at the end of a packet, gaps.",
	                (const char *const[]){ "state", NULL }, BOOK_N_STATES);
	whole = states;
	for (unsigned i = 0; whole && i < BOOK_N_STATES; i++)
		whole = (s->book_states[i] = one(states, book_state_name(i)));
	return whole ? 0 : -ENOMEM;
}

static int make_rules(struct stats *s, struct metrics *m, const struct plan *plan)
{
	const char *const rule[] = { "rule", NULL };
	const char *const caused[] = { "rule", "cause", NULL };
	unsigned n = (unsigned)plan->n_rules;
	struct metric_family *alerts, *held, *looks, *unknown, *states, *lost, *warming, *skipped;

	alerts = family(m, METRIC_COUNTER, "tocsin_alerts_total",
	                "Alerts made, by rule; of the rule tocsin: about rules.", rule, n + 2);
	held = family(m, METRIC_COUNTER, "tocsin_findings_held_total",
	              "Findings that made no alert, by rule and cause.", caused, 2 * n + 1);
	looks = family(m, METRIC_COUNTER, "tocsin_rule_evaluations_total",
	               "Looks of a rule at an event or a timer that had a value, by result.",
	               (const char *const[]){ "rule", "result", NULL }, 2 * n + 1);
	unknown = family(
		m, METRIC_COUNTER, "tocsin_rule_no_value_total",
		"Looks of a rule that had no value: its windows were not full, or there was "
		"nothing to divide by.",
		rule, n + 1);
	skipped = family(m, METRIC_COUNTER, "tocsin_rule_not_judged_total",
	                 "Events that a rule was not asked about: outside of its active phases "
	                 "(outside_hours), or its calendar knows no phase (no_calendar).",
	                 caused, 2 * n + 1);
	states = family(m, METRIC_GAUGE, "tocsin_rule_states",
	                "Pending and firing states of a rule.",
	                (const char *const[]){ "rule", "state", NULL }, 2 * n + 1);
	lost = family(m, METRIC_COUNTER, "tocsin_rule_states_lost_total",
	              "Firing states that had to make room (limits.max_states).", rule, n + 1);
	warming = family(m, METRIC_GAUGE, "tocsin_rule_warming_keys",
	                 "Instruments whose windows are not full yet for the rule.", rule, n + 1);
	s->rules = calloc(n + 1, sizeof *s->rules);
	if (!alerts || !held || !looks || !unknown || !states || !lost || !warming || !skipped ||
	    !s->rules)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		const char *name = plan->rules[i].conf->name.s;

		s->rules[i] = (struct rule_stats){
			.alerts = one(alerts, name),
			.held = of(held, name, "cooldown"),
			.low_confidence = of(held, name, "low_confidence"),
			.looks = { one(unknown, name), of(looks, name, "false"),
			           of(looks, name, "true") },
			.outside = of(skipped, name, "outside_hours"),
			.no_calendar = of(skipped, name, "no_calendar"),
			.pending = of(states, name, "pending"),
			.firing = of(states, name, "firing"),
			.lost = one(lost, name),
			.warming = one(warming, name),
		};
	}
	s->own_alerts = one(alerts, CONF_OWN_RULE);
	return s->own_alerts ? 0 : -ENOMEM;
}

static int make_sinks(struct stats *s, struct metrics *m, const struct conf *conf)
{
	const char *const label[] = { "sink", NULL };
	unsigned n = (unsigned)conf->n_sinks;
	struct metric_family *delivered, *failed, *dead, *pending, *oldest;

	delivered = family(m, METRIC_COUNTER, "tocsin_deliveries_total",
	                   "Alerts delivered, by sink.", label, n + 1);
	failed = family(m, METRIC_COUNTER, "tocsin_delivery_failures_total",
	                "Attempts that failed, by sink.", label, n + 1);
	dead = family(m, METRIC_COUNTER, "tocsin_deliveries_given_up_total",
	              "Alerts given up for a sink; they stay in the outbox.", label, n + 1);
	pending = family(m, METRIC_GAUGE, "tocsin_outbox_pending", "Alerts waiting, by sink.",
	                 label, n + 1);
	oldest = family(m, METRIC_GAUGE, "tocsin_outbox_oldest_timestamp_seconds",
	                "When the oldest waiting alert came into the outbox, 0 = none.", label,
	                n + 1);
	s->sinks = calloc(n + 1, sizeof *s->sinks);
	if (!delivered || !failed || !dead || !pending || !oldest || !s->sinks)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		const char *name = conf->sinks[i].name.s;

		s->sinks[i] = (struct sink_stats){
			.delivered = one(delivered, name),
			.failed = one(failed, name),
			.dead = one(dead, name),
			.pending = one(pending, name),
			.oldest = one(oldest, name),
		};
	}
	return 0;
}

static int make_singles(struct stats *s, struct metrics *m)
{
	const char *const partition[] = { "topic", "partition", NULL };
	const struct {
		struct metric **to;
		enum metric_type type;
		const char *name, *help;
	} all[] = {
		{ &s->messages, METRIC_COUNTER, "tocsin_messages_total",
		  "Messages taken from the sources." },
		{ &s->repeated, METRIC_COUNTER, "tocsin_messages_repeated_total",
		  "Messages that came again and were dropped by the offset guard." },
		{ &s->gap_records, METRIC_COUNTER, "tocsin_gap_records_total",
		  "Records gone from the log before they were read." },
		{ &s->warm, METRIC_COUNTER, "tocsin_warmup_events_total",
		  "Events read again at start to rebuild the windows." },
		{ &s->snapshot, METRIC_COUNTER, "tocsin_events_snapshot_total",
		  "Events of a feed's opening snapshot: not scored." },
		{ &s->late, METRIC_COUNTER, "tocsin_events_late_total",
		  "Events later than the allowed lateness: scored, not learned." },
		{ &s->dead_letters, METRIC_COUNTER, "tocsin_dead_letters_total",
		  "Refused messages written to a dead-letter topic." },
		{ &s->dead_letters_failed, METRIC_COUNTER, "tocsin_dead_letters_failed_total",
		  "Refused messages that the dead-letter topic refused for good." },
		{ &s->keys, METRIC_GAUGE, "tocsin_feature_keys",
		  "Keys of windows held in memory: instruments, accounts, ... by what rules are." },
		{ &s->feature_bytes, METRIC_GAUGE, "tocsin_feature_bytes",
		  "Memory held by windows and order books." },
		{ &s->keys_evicted, METRIC_COUNTER, "tocsin_feature_keys_evicted_total",
		  "Keys forgotten because limits.max_keys was reached." },
		{ &s->truncated, METRIC_COUNTER, "tocsin_window_truncated_total",
		  "Events dropped from windows because limits.max_window_events was reached." },
		{ &s->books, METRIC_GAUGE, "tocsin_books", "Order books held in memory." },
		{ &s->book_orders, METRIC_GAUGE, "tocsin_book_orders", "Orders resting in them." },
		{ &s->books_inconsistent, METRIC_GAUGE, "tocsin_books_inconsistent",
		  "Order books that say nothing until their next snapshot or clear." },
		{ &s->policy_evicted, METRIC_COUNTER, "tocsin_cooldowns_evicted_total",
		  "Cooldowns forgotten because their table was full." },
		{ &s->commits, METRIC_COUNTER, "tocsin_journal_commits_total",
		  "Commits of the journal." },
		{ &s->commit_failures, METRIC_COUNTER, "tocsin_journal_commit_failures_total",
		  "Commits that failed and were tried again." },
		{ &s->already, METRIC_COUNTER, "tocsin_alerts_met_again_total",
		  "Alerts made again after a restart: already in the outbox, not sent twice." },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!(*all[i].to = single(m, all[i].type, all[i].name, all[i].help)))
			return -ENOMEM;
	s->lag = family(m, METRIC_GAUGE, "tocsin_consumer_lag_records",
	                "Records between our position and the end of the partition.", partition,
	                4096);
	s->watermark = family(m, METRIC_GAUGE, "tocsin_watermark_timestamp_seconds",
	                      "Largest event time seen, by partition.", partition, 4096);
	return s->lag && s->watermark ? 0 : -ENOMEM;
}

static int make_build_info(struct metrics *m)
{
	const char *const labels[] = { "version", "librdkafka", NULL };
	struct metric_family *f = family(m, METRIC_GAUGE, "tocsin_build_info",
	                                 "Always 1; what is running.", labels, 1);
	struct metric *one_series;

	if (!f)
		return -ENOMEM;
	one_series = metric_series(
		f, (const char *const[]){ TOCSIN_VERSION, source_kafka_version(), NULL });
	metric_set(one_series, 1);
	return 0;
}

int stats_new(const struct plan *plan, struct stats **ret_stats)
{
	struct stats *s = calloc(1, sizeof *s);
	int r;

	if (!s)
		return -ENOMEM;
	r = metrics_new(&s->metrics);
	if (r == 0)
		r = make_singles(s, s->metrics);
	if (r == 0)
		r = make_events(s, s->metrics);
	if (r == 0)
		r = make_books(s, s->metrics);
	if (r == 0)
		r = make_rules(s, s->metrics, plan);
	if (r == 0)
		r = make_sinks(s, s->metrics, plan->conf);
	if (r == 0 &&
	    !(s->drill_alerts = single(s->metrics, METRIC_COUNTER, "tocsin_drill_alerts_total",
	                               "Alerts that drills made; not counted as those of "
	                               "their rule.")))
		r = -ENOMEM;
	if (r == 0)
		r = make_build_info(s->metrics);
	if (r) {
		stats_free(s);
		return r;
	}
	*ret_stats = s;
	return 0;
}

struct stats *stats_free(struct stats *s)
{
	if (!s)
		return NULL;
	metrics_free(s->metrics);
	free(s->rules);
	free(s->sinks);
	free(s);
	return NULL;
}

static void milliseconds(struct buf *out, int64_t ns)
{
	double ms = (double)ns / 1e6;

	if (ms >= 3600000)
		buf_puts(out, ">= 1 h");
	else if (ms >= 10000)
		buf_printf(out, "%.1f s", ms / 1000);
	else
		buf_printf(out, ms < 1 ? "%.3f ms" : "%.2f ms", ms);
}

void stats_latency(const struct stats *s, enum stage stage, struct buf *out)
{
	static const struct {
		const char *name;
		double q;
	} points[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "p99.9", 0.999 } };
	const struct hist *h = s->stage[stage]->hist;

	if (hist_count(h) == 0) {
		buf_puts(out, "no records");
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		buf_printf(out, "%s ", points[i].name);
		milliseconds(out, hist_quantile(h, points[i].q));
		buf_puts(out, "  ");
	}
	buf_puts(out, "max ");
	milliseconds(out, hist_max(h));
	buf_printf(out, "  (n %llu)", (unsigned long long)hist_count(h));
}

uint64_t stats_refused(const struct stats *s)
{
	uint64_t n = 0;

	for (unsigned i = 1; i < N_REFUSED; i++)
		if (i != DECODE_IGNORED)
			n += metric_count(s->refused[i]);
	return n;
}
