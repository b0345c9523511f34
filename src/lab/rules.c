#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/print.h"
#include "core/nearest.h"

/* Several files are one configuration that includes them. */
static int parse_several(const char *from, const char *const *paths, size_t n_paths,
                         struct errors *errors, struct conf **ret_conf)
{
	struct buf text = { 0 };
	int e;

	buf_puts(&text, "include:\n");
	for (size_t i = 0; i < n_paths; i++) {
		buf_puts(&text, "  - ");
		conf_print_text(paths[i], &text);
		buf_putc(&text, '\n');
	}
	e = text.failed ? -ENOMEM
	                : conf_parse_as(text.p, text.n, from, CONF_FOR_REPLAY, errors, ret_conf);
	buf_done(&text);
	return e;
}

static void unknown_param(const struct conf *c, const struct conf_text *key, const char *param,
                          struct errors *errors)
{
	const char *names[256], *near;
	size_t n = 0;

	for (size_t i = 0; i < c->n_rules; i++)
		for (size_t k = 0; k < c->rules[i].params.n && n < 256; k++)
			names[n++] = c->rules[i].params.v[k].key.s;
	near = nearest(param, strlen(param), names, n);
	errors_add(errors, key->at, "no rule under test has the parameter '%.100s'%s%s%s", key->s,
	           near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static void override(struct conf *c, const struct conf_pair *pair, struct errors *errors)
{
	const char *dot = strchr(pair->key.s, '.'), *param = dot ? dot + 1 : pair->key.s;
	size_t n = dot ? (size_t)(dot - pair->key.s) : 0;
	bool found = false;

	for (size_t i = 0; i < c->n_rules; i++) {
		struct conf_rule *r = &c->rules[i];

		if (dot && (strlen(r->name.s) != n || memcmp(r->name.s, pair->key.s, n) != 0))
			continue;
		for (size_t k = 0; k < r->params.n; k++)
			if (strcmp(r->params.v[k].key.s, param) == 0) {
				r->params.v[k].value = pair->value;
				found = true;
			}
	}
	if (!found)
		unknown_param(c, &pair->key, param, errors);
}

int lab_rules_load(const char *from, const char *const *paths, size_t n_paths,
                   const struct conf_pairs *const *params, size_t n_params, struct errors *errors,
                   struct lab_rules *ret)
{
	struct conf *part = NULL;
	size_t before = errors->n_all;
	int e;

	*ret = (struct lab_rules){ 0 };
	e = n_paths == 1 ? conf_load_parts(paths[0], CONF_FOR_REPLAY, errors, &ret->conf, &part)
	                 : parse_several(from, paths, n_paths, errors, &ret->conf);
	for (size_t i = 0; e == 0 && i < n_params; i++)
		for (size_t k = 0; k < params[i]->n; k++)
			override(ret->conf, &params[i]->v[k], errors);
	/* Wrong options do not hide what is wrong with the rules. */
	if (ret->conf || part) {
		int rules = plan_new(ret->conf ? ret->conf : part, errors, &ret->plan);

		e = e ? e : rules;
	}
	if (part) {
		ret->plan = plan_free(ret->plan);
		conf_free(part);
	}
	return e == 0 && errors->n_all > before ? -EINVAL : e;
}

void lab_rules_done(struct lab_rules *r)
{
	plan_free(r->plan);
	conf_free(r->conf);
	*r = (struct lab_rules){ 0 };
}

size_t lab_rules_find(const struct lab_rules *r, const char *name)
{
	for (size_t i = 0; i < r->plan->n_rules; i++)
		if (strcmp(r->plan->rules[i].conf->name.s, name) == 0)
			return i;
	return SIZE_MAX;
}

const char *lab_rules_nearest(const struct lab_rules *r, const char *name)
{
	const char **names = calloc(r->plan->n_rules + 1, sizeof *names), *near = NULL;

	for (size_t i = 0; names && i < r->plan->n_rules; i++)
		names[i] = r->plan->rules[i].conf->name.s;
	if (names)
		near = nearest(name, strlen(name), names, r->plan->n_rules);
	free(names);
	return near;
}
