/* See suite.h. What a test proves of a rule is told by what the rule was asked: a test in which it
 * was never judged, or only without values (its windows not full), keeps nothing silent. */
#include "suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/memory.h"
#include "lab/lab.h"

/* Loading ------------------------------------------------------------------------------------- */

static void known_rule(const struct lab_rules *r, const struct conf_text *name,
                       struct errors *errors)
{
	const char *near;

	if (!name->s || lab_rules_find(r, name->s) != SIZE_MAX ||
	    strcmp(name->s, CONF_OWN_RULE) == 0)
		return;
	near = lab_rules_nearest(r, name->s);
	errors_add(errors, name->at, "no rule under test is named '%.64s'%s%s%s", name->s,
	           near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* With the parameters of the file and, of a test that has its own, those. */
static int load_for(struct lab_suite *s, const struct lab_test *t, struct errors *errors,
                    struct lab_rules *ret)
{
	const struct conf_pairs *params[] = { &s->file->params, t ? &t->params : NULL };

	return lab_rules_load(s->file->path, s->paths, s->file->rules.n, params, t ? 2 : 1, errors,
	                      ret);
}

static int load_rules(struct lab_suite *s, struct errors *errors)
{
	const struct lab_file *f = s->file;
	size_t before = errors->n_all;
	int e;

	s->paths = calloc(f->rules.n, sizeof *s->paths);
	if (!s->paths)
		return -ENOMEM;
	for (size_t i = 0; i < f->rules.n; i++) {
		const char *beside = lab_file_beside(s->file, f->rules.v[i].s);

		if (!beside)
			return -ENOMEM;
		if (access(beside, R_OK))
			errors_add(errors, f->rules.v[i].at, "%s: %s", beside, strerror(errno));
		s->paths[i] = f->rules.n == 1 ? beside : f->rules.v[i].s;
	}
	if (errors->n_all > before)
		return -EINVAL;
	e = load_for(s, NULL, errors, &s->rules);
	if (e == -EINVAL && errors->n_all > before)
		errors_add(errors, f->rules.v[0].at, "the rules under test are wrong");
	return e;
}

static int check_test(struct lab_suite *s, const struct lab_test *t, struct errors *errors)
{
	struct lab_rules own = { 0 };
	struct lab_events events;
	int e = t->params.n ? load_for(s, t, errors, &own) : 0;

	lab_rules_done(&own);
	if (e == -ENOMEM)
		return e;
	for (size_t i = 0; i < t->only.n; i++)
		known_rule(&s->rules, &t->only.v[i], errors);
	for (size_t i = 0; i < t->n_expect; i++)
		known_rule(&s->rules, &t->expect[i].rule, errors);
	e = lab_compose(s->file, t, s->rules.plan, errors, &events);
	lab_events_done(&events);
	return e == -EINVAL ? 0 : e;
}

int lab_suite_load(const char *path, struct errors *errors, struct lab_suite *ret)
{
	size_t before = errors->n_all;
	int e;

	*ret = (struct lab_suite){ 0 };
	e = lab_file_load(path, errors, &ret->file);
	if (e == 0)
		e = load_rules(ret, errors);
	for (size_t i = 0; e == 0 && i < ret->file->n_tests; i++)
		e = check_test(ret, &ret->file->tests[i], errors);
	if (e == 0 && errors->n_all > before)
		e = -EINVAL;
	if (e)
		return e;
	ret->results = calloc(ret->file->n_tests, sizeof *ret->results);
	ret->cover = calloc(ret->rules.plan->n_rules + 1, sizeof *ret->cover);
	return ret->results && ret->cover ? 0 : -ENOMEM;
}

void lab_suite_done(struct lab_suite *s)
{
	for (size_t i = 0; i < s->n_results; i++) {
		lab_alerts_done(&s->results[i].found);
		lab_match_done(&s->results[i].match);
	}
	free(s->results);
	free(s->cover);
	free(s->paths);
	lab_rules_done(&s->rules);
	lab_file_free(s->file);
	*s = (struct lab_suite){ 0 };
}

/* Running ------------------------------------------------------------------------------------- */

struct running {
	const struct lab_rules *rules;
	struct lab_result *result;
	bool *judged; /* a rule each: it has said no, knowing its values */
};

/* Alerts about rules are of no concern to a test that does not name them. */
static bool is_meant(const struct lab_test *t, const char *rule)
{
	for (size_t i = 0; i < t->n_expect; i++)
		if (t->expect[i].rule.s && strcmp(t->expect[i].rule.s, rule) == 0)
			return true;
	if (strcmp(rule, CONF_OWN_RULE) == 0)
		return false;
	for (size_t i = 0; i < t->only.n; i++)
		if (strcmp(t->only.v[i].s, rule) == 0)
			return true;
	return t->only.n == 0;
}

static void on_alert(void *ctx, size_t lane, const struct tocsin_alert *a)
{
	struct running *r = ctx;

	(void)lane;
	if (is_meant(r->result->test, a->rule))
		lab_alerts_add(&r->result->found, a, lab_rules_find(r->rules, a->rule));
}

static void on_judged(void *ctx, size_t lane, const struct pipeline_judged *j)
{
	struct running *r = ctx;

	(void)lane;
	r->judged[j->rule] |= j->said == 0 && j->hours == HOURS_INSIDE;
}

static void cover(struct lab_suite *s, const struct lab_result *result, const bool *judged)
{
	const struct lab_alerts *found = &result->found;

	for (size_t i = 0; result->passed && i < s->rules.plan->n_rules; i++) {
		bool any = false;

		for (size_t a = 0; a < found->n; a++)
			any |= found->v[a].rule == i;
		if (!is_meant(result->test, s->rules.plan->rules[i].conf->name.s))
			continue;
		s->cover[i].fires |= any;
		s->cover[i].silent |= !any && judged[i];
	}
}

static int feed(const struct lab_test *t, const struct lab_events *events, struct plan *plan,
                const struct lab_watch *watch)
{
	const struct plan *plans[] = { plan };
	struct lab *lab;
	int e = lab_new(plans, 1, "test", watch, &lab);

	if (e)
		return e;
	for (size_t i = 0; i < events->n; i++)
		lab_take(lab, &events->v[i]);
	lab_flush(lab);
	if (t->until.s)
		lab_idle(lab, lab_time(&t->until, events->start_ns));
	lab_free(lab);
	return 0;
}

static int run(struct lab_suite *s, const struct lab_test *t, struct errors *errors)
{
	struct lab_result *result = &s->results[s->n_results];
	struct running r = { &s->rules, result, calloc(s->rules.plan->n_rules + 1, sizeof(bool)) };
	const struct lab_watch watch = { .ctx = &r, .alert = on_alert, .judged = on_judged };
	struct lab_events events = { 0 };
	struct lab_rules own = { 0 };
	int e = r.judged ? 0 : -ENOMEM;

	*result = (struct lab_result){ .test = t };
	s->n_results++;
	if (e == 0)
		e = lab_compose(s->file, t, s->rules.plan, errors, &events);
	result->n_events = events.n;
	result->start_ns = events.start_ns;
	if (e == 0)
		e = t->params.n ? load_for(s, t, errors, &own) : 0;
	if (e == 0)
		e = feed(t, &events, own.plan ? own.plan : s->rules.plan, &watch);
	if (e == 0 && result->found.failed)
		e = -ENOMEM;
	if (e == 0)
		e = lab_match(t, &result->found, result->start_ns, &result->match);
	if (e == 0) {
		result->passed = lab_match_whole(&result->match);
		s->n_failed += !result->passed;
		cover(s, result, r.judged);
	}
	lab_events_done(&events);
	lab_rules_done(&own);
	free(r.judged);
	return e;
}

static bool is_wanted(const char *name, const char *pattern)
{
	return !pattern || strstr(name, pattern) || fnmatch(pattern, name, 0) == 0;
}

int lab_suite_run(struct lab_suite *s, const char *pattern, struct errors *errors)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < s->file->n_tests; i++)
		if (is_wanted(s->file->tests[i].name.s, pattern))
			e = run(s, &s->file->tests[i], errors);
	return e;
}

