/* evaluate.c - what rules found of injected episodes, and what else they said. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/command.h"
#include "core/timefmt.h"
#include "episodes/score.h"

#define RUNS_MAX 1000
#define GRACE_NS (5 * NS_PER_S)
#define BASE 100000.0

struct options {
	const char *config, *labels[RUNS_MAX];
	size_t n_labels;
	int64_t grace_ns;
	double base;
	bool json;
};

struct run { /* one written log */
	struct score_episode *episodes;
	size_t n_episodes;
	struct score_alert *alerts;
	size_t n_alerts;
	uint64_t events;
};

/* Options ------------------------------------------------------------------------------------ */

/* 0, an exit status, or -1 when help was all that was wanted. */
static int read_options(const struct command *c, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "labels", required_argument, NULL, 'l' },
		{ "grace", required_argument, NULL, 'g' },
		{ "base-rate", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;
	char *end;

	*o = (struct options){ .grace_ns = GRACE_NS, .base = BASE };
	while ((option = usage_option(c, argc, argv, ":c:l:h", longs)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'j': o->json = true; break;
		case 'l':
			if (o->n_labels == RUNS_MAX)
				return usage_error(c, "more than %d files of labels", RUNS_MAX);
			o->labels[o->n_labels++] = optarg;
			break;
		case 'g':
			if (duration_parse(optarg, strlen(optarg), &o->grace_ns) || o->grace_ns < 0)
				return usage_error(c, "--grace: '%s' is not a duration such as 5s",
				                   optarg);
			break;
		case 'b':
			o->base = strtod(optarg, &end);
			if (end == optarg || *end || !(o->base >= 1) || o->base > 1e15)
				return usage_error(c, "--base-rate: '%s' is not a number of events",
				                   optarg);
			break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (!o->config)
		return usage_error(c, "no configuration named (-c FILE)");
	if (o->n_labels == 0)
		return usage_error(c, "no labels named (--labels FILE)");
	if ((size_t)(argc - optind) != o->n_labels)
		return usage_error(c, "%zu files of labels and %d of alerts: one belongs to one",
		                   o->n_labels, argc - optind);
	return 0;
}

/* Reading ------------------------------------------------------------------------------------ */

static void word(const json_t *object, const char *name, char out[SCORE_WORD])
{
	const char *text = json_string_value(json_object_get(object, name));

	snprintf(out, SCORE_WORD, "%s", text ? text : "");
}

/* Each line of a JSON lines file. 0, or -Exxx after it was told. */
static int each_line(const char *path, int (*line)(void *, const json_t *), void *ctx)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0, number = 0;
	ssize_t n;
	int e = 0;

	if (!f) {
		fprintf(stderr, "tocsin evaluate: %s: %s\n", path, strerror(errno));
		return -ENOENT;
	}
	while (e == 0 && (n = getline(&text, &size, f)) > 0) {
		json_t *object = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, NULL);

		number++;
		e = json_is_object(object) ? line(ctx, object) : -EINVAL;
		json_decref(object);
		if (e)
			fprintf(stderr, "tocsin evaluate: %s:%zu: %s\n", path, number,
			        e == -ENOMEM ? "out of memory" : "not a line of this kind");
	}
	if (e == 0 && ferror(f)) {
		fprintf(stderr, "tocsin evaluate: %s: %s\n", path, strerror(errno));
		e = -EIO;
	}
	free(text);
	fclose(f);
	return e;
}

static int take_label(void *ctx, const json_t *l)
{
	struct run *r = ctx;
	const json_t *log = json_object_get(l, "log"), *accounts = json_object_get(l, "accounts");
	const char *pattern = json_string_value(json_object_get(l, "pattern"));
	struct score_episode *e;

	if (log) {
		r->events += (uint64_t)json_integer_value(json_object_get(log, "events"));
		return 0;
	}
	if (!pattern || pattern_find(pattern) < 0 || !json_is_integer(json_object_get(l, "start")))
		return -EINVAL;
	e = realloc(r->episodes, (r->n_episodes + 1) * sizeof *e);
	if (!e)
		return -ENOMEM;
	r->episodes = e;
	e += r->n_episodes++;
	*e = (struct score_episode){ .kind = pattern_find(pattern) };
	e->start_ns = json_integer_value(json_object_get(l, "start"));
	e->end_ns = json_integer_value(json_object_get(l, "end"));
	word(l, "instrument", e->instrument);
	word(l, "follower", e->follower);
	for (size_t i = 0; i < json_array_size(accounts) && i < SCORE_ACCOUNTS; i++) {
		const char *name = json_string_value(json_array_get(accounts, i));

		snprintf(e->accounts[e->n_accounts++], SCORE_WORD, "%s", name ? name : "");
	}
	return 0;
}

