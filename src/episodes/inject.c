#include "inject.h"

#include <errno.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "episodes/market.h"

#define TRIES 200
#define LONGEST_LULL_NS (11 * NS_PER_S) /* inside an episode; else the market is closed */
#define CALM_NS (20 * NS_PER_S) /* shorter episodes wait for a calm touch */

struct touch {
	int64_t price[2];
};

struct planned {
	struct script script;
	enum pattern kind;
	int64_t start_ns;
};

struct plan {
	const struct mbo_log *log;
	const struct inject_options *o;
	uint32_t instrument;
	struct touch *touch; /* after each line */
	struct planned *v;
	size_t n, n_close; /* those that belong to a close are the first */
	int64_t begin, end, closes[INJECT_CLOSES];
	size_t n_closes;
	struct act *acts;
	size_t n_acts;
	char *reterr;
	size_t reterr_size;
};

static int refuse(const struct plan *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int refuse(const struct plan *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->reterr, p->reterr_size, format, args);
	va_end(args);
	return -ERANGE;
}

/* The recorded market ------------------------------------------------------------------------ */

static int find_instrument(struct plan *p)
{
	const struct mbo_log *l = p->log;

	if (l->n == 0)
		return refuse(p, "the log is empty");
	p->instrument = l->v[0].instrument;
	if (!p->o->instrument)
		return 0;
	for (size_t i = 0; i < l->n_symbols; i++) {
		if (strcmp(l->symbols[i], p->o->instrument) == 0) {
			p->instrument = (uint32_t)i;
			return 0;
		}
	}
	return refuse(p, "the log has no instrument '%s'", p->o->instrument);
}

static int follow_touch(struct plan *p)
{
	const struct mbo_log *l = p->log;
	struct ladder ladder;
	int e = ladder_new(&ladder, l->n);

	p->touch = calloc(l->n, sizeof *p->touch);
	if (!p->touch)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < l->n; i++) {
		const struct mbo_line *line = &l->v[i];
		bool mine = line->instrument == p->instrument && line->order;
		struct order *o = mine && strchr("ACM", line->action)
		                          ? ladder_order(&ladder, line->order)
		                          : NULL;
		const struct level *best;

		if (o && line->action == 'C')
			e = ladder_place(&ladder, o, o->price,
			                 o->size > line->size ? o->size - line->size : 0);
		if (o && line->action != 'C') {
			if (o->size == 0)
				o->side = line->side == 'A' ? LADDER_ASK : LADDER_BID;
			e = ladder_place(&ladder, o, line->price, line->size);
		}
		for (unsigned side = 0; side < 2; side++)
			p->touch[i].price[side] = (best = ladder_best(&ladder, side)) ? best->price
			                                                              : 0;
	}
	ladder_done(&ladder);
	return e;
}

