#include "plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "detect/registry.h"
#include "engine/formats.h"
#include "expr/tree.h"
#include "source/kafka.h"

/* Rules -------------------------------------------------------------------------------------- */

struct host_ctx {
	struct plan *plan;
	struct plan_rule *rule;
};

static const char *host_option(void *ctx, const char *name)
{
	return define_rule_text(((struct host_ctx *)ctx)->rule->text, name);
}

static int host_feature(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at,
                        char *reterr, size_t reterr_size)
{
	struct plan *p = ((struct host_ctx *)ctx)->plan;
	struct plan_rule *rule = ((struct host_ctx *)ctx)->rule;
	uint32_t *more = realloc(rule->features, (rule->n_features + 1) * sizeof *more);
	int r;

	if (!more)
		return -ENOMEM;
	rule->features = more;
	r = feature_set_add(p->features, text, rule->by, ret_index, ret_at, reterr, reterr_size);
	if (r)
		return r;
	rule->features[rule->n_features++] = *ret_index;
	if (feature_set_ticks(p->features, *ret_index))
		rule->ticks |= 1u << feature_set_by(p->features, *ret_index);
	return 0;
}

/* The place in the file of byte `at` of a text; of a text over several lines, its beginning. */
static struct place inside(const struct conf_text *t, size_t at)
{
	struct place p = t->at;

	if (p.line && !strchr(t->s, '\n'))
		p.column += (uint32_t)at;
	return p;
}