struct alerts {
	struct run *run;
	const struct score *score;
};

/* Alerts of rules: resolutions and what the program says of itself are none. */
static int take_alert(void *ctx, const json_t *a)
{
	struct alerts *to = ctx;
	struct run *r = to->run;
	const char *rule = json_string_value(json_object_get(a, "rule")),
		   *status = json_string_value(json_object_get(a, "status")),
		   *time = json_string_value(json_object_get(a, "time"));
	struct score_alert *v;
	size_t i = 0;

	if (!rule || !time)
		return -EINVAL;
	while (i < to->score->n_rules && strcmp(to->score->rules[i].name, rule) != 0)
		i++;
	if (i == to->score->n_rules || (status && strcmp(status, "firing") != 0))
		return 0;
	v = realloc(r->alerts, (r->n_alerts + 1) * sizeof *v);
	if (!v)
		return -ENOMEM;
	r->alerts = v;
	v += r->n_alerts++;
	*v = (struct score_alert){ .rule = i };
	word(a, "instrument", v->instrument);
	word(json_object_get(a, "event"), "account", v->account);
	return time_parse(time, strlen(time), &v->time_ns) ? -EINVAL : 0;
}

/* What the configuration's rules are of: their label `pattern`. */
static int take_rules(const char *config, struct score *s)
{
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	int e = load_config(config, CONF_FOR_REPLAY, &conf, &plan);

	if (e)
		return e;
	s->rules = calloc(plan->n_rules + 1, sizeof *s->rules);
	for (size_t i = 0; s->rules && i < plan->n_rules; i++) {
		const struct plan_rule *from = &plan->rules[i];
		struct score_rule *r = &s->rules[s->n_rules++];

		snprintf(r->name, sizeof r->name, "%s", from->conf->name.s);
		r->by_account = from->by & FEATURE_BY_ACCOUNT;
		r->pattern = -1;
		for (size_t k = 0; k < from->conf->labels.n; k++)
			if (strcmp(from->conf->labels.v[k].key.s, "pattern") == 0)
				r->pattern = pattern_find(from->conf->labels.v[k].value.s);
		if (r->pattern >= N_PATTERNS)
			r->pattern = -1;
	}
	plan_free(plan);
	conf_free(conf);
	return s->rules ? 0 : EXIT_RUNTIME;
}

static int take_run(struct score *s, const char *labels, const char *alerts)
{
	struct run r = { 0 };
	struct alerts to = { &r, s };
	int e = each_line(labels, take_label, &r);

	if (e == 0)
		e = each_line(alerts, take_alert, &to);
	if (e == 0 && r.events == 0) {
		fprintf(stderr, "tocsin evaluate: %s: does not say how many events the log has\n",
		        labels);
		e = -EINVAL;
	}
	if (e == 0)
		e = score_run(s, r.episodes, r.n_episodes, r.alerts, r.n_alerts, r.events);
	free(r.episodes);
	free(r.alerts);
	return e;
}

/* Writing ------------------------------------------------------------------------------------ */

static const char *pattern_name(const struct score_rule *r)
{
	return r->pattern < 0 ? "-" : pattern_kinds[r->pattern].name;
}

static void number(double x, int digits, int width)
{
	if (isnan(x))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, x);
}

static const char *verdict(const struct score_rule *r, const struct score_figures *f)
{
	if (!r->episodes)
		return f->false_met ? "pass" : "FAIL: false alerts";
	if (f->recall_met && f->false_met)
		return "pass";
	return f->recall_met ? "FAIL: false alerts" : f->false_met ? "FAIL: recall" : "FAIL: both";
}

