#include "backtest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/progress.h"
#include "lab/compare.h"
#include "lab/lab.h"
#include "lab/rules.h"
#include "lab/sensitivity.h"

enum { BEFORE, AFTER, N_VERSIONS };

struct running {
	const struct backtest *b;
	struct lab_rules rules[N_VERSIONS];
	struct lab_alerts alerts[N_VERSIONS];
	struct progress_bar bar;
};

static void on_alert(void *ctx, size_t lane, const struct tocsin_alert *a)
{
	lab_alerts_add(&((struct running *)ctx)->alerts[lane], a, 0);
}

static void on_progress(void *ctx, uint64_t done, uint64_t all, uint64_t n_messages)
{
	progress_show(&((struct running *)ctx)->bar, done, all, n_messages);
}

static int tell_errors(struct errors *errors, int e)
{
	char *text = errors->n_all ? errors_text(errors) : NULL;

	fputs(text ? text : "tocsin replay: out of memory\n", stderr);
	free(text);
	return e == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
}

static int load(struct running *r)
{
	const struct backtest *b = r->b;
	const char *const paths[N_VERSIONS] = { b->against, b->rules };
	struct errors errors = { 0 };
	int e = 0;

	for (int i = 0; i < N_VERSIONS; i++) {
		int one = paths[i] ? lab_rules_load(paths[i], &paths[i], 1, NULL, 0, &errors,
		                                    &r->rules[i])
		                   : 0;

		e = e ? e : one;
	}
	/* Entities are named together with the configuration's name, which is no rule. */
	if (e == 0 && b->against)
		r->rules[BEFORE].conf->name = r->rules[AFTER].conf->name;
	e = e ? tell_errors(&errors, e) : 0;
	errors_done(&errors);
	return e;
}

static const struct format *find_format(const struct command *c, struct running *r, int *ret)
{
	const struct conf *conf = r->rules[AFTER].conf;
	const char *name = r->b->format      ? r->b->format
	                   : conf->n_sources ? conf->sources[0].format.s
	                                     : NULL;
	const struct format *f = name ? plan_format(r->rules[AFTER].plan, name) : NULL;

	if (!name)
		*ret = usage_error(c,
		                   "no format: the configuration has no source; name one with -f");
	else if (!f)
		*ret = usage_error(c, "unknown format '%s'", name);
	return f;
}

static int write_out(const struct backtest *b, struct buf *text)
{
	FILE *f = b->write ? fopen(b->write, "w") : stdout;
	bool bad = !f || text->failed || fwrite(buf_str(text), 1, text->n, f) != text->n ||
	           fflush(f);

	if (bad)
		fprintf(stderr, "tocsin replay: writing the report: %s\n",
		        text->failed ? "out of memory" : strerror(errno));
	if (f && b->write)
		fclose(f);
	buf_done(text);
	return bad ? EXIT_RUNTIME : EXIT_DONE;
}

static int compare(struct running *r, const struct format *format, char **logs, size_t n_logs)
{
	const struct plan *plans[N_VERSIONS] = { r->rules[BEFORE].plan, r->rules[AFTER].plan };
	const struct lab_watch watch = { .ctx = r, .alert = on_alert, .progress = on_progress };
	struct lab_compare_words words = { r->b->against, r->b->rules, 0, 20, 50 };
	struct lab_changes changes = { 0 };
	struct lab *lab = NULL;
	struct buf out = { 0 };
	char reason[300] = "out of memory";
	int e = lab_new(plans, N_VERSIONS, "replay", &watch, &lab);

	progress_begin(&r->bar, !r->b->quiet);
	if (e == 0)
		e = lab_read(lab, (const char *const *)logs, n_logs, format, reason, sizeof reason);
	progress_end(&r->bar);
	if (e == 0 && (r->alerts[BEFORE].failed || r->alerts[AFTER].failed))
		e = -ENOMEM;
	if (e == 0)
		e = lab_compare(&r->alerts[BEFORE], &r->alerts[AFTER], r->b->tolerance_ns,
		                &changes);
	if (e) {
		fprintf(stderr, "tocsin replay: %s\n", reason);
		lab_free(lab);
		return EXIT_RUNTIME;
	}
	words.n_messages = lab_n_messages(lab);
	lab_free(lab);
	if (r->b->json)
		lab_compare_json(&changes, &words, &out);
	else
		lab_compare_text(&changes, &words, &out);
	e = write_out(r->b, &out);
	if (e == 0 && r->b->fail_on_change && changes.n > changes.count[LAB_SAME])
		e = EXIT_RUNTIME;
	lab_changes_done(&changes);
	return e;
}

static int move_parameters(struct running *r, const struct format *format, char **logs,
                           size_t n_logs)
{
	const struct lab_watch watch = { .ctx = r, .progress = on_progress };
	struct lab_sensitivity s = { 0 };
	char reason[300] = "out of memory";
	struct buf out = { 0 };
	int e = lab_sensitivity_new(&r->rules[AFTER], &s);

	progress_begin(&r->bar, !r->b->quiet);
	if (e == 0)
		e = lab_sensitivity_read(&s, (const char *const *)logs, n_logs, format, &watch,
		                         reason, sizeof reason);
	progress_end(&r->bar);
	if (e) {
		fprintf(stderr, "tocsin replay: %s\n", reason);
		e = EXIT_RUNTIME;
	} else {
		if (r->b->json)
			lab_sensitivity_json(&s, &out);
		else
			lab_sensitivity_text(&s, &out);
		e = write_out(r->b, &out);
	}
	lab_sensitivity_done(&s);
	return e;
}

int backtest_run(const struct command *c, const struct backtest *b, char **logs, size_t n_logs)
{
	struct running r = { .b = b };
	const struct format *format = NULL;
	int e = load(&r);

	if (e == 0)
		format = find_format(c, &r, &e);
	if (e == 0 && b->against)
		e = compare(&r, format, logs, n_logs);
	else if (e == 0)
		e = move_parameters(&r, format, logs, n_logs);
	for (int i = 0; i < N_VERSIONS; i++) {
		lab_alerts_done(&r.alerts[i]);
		lab_rules_done(&r.rules[i]);
	}
	return e;
}
