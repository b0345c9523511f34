#include "engine/drill.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "core/timefmt.h"

static const struct {
	const char *format, *message;
} built_in[] = {
	{ "generic",
	  "{\"instrument\":\"{instrument}\",\"time\":{time_ns},\"price\":1,\"size\":1}" },
	{ "databento-mbo",
	  "{\"hd\":{\"ts_event\":\"{time_ns}\"},\"action\":\"T\",\"side\":\"N\",\"price\":\"1000000000\","
	  "\"size\":1,\"order_id\":\"0\",\"flags\":0,\"symbol\":\"{instrument}\"}" },
	{ "binance-trade",
	  "{\"e\":\"trade\",\"E\":{time_ms},\"s\":\"{instrument}\",\"t\":{n},\"p\":\"1\",\"q\":\"1\","
	  "\"T\":{time_ms},\"m\":false}" },
};

int64_t drill_time(int64_t now_ns)
{
	return now_ns - now_ns % NS_PER_MS;
}

void drill_message(const struct drill *d, size_t i, int64_t time_ns, struct buf *out)
{
	char words[4][TIMEFMT_TEXT];
	const struct {
		const char *name, *value;
	} parts[] = {
		{ "{time_ms}", words[0] },
		{ "{time_ns}", words[1] },
		{ "{n}", words[2] },
		{ "{time}", words[3] },
		{ "{instrument}", d->conf->instrument.s },
	};

	snprintf(words[0], sizeof words[0], "%lld", (long long)(time_ns / NS_PER_MS));
	snprintf(words[1], sizeof words[1], "%lld", (long long)time_ns);
	snprintf(words[2], sizeof words[2], "%lld",
	         (long long)(time_ns / NS_PER_MS) + (long long)i);
	time_format(time_ns, words[3]);
	for (const char *s = d->messages[i]; *s;) {
		size_t k = 0;

		while (k < 5 && strncmp(s, parts[k].name, strlen(parts[k].name)) != 0)
			k++;
		if (k == 5) {
			buf_putc(out, *s++);
		} else {
			buf_puts(out, parts[k].value);
			s += strlen(parts[k].name);
		}
	}
}

/* What it is ---------------------------------------------------------------------------------- */

