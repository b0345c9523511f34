#include "define.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "expr/expand.h"

enum { WHEN, RESOLVE_WHEN, N_TEXTS };

struct define {
	const struct conf *conf;
	struct expand *expand;
	const struct conf_pair **pairs; /* of each of its names */
	bool *reported; /* a mistake in its text was told */
	size_t n;
};

struct define_rule {
	struct define *define;
	const struct conf_rule *conf;
	struct expand *expand;
	const struct conf_pair **params; /* of its names behind those of define */
	struct buf text[N_TEXTS];
	struct print_map map[N_TEXTS];
};

/* Definitions --------------------------------------------------------------------------------- */

/* One name. 0, also when it is wrong; -ENOMEM. */
static int add(struct expand *x, enum expand_kind kind, const struct conf_pair *pair,
               const char *what, struct errors *errors, const struct conf_pair **pairs, size_t *n)
{
	struct expr_error e = { 0 };
	bool in_text;
	int r;

	if (!pair->key.s || !*pair->key.s || !pair->value.s || !*pair->value.s)
		return 0; /* has its own error */
	r = expand_add(x, kind, pair->key.s, pair->value.s, &e, &in_text);
	if (r == 0)
		pairs[(*n)++] = pair;
	if (r == -EINVAL)
		errors_add(errors, in_text ? conf_text_place(&pair->value, e.at) : pair->key.at,
		           "%s '%s': %s", what, pair->key.s, e.text);
	return r == -ENOMEM ? r : 0;
}

/* Definitions that no rule uses must hold together too. */
static int check(struct define *d, size_t i, struct errors *errors)
{
	struct expr_error e = { 0 };
	struct print_map map = { 0 };
	struct buf out = { 0 };
	uint32_t source;
	const char *name = d->pairs[i]->key.s;
	int r = expand_text(d->expand, name, strlen(name), &out, &map, &e, &source);

	if (r == -EINVAL && source > 0 && !d->reported[source - 1]) {
		const struct conf_pair *in = d->pairs[source - 1];

		d->reported[source - 1] = true;
		errors_add(errors, conf_text_place(&in->value, e.at), "definition '%s': %s",
		           in->key.s, e.text);
	}
	print_map_done(&map);
	buf_done(&out);
	return r == -ENOMEM ? r : 0;
}

int define_new(const struct conf *conf, struct errors *errors, struct define **ret_define)
{
	struct define *d = calloc(1, sizeof *d);
	size_t n = conf->define.n;
	int r = d ? expand_new(NULL, &d->expand) : -ENOMEM;

	if (r == 0) {
		d->conf = conf;
		d->pairs = calloc(n + 1, sizeof(void *));
		d->reported = calloc(n + 1, sizeof *d->reported);
		r = d->pairs && d->reported ? 0 : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add(d->expand, EXPAND_DEFINITION, &conf->define.v[i], "definition", errors,
		        d->pairs, &d->n);
	for (size_t i = 0; r == 0 && i < d->n; i++)
		r = check(d, i, errors);
	if (r) {
		define_free(d);
		return r;
	}
	*ret_define = d;
	return 0;
}

struct define *define_free(struct define *d)
{
	if (!d)
		return NULL;
	expand_free(d->expand);
	free(d->pairs);
	free(d->reported);
	free(d);
	return NULL;
}

/* Rules --------------------------------------------------------------------------------------- */

static const struct conf_text *text_of(const struct define_rule *r, size_t which)
{
	return which == WHEN ? &r->conf->when : &r->conf->resolve_when;
}

static size_t which_of(const char *option)
{
	return strcmp(option, "when") == 0           ? WHEN
	       : strcmp(option, "resolve_when") == 0 ? RESOLVE_WHEN
	                                             : N_TEXTS;
}

/* What is wrong at byte `at` of a source: of the text itself, a definition, or a parameter. */
static void report(struct define_rule *r, size_t which, uint32_t source, size_t at,
                   const char *text, struct errors *errors)
{
	const struct define *d = r->define;
	const struct conf_text *in = text_of(r, which);
	const char *option = which == RESOLVE_WHEN ? "resolve_when: " : "";

	if (source == 0) {
		errors_add(errors, conf_text_place(in, at), "rule '%s': %s%s", r->conf->name.s,
		           option, text);
	} else if (source > d->n) {
		const struct conf_pair *p = r->params[source - 1 - d->n];

		errors_add(errors, conf_text_place(&p->value, at), "rule '%s': %s'%s': %s",
		           r->conf->name.s, option, p->key.s, text);
	} else if (!d->reported[source - 1]) {
		const struct conf_pair *p = d->pairs[source - 1];

		d->reported[source - 1] = true;
		errors_add(errors, conf_text_place(&p->value, at),
		           "definition '%s': %s (used by rule '%s')", p->key.s, text,
		           r->conf->name.s);
	}
}

static int write_out(struct define_rule *r, size_t which, struct errors *errors)
{
	const struct conf_text *t = text_of(r, which);
	struct expr_error e = { 0 };
	uint32_t source;
	int rc;

	if (!t->s)
		return 0;
	rc = expand_text(r->expand, t->s, strlen(t->s), &r->text[which], &r->map[which], &e,
	                 &source);
	if (rc == -EINVAL)
		report(r, which, source, e.at, e.text, errors);
	return rc;
}

static int add_params(struct define_rule *r, struct errors *errors)
{
	const struct conf_rule *c = r->conf;
	size_t n = 0, wrong = errors->n_all;
	int rc = 0;

	r->params = calloc(c->params.n + 1, sizeof(void *));
	if (!r->params)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < c->params.n; i++)
		rc = add(r->expand, EXPAND_PARAMETER, &c->params.v[i], "parameter", errors,
		         r->params, &n);
	return rc ? rc : errors->n_all > wrong ? -EINVAL : 0;
}

