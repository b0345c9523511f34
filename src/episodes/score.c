#include "score.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define Z 1.959963984540054 /* of the normal distribution, 95 % two-sided */
#define BAR_RECALL 0.95
#define BAR_FALSE 1.0

static bool in_time(const struct score_episode *e, const struct score_alert *a, int64_t grace_ns)
{
	return a->time_ns >= e->start_ns && a->time_ns <= e->end_ns + grace_ns;
}

static bool of_account(const struct score_episode *e, const struct score_alert *a)
{
	for (unsigned i = 0; i < e->n_accounts; i++)
		if (strcmp(a->account, e->accounts[i]) == 0)
			return true;
	return e->n_accounts == 0 || !a->account[0];
}

enum verdict { RIGHT, BENIGN, OTHER, OUTSIDE };

/* Its own pattern's episode first, then a look-alike, then another pattern's. */
static enum verdict judge(const struct score *s, const struct score_rule *r,
                          const struct score_alert *a, const struct score_episode *episodes,
                          size_t n, size_t *ret_at)
{
	enum verdict v = OUTSIDE;

	for (size_t i = 0; i < n; i++) {
		const struct score_episode *e = &episodes[i];
		bool mine = !r->by_account || of_account(e, a);

		if (!in_time(e, a, s->grace_ns) || !mine)
			continue;
		if (e->follower[0] && strcmp(a->instrument, e->follower) == 0 && v == OUTSIDE)
			v = OTHER;
		if (strcmp(a->instrument, e->instrument) != 0)
			continue;
		if (e->kind == r->pattern) {
			*ret_at = i;
			return RIGHT;
		}
		if (e->kind >= N_PATTERNS && r->pattern >= 0 &&
		    pattern_resembles(e->kind, r->pattern))
			v = BENIGN;
		else if (v == OUTSIDE)
			v = OTHER;
	}
	return v;
}

static int add_delay(struct score_rule *r, int64_t delay_ns)
{
	int64_t *v = realloc(r->delays, (r->caught + 1) * sizeof *v);

	if (!v)
		return -ENOMEM;
	r->delays = v;
	r->delays[r->caught++] = delay_ns;
	return 0;
}

static int run_rule(struct score *s, size_t rule, const struct score_episode *episodes,
                    size_t n_episodes, const struct score_alert *alerts, size_t n_alerts)
{
	struct score_rule *r = &s->rules[rule];
	bool *caught = calloc(n_episodes + 1, sizeof *caught);
	int e = caught ? 0 : -ENOMEM;

	for (size_t i = 0; i < n_episodes; i++)
		r->episodes += episodes[i].kind == r->pattern;
	for (size_t i = 0; e == 0 && i < n_alerts; i++) {
		const struct score_alert *a = &alerts[i];
		size_t at = 0;

		if (a->rule != rule)
			continue;
		r->alerts++;
		switch (judge(s, r, a, episodes, n_episodes, &at)) {
		case RIGHT:
			r->right++;
			if (!caught[at])
				e = add_delay(r, a->time_ns - episodes[at].start_ns);
			caught[at] = true;
			break;
		case BENIGN: r->benign++; break;
		case OTHER: r->other++; break;
		case OUTSIDE: r->outside++; break;
		}
	}
	free(caught);
	return e;
}

int score_run(struct score *s, const struct score_episode *episodes, size_t n_episodes,
              const struct score_alert *alerts, size_t n_alerts, uint64_t events)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < s->n_rules; i++)
		e = run_rule(s, i, episodes, n_episodes, alerts, n_alerts);
	s->events += events;
	s->runs++;
	return e;
}

void score_done(struct score *s)
{
	for (size_t i = 0; i < s->n_rules; i++)
		free(s->rules[i].delays);
	free(s->rules);
	*s = (struct score){ 0 };
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Wilson 1927: the interval of a share that stays inside [0, 1] and is right for few and for
 * extreme ones, where the textbook's is not. */
static void wilson(double share, double n, double *ret_low, double *ret_high)
{
	double z2 = Z * Z, middle = (share + z2 / (2 * n)) / (1 + z2 / n),
	       half = Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));

	*ret_low = middle - half > 0 ? middle - half : 0;
	*ret_high = middle + half < 1 ? middle + half : 1;
}

struct score_figures score_figures(const struct score *s, const struct score_rule *r, double base)
{
	double wrong = (double)(r->benign + r->outside), caught = (double)r->caught;
	double events = (double)s->events, a_event = events > 0 ? wrong / events : NAN;
	struct score_figures f = { NAN, NAN, NAN, a_event * 1e4, NAN, NAN, NAN, -1, false, false };

	if (caught + wrong > 0)
		f.precision = caught / (caught + wrong);
	if (r->episodes) {
		f.recall = caught / (double)r->episodes;
		wilson(f.recall, (double)r->episodes, &f.low, &f.high);
		f.f1 = 2 * caught / (caught + (double)r->episodes + wrong);
		if (f.recall + a_event > 0)
			f.precision_at = f.recall / base / (f.recall / base + a_event);
	}
	if (r->caught) {
		qsort(r->delays, r->caught, sizeof *r->delays, by_number);
		f.median_ns = (r->delays[(r->caught - 1) / 2] + r->delays[r->caught / 2]) / 2;
	}
	f.recall_met = f.recall >= BAR_RECALL;
	f.false_met = f.false_rate <= BAR_FALSE;
	return f;
}