/* The first line later than that, or n. */
static size_t line_after(const struct mbo_log *l, int64_t time_ns)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (l->v[mid].time_ns <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Continuous trading: after the first trade that has an aggressor. */
static int find_session(struct plan *p)
{
	const struct mbo_log *l = p->log;
	size_t i = 0;

	while (i < l->n && (l->v[i].action != 'T' || l->v[i].side == 'N' ||
	                    l->v[i].instrument != p->instrument))
		i++;
	if (i == l->n)
		return refuse(p, "the log has no trade of %s", l->symbols[p->instrument]);
	p->begin = l->v[i].time_ns + p->o->warm_ns;
	p->end = l->v[l->n - 1].time_ns;
	p->n_closes = p->o->n_closes;
	memcpy(p->closes, p->o->closes, sizeof p->closes);
	if (p->n_closes == 0)
		p->closes[p->n_closes++] = p->end;
	return 0;
}

static int64_t volume(const struct plan *p, int64_t from, int64_t to)
{
	const struct mbo_log *l = p->log;
	int64_t sum = 0;

	for (size_t i = line_after(l, from); i < l->n && l->v[i].time_ns <= to; i++)
		if (l->v[i].action == 'T' && l->v[i].instrument == p->instrument)
			sum += l->v[i].size;
	return sum;
}

/* Where they fall ---------------------------------------------------------------------------- */

/* Is the market open and, for a short one, calm enough that it is not disturbed? The fewer points
 * the better; 0 = yes. */
static int64_t unsuitable(const struct plan *p, const struct planned *e, int64_t start)
{
	const struct mbo_log *l = p->log;
	int64_t before = start - NS_PER_S, low[2], high[2], tick = l->tick, points = 0;
	size_t i = line_after(l, start);
	const struct touch *t;

	if (i == 0 || i >= l->n)
		return INT64_MAX;
	t = &p->touch[i - 1];
	if (!t->price[0] || !t->price[1] || t->price[1] <= t->price[0])
		return INT64_MAX;
	points += (t->price[1] - t->price[0]) / tick > 2 ? 5 : 0;
	for (unsigned s = 0; s < 2; s++)
		low[s] = high[s] = t->price[s];
	for (; i < l->n && l->v[i].time_ns <= start + e->script.whole_ns; i++) {
		points += l->v[i].time_ns - before > LONGEST_LULL_NS ? 1000 : 0;
		before = l->v[i].time_ns;
		for (unsigned s = 0; s < 2; s++) {
			int64_t price = p->touch[i].price[s];

			low[s] = price < low[s] ? price : low[s];
			high[s] = price > high[s] ? price : high[s];
		}
	}
	if (e->script.whole_ns < CALM_NS)
		for (unsigned s = 0; s < 2; s++)
			points += (high[s] - low[s]) / tick > 1 ? (high[s] - low[s]) / tick : 0;
	return points;
}

static int64_t choose(const struct plan *p, const struct planned *e, int64_t first, int64_t last,
                      struct rng *rng)
{
	int64_t best = first, fewest = INT64_MAX;

	for (int i = 0; i < TRIES && fewest > 0; i++) {
		int64_t start = script_between(rng, first, last), points = unsuitable(p, e, start);

		if (points < fewest) {
			fewest = points;
			best = start;
		}
	}
	return best;
}

static bool in_close(const struct plan *p, int64_t from, int64_t to, int64_t *ret_after)
{
	for (size_t i = 0; i < p->n_close; i++) {
		const struct planned *e = &p->v[i];

		if (to >= e->start_ns - p->o->quiet_ns &&
		    from <= e->start_ns + e->script.whole_ns + p->o->quiet_ns) {
			*ret_after = e->start_ns + e->script.whole_ns + p->o->quiet_ns + 1;
			return true;
		}
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Evenly by chance: the time that is left over is cut at random between them. */
static int place_all(struct plan *p, struct rng *rng)
{
	size_t n = p->n - p->n_close;
	int64_t *cut = calloc(n + 1, sizeof *cut), slack = p->end - p->begin, at = p->begin, after;

	if (!cut)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		slack -= p->v[i].script.whole_ns + p->o->quiet_ns * (i < p->n_close ? 2 : 1);
	for (size_t i = 0; slack > 0 && i < n; i++)
		cut[i] = script_between(rng, 0, slack);
	cut[n] = slack;
	qsort(cut, n + 1, sizeof *cut, by_number);
	for (size_t i = 0; i < n; i++) {
		struct planned *e = &p->v[p->n_close + i];
		int64_t whole = e->script.whole_ns, first, last;

		first = at + (i ? 0 : cut[0]);
		last = first + (cut[i + 1] - cut[i]);
		e->start_ns = slack < 0 ? first : choose(p, e, first, last, rng);
		while (in_close(p, e->start_ns, e->start_ns + whole, &after))
			e->start_ns = last = after;
		at = last + whole + p->o->quiet_ns;
		if (e->start_ns + whole > p->end || slack < 0) {
			free(cut);
			return refuse(p,
			              "the log has room for fewer than %zu episodes so far apart",
			              p->n);
		}
	}
	free(cut);
	return 0;
}

/* The scripts -------------------------------------------------------------------------------- */

static int place_at_close(struct plan *p, struct planned *e, size_t at)
{
	const int window = e->kind == PATTERN_MARKING_THE_CLOSE ? 3 : 2; /* parameter: window_ms */

	if (at >= p->n_closes)
		return refuse(p, "%s: there are %zu closes; an episode takes one each",
		              pattern_kinds[e->kind].name, p->n_closes);
	e->start_ns = p->closes[at] - e->script.p[window] * NS_PER_MS;
	if (e->start_ns < p->begin || p->closes[at] > p->end)
		return refuse(p, "a close is not inside the log");
	e->script.volume_lots = volume(p, e->start_ns, p->closes[at]);
	return 0;
}

static int write_scripts(struct plan *p, struct rng *rng)
{
	size_t at = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct planned *e = &p->v[i];
		int err = 0;

		script_draw(&e->script, e->kind, e->kind < N_PATTERNS ? p->o->difficulty : MEDIUM,
		            rng);
		if (i < p->n_close)
			err = place_at_close(p, e, at++);
		if (err)
			return err;
		script_write(&e->script, e->kind, rng);
		if (e->script.failed)
			return -ENOMEM;
	}
	return 0;
}

/* Which ones, those of a close first, the others in chance order. */
static int list(struct plan *p, struct rng *rng)
{
	size_t n = 0;

	for (int k = 0; k < N_KINDS; k++)
		n += p->o->each[k];
	if (n > INJECT_MAX)
		return refuse(p, "%zu episodes: there may be %d", n, INJECT_MAX);
	p->v = calloc(n + 1, sizeof *p->v);
	if (!p->v)
		return -ENOMEM;
	for (int close = 1; close >= 0; close--) {
		for (int k = 0; k < N_KINDS; k++)
			for (unsigned i = 0; i < p->o->each[k]; i++)
				if (pattern_kinds[k].needs_close == close)
					p->v[p->n++].kind = (enum pattern)k;
		if (close)
			p->n_close = p->n;
	}
	for (size_t i = p->n; i-- > p->n_close + 1;) { /* Fisher-Yates */
		size_t j = p->n_close + rng_below(rng, i + 1 - p->n_close);
		enum pattern kind = p->v[i].kind;

		p->v[i].kind = p->v[j].kind;
		p->v[j].kind = kind;
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;

	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static int by_time(const void *a, const void *b)
{
	const struct act *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->episode != y->episode)
		return x->episode < y->episode ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int gather_acts(struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].script.n;
	p->acts = calloc(n ? n : 1, sizeof *p->acts);
	if (!p->acts)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		const struct script *s = &p->v[i].script;

		for (size_t k = 0; k < s->n; k++) {
			struct act *a = &p->acts[p->n_acts++];

			*a = s->v[k];
			a->time_ns += p->v[i].start_ns;
			a->episode = (uint32_t)i;
		}
	}
	qsort(p->acts, p->n_acts, sizeof *p->acts, by_time);
	return 0;
}

static int make_plan(struct plan *p)
{
	struct rng rng = { p->o->seed };
	int e = find_instrument(p);

	if (e == 0)
		e = find_session(p);
	if (e == 0)
		e = follow_touch(p);
	if (e == 0)
		e = list(p, &rng);
	if (e == 0)
		e = write_scripts(p, &rng);
	if (e == 0)
		e = place_all(p, &rng);
	if (e == 0)
		qsort(p->v, p->n, sizeof *p->v, by_start);
	return e ? e : gather_acts(p);
}

static void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		script_done(&p->v[i].script);
	free(p->v);
	free(p->touch);
	free(p->acts);
}

/* Running ------------------------------------------------------------------------------------ */

static void begin_episode(struct running *r, struct label *label, const struct planned *e,
                          const struct inject_options *o, size_t at, struct rng *rng)
{
	const struct script *s = &e->script;

	*label = (struct label){ .kind = e->kind,
		                 .difficulty = o->difficulty,
		                 .start_ns = e->start_ns,
		                 .end_ns = e->start_ns + s->end_ns,
		                 .n_accounts = s->n_accounts };
	memcpy(label->params, s->p, sizeof label->params);
	for (unsigned i = 0; i < s->n_accounts; i++) {
		bool again = true;

		while (again) {
			label->accounts[i] = accounts_draw_middle(rng);
			again = false;
			for (unsigned k = 0; k < i; k++)
				again = again || label->accounts[k] == label->accounts[i];
		}
	}
	if (s->new_account)
		label->accounts[0] = (uint16_t)(ACCOUNTS_NEW + at);
	memcpy(r->accounts, label->accounts, sizeof r->accounts);
	r->label = label;
	r->own = s->n_accounts > 0;
}

static int begin_all(struct market *m, const struct plan *p, struct label *labels)
{
	struct rng rng = { p->o->seed ^ 0x6163636f756e74u };

	for (size_t i = 0; i < p->n; i++) {
		begin_episode(&m->episodes[i], &labels[i], &p->v[i], p->o, i, &rng);
		m->episodes[i].slots = calloc(p->v[i].script.n_slots + 1,
		                              sizeof *m->episodes[i].slots);
		if (!m->episodes[i].slots)
			return -ENOMEM;
	}
	return 0;
}

static void write_log(struct market *m, const struct plan *p)
{
	size_t next = 0;

	for (size_t i = 0; i < p->log->n;) {
		int64_t time_ns = p->log->v[i].time_ns;

		for (; next < p->n_acts && p->acts[next].time_ns < time_ns; next++)
			market_act(m, &p->acts[next], p->acts[next].time_ns);
		i += market_take(m, i);
	}
	for (; next < p->n_acts; next++)
		market_act(m, &p->acts[next], p->acts[next].time_ns);
	market_until(m, INT64_MAX);
}

static int run(const struct plan *p, inject_line line, void *ctx, struct injected *ret)
{
	struct market *m = calloc(1, sizeof *m);
	int e = m ? market_new(m, p->log, p->o) : -ENOMEM;

	ret->labels = calloc(p->n + 1, sizeof *ret->labels);
	ret->n = p->n;
	if (e == 0 && p->o->accounts)
		e = accounts_new(p->log, p->o->seed, &ret->accounts);
	if (e == 0) {
		m->accounts = ret->accounts;
		m->instrument = p->instrument;
		m->line = line;
		m->ctx = ctx;
		m->episodes = calloc(p->n + 1, sizeof *m->episodes);
		e = m->episodes && ret->labels ? begin_all(m, p, ret->labels) : -ENOMEM;
	}
	if (e == 0)
		write_log(m, p);
	if (m) {
		e = e ? e : m->failed ? -ENOMEM : 0;
		ret->lines = m->lines;
		for (size_t i = 0; m->episodes && i < p->n; i++)
			free(m->episodes[i].slots);
		free(m->episodes);
		market_done(m);
	}
	free(m);
	return e;
}

int inject(const struct mbo_log *log, const struct inject_options *o, inject_line line, void *ctx,
           struct injected *ret, char *reterr, size_t reterr_size)
{
	struct plan p = { .log = log, .o = o, .reterr = reterr, .reterr_size = reterr_size };
	int e = make_plan(&p);

	*ret = (struct injected){ 0 };
	if (e == 0)
		e = run(&p, line, ctx, ret);
	if (e)
		inject_done(ret);
	plan_done(&p);
	return e;
}

void inject_done(struct injected *i)
{
	free(i->labels);
	accounts_free(i->accounts);
	*i = (struct injected){ 0 };
}