/* Telling ------------------------------------------------------------------------------------- */

void lab_suite_report(const struct lab_suite *s, bool verbose, struct buf *out)
{
	int width = 0;

	for (size_t i = 0; i < s->n_results; i++) {
		int n = (int)strlen(s->results[i].test->name.s);

		width = n > width && n <= 70 ? n : width;
	}
	buf_printf(out, "%s\n", s->file->path);
	for (size_t i = 0; i < s->n_results; i++) {
		const struct lab_result *r = &s->results[i];

		buf_printf(out, "  %-4s  %-*s  %zu event%s, %zu alert%s\n",
		           r->passed ? "ok" : "FAIL", width, r->test->name.s, r->n_events,
		           r->n_events == 1 ? "" : "s", r->found.n, r->found.n == 1 ? "" : "s");
		if (!r->passed || verbose)
			lab_diff(r->test, &r->found, r->start_ns, &r->match, verbose, "        ",
			         out);
	}
}

/* The same rule may be under test in several files. */
static bool covered(const struct lab_suite *suites, size_t n, const struct conf_rule *rule,
                    bool fires)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < suites[i].rules.plan->n_rules; k++) {
			const struct conf_rule *c = suites[i].rules.plan->rules[k].conf;

			if (strcmp(c->name.s, rule->name.s) == 0 &&
			    strcmp(c->at.file, rule->at.file) == 0 &&
			    (fires ? suites[i].cover[k].fires : suites[i].cover[k].silent))
				return true;
		}
	return false;
}

static bool told_before(const struct lab_suite *suites, size_t n, const struct conf_rule *rule)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < suites[i].rules.plan->n_rules; k++) {
			const struct conf_rule *c = suites[i].rules.plan->rules[k].conf;

			if (strcmp(c->name.s, rule->name.s) == 0 &&
			    strcmp(c->at.file, rule->at.file) == 0)
				return true;
		}
	return false;
}

size_t lab_suite_uncovered(const struct lab_suite *suites, size_t n, struct buf *out)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < suites[i].rules.plan->n_rules; k++) {
			const struct conf_rule *c = suites[i].rules.plan->rules[k].conf;
			bool fires = covered(suites, n, c, true);
			bool silent = covered(suites, n, c, false);

			if ((fires && silent) || told_before(suites, i, c))
				continue;
			buf_printf(out, "%s:%u: rule '%s': no test %s%s%s\n", c->at.file,
			           c->at.line, c->name.s, fires ? "" : "makes it fire",
			           fires || silent ? "" : ", none ",
			           silent ? "" : "keeps it silent");
			lines++;
		}
	return lines;
}
