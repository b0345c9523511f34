/* What a right configuration becomes: every option, its default, places, aliases, bounds. */
#include <errno.h>
#include <unistd.h>

#include "core/log.h"
#include "core/timefmt.h"
#include "parse.h"

START_TEST(defaults)
{
	struct conf *c;

	unsetenv("STATE_DIRECTORY");
	c = parse(MINIMAL "formats: [{name: f}]\n");
	ck_assert_str_eq(c->file, "f.yaml");
	ck_assert_str_eq(c->name.s, "tocsin");
	ck_assert_str_eq(c->state_dir.s, "/var/lib/tocsin");
	ck_assert_int_eq(c->seed, 1);
	ck_assert_int_eq(c->log_level, LOG_LEVEL_INFO);
	ck_assert_str_eq(c->listen.s, "127.0.0.1:9464");
	ck_assert_uint_eq(c->n_sources, 1);
	ck_assert_str_eq(c->sources[0].group.s, "tocsin");
	ck_assert_int_eq(c->sources[0].start, CONF_START_EARLIEST);
	ck_assert_ptr_null(c->sources[0].dead_letter.s);
	ck_assert_uint_eq(c->sources[0].kafka.n, 0);
	ck_assert_uint_eq(c->n_formats, 1);
	ck_assert_str_eq(c->formats[0].preset.s, "generic");
	ck_assert_ptr_null(c->formats[0].price.s);
	ck_assert_int_eq(c->formats[0].codec, 0);
	ck_assert_int_eq(c->formats[0].time_unit, 0);
	ck_assert_int_eq(c->formats[0].side_of, 0);
	ck_assert_int_eq(c->formats[0].price_rule, 0);
	ck_assert_str_eq(c->formats[0].min_time.s, "1990-01-01T00:00:00Z");
	ck_assert_str_eq(c->formats[0].max_time.s, "2200-01-01T00:00:00Z");
	ck_assert_int_eq(c->formats[0].max_bytes, 1 << 20);
	ck_assert_str_eq(c->rules[0].detector.s, "rules");
	ck_assert_uint_eq(c->rules[0].kinds.n, 1);
	ck_assert_str_eq(c->rules[0].kinds.v[0].s, "trade");
	ck_assert_uint_eq(c->rules[0].instruments.n, 0);
	ck_assert_int_eq(c->rules[0].severity, 1);
	ck_assert_double_eq(c->rules[0].confidence, 0);
	ck_assert_int_eq(c->rules[0].cooldown_ns, 300 * NS_PER_S);
	ck_assert_ptr_null(c->rules[0].summary.s);
	conf_free(c);
}
END_TEST

START_TEST(defaults_of_sinks_and_limits)
{
	struct conf *c = parse(MINIMAL);
	const struct conf_sink *s = &c->sinks[0];

	ck_assert_int_eq(s->type, CONF_SINK_WEBHOOK);
	ck_assert_int_eq(s->style, CONF_STYLE_JSON);
	ck_assert_int_eq(s->connect_timeout_ns, 5 * NS_PER_S);
	ck_assert_int_eq(s->timeout_ns, 15 * NS_PER_S);
	ck_assert_int_eq(s->concurrency, 8);
	ck_assert_int_eq(s->retry_base_ns, NS_PER_S);
	ck_assert_int_eq(s->retry_cap_ns, 900 * NS_PER_S);
	ck_assert_int_eq(s->give_up_ns, 72 * 3600 * NS_PER_S);
	ck_assert_ptr_null(s->ca_file.s);
	ck_assert(s->verify_tls);
	ck_assert_int_eq(c->limits.max_keys, 100000);
	ck_assert_int_eq(c->limits.max_window_events, 65536);
	ck_assert_int_eq(c->limits.allowed_lateness_ns, 5 * NS_PER_S);
	ck_assert_int_eq(c->limits.max_outbox, 1000000);
	ck_assert_int_eq(c->limits.keep_alerts_ns, 7 * 86400 * NS_PER_S);
	ck_assert_int_eq(c->limits.commit_interval_ns, NS_PER_S);
	ck_assert_int_eq(c->limits.batch, 4096);
	conf_free(c);
}
END_TEST