static int make_detector(struct plan *p, struct plan_rule *r, struct errors *errors)
{
	const struct conf_rule *c = r->conf;
	const char *name = c->detector.s ? c->detector.s : "rules", *option = NULL;
	struct host_ctx ctx = { p, r };
	const struct tocsin_host host = {
		.size = sizeof host,
		.seed = (uint64_t)p->conf->seed,
		.ctx = &ctx,
		.option = host_option,
		.feature = host_feature,
	};
	char reason[300] = "";
	size_t at = 0;
	int e;

	r->detector = registry_find(name);
	if (!r->detector) {
		const struct tocsin_detector *const *all;
		const char *names[64], *near;
		size_t n = 0;

		all = registry_all(&n);
		for (size_t i = 0; i < n && i < 64; i++)
			names[i] = all[i]->name;
		near = nearest(name, strlen(name), names, n < 64 ? n : 64);
		errors_add(errors, c->detector.at, "unknown detector '%s'%s%s%s", name,
		           near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
		return -EINVAL;
	}
	e = r->detector->create(&host, &r->self, &option, &at, reason, sizeof reason);
	if (e == -EINVAL)
		define_rule_error(r->text, option ? option : "", at, reason, errors);
	if (e == 0 && c->resolve_when.s && !TOCSIN_HAS(r->detector, resolves)) {
		errors_add(errors, c->resolve_when.at,
		           "rule '%s': the detector %s knows no resolve_when", c->name.s, name);
		e = -EINVAL;
	}
	return e;
}

/* The words were checked when the configuration was read. */
static uint32_t kinds_of(const struct conf_rule *c)
{
	uint32_t kinds = 0;

	if (c->kinds.n == 0)
		return TOCSIN_KIND_BIT(TOCSIN_TRADE);
	for (size_t i = 0; i < c->kinds.n; i++)
		for (unsigned k = 0; k < TOCSIN_TICK; k++)
			if (strcmp(c->kinds.v[i].s, "any") == 0 ||
			    strcmp(c->kinds.v[i].s, tocsin_kind_name(k)) == 0)
				kinds |= TOCSIN_KIND_BIT(k);
	return kinds;
}

/* "account+venue", checked when the configuration was read. */
static unsigned by_of(const char *s)
{
	unsigned by = 0;

	while (s && *s) {
		size_t n = strcspn(s, " +");

		for (unsigned i = 0; i < TREE_N_BY; i++)
			if (strlen(tree_by_name(i)) == n && memcmp(tree_by_name(i), s, n) == 0)
				by |= 1u << i;
		s += n;
		s += strspn(s, " +");
	}
	return by ? by : FEATURE_BY_INSTRUMENT;
}

/* Of all that it finds by, and of a rule with states also of when it says so. */
static int make_version(struct plan_rule *r)
{
	const struct conf_rule *c = r->conf;
	struct buf identity = { 0 };
	struct hash_part parts[2];
	char id[33];
	bool failed;

	define_rule_identity(r->text, &identity);
	if (r->has_state)
		buf_printf(&identity, "\nstates %lld %lld %d %lld", (long long)c->for_ns,
		           (long long)c->keep_firing_ns, c->no_data,
		           (long long)c->no_data_after_ns);
	if (c->calendar.s || c->active.n)
		buf_printf(&identity, "\ncalendar %s", c->calendar.s ? c->calendar.s : "");
	for (size_t i = 0; i < c->active.n; i++)
		buf_printf(&identity, " %s", c->active.v[i].s);
	parts[0] = (struct hash_part){ c->name.s, strlen(c->name.s) };
	parts[1] = (struct hash_part){ buf_str(&identity), identity.n };
	hash_id(parts, 2, id);
	snprintf(r->version, sizeof r->version, "%.8s", id);
	failed = identity.failed;
	buf_done(&identity);
	return failed ? -ENOMEM : 0;
}

/* Its calendar becomes that of the features it asks for. */
static int make_hours(struct plan *p, struct plan_rule *r, struct errors *errors)
{
	const struct conf_rule *c = r->conf;
	size_t i = c->calendar.s ? calendars_find(&p->calendars, c->calendar.s) : p->calendars.n;
	struct buf text = { 0 };
	char reason[200] = "";
	size_t at;
	int e = 0;

	r->active = PLAN_ALWAYS;
	feature_set_use_calendar(p->features,
	                         i < p->calendars.n ? (uint32_t)i : FEATURE_NO_CALENDAR);
	if (c->active.n == 0 || (c->calendar.s && i == p->calendars.n)) /* told: no such calendar */
		return 0;
	for (size_t k = 0; k < c->active.n; k++)
		buf_printf(&text, "%s\"%s\"", k ? ", " : "phase in (", c->active.v[k].s);
	buf_putc(&text, ')');
	e = text.failed ? -ENOMEM
	                : feature_set_add(p->features, buf_str(&text), FEATURE_BY_INSTRUMENT,
	                                  &r->active, &at, reason, sizeof reason);
	buf_done(&text);
	if (e == -EINVAL)
		errors_add(errors, c->active.v[0].at, "rule '%s': active: %s", c->name.s, reason);
	return e == -EINVAL ? 0 : e;
}

/* The sentence of a rule without one: it names what the rule is by. */
static void write_summary(unsigned by, struct buf *out)
{
	const char *before = "";

	for (unsigned i = 0; i < TREE_N_BY; i++)
		if (by & 1u << i) {
			buf_printf(out, "%s{%s}", before, tree_by_name(i));
			before = " ";
		}
	buf_puts(out, ": {feature} is {observed}, threshold {expected}");
}

/* The sentence's template with the rule's parameters put in: "{limit}". */
static void with_params(const char *text, const struct conf_pairs *params, struct buf *out)
{
	while (*text) {
		size_t n = strcspn(text, "{");
		const struct conf_pair *found = NULL;

		buf_add(out, text, n);
		text += n;
		n = *text ? strcspn(text, "}") : 0;
		for (size_t i = 0; i < params->n && text[0] && text[n]; i++) {
			const struct conf_pair *p = &params->v[i];

			if (p->key.s && p->value.s && strlen(p->key.s) == n - 1 &&
			    memcmp(p->key.s, text + 1, n - 1) == 0)
				found = p;
		}
		if (found) {
			buf_puts(out, found->value.s);
			text += n + 1;
		} else if (*text) {
			size_t braces = strspn(text, "{"); /* doubled: a brace */

			buf_add(out, text, braces);
			text += braces;
		}
	}
}

static int make_summary(struct plan_rule *r, struct errors *errors)
{
	const struct conf_text *own = &r->conf->summary;
	struct buf text = { 0 };
	char reason[200];
	size_t at = 0;
	int e;

	if (own->s)
		with_params(own->s, &r->conf->params, &text);
	else
		write_summary(r->by, &text);
	e = text.failed ? -ENOMEM
	                : summary_new(buf_str(&text), &r->summary, &at, reason, sizeof reason);
	if (e == -EINVAL) {
		if (!own->s || strncmp(own->s, buf_str(&text), at) != 0)
			at = 0; /* behind a parameter places are others */
		errors_add(errors, inside(own, at), "rule '%s': summary: %s", r->conf->name.s,
		           reason);
	}
	buf_done(&text);
	return e == -EINVAL ? 0 : e;
}

static int make_rule(struct plan *p, const struct conf_rule *c, struct errors *errors)
{
	struct plan_rule *r = &p->rules[p->n_rules++];
	int e;

	r->conf = c;
	r->kinds = kinds_of(c);
	r->by = by_of(c->by.s);
	r->has_state = conf_rule_has_state(c);
	r->labels = calloc(c->labels.n + 1, sizeof *r->labels);
	if (!r->labels)
		return -ENOMEM;
	for (size_t i = 0; i < c->labels.n; i++)
		r->labels[i] = (struct tocsin_label){ c->labels.v[i].key.s,
			                              c->labels.v[i].value.s };
	r->labels[c->labels.n] = (struct tocsin_label){ CONF_DRILL_LABEL, "true" };
	e = make_summary(r, errors);
	if (e)
		return e;
	e = define_rule_new(p->define, c, errors, &r->text);
	if (e == 0)
		e = make_version(r);
	if (e == 0)
		e = make_hours(p, r, errors);
	if (e == 0)
		e = make_detector(p, r, errors);
	if (e == 0 && TOCSIN_HAS(r->detector, wants_ticks) && r->detector->wants_ticks(r->self))
		r->kinds |= TOCSIN_KIND_BIT(TOCSIN_TICK);
	if (r->has_state) /* its timers ask for any of its keys */
		feature_set_keep(p->features, r->by);
	return e == -EINVAL ? 0 : e;
}

bool plan_rule_takes(const struct plan_rule *r, const struct tocsin_str *instrument)
{
	char name[160];

	if (r->conf->instruments.n == 0)
		return true;
	if (!instrument->p || instrument->n >= sizeof name)
		return false;
	memcpy(name, instrument->p, instrument->n);
	name[instrument->n] = 0;
	for (size_t i = 0; i < r->conf->instruments.n; i++)
		if (fnmatch(r->conf->instruments.v[i].s, name, 0) == 0)
			return true;
	return false;
}

/* Calendars ---------------------------------------------------------------------------------- */

static uint32_t calendar_of(const void *ctx, const struct tocsin_str *instrument)
{
	const struct calendars *c = ctx;
	size_t i = calendars_of(c, instrument);

	return i < c->n ? (uint32_t)i : FEATURE_NO_CALENDAR;
}

static int make_calendars(struct plan *p, struct errors *errors)
{
	int r = calendars_init(&p->calendars, p->conf, errors);
	bool by_instrument = false;
	uint32_t index;

	for (size_t i = 0; (r == 0 || r == -EINVAL) && i < p->calendars.n; i++) {
		const struct calendars_item *item = &p->calendars.items[i];
		int e = feature_set_calendar(p->features, item->name, item->calendar, &index);

		by_instrument |= item->instruments && item->instruments->n > 0;
		if (e == -EINVAL)
			errors_add(errors, p->conf->calendars[0].at, "too many calendars");
		r = e == -EINVAL ? e : e ? e : r;
	}
	if (by_instrument)
		feature_set_calendar_of(p->features, calendar_of, &p->calendars);
	return r == -EINVAL ? 0 : r;
}

/* The whole ---------------------------------------------------------------------------------- */

static void check_properties(const struct conf_source *s, struct errors *errors)
{
	for (size_t i = 0; i < s->kafka.n; i++) {
		const struct conf_pair *pair = &s->kafka.v[i];
		struct source_property prop = { pair->key.s, pair->value.s };
		char words[300];

		if (pair->key.s && pair->value.s &&
		    source_kafka_property(&prop, words, sizeof words))
			errors_add(errors, pair->key.at, "kafka: %s", words);
	}
}

/* Alerts and positions are named by topic, partition and offset: two sources that read topics of one
 * name, be it from two clusters, would take each other's for their own. */
static void check_topics(const struct conf *conf, size_t i, struct errors *errors)
{
	for (size_t t = 0; t < conf->sources[i].topics.n; t++)
		for (size_t j = 0; j < i; j++)
			for (size_t u = 0; u < conf->sources[j].topics.n; u++) {
				const struct conf_text *a = &conf->sources[i].topics.v[t];
				const struct conf_text *b = &conf->sources[j].topics.v[u];

				if (a->s && b->s && strcmp(a->s, b->s) == 0)
					errors_add(
						errors, a->at,
						"topic '%s' is read by another source too (line %u): "
						"alerts are named by topic, partition and offset",
						a->s, b->at.line);
			}
}

static void make_hash(struct plan *p)
{
	size_t n = feature_set_count(p->features) + 1, n_calendars = p->calendars.n;
	struct hash_part *parts = calloc(n + n_calendars, sizeof *parts);
	uint64_t *calendars = calloc(n_calendars + 1, sizeof *calendars);

	if (!parts || !calendars) {
		free(parts);
		free(calendars);
		return;
	}
	parts[0] = (struct hash_part){ p->conf->name.s, strlen(p->conf->name.s) };
	for (uint32_t i = 0; i + 1 < n; i++) {
		const char *name = feature_set_name(p->features, i);

		parts[i + 1] = (struct hash_part){ name, strlen(name) };
	}
	for (size_t i = 0; i < n_calendars; i++) {
		calendars[i] = calendar_hash(p->calendars.items[i].calendar);
		parts[n + i] = (struct hash_part){ &calendars[i], sizeof calendars[i] };
	}
	hash_id(parts, n + n_calendars, p->hash);
	free(calendars);
	free(parts);
}

/* The words that conditions may ask for; unnamed lists have their own error. */
static int make_lists(struct plan *p, struct errors *errors)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->conf->n_lists; i++) {
		const struct conf_list *l = &p->conf->lists[i];
		struct tocsin_str *words = calloc(l->values.n + 1, sizeof *words);
		size_t n = 0;

		if (!words)
			return -ENOMEM;
		for (size_t k = 0; k < l->values.n; k++)
			if (l->values.v[k].s)
				words[n++] = (struct tocsin_str){
					l->values.v[k].s, (uint32_t)strlen(l->values.v[k].s)
				};
		r = l->name.s ? feature_set_list(p->features, l->name.s, words, n) : 0;
		free(words);
		if (r == -EINVAL)
			errors_add(errors, l->at, "too many lists, or too many words in them");
	}
	return r == -ENOMEM ? r : 0;
}

