#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

#define MS NS_PER_MS

void script_act(struct script *s, int64_t at_ns, enum act_op op, unsigned side, unsigned who,
                uint32_t slot, int64_t a, int64_t b)
{
	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 64;
		struct act *v = realloc(s->v, size * sizeof *v);

		if (!v) {
			s->failed = true;
			return;
		}
		s->v = v;
		s->size = size;
	}
	s->v[s->n] = (struct act){ .time_ns = at_ns,
		                   .a = a,
		                   .b = b,
		                   .slot = slot,
		                   .order = (uint32_t)s->n,
		                   .op = (uint8_t)op,
		                   .side = (uint8_t)side,
		                   .who = (uint8_t)who };
	s->n++;
	if (slot >= s->n_slots)
		s->n_slots = slot + 1;
	if (who < WHO_ANYONE && who >= s->n_accounts)
		s->n_accounts = who + 1;
	if (at_ns > s->whole_ns)
		s->whole_ns = at_ns;
}

void script_done(struct script *s)
{
	free(s->v);
	*s = (struct script){ 0 };
}

int64_t script_between(struct rng *rng, int64_t low, int64_t high)
{
	return low + (int64_t)rng_below(rng, (uint64_t)(high - low) + 1);
}

void script_draw(struct script *s, enum pattern kind, enum difficulty d, struct rng *rng)
{
	const struct pattern_param *p = pattern_kinds[kind].params;

	s->side = (uint8_t)rng_below(rng, 2);
	for (int i = 0; i < PATTERN_PARAMS && p[i].name; i++)
		s->p[i] = (int32_t)script_between(rng, p[i].range[d][0], p[i].range[d][1]);
}

void script_release(struct script *s, int64_t at_ns, int64_t for_ns, unsigned side, int64_t ticks,
                    int steps)
{
	for (int i = 1; i <= steps; i++)
		script_act(s, at_ns + for_ns * i / steps, ACT_RELEASE, side, WHO_ANYONE, 0,
		           ticks * (steps - i) / steps, 0);
}

/* Bids that come up behind a rising price (asks behind a falling one), `n` lots on the last tick;
 * those of the step before go. Slots from `first` on, one a step. */
static void follow(struct script *s, int64_t at_ns, int step, int64_t ticks, int64_t lots,
                   uint32_t first)
{
	if (step > 0)
		script_act(s, at_ns, ACT_CANCEL, !s->side, WHO_ANYONE, first + (uint32_t)step - 1,
		           0, 0);
	script_act(s, at_ns, ACT_ADD_AT, !s->side, WHO_ANYONE, first + (uint32_t)step, ticks, lots);
}

static void price_move(struct script *s, struct rng *rng)
{
	int64_t ticks = s->p[0], move = s->p[1] * MS, n = s->p[2], stay = s->p[3] * MS, t;

	script_act(s, 0, ACT_MARK, s->side, WHO_ANYONE, 0, 0, 0);
	for (int i = 1; i <= n; i++) {
		t = move * i / n;
		script_act(s, t, ACT_PULL, s->side, WHO_ANYONE, 0, ticks * i / n, 0);
		follow(s, t, i - 1, ticks * i / n, script_between(rng, 10, 30), 0);
		script_act(s, t, ACT_HIT, s->side, WHO_ANYONE, 0, script_between(rng, 1, 5), 1);
	}
	for (t = move + 500 * MS; t < move + stay; t += script_between(rng, 200, 1200) * MS)
		script_act(s, t, ACT_HIT, (unsigned)rng_below(rng, 2), WHO_ANYONE, 0,
		           script_between(rng, 1, 4), 1);
	t = move + stay;
	script_act(s, t, ACT_CANCEL, !s->side, WHO_ANYONE, (uint32_t)n - 1, 0, 0);
	script_release(s, t, 6000 * MS, s->side, ticks, 24);
	s->end_ns = t + 6000 * MS;
}

static void volume_burst(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], within = s->p[2] * MS;

	for (int i = 0; i < n; i++)
		script_act(s, i ? script_between(rng, 0, within) : 0, ACT_TRADE,
		           (unsigned)rng_below(rng, 2), WHO_ANYONE, 0,
		           script_between(rng, s->p[1] * 2 / 3, s->p[1] * 4 / 3), 0);
	s->end_ns = within;
}

static void fat_finger(struct script *s, struct rng *rng)
{
	int64_t ticks = s->p[0], refill = s->p[1] * MS;

	script_act(s, 0, ACT_MARK, s->side, 0, 0, 0, 0);
	script_act(s, 1, ACT_SWEEP, s->side, 0, 0, ticks, 0);
	for (int i = 0; i < 4; i++)
		script_act(s, script_between(rng, 200 * MS, refill), ACT_HIT, !s->side, WHO_ANYONE,
		           0, script_between(rng, 1, 3), 1);
	script_release(s, 500 * MS, refill, s->side, ticks, 16);
	s->end_ns = 500 * MS + refill;
}

