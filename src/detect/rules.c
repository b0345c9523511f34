/* Detector `rules`: a threshold rule written by a person.
 *
 * The whole is an expression over windowed features (src/expr), compiled once. It learns nothing
 * and keeps no state beyond the windows, which the host holds. While a window is not full yet its
 * features have no value, and a rule that needs them says nothing. The score is the confidence:
 * how far the comparisons that made it true are past their thresholds (src/expr/explain.c), at
 * least one half. Where it fails: it finds only what somebody thought of. */
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/group.h"

struct rule {
	struct expr *when, *resolve_when; /* resolve_when: NULL when not given */
};

static void rules_free(void *self)
{
	struct rule *r = self;

	if (!r)
		return;
	expr_free(r->when);
	expr_free(r->resolve_when);
	free(r);
}

/* Compiles the condition in option `name`. */
static int compile(const struct tocsin_host *host, const char *name, struct expr **ret_expr,
                   const char **ret_option, size_t *ret_at, char *reterr, size_t reterr_size)
{
	const struct expr_resolver resolver = { host->ctx, host->feature };
	const char *text = host->option(host->ctx, name);
	struct expr_error error = { 0 };
	int r = expr_new(text, strlen(text), &resolver, ret_expr, &error);

	if (r) {
		*ret_option = name;
		*ret_at = error.at;
		snprintf(reterr, reterr_size, "%s", r == -ENOMEM ? "out of memory" : error.text);
	}
	return r;
}

static int rules_create(const struct tocsin_host *host, void **ret_self, const char **ret_option,
                        size_t *ret_at, char *reterr, size_t reterr_size)
{
	struct rule *rule;
	int r;

	if (!host->option(host->ctx, "when")) {
		*ret_option = "when";
		*ret_at = 0;
		snprintf(reterr, reterr_size, "a rule needs 'when', its condition");
		return -EINVAL;
	}
	rule = calloc(1, sizeof *rule);
	if (!rule)
		return -ENOMEM;
	r = compile(host, "when", &rule->when, ret_option, ret_at, reterr, reterr_size);
	if (r == 0 && host->option(host->ctx, "resolve_when"))
		r = compile(host, "resolve_when", &rule->resolve_when, ret_option, ret_at, reterr,
		            reterr_size);
	if (r)
		rules_free(rule);
	else
		*ret_self = rule;
	return r;
}

static int rules_score(const void *self, const struct tocsin_sample *sample,
                       struct tocsin_score *ret)
{
	struct expr_reason reasons[TOCSIN_MAX_REASONS];
	const struct expr *e = ((const struct rule *)self)->when;
	enum expr_truth truth = expr_truth(e, sample->x);
	double confidence;
	uint32_t n;

	if (truth != EXPR_TRUE)
		return truth == EXPR_FALSE ? 0 : TOCSIN_NO_VALUE;
	n = expr_explain(e, sample->x, reasons, TOCSIN_MAX_REASONS, &confidence);
	ret->score = ret->confidence = confidence;
	ret->n_reasons = n;
	for (uint32_t i = 0; i < n; i++)
		ret->reason[i] = (struct tocsin_reason){
			.feature = reasons[i].feature,
			.share = (float)reasons[i].share,
			.observed = reasons[i].observed,
			.expected = reasons[i].expected,
		};
	return 1;
}

static int rules_resolves(const void *self, const struct tocsin_sample *sample)
{
	return (int)expr_truth(((const struct rule *)self)->resolve_when, sample->x);
}

struct rules_group {
	struct expr_group *group;
	const struct expr **conditions;
};

static void rules_group_free(void *group)
{
	struct rules_group *g = group;

	if (!g)
		return;
	expr_group_free(g->group);
	free(g->conditions);
	free(g);
}

static int rules_group(void *const *selves, size_t n, void **ret_group)
{
	struct rules_group *g = calloc(1, sizeof *g);
	int e = -ENOMEM;

	if (!g)
		return -ENOMEM;
	g->conditions = calloc(n ? n : 1, sizeof *g->conditions);
	for (size_t i = 0; g->conditions && i < n; i++)
		g->conditions[i] = ((const struct rule *)selves[i])->when;
	if (g->conditions)
		e = expr_group_new(g->conditions, n, &g->group);
	if (e)
		rules_group_free(g);
	else
		*ret_group = g;
	return e;
}

static void rules_group_judge(void *group, const struct tocsin_sample *sample,
                              signed char *ret_said)
{
	expr_group_judge(((struct rules_group *)group)->group, sample->x, ret_said);
}

static size_t rules_memory(const void *self)
{
	const struct rule *r = self;

	return sizeof *r + expr_memory(r->when) +
	       (r->resolve_when ? expr_memory(r->resolve_when) : 0);
}

static int rules_wants_ticks(const void *self)
{
	const struct rule *r = self;

	return expr_wants_ticks(r->when) || (r->resolve_when && expr_wants_ticks(r->resolve_when));
}

struct inspecting {
	void (*each)(void *ctx, const struct tocsin_check *);
	void *ctx;
};

static void inspect_leaf(void *ctx, const struct expr_leaf *l)
{
	const struct inspecting *i = ctx;
	struct tocsin_check c = {
		.size = sizeof c,
		.text = l->text + l->at,
		.text_n = l->n,
		.observed_text = l->compares ? l->text + l->observed_at : NULL,
		.observed_n = l->observed_n,
		.op = l->compares ? tree_op_text(l->op) : NULL,
		.truth = l->truth,
		.wanted = !l->turned,
		.is_duration = l->is_duration,
		.observed = l->observed,
		.expected = l->expected,
	};

	_Static_assert(EXPR_MAX_MISSING <= TOCSIN_MAX_MISSING, "raise TOCSIN_MAX_MISSING");
	for (; c.n_missing < l->n_missing; c.n_missing++)
		c.missing[c.n_missing] = l->missing[c.n_missing];
	i->each(i->ctx, &c);
}

static void rules_inspect(const void *self, const struct tocsin_sample *sample,
                          void (*each)(void *ctx, const struct tocsin_check *), void *ctx)
{
	struct inspecting i = { each, ctx };

	expr_leaves(((const struct rule *)self)->when, sample->x, inspect_leaf, &i);
}

static const struct tocsin_param params[] = {
	{ "when", NULL, "the condition, e.g. abs(return(price, 1m)) > 3% and rate(1s) > 50" },
	{ "resolve_when", "not when", "of a rule with states: the condition that ends it" },
	{ NULL, NULL, NULL },
};

const struct tocsin_detector detector_rules = {
	.abi = TOCSIN_DETECTOR_ABI,
	.size = sizeof(struct tocsin_detector),
	.state_version = 1,
	.name = "rules",
	.summary = "Conditions over windowed features, written by a person.",
	.params = params,
	.create = rules_create,
	.free = rules_free,
	.score = rules_score,
	.memory = rules_memory,
	.wants_ticks = rules_wants_ticks,
	.inspect = rules_inspect,
	.resolves = rules_resolves,
	.group = rules_group,
	.group_free = rules_group_free,
	.group_judge = rules_group_judge,
};
