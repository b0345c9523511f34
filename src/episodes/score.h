/* score.h - alerts held against the labels of injected episodes: what was caught, what was false.
 *
 * Pure. An alert belongs to an episode when its rule's pattern is the episode's, the instrument is
 * the same, its time lies in [start, end + grace], and, of a rule that is kept by account, its
 * account is one of the episode's (or the episode or the alert has none). Every alert is counted once:
 *   true     - belongs to an episode;
 *   benign   - false: in a look-alike that resembles its pattern;
 *   other    - in an episode of another pattern, or in a look-alike of others: neither true nor
 *              false, told by itself;
 *   outside  - false: in the market as recorded.
 * What is said of a venue that follows, during an episode on the first, is `other` too.
 * Of a rule that is kept by account, "in" asks for the account everywhere: an alert about somebody
 * else is outside.
 * An episode is caught when an alert belongs to it; further ones of the same episode are true too
 * and count nowhere. Precision is caught / (caught + false). */
#ifndef EPISODES_SCORE_H
#define EPISODES_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "episodes/patterns.h"

#define SCORE_WORD 64
#define SCORE_ACCOUNTS 4
#define SCORE_RULES 500

struct score_episode {
	int kind;                        /* enum pattern, N_PATTERNS and up: a look-alike */
	int64_t start_ns, end_ns;
	char instrument[SCORE_WORD];
	char follower[SCORE_WORD];       /* the instrument of a venue that follows this one; may be "" */
	char accounts[SCORE_ACCOUNTS][SCORE_WORD];
	unsigned n_accounts;
};

struct score_alert {
	size_t rule;                     /* index */
	int64_t time_ns;
	char instrument[SCORE_WORD], account[SCORE_WORD];        /* account may be "" */
};

struct score_rule {
	char name[SCORE_WORD];
	int pattern;                     /* -1: of none */
	bool by_account;
	uint64_t episodes, caught;
	uint64_t alerts, right, benign, other, outside;
	int64_t *delays;                 /* from start to the first alert, of those caught */
};

struct score {
	struct score_rule *rules;
	size_t n_rules;
	uint64_t events, runs;
	int64_t grace_ns;
};

/* One written log: its episodes, all alerts of all rules in order, and how many events it has.
 * 0, -ENOMEM. */
int score_run(struct score *s, const struct score_episode *episodes, size_t n_episodes,
              const struct score_alert *alerts, size_t n_alerts, uint64_t events);
void score_done(struct score *s);        /* frees the rules too */

struct score_figures {
	double recall, low, high;        /* 95 % by Wilson; NaN without episodes */
	double false_rate;               /* false alerts per 10,000 events */
	double precision, f1;            /* of the logs as injected; NaN without alerts or episodes */
	double precision_at;             /* when one episode comes in `base` events */
	int64_t median_ns;               /* -1 = none caught */
	bool recall_met, false_met;      /* recall >= 0.95, at most 1 false alert per 10,000 events */
};

/* precision_at = r p / (r p + f), r the recall, p = 1 / base episodes an event, f false alerts an
 * event: what part of its alerts is right where episodes are that rare. */
struct score_figures score_figures(const struct score *s, const struct score_rule *r, double base);

#endif
