/* Rules with one parameter moved, run side by side.
 *
 * Problem: a threshold that gives 30 alerts a day may give 3 or 300 when it is a tenth off; whoever
 * chooses it should see that. Idea: for each parameter and step a copy of its rule alone, with that
 * one value changed, as a lane of one pass over the decoded events. A whole number stays one where the
 * rule wants one (a number of levels): first the exact product is tried, then the nearest whole one.
 * Cost: one rule's work for each variant, so 18 times a rule's for three parameters; decoding once
 * for each group of lanes. Where it fails: parameters that matter only together are moved one at a
 * time; a change of a window also changes its warm-up. */
#include "sensitivity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/timefmt.h"
#include "lab/json.h"

#define LANES 64 /* in one pass */

const int lab_steps[LAB_N_STEPS] = { -50, -25, -10, 10, 25, 50 };

/* A configuration of one rule, with parameters of its own; all else is that of the whole. */
struct impl {
	struct conf conf;
	struct conf_rule rule;
	struct conf_pair *params;
	struct plan *plan;
};

static void scale_number(int64_t v, int percent, bool whole, const char *unit, char *ret,
                         size_t size)
{
	char text[DECIMAL_TEXT];
	int64_t scaled = (int64_t)((__int128)v * (100 + percent) / 100);

	if (whole)
		scaled = (scaled + (scaled < 0 ? -TOCSIN_SCALE / 2 : TOCSIN_SCALE / 2)) /
		         TOCSIN_SCALE * TOCSIN_SCALE;
	decimal_format(scaled, text);
	snprintf(ret, size, "%s%s", text, unit);
}

bool lab_scaled(const char *value, int percent, bool whole, char *ret, size_t size)
{
	size_t n = strlen(value);
	bool is_percent = n > 1 && value[n - 1] == '%';
	int64_t v;

	if (decimal_parse(value, is_percent ? n - 1 : n, &v) == 0) {
		scale_number(v, percent, whole && !is_percent && v % TOCSIN_SCALE == 0,
		             is_percent ? "%" : "", ret, size);
	} else if (duration_parse(value, n, &v) == 0) {
		char text[TIMEFMT_TEXT];

		duration_format((int64_t)((__int128)v * (100 + percent) / 100), text);
		snprintf(ret, size, "%s", text);
	} else {
		return false;
	}
	return v != 0 && strcmp(ret, value) != 0;
}

/* Making -------------------------------------------------------------------------------------- */

static struct impl *free_impl(struct impl *i)
{
	if (i) {
		plan_free(i->plan);
		free(i->params);
	}
	free(i);
	return NULL;
}

/* NULL when the rule cannot be with that value. */
static struct impl *try_value(const struct lab_sensitivity *s, const struct lab_variant *v)
{
	const struct conf_rule *rule = s->rules->plan->rules[v->rule].conf;
	struct impl *i = calloc(1, sizeof *i);
	struct errors errors = { 0 };

	if (!i)
		return NULL;
	i->conf = *s->rules->conf;
	i->rule = *rule;
	i->conf.rules = &i->rule;
	i->conf.n_rules = 1;
	i->params = calloc(rule->params.n, sizeof *i->params);
	if (i->params) {
		memcpy(i->params, rule->params.v, rule->params.n * sizeof *i->params);
		i->params[v->param].value.s = v->value;
		i->rule.params.v = i->params;
		if (plan_new(&i->conf, &errors, &i->plan))
			i->plan = NULL;
		errors_done(&errors);
	}
	return i->plan ? i : free_impl(i);
}

static void make_variant(const struct lab_sensitivity *s, struct lab_variant *v)
{
	const char *value = s->rules->plan->rules[v->rule].conf->params.v[v->param].value.s;

	for (int whole = 0; whole < 2 && !v->impl; whole++)
		if (lab_scaled(value, v->percent, whole, v->value, sizeof v->value))
			v->impl = try_value(s, v);
	if (!v->impl)
		v->value[0] = 0;
}

static bool can_move(const char *value)
{
	char text[48];

	return lab_scaled(value, 50, false, text, sizeof text);
}