static const char sources_and_formats[] =
	"name: desk-1\n"
	"state_dir: /srv/t\n"
	"seed: 9223372036854775807\n"
	"log_level: debug\n"
	"listen: \"[::1]:0\"\n"
	"sources:\n"
	"  - name: a\n"
	"    brokers: b1:9092,b2:9092\n"
	"    topics: [t1, '^md[.].*']\n"
	"    group: g\n"
	"    format: f\n"
	"    start: latest\n"
	"    dead_letter: dlq.t1\n"
	"    kafka: {client.id: yes, fetch.min.bytes: 1000, empty: ''}\n"
	"formats:\n"
	"  - name: f\n"
	"    preset: databento-mbo\n"
	"    codec: csv\n"
	"    kind: action\n"
	"    kinds: {T: trade, R: ignore}\n"
	"    instrument: i\n"
	"    time: hd.ts\n"
	"    time_unit: text\n"
	"    sides: {A: sell}\n"
	"    side_of: maker\n"
	"    flags: fl\n"
	"    flag_snapshot: 4294967295\n"
	"    flag_last: 128\n"
	"    price_exponent: -18\n"
	"    size_exponent: 9\n"
	"    price_rule: any\n"
	"    min_time: 2023-12-25 00:00:00Z\n"
	"    max_bytes: 64KiB\n" MINIMAL_RULES MINIMAL_SINKS;

START_TEST(sources)
{
	struct conf *c = parse(sources_and_formats);
	const struct conf_source *s = &c->sources[0];

	ck_assert_str_eq(c->name.s, "desk-1");
	ck_assert_str_eq(c->state_dir.s, "/srv/t");
	ck_assert_int_eq(c->seed, INT64_MAX);
	ck_assert_int_eq(c->log_level, LOG_LEVEL_DEBUG);
	ck_assert_str_eq(c->listen.s, "[::1]:0");
	ck_assert_str_eq(s->brokers.s, "b1:9092,b2:9092");
	ck_assert_uint_eq(s->topics.n, 2);
	ck_assert_str_eq(s->topics.v[1].s, "^md[.].*");
	ck_assert_str_eq(s->group.s, "g");
	ck_assert_int_eq(s->start, CONF_START_LATEST);
	ck_assert_str_eq(s->dead_letter.s, "dlq.t1");
	ck_assert_uint_eq(s->kafka.n, 3);
	ck_assert_str_eq(s->kafka.v[0].key.s, "client.id");
	ck_assert_str_eq(s->kafka.v[0].value.s, "yes");
	ck_assert_str_eq(s->kafka.v[1].value.s, "1000");
	ck_assert_str_eq(s->kafka.v[2].value.s, "");
	conf_free(c);
}
END_TEST

START_TEST(formats)
{
	struct conf *c = parse(sources_and_formats);
	const struct conf_format *f = &c->formats[0];

	ck_assert_str_eq(f->preset.s, "databento-mbo");
	ck_assert_int_eq(f->codec, 1);
	ck_assert_str_eq(f->kind.s, "action");
	ck_assert_uint_eq(f->kinds.n, 2);
	ck_assert_str_eq(f->kinds.v[1].key.s, "R");
	ck_assert_str_eq(f->kinds.v[1].value.s, "ignore");
	ck_assert_str_eq(f->time.s, "hd.ts");
	ck_assert_int_eq(f->time_unit, 5);
	ck_assert_str_eq(f->sides.v[0].value.s, "sell");
	ck_assert_int_eq(f->side_of, 1);
	ck_assert_int_eq(f->flag_snapshot, UINT32_MAX);
	ck_assert_int_eq(f->flag_last, 128);
	ck_assert_int_eq(f->price_exponent, -18);
	ck_assert_int_eq(f->size_exponent, 9);
	ck_assert_int_eq(f->price_rule, 2);
	ck_assert_str_eq(f->min_time.s, "2023-12-25 00:00:00Z");
	ck_assert_int_eq(f->max_bytes, 65536);
	conf_free(c);
}
END_TEST

