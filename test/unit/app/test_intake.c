/* Batches decoded by another thread: the same events, their texts kept, one batch beside the other;
 * what became an event is given back, what may still be refused is not. */
#include "app/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "engine/plan.h"

#define N 500

struct fixture {
	struct conf *conf;
	struct plan *plan;
	struct decoder *decoder;
	struct batch *batches[2];
	struct intake *intake;
	struct stream stream;
	char text[2][N][160];
};

struct counted {
	struct source base;
	size_t n_released;
};

static void release(struct source *s, struct message *batch, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((struct counted *)s)->n_released += batch[i].impl != NULL;
}

static int64_t broker_time(struct source *s, const struct message *m)
{
	(void)s;
	return m->offset + 7;
}

static const struct source_ops counted_ops = { .release = release, .broker_time = broker_time };

static struct fixture *make(void)
{
	static const char rules[] = "rules:\n  - {name: r, when: price > 0}\n";
	struct fixture *f = calloc(1, sizeof *f);
	struct errors errors = { 0 };

	ck_assert_int_eq(conf_parse(rules, strlen(rules), "t", CONF_FOR_REPLAY, &errors, &f->conf),
	                 0);
	ck_assert_int_eq(plan_new(f->conf, &errors, &f->plan), 0);
	ck_assert_int_eq(
		decoder_new(plan_format(f->plan, "generic"), DECODE_JSON_SIMD, &f->decoder), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(batch_new(N, &f->batches[i]), 0);
		f->batches[i]->decoders = &f->decoder;
	}
	ck_assert_int_eq(intake_start(&f->intake), 0);
	return f;
}

static void done(struct fixture *f)
{
	intake_stop(f->intake);
	batch_free(f->batches[0]);
	batch_free(f->batches[1]);
	decoder_free(f->decoder);
	plan_free(f->plan);
	conf_free(f->conf);
	free(f);
}

/* Fills a batch with the round's trades; every tenth is no event. */
static void fill(struct fixture *f, int which, int round)
{
	struct batch *b = f->batches[which];

	b->n = N;
	for (int i = 0; i < N; i++) {
		if (i % 10 == 9)
			strcpy(f->text[which][i], "{\"instrument\":");
		else
			snprintf(f->text[which][i], sizeof f->text[0][0],
			         "{\"instrument\":\"I%d-%d\",\"time\":%" PRId64
			         ",\"price\":%d.5,\"size\":2,\"account\":\"A%d\"}",
			         round, i, INT64_C(1700000000000000000) + i, i + 1, i);
		b->messages[i] = (struct message){ .stream = &f->stream,
			                           .offset = i,
			                           .impl = f,
			                           .value = f->text[which][i],
			                           .size = strlen(f->text[which][i]) };
	}
}

static void verify(const struct batch *b, int round)
{
	for (int i = 0; i < N; i++) {
		const struct decoded *d = &b->decoded[i];
		char instrument[24], account[24];

		if (i % 10 == 9) {
			ck_assert_int_eq(d->verdict, DECODE_NOT_JSON);
			continue;
		}
		snprintf(instrument, sizeof instrument, "I%d-%d", round, i);
		snprintf(account, sizeof account, "A%d", i);
		ck_assert_int_eq(d->verdict, DECODE_OK);
		ck_assert_uint_eq(d->event.instrument.n, strlen(instrument));
		ck_assert_mem_eq(d->event.instrument.p, instrument, strlen(instrument));
		ck_assert_mem_eq(d->event.account.p, account, strlen(account));
		ck_assert_int_eq(d->event.price, (int64_t)i * TOCSIN_SCALE + TOCSIN_SCALE * 3 / 2);
	}
}

START_TEST(one_beside_the_other)
{
	struct fixture *f = make();

	for (int round = 0; round < 40; round++) {
		int which = round % 2;

		fill(f, which, round);
		intake_wait(f->intake);
		intake_begin(f->intake, f->batches[which]);
		if (round)
			verify(f->batches[!which], round - 1);
	}
	intake_wait(f->intake);
	verify(f->batches[1], 39);
	done(f);
}
END_TEST

START_TEST(given_back)
{
	struct fixture *f = make();
	struct counted source = { .base.ops = &counted_ops };
	struct batch *b = f->batches[0];

	b->source = &source.base;
	fill(f, 0, 0);
	f->stream.decoded_ns = INT64_C(1700000000000000000);
	intake_begin(f->intake, b);
	intake_wait(f->intake);
	verify(b, 0);
	ck_assert_uint_eq(source.n_released, N - N / 10);
	ck_assert_ptr_null(b->messages[0].value);
	ck_assert_ptr_nonnull(b->messages[9].value); /* refused: kept for the dead letters */
	ck_assert_int_eq(b->decoded[3].broker_ns, 10);
	/* a time far from the one before may be refused later: its bytes are kept */
	fill(f, 0, 0);
	source.n_released = 0;
	f->stream.decoded_ns = 0;
	batch_decode(b);
	ck_assert_uint_eq(source.n_released, N - N / 10 - 1);
	ck_assert_ptr_nonnull(b->messages[0].value);
	done(f);
}
END_TEST

SUITE("intake", one_beside_the_other, given_back)
