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
	                : conf_parse(text.p, text.n, from, CONF_FOR_REPLAY, errors, ret_conf);
	buf_done(&text);
	return e;
}

int lab_rules_load(const char *from, const char *const *paths, size_t n_paths,
                   struct errors *errors, struct lab_rules *ret)
{
	struct conf *part = NULL;
	int e;

	*ret = (struct lab_rules){ 0 };
	e = n_paths == 1 ? conf_load_parts(paths[0], CONF_FOR_REPLAY, errors, &ret->conf, &part)
	                 : parse_several(from, paths, n_paths, errors, &ret->conf);
	/* Wrong options do not hide what is wrong with the rules. */
	if (ret->conf || part) {
		int rules = plan_new(ret->conf ? ret->conf : part, errors, &ret->plan);

		e = e ? e : rules;
	}
	if (part) {
		ret->plan = plan_free(ret->plan);
		conf_free(part);
	}
	return e;
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