START_TEST(rules_and_sinks)
{
	struct conf *c = parse(MINIMAL_SOURCES
	                       "rules:\n"
	                       "  - name: r-1_x\n"
	                       "    match:\n"
	                       "      kind: [trade, fill]\n"
	                       "      instrument: ES*\n"
	                       "    detector: ewma\n"
	                       "    severity: critical\n"
	                       "    confidence: 80%\n"
	                       "    cooldown: 1h30m\n"
	                       "    summary: |\n"
	                       "      two\n"
	                       "      lines\n"
	                       "    runbook: https://w/\n"
	                       "    labels: {desk: a, Team_2: ''}\n"
	                       "sinks:\n"
	                       "  - {name: f, type: file, path: /x/y, style: human}\n"
	                       "  - {name: o, type: stdout, verify_tls: Off, concurrency: 64}\n"
	                       "limits: {max_keys: 1, allowed_lateness: 0, keep_alerts: 2w}\n");
	const struct conf_rule *r = &c->rules[0];

	ck_assert_uint_eq(r->kinds.n, 2);
	ck_assert_str_eq(r->kinds.v[1].s, "fill");
	ck_assert_uint_eq(r->instruments.n, 1);
	ck_assert_str_eq(r->instruments.v[0].s, "ES*");
	ck_assert_str_eq(r->detector.s, "ewma");
	ck_assert_ptr_null(r->when.s);
	ck_assert_int_eq(r->severity, 2);
	ck_assert_double_eq(r->confidence, 0.8);
	ck_assert_int_eq(r->cooldown_ns, 5400 * NS_PER_S);
	ck_assert_str_eq(r->summary.s, "two\nlines\n");
	ck_assert_uint_eq(r->labels.n, 2);
	ck_assert_str_eq(r->labels.v[1].value.s, "");
	ck_assert_int_eq(c->sinks[0].type, CONF_SINK_FILE);
	ck_assert_str_eq(c->sinks[0].path.s, "/x/y");
	ck_assert_int_eq(c->sinks[0].style, CONF_STYLE_HUMAN);
	ck_assert_int_eq(c->sinks[1].type, CONF_SINK_STDOUT);
	ck_assert(!c->sinks[1].verify_tls);
	ck_assert_int_eq(c->sinks[1].concurrency, 64);
	ck_assert_int_eq(c->limits.max_keys, 1);
	ck_assert_int_eq(c->limits.allowed_lateness_ns, 0);
	ck_assert_int_eq(c->limits.keep_alerts_ns, 14 * 86400 * NS_PER_S);
	conf_free(c);
}
END_TEST

START_TEST(places)
{
	struct conf *c = parse(MINIMAL "formats:\n  - name: f\n    kind: action\n");

	ck_assert_str_eq(c->sources[0].at.file, "f.yaml");
	ck_assert_uint_eq(c->sources[0].at.line, 2);
	ck_assert_uint_eq(c->sources[0].at.column, 5);
	ck_assert_uint_eq(c->rules[0].when.at.line, 4);
	ck_assert_uint_eq(c->rules[0].when.at.column, 21);
	ck_assert_uint_eq(c->formats[0].kind.at.line, 9);
	ck_assert_uint_eq(c->formats[0].kind.at.column, 11);
	/* what was not given stands where its section begins */
	ck_assert_uint_eq(c->formats[0].preset.at.line, 8);
	ck_assert_uint_eq(c->formats[0].at.column, 5);
	conf_free(c);
}
END_TEST

