#include "patterns.h"

#include <inttypes.h>
#include <string.h>

#define ALL(lo, hi) \
	{ \
		{ lo, hi }, { lo, hi }, \
		{ \
			lo, hi \
		} \
	}
#define RANGE(a, b, c, d, e, f) \
	{ \
		{ a, b }, { c, d }, \
		{ \
			e, f \
		} \
	}

/* Easy, medium, hard. Chosen from the definitions (conf/rules/EPISODES.md), before and apart from
 * any rule; ticks and lots have the scale of an index future by day's end. */
const struct pattern_kind pattern_kinds[N_KINDS] = {
	[PATTERN_PRICE_MOVE] = { "price-move", .params = {
		{ "move_ticks", RANGE(80, 140, 40, 70, 20, 30) },
		{ "move_ms", RANGE(2000, 4000, 4000, 10000, 15000, 30000) },
		{ "trades", ALL(10, 20) },
		{ "stay_ms", ALL(5000, 15000) },
	} },
	[PATTERN_VOLUME_BURST] = { "volume-burst", .params = {
		{ "trades", RANGE(80, 140, 40, 70, 15, 25) },
		{ "each_lots", RANGE(20, 60, 15, 40, 5, 15) },
		{ "within_ms", RANGE(3000, 5000, 3000, 6000, 5000, 10000) },
	} },
	[PATTERN_FAT_FINGER] = { "fat-finger", .params = {
		{ "sweep_ticks", RANGE(32, 64, 16, 31, 8, 12) },
		{ "refill_ms", ALL(5000, 15000) },
	} },
	[PATTERN_STALE_FEED] = { "stale-feed", .params = {
		{ "silence_ms", RANGE(60000, 120000, 30000, 60000, 15000, 25000) },
	} },
	[PATTERN_CROSSED_BOOK] = { "crossed-book", .params = {
		{ "cross_ticks", RANGE(2, 8, 0, 4, 0, 0) },
		{ "life_ms", RANGE(5000, 20000, 500, 5000, 50, 300) },
		{ "size_lots", ALL(1, 10) },
	} },
	[PATTERN_QUOTE_STUFFING] = { "quote-stuffing", .params = {
		{ "orders", RANGE(1500, 2500, 600, 1200, 200, 350) },
		{ "within_ms", ALL(1000, 2000) },
		{ "level", ALL(4, 12) },
	} },
	[PATTERN_LAYERING] = { "layering", .params = {
		{ "orders", RANGE(6, 10, 4, 6, 3, 4) },
		{ "each_lots", RANGE(20, 50, 8, 20, 3, 6) },
		{ "place_ms", RANGE(200, 1000, 200, 1500, 1000, 5000) },
		{ "execute_lots", RANGE(8, 20, 5, 12, 2, 4) },
		{ "execute_ms", RANGE(100, 1000, 200, 2000, 2000, 5000) },
		{ "cancel_ms", RANGE(50, 500, 200, 3000, 3000, 8000) },
		{ "passive", ALL(0, 1) },
	} },
	[PATTERN_SPOOFING] = { "spoofing", .params = {
		{ "orders", RANGE(1, 3, 1, 2, 1, 1) },
		{ "depth_percent", RANGE(400, 800, 150, 300, 60, 100) },
		{ "level", RANGE(0, 1, 0, 2, 0, 3) },
		{ "execute_lots", RANGE(5, 15, 3, 10, 1, 3) },
		{ "execute_ms", RANGE(100, 800, 200, 1500, 1500, 4000) },
		{ "cancel_ms", RANGE(50, 500, 100, 1000, 2000, 5000) },
		{ "passive", ALL(0, 1) },
	} },
	[PATTERN_WASH_TRADE] = { "wash-trade", .needs_accounts = true, .params = {
		{ "trades", RANGE(4, 8, 1, 3, 1, 1) },
		{ "each_lots", RANGE(5, 20, 3, 10, 1, 2) },
		{ "rest_ms", RANGE(10, 200, 50, 2000, 2000, 10000) },
		{ "between_ms", ALL(500, 4000) },
	} },
	[PATTERN_WASH_RING] = { "wash-ring", .needs_accounts = true, .params = {
		{ "accounts", RANGE(2, 3, 2, 4, 4, 4) },
		{ "each_lots", RANGE(5, 20, 3, 10, 2, 5) },
		{ "rounds", RANGE(2, 3, 1, 2, 1, 1) },
		{ "size_differs_lots", RANGE(0, 0, 0, 1, 0, 2) },
		{ "rest_ms", RANGE(10, 200, 50, 1000, 1000, 4000) },
		{ "between_ms", RANGE(200, 1000, 500, 4000, 5000, 15000) },
	} },
	[PATTERN_MOMENTUM_IGNITION] = { "momentum-ignition", .params = {
		{ "move_ticks", RANGE(8, 14, 5, 8, 3, 4) },
		{ "run_ms", RANGE(800, 2000, 1000, 4000, 4000, 8000) },
		{ "followers", RANGE(8, 15, 5, 10, 2, 4) },
		{ "exit_ms", RANGE(500, 3000, 1000, 6000, 6000, 15000) },
		{ "exit_orders", ALL(3, 6) },
	} },
	[PATTERN_FRONT_RUNNING] = { "front-running", .needs_accounts = true, .params = {
		{ "own_lots", RANGE(10, 25, 4, 10, 1, 3) },
		{ "lead_ms", RANGE(100, 800, 200, 2000, 2000, 8000) },
		{ "client_lots", RANGE(150, 300, 80, 160, 30, 60) },
		{ "client_orders", ALL(2, 4) },
		{ "exit_ms", RANGE(300, 2000, 500, 5000, 5000, 20000) },
	} },
	[PATTERN_MARKING_THE_CLOSE] = { "marking-the-close", .needs_close = true, .params = {
		{ "trades", RANGE(15, 25, 8, 15, 4, 6) },
		{ "share_percent", RANGE(60, 80, 35, 60, 15, 25) },
		{ "move_ticks", RANGE(6, 10, 3, 6, 1, 2) },
		{ "window_ms", RANGE(20000, 40000, 30000, 60000, 30000, 60000) },
		{ "floor_lots", ALL(30, 50) },
	} },
	[PATTERN_PUMP_AND_DUMP] = { "pump-and-dump", .params = {
		{ "gather_trades", ALL(6, 10) },
		{ "each_lots", RANGE(8, 15, 4, 8, 2, 4) },
		{ "gather_ms", ALL(20000, 40000) },
		{ "pump_ticks", RANGE(30, 50, 15, 30, 8, 12) },
		{ "pump_ms", RANGE(20000, 40000, 40000, 80000, 80000, 120000) },
		{ "dump_ms", RANGE(3000, 8000, 8000, 20000, 20000, 40000) },
	} },
	[PATTERN_UNUSUAL_ORDER_SIZE] = { "unusual-order-size", .params = {
		{ "size_lots", RANGE(600, 1500, 250, 500, 100, 200) },
		{ "level", ALL(1, 5) },
		{ "life_ms", ALL(5000, 30000) },
	} },
	[PATTERN_NEW_ACCOUNT] = { "new-account", .needs_accounts = true, .params = {
		{ "orders", RANGE(30, 50, 15, 30, 6, 10) },
		{ "each_lots", RANGE(8, 15, 3, 8, 1, 3) },
		{ "within_ms", RANGE(10000, 20000, 20000, 40000, 40000, 60000) },
		{ "executed_percent", RANGE(50, 80, 30, 60, 10, 30) },
	} },
	[PATTERN_CROSS_VENUE] = { "cross-venue-divergence", .needs_venue = true, .params = {
		{ "apart_ticks", RANGE(20, 40, 8, 16, 4, 6) },
		{ "for_ms", RANGE(10000, 30000, 5000, 15000, 3000, 6000) },
		{ "prints", RANGE(20, 40, 10, 20, 5, 8) },
	} },

	[BENIGN_MARKET_MAKER] = { "market-maker", "quote-stuffing,layering,spoofing", .params = {
		{ "requotes", ALL(30, 60) },
		{ "each_lots", ALL(2, 8) },
		{ "levels", ALL(1, 3) },
		{ "within_ms", ALL(15000, 30000) },
	} },
	[BENIGN_FILLED_ORDER] = { "filled-order", "spoofing,layering", .params = {
		{ "depth_percent", ALL(100, 250) },
		{ "fills", ALL(6, 12) },
		{ "within_ms", ALL(4000, 12000) },
	} },
	[BENIGN_ICEBERG] = { "iceberg", "layering,spoofing,wash-trade", .params = {
		{ "refills", ALL(6, 12) },
		{ "each_lots", ALL(3, 10) },
		{ "within_ms", ALL(5000, 15000) },
	} },
	[BENIGN_REPRICING] = { "repricing", "spoofing,quote-stuffing", .params = {
		{ "moves", ALL(15, 40) },
		{ "size_lots", ALL(3, 10) },
		{ "within_ms", ALL(5000, 20000) },
	} },
	[BENIGN_SELF_MATCH] = { "self-match-prevented", "wash-trade,wash-ring", .params = {
		{ "times", ALL(1, 3) },
		{ "each_lots", ALL(2, 8) },
		{ "rest_ms", ALL(50, 2000) },
	} },
	[BENIGN_BURST] = { "burst-after-jump", "momentum-ignition,quote-stuffing,volume-burst,price-move", .params = {
		{ "jump_ticks", ALL(2, 3) },
		{ "orders", ALL(80, 160) },
		{ "trades", ALL(8, 16) },
		{ "within_ms", ALL(2000, 5000) },
	} },
	[BENIGN_MUTUAL_TRADES] = { "mutual-trades", "wash-ring,wash-trade", .needs_accounts = true, .params = {
		{ "first_lots", ALL(6, 10) },
		{ "second_lots", ALL(1, 3) },
		{ "apart_ms", ALL(30000, 50000) },
	} },
	[BENIGN_FOLLOWER] = { "follower", "front-running,momentum-ignition", .needs_accounts = true, .params = {
		{ "client_lots", ALL(60, 120) },
		{ "client_orders", ALL(2, 4) },
		{ "lag_ms", ALL(200, 2000) },
		{ "own_lots", ALL(3, 8) },
	} },
	[BENIGN_CLOSING_HEDGE] = { "closing-hedge", "marking-the-close", .needs_close = true, .params = {
		{ "trades", ALL(3, 6) },
		{ "each_lots", ALL(1, 3) },
		{ "window_ms", ALL(30000, 60000) },
	} },
	[BENIGN_QUIET_SPELL] = { "quiet-spell", "stale-feed", .params = {
		{ "silence_ms", ALL(9000, 13000) },
	} },
	[BENIGN_NEWCOMER] = { "newcomer", "new-account", .needs_accounts = true, .params = {
		{ "orders", ALL(2, 4) },
		{ "each_lots", ALL(1, 2) },
		{ "within_ms", ALL(20000, 40000) },
	} },
};

