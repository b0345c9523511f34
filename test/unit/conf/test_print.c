/* The effective configuration and the reference page read back. */
#include <ctype.h>
#include <errno.h>

#include "conf/option.h"
#include "conf/print.h"
#include "parse.h"

static bool same_section(const struct conf_section *s, const char *a, const char *b);

static bool same_text(const struct conf_text *a, const struct conf_text *b)
{
	return a->secret == b->secret && (a->s == NULL) == (b->s == NULL) &&
	       (!a->s || strcmp(a->s, b->s) == 0);
}

static bool same_texts(const struct conf_texts *a, const struct conf_texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_text(&a->v[i], &b->v[i]))
			return false;
	return true;
}

static bool same_pairs(const struct conf_pairs *a, const struct conf_pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_text(&a->v[i].key, &b->v[i].key) ||
		    !same_text(&a->v[i].value, &b->v[i].value))
			return false;
	return true;
}

static bool same_list(const struct conf_option *o, const char *a, const char *b)
{
	const char *x, *y;
	size_t n, m;

	memcpy(&x, a + o->offset, sizeof x);
	memcpy(&y, b + o->offset, sizeof y);
	memcpy(&n, a + o->count, sizeof n);
	memcpy(&m, b + o->count, sizeof m);
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_section(o->section, x + i * o->section->size, y + i * o->section->size))
			return false;
	return true;
}

static bool same_option(const struct conf_option *o, const char *a, const char *b)
{
	const void *x = a + o->offset, *y = b + o->offset;

	switch (o->type) {
	case CONF_TEXT: return same_text(x, y);
	case CONF_TEXTS: return same_texts(x, y);
	case CONF_PAIRS: return same_pairs(x, y);
	case CONF_LIST: return same_list(o, a, b);
	case CONF_SECTION: return same_section(o->section, x, y);
	case CONF_ENUM: return memcmp(x, y, sizeof(int)) == 0;
	case CONF_BOOL: return *(const bool *)x == *(const bool *)y;
	case CONF_FRACTION: return memcmp(x, y, sizeof(double)) == 0;
	default: return memcmp(x, y, sizeof(int64_t)) == 0;
	}
}

static bool same_section(const struct conf_section *s, const char *a, const char *b)
{
	for (size_t i = 0; i < s->n; i++)
		if (!same_option(&s->options[i], a, b))
			return false;
	return true;
}

static void reads_back(const char *text)
{
	struct conf *a = parse(text), *b;
	char *shown = printed(a), *again;

	b = parse(shown);
	ck_assert_msg(same_section(&conf_section_top, (const char *)a, (const char *)b), "%s",
	              shown);
	again = printed(b);
	ck_assert_str_eq(shown, again);
	free(shown);
	free(again);
	conf_free(a);
	conf_free(b);
}

START_TEST(prints_what_it_reads)
{
	reads_back(MINIMAL);
	reads_back(MINIMAL
	           "listen: ''\nseed: 0\nlog_level: error\nlimits: {allowed_lateness: 1ns}\n");
	reads_back(
		"sources:\n"
		"  - {name: s, brokers: 'a:1,b:2', topics: ['^x.*', y], format: f, start: latest,\n"
		"     dead_letter: d, kafka: {a.b: ' x ', c: '', d: \"#\\n\\t\\\"\\\\'\"}}\n"
		"formats:\n"
		"  - {name: f, kinds: {'a: b': trade, '- ': fill, ? x : bar}, max_bytes: 64}\n"
		"rules:\n"
		"  - name: 1-2\n"
		"    when: >-\n"
		"      a\n"
		"      and b\n"
		"    match: {kind: [quote, bar], instrument: ['*', '?', '---', '...', '-', '~']}\n"
		"    confidence: 12.3456789%\n"
		"    cooldown: 1d2h3m4s5ms6us7ns\n"
		"    summary: \"\\u0085\\u2028\\ufeff\\u00e4\\u20ac\\U0001f600 %s %n: [x] {y}\"\n"
		"    labels: {a: 'true', b: '@', c: '`', d: '%', e: '!', f: '&', g: '*'}\n"
		"sinks:\n"
		"  - {name: a, type: file, path: '/a b', style: human}\n"
		"  - {name: b, url: 'https://h/?a=b#c', verify_tls: no, headers: {X-Desk: ''}}\n"
		"  - {name: c, type: stdout}\n"
		"limits: {max_keys: 5, keep_alerts: 2w}\n");
}
END_TEST

/* Any text at all is read back from how it is printed. */
START_TEST(any_text)
{
	static const unsigned points[] = { 9,      10,     13,     32,      34,      35,
		                           39,     45,     46,     58,      63,      92,
		                           123,    126,    0x7f,   0x80,    0x85,    0x9f,
		                           0xa0,   0x2028, 0x2029, 0xd7ff,  0xe000,  0xfeff,
		                           0xfffd, 0xfffe, 0xffff, 0x10000, 0x10ffff };

	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		char text[400], escaped[20];
		struct conf *c, *d;
		char *shown;

		if (points[i] == 13 || points[i] == 0x7f)
			continue; /* control characters: refused */
		snprintf(escaped, sizeof escaped, "\\U%08x", points[i]);
		snprintf(text, sizeof text,
		         "rules: [{name: r, when: \"%s\", summary: \"x%s\", runbook: \"%sx\", "
		         "detector: d, labels: {a: \"a %s b\"}}]",
		         escaped, escaped, escaped, escaped);
		c = parse_for(text, CONF_FOR_REPLAY);
		shown = printed(c);
		d = parse_for(shown, CONF_FOR_REPLAY);
		ck_assert_str_eq(c->rules[0].when.s, d->rules[0].when.s);
		ck_assert_str_eq(c->rules[0].summary.s, d->rules[0].summary.s);
		ck_assert_str_eq(c->rules[0].runbook.s, d->rules[0].runbook.s);
		ck_assert_str_eq(c->rules[0].labels.v[0].value.s, d->rules[0].labels.v[0].value.s);
		free(shown);
		conf_free(c);
		conf_free(d);
	}
}
END_TEST

