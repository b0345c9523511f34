/* One event through the whole of scoring: ids, warm-up, cooldown, time jumps, refusals. */
#include "engine/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "core/timefmt.h"

#define START (1700000000 * NS_PER_S)

struct fixture {
	struct conf *conf;
	struct plan *plan;
	struct stats *stats;
	struct pipeline *pipeline;
	struct partition *partition;
	struct decoder *decoder;
	struct batch *batch;
	struct stream stream;
	char ids[64][TOCSIN_ALERT_ID_SIZE];
	char rules[64][16];
	size_t n_alerts, n_refused;
	unsigned last_reason;
};

static void on_alert(void *ctx, const struct tocsin_alert *a)
{
	struct fixture *f = ctx;

	memcpy(f->ids[f->n_alerts], a->id, sizeof a->id);
	snprintf(f->rules[f->n_alerts], sizeof f->rules[0], "%s", a->rule);
	ck_assert_int_eq(a->times.consumed, 0); /* a replay knows no wall clock */
	f->n_alerts++;
}

static void on_refused(void *ctx, const struct message *m, unsigned reason, const char *field)
{
	struct fixture *f = ctx;

	(void)m;
	(void)field;
	f->n_refused++;
	f->last_reason = reason;
}

static struct fixture *make(const char *rules)
{
	struct fixture *f = calloc(1, sizeof *f);
	const struct pipeline_events events = { .ctx = f,
		                                .alert = on_alert,
		                                .refused = on_refused };
	struct errors errors = { 0 };

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
	free(f);
}

static struct partition *partition_of(const struct message *m)
{
	return m->stream->app;
}

static void take(struct fixture *f, int64_t offset, const char *text)
{
	struct batch *b = f->batch;

	b->messages[0] = (struct message){ .stream = &f->stream,
		                           .offset = offset,
		                           .value = text,
		                           .size = text ? strlen(text) : 0 };
	b->n = 1;
	b->decoders = &f->decoder;
	batch_decode(b);
	pipeline_take(f->pipeline, b, partition_of);
}

static void trade(struct fixture *f, int64_t offset, const char *instrument, int64_t time_ns,
                  double price)
{
	char text[200];

	snprintf(text, sizeof text,
	         "{\"instrument\":\"%s\",\"time\":%" PRId64 ",\"price\":%.2f,\"size\":1}",
	         instrument, time_ns, price);
	take(f, offset, text);
}

#define EVERY "rules:\n  - {name: every, when: price > 0, cooldown: 0s}\n"

/* The id is that of place and rule: the same again, another elsewhere. */
START_TEST(ids)
{
	struct fixture *f = make(EVERY), *g = make(EVERY);

	trade(f, 0, "A", START, 1);
	trade(f, 1, "A", START, 1);
	trade(g, 1, "B", START + 5, 2);
	ck_assert_uint_eq(f->n_alerts, 2);
	ck_assert_str_ne(f->ids[0], f->ids[1]);
	ck_assert_str_eq(f->ids[1], g->ids[0]);
	done(f);
	done(g);
}
END_TEST

/* A message of several events: each is named by its place in it, the first as if it were alone; what
 * is refused is told once, and the position moves on when all are taken. */