static void table(const struct score *s, const struct options *o)
{
	char base[32];

	snprintf(base, sizeof base, "1:%.0f", o->base);
	printf("%-22s %-22s %5s %6s %7s %-15s %5s %7s %7s %5s %6s %8s %6s %7s  %s\n", "pattern",
	       "rule", "epis.", "caught", "recall", "95 % interval", "false", "/10000", "benign",
	       "other", "prec.", base, "F1", "median", "bar");
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct score_rule *r = &s->rules[i];
		struct score_figures f = score_figures(s, r, o->base);
		char interval[32] = "-", median[TIMEFMT_TEXT] = "-";

		if (!isnan(f.recall))
			snprintf(interval, sizeof interval, "%.3f - %.3f", f.low, f.high);
		if (f.median_ns >= 0)
			duration_format(f.median_ns / NS_PER_MS * NS_PER_MS, median);
		printf("%-22s %-22s %5llu %6llu", pattern_name(r), r->name,
		       (unsigned long long)r->episodes, (unsigned long long)r->caught);
		number(f.recall, 3, 7);
		printf(" %-15s %5llu", interval, (unsigned long long)(r->benign + r->outside));
		number(f.false_rate, 3, 7);
		printf(" %7llu %5llu", (unsigned long long)r->benign, (unsigned long long)r->other);
		number(f.precision, 3, 6);
		number(f.precision_at, 4, 8);
		number(f.f1, 3, 6);
		printf(" %7s  %s\n", median, verdict(r, &f));
	}
	printf("%llu events in %llu logs\n", (unsigned long long)s->events,
	       (unsigned long long)s->runs);
}

static void put(json_t *to, const char *name, double x)
{
	json_object_set_new(to, name, isnan(x) ? json_null() : json_real(x));
}

static int print_json(const struct score *s, const struct options *o)
{
	json_t *all = json_object(), *rules = json_array();
	int e;

	json_object_set_new(all, "events", json_integer((json_int_t)s->events));
	json_object_set_new(all, "logs", json_integer((json_int_t)s->runs));
	put(all, "base_rate_events", o->base);
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct score_rule *r = &s->rules[i];
		struct score_figures f = score_figures(s, r, o->base);
		json_t *j = json_pack("{s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rule",
		                      r->name, "pattern", r->pattern < 0 ? NULL : pattern_name(r),
		                      "episodes", (json_int_t)r->episodes, "caught",
		                      (json_int_t)r->caught, "alerts", (json_int_t)r->alerts,
		                      "true_alerts", (json_int_t)r->right, "benign",
		                      (json_int_t)r->benign, "other", (json_int_t)r->other,
		                      "outside", (json_int_t)r->outside);

		put(j, "recall", f.recall);
		put(j, "recall_low", f.low);
		put(j, "recall_high", f.high);
		put(j, "false_per_10000_events", f.false_rate);
		put(j, "precision", f.precision);
		put(j, "precision_at_base_rate", f.precision_at);
		put(j, "f1", f.f1);
		put(j, "median_seconds_to_detect",
		    f.median_ns < 0 ? NAN : (double)f.median_ns / 1e9);
		json_object_set_new(j, "recall_met", json_boolean(f.recall_met));
		json_object_set_new(j, "false_met", json_boolean(f.false_met));
		json_array_append_new(rules, j);
	}
	json_object_set_new(all, "rules", rules);
	e = json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(all);
	return e;
}

int command_evaluate(const struct command *c, int argc, char **argv)
{
	struct score s = { 0 };
	struct options o;
	int e = read_options(c, argc, argv, &o);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	s.grace_ns = o.grace_ns;
	e = take_rules(o.config, &s);
	for (size_t i = 0; e == 0 && i < o.n_labels; i++)
		if (take_run(&s, o.labels[i], argv[optind + (int)i]))
			e = EXIT_UNAVAILABLE;
	if (e == 0 && o.json)
		e = print_json(&s, &o) ? EXIT_RUNTIME : EXIT_DONE;
	else if (e == 0)
		table(&s, &o);
	if (e == 0 && fflush(stdout))
		e = EXIT_RUNTIME;
	score_done(&s);
	return e;
}