START_TEST(plain_where_safe)
{
	static const char *const cases[][2] = {
		{ "abc", "abc" },     { "/a/b.c-d_e", "/a/b.c-d_e" }, { "-", "\"-\"" },
		{ "", "\"\"" },       { "a b", "\"a b\"" },           { "a:b", "\"a:b\"" },
		{ "...", "\"...\"" }, { "\xff", "\"\\xff\"" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b = { 0 };

		conf_print_text(cases[i][0], &b);
		ck_assert_str_eq(buf_str(&b), cases[i][1]);
		buf_done(&b);
	}
}
END_TEST

static char *reference(void)
{
	struct buf b = { 0 };

	conf_reference(&b);
	ck_assert(!b.failed);
	return buf_take(&b);
}

START_TEST(reference_is_valid)
{
	char *page = reference(), *line, *rest = page;
	struct conf *c = parse(page);

	ck_assert_uint_eq(c->n_sources, 1);
	ck_assert_uint_eq(c->n_formats, 1);
	ck_assert_uint_eq(c->n_rules, 1);
	ck_assert_uint_eq(c->n_sinks, 1);
	conf_free(c);
	while ((line = strsep(&rest, "\n")))
		ck_assert_msg(strlen(line) <= 130 && !strchr(line, '\t') &&
		                      (!*line || line[strlen(line) - 1] != ' '),
		              "'%s'", line);
	free(page);
}
END_TEST

static size_t count_options(const struct conf_section *s, const char *page)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct conf_option *o = &s->options[i];
		char line[80];

		snprintf(line, sizeof line, "%s:", o->key);
		ck_assert_msg(strstr(page, line) != NULL, "%s is not on the page", o->key);
		ck_assert_msg(o->help && *o->help, "%s", o->key);
		n += o->section ? count_options(o->section, page) : 1;
	}
	return n;
}

/* Does the page show this option's default, not an example? */
static bool shows_default(const struct conf_section *s, const char *line)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct conf_option *o = &s->options[i];
		size_t n = strlen(o->key);

		if (o->section && shows_default(o->section, line))
			return true;
		if (strncmp(o->key, line, n) == 0 && line[n] == ':' && o->def && !o->example)
			return true;
	}
	return false;
}

/* Each line that is commented out, alone, leaves a valid configuration when it is uncommented, and
 * the same one when it is a default. */
START_TEST(every_example_is_valid)
{
	char *page = reference(), *at = page;
	struct conf *plain = parse_for(page, CONF_FOR_REPLAY);
	size_t n = 0, n_set = 0, n_same = 0, all = count_options(&conf_section_top, page);

	for (; at; at = strchr(at, '\n')) {
		char *c, *said = NULL;
		struct errors errors = { 0 };
		struct conf *conf = NULL;

		at += *at == '\n';
		c = at + strspn(at, " ");
		n_set += islower((unsigned char)*c) && c[strcspn(c, ":") + 1] == ' ';
		n_set += *c == '-';
		if (*c != '#' || !islower((unsigned char)c[1]))
			continue;
		n++;
		memmove(c, c + 1, strcspn(c + 1, "\n"));
		c[strcspn(c, "\n") - 1] = ' ';
		conf_parse(page, strlen(page), "r", CONF_FOR_REPLAY, &errors, &conf);
		said = errors_text(&errors);
		if (strncmp(c, "path:", 5) == 0)
			ck_assert_ptr_nonnull(strstr(said, "is of type file only"));
		else if (strncmp(c, "include:", 8) == 0)
			ck_assert_ptr_nonnull(strstr(said, "only a file can name another"));
		else if (strncmp(c, "active:", 7) == 0)
			ck_assert_ptr_nonnull(strstr(said, "needs the option 'calendar'"));
		else if (strncmp(c, "file:", 5) == 0)
			ck_assert(strstr(said, "values or a file, not both") ||
			          strstr(said, "calendar file calendars/XNYS.yaml cannot be read"));
		else if (strstr(said,
		                "option 'rule' in drill")) /* a drill needs a rule of its own */
			ck_assert(strncmp(c, "instrument:", 11) == 0 ||
			          strncmp(c, "rule:", 5) == 0 || strncmp(c, "source:", 7) == 0 ||
			          strncmp(c, "topic:", 6) == 0 || strncmp(c, "timeout:", 8) == 0 ||
			          strncmp(c, "messages:", 9) == 0);
		else
			ck_assert_msg(conf != NULL, "%.40s: %s", c, said);
		if (shows_default(&conf_section_top, c)) {
			ck_assert_msg(same_section(&conf_section_top, (const char *)plain,
			                           (const char *)conf),
			              "%.40s", c);
			n_same++;
		}
		memmove(c + 1, c, strcspn(c, "\n") - 1);
		*c = '#';
		conf_free(conf);
		errors_done(&errors);
		free(said);
	}
	ck_assert_uint_eq(n + n_set, all);
	ck_assert_uint_ge(n_same, 30);
	conf_free(plain);
	free(page);
}
END_TEST

SUITE("conf: print", prints_what_it_reads, any_text, plain_where_safe, reference_is_valid,
      every_example_is_valid)
