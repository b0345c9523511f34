#include "episodes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

#define SLOT_NS (70 * NS_PER_S) /* least time for an episode and its quiet after */
#define TICK_SIZE 250000000LL /* 0.25 index points */

int recording_add(struct recording *r, int64_t time_ns, int64_t price, const char *text, size_t n)
{
	char *copy;

	if (r->n == r->size) {
		size_t size = r->size ? r->size * 2 : 1024;
		struct recorded_line *v = realloc(r->v, size * sizeof *v);

		if (!v)
			return -ENOMEM;
		r->v = v;
		r->size = size;
	}
	copy = malloc(n + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, n);
	copy[n] = 0;
	r->v[r->n++] = (struct recorded_line){ time_ns, price, copy, n };
	return 0;
}

void recording_done(struct recording *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].text);
	free(r->v);
	*r = (struct recording){ 0 };
}

struct writer {
	struct recording *to;
	const char *instrument;
	uint64_t order; /* ids of injected orders: above the venue's */
	int failed;
};

static void put(struct writer *w, int64_t time_ns, char action, char side, int64_t price,
                int64_t size, uint64_t order)
{
	char text[400];
	int n = snprintf(
		text, sizeof text,
		"{\"ts_recv\":\"%" PRId64 "\",\"hd\":{\"ts_event\":\"%" PRId64 "\",\"rtype\":160,"
		"\"publisher_id\":1,\"instrument_id\":17077},\"action\":\"%c\",\"side\":\"%c\","
		"\"price\":\"%" PRId64 "\",\"size\":%" PRId64
		",\"channel_id\":0,\"order_id\":\"%" PRIu64
		"\",\"flags\":130,\"ts_in_delta\":15000,\"sequence\":0,\"symbol\":\"%s\"}",
		time_ns, time_ns, action, side, price, size, order, w->instrument);

	if (!w->failed)
		w->failed = recording_add(w->to, time_ns, price, text, (size_t)n);
}

/* The price in force: that of the last line at or before the time. */
static int64_t price_at(const struct recording *r, size_t n, int64_t time_ns)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (r->v[mid].time_ns <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? r->v[low - 1].price : r->v[0].price;
}

/* Writes the episode that begins at `start`; when it ends. */
static int64_t write_episode(struct writer *w, enum episode_kind kind, int64_t start, int64_t price,
                             struct rng *rng)
{
	int64_t end = start, step;
	int n;

	switch (kind) {
	case EPISODE_PRICE: /* one trade 0.5 to 1.5 % away */
		price += (rng_below(rng, 2) ? 1 : -1) *
		         (price / 1000 * (5 + (int64_t)rng_below(rng, 11)));
		put(w, start, 'T', 'B', price / TICK_SIZE * TICK_SIZE, 3, 0);
		break;
	case EPISODE_VOLUME: /* 40 to 70 trades of 20 to 60 within 4 s */
		n = 40 + (int)rng_below(rng, 31);
		for (int i = 0; i < n; i++, end += 4 * NS_PER_S / n)
			put(w, end, 'T', 'B', price, 20 + (int64_t)rng_below(rng, 41), 0);
		break;
	case EPISODE_STUFFING: /* 600 to 900 orders placed and cancelled within 1.2 s */
		n = 600 + (int)rng_below(rng, 301);
		step = 1200 * NS_PER_MS / n;
		for (int i = 0; i < n; i++, end += step, w->order++) {
			put(w, end, 'A', 'A', price + TICK_SIZE * 8, 1, w->order);
			put(w, end + step / 2, 'C', 'A', price + TICK_SIZE * 8, 1, w->order);
		}
		break;
	case EPISODE_CANCELS: /* 900 to 1200 orders, cancelled at once, over 15 s */
		n = 900 + (int)rng_below(rng, 301);
		step = 15 * NS_PER_S / n;
		for (int i = 0; i < n; i++, end += step, w->order++) {
			put(w, end, 'A', 'B', price - TICK_SIZE * 12, 2, w->order);
			put(w, end + step / 2, 'C', 'B', price - TICK_SIZE * 12, 2, w->order);
		}
		break;
	case EPISODE_SILENCE: end = start + 35 * NS_PER_S; break;
	case N_EPISODE_KINDS: break;
	}
	return end;
}

/* Lines inside a silence go. */
static void drop_silent(struct recording *r, const struct episode *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].time_ns >= e->start_ns && r->v[i].time_ns < e->end_ns)
			free(r->v[i].text);
		else
			r->v[kept++] = r->v[i];
	}
	r->n = kept;
}

struct order { /* a line and where it stood, for a stable sort */
	struct recorded_line line;
	size_t at;
};

static int by_time(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->line.time_ns != y->line.time_ns)
		return x->line.time_ns < y->line.time_ns ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int sort(struct recording *r)
{
	struct order *v = calloc(r->n ? r->n : 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		v[i] = (struct order){ r->v[i], i };
	qsort(v, r->n, sizeof *v, by_time);
	for (size_t i = 0; i < r->n; i++)
		r->v[i] = v[i].line;
	free(v);
	return 0;
}

int episodes_inject(struct recording *r, const char *instrument, struct rng *rng, int64_t warm_ns,
                    size_t each, struct episode **ret_episodes, size_t *ret_n)
{
	struct writer w = { .to = r, .instrument = instrument, .order = 7000000000000 };
	size_t n = each * N_EPISODE_KINDS, n_lines = r->n;
	struct episode *e;
	int64_t begin, slot;

	if (n == 0 || r->n == 0)
		return -ERANGE;
	begin = r->v[0].time_ns + warm_ns;
	slot = (r->v[r->n - 1].time_ns - begin) / (int64_t)n;
	if (slot < SLOT_NS)
		return -ERANGE;
	e = calloc(n, sizeof *e);
	if (!e)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		e[i].kind = (enum episode_kind)(i % N_EPISODE_KINDS);
	for (size_t i = n - 1; i > 0; i--) { /* Fisher-Yates */
		size_t j = rng_below(rng, i + 1);
		enum episode_kind k = e[i].kind;

		e[i].kind = e[j].kind;
		e[j].kind = k;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t late = (int64_t)rng_below(rng, (uint64_t)(slot - SLOT_NS) + 1);

		e[i].start_ns = begin + (int64_t)i * slot + late;
		e[i].end_ns = write_episode(&w, e[i].kind, e[i].start_ns,
		                            price_at(r, n_lines, e[i].start_ns), rng);
	}
	for (size_t i = 0; i < n; i++)
		if (e[i].kind == EPISODE_SILENCE)
			drop_silent(r, &e[i]);
	if (w.failed == 0)
		w.failed = sort(r);
	if (w.failed) {
		free(e);
		return w.failed;
	}
	*ret_episodes = e;
	*ret_n = n;
	return 0;
}
