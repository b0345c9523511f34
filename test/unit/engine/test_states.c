/* Rules with states through the whole of scoring: what is told, when, under which name; time that
 * goes on without messages; restarts; alerts about rules. */
#include "engine/pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/rng.h"
#include "core/timefmt.h"

#define S NS_PER_S
#define START (1700000000 * S)
#define MOST 4096

struct told {
	char id[TOCSIN_ALERT_ID_SIZE], fingerprint[TOCSIN_ALERT_ID_SIZE];
	char rule[24], reason[16], summary[200], instrument[16], about[24];
	int status;
	int64_t active, starts, ends, time; /* after START */
};

struct fixture {
	struct conf *conf;
	struct plan *plan;
	struct stats *stats;
	struct pipeline *pipeline;
	struct partition *partition;
	struct decoder *decoder;
	struct batch *batch;
	struct stream stream;
	struct told *told;
	size_t n;
	int64_t offset;
};

static void on_alert(void *ctx, const struct tocsin_alert *a)
{
	struct fixture *f = ctx;
	struct told *t = &f->told[f->n++];

	ck_assert_uint_lt(f->n, MOST);
	*t = (struct told){ .status = (int)a->status,
		            .active = a->active_at ? a->active_at - START : -1,
		            .starts = a->starts_at ? a->starts_at - START : -1,
		            .ends = a->ends_at ? a->ends_at - START : -1,
		            .time = a->event->time_ns - START };
	memcpy(t->id, a->id, sizeof a->id);
	memcpy(t->fingerprint, a->fingerprint, sizeof a->fingerprint);
	snprintf(t->rule, sizeof t->rule, "%s", a->rule);
	snprintf(t->reason, sizeof t->reason, "%s", a->status_reason ? a->status_reason : "");
	snprintf(t->summary, sizeof t->summary, "%s", a->summary);
	snprintf(t->instrument, sizeof t->instrument, "%.*s", (int)a->event->instrument.n,
	         a->event->instrument.p ? a->event->instrument.p : "");
	if (strcmp(a->rule, "tocsin") == 0)
		snprintf(t->about, sizeof t->about, "%s", a->labels[0].value);
}

static void on_refused(void *ctx, const struct message *m, unsigned reason, const char *field)
{
	(void)ctx;
	(void)m;
	(void)reason;
	(void)field;
}

static struct fixture *make(const char *rules)
{
	struct fixture *f = calloc(1, sizeof *f);
	const struct pipeline_events events = { .ctx = f,
		                                .alert = on_alert,
		                                .refused = on_refused };
	struct errors errors = { 0 };

	f->told = calloc(MOST, sizeof *f->told);
	ck_assert_int_eq(conf_parse(rules, strlen(rules), "t", CONF_FOR_REPLAY, &errors, &f->conf),
	                 0);
	ck_assert_int_eq(plan_new(f->conf, &errors, &f->plan), 0);
	ck_assert_int_eq(stats_new(f->plan, &f->stats), 0);
	ck_assert_int_eq(pipeline_new(f->plan, f->stats, &events, false, &f->pipeline), 0);
	ck_assert_int_eq(pipeline_partition_new(f->pipeline, "topic", 3, &f->partition), 0);
	ck_assert_int_eq(
		decoder_new(plan_format(f->plan, "generic"), DECODE_JSON_SIMD, &f->decoder), 0);
	ck_assert_int_eq(batch_new(16, &f->batch), 0);
	f->stream.app = f->partition;
	return f;
}

static void done(struct fixture *f)
{
	batch_free(f->batch);
	decoder_free(f->decoder);
	pipeline_partition_free(f->partition);
	pipeline_free(f->pipeline);
	stats_free(f->stats);
	plan_free(f->plan);
	conf_free(f->conf);
	free(f->told);
	free(f);
}

static struct partition *partition_of(const struct message *m)
{
	return m->stream->app;
}

/* A trade `after` ns from START. */
static void trade(struct fixture *f, const char *instrument, int64_t after, double price)
{
	struct batch *b = f->batch;
	char text[200];

	snprintf(text, sizeof text,
	         "{\"instrument\":\"%s\",\"time\":%" PRId64 ",\"price\":%.2f,\"size\":1}",
	         instrument, (int64_t)(START + after), price);
	b->messages[0] = (struct message){
		.stream = &f->stream, .offset = f->offset++, .value = text, .size = strlen(text)
	};
	b->n = 1;
	b->decoders = &f->decoder;
	batch_decode(b);
	pipeline_take(f->pipeline, b, partition_of);
}