static bool topic_matches(const char *pattern, const char *topic)
{
	regex_t re;
	bool yes;

	if (*pattern != '^')
		return strcmp(pattern, topic) == 0;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	yes = regexec(&re, topic, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

static void find_topic(struct drill *d, struct errors *errors)
{
	const struct conf_texts *topics = &d->source->topics;
	const struct conf_text *given = &d->conf->topic;

	for (size_t i = 0; i < topics->n && !d->topic; i++)
		if (given->s ? topic_matches(topics->v[i].s, given->s) : topics->v[i].s[0] != '^')
			d->topic = given->s ? given->s : topics->v[i].s;
	if (d->topic)
		return;
	if (given->s)
		errors_add(errors, given->at,
		           "option 'topic' in drill: source '%.64s' does not read it",
		           d->source->name.s);
	else
		errors_add(errors, d->conf->at,
		           "missing option 'topic' in drill: source '%.64s' has patterns only",
		           d->source->name.s);
}

static void find_messages(struct drill *d, struct errors *errors)
{
	const struct conf_texts *m = &d->conf->messages;

	for (size_t i = 0; i < m->n && i < CONF_DRILL_MESSAGES; i++)
		d->messages[d->n++] = m->v[i].s;
	for (size_t i = 0; i < sizeof built_in / sizeof built_in[0] && m->n == 0; i++)
		if (strcmp(d->source->format.s, built_in[i].format) == 0)
			d->messages[d->n++] = built_in[i].message;
	if (d->n == 0)
		errors_add(
			errors, d->conf->at,
			"missing option 'messages' in drill: none is built in for format '%.64s'",
			d->source->format.s);
}

/* The kinds of its events; 0 after a mistake was told. */
static uint32_t read_message(const struct drill *d, size_t i, struct decoder *decoder, int64_t now,
                             struct errors *errors)
{
	struct place at = i < d->conf->messages.n ? d->conf->messages.v[i].at : d->conf->at;
	const char *instrument = d->conf->instrument.s, *field = "";
	enum decode_verdict v;
	struct buf text = { 0 };
	uint32_t kinds = 0;
	size_t n = 0;

	drill_message(d, i, now, &text);
	decoder_record_time(decoder, now);
	v = decode_message(decoder, buf_str(&text), text.n, &n, &field);
	for (size_t k = 0; v == DECODE_OK && k < n; k++) {
		struct tocsin_event e;

		v = decode_event(decoder, k, &e, &field);
		if (v != DECODE_OK)
			break;
		if (e.instrument.n != strlen(instrument) ||
		    memcmp(e.instrument.p, instrument, e.instrument.n) != 0) {
			errors_add(errors, at,
			           "drill: message %zu is of instrument '%.*s', not of '%s'", i + 1,
			           (int)e.instrument.n, e.instrument.p, instrument);
			kinds = 0;
			goto out;
		}
		if (e.time_ns < now) {
			errors_add(errors, at,
			           "drill: message %zu does not have the drill's time: {time_ms}, "
			           "{time_ns} or {time}",
			           i + 1);
			kinds = 0;
			goto out;
		}
		kinds |= TOCSIN_KIND_BIT(e.kind);
	}
	if (v != DECODE_OK || n == 0) {
		errors_add(errors, at, "drill: format '%.64s' does not read message %zu: %s%s%s",
		           d->source->format.s, i + 1,
		           decode_verdict_name(v == DECODE_OK ? DECODE_IGNORED : v),
		           field && *field ? " " : "", field ? field : "");
		kinds = 0;
	}
out:
	buf_done(&text);
	return kinds;
}

static const struct plan_rule *rule_of(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (strcmp(p->rules[i].conf->name.s, name) == 0)
			return &p->rules[i];
	return NULL;
}

static void check_rule(struct plan *p, const struct drill *d, uint32_t kinds, struct errors *errors)
{
	const char *instrument = d->conf->instrument.s;
	const struct tocsin_str name = { .p = instrument, .n = (uint32_t)strlen(instrument) };
	const struct plan_rule *r = rule_of(p, d->conf->rule.s);

	if (!r)
		return;
	if (!plan_rule_takes(r, &name))
		errors_add(
			errors, d->conf->rule.at,
			"option 'rule' in drill: rule '%s' does not take instrument '%s' (match)",
			d->conf->rule.s, instrument);
	if (kinds && !(kinds & r->kinds))
		errors_add(errors, d->conf->rule.at,
		           "option 'rule' in drill: rule '%s' takes no event of the kind that the "
		           "messages are of (match)",
		           d->conf->rule.s);
}

int drill_make(struct plan *p, int64_t now_ns, struct errors *errors, struct drill *ret)
{
	const struct conf *c = p->conf;
	const struct format *format;
	struct decoder *decoder = NULL;
	size_t before = errors->n_all;
	uint32_t kinds = 0;
	int e;

	*ret = (struct drill){ .conf = &c->drill };
	for (size_t i = 0; i < c->n_sources && !ret->source; i++)
		if (!c->drill.source.s || strcmp(c->drill.source.s, c->sources[i].name.s) == 0)
			ret->source = &c->sources[i];
	if (!c->drill.rule.s || !ret->source)
		return -ENOENT;
	format = plan_format(p, ret->source->format.s);
	if (!format)
		return -EINVAL; /* told elsewhere */
	find_topic(ret, errors);
	find_messages(ret, errors);
	e = decoder_new(format, DECODE_JSON_JANSSON, &decoder);
	for (size_t i = 0; e == 0 && i < ret->n; i++)
		kinds |= read_message(ret, i, decoder, drill_time(now_ns), errors);
	decoder_free(decoder);
	if (e)
		return e;
	check_rule(p, ret, kinds, errors);
	return errors->n_all > before ? -EINVAL : 0;
}

/* Telling them -------------------------------------------------------------------------------- */

static bool is_of(const struct plan *p, const char *rule, const struct tocsin_event *e)
{
	const struct conf_drill *d = &p->conf->drill;

	return d->rule.s && strcmp(rule, d->rule.s) == 0 &&
	       e->instrument.n == strlen(d->instrument.s) &&
	       memcmp(e->instrument.p, d->instrument.s, e->instrument.n) == 0;
}

bool drill_event(const struct plan *p, size_t rule, const struct tocsin_event *e)
{
	return is_of(p, p->rules[rule].conf->name.s, e);
}

bool drill_made(const struct plan *p, const struct tocsin_alert *a)
{
	return is_of(p, a->rule, a->event);
}
