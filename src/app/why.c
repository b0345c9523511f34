/* why.c - `tocsin why`: a rule's values around a moment. What is written depends on the logs and the
 * configuration alone. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/progress.h"
#include "core/timefmt.h"
#include "lab/why.h"

#define WINDOW (10 * NS_PER_S)
#define MOST 20

struct options {
	const char *config, *format;
	struct lab_why_ask ask;
	size_t most;
	bool json, quiet;
};

static int read_most(const struct command *c, const char *text, size_t *ret)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end == text || *end || v < 1 || v > LAB_WHY_LOOKS)
		return usage_error(c, "--most: '%s' is not a number from 1 to %d", text,
		                   LAB_WHY_LOOKS);
	*ret = (size_t)v;
	return 0;
}

static int read_what(const struct command *c, int argc, char **argv, struct options *o)
{
	if (!o->config)
		return usage_error(c, "no configuration named (-c FILE)");
	if (argc - optind < 4)
		return usage_error(c, "RULE, INSTRUMENT, TIME and a log are needed");
	o->ask.rule = argv[optind++];
	o->ask.instrument = argv[optind++];
	if (time_parse(argv[optind], strlen(argv[optind]), &o->ask.time_ns))
		return usage_error(c, "'%s' is not a time such as 2024-01-31T09:30:00Z",
		                   argv[optind]);
	optind++;
	return 0;
}

/* 0, an exit status, or -1 when help was all that was wanted. */
static int read_options(const struct command *c, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "window", required_argument, NULL, 'w' },
		{ "most", required_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, e;

	*o = (struct options){ .ask.window_ns = WINDOW, .most = MOST };
	while ((option = usage_option(c, argc, argv, ":c:f:o:w:n:qh", longs)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'f': o->format = optarg; break;
		case 'q': o->quiet = true; break;
		case 'n':
			e = read_most(c, optarg, &o->most);
			if (e)
				return e;
			break;
		case 'w':
			if (duration_parse(optarg, strlen(optarg), &o->ask.window_ns))
				return usage_error(
					c, "--window: '%s' is not a duration such as 10s", optarg);
			break;
		case 'o':
			if (strcmp(optarg, "human") != 0 && strcmp(optarg, "json") != 0)
				return usage_error(c, "--output: '%s' is not human or json",
				                   optarg);
			o->json = *optarg == 'j';
			break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	return read_what(c, argc, argv, o);
}

static int load(const char *path, struct lab_rules *rules)
{
	struct errors errors = { 0 };
	int e = lab_rules_load(path, &path, 1, NULL, 0, &errors, rules);
	char *text = errors.n_all ? errors_text(&errors) : NULL;

	if (e)
		fputs(text ? text : "tocsin why: out of memory\n", stderr);
	free(text);
	errors_done(&errors);
	return e == 0 ? 0 : e == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
}

static const struct format *find_format(const struct command *c, const struct options *o,
                                        const struct lab_rules *rules, int *ret)
{
	const struct conf *conf = rules->conf;
	const char *name = o->format         ? o->format
	                   : conf->n_sources ? conf->sources[0].format.s
	                                     : NULL;
	const struct format *f = name ? plan_format(rules->plan, name) : NULL;

	if (!name)
		*ret = usage_error(c,
		                   "no format: the configuration has no source; name one with -f");
	else if (!f)
		*ret = usage_error(c, "unknown format '%s'", name);
	return f;
}

static int unknown_rule(const struct command *c, const struct lab_rules *rules, const char *name)
{
	const char *near = lab_rules_nearest(rules, name);

	return usage_error(c, "no rule is named '%s'%s%s%s", name, near ? " (did you mean '" : "",
	                   near ? near : "", near ? "'?)" : "");
}

static int write_report(const struct options *o, const struct lab_why *why)
{
	struct buf out = { 0 };
	int e = EXIT_DONE;

	if (o->json)
		lab_why_json(why, &out);
	else
		lab_why_text(why, o->most, &out);
	if (out.failed || fputs(buf_str(&out), stdout) < 0 || fflush(stdout)) {
		fprintf(stderr, "tocsin why: writing the report: %s\n",
		        out.failed ? "out of memory" : strerror(errno));
		e = EXIT_RUNTIME;
	}
	buf_done(&out);
	return e;
}

static int run(const struct options *o, const struct lab_rules *rules, const struct format *format,
               char **logs, size_t n_logs, struct lab_why *why)
{
	const struct lab_watch watch = lab_why_watch(why);
	const struct plan *plan = rules->plan;
	char reason[300] = "out of memory";
	struct lab *lab = NULL;
	int e = lab_new(&plan, 1, "replay", &watch, &lab);

	if (e == 0)
		e = lab_read(lab, (const char *const *)logs, n_logs, format, reason, sizeof reason);
	lab_free(lab);
	if (e) {
		fprintf(stderr, "tocsin why: %s\n", reason);
		return EXIT_RUNTIME;
	}
	return write_report(o, why);
}

int command_why(const struct command *c, int argc, char **argv)
{
	const struct format *format = NULL;
	struct lab_rules rules = { 0 };
	struct lab_why *why = NULL;
	struct options o;
	int e = read_options(c, argc, argv, &o);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	e = load(o.config, &rules);
	if (e == 0)
		format = find_format(c, &o, &rules, &e);
	if (e == 0) {
		e = lab_why_new(&rules, &o.ask, &why);
		e = e == -ENOENT ? unknown_rule(c, &rules, o.ask.rule) : e ? EXIT_RUNTIME : 0;
	}
	if (e == 0)
		e = run(&o, &rules, format, argv + optind, (size_t)(argc - optind), why);
	lab_why_free(why);
	lab_rules_done(&rules);
	return e;
}