START_TEST(fires_and_resolves)
{
	struct fixture *f = make("rules:\n  - {name: r, when: price > 10, mode: state}\n"),
		       *g = make("rules:\n  - {name: r, when: price > 10}\n");
	const struct told *t = f->told;

	for (int i = 0; i < 10; i++) {
		trade(f, "A", i * S, i < 5 ? 11 : 9);
		trade(g, "A", i * S, i < 5 ? 11 : 9);
	}
	ck_assert_uint_eq(f->n, 2);
	ck_assert_int_eq(t[0].status, TOCSIN_FIRING);
	ck_assert_int_eq(t[0].starts, 0);
	ck_assert_int_eq(t[0].ends, -1);
	ck_assert_str_eq(t[0].id, g->told[0].id); /* what an event makes is named by it */
	ck_assert_int_eq(t[1].status, TOCSIN_RESOLVED);
	ck_assert_str_eq(t[1].reason, "condition");
	ck_assert_str_eq(t[1].summary, "A: r is over after 5s");
	ck_assert_int_eq(t[1].starts, 0);
	ck_assert_int_eq(t[1].ends, 5 * S);
	ck_assert_str_eq(t[0].fingerprint, t[1].fingerprint);
	ck_assert_str_ne(t[0].id, t[1].id);
	trade(f, "B", 20 * S, 11);
	ck_assert_str_ne(t[2].fingerprint, t[0].fingerprint);
	done(f);
	done(g);
}
END_TEST

#define FOR "rules:\n  - {name: r, when: price > 10, for: 10s, keep_firing_for: 5s, cooldown: 0s}\n"

/* Timers are told at their time and under one name, whichever event shows that it has come. */
START_TEST(timers)
{
	struct fixture *f = make(FOR), *g = make(FOR);

	trade(f, "A", 0, 11);
	trade(f, "B", 9 * S, 1);
	ck_assert_uint_eq(f->n, 0);
	trade(f, "B", 12 * S, 1);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_int_eq(f->told[0].active, 0);
	ck_assert_int_eq(f->told[0].starts, 10 * S);
	ck_assert_int_eq(f->told[0].time, 10 * S);
	ck_assert_str_eq(f->told[0].instrument, "A");
	trade(f, "A", 20 * S, 1);
	ck_assert_uint_eq(f->n, 1); /* kept for 5 s */
	trade(f, "B", 30 * S, 1);
	ck_assert_uint_eq(f->n, 2);
	ck_assert_int_eq(f->told[1].ends, 25 * S);

	g->offset = 50;
	trade(g, "A", 0, 11);
	trade(g, "C", 17 * S, 1);
	trade(g, "A", 20 * S, 1);
	trade(g, "A", 25 * S, 1);
	ck_assert_uint_eq(g->n, 2);
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(f->told[i].id, g->told[i].id);
	done(f);
	done(g);
}
END_TEST

/* A window that drains while nothing of the instrument comes ends what it began. */
START_TEST(drains)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: \"count(trade, 16s) >= 3\", mode: state}\n");

	for (int i = 0; i <= 20; i++)
		trade(f, "A", i * S, 1);
	ck_assert_uint_eq(f->n, 1);
	trade(f, "B", 100 * S, 1);
	ck_assert_uint_eq(f->n, 2);
	ck_assert_int_eq(f->told[1].ends, 34 * S); /* trades of 19 s and 20 s are left */
	done(f);
}
END_TEST

START_TEST(hysteresis)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: price > 10, resolve_when: price < 5, cooldown: 0s}\n");
	static const double prices[] = { 1, 11, 7, 12, 6, 4, 7, 11 };

	for (int i = 0; i < 8; i++)
		trade(f, "A", i * S, prices[i]);
	ck_assert_uint_eq(f->n, 3);
	ck_assert_int_eq(f->told[1].ends, 5 * S);
	ck_assert_int_eq(f->told[2].starts, 7 * S);
	done(f);
}
END_TEST

/* A firing state that the cooldown held back is told when that is over, if it still fires; if not,
 * nothing is told of its end either. */