int lab_sensitivity_new(const struct lab_rules *rules, struct lab_sensitivity *ret)
{
	const struct plan *plan = rules->plan;
	size_t n = 0;

	*ret = (struct lab_sensitivity){ .rules = rules };
	for (size_t r = 0; r < plan->n_rules; r++)
		n += plan->rules[r].conf->params.n * LAB_N_STEPS;
	ret->v = calloc(n + 1, sizeof *ret->v);
	ret->n_alerts = calloc(plan->n_rules + 1, sizeof *ret->n_alerts);
	if (!ret->v || !ret->n_alerts)
		return -ENOMEM;
	for (size_t r = 0; r < plan->n_rules; r++)
		for (size_t p = 0; p < plan->rules[r].conf->params.n; p++)
			for (int k = 0;
			     can_move(plan->rules[r].conf->params.v[p].value.s) && k < LAB_N_STEPS;
			     k++) {
				struct lab_variant *v = &ret->v[ret->n++];

				*v = (struct lab_variant){ .rule = r,
					                   .param = p,
					                   .percent = lab_steps[k] };
				make_variant(ret, v);
			}
	return 0;
}

void lab_sensitivity_done(struct lab_sensitivity *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_impl(s->v[i].impl);
	free(s->v);
	free(s->n_alerts);
	*s = (struct lab_sensitivity){ 0 };
}

/* Running ------------------------------------------------------------------------------------- */

struct pass {
	struct lab_sensitivity *s;
	const struct lab_watch *outer;
	size_t lane_of[LANES]; /* variant of each lane; of the first pass lane 0 is the whole */
	bool with_whole;
};

static void on_alert(void *ctx, size_t lane, const struct tocsin_alert *a)
{
	struct pass *p = ctx;
	size_t rule = lab_rules_find(p->s->rules, a->rule);

	if (a->status != TOCSIN_FIRING || rule == SIZE_MAX)
		return;
	if (p->with_whole && lane == 0)
		p->s->n_alerts[rule]++;
	else
		p->s->v[p->lane_of[lane]].n_alerts++;
}

static void on_progress(void *ctx, uint64_t done, uint64_t all, uint64_t n_messages)
{
	const struct pass *p = ctx;

	if (p->outer && p->outer->progress)
		p->outer->progress(p->outer->ctx, done, all, n_messages);
}

int lab_sensitivity_read(struct lab_sensitivity *s, const char *const *paths, size_t n_paths,
                         const struct format *format, const struct lab_watch *watch, char *reterr,
                         size_t reterr_size)
{
	size_t next = 0;
	bool first = true;
	int e = 0;

	while (e == 0 && (first || next < s->n)) {
		struct pass p = { .s = s, .outer = watch, .with_whole = first };
		const struct lab_watch own = { .ctx = &p,
			                       .alert = on_alert,
			                       .progress = on_progress };
		const struct plan *plans[LANES];
		struct lab *lab = NULL;
		size_t n = 0;

		if (first)
			plans[n++] = s->rules->plan;
		for (; next < s->n && n < LANES; next++) {
			const struct impl *i = s->v[next].impl;

			if (!i)
				continue;
			p.lane_of[n] = next;
			plans[n++] = i->plan;
		}
		e = n ? lab_new(plans, n, "replay", &own, &lab) : 0;
		if (e == 0 && n)
			e = lab_read(lab, paths, n_paths, format, reterr, reterr_size);
		if (e == 0 && first)
			s->n_messages = lab_n_messages(lab);
		lab_free(lab);
		first = false;
	}
	return e;
}

/* Telling ------------------------------------------------------------------------------------- */

static const struct conf_rule *rule_of(const struct lab_sensitivity *s, size_t rule)
{
	return s->rules->plan->rules[rule].conf;
}

static void cell(const struct lab_variant *v, struct buf *out)
{
	if (v->value[0])
		buf_printf(out, "  %8llu", (unsigned long long)v->n_alerts);
	else
		buf_printf(out, "  %8s", "-");
}

