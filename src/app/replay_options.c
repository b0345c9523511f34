#include "replay_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/backtest.h"
#include "core/timefmt.h"

static int read_speed(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "x") != 0) || !(*ret > 0) || *ret > 1e9)
		return -EINVAL;
	return 0;
}

/* A time, or "+10m" after the last event. */
static int read_until(const char *text, struct replay_options *o)
{
	o->goes_on = true;
	if (*text == '+')
		return duration_parse(text + 1, strlen(text + 1), &o->for_ns);
	return time_parse(text, strlen(text), &o->until_ns);
}

static int read_output(const struct command *c, const char *word, struct replay_options *o)
{
	static const char *const words[] = { "human", "jsonl", "csv", "json" };
	static const enum replay_output outputs[] = { OUTPUT_HUMAN, OUTPUT_JSONL, OUTPUT_CSV,
		                                      OUTPUT_JSON };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], word) == 0) {
			o->output = outputs[i];
			return 0;
		}
	return usage_error(c, "--output: '%s' is not human, jsonl or csv", word);
}

/* What does not go together. */
static int check(const struct command *c, int argc, struct replay_options *o)
{
	bool backtest = o->against || o->sensitivity;

	if (!o->config)
		return usage_error(c, "no configuration named (-c FILE)");
	if (optind == argc)
		return usage_error(c, "no log named");
	if (backtest && (o->speed > 0 || o->as || o->goes_on || o->output == OUTPUT_CSV))
		return usage_error(
			c, "--against and --sensitivity know no --speed, --as, --until and -o csv");
	if (o->against && o->sensitivity)
		return usage_error(c, "--against or --sensitivity, not both at once");
	if (o->fail_on_change && !o->against)
		return usage_error(c, "--fail-on-change needs --against");
	if (o->output == OUTPUT_JSON && !backtest)
		return usage_error(c,
		                   "--output: json is of --against and --sensitivity; write jsonl");
	if (o->output == OUTPUT_UNSAID)
		o->output = backtest || isatty(STDOUT_FILENO) ? OUTPUT_HUMAN : OUTPUT_JSONL;
	return 0;
}

int replay_options(const struct command *c, int argc, char **argv, struct replay_options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "rules", required_argument, NULL, 'c' },
		{ "against", required_argument, NULL, 'A' },
		{ "tolerance", required_argument, NULL, 'T' },
		{ "sensitivity", no_argument, NULL, 'S' },
		{ "fail-on-change", no_argument, NULL, 'F' },
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "write", required_argument, NULL, 'w' },
		{ "speed", required_argument, NULL, 's' },
		{ "as", required_argument, NULL, 'a' },
		{ "parser", required_argument, NULL, 'p' },
		{ "until", required_argument, NULL, 'u' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, e;

	*o = (struct replay_options){ .output = OUTPUT_UNSAID };
	(void)duration_parse(BACKTEST_TOLERANCE, strlen(BACKTEST_TOLERANCE), &o->tolerance_ns);
	while ((option = usage_option(c, argc, argv, ":c:f:o:w:qh", longs)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'f': o->format = optarg; break;
		case 'w': o->write = optarg; break;
		case 'a': o->as = optarg; break;
		case 'q': o->quiet = true; break;
		case 'A': o->against = optarg; break;
		case 'S': o->sensitivity = true; break;
		case 'F': o->fail_on_change = true; break;
		case 'T':
			if (duration_parse(optarg, strlen(optarg), &o->tolerance_ns))
				return usage_error(
					c, "--tolerance: '%s' is not a duration such as 30s",
					optarg);
			break;
		case 's':
			if (read_speed(optarg, &o->speed))
				return usage_error(c,
				                   "--speed: '%s' is not a speed such as 1x or 60x",
				                   optarg);
			break;
		case 'o':
			e = read_output(c, optarg, o);
			if (e)
				return e;
			break;
		case 'u':
			if (read_until(optarg, o))
				return usage_error(
					c, "--until: '%s' is not a time or a span such as +10m",
					optarg);
			break;
		case 'p':
			if (strcmp(optarg, "simdjson") != 0 && strcmp(optarg, "jansson") != 0)
				return usage_error(c, "--parser: '%s' is not simdjson or jansson",
				                   optarg);
			o->parser = optarg[0] == 'j' ? DECODE_JSON_JANSSON : DECODE_JSON_SIMD;
			break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	return check(c, argc, o);
}