START_TEST(several_in_one)
{
	struct fixture *f = make(EVERY), *g = make(EVERY);
	char text[4096] = "[";
	size_t n = 1;

	decoder_free(f->decoder);
	ck_assert_int_eq(
		decoder_new(plan_format(f->plan, "polygon"), DECODE_JSON_SIMD, &f->decoder), 0);
	take(f, 7,
	     "[{\"ev\":\"T\",\"sym\":\"A\",\"p\":1,\"s\":1,\"t\":1700000000000},"
	     "{\"ev\":\"T\",\"sym\":\"A\",\"p\":-1,\"s\":1,\"t\":1700000000001},"
	     "{\"ev\":\"X\"},"
	     "{\"ev\":\"T\",\"sym\":\"B\",\"p\":2,\"s\":1,\"t\":1700000000002}]");
	trade(g, 7, "A", START, 1);
	ck_assert_uint_eq(f->n_alerts, 2);
	ck_assert_str_eq(f->ids[0], g->ids[0]);
	ck_assert_str_ne(f->ids[0], f->ids[1]);
	ck_assert_uint_eq(f->n_refused, 1);
	ck_assert_uint_eq(f->last_reason, DECODE_BAD_PRICE);
	ck_assert_uint_eq(metric_count(f->stats->refused[DECODE_UNKNOWN_KIND]), 1);
	ck_assert_uint_eq(metric_count(f->stats->messages), 1);
	ck_assert_int_eq(f->partition->next_offset, 8);
	/* more than a batch of this size has room for at first */
	for (int i = 0; i < 50; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
		                      "%s{\"ev\":\"T\",\"sym\":\"I%d\",\"p\":1,\"s\":1,\"t\":%lld}",
		                      i ? "," : "", i, 1700000000003LL + i);
	snprintf(text + n, sizeof text - n, "]");
	take(f, 8, text);
	ck_assert_uint_eq(f->n_alerts, 52);
	for (int i = 2; i < 52; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(f->ids[i], f->ids[j]);
	ck_assert_int_eq(f->partition->next_offset, 9);
	done(f);
	done(g);
}
END_TEST

/* What is read again to rebuild the windows makes no alert and no refusal. */
START_TEST(warm_up)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: \"count(trade, 10s) >= 3\", cooldown: 0s}\n");

	f->partition->scored_from = 3;
	for (int i = 0; i < 3; i++)
		trade(f, i, "A", START + i * 5 * NS_PER_S, 1);
	take(f, 2, "nonsense");
	ck_assert_uint_eq(f->n_alerts, 0);
	ck_assert_uint_eq(f->n_refused, 0);
	trade(f, 3, "A", START + 11 * NS_PER_S, 1);
	ck_assert_uint_eq(f->n_alerts, 1);
	ck_assert_int_eq(f->partition->next_offset, 4);
	done(f);
}
END_TEST

START_TEST(cooldown_by_instrument)
{
	struct fixture *f = make("rules:\n  - {name: r, when: price > 10, cooldown: 1m}\n");

	trade(f, 0, "A", START, 11);
	trade(f, 1, "A", START + NS_PER_S, 11);
	trade(f, 2, "B", START + NS_PER_S, 11);
	trade(f, 3, "A", START + 60 * NS_PER_S, 11);
	ck_assert_uint_eq(f->n_alerts, 3);
	ck_assert_uint_eq(metric_count(f->stats->rules[0].held), 1);
	done(f);
}
END_TEST

START_TEST(confidence)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: price > 10, cooldown: 0s, confidence: 0.7}\n");

	trade(f, 0, "A", START, 11);
	trade(f, 1, "A", START, 100);
	ck_assert_uint_eq(f->n_alerts, 1);
	ck_assert_uint_eq(metric_count(f->stats->rules[0].low_confidence), 1);
	done(f);
}
END_TEST

/* One wrong clock is refused; a feed that really went on is believed at its second event. */
START_TEST(time_jump)
{
	struct fixture *f = make(EVERY);
	const int64_t month = 30 * 86400 * NS_PER_S;

	trade(f, 0, "A", START, 1);
	trade(f, 1, "A", START + month, 1);
	ck_assert_uint_eq(f->n_refused, 1);
	ck_assert_uint_eq(f->last_reason, REFUSED_TIME_JUMP);
	trade(f, 2, "A", START + 1, 1);
	ck_assert_uint_eq(f->n_alerts, 2);
	trade(f, 3, "A", START + month, 1);
	trade(f, 4, "A", START + month + NS_PER_S, 1);
	trade(f, 5, "A", START + month + 2 * NS_PER_S, 1);
	ck_assert_uint_eq(f->n_refused, 2);
	ck_assert_uint_eq(f->n_alerts, 4);
	done(f);
}
END_TEST

/* A silence is told before the event that ends it, once, by the deadline's time. */
START_TEST(silence)
{
	struct fixture *f = make("rules:\n  - {name: quiet, when: absent_for(10s), cooldown: 0s}\n"
	                         "  - {name: every, when: price > 0, cooldown: 0s}\n"),
		       *g;

	trade(f, 0, "A", START, 1);
	trade(f, 1, "B", START + 30 * NS_PER_S, 1);
	trade(f, 2, "B", START + 31 * NS_PER_S, 1);
	ck_assert_uint_eq(f->n_alerts, 4);
	ck_assert_str_eq(f->rules[0], "every");
	ck_assert_str_eq(f->rules[1], "quiet");
	ck_assert_str_eq(f->rules[2], "every");
	/* whichever event shows that time has passed, the alert is the same */
	g = make("rules:\n  - {name: quiet, when: absent_for(10s), cooldown: 0s}\n");
	trade(g, 0, "A", START, 1);
	trade(g, 7, "C", START + 90 * NS_PER_S, 1);
	ck_assert_uint_eq(g->n_alerts, 1);
	ck_assert_str_eq(g->ids[0], f->ids[1]);
	done(f);
	done(g);
}
END_TEST

