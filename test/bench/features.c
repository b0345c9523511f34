/* features.c - what each function over windows costs an event: ns of processor time.
 *
 *   features [EVENTS]
 *
 * Trades of 500 instruments, 2 a second each, prices that walk, sizes of which no two are alike: the
 * worst case of quantile and distinct. Each function alone in its feature set, one window of a
 * minute; the cost of a set that only has `price` (finding the key, noting the price) is taken off.
 * The least of three passes: what others on the machine take is not the function's. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/rng.h"
#include "core/timefmt.h"
#include "features/features.h"

#define KEYS 500
#define PASSES 3
#define AHEAD 2 /* as the pipeline does */

static const char *const texts[] = {
	"price",
	"count(1m)",
	"sum(size, 1m)",
	"sum(notional, 1m)",
	"mean(price, 1m)",
	"vwap(1m)",
	"min(price, 1m)",
	"max(notional, 1m)",
	"range(price, 1m)",
	"return(price, 1m)",
	"stddev(price, 1m)",
	"zscore(size, 1m)",
	"quantile(size, 99%, 1m)",
	"quantile(size, 99%, 10m)",
	"ewma(price, 1m)",
	"distinct(size, 1m)",
	"distinct(account, 1m)",
	"ratio(trade, any, 1m)",
	"lag(price, 10)",
	"time_since(trade)",
	"first_seen",
	"observed",
};

static struct tocsin_event *make_events(size_t n)
{
	static char names[KEYS][12], accounts[KEYS][12];
	struct tocsin_event *events = calloc(n, sizeof *events);
	int64_t prices[KEYS];
	struct rng r = { 1 };

	if (!events)
		exit(1);
	for (int i = 0; i < KEYS; i++) {
		snprintf(names[i], sizeof names[i], "SYM%04d", i);
		snprintf(accounts[i], sizeof accounts[i], "ACC%04d", i);
		prices[i] = (int64_t)(1000 + rng_below(&r, 50000)) * TOCSIN_SCALE;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t k = rng_below(&r, KEYS);

		prices[k] += ((int64_t)rng_below(&r, 21) - 10) * (TOCSIN_SCALE / 100);
		events[i] = (struct tocsin_event){
			.size = sizeof events[i],
			.kind = TOCSIN_TRADE,
			.time_ns = 1700000000 * NS_PER_S + (int64_t)i * NS_PER_MS,
			.price = prices[k],
			.qty = 1 + (int64_t)rng_below(&r, 50 * TOCSIN_SCALE),
			.instrument = { names[k], 7 },
			.account = { accounts[rng_below(&r, KEYS)], 7 },
		};
	}
	return events;
}

static int64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static double pass(const char *text, const struct tocsin_event *events, const uint64_t *keys,
                   size_t n)
{
	const struct feature_limits limits = { 1000, 65536, 0, { 0 } };
	struct feature_set *set = NULL;
	struct feature_table *table = NULL;
	struct tocsin_sample sample;
	char reason[200] = "";
	uint32_t index;
	size_t at;
	int64_t began;

	if (feature_set_new(&set) ||
	    feature_set_add(set, text, FEATURE_BY_INSTRUMENT, &index, &at, reason, sizeof reason) ||
	    feature_table_new(set, &limits, &table)) {
		fprintf(stderr, "features: %s: %s\n", text, reason);
		exit(1);
	}
	began = processor_ns();
	for (size_t i = 0; i < n; i++) {
		feature_table_ahead(table, keys[(i + AHEAD) % n], keys[(i + 2 * AHEAD) % n]);
		feature_table_add_key(table, &events[i], keys[i], &sample);
	}
	began = processor_ns() - began;
	feature_table_free(table);
	feature_set_free(set);
	return (double)began / (double)n;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	struct tocsin_event *events = make_events(n);
	uint64_t *keys = calloc(n, sizeof *keys);
	double bare = 0;

	for (size_t i = 0; keys && i < n; i++)
		keys[i] = feature_key(&events[i].instrument);

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		double least = 0;

		for (int k = 0; k < PASSES; k++) {
			double ns = pass(texts[i], events, keys, n);

			least = k == 0 || ns < least ? ns : least;
		}
		bare = i == 0 ? least : bare;
		printf("%-28s %7.1f\n", texts[i], i == 0 ? least : least - bare);
	}
	free(events);
	free(keys);
	return 0;
}
