/* benign.c - the look-alikes: what honest participants do that a careless rule takes for abuse. */
#include "script.h"

#include "core/timefmt.h"

#define MS NS_PER_MS

/* Quotes both sides, replaces all of them again and again, and takes nothing. */
static void market_maker(struct script *s, struct rng *rng)
{
	int64_t within = s->p[3] * MS;
	uint32_t n = (uint32_t)s->p[0], a_time = 2 * (uint32_t)s->p[2];

	for (uint32_t i = 0; i < n; i++) {
		int64_t t = within * i / n, until = within * (i + 1) / n;

		for (uint32_t k = 0; k < a_time; k++) {
			script_act(s, t, ACT_ADD, k % 2, 0, i * a_time + k, k / 2,
			           script_between(rng, (s->p[1] + 1) / 2, s->p[1]));
			script_act(s, until - script_between(rng, 1, 20) * MS / 4, ACT_CANCEL,
			           k % 2, 0, i * a_time + k, 0, 0);
		}
	}
	s->end_ns = within;
}

/* A large order that stays until it is filled. */
static void filled_order(struct script *s, struct rng *rng)
{
	int64_t within = s->p[2] * MS;

	script_act(s, 0, ACT_ADD, s->side, 0, 0, 0, -s->p[0]);
	for (int i = 1; i <= s->p[1]; i++)
		script_act(s, within * i / s->p[1], ACT_TAKE, s->side, WHO_ANYONE, 0,
		           i == s->p[1] ? 0 : -script_between(rng, 10, 25), 0);
	s->end_ns = within;
}

/* A part of a large order is shown; when it is taken the next comes. */
static void iceberg(struct script *s, struct rng *rng)
{
	int64_t within = s->p[2] * MS, n = s->p[0];

	for (uint32_t i = 0; i < n; i++) {
		int64_t t = within * i / n;

		script_act(s, t, ACT_ADD, s->side, 0, i, 0, s->p[1]);
		script_act(s, t + script_between(rng, within / n / 4, within / n - 1), ACT_TAKE,
		           s->side, WHO_ANYONE, i, 0, 0);
	}
	s->end_ns = within;
}

/* One order that follows the price: moved, or cancelled and sent again. */
static void repricing(struct script *s, struct rng *rng)
{
	int64_t within = s->p[2] * MS, n = s->p[0];
	uint32_t slot = 0;

	script_act(s, 0, ACT_ADD, s->side, 0, slot, 1, s->p[1]);
	for (int i = 1; i < n; i++) {
		int64_t t = within * i / n, level = script_between(rng, 0, 3);

		if (rng_below(rng, 2)) {
			script_act(s, t, ACT_MOVE, s->side, 0, slot, level, 0);
			continue;
		}
		script_act(s, t, ACT_CANCEL, s->side, 0, slot, 0, 0);
		script_act(s, t + 1, ACT_ADD, s->side, 0, ++slot, level, s->p[1]);
	}
	script_act(s, within, ACT_CANCEL, s->side, 0, slot, 0, 0);
	s->end_ns = within;
}

/* An account's order would meet its own: the venue cancels the resting one and no trade comes of
 * it. */
static void self_match(struct script *s, struct rng *rng)
{
	int64_t t = 0;

	for (uint32_t i = 0; i < (uint32_t)s->p[0]; i++) {
		script_act(s, t, ACT_ADD, s->side, 0, 2 * i, 0, s->p[1]);
		t += s->p[2] * MS;
		script_act(s, t, ACT_CANCEL, s->side, 0, 2 * i, 0, 0);
		script_act(s, t + 1, ACT_ADD, !s->side, 0, 2 * i + 1, 0, s->p[1]);
		t += script_between(rng, 500, 3000) * MS;
		script_act(s, t, ACT_CANCEL, !s->side, 0, 2 * i + 1, 0, 0);
		s->end_ns = t;
	}
}