/* 2023-11-14T22:13:20Z is 17:13 in New York: after the close. Of B nobody said whose calendar it has. */
START_TEST(hours)
{
	static const char rules[] =
		"calendars: [{name: XNYS, instruments: A}]\n"
		"rules:\n"
		"  - {name: in, when: price > 0, calendar: XNYS, active: continuous, cooldown: 0s}\n"
		"  - {name: after, when: price > 0, calendar: XNYS, active: [post, closed], cooldown: 0s}\n"
		"  - {name: own, when: price > 0 and time > 09:30, active: [auction, continuous], cooldown: 0s}\n"
		"  - {name: open, when: time_since_open < 1m, calendar: XNYS, cooldown: 0s}\n";
	static const char *const want[] = { "after", "after", "tocsin", "in", "open", "in", "own" };
	const int64_t bell = START + (16 * 3600 + 16 * 60 + 40) * NS_PER_S; /* 14:30 */
	struct fixture *f = make(rules);
	struct rule_stats *in = &f->stats->rules[0], *own = &f->stats->rules[2];

	trade(f, 0, "A", START, 1);
	trade(f, 1, "B", START + 1, 1);
	trade(f, 2, "A", bell, 1);
	trade(f, 3, "A", bell + 60 * NS_PER_S, 1);
	ck_assert_uint_eq(f->n_alerts, 7);
	for (size_t i = 0; i < 7; i++)
		ck_assert_msg(strcmp(f->rules[i], want[i]) == 0, "%zu: %s", i, f->rules[i]);
	ck_assert_uint_eq(metric_count(in->outside), 2);
	ck_assert_uint_eq(metric_count(in->no_calendar), 0);
	ck_assert_uint_eq(metric_count(own->outside), 1);
	ck_assert_uint_eq(metric_count(own->no_calendar), 1);
	ck_assert_uint_eq(pipeline_rule(f->pipeline, 0)->looks[2], 2);
	done(f);
}
END_TEST

/* In a year that the calendar does not cover a rule is not judged, which is told once an hour. */
START_TEST(hours_of_the_unknown)
{
	const int64_t later = 1900000000 * NS_PER_S; /* 2030 */
	struct fixture *f = make(
		"rules: [{name: in, when: price > 0, calendar: XNYS, active: continuous}]\n");

	trade(f, 0, "A", later, 1);
	trade(f, 1, "A", later + 1800 * NS_PER_S, 1);
	trade(f, 2, "A", later + 3601 * NS_PER_S, 1);
	ck_assert_uint_eq(metric_count(f->stats->rules[0].no_calendar), 3);
	ck_assert_uint_eq(f->n_alerts, 2);
	ck_assert_str_eq(f->rules[0], "tocsin");
	done(f);
}
END_TEST

START_TEST(refusals)
{
	struct fixture *f = make(EVERY);

	take(f, 0, NULL);
	ck_assert_uint_eq(f->last_reason, DECODE_TOMBSTONE);
	take(f, 1, "[]");
	ck_assert_uint_eq(f->last_reason, DECODE_NOT_OBJECT);
	trade(f, 2, "A", START, 1);
	ck_assert_uint_eq(f->n_refused, 2);
	ck_assert_uint_eq(f->n_alerts, 1);
	ck_assert_uint_eq(stats_refused(f->stats), 2);
	ck_assert_int_eq(f->partition->next_offset, 3);
	done(f);
}
END_TEST

/* Rules for some instruments, more instruments than are remembered. */
START_TEST(instruments)
{
	struct fixture *f = make(
		"rules:\n  - {name: r, when: price > 0, cooldown: 0s, match: {instrument: I1*}}\n");

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20; i++) {
			char name[16];

			snprintf(name, sizeof name, "I%d", i);
			trade(f, round * 20 + i, name, START, 1);
		}
	ck_assert_uint_eq(f->n_alerts, 22); /* I1, I10 .. I19, twice */
	done(f);
}
END_TEST

SUITE("pipeline", ids, several_in_one, warm_up, cooldown_by_instrument, confidence, time_jump,
      silence, hours, hours_of_the_unknown, refusals, instruments)
