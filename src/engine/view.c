/* view.c - what rules do, for people and programs that ask: /api/v1/rules, and the gauges beside it.
 *
 * Made now and then in the pipeline's thread and handed over as text, so that nobody else touches
 * the state. Its cost is bounded: of each partition the keys used last, so many that the whole stays
 * within KEYS_MOST looks; when there are more, "keys_looked_at" is less than "keys". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "core/utf8.h"
#include "engine/pipeline_impl.h"

#define KEYS_MOST 200000 /* keys times rules */
#define NAMES_MOST 20000 /* of rules with instrument patterns: matching a name is dear */
#define LEAST_READY 5

struct least { /* a key that has still to be seen for a while */
	char name[ENTITY_MAX];
	int32_t partition;
	int64_t seen_ns;
};

struct rule_view {
	const struct plan_rule *rule;
	int64_t needed_ns;
	size_t warming, ready, pending, firing, n_least;
	struct least least[LEAST_READY]; /* the least ready first */
};

struct looking {
	struct rule_view *views;
	size_t n;
	unsigned by;
	int32_t partition;
	size_t left, keys; /* to look at; looked at */
};

static void write_name(const struct tocsin_event *e, unsigned by, char *out, size_t size)
{
	const struct tocsin_str *const texts[] = { &e->instrument, &e->account, &e->venue,
		                                   &e->counterparty };
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++)
		if (by & 1u << i && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%.*s", n ? " / " : "",
			                      (int)texts[i]->n, texts[i]->p ? texts[i]->p : "");
}

static void keep_least(struct rule_view *v, const struct looking *x, const struct tocsin_event *e,
                       int64_t seen_ns)
{
	size_t at = v->n_least;

	if (at == LEAST_READY && seen_ns >= v->least[at - 1].seen_ns)
		return;
	if (at == LEAST_READY)
		at--;
	else
		v->n_least++;
	for (; at > 0 && seen_ns < v->least[at - 1].seen_ns; at--)
		v->least[at] = v->least[at - 1];
	v->least[at].partition = x->partition;
	v->least[at].seen_ns = seen_ns;
	write_name(e, x->by, v->least[at].name, sizeof v->least[at].name);
}

static bool look_at_key(void *ctx, const struct tocsin_event *e, const struct feature_times *times)
{
	struct looking *x = ctx;
	int64_t seen = times->now_ns - times->first_ns;

	if (x->left == 0)
		return false;
	x->left--;
	x->keys++;
	for (size_t i = 0; i < x->n; i++) {
		struct rule_view *v = &x->views[i];

		if (v->rule->by != x->by || !plan_rule_takes(v->rule, &e->instrument))
			continue;
		if (seen >= v->needed_ns) {
			v->ready++;
			continue;
		}
		v->warming++;
		keep_least(v, x, e, seen);
	}
	return true;
}

/* Every key space once, for all rules that are by its texts. */
static void look_at_partition(struct looking *x, const struct partition *t, size_t most)
{
	x->partition = t->number;
	for (size_t i = 0; i < x->n; i++) {
		bool done = false;

		for (size_t k = 0; k < i; k++)
			done |= x->views[k].rule->by == x->views[i].rule->by;
		x->views[i].pending += t->life ? life_count(t->life, i, LIFE_PENDING) : 0;
		x->views[i].firing += t->life ? life_count(t->life, i, LIFE_FIRING) : 0;
		if (done)
			continue;
		x->by = x->views[i].rule->by;
		x->left = most;
		feature_table_each(t->features, x->by, look_at_key, x);
	}
}

/* Writing ------------------------------------------------------------------------------------ */

static void put_text(struct buf *out, const char *s)
{
	size_t n = strlen(s);

	buf_putc(out, '"');
	for (size_t i = 0; i < n;) {
		size_t len = utf8_char((const unsigned char *)s + i, n - i);

		if (len == 0)
			buf_puts(out, "\xef\xbf\xbd");
		else if (len == 1 && (s[i] == '"' || s[i] == '\\'))
			buf_printf(out, "\\%c", s[i]);
		else if (len == 1 && (unsigned char)s[i] < 0x20)
			buf_printf(out, "\\u%04x", s[i]);
		else
			buf_add(out, s + i, len);
		i += len ? len : 1;
	}
	buf_putc(out, '"');
}

static void put_seconds(struct buf *out, const char *name, int64_t ns)
{
	buf_printf(out, "\"%s\":%.3f", name, (double)ns / 1e9);
}