static void stale_feed(struct script *s, struct rng *rng)
{
	(void)rng;
	script_act(s, 0, ACT_SILENCE, 0, WHO_ANYONE, 0, 0, 0);
	script_act(s, s->p[0] * MS, ACT_RESUME, 0, WHO_ANYONE, 0, 0, 0);
	s->end_ns = s->p[0] * MS;
}

static void crossed_book(struct script *s, struct rng *rng)
{
	(void)rng;
	script_act(s, 0, ACT_ADD_CROSSED, s->side, 0, 0, s->p[0], s->p[2]);
	script_act(s, s->p[1] * MS, ACT_CANCEL, s->side, 0, 0, 0, 0);
	s->end_ns = s->p[1] * MS;
}

static void quote_stuffing(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], step = s->p[1] * MS / n;

	for (uint32_t i = 0; i < n; i++) {
		script_act(s, i * step, ACT_ADD, s->side, 0, i, s->p[2] + script_between(rng, 0, 2),
		           script_between(rng, 1, 2));
		script_act(s, i * step + script_between(rng, step / 3, step * 2), ACT_CANCEL,
		           s->side, 0, i, 0, 0);
	}
	s->end_ns = s->whole_ns;
}

/* The genuine trade of layering and spoofing: resting on the side opposite to the deceptive orders
 * and taken, or taking the side that they lean on. Ends at `at_ns`. */
static void genuine(struct script *s, struct rng *rng, int64_t placed_ns, int64_t at_ns,
                    int64_t lots, bool passive, uint32_t slot)
{
	int parts = lots > 3 ? 1 + (int)rng_below(rng, 3) : 1;

	if (passive)
		script_act(s, placed_ns, ACT_ADD, !s->side, 0, slot, 0, lots);
	for (int i = 0; i < parts; i++) {
		int64_t t = at_ns - (parts - 1 - i) * ((at_ns - placed_ns) / 4);

		if (passive)
			script_act(s, t, ACT_TAKE, !s->side, WHO_ANYONE, slot,
			           i == parts - 1 ? 0 : lots / parts, 0);
		else
			script_act(s, t, ACT_HIT, s->side, 0, 0,
			           i == parts - 1 ? lots - lots / parts * i : lots / parts, 1);
	}
}

static void layering(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], placed = s->p[2] * MS, executed = placed + s->p[4] * MS;

	for (uint32_t i = 0; i < n; i++)
		script_act(s, placed * i / (n - 1), ACT_ADD, s->side, 0, i, 1 + i,
		           script_between(rng, (s->p[1] * 4 + 4) / 5, s->p[1] * 6 / 5));
	genuine(s, rng, placed, executed, s->p[3], s->p[6], (uint32_t)n);
	for (uint32_t i = 0; i < n; i++)
		script_act(s, executed + 1 + script_between(rng, 0, s->p[5] * MS), ACT_CANCEL,
		           s->side, 0, i, 0, 0);
	s->end_ns = s->whole_ns;
}

static void spoofing(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], executed = 2 * MS + s->p[4] * MS;

	for (uint32_t i = 0; i < n; i++)
		script_act(s, i * 2 * MS, ACT_ADD, s->side, 0, i, s->p[2] + (int)(i % 2), -s->p[1]);
	genuine(s, rng, 2 * MS, executed, s->p[3], s->p[6], (uint32_t)n);
	for (uint32_t i = 0; i < n; i++)
		script_act(s, executed + 1 + script_between(rng, s->p[5] * MS / 2, s->p[5] * MS),
		           ACT_CANCEL, s->side, 0, i, 0, 0);
	s->end_ns = s->whole_ns;
}

static void wash_trade(struct script *s, struct rng *rng)
{
	int64_t t = 0;

	for (uint32_t i = 0; i < (uint32_t)s->p[0]; i++) {
		script_act(s, t, ACT_ADD, (s->side + i) % 2, 0, i, 0, s->p[1]);
		t += s->p[2] * MS;
		script_act(s, t, ACT_TAKE, (s->side + i) % 2, 0, i, 0, 0);
		s->end_ns = t;
		t += script_between(rng, s->p[3] / 2, s->p[3]) * MS;
	}
}