START_TEST(cooldown)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: price > 10, mode: state, cooldown: 1m}\n");

	trade(f, "A", 0, 11);
	trade(f, "A", 10 * S, 1);
	trade(f, "A", 20 * S, 11);
	trade(f, "A", 30 * S, 1);
	ck_assert_uint_eq(f->n, 2);
	trade(f, "A", 40 * S, 11);
	trade(f, "B", 90 * S, 1);
	ck_assert_uint_eq(f->n, 3);
	ck_assert_int_eq(f->told[2].status, TOCSIN_FIRING);
	ck_assert_int_eq(f->told[2].starts, 40 * S);
	ck_assert_int_eq(f->told[2].time, 60 * S);
	trade(f, "A", 100 * S, 1);
	ck_assert_uint_eq(f->n, 4);
	ck_assert_int_eq(f->told[3].ends, 100 * S);
	done(f);
}
END_TEST

START_TEST(no_data)
{
	struct fixture *f = make("rules:\n"
	                         "  - {name: k, when: price > 10, mode: state}\n"
	                         "  - {name: e, when: price > 10, mode: state, no_data: resolve, "
	                         "no_data_after: 1m}\n"
	                         "  - {name: a, when: price > 10, mode: state, no_data: alert, "
	                         "no_data_after: 1m}\n");

	trade(f, "A", 0, 11);
	ck_assert_uint_eq(f->n, 3);
	trade(f, "B", 300 * S, 1);
	ck_assert_uint_eq(f->n, 5);
	ck_assert_str_eq(f->told[3].rule, "e");
	ck_assert_int_eq(f->told[3].status, TOCSIN_RESOLVED);
	ck_assert_str_eq(f->told[3].reason, "no_data");
	ck_assert_int_eq(f->told[3].ends, 60 * S);
	ck_assert_str_eq(f->told[4].rule, "a");
	ck_assert_int_eq(f->told[4].status, TOCSIN_FIRING);
	ck_assert_str_eq(f->told[4].reason, "no_data");
	ck_assert_str_eq(f->told[4].summary, "A: a still fires, and nothing has come for 1m");
	done(f);
}
END_TEST

#define QUIET \
	"limits: {allowed_lateness: 2s}\n" \
	"rules:\n  - {name: quiet, when: absent_for(10s), mode: state}\n" \
	"  - {name: r, when: price > 10, for: 20s}\n"