static void put_time(struct buf *out, const char *name, int64_t ns)
{
	char text[TIMEFMT_TEXT];

	if (ns == INT64_MIN) {
		buf_printf(out, ",\"%s\":null", name);
		return;
	}
	time_format(ns, text);
	buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

/* When the rule was last told of in an alert about rules, by trouble. */
static void put_troubles(struct buf *out, struct partition *const *t, size_t n, size_t rule)
{
	const char *comma = "";

	buf_puts(out, ",\"troubles\":{");
	for (unsigned k = 0; k < N_TROUBLES; k++) {
		int64_t last = INT64_MIN;
		char text[TIMEFMT_TEXT];

		for (size_t i = 0; i < n; i++)
			if (t[i]->rules[rule].told_ns[k] > last)
				last = t[i]->rules[rule].told_ns[k];
		if (last == INT64_MIN)
			continue;
		time_format(last, text);
		buf_printf(out, "%s\"%s\":\"%s\"", comma, about_name(k), text);
		comma = ",";
	}
	buf_putc(out, '}');
}

static void put_rule(struct buf *out, const struct rule_view *v, const struct pipeline_rule *seen)
{
	size_t known = v->warming + v->ready, busy = v->pending + v->firing;

	buf_puts(out, "{\"name\":");
	put_text(out, v->rule->conf->name.s);
	buf_printf(out, ",\"mode\":\"%s\",", v->rule->has_state ? "state" : "event");
	put_seconds(out, "longest_window_s", v->needed_ns);
	if (v->rule->has_state)
		buf_printf(out, ",\"states\":{\"inactive\":%zu,\"pending\":%zu,\"firing\":%zu}",
		           known > busy ? known - busy : 0, v->pending, v->firing);
	buf_printf(out, ",\"keys\":{\"warming\":%zu,\"ready\":%zu,\"least_ready\":[", v->warming,
	           v->ready);
	for (size_t i = 0; i < v->n_least; i++) {
		buf_puts(out, i ? ",{\"key\":" : "{\"key\":");
		put_text(out, v->least[i].name);
		buf_printf(out, ",\"partition\":%d,", v->least[i].partition);
		put_seconds(out, "seen_s", v->least[i].seen_ns);
		buf_putc(out, ',');
		put_seconds(out, "needed_s", v->needed_ns);
		buf_putc(out, '}');
	}
	buf_printf(out, "]},\"evaluations\":{\"true\":%llu,\"false\":%llu,\"no_value\":%llu}",
	           (unsigned long long)seen->looks[2], (unsigned long long)seen->looks[1],
	           (unsigned long long)seen->looks[0]);
	buf_printf(out, ",\"states_lost\":%llu", (unsigned long long)seen->lost);
	put_time(out, "last_alert", seen->last_alert_ns);
}

static void set(struct metric *counter, uint64_t v)
{
	metric_add(counter, v - metric_count(counter));
}

static void measure(struct rule_stats *s, const struct rule_view *v,
                    const struct pipeline_rule *seen)
{
	for (unsigned i = 0; i < 3; i++)
		set(s->looks[i], seen->looks[i]);
	set(s->lost, seen->lost);
	metric_set(s->pending, (double)v->pending);
	metric_set(s->firing, (double)v->firing);
	metric_set(s->warming, (double)v->warming);
}

void pipeline_view(struct pipeline *p, struct partition *const *t, size_t n, struct buf *out)
{
	size_t n_rules = p->plan->n_rules, keys = 0;
	struct rule_view *views = calloc(n_rules ? n_rules : 1, sizeof *views);
	struct looking x = { .views = views, .n = n_rules };

	if (!views) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < n_rules; i++) {
		views[i].rule = &p->plan->rules[i];
		views[i].needed_ns = p->life_rules[i].drain_ns;
	}
	for (size_t i = 0; i < n; i++) {
		size_t most = (p->plan->by_instrument ? NAMES_MOST : KEYS_MOST) / (n_rules + 1) / n;
		struct feature_counts counts;

		look_at_partition(&x, t[i], most + 1);
		feature_table_counts(t[i]->features, &counts);
		keys += counts.keys;
	}
	buf_printf(out, "{\"partitions\":%zu,\"keys\":%zu,\"keys_looked_at\":%zu,\"rules\":[", n,
	           keys, x.keys);
	for (size_t i = 0; i < n_rules; i++) {
		const struct pipeline_rule *seen = pipeline_rule(p, i);

		if (i)
			buf_putc(out, ',');
		put_rule(out, &views[i], seen);
		put_troubles(out, t, n, i);
		buf_putc(out, '}');
		measure(&p->stats->rules[i], &views[i], seen);
	}
	buf_puts(out, "]");
	put_troubles(out, t, n, n_rules);
	buf_puts(out, "}\n");
	free(views);
}
