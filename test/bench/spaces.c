/* spaces.c - nanoseconds an event costs in a feature table: one key space with 10 features, and three
 * spaces with 40, with sides, conditions and another instrument among them.
 *
 *   spaces [EVENTS]        default 2,000,000 generated ones; the best of 3 rounds is printed
 *
 * Time of this process on a core. 500 instruments, 2,000 accounts that trade 4 of them each, 1,000
 * events a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/rng.h"
#include "core/timefmt.h"
#include "features/features.h"

#define INSTRUMENTS 500
#define ACCOUNTS 2000
#define ROUNDS 3
#define AHEAD 2

static const char *const one_space[] = {
	"price",
	"return(price, 1m)",
	"return(price, 10s)",
	"sum(size, 1m)",
	"rate(1s)",
	"count(trade, 30s)",
	"max(size, 1m)",
	"range(price, 1m)",
	"vwap(5m)",
	"mean(size, 5m)",
	NULL,
};

static const char *const three_spaces[] = {
	"count(10s) by account",
	"count(order_add, 10s) by account",
	"count(order_cancel, 10s) by account",
	"ratio(order_cancel, trade, 1m) by account",
	"sum(size, 1m) by account",
	"sum(size, buy, 1m) by account",
	"sum(size, sell, 1m) by account",
	"max(size, 1m) by account",
	"distinct(instrument, 1m) by account",
	"time_since(trade) by account",
	"count(same, 10s) by account+instrument",
	"count(opposite, 10s) by account+instrument",
	"sum(size, same, 1m) by account+instrument",
	"sum(size, opposite, 1m) by account+instrument",
	"count(order_cancel, opposite, 5s) by account+instrument",
	"count(10s where size > 25) by account+instrument",
	"mean(size, 1m where size > 25) by account+instrument",
	"vwap(1m) by account+instrument",
	"first_seen by account+instrument",
	"price by account+instrument",
	"count(1m where account == counterparty)",
	"count(1m where side == buy and size > 25)",
	"sum(size, 1m where side == buy and size > 25)",
	"sum(size, buy, 1m)",
	"sum(size, sell, 1m)",
	"stddev(price, 1m)",
	"zscore(size, 1m)",
	"price of \"I7\"",
	"return(price, 10s) of \"I7\"",
	"side == buy",
	NULL,
};

struct source {
	char instruments[INSTRUMENTS][8], accounts[ACCOUNTS][8];
	uint64_t keys[INSTRUMENTS];
	struct item {
		uint16_t instrument, account;
		uint16_t price, size;
		uint8_t kind, side;
	} * items;
	size_t n;
};

static struct tocsin_str str(const char *p)
{
	return (struct tocsin_str){ p, (uint32_t)strlen(p) };
}

static bool make(struct source *s, size_t n)
{
	static const uint8_t kinds[] = { TOCSIN_TRADE, TOCSIN_TRADE, TOCSIN_ORDER_ADD,
		                         TOCSIN_ORDER_CANCEL };
	struct rng r = { 7 };

	for (int i = 0; i < INSTRUMENTS; i++) {
		struct tocsin_str name;

		snprintf(s->instruments[i], sizeof s->instruments[i], "I%d", i);
		name = str(s->instruments[i]);
		s->keys[i] = feature_key(&name);
	}
	for (int i = 0; i < ACCOUNTS; i++)
		snprintf(s->accounts[i], sizeof s->accounts[i], "A%d", i);
	s->n = n;
	s->items = calloc(n, sizeof *s->items);
	for (size_t i = 0; s->items && i < n; i++) {
		uint64_t account = rng_below(&r, ACCOUNTS);

		s->items[i] = (struct item){
			.instrument = (uint16_t)((account * 7 + rng_below(&r, 4) * 101) %
			                         INSTRUMENTS),
			.account = (uint16_t)account,
			.price = (uint16_t)rng_below(&r, 1000),
			.size = (uint16_t)(1 + rng_below(&r, 50)),
			.kind = kinds[rng_below(&r, 4)],
			.side = (uint8_t)(1 + rng_below(&r, 2)),
		};
	}
	return s->items;
}

static struct tocsin_event event(const struct source *s, size_t i)
{
	const struct item *x = &s->items[i];

	return (struct tocsin_event){
		.size = sizeof(struct tocsin_event),
		.kind = x->kind,
		.side = x->side,
		.time_ns = 1700000000 * NS_PER_S + (int64_t)i * NS_PER_MS,
		.price = (1000000 + x->price) * (TOCSIN_SCALE / 100),
		.qty = x->size * TOCSIN_SCALE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.instrument = str(s->instruments[x->instrument]),
		.account = str(s->accounts[x->account]),
		.counterparty = str(s->accounts[(x->account + x->price / 500) % ACCOUNTS]),
	};
}

static uint64_t key_at(const struct source *s, size_t i)
{
	return i < s->n ? s->keys[s->items[i].instrument] : 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Nanoseconds an event; *sum keeps the values from being left out. */
static double round_of(const struct source *s, const struct feature_set *set, double *sum,
                       struct feature_counts *counts)
{
	const struct feature_limits limits = { 1000000, 1000000, 5 * NS_PER_S, { 0 } };
	struct feature_table *t;
	double begin, took;

	if (feature_table_new(set, &limits, &t))
		exit(1);
	begin = seconds();
	for (size_t i = 0; i < s->n; i++) {
		struct tocsin_event e = event(s, i);
		struct tocsin_sample x;

		feature_table_ahead(t, key_at(s, i + AHEAD), key_at(s, i + 2 * AHEAD));
		feature_table_add_key(t, &e, key_at(s, i), &x);
		*sum += x.x[0] == x.x[0] ? x.x[0] : 0;
	}
	took = seconds() - begin;
	feature_table_counts(t, counts);
	feature_table_free(t);
	return took / (double)s->n * 1e9;
}

static void measure(const struct source *s, const char *name, const char *const *const lists[])
{
	struct feature_counts counts = { 0 };
	struct feature_set *set;
	double best = 0, sum = 0;

	if (feature_set_new(&set))
		exit(1);
	for (int l = 0; lists[l]; l++)
		for (int i = 0; lists[l][i]; i++) {
			char reason[200] = "";
			uint32_t index;
			size_t at;

			if (feature_set_add(set, lists[l][i], FEATURE_BY_INSTRUMENT, &index, &at,
			                    reason, sizeof reason)) {
				fprintf(stderr, "spaces: %s: %s\n", lists[l][i], reason);
				exit(1);
			}
		}
	for (int i = 0; i < ROUNDS; i++) {
		double ns = round_of(s, set, &sum, &counts);

		best = i == 0 || ns < best ? ns : best;
	}
	printf("%-22s %2u values  %7.1f ns/event  %8llu keys  %6.1f MB  (%g)\n", name,
	       feature_set_count(set), best, (unsigned long long)counts.keys,
	       (double)counts.bytes / 1e6, sum);
	feature_set_free(set);
}

int main(int argc, char **argv)
{
	static struct source s;

	if (!make(&s, argc > 1 ? strtoul(argv[1], NULL, 10) : 2000000))
		return 1;
	measure(&s, "1 space, 10 features", (const char *const *const[]){ one_space, NULL });
	measure(&s, "3 spaces, 40 features",
	        (const char *const *const[]){ one_space, three_spaces, NULL });
	free(s.items);
	return 0;
}
