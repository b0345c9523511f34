/* Reading a mapping by the table of options: which keys are there, twice, missing or unknown, and
 * the values that are no texts. Texts, with their references and checks, are text.c's. */
#include "read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/timefmt.h"
#include "text.h"
#include "value.h"

#define IN_SIZE 64 /* "rules[99999].match" */

void conf_read_wrong(struct conf_reader *r, const struct conf_spot *spot, struct place at,
                     const char *format, ...)
{
	struct buf b = { 0 };
	va_list args;

	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	errors_add(r->errors, at, "option '%s'%s%s: %s", spot->option->key, *spot->in ? " in " : "",
	           spot->in, buf_str(&b));
	buf_done(&b);
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static void list_words(const char *const *words, struct buf *out)
{
	for (size_t i = 0; words[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "one of ", words[i]);
}

void conf_read_type(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node)
{
	const struct conf_option *o = spot->option;
	bool hide = (o->flags & CONF_MAY_REFER) && node->type == YAML_SCALAR_NODE &&
	            !conf_tree_nothing(node);
	struct buf expected = { 0 };
	char shown[CONF_SHOWN];

	if (o->type == CONF_ENUM)
		list_words(o->words, &expected);
	else
		buf_puts(&expected, conf_option_expected(o->type));
	conf_read_wrong(r, spot, conf_tree_place(r->tree, node), "expected %s, found %s",
	                buf_str(&expected), hide ? "a text" : conf_tree_shown(node, shown));
	buf_done(&expected);
}

int conf_read_word(struct conf_reader *r, const struct conf_spot *spot, struct place at,
                   const char *s, size_t length)
{
	const char *const *words = spot->option->words;
	size_t n = count_words(words);
	const char *near = nearest(s, length, words, n);
	struct buf all = { 0 }, found = { 0 };

	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], s) == 0)
			return (int)i;
	list_words(words, &all);
	buf_escape(&found, s, length, 50);
	conf_read_wrong(r, spot, at, "expected %s, found '%s'%s%s%s", buf_str(&all),
	                buf_str(&found), near ? " (did you mean '" : "", near ? near : "",
	                near ? "'?)" : "");
	buf_done(&all);
	buf_done(&found);
	return -EINVAL;
}

static int parse_number(enum conf_type type, const char *p, size_t n, int64_t *ret)
{
	return type == CONF_DURATION ? duration_parse(p, n, ret)
	       : type == CONF_SIZE   ? conf_value_size(p, n, ret)
	                             : conf_value_int(p, n, ret);
}

/* Sets a number, fraction, bool or enum from text. -EINVAL, -ERANGE: nothing is set. */
static int set_value(const struct conf_option *o, const char *p, size_t n, void *field)
{
	double x = 0;
	int64_t v;
	int rc;

	if (o->type == CONF_BOOL)
		return conf_value_bool(p, n, field);
	if (o->type == CONF_FRACTION) {
		rc = conf_value_fraction(p, n, &x);
		if (rc == 0 && (x < 0 || x > 1))
			rc = -ERANGE;
		if (rc == 0)
			*(double *)field = x;
		return rc;
	}
	rc = parse_number(o->type, p, n, &v);
	if (rc == 0 && (v < o->min || v > o->max))
		rc = -ERANGE;
	if (rc == 0)
		*(int64_t *)field = v;
	return rc;
}

static void read_enum(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                      int *field)
{
	int i = conf_read_word(r, spot, conf_tree_place(r->tree, node), conf_tree_text(node),
	                       node->data.scalar.length);

	if (i >= 0)
		*field = (int)spot->option->min + i;
}

static void read_value(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                       void *field)
{
	const struct conf_option *o = spot->option;
	char shown[CONF_SHOWN], min[CONF_OPTION_TEXT] = "0", max[CONF_OPTION_TEXT] = "1";
	int rc;

	if (node->type != YAML_SCALAR_NODE || conf_tree_nothing(node)) {
		conf_read_type(r, spot, node);
		return;
	}
	if (o->type == CONF_ENUM) {
		read_enum(r, spot, node, field);
		return;
	}
	rc = set_value(o, conf_tree_text(node), node->data.scalar.length, field);
	if (rc == -EINVAL)
		conf_read_type(r, spot, node);
	if (rc != -ERANGE)
		return;
	if (o->type != CONF_FRACTION) {
		conf_option_number(o, o->min, min);
		conf_option_number(o, o->max, max);
	}
	conf_read_wrong(r, spot, conf_tree_place(r->tree, node), "expected %s to %s, found %s", min,
	                max, conf_tree_shown(node, shown));
}

