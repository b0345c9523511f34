#include "cross.h"

#include <stdio.h>
#include <string.h>

#include "calendar.h"
#include "core/nearest.h"
#include "core/timefmt.h"

static bool is_preset(const char *s)
{
	for (size_t i = 0; conf_presets[i]; i++)
		if (strcmp(conf_presets[i], s) == 0)
			return true;
	return false;
}

static void unique_names(struct conf_reader *r, const char *list, const void *items, size_t n,
                         size_t size, size_t name)
{
	const struct conf_text **texts = conf_memory_get(r->memory, n, sizeof(void *));

	for (size_t i = 0; i < n && texts; i++)
		texts[i] = (const void *)((const char *)items + i * size + name);
	if (texts)
		conf_read_unique(r, texts, n, false, "name", list);
}

#define UNIQUE(list) \
	unique_names(r, #list, c->list, c->n_##list, sizeof *c->list, \
	             offsetof(__typeof__(*c->list), name))

static void unique_pairs(struct conf_reader *r, const struct conf_pairs *pairs, const char *in)
{
	const struct conf_text **keys = conf_memory_get(r->memory, pairs->n, sizeof(void *));

	for (size_t i = 0; i < pairs->n && keys; i++)
		keys[i] = &pairs->v[i].key;
	if (keys)
		conf_read_unique(r, keys, pairs->n, false, "name", in);
}

static bool same(const struct conf_text *a, const struct conf_text *b)
{
	return a->s && b->s && strcmp(a->s, b->s) == 0;
}

/* A source's format is one of the file's, or a preset. */
static void check_source(struct conf_reader *r, const struct conf *c, size_t i)
{
	const struct conf_source *s = &c->sources[i];
	const char **names, *near;
	size_t n = 0;

	if (!s->format.s || !*s->format.s || is_preset(s->format.s))
		return;
	for (size_t k = 0; k < c->n_formats; k++)
		if (same(&c->formats[k].name, &s->format))
			return;
	names = conf_memory_get(r->memory, c->n_formats + CONF_MAX_OPTIONS, sizeof *names);
	if (!names)
		return;
	for (size_t k = 0; k < c->n_formats; k++)
		if (c->formats[k].name.s)
			names[n++] = c->formats[k].name.s;
	for (size_t k = 0; conf_presets[k]; k++)
		names[n++] = conf_presets[k];
	near = nearest(s->format.s, strlen(s->format.s), names, n);
	errors_add(r->errors, s->format.at,
	           "option 'format' in sources[%zu]: no format or preset is named '%.64s'%s%s%s", i,
	           s->format.s, near ? " (did you mean '" : "", near ? near : "",
	           near ? "'?)" : "");
}

static void check_format(struct conf_reader *r, const struct conf *c, size_t i)
{
	const struct conf_format *f = &c->formats[i];
	int64_t min, max;

	if (f->name.s && is_preset(f->name.s))
		errors_add(r->errors, f->name.at,
		           "option 'name' in formats[%zu]: '%s' is a preset's name; choose another",
		           i, f->name.s);
	if (f->min_time.s && f->max_time.s &&
	    time_parse(f->min_time.s, strlen(f->min_time.s), &min) == 0 &&
	    time_parse(f->max_time.s, strlen(f->max_time.s), &max) == 0 && min > max)
		errors_add(r->errors, f->min_time.at,
		           "option 'min_time' in formats[%zu]: after max_time", i);
}

bool conf_rule_has_state(const struct conf_rule *r)
{
	if (r->mode.s)
		return strcmp(r->mode.s, "state") == 0;
	return r->for_ns || r->keep_firing_ns || r->resolve_when.s;
}

/* Options of states in a rule that has none would be without effect: say so. */
static void check_mode(struct conf_reader *r, const struct conf_rule *rule, size_t i)
{
	const struct {
		const char *option;
		bool given;
	} of_states[] = {
		{ "for", rule->for_ns != 0 },
		{ "keep_firing_for", rule->keep_firing_ns != 0 },
		{ "resolve_when", rule->resolve_when.s != NULL },
		{ "no_data", rule->no_data != CONF_NO_DATA_KEEP },
	};

	if (conf_rule_has_state(rule))
		return;
	for (size_t k = 0; k < sizeof of_states / sizeof of_states[0]; k++)
		if (of_states[k].given)
			errors_add(r->errors, rule->mode.s ? rule->mode.at : rule->at,
			           "rules[%zu]: '%s' is of rules with 'mode: state'%s", i,
			           of_states[k].option,
			           rule->mode.s ? ", and this one says event" : "");
}

static bool is_shipped(const char *s)
{
	for (size_t i = 0; conf_calendars[i]; i++)
		if (strcmp(conf_calendars[i], s) == 0)
			return true;
	return false;
}