/* YAML 1.1's words and numbers are texts wherever a text is wanted. */
START_TEST(texts_as_written)
{
	struct conf *c = parse(MINIMAL_SOURCES MINIMAL_SINKS
	                       "rules:\n"
	                       "  - {name: '1', when: yes}\n"
	                       "  - {name: '2', when: 0x10}\n"
	                       "  - {name: '3', when: ~}\n"
	                       "  - {name: '4', when: 1e3}\n"
	                       "  - {name: '5', when: \"${HOME} \\u00e4\"}\n"
	                       "  - {name: 6, when: null}\n");

	ck_assert_str_eq(c->rules[0].when.s, "yes");
	ck_assert_str_eq(c->rules[1].when.s, "0x10");
	ck_assert_str_eq(c->rules[2].when.s, "~");
	ck_assert_str_eq(c->rules[3].when.s, "1e3");
	ck_assert_str_eq(c->rules[4].when.s, "${HOME} \xc3\xa4");
	ck_assert_str_eq(c->rules[5].name.s, "6");
	ck_assert_str_eq(c->rules[5].when.s, "null");
	conf_free(c);
}
END_TEST

START_TEST(empty_sections)
{
	struct conf *c = parse("\xef\xbb\xbf# with a byte order mark\r\n" MINIMAL
	                       "formats:\nlimits:\n  # nothing\n");

	ck_assert_uint_eq(c->n_formats, 0);
	ck_assert_int_eq(c->limits.batch, 4096);
	conf_free(c);
	c = parse(MINIMAL "listen: ''\nformats: []\nlimits: {}\n");
	ck_assert_str_eq(c->listen.s, "");
	conf_free(c);
}
END_TEST

START_TEST(replay_needs_less)
{
	struct conf *c = parse_for(MINIMAL_RULES, CONF_FOR_REPLAY);
	char *said;

	ck_assert_uint_eq(c->n_sources, 0);
	ck_assert_uint_eq(c->n_sinks, 0);
	conf_free(c);
	said = refused_for(MINIMAL_RULES, CONF_FOR_RUN);
	ck_assert_ptr_nonnull(strstr(said, "'sources' is missing"));
	ck_assert_ptr_nonnull(strstr(said, "'sinks' is missing"));
	free(said);
}
END_TEST

START_TEST(state_directory)
{
	struct conf *c;

	setenv("STATE_DIRECTORY", "/run/one:/run/two", 1);
	c = parse(MINIMAL);
	ck_assert_str_eq(c->state_dir.s, "/run/one");
	conf_free(c);
	c = parse(MINIMAL "state_dir: here\n");
	ck_assert_str_eq(c->state_dir.s, "here");
	conf_free(c);
	setenv("STATE_DIRECTORY", "", 1);
	c = parse(MINIMAL);
	ck_assert_str_eq(c->state_dir.s, "/var/lib/tocsin");
	conf_free(c);
	unsetenv("STATE_DIRECTORY");
}
END_TEST

START_TEST(aliases)
{
	struct conf *c = parse(MINIMAL_SOURCES MINIMAL_SINKS
	                       "rules:\n"
	                       "  - {name: a, when: &w x > 1, labels: &l {desk: d}}\n"
	                       "  - {name: b, when: *w, labels: *l}\n");

	ck_assert_str_eq(c->rules[1].when.s, "x > 1");
	ck_assert_str_eq(c->rules[1].labels.v[0].value.s, "d");
	conf_free(c);
}
END_TEST

/* Each level names the one before ten times: 10^9 texts when written out. */
START_TEST(billion_laughs)
{
	char *said = refused_for("name: &a [x,x,x,x,x,x,x,x,x,x]\n"
	                         "seed: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	                         "listen: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	                         "sources: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	                         "formats: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	                         "rules: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
	                         "sinks: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
	                         CONF_FOR_RUN);

	ck_assert_ptr_nonnull(
		strstr(said, "once its aliases are written out (more than 100000 nodes)"));
	free(said);
}
END_TEST