static void wash_ring(struct script *s, struct rng *rng)
{
	uint32_t n = (uint32_t)s->p[0], slot = 0;
	int64_t t = 0;

	for (int round = 0; round < s->p[2]; round++) {
		for (unsigned i = 0; i < n; i++, slot++) { /* i sells, the next one buys */
			int64_t lots = s->p[1] + script_between(rng, -s->p[3], s->p[3]);

			script_act(s, t, ACT_ADD, LADDER_ASK, i, slot, 0, lots > 0 ? lots : 1);
			t += s->p[4] * MS;
			script_act(s, t, ACT_TAKE, LADDER_ASK, (i + 1) % n, slot, 0, 0);
			s->end_ns = t;
			t += script_between(rng, s->p[5] / 2, s->p[5]) * MS;
		}
	}
}

static void momentum_ignition(struct script *s, struct rng *rng)
{
	int64_t ticks = s->p[0], run = s->p[1] * MS, exit = s->p[3] * MS, t;

	script_act(s, 0, ACT_MARK, s->side, 0, 0, 0, 0);
	for (int i = 1; i <= ticks; i++) {
		t = 1 + run * (i - 1) / (ticks - 1);
		script_act(s, t, ACT_SWEEP, s->side, 0, 0, i, script_between(rng, 8, 20));
		follow(s, t, i - 1, i, script_between(rng, 10, 30), 0);
	}
	for (int i = 0; i < s->p[2]; i++)
		script_act(s, script_between(rng, run / 2, run + exit), ACT_HIT, s->side,
		           WHO_ANYONE, 0, script_between(rng, 1, 5), 1);
	for (int i = 0; i < s->p[4]; i++) { /* those who came late buy from it */
		t = run + exit * (i + 1) / s->p[4];
		script_act(s, t - 1, ACT_ADD_AT, !s->side, WHO_ANYONE, (uint32_t)(ticks + i), ticks,
		           script_between(rng, 10, 40));
		script_act(s, t, ACT_EXIT, !s->side, 0, 0, s->p[4] - i, 0);
	}
	t = run + exit;
	s->end_ns = t;
	for (int i = -1; i < s->p[4]; i++)
		script_act(s, t + 200 * MS, ACT_CANCEL, !s->side, WHO_ANYONE, (uint32_t)(ticks + i),
		           0, 0);
	script_release(s, t + 300 * MS, 3000 * MS, s->side, ticks, 8);
}

static void front_running(struct script *s, struct rng *rng)
{
	int64_t n = s->p[3], lead = s->p[1] * MS, t;

	script_act(s, 0, ACT_HIT, s->side, 0, 0, s->p[0], 1);
	script_act(s, lead - 1, ACT_MARK, s->side, 1, 0, 0, 0);
	for (int i = 1; i <= n; i++) {
		t = lead + 150 * MS * (i - 1);
		script_act(s, t, ACT_HIT, s->side, 1, 0, s->p[2] / n, 1);
		script_act(s, t + 1, ACT_PULL, s->side, WHO_ANYONE, 0, i, 0);
		follow(s, t + 2, i - 1, i, script_between(rng, 10, 30), 0);
	}
	t = lead + 150 * MS * n + s->p[4] * MS;
	script_act(s, t, ACT_EXIT, !s->side, 0, 0, 1, 0);
	s->end_ns = t;
	script_act(s, t + 100 * MS, ACT_CANCEL, !s->side, WHO_ANYONE, (uint32_t)n - 1, 0, 0);
	script_release(s, t + 200 * MS, 2000 * MS, s->side, n, 4);
}

/* The episode ends at the close. The last third of the trades pushes the price. */
static void marking_the_close(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], window = s->p[3] * MS, push = n / 3 > 0 ? n / 3 : 1,
		pushing = window - 4000 * MS, lots = s->volume_lots * s->p[1] / (100 - s->p[1]),
		ticks = s->p[2];

	if (lots < s->p[4])
		lots = s->p[4];
	for (int i = 0; i < n - push; i++)
		script_act(s, i ? script_between(rng, 0, pushing) : 0, ACT_HIT, s->side, 0, 0,
		           (lots + n - 1) / n, 1);
	script_act(s, pushing + 1, ACT_MARK, s->side, 0, 0, 0, 0);
	for (int i = 1; i <= push; i++) {
		int64_t t = pushing + 3500 * MS * i / push;

		script_act(s, t, ACT_HIT, s->side, 0, 0, (lots + n - 1) / n, 1);
		script_act(s, t + 1, ACT_SWEEP, s->side, 0, 0, (ticks * i + push - 1) / push,
		           script_between(rng, 2, 5));
	}
	s->end_ns = window;
	script_release(s, window + 1, 1000 * MS, s->side, ticks, 4);
}