/* The section that knows `key`, of those inside and beside this one; for "it belongs in". */
static const char *elsewhere(const struct conf_reader *r, const struct conf_section *s,
                             const char *key)
{
	const struct conf_section *top = r->top ? r->top : &conf_section_top;

	for (size_t i = 0; i < s->n; i++)
		if (s->options[i].section && conf_option_find(s->options[i].section, key))
			return s->options[i].key;
	if (s != top && conf_option_find(top, key))
		return "the top level";
	return NULL;
}

static void unknown(struct conf_reader *r, const struct conf_section *s, const yaml_node_t *key,
                    const char *in)
{
	const char *word = conf_tree_text(key), *near = conf_option_nearest(s, word);
	const char *other = near ? NULL : elsewhere(r, s, word);
	char shown[CONF_SHOWN], hint[64] = "";

	if (near)
		snprintf(hint, sizeof hint, " (did you mean '%s'?)", near);
	else if (other)
		snprintf(hint, sizeof hint, " (it belongs to %s)", other);
	errors_add(r->errors, conf_tree_place(r->tree, key), "unknown option %s%s%s%s",
	           conf_tree_nothing(key) ? "''" : conf_tree_shown(key, shown),
	           *in ? " in " : " at the top level", in, hint);
}

static void read_list(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                      char *base)
{
	const struct conf_section *s = spot->option->section;
	size_t n = conf_tree_length(node);
	char *items;

	if (conf_tree_nothing(node))
		return;
	if (node->type != YAML_SEQUENCE_NODE) {
		conf_read_type(r, spot, node);
		return;
	}
	if (n > CONF_MAX_ITEMS) {
		conf_read_wrong(r, spot, conf_tree_place(r->tree, node), "more than %d of them",
		                CONF_MAX_ITEMS);
		return;
	}
	items = conf_memory_get(r->memory, n, s->size);
	if (!items)
		return;
	for (size_t i = 0; i < n; i++) {
		const yaml_node_t *item = conf_tree_node(r->tree,
		                                         node->data.sequence.items.start[i]);
		char in[IN_SIZE], shown[CONF_SHOWN];

		snprintf(in, sizeof in, "%s%s%s[%zu]", spot->in, *spot->in ? "." : "",
		         spot->option->key, i);
		if (item->type == YAML_MAPPING_NODE)
			conf_read_section(r, s, item, conf_tree_place(r->tree, item),
			                  items + i * s->size, in);
		else
			errors_add(r->errors, conf_tree_place(r->tree, item),
			           "%s: expected a mapping of options, found %s", in,
			           conf_tree_shown(item, shown));
	}
	memcpy(base + spot->option->offset, &items, sizeof items);
	memcpy(base + spot->option->count, &n, sizeof n);
}

static void read_option(struct conf_reader *r, const struct conf_spot *spot,
                        const yaml_node_t *node, struct place parent, char *base)
{
	const struct conf_option *o = spot->option;
	void *field = base + o->offset;
	char in[IN_SIZE];

	switch (o->type) {
	case CONF_TEXT: conf_text_read(r, spot, node, field); break;
	case CONF_TEXTS: conf_text_list(r, spot, node, field); break;
	case CONF_PAIRS: conf_text_pairs(r, spot, node, field); break;
	case CONF_LIST:
		if (node)
			read_list(r, spot, node, base);
		break;
	case CONF_SECTION:
		if (node && node->type != YAML_MAPPING_NODE && !conf_tree_nothing(node))
			conf_read_type(r, spot, node);
		if (node && node->type != YAML_MAPPING_NODE)
			node = NULL;
		snprintf(in, sizeof in, "%s%s%s", spot->in, *spot->in ? "." : "", o->key);
		conf_read_section(r, o->section, node, parent, field, in);
		break;
	default:
		if (o->type == CONF_ENUM)
			*(int *)field = (int)o->min;
		if (node)
			read_value(r, spot, node, field);
	}
}

/* The value that holds when the option is absent, and also when what was given is wrong: checks
 * that come later then find something sound. */
static void set_default(struct conf_reader *r, const struct conf_option *o, char *base,
                        struct place at)
{
	void *field = base + o->offset;