/* Time that goes on by the clock finds what the next event of that time would have found. */
START_TEST(idle)
{
	struct fixture *f = make(QUIET), *g = make(QUIET);

	for (int i = 0; i < 2; i++) {
		trade(i ? g : f, "A", 0, 11);
		trade(i ? g : f, "B", S, 1);
	}
	ck_assert(!pipeline_idle(f->pipeline, f->partition, START + 9 * S));
	ck_assert_uint_eq(f->partition->n_advances, 0); /* nothing was due: nothing happened */
	ck_assert(pipeline_idle(f->pipeline, f->partition, START + 10 * S + S / 2));
	ck_assert_uint_eq(f->n, 1);
	ck_assert(pipeline_idle(f->pipeline, f->partition, START + 60 * S));
	ck_assert(!pipeline_idle(f->pipeline, f->partition, START + 50 * S));
	ck_assert_uint_eq(f->partition->n_advances, 1);
	trade(g, "C", 60 * S, 1);
	ck_assert_uint_eq(f->n, 3);
	ck_assert_uint_eq(g->n, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(f->told[i].id, g->told[i].id);

	trade(f, "A", 59 * S, 1);
	pipeline_count_partition(f->pipeline, f->partition);
	ck_assert_uint_eq(metric_count(f->stats->late), 0);
	trade(f, "B", 57 * S, 1);
	pipeline_count_partition(f->pipeline, f->partition);
	ck_assert_uint_eq(metric_count(f->stats->late), 1);
	done(f);
	done(g);
}
END_TEST

/* A timer that comes due outside of the rule's phases finds nothing. */
START_TEST(hours)
{
	static const char *const rules[] = {
		"rules: [{name: r, when: price > 10, calendar: XNYS, for: 30s}]\n",
		"rules: [{name: r, when: price > 10, calendar: XNYS, for: 30s, active: continuous}]\n",
	};
	const int64_t close = -4400 * S; /* 2023-11-14T21:00:00Z */

	for (size_t i = 0; i < 2; i++) {
		struct fixture *f = make(rules[i]);

		trade(f, "A", close - 60 * S, 11);
		trade(f, "B", close - 20 * S, 1);
		ck_assert_uint_eq(f->n, 1);
		trade(f, "C", close - 10 * S, 11);
		trade(f, "B", close + 60 * S, 1);
		ck_assert_uint_eq(f->n, i == 0 ? 2 : 1);
		done(f);
	}
}
END_TEST

/* Restarts ------------------------------------------------------------------------------------ */

struct row {
	char rule[16];
	unsigned char entity[160], state[LIFE_STATE_SIZE];
	size_t n;
	bool gone;
};

struct journal {
	const struct plan *plan;
	struct row rows[200];
	size_t n;
	struct buf windows;
	int64_t windows_at, next; /* offsets */
	struct partition_advance advances[PARTITION_ADVANCES];
	uint32_t n_advances;
};

static int put(void *ctx, const struct life_entity *e, const unsigned char *state)
{
	struct journal *j = ctx;
	const char *rule = j->plan->rules[e->rule].conf->name.s;
	struct row *r = NULL;

	for (size_t i = 0; i < j->n && !r; i++)
		if (strcmp(j->rows[i].rule, rule) == 0 && j->rows[i].n == e->n &&
		    memcmp(j->rows[i].entity, e->p, e->n) == 0)
			r = &j->rows[i];
	if (!r)
		r = &j->rows[j->n++];
	ck_assert_uint_lt(j->n, 200);
	snprintf(r->rule, sizeof r->rule, "%s", rule);
	memcpy(r->entity, e->p, e->n);
	r->n = e->n;
	r->gone = !state;
	if (state)
		memcpy(r->state, state, sizeof r->state);
	return 0;
}

static void commit(struct fixture *f, struct journal *j, bool windows)
{
	struct partition *t = f->partition;

	j->plan = f->plan;
	ck_assert_int_eq(life_dirty(t->life, put, j), 0);
	life_clean(t->life);
	if (windows) {
		buf_clear(&j->windows);
		feature_table_save(t->features, &j->windows);
		j->windows_at = t->next_offset;
		t->n_advances = t->n_applied = 0;
	}
	j->next = t->next_offset;
	memcpy(j->advances, t->advances, sizeof j->advances);
	j->n_advances = t->n_advances;
}

static struct fixture *restarted(const char *rules, const struct journal *j)
{
	struct fixture *f = make(rules);
	struct partition *t = f->partition;

	ck_assert_int_eq(feature_table_load(t->features, j->windows.p, j->windows.n), 0);
	for (size_t i = 0; i < j->n; i++)
		if (!j->rows[i].gone)
			ck_assert_int_eq(pipeline_restore(f->pipeline, t, j->rows[i].rule,
			                                  j->rows[i].entity, j->rows[i].n,
			                                  j->rows[i].state, LIFE_STATE_SIZE),
			                 0);
	ck_assert_int_eq(pipeline_restored(t, INT64_MIN), 0);
	t->scored_from = t->next_offset = j->next;
	memcpy(t->advances, j->advances, sizeof t->advances);
	t->n_advances = j->n_advances;
	f->offset = j->windows_at;
	return f;
}

#define MANY \
	"limits: {allowed_lateness: 3s}\nrules:\n" \
	"  - {name: a, when: \"count(trade, 8s) >= 6\", for: 3s, keep_firing_for: 2s, cooldown: 10s}\n" \
	"  - {name: b, when: absent_for(15s), mode: state, cooldown: 0s}\n" \
	"  - {name: c, when: price > 8, resolve_when: price < 3, no_data: resolve, " \
	"no_data_after: 20s, cooldown: 0s}\n" \
	"  - {name: d, when: price > 9, cooldown: 4s}\n"

struct step {
	int instrument;
	int64_t at;
	double price;
	bool idle;
};

static void play(struct fixture *f, const struct step *s)
{
	static const char *const names[] = { "A", "B", "C" };

	if (s->idle)
		pipeline_idle(f->pipeline, f->partition, START + s->at);
	else
		trade(f, names[s->instrument], s->at, s->price);
}

/* Killed anywhere between two commits and restarted, it makes the same alerts under the same names. */
START_TEST(restart)
{
	size_t alerts = 0;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct fixture *whole = make(MANY), *f = make(MANY);
		struct step steps[400], *messages[400];
		struct rng r = { seed };
		static struct journal j;
		char ids[MOST][TOCSIN_ALERT_ID_SIZE];
		size_t n_ids = 0, n_messages = 0, n_committed = 0;
		int64_t now = 0;

		buf_done(&j.windows);
		memset(&j, 0, sizeof j);
		commit(f, &j, true);
		for (int i = 0; i < 400; i++) {
			now += (int64_t)rng_below(&r, 10) * S / 4;
			now += rng_below(&r, 30) ? 0 : 25 * S;
			steps[i] = (struct step){ (int)rng_below(&r, 3), now,
				                  (double)rng_below(&r, 11) + 0.5,
				                  rng_below(&r, 10) == 0 };
			play(whole, &steps[i]);
		}
		for (int i = 0; i < 400; i++) {
			if (!steps[i].idle)
				messages[n_messages++] = &steps[i];
			play(f, &steps[i]);
			if (rng_below(&r, 12) == 0 || f->partition->n_advances > 12) {
				commit(f, &j,
				       f->partition->n_advances > 12 || rng_below(&r, 4) == 0);
				for (size_t k = 0; k < f->n; k++)
					memcpy(ids[n_ids++], f->told[k].id, sizeof ids[0]);
				f->n = 0;
				n_committed = (size_t)i + 1;
			}
			if (rng_below(&r, 60) == 0) { /* back to the last commit */
				done(f);
				f = restarted(MANY, &j);
				while (f->offset < j.next)
					play(f, messages[f->offset]);
				ck_assert_uint_eq(f->n, 0);
				i = (int)n_committed - 1;
				n_messages = (size_t)j.next;
			}
		}
		for (size_t k = 0; k < f->n; k++)
			memcpy(ids[n_ids++], f->told[k].id, sizeof ids[0]);
		/* cooldowns are stored elsewhere: rules d and a may tell more after a restart */
		for (size_t k = 0, at = 0; k < whole->n; k++) {
			bool found = false;

			if (whole->told[k].rule[0] != 'b' && whole->told[k].rule[0] != 'c')
				continue;
			for (at = 0; at < n_ids && !found; at++)
				found = strcmp(ids[at], whole->told[k].id) == 0;
			ck_assert_msg(found, "seed %llu: alert %zu (%s at %lld) is missing",
			              (unsigned long long)seed, k, whole->told[k].rule,
			              (long long)whole->told[k].time);
		}
		alerts += whole->n;
		done(whole);
		done(f);
	}
	ck_assert_uint_gt(alerts, 3000);
}
END_TEST