int plan_new(const struct conf *conf, struct errors *errors, struct plan **ret_plan)
{
	struct plan *p = calloc(1, sizeof *p);
	size_t before = errors->n_all;
	int r;

	if (!p)
		return -ENOMEM;
	p->conf = conf;
	p->formats = calloc(conf->n_formats + 1, sizeof(struct format *));
	p->rules = calloc(conf->n_rules + 1, sizeof *p->rules);
	r = p->formats && p->rules ? feature_set_new(&p->features) : -ENOMEM;
	if (r == 0)
		r = define_new(conf, errors, &p->define);
	if (r == 0)
		r = make_lists(p, errors);
	for (size_t i = 0; r == 0 && i < conf->n_formats; i++) {
		if (!conf->formats[i].name.s) /* of a configuration that is only looked at */
			continue;
		r = plan_make_format(p, &conf->formats[i], errors);
		r = r == -EINVAL ? 0 : r;
	}
	if (r == 0)
		r = make_calendars(p, errors);
	for (size_t i = 0; r == 0 && i < conf->n_rules; i++) {
		if (!conf->rules[i].name.s || !conf->rules[i].when.s)
			continue;
		r = make_rule(p, &conf->rules[i], errors);
		p->by_instrument |= conf->rules[i].instruments.n > 0;
	}
	for (size_t i = 0; r == 0 && i < conf->n_sources; i++) {
		check_properties(&conf->sources[i], errors);
		check_topics(conf, i, errors);
	}
	if (r == 0 && errors->n_all > before)
		r = -EINVAL;
	if (r) {
		plan_free(p);
		return r;
	}
	if (conf->name.s)
		make_hash(p);
	*ret_plan = p;
	return 0;
}

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_rules; i++) {
		if (p->rules[i].self)
			p->rules[i].detector->free(p->rules[i].self);
		summary_free(p->rules[i].summary);
		free(p->rules[i].labels);
		free(p->rules[i].features);
		define_rule_free(p->rules[i].text);
	}
	for (size_t i = 0; i < p->n_formats; i++)
		format_free(p->formats[i]);
	feature_set_free(p->features);
	calendars_done(&p->calendars);
	define_free(p->define);
	free(p->formats);
	free(p->rules);
	free(p);
	return NULL;
}
