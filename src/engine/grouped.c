#include "grouped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORTH 4 /* rules: fewer are as quick one by one */

struct group {
	const struct tocsin_detector *detector;
	void *self;
	void **rules;
	size_t *places; /* of each in the answer */
	size_t n;
	signed char *said;
};

struct grouped {
	struct group *groups;
	size_t n_groups, n;
	signed char *said;
};

static bool can(const struct plan_rule *r)
{
	const struct tocsin_detector *d = r->detector;

	return r->conf->instruments.n == 0 && TOCSIN_HAS(d, group) && TOCSIN_HAS(d, group_free) &&
	       TOCSIN_HAS(d, group_judge);
}

static int make_group(struct group *g, const struct tocsin_detector *d,
                      const struct plan_rule *const *rules, size_t n)
{
	g->detector = d;
	g->rules = calloc(n, sizeof *g->rules);
	g->places = calloc(n, sizeof *g->places);
	g->said = calloc(n, sizeof *g->said);
	if (!g->rules || !g->places || !g->said)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (rules[i]->detector != d || !can(rules[i]))
			continue;
		g->rules[g->n] = rules[i]->self;
		g->places[g->n++] = i;
	}
	return g->n < WORTH ? 0 : d->group(g->rules, g->n, &g->self);
}

static bool has_group(const struct grouped *g, const struct tocsin_detector *d)
{
	for (size_t i = 0; i < g->n_groups; i++)
		if (g->groups[i].detector == d)
			return true;
	return false;
}

int grouped_new(const struct plan_rule *const *rules, size_t n, struct grouped **ret_grouped)
{
	struct grouped *g = calloc(1, sizeof *g);
	int e = 0;

	if (!g)
		return -ENOMEM;
	g->n = n;
	g->said = malloc(n ? n : 1);
	g->groups = calloc(n ? n : 1, sizeof *g->groups);
	if (!g->said || !g->groups)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < n; i++)
		if (can(rules[i]) && !has_group(g, rules[i]->detector))
			e = make_group(&g->groups[g->n_groups++], rules[i]->detector, rules, n);
	if (e) {
		grouped_free(g);
		return e;
	}
	memset(g->said, GROUPED_ASK, n);
	*ret_grouped = g;
	return 0;
}

struct grouped *grouped_free(struct grouped *g)
{
	if (!g)
		return NULL;
	for (size_t i = 0; g->groups && i < g->n_groups; i++) {
		struct group *group = &g->groups[i];

		if (group->self)
			group->detector->group_free(group->self);
		free(group->rules);
		free(group->places);
		free(group->said);
	}
	free(g->groups);
	free(g->said);
	free(g);
	return NULL;
}

const signed char *grouped_judge(struct grouped *g, const struct tocsin_sample *s)
{
	for (size_t i = 0; i < g->n_groups; i++) {
		struct group *group = &g->groups[i];

		if (!group->self)
			continue;
		if (group->n == g->n) {
			group->detector->group_judge(group->self, s, g->said);
			return g->said;
		}
		group->detector->group_judge(group->self, s, group->said);
		for (size_t j = 0; j < group->n; j++)
			g->said[group->places[j]] = group->said[j];
	}
	return g->said;
}