START_TEST(stored_for_others)
{
	struct fixture *f = make(FOR);
	unsigned char state[LIFE_STATE_SIZE] = { 0 };

	ck_assert_int_eq(
		pipeline_restore(f->pipeline, f->partition, "gone", "A", 1, state, sizeof state),
		-ENOENT);
	ck_assert_int_eq(
		pipeline_restore(f->pipeline, f->partition, "r", "A", 1, state, sizeof state),
		-EINVAL);
	done(f);
}
END_TEST

/* About rules --------------------------------------------------------------------------------- */

START_TEST(never_a_value)
{
	struct fixture *f = make("rules:\n  - {name: r, when: price / (size - 1) > 10}\n"
	                         "  - {name: s, when: price > 100}\n");

	for (int i = 0; i < 120; i++)
		trade(f, "A", i * 60 * S, 1);
	ck_assert_uint_eq(f->n, 2); /* after 10 minutes, and once an hour */
	ck_assert_str_eq(f->told[0].rule, "tocsin");
	ck_assert_str_eq(f->told[0].about, "r");
	ck_assert_int_eq(f->told[0].time, 11 * 60 * S);
	ck_assert_int_eq(f->told[1].time, 71 * 60 * S);
	ck_assert_str_ne(f->told[0].id, f->told[1].id);
	ck_assert_str_eq(f->told[0].fingerprint, f->told[1].fingerprint);
	ck_assert_ptr_nonnull(strstr(f->told[0].summary, "rule r has had no value for any event"));
	ck_assert_uint_eq(pipeline_rule(f->pipeline, 0)->looks[0], 120);
	ck_assert_uint_eq(pipeline_rule(f->pipeline, 1)->looks[1], 120);
	done(f);
}
END_TEST