void lab_sensitivity_text(const struct lab_sensitivity *s, struct buf *out)
{
	int width[3] = { (int)strlen("rule"), (int)strlen("parameter"), (int)strlen("value") };
	size_t told = 0;

	for (size_t i = 0; i < s->n; i += LAB_N_STEPS) {
		const struct conf_rule *r = rule_of(s, s->v[i].rule);
		const struct conf_pair *p = &r->params.v[s->v[i].param];
		const char *const texts[] = { r->name.s, p->key.s, p->value.s };

		for (int k = 0; k < 3; k++)
			width[k] = (int)strlen(texts[k]) > width[k] ? (int)strlen(texts[k])
			                                            : width[k];
	}
	buf_printf(out, "alerts with one parameter moved, %llu messages\n\n%-*s  %-*s  %*s",
	           (unsigned long long)s->n_messages, width[0], "rule", width[1], "parameter",
	           width[2], "value");
	for (int k = 0; k < LAB_N_STEPS; k++) {
		if (k == LAB_N_STEPS / 2)
			buf_printf(out, "  %8s", "as it is");
		buf_printf(out, "  %+7d%%", lab_steps[k]);
	}
	buf_putc(out, '\n');
	for (size_t i = 0; i < s->n; i += LAB_N_STEPS) {
		const struct conf_rule *r = rule_of(s, s->v[i].rule);
		const struct conf_pair *p = &r->params.v[s->v[i].param];

		buf_printf(out, "%-*s  %-*s  %*s", width[0], r->name.s, width[1], p->key.s,
		           width[2], p->value.s);
		for (size_t k = 0; k < LAB_N_STEPS; k++) {
			if (k == LAB_N_STEPS / 2)
				buf_printf(out, "  %8llu",
				           (unsigned long long)s->n_alerts[s->v[i].rule]);
			cell(&s->v[i + k], out);
		}
		buf_putc(out, '\n');
	}
	for (size_t r = 0; r < s->rules->plan->n_rules; r++)
		if (rule_of(s, r)->params.n == 0) {
			buf_printf(out, "%s%s",
			           told++ ? ", " : "\nwithout parameters: ", rule_of(s, r)->name.s);
			buf_printf(out, " (%llu)", (unsigned long long)s->n_alerts[r]);
		}
	if (told)
		buf_putc(out, '\n');
}

static void json_param(const struct lab_sensitivity *s, size_t i, struct buf *out)
{
	const struct conf_pair *p = &rule_of(s, s->v[i].rule)->params.v[s->v[i].param];

	buf_puts(out, "{\"name\":");
	lab_json_text(p->key.s, out);
	buf_puts(out, ",\"value\":");
	lab_json_text(p->value.s, out);
	buf_puts(out, ",\"moved\":[");
	for (size_t k = i; k < i + LAB_N_STEPS; k++) {
		const struct lab_variant *v = &s->v[k];

		buf_printf(out, "%s{\"percent\":%d,\"value\":", k > i ? "," : "", v->percent);
		lab_json_text(v->value[0] ? v->value : NULL, out);
		if (v->value[0])
			buf_printf(out, ",\"alerts\":%llu}", (unsigned long long)v->n_alerts);
		else
			buf_puts(out, ",\"alerts\":null}");
	}
	buf_puts(out, "]}");
}

void lab_sensitivity_json(const struct lab_sensitivity *s, struct buf *out)
{
	buf_printf(out, "{\"messages\":%llu,\"rules\":[", (unsigned long long)s->n_messages);
	for (size_t r = 0; r < s->rules->plan->n_rules; r++) {
		bool first = true;

		buf_puts(out, r ? ",{\"name\":" : "{\"name\":");
		lab_json_text(rule_of(s, r)->name.s, out);
		buf_printf(out, ",\"alerts\":%llu,\"parameters\":[",
		           (unsigned long long)s->n_alerts[r]);
		for (size_t i = 0; i < s->n; i += LAB_N_STEPS)
			if (s->v[i].rule == r) {
				buf_puts(out, first ? "" : ",");
				json_param(s, i, out);
				first = false;
			}
		buf_puts(out, "]}");
	}
	buf_puts(out, "]}\n");
}