static void pump_and_dump(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], gather = s->p[2] * MS, ticks = s->p[3], pump = s->p[4] * MS,
		dump = s->p[5] * MS, t;
	int parts = 6 + (int)rng_below(rng, 5);

	for (int i = 0; i < n; i++)
		script_act(s, gather * i / n, ACT_HIT, s->side, 0, 0, s->p[1], 1);
	script_act(s, gather, ACT_MARK, s->side, 0, 0, 0, 0);
	for (int i = 1; i <= ticks; i++) {
		t = gather + pump * i / ticks;
		script_act(s, t, ACT_SWEEP, s->side, i % 3 ? WHO_ANYONE : 0, 0, i,
		           script_between(rng, 4, 12));
		follow(s, t, i - 1, i, script_between(rng, 10, 30), 0);
	}
	t = gather + pump;
	script_act(s, t + 200 * MS, ACT_CANCEL, !s->side, WHO_ANYONE, (uint32_t)ticks - 1, 0, 0);
	for (int i = 0; i < parts; i++) {
		int64_t left = ticks * (parts - 1 - i) / parts;
		uint32_t slot = (uint32_t)(ticks + i);

		script_act(s, t + dump * (i + 1) / parts, ACT_ADD_AT, !s->side, WHO_ANYONE, slot,
		           left + 1, script_between(rng, 5, 15));
		script_act(s, t + dump * (i + 1) / parts, ACT_EXIT, !s->side, 0, 0, parts - i, 0);
		script_act(s, t + dump * (i + 1) / parts + 1, ACT_CANCEL, !s->side, WHO_ANYONE,
		           slot, 0, 0);
		script_act(s, t + dump * (i + 1) / parts + 2, ACT_RELEASE, s->side, WHO_ANYONE, 0,
		           left, 0);
	}
	s->end_ns = t + dump;
	script_release(s, t + dump + 10, 500 * MS, s->side, 1, 2);
}

static void unusual_order_size(struct script *s, struct rng *rng)
{
	(void)rng;
	script_act(s, 0, ACT_ADD, s->side, 0, 0, s->p[1], s->p[0]);
	script_act(s, s->p[2] * MS, ACT_CANCEL, s->side, 0, 0, 0, 0);
	s->end_ns = s->p[2] * MS;
}

static void new_account(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0], within = s->p[2] * MS;

	s->new_account = true;
	for (uint32_t i = 0; i < n; i++) {
		int64_t t = within * i / n;
		int64_t lots = script_between(rng, (s->p[1] + 1) / 2, s->p[1] * 3 / 2);
		unsigned side = (unsigned)rng_below(rng, 2);

		if ((int64_t)rng_below(rng, 100) < s->p[3]) {
			script_act(s, t, ACT_HIT, side, 0, 0, lots, 1);
			continue;
		}
		script_act(s, t, ACT_ADD, side, 0, i, script_between(rng, 0, 3), lots);
		script_act(s, t + script_between(rng, 1000, 8000) * MS, ACT_CANCEL, side, 0, i, 0,
		           0);
	}
	s->end_ns = within;
}

static void cross_venue(struct script *s, struct rng *rng)
{
	int64_t within = s->p[1] * MS, ticks = s->side ? s->p[0] : -s->p[0];

	script_act(s, 0, ACT_SHIFT, s->side, WHO_ANYONE, 0, ticks, 0);
	for (int i = 0; i < s->p[2]; i++)
		script_act(s, 1 + within * i / s->p[2], ACT_PRINT, s->side, WHO_ANYONE, 0, 0,
		           script_between(rng, 1, 5));
	script_act(s, within, ACT_SHIFT, s->side, WHO_ANYONE, 0, 0, 0);
	s->end_ns = within;
}

void script_write(struct script *s, enum pattern kind, struct rng *rng)
{
	static void (*const write[N_PATTERNS])(struct script *, struct rng *) = {
		[PATTERN_PRICE_MOVE] = price_move,
		[PATTERN_VOLUME_BURST] = volume_burst,
		[PATTERN_FAT_FINGER] = fat_finger,
		[PATTERN_STALE_FEED] = stale_feed,
		[PATTERN_CROSSED_BOOK] = crossed_book,
		[PATTERN_QUOTE_STUFFING] = quote_stuffing,
		[PATTERN_LAYERING] = layering,
		[PATTERN_SPOOFING] = spoofing,
		[PATTERN_WASH_TRADE] = wash_trade,
		[PATTERN_WASH_RING] = wash_ring,
		[PATTERN_MOMENTUM_IGNITION] = momentum_ignition,
		[PATTERN_FRONT_RUNNING] = front_running,
		[PATTERN_MARKING_THE_CLOSE] = marking_the_close,
		[PATTERN_PUMP_AND_DUMP] = pump_and_dump,
		[PATTERN_UNUSUAL_ORDER_SIZE] = unusual_order_size,
		[PATTERN_NEW_ACCOUNT] = new_account,
		[PATTERN_CROSS_VENUE] = cross_venue,
	};

	if (kind < N_PATTERNS)
		write[kind](s, rng);
	else
		script_write_benign(s, kind, rng);
}