START_TEST(no_room)
{
	struct fixture *f = make("limits: {max_states: 2}\n"
	                         "rules:\n  - {name: r, when: price > 10, mode: state}\n");

	trade(f, "A", 0, 11);
	trade(f, "B", S, 11);
	trade(f, "C", 2 * S, 11);
	ck_assert_uint_eq(f->n, 5);
	ck_assert_str_eq(f->told[2].rule, "tocsin");
	ck_assert_str_eq(f->told[2].about, "r");
	ck_assert_int_eq(f->told[3].status, TOCSIN_RESOLVED);
	ck_assert_str_eq(f->told[3].reason, "evicted");
	ck_assert_str_eq(f->told[3].instrument, "A");
	ck_assert_str_eq(f->told[3].fingerprint, f->told[0].fingerprint);
	ck_assert_str_eq(f->told[4].instrument, "C");
	ck_assert_str_ne(f->told[3].id, f->told[4].id);
	ck_assert_uint_eq(pipeline_rule(f->pipeline, 0)->lost, 1);
	done(f);
}
END_TEST

START_TEST(tables_full)
{
	struct fixture *f = make("limits: {max_keys: 10}\n"
	                         "rules:\n  - {name: r, when: \"count(trade, 1m) > 1000\"}\n");

	for (int i = 0; i < 1100; i++) {
		char name[16];

		snprintf(name, sizeof name, "I%d", i);
		trade(f, name, i * S / 100, 1);
	}
	ck_assert_uint_eq(f->n, 1);
	ck_assert_str_eq(f->told[0].about, "*");
	ck_assert_ptr_nonnull(strstr(f->told[0].summary, "limits.max_keys"));
	done(f);
}
END_TEST

START_TEST(view)
{
	struct fixture *f = make("rules:\n"
	                         "  - {name: a, when: \"count(trade, 1m) > 3\", for: 10s}\n"
	                         "  - {name: b, when: price > 10, match: {instrument: N*}}\n");
	struct buf b = { 0 };

	for (int i = 0; i <= 60; i++) {
		trade(f, "ES\\\"", i * S, 1); /* a name that JSON must escape */
		if (i >= 45)
			trade(f, "NQ", i * S, 20);
	}
	pipeline_view(f->pipeline, &f->partition, 1, &b);
	ck_assert(!b.failed);
	ck_assert_str_eq(
		b.p, "{\"partitions\":1,\"keys\":2,\"keys_looked_at\":2,\"rules\":["
		     "{\"name\":\"a\",\"mode\":\"state\",\"longest_window_s\":60.000,"
		     "\"states\":{\"inactive\":1,\"pending\":1,\"firing\":0},"
		     "\"keys\":{\"warming\":1,\"ready\":1,\"least_ready\":["
		     "{\"key\":\"NQ\",\"partition\":3,\"seen_s\":15.000,\"needed_s\":60.000}]},"
		     "\"evaluations\":{\"true\":1,\"false\":0,\"no_value\":76},"
		     "\"states_lost\":0,\"last_alert\":null,\"troubles\":{}},"
		     "{\"name\":\"b\",\"mode\":\"event\",\"longest_window_s\":0.000,"
		     "\"keys\":{\"warming\":0,\"ready\":1,\"least_ready\":[]},"
		     "\"evaluations\":{\"true\":16,\"false\":0,\"no_value\":0},"
		     "\"states_lost\":0,\"last_alert\":\"2023-11-14T22:14:05Z\",\"troubles\":{}}],"
		     "\"troubles\":{}}\n");
	ck_assert_uint_eq(metric_count(f->stats->rules[0].looks[0]), 76);
	pipeline_view(f->pipeline, &f->partition, 1, &b);
	ck_assert_uint_eq(metric_count(f->stats->rules[0].looks[0]), 76);
	buf_done(&b);
	done(f);
}
END_TEST

SUITE("states in the pipeline", fires_and_resolves, timers, drains, hysteresis, cooldown, no_data,
      idle, restart, stored_for_others, never_a_value, no_room, tables_full, view, hours)
