#include "plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "detect/registry.h"
#include "source/kafka.h"

/* Formats ------------------------------------------------------------------------------------ */

struct format_places {
	const struct conf_format *conf;
};

static struct place format_place_of(void *ctx, const char *option)
{
	const struct conf_format *f = ((struct format_places *)ctx)->conf;
	const struct {
		const char *name;
		const struct conf_text *text;
	} texts[] = {
		{ "name", &f->name },         { "preset", &f->preset },
		{ "kind", &f->kind },         { "instrument", &f->instrument },
		{ "time", &f->time },         { "price", &f->price },
		{ "qty", &f->size },          { "size", &f->size },
		{ "side", &f->side },         { "venue", &f->venue },
		{ "order_id", &f->order_id }, { "trade_id", &f->trade_id },
		{ "account", &f->account },   { "counterparty", &f->counterparty },
		{ "sequence", &f->sequence }, { "bid", &f->bid },
		{ "ask", &f->ask },           { "bid_qty", &f->bid_size },
		{ "bid_size", &f->bid_size }, { "ask_qty", &f->ask_size },
		{ "ask_size", &f->ask_size }, { "open", &f->open },
		{ "high", &f->high },         { "low", &f->low },
		{ "flags", &f->flags },       { "min_time", &f->min_time },
		{ "max_time", &f->max_time },
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(option, texts[i].name) == 0 && texts[i].text->at.line)
			return texts[i].text->at;
	if (strcmp(option, "kinds") == 0 && f->kinds.n)
		return f->kinds.v[0].key.at;
	if (strcmp(option, "sides") == 0 && f->sides.n)
		return f->sides.v[0].key.at;
	return f->at;
}

static struct decode_pair *pairs_of(const struct conf_pairs *p)
{
	struct decode_pair *v = calloc(p->n ? p->n : 1, sizeof *v);

	for (size_t i = 0; v && i < p->n; i++)
		v[i] = (struct decode_pair){ p->v[i].key.s, p->v[i].value.s };
	return v;
}

static int64_t time_of(const struct conf_text *t, struct errors *errors)
{
	int64_t ns = 0;

	if (t->s && time_parse(t->s, strlen(t->s), &ns))
		errors_add(errors, t->at, "'%s' is not a time such as 2024-01-31T00:00:00Z", t->s);
	return ns;
}

static int make_format(struct plan *p, const struct conf_format *f, struct errors *errors)
{
	struct format_places places = { f };
	struct decode_pair *kinds = pairs_of(&f->kinds), *sides = pairs_of(&f->sides);
	struct format_spec spec = {
		.name = f->name.s,
		.preset = f->preset.s,
		.codec = (enum decode_codec)f->codec,
		.kind = f->kind.s,
		.kinds = kinds,
		.n_kinds = f->kinds.n,
		.instrument = f->instrument.s,
		.time = f->time.s,
		.price = f->price.s,
		.qty = f->size.s,
		.side = f->side.s,
		.trade_price = f->trade_price.s,
		.trade_qty = f->trade_size.s,
		.aggressor = f->aggressor.s,
		.venue = f->venue.s,
		.order_id = f->order_id.s,
		.trade_id = f->trade_id.s,
		.account = f->account.s,
		.counterparty = f->counterparty.s,
		.sequence = f->sequence.s,
		.bid = f->bid.s,
		.ask = f->ask.s,
		.bid_qty = f->bid_size.s,
		.ask_qty = f->ask_size.s,
		.open = f->open.s,
		.high = f->high.s,
		.low = f->low.s,
		.flags = f->flags.s,
		.flag_snapshot = (uint32_t)f->flag_snapshot,
		.flag_last = (uint32_t)f->flag_last,
		.sides = sides,
		.n_sides = f->sides.n,
		.side_is_maker = f->side_of == 1,
		.fill_keeps_book = f->fill_keeps_book,
		.sequence_gapless = f->sequence_gapless,
		.time_unit = (enum decode_time_unit)f->time_unit,
		.price_exponent = (int)f->price_exponent,
		.qty_exponent = (int)f->size_exponent,
		.price_rule = (enum decode_price_rule)f->price_rule,
		.min_time_ns = time_of(&f->min_time, errors),
		.max_time_ns = time_of(&f->max_time, errors),
		.max_bytes = (size_t)f->max_bytes,
	};
	int r = !kinds || !sides ? -ENOMEM
	                         : format_new(&spec, errors, format_place_of, &places,
	                                      &p->formats[p->n_formats]);

	free(kinds);
	free(sides);
	if (r == 0)
		p->n_formats++;
	return r;
}