/* No calendar is named that: the nearest of those that there are. */
static void no_calendar(struct conf_reader *r, const struct conf *c, const struct conf_text *name,
                        const char *in)
{
	const char **names = conf_memory_get(r->memory, c->n_calendars + CONF_MAX_OPTIONS,
	                                     sizeof *names);
	const char *near;
	size_t n = 0;

	if (!names)
		return;
	for (size_t k = 0; k < c->n_calendars; k++)
		if (c->calendars[k].name.s && &c->calendars[k].name != name)
			names[n++] = c->calendars[k].name.s;
	for (size_t k = 0; conf_calendars[k]; k++)
		names[n++] = conf_calendars[k];
	near = nearest(name->s, strlen(name->s), names, n);
	errors_add(r->errors, name->at, "option '%s: no calendar is named '%.64s'%s%s%s", in,
	           name->s, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static void check_calendar(struct conf_reader *r, const struct conf *c, size_t i)
{
	const struct conf_calendar *k = &c->calendars[i];
	char in[64];

	snprintf(in, sizeof in, "name' in calendars[%zu], without 'file'", i);
	if (k->name.s && *k->name.s && !k->file.s && !is_shipped(k->name.s))
		no_calendar(r, c, &k->name, in);
}

/* Number i of its file. */
static void check_rule_calendar(struct conf_reader *r, const struct conf *c,
                                const struct conf_rule *rule, size_t i)
{
	bool known = !rule->calendar.s || !*rule->calendar.s || is_shipped(rule->calendar.s);
	bool any = rule->calendar.s;
	char in[64];

	for (size_t k = 0; k < c->n_calendars; k++) {
		known |= same(&c->calendars[k].name, &rule->calendar);
		any |= c->calendars[k].instruments.n > 0;
	}
	snprintf(in, sizeof in, "calendar' in rules[%zu]", i);
	if (!known)
		no_calendar(r, c, &rule->calendar, in);
	if (rule->active.n && !any)
		errors_add(r->errors, rule->active.v[0].at,
		           "option 'active' in rules[%zu]: needs the option 'calendar', or "
		           "'calendars' with instruments",
		           i);
}

/* Number i of its file. */
static void check_rule(struct conf_reader *r, const struct conf_rule *rule, size_t i)
{
	if (!rule->when.s && rule->detector.s && strcmp(rule->detector.s, "rules") == 0)
		errors_add(r->errors, rule->at, "missing option 'when' in rules[%zu]", i);
	check_mode(r, rule, i);
	if (rule->name.s && strcmp(rule->name.s, CONF_OWN_RULE) == 0)
		errors_add(
			r->errors, rule->name.at,
			"option 'name' in rules[%zu]: '%s' is the name of alerts about rules; choose "
			"another",
			i, rule->name.s);
}

/* An option of another type of sink would be without effect: say so. */
static void check_target(struct conf_reader *r, const struct conf_sink *s, size_t i,
                         const struct conf_text *text, const char *option, bool wanted,
                         const char *type)
{
	if (wanted && !text->s)
		errors_add(r->errors, s->at, "missing option '%s' in sinks[%zu], of type %s",
		           option, i, type);
	if (!wanted && text->s)
		errors_add(r->errors, text->at, "option '%s' in sinks[%zu]: is of type %s only",
		           option, i, type);
}

static void check_sink(struct conf_reader *r, const struct conf *c, size_t i)
{
	const struct conf_sink *s = &c->sinks[i];

	check_target(r, s, i, &s->url, "url", s->type == CONF_SINK_WEBHOOK, "webhook");
	check_target(r, s, i, &s->path, "path", s->type == CONF_SINK_FILE, "file");
	if (s->url.s && !s->url.secret && conf_check_url_user(s->url.s))
		errors_add(
			r->errors, s->url.at,
			"option 'url' in sinks[%zu]: a user or password must not stand in this file; "
			"write where the URL comes from: {file: /path}, {env: NAME} or "
			"{credential: name}",
			i);
	if (s->retry_base_ns > s->retry_cap_ns) {
		char base[TIMEFMT_TEXT], cap[TIMEFMT_TEXT];

		duration_format(s->retry_base_ns, base);
		duration_format(s->retry_cap_ns, cap);
		errors_add(r->errors, s->at,
		           "sinks[%zu]: retry_base %s is longer than retry_cap %s", i, base, cap);
	}
}

/* Of the drill's option: nothing is named so; the nearest of `items`, whose names are at `name`. */
static void no_such(struct conf_reader *r, const struct conf_text *text, const char *what,
                    const void *items, size_t n, size_t size, size_t name)
{
	const char **names = conf_memory_get(r->memory, n + 1, sizeof *names);
	const char *near;
	size_t n_names = 0;

	if (!names)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct conf_text *t = (const void *)((const char *)items + i * size + name);

		if (t->s)
			names[n_names++] = t->s;
	}
	near = nearest(text->s, strlen(text->s), names, n_names);
	errors_add(r->errors, text->at, "option '%s' in drill: no %s is named '%.64s'%s%s%s", what,
	           what, text->s, near ? " (did you mean '" : "", near ? near : "",
	           near ? "'?)" : "");
}

static void check_drill_names(struct conf_reader *r, const struct conf *c)
{
	const struct conf_drill *d = &c->drill;
	bool rule = false, source = !d->source.s;

	for (size_t i = 0; i < c->n_rules; i++)
		rule |= same(&c->rules[i].name, &d->rule);
	for (size_t i = 0; i < c->n_sources; i++)
		source |= same(&c->sources[i].name, &d->source);
	if (!rule)
		no_such(r, &d->rule, "rule", c->rules, c->n_rules, sizeof *c->rules,
		        offsetof(struct conf_rule, name));
	if (!source && (c->n_sources || r->need == CONF_FOR_RUN))
		no_such(r, &d->source, "source", c->sources, c->n_sources, sizeof *c->sources,
		        offsetof(struct conf_source, name));
}

static void check_drill(struct conf_reader *r, const struct conf *c)
{
	const struct conf_drill *d = &c->drill;
	bool taken = c->n_sinks == 0;

	if (!d->rule.s) {
		if (d->messages.n)
			errors_add(r->errors, d->at, "missing option 'rule' in drill");
		return;
	}
	check_drill_names(r, c);
	if (d->messages.n > CONF_DRILL_MESSAGES)
		errors_add(r->errors, d->messages.v[CONF_DRILL_MESSAGES].at,
		           "option 'messages' in drill: more than %d of them", CONF_DRILL_MESSAGES);
	for (size_t i = 0; i < c->n_sinks; i++)
		taken |= c->sinks[i].drill;
	if (!taken)
		errors_add(r->errors, d->at,
		           "drill: no sink takes its alerts: 'drill: false' is in all of them");
	for (size_t i = 0; i < c->n_rules; i++)
		for (size_t k = 0; same(&c->rules[i].name, &d->rule) && k < c->rules[i].labels.n;
		     k++)
			if (strcmp(c->rules[i].labels.v[k].key.s, CONF_DRILL_LABEL) == 0)
				errors_add(r->errors, c->rules[i].labels.v[k].key.at,
				           "label '%s' is set by drills; choose another name",
				           CONF_DRILL_LABEL);
}

static const yaml_node_t *top_value(const struct conf_reader *r, const char *key)
{
	const yaml_node_t *root = r->tree->root;

	if (!root || root->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = conf_tree_node(r->tree, p->key);

		if (k->type == YAML_SCALAR_NODE && strcmp(conf_tree_text(k), key) == 0)
			return conf_tree_node(r->tree, p->value);
	}
	return NULL;
}

/* What was given but is wrong has its own error already. */
static void needed(struct conf_reader *r, const char *list, const char *words)
{
	const yaml_node_t *v = top_value(r, list);
	bool empty = !v || conf_tree_nothing(v) ||
	             (v->type == YAML_SEQUENCE_NODE && conf_tree_length(v) == 0);

	if (empty)
		errors_add(r->errors, conf_tree_place(r->tree, v ? v : r->tree->root),
		           "'%s' is %s: at least one %s is needed", list, v ? "empty" : "missing",
		           words);
}

void conf_cross_check(struct conf_reader *r, const struct conf *c)
{
	if (r->need == CONF_FOR_RUN) {
		needed(r, "sources", "source");
		needed(r, "sinks", "sink");
	}
	if (c->n_rules == 0)
		needed(r, "rules", "rule");
	unique_pairs(r, &c->define, "define");
	UNIQUE(lists);
	UNIQUE(sources);
	UNIQUE(formats);
	UNIQUE(calendars);
	UNIQUE(rules);
	UNIQUE(sinks);
	for (size_t i = 0; i < c->n_sources; i++)
		check_source(r, c, i);
	for (size_t i = 0; i < c->n_formats; i++)
		check_format(r, c, i);
	for (size_t i = 0; i < c->n_calendars; i++)
		check_calendar(r, c, i);
	for (size_t i = 0, of_file = 0; i < c->n_rules; i++, of_file++) {
		if (i && c->rules[i].at.file != c->rules[i - 1].at.file)
			of_file = 0;
		check_rule(r, &c->rules[i], of_file);
		check_rule_calendar(r, c, &c->rules[i], of_file);
	}
	for (size_t i = 0; i < c->n_sinks; i++)
		check_sink(r, c, i);
	check_drill(r, c);
}