	if (!o->def)
		return;
	if (o->type == CONF_TEXT || o->type == CONF_TEXTS) {
		conf_text_default(r, o, field, at);
		return;
	}
	if (o->type == CONF_ENUM) {
		for (int i = 0; o->words[i]; i++)
			if (strcmp(o->words[i], o->def) == 0)
				*(int *)field = (int)o->min + i;
		return;
	}
	(void)set_value(o, o->def, strlen(o->def), field);
}

void conf_read_section(struct conf_reader *r, const struct conf_section *s, const yaml_node_t *node,
                       struct place parent, void *base, const char *in)
{
	const yaml_node_pair_t *seen[CONF_MAX_OPTIONS] = { 0 };
	struct place at = node ? conf_tree_place(r->tree, node) : parent;
	size_t n = node ? conf_tree_length(node) : 0;

	for (size_t i = 0; i < n; i++) {
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
		const yaml_node_t *key = conf_tree_node(r->tree, pair->key);
		const struct conf_option *o;
		size_t row;

		if (conf_tree_bad_key(key))
			continue;
		o = conf_option_find(s, conf_tree_text(key));
		row = o ? (size_t)(o - s->options) : 0;
		if (!o)
			unknown(r, s, key, in);
		else if (r->included && s == &conf_section_top && !(o->flags & CONF_SHARED))
			errors_add(r->errors, conf_tree_place(r->tree, key),
			           "option '%s' belongs to the main file, not to an included one",
			           o->key);
		else if (seen[row])
			errors_add(r->errors, conf_tree_place(r->tree, key),
			           "option '%s'%s%s is there twice (first in line %u)", o->key,
			           *in ? " in " : "", in,
			           conf_tree_place(r->tree, conf_tree_node(r->tree, seen[row]->key))
			                   .line);
		else
			seen[row] = pair;
	}
	if (s->at != CONF_NOWHERE)
		*(struct place *)(void *)((char *)base + s->at) = at;
	for (size_t i = 0; i < s->n; i++) {
		const struct conf_spot spot = { &s->options[i], in };

		set_default(r, spot.option, base, at);
		if (seen[i])
			read_option(r, &spot, conf_tree_node(r->tree, seen[i]->value), at, base);
		else if (spot.option->flags & CONF_REQUIRED)
			errors_add(r->errors, at, "missing option '%s'%s%s", spot.option->key,
			           *in ? " in " : " at the top level", in);
		else if (spot.option->type == CONF_SECTION)
			read_option(r, &spot, NULL, at, base);
	}
}

struct by_text {
	const struct conf_text *text;
	size_t order;
	bool any_case;
};

static int compare(const void *a, const void *b)
{
	const struct by_text *x = a, *y = b;
	int c = x->any_case ? strcasecmp(x->text->s, y->text->s) : strcmp(x->text->s, y->text->s);

	return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

/* By sorting: a hostile file may have a hundred thousand of them. */
void conf_read_unique(struct conf_reader *r, const struct conf_text *const *texts, size_t n,
                      bool any_case, const char *what, const char *in)
{
	struct by_text *sorted = n > 1 ? calloc(n, sizeof *sorted) : NULL;
	size_t m = 0;

	if (n > 1 && !sorted)
		r->memory->failed = true;
	for (size_t i = 0; i < n && sorted; i++)
		if (texts[i]->s && *texts[i]->s)
			sorted[m++] = (struct by_text){ texts[i], i, any_case };
	if (m > 1)
		qsort(sorted, m, sizeof *sorted, compare);
	for (size_t i = 1, first = 0; i < m; i++) {
		const struct conf_text *a = sorted[first].text, *b = sorted[i].text;
		struct buf shown = { 0 };

		if ((any_case ? strcasecmp(a->s, b->s) : strcmp(a->s, b->s)) != 0) {
			first = i;
			continue;
		}
		buf_escape(&shown, b->s, strlen(b->s), 50);
		if (a->at.file == b->at.file)
			errors_add(r->errors, b->at,
			           "%s '%s' is there twice in %s (first in line %u)", what,
			           buf_str(&shown), in, a->at.line);
		else
			errors_add(r->errors, b->at,
			           "%s '%s' is there twice in %s (first in %s:%u)", what,
			           buf_str(&shown), in, a->at.file, a->at.line);
		buf_done(&shown);
	}
	free(sorted);
}