static const char *const difficulties[] = { "easy", "medium", "hard" };

const char *difficulty_name(enum difficulty d)
{
	return difficulties[d];
}

int difficulty_find(const char *name)
{
	for (int d = 0; d < N_DIFFICULTIES; d++)
		if (strcmp(name, difficulties[d]) == 0)
			return d;
	return -1;
}

static bool same(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(*a == '_' && *b == '-') && !(*a == '-' && *b == '_'))
			return false;
	return *a == *b;
}

int pattern_find(const char *name)
{
	for (int k = 0; k < N_KINDS; k++)
		if (same(name, pattern_kinds[k].name))
			return k;
	return -1;
}

bool pattern_resembles(int benign, int pattern)
{
	const char *name = pattern_kinds[pattern].name, *p = pattern_kinds[benign].looks_like;
	size_t n = strlen(name);

	for (; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
		if (strncmp(p, name, n) == 0 && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

static void range(const int32_t r[2], struct buf *out)
{
	if (r[0] == r[1])
		buf_printf(out, " %" PRId32 " |", r[0]);
	else
		buf_printf(out, " %" PRId32 "-%" PRId32 " |", r[0], r[1]);
}

void patterns_table(struct buf *out)
{
	for (int benign = 0; benign < 2; benign++) {
		buf_puts(
			out,
			benign ? "\n| look-alike | resembles | parameter | range |\n|---|---|---|---|\n"
			       : "| pattern | parameter | easy | medium | hard |\n|---|---|---|---|---|\n");
		for (int k = benign ? N_PATTERNS : 0; k < (benign ? N_KINDS : N_PATTERNS); k++) {
			const struct pattern_kind *kind = &pattern_kinds[k];

			for (int i = 0; i < PATTERN_PARAMS && kind->params[i].name; i++) {
				buf_printf(out, "| %s |", i ? "" : kind->name);
				if (benign)
					buf_printf(out, " %s |", i ? "" : kind->looks_like);
				buf_printf(out, " %s |", kind->params[i].name);
				for (int d = 0; d < (benign ? 1 : N_DIFFICULTIES); d++)
					range(kind->params[i].range[d], out);
				buf_putc(out, '\n');
			}
		}
	}
}