/* A parameter that nothing uses is a mistyped one. */
static int check_used(const struct define_rule *r, struct errors *errors)
{
	int rc = 0;

	for (size_t i = r->define->n; i < expand_count(r->expand); i++) {
		const struct conf_pair *p = r->params[i - r->define->n];

		if (expand_used(r->expand, i))
			continue;
		errors_add(errors, p->key.at,
		           "rule '%s': parameter '%s' is not used in its condition",
		           r->conf->name.s, p->key.s);
		rc = -EINVAL;
	}
	return rc;
}

int define_rule_new(struct define *d, const struct conf_rule *rule, struct errors *errors,
                    struct define_rule **ret_rule)
{
	struct define_rule *r = calloc(1, sizeof *r);
	int rc, more;

	if (!r)
		return -ENOMEM;
	r->define = d;
	r->conf = rule;
	rc = expand_new(d->expand, &r->expand);
	if (rc == 0)
		rc = add_params(r, errors);
	if (rc == 0) {
		rc = write_out(r, WHEN, errors);
		more = rc == -ENOMEM ? rc : write_out(r, RESOLVE_WHEN, errors);
		rc = rc ? rc : more;
	}
	if (rc == 0)
		rc = check_used(r, errors);
	if (rc) {
		define_rule_free(r);
		return rc;
	}
	*ret_rule = r;
	return 0;
}

struct define_rule *define_rule_free(struct define_rule *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < N_TEXTS; i++) {
		buf_done(&r->text[i]);
		print_map_done(&r->map[i]);
	}
	expand_free(r->expand);
	free(r->params);
	free(r);
	return NULL;
}

const char *define_rule_text(const struct define_rule *r, const char *option)
{
	size_t which = which_of(option);

	return which < N_TEXTS && text_of(r, which)->s ? buf_str(&r->text[which]) : NULL;
}

void define_rule_error(struct define_rule *r, const char *option, size_t at, const char *text,
                       struct errors *errors)
{
	size_t which = which_of(option);
	uint32_t source = 0;

	if (which < N_TEXTS && text_of(r, which)->s) {
		at = print_map_find(&r->map[which], at, &source);
		report(r, which, source, at, text, errors);
	} else {
		errors_add(errors, r->conf->at, "rule '%s': %s", r->conf->name.s, text);
	}
}

/* Identity ------------------------------------------------------------------------------------ */

static void add_list(const struct conf *conf, const char *name, size_t n, struct buf *out)
{
	for (size_t i = 0; i < conf->n_lists; i++) {
		const struct conf_list *l = &conf->lists[i];

		if (!l->name.s || strlen(l->name.s) != n || memcmp(l->name.s, name, n) != 0)
			continue;
		buf_printf(out, "\nlist %s", l->name.s);
		for (size_t k = 0; k < l->values.n; k++)
			buf_printf(out, "\n%s", l->values.v[k].s ? l->values.v[k].s : "");
	}
}

/* The words of the lists that a text names. */
static void add_lists(const struct define_rule *r, const struct buf *text, struct buf *out)
{
	struct expr_error ignored;
	struct tree t;

	if (text->n == 0 || tree_parse(buf_str(text), text->n, &t, &ignored))
		return;
	for (uint32_t i = 0; i < t.n_nodes; i++) {
		const struct tree_node *n = &t.nodes[i], *list;

		if (n->op != TREE_IN)
			continue;
		list = &t.nodes[t.nodes[n->first].next];
		if (list->op == TREE_NAME)
			add_list(r->define->conf, t.text + list->at, list->name_n, out);
	}
	tree_done(&t);
}

void define_rule_identity(const struct define_rule *r, struct buf *out)
{
	const char *by = r->conf->by.s;

	buf_add(out, buf_str(&r->text[WHEN]), r->text[WHEN].n);
	if (r->text[RESOLVE_WHEN].n)
		buf_printf(out, "\nresolve_when %s", buf_str(&r->text[RESOLVE_WHEN]));
	if (by && strcmp(by, "instrument") != 0)
		buf_printf(out, "\nby %s", by);
	for (size_t i = 0; i < N_TEXTS; i++)
		add_lists(r, &r->text[i], out);
}