static struct place no_place(void *ctx, const char *option)
{
	(void)ctx;
	(void)option;
	return (struct place){ 0 };
}

const struct format *plan_format(struct plan *p, const char *name)
{
	struct errors errors = { 0 };
	const char *const *presets = format_presets();

	for (size_t i = 0; i < p->n_formats; i++)
		if (strcmp(format_name(p->formats[i]), name) == 0)
			return p->formats[i];
	for (; *presets; presets++) {
		struct format_spec spec = { .name = name, .preset = name };
		struct format **more;

		if (strcmp(*presets, name) != 0)
			continue;
		more = realloc(p->formats, (p->n_formats + 1) * sizeof *more);
		if (!more)
			return NULL;
		p->formats = more;
		if (format_new(&spec, &errors, no_place, NULL, &p->formats[p->n_formats])) {
			errors_done(&errors);
			return NULL;
		}
		return p->formats[p->n_formats++];
	}
	return NULL;
}

/* Rules -------------------------------------------------------------------------------------- */

struct host_ctx {
	struct plan *plan;
	struct plan_rule *rule;
};

static const char *host_option(void *ctx, const char *name)
{
	const struct conf_rule *r = ((struct host_ctx *)ctx)->rule->conf;

	return strcmp(name, "when") == 0           ? r->when.s
	       : strcmp(name, "resolve_when") == 0 ? r->resolve_when.s
	                                           : NULL;
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
	if (e == -EINVAL) {
		const struct conf_text *text = &c->when;

		if (option && strcmp(option, "resolve_when") == 0)
			text = &c->resolve_when;
		errors_add(errors, option && text->s ? inside(text, at) : c->at,
		           text == &c->when ? "rule '%s': %s" : "rule '%s': resolve_when: %s",
		           c->name.s, reason);
	}
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

/* Of the rule's own text: what it finds, and of a rule with states also when it says so. */
static void make_version(struct plan_rule *r)
{
	const struct conf_rule *c = r->conf;
	char states[120] = "", id[33];
	const struct hash_part parts[] = {
		{ c->name.s, strlen(c->name.s) },
		{ c->when.s, c->when.s ? strlen(c->when.s) : 0 },
		{ states, (size_t)snprintf(states, sizeof states, "%lld %lld %d %lld",
		                           (long long)c->for_ns, (long long)c->keep_firing_ns,
		                           c->no_data, (long long)c->no_data_after_ns) },
		{ c->resolve_when.s, c->resolve_when.s ? strlen(c->resolve_when.s) : 0 },
	};

	hash_id(parts, r->has_state ? 4 : 2, id);
	snprintf(r->version, sizeof r->version, "%.8s", id);
}

static int make_rule(struct plan *p, const struct conf_rule *c, struct errors *errors)
{
	struct plan_rule *r = &p->rules[p->n_rules++];
	char reason[200];
	size_t at = 0;
	int e;

	r->conf = c;
	r->kinds = kinds_of(c);
	r->by = FEATURE_BY_INSTRUMENT;
	r->has_state = conf_rule_has_state(c);
	make_version(r);
	r->labels = calloc(c->labels.n ? c->labels.n : 1, sizeof *r->labels);
	if (!r->labels)
		return -ENOMEM;
	for (size_t i = 0; i < c->labels.n; i++)
		r->labels[i] = (struct tocsin_label){ c->labels.v[i].key.s,
			                              c->labels.v[i].value.s };
	e = summary_new(c->summary.s, &r->summary, &at, reason, sizeof reason);
	if (e == -EINVAL)
		errors_add(errors, inside(&c->summary, at), "rule '%s': summary: %s", c->name.s,
		           reason);
	if (e && e != -EINVAL)
		return e;
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
	size_t n = feature_set_count(p->features) + 1;
	struct hash_part *parts = calloc(n, sizeof *parts);

	if (!parts)
		return;
	parts[0] = (struct hash_part){ p->conf->name.s, strlen(p->conf->name.s) };
	for (uint32_t i = 0; i + 1 < n; i++) {
		const char *name = feature_set_name(p->features, i);

		parts[i + 1] = (struct hash_part){ name, strlen(name) };
	}
	hash_id(parts, n, p->hash);
	free(parts);
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
	for (size_t i = 0; r == 0 && i < conf->n_formats; i++) {
		if (!conf->formats[i].name.s) /* of a configuration that is only looked at */
			continue;
		r = make_format(p, &conf->formats[i], errors);
		r = r == -EINVAL ? 0 : r;
	}
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
	}
	for (size_t i = 0; i < p->n_formats; i++)
		format_free(p->formats[i]);
	feature_set_free(p->features);
	free(p->formats);
	free(p->rules);
	free(p);
	return NULL;
}