/* The price jumps by itself and many react: orders, cancels and trades of as many accounts. */
static void burst(struct script *s, struct rng *rng)
{
	int64_t within = s->p[3] * MS;
	uint32_t slot = 0;

	script_act(s, 0, ACT_MARK, s->side, WHO_ANYONE, 0, 0, 0);
	script_act(s, 1, ACT_SWEEP, s->side, WHO_ANYONE, 0, s->p[0], 30);
	for (; slot < (uint32_t)s->p[1]; slot++) {
		unsigned side = (unsigned)rng_below(rng, 2);
		int64_t t = script_between(rng, 2, within);

		script_act(s, t, ACT_ADD, side, WHO_ANYONE, slot, script_between(rng, 0, 4),
		           script_between(rng, 1, 4));
		script_act(s, t + script_between(rng, 100, 4000) * MS, ACT_CANCEL, side, WHO_ANYONE,
		           slot, 0, 0);
	}
	for (int i = 0; i < s->p[2]; i++)
		script_act(s, script_between(rng, 2, within), ACT_TRADE,
		           (unsigned)rng_below(rng, 2), WHO_ANYONE, 0, script_between(rng, 1, 6),
		           0);
	s->end_ns = within;
	script_release(s, within + 1, 2000 * MS, s->side, s->p[0], 3);
}

/* Two accounts meet twice by chance, the other way round, and leave with a position. */
static void mutual_trades(struct script *s, struct rng *rng)
{
	int64_t t = script_between(rng, 100, 2000) * MS;

	script_act(s, 0, ACT_ADD, s->side, 0, 0, 0, s->p[0]);
	script_act(s, t, ACT_TAKE, s->side, 1, 0, 0, 0);
	t += s->p[2] * MS;
	script_act(s, t, ACT_ADD, s->side, 1, 1, 0, s->p[1]);
	script_act(s, t + script_between(rng, 100, 2000) * MS, ACT_TAKE, s->side, 0, 1, 0, 0);
	s->end_ns = s->whole_ns;
}

/* Trades the way of a large order after it was seen, and keeps the position. */
static void follower(struct script *s, struct rng *rng)
{
	(void)rng;
	for (int i = 0; i < s->p[1]; i++)
		script_act(s, 150 * MS * i, ACT_HIT, s->side, 1, 0, s->p[0] / s->p[1], 1);
	script_act(s, 150 * MS * s->p[1] + s->p[2] * MS, ACT_HIT, s->side, 0, 0, s->p[3], 1);
	s->end_ns = s->whole_ns;
}

/* A small hedge at the end of the day that moves nothing. */
static void closing_hedge(struct script *s, struct rng *rng)
{
	int64_t window = s->p[2] * MS;

	for (int i = 0; i < s->p[0]; i++)
		script_act(s, i ? script_between(rng, 0, window - 1) : 0, ACT_HIT, s->side, 0, 0,
		           s->p[1], 1);
	s->end_ns = window;
}

static void quiet_spell(struct script *s)
{
	script_act(s, 0, ACT_SILENCE, 0, WHO_ANYONE, 0, 0, 0);
	script_act(s, s->p[0] * MS, ACT_RESUME, 0, WHO_ANYONE, 0, 0, 0);
	s->end_ns = s->p[0] * MS;
}

/* A new account that begins as one does: little. */
static void newcomer(struct script *s, struct rng *rng)
{
	int64_t n = s->p[0];

	s->new_account = true;
	for (uint32_t i = 0; i < n; i++) {
		int64_t t = s->p[2] * MS * i / n;

		if (rng_below(rng, 2)) {
			script_act(s, t, ACT_HIT, (unsigned)rng_below(rng, 2), 0, 0, s->p[1], 1);
			continue;
		}
		script_act(s, t, ACT_ADD, s->side, 0, i, script_between(rng, 0, 2), s->p[1]);
		script_act(s, t + script_between(rng, 3000, 10000) * MS, ACT_CANCEL, s->side, 0, i,
		           0, 0);
	}
	s->end_ns = s->whole_ns;
}

void script_write_benign(struct script *s, enum pattern kind, struct rng *rng)
{
	switch ((int)kind) {
	case BENIGN_MARKET_MAKER: market_maker(s, rng); break;
	case BENIGN_FILLED_ORDER: filled_order(s, rng); break;
	case BENIGN_ICEBERG: iceberg(s, rng); break;
	case BENIGN_REPRICING: repricing(s, rng); break;
	case BENIGN_SELF_MATCH: self_match(s, rng); break;
	case BENIGN_BURST: burst(s, rng); break;
	case BENIGN_MUTUAL_TRADES: mutual_trades(s, rng); break;
	case BENIGN_FOLLOWER: follower(s, rng); break;
	case BENIGN_CLOSING_HEDGE: closing_hedge(s, rng); break;
	case BENIGN_QUIET_SPELL: quiet_spell(s); break;
	case BENIGN_NEWCOMER: newcomer(s, rng); break;
	}
}