static char *repeated(const char *head, const char *part, size_t n)
{
	struct buf b = { 0 };

	buf_puts(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, part);
	return buf_take(&b);
}

static void refused_with(char *text, const char *words)
{
	char *said = refused_for(text, CONF_FOR_RUN);

	ck_assert_msg(strstr(said, words) != NULL, "%.300s", said);
	free(said);
	free(text);
}

/* Texts that would take libyaml quadratic time or much memory. */
START_TEST(bounds)
{
	refused_with(repeated("", "[", 1000000), "nested too deep");
	refused_with(repeated("", "- ", 500000), "nested too deep");
	refused_with(repeated("", "? ", 500000), "nested too deep");
	refused_with(repeated("a: [", "&x y,", 150000), "more than 1000 anchors");
	refused_with(repeated("a: [", "x,", 300000), "more than 100000 nodes");
	refused_with(repeated("", "%TAG !a! b\n", 90000), "more than 16 YAML directives");
	refused_with(repeated("#", "xxxxxxxxxxxxxxxx", 65536), "larger than 1048576 bytes");
	refused_with(repeated("rules:", "\n - {}", 10001), "more than 10000 of them");
}
END_TEST

START_TEST(errors_are_bounded)
{
	char *text = repeated("", "x: 1\n", 1000);
	char *said = refused_for(text, CONF_FOR_RUN);

	ck_assert_ptr_nonnull(strstr(said, "and 803 more\n"));
	free(said);
	free(text);
}
END_TEST

static int load(const char *file, struct errors *errors, struct conf **ret)
{
	*ret = NULL;
	return conf_load(file, CONF_FOR_RUN, errors, ret);
}

START_TEST(from_a_file)
{
	char folder[] = "/tmp/tocsin-conf-XXXXXX", file[64];
	struct errors errors = { 0 };
	struct conf *c;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/c.yaml", folder);
	f = fopen(file, "w");
	ck_assert(f && fputs(MINIMAL, f) >= 0 && fclose(f) == 0);
	ck_assert_int_eq(load(file, &errors, &c), 0);
	ck_assert_str_eq(c->file, file);
	c = conf_free(c);
	ck_assert_int_eq(load(folder, &errors, &c), -EINVAL);
	ck_assert_str_eq(errors.items[0].text, "cannot be read: Is a directory");
	ck_assert_int_eq(truncate(file, 2 << 20), 0);
	ck_assert_int_eq(load(file, &errors, &c), -EINVAL);
	ck_assert_str_eq(errors.items[1].text,
	                 "larger than 1048576 bytes, which no configuration needs");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(load(file, &errors, &c), -EINVAL);
	ck_assert_str_eq(errors.items[2].at.file, file);
	ck_assert_str_eq(errors.items[2].text, "cannot be read: No such file or directory");
	ck_assert_ptr_null(c);
	errors_done(&errors);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(from_standard_input)
{
	static const char text[] = MINIMAL "seeed: 1\n";
	struct errors errors = { 0 };
	int ends[2], kept = dup(STDIN_FILENO);
	struct conf *c;
	char *said;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, sizeof text - 1), sizeof text - 1);
	close(ends[1]);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	ck_assert_int_eq(load("-", &errors, &c), -EINVAL);
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
	said = errors_text(&errors);
	ck_assert_str_eq(said, "<stdin>:7:1: error: unknown option 'seeed' at the top level "
	                       "(did you mean 'seed'?)\n");
	free(said);
	errors_done(&errors);
}
END_TEST

START_TEST(free_takes_null)
{
	ck_assert_ptr_null(conf_free(NULL));
}
END_TEST

SUITE("conf: parse", defaults, defaults_of_sinks_and_limits, sources, formats, rules_and_sinks,
      places, texts_as_written, empty_sections, replay_needs_less, state_directory, aliases,
      billion_laughs, bounds, errors_are_bounded, from_a_file, from_standard_input, free_takes_null)
