/* main.c - tocsin's command line: finds the subcommand and hands over. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <librdkafka/rdkafka.h>

#include "app/command.h"
#include "core/nearest.h"

const struct command commands[] = {
	{ "run", "-c FILE", "consume, score and alert: the daemon",
	  "  -c, --config FILE   configuration (YAML; - = standard input)\n"
	  "\n"
	  "Stops on SIGTERM or SIGINT after committing what it has taken; a second one ends it at once.\n"
	  "Under systemd it reports readiness and feeds the watchdog.\n",
	  command_run },
	{ "replay", "-c FILE [options] LOG...", "score recorded logs",
	  "  -c, --config FILE   configuration; its rules and formats are used\n"
	  "  -f, --format NAME   format of the logs (default: that of the first source)\n"
	  "  -o, --output WORD   human (default on a terminal), jsonl or csv\n"
	  "  -w, --write FILE    alerts to FILE instead of standard output\n"
	  "      --speed N       as fast as N times the recorded speed, e.g. 1x or 60x (default: no wait)\n"
	  "      --as TOPIC[:N]  name alerts as if the log were this topic with N partitions, keyed by\n"
	  "                      instrument (default: the first source's first topic, 1 partition)\n"
	  "      --until TIME    at the end of the logs let time go on until then, or +10m for so long:\n"
	  "                      silences and states that end by themselves are told (default: no)\n"
	  "      --parser WORD   simdjson (default) or jansson\n"
	  "  -q, --quiet         no progress, no summary\n"
	  "\n"
	  "Two versions of rules over the same logs:\n"
	  "      --rules FILE --against OLD   alerts gained, lost and moved from OLD to FILE, by rule, day and\n"
	  "                      instrument (-o human or json)\n"
	  "      --tolerance D   alerts this near to each other are one that moved (default 30s)\n"
	  "      --fail-on-change   status 1 when any alert changed\n"
	  "      --sensitivity   alerts of each rule with each of its params moved by 10, 25 and 50 %\n"
	  "\n"
	  "Logs: .jsonl or .csv, plain, gzip or zstd; several are merged by event time; - = standard\n"
	  "input. The alerts depend on the logs and the configuration alone: the same bytes every time.\n",
	  command_replay },
	{ "test", "[options] FILE...", "rule tests: events in, alerts expected",
	  "  -o, --output junit FILE   the results as JUnit XML, too\n"
	  "  -r, --run PATTERN   only tests with this in their name (* and ? as in file names)\n"
	  "  -v, --verbose       every alert of every test\n"
	  "      --coverage      name the rules that no test makes fire, or none keeps silent; status 1 if any\n"
	  "\n"
	  "conf/rule-tests.md tells how a test file is written. Each test runs alone. Status 0 when all\n"
	  "passed, 1 when some failed, 78 when a file is wrong, with each error as file:line:column.\n",
	  command_test },
	{ "book", "-f FORMAT [options] LOG...", "the order books of recorded logs",
	  "  -f, --format NAME      format of the logs\n"
	  "  -c, --config FILE      configuration whose formats are known by name too\n"
	  "  -i, --instrument NAME  this one only\n"
	  "  -n, --levels N         best levels of each side (default 10; 0 = all)\n"
	  "      --every N          instead of the books at the end: best bid and ask after every N-th\n"
	  "                         event, as CSV\n"
	  "  -o, --output WORD      human (default on a terminal) or csv\n"
	  "  -q, --quiet            no summary\n"
	  "\n"
	  "Rebuilds each instrument's book from its order events. The summary counts what is odd in them:\n"
	  "unknown orders, overfills, books crossed at the end of a packet, gaps in the numbers, and so on.\n",
	  command_book },
	{ "why", "[options] RULE INSTRUMENT TIME -c FILE LOG...", "why a rule fired, or did not",
	  "  -c, --config FILE   configuration; its rules and formats are used\n"
	  "  -f, --format NAME   format of the logs (default: that of the first source)\n"
	  "  -w, --window D      looks from D before TIME to D after it (default 10s)\n"
	  "  -n, --most N        looks that are shown (default 20)\n"
	  "  -o, --output WORD   human (default) or json, which has every look\n"
	  "  -q, --quiet         nothing else\n"
	  "\n"
	  "Each look of the rule at the instrument, with every comparison: observed, threshold, how far off;\n"
	  "windows that are not full, cooldown, confidence, pending; and the answer in one sentence.\n",
	  command_why },
	{ "demo", "[options]", "the whole job on an excerpt of real market data, in a minute",
	  "      --seed N        where the episodes fall (default 1)\n"
	  "      --speed N       times the recorded speed (default: about 30 s in all)\n"
	  "  -q, --quiet         the summary only\n"
	  "\n"
	  "Starts a small Kafka inside the process, produces real order book events with injected,\n"
	  "labelled episodes into it, runs the daemon on it, and shows every alert as its webhook gets it.\n",
	  command_demo },
	{ "drill", "-c FILE [--timeout D]",
	  "does an alert come through? a test of the running system",
	  "  -c, --config FILE   configuration of the running daemon, with a section `drill`\n"
	  "  -t, --timeout D     an alert not delivered by then is overdue (default: drill.timeout)\n"
	  "\n"
	  "Sends the drill's messages to the source's topic, like any other event, and follows their alert\n"
	  "through the state folder until every sink has it. Status 0 delivered, 1 overdue, with the stage\n"
	  "that was not reached, 69 when the broker does not answer or no daemon has the state folder.\n",
	  command_drill },
	{ "inject", "[options] LOG...",
	  "a recorded log with labelled episodes of market abuse in it",
	  "  -p, --pattern NAME     a pattern, or a look-alike; again for more (default: all that can be)\n"
	  "      --each N           episodes of each (default 3)\n"
	  "      --difficulty WORD  easy, medium (default) or hard\n"
	  "      --seed N           of every choice (default 1)\n"
	  "      --accounts         give every order a synthetic account\n"
	  "      --negatives        one of each look-alike that is no abuse, too\n"
	  "      --venues 2         a second venue, B, that follows the trades\n"
	  "      --shift DURATION   every time so much later, e.g. to end with a calendar's session\n"
	  "      --close TIME       a session's end, for marking-the-close; again for more, one episode\n"
	  "                         each (default: the log's end)\n"
	  "      --spread DURATION  quiet between two episodes (default 30s)\n"
	  "      --warm DURATION    quiet from the first trade on (default 310s)\n"
	  "      --instrument NAME  of several in the log (default: that of the first line)\n"
	  "  -l, --labels FILE      what was put where, JSON lines\n"
	  "  -o, --output FILE      the log (default: standard output)\n"
	  "      --table            what easy, medium and hard mean, as Markdown\n"
	  "\n"
	  "Logs: Databento mbo JSON lines, plain, gzip or zstd, one after another. The same options,\n"
	  "seed and log give the same bytes. conf/rules/EPISODES.md describes the patterns.\n",
	  command_inject },
	{ "evaluate", "-c FILE --labels FILE... ALERTS...",
	  "what rules found of injected episodes, and what else they said",
	  "  -c, --config FILE      the rules, with a label `pattern` each\n"
	  "  -l, --labels FILE      of `inject`; one for each file of alerts, in the same order\n"
	  "      --grace DURATION   an alert so long after an episode is still of it (default 5s)\n"
	  "      --base-rate N      precision where one episode comes in N events (default 100000)\n"
	  "      --json             not as a table\n"
	  "\n"
	  "ALERTS are JSON lines of `replay`. An alert is true, false (in no episode, or in a look-alike of\n"
	  "its pattern), or in an episode of another pattern. `make evaluate-rules` does all of it.\n",
	  command_evaluate },
	{ "check", "[-c] FILE", "is the configuration right? all errors at once",
	  "  -c, --config FILE   configuration\n"
	  "      --replay        for `replay`: sources, sinks and secrets may be missing\n"
	  "      --expand        the conditions too, with definitions and parameters written out\n"
	  "\n"
	  "Connects to nothing. Status 0, or 78 with each error as file:line:column.\n",
	  command_check },
	{ "config", "[-c FILE | --reference]", "the effective configuration, secrets left out",
	  "  -c, --config FILE   configuration\n"
	  "      --replay        as `replay` reads it: secrets are not looked up\n"
	  "      --reference     every option, commented, with its default\n",
	  command_config },
	{ "calendar", "[NAME | --file FILE] [--from DATE] [--to DATE]",
	  "the known exchange calendars, or the days of one",
	  "      --file FILE     a calendar file instead of a known calendar\n"
	  "      --from DATE     first day to show (default: today)\n"
	  "      --to DATE       last day (default: two weeks)\n"
	  "\n"
	  "Each day with its phases, in local time and in UTC; (-1) is the day before, (+1) the day after.\n"
	  "Without a name: the calendars that rules may name without a file.\n",
	  command_calendar },
	{ "detectors", "[--page]", "the detectors, their parameters, and the language of rules",
	  "      --page          the language as conf/rule-language.md\n", command_detectors },
	{ 0 },
};

static void help(FILE *to)
{
	fputs("tocsin - streaming anomaly alerts for trading events\n\nusage: tocsin COMMAND [options]\n\n",
	      to);
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-10s %s\n", c->name, c->summary);
	fputs("\n"
	      "tocsin COMMAND --help tells more of a command; --version, --help.\n"
	      "Status: 0 done, 1 failed while running, 2 wrong command line, 69 something needed is not\n"
	      "available, 78 wrong configuration.\n",
	      to);
}

void usage_help(const struct command *c)
{
	printf("usage: tocsin %s%s%s\n\n%s\n%s%s  -h, --help          this text\n", c->name,
	       c->args[0] ? " " : "", c->args, c->summary, c->help[0] ? "\n" : "", c->help);
}

int usage_error(const struct command *c, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "tocsin %s: ", c->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: tocsin %s %s (tocsin %s --help tells more)\n", c->name, c->args,
	        c->name);
	return EXIT_USAGE;
}

int usage_option(const struct command *c, int argc, char **argv, const char *shorts,
                 const struct option *longs)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, shorts, longs, NULL);
	if (option == ':')
		usage_error(c, "option '%s' needs a value", argv[optind - 1]);
	else if (option == '?' && optopt && optind > 0 && strncmp(argv[optind - 1], "--", 2) != 0)
		usage_error(c, "unknown option '-%c'", optopt);
	else if (option == '?')
		usage_error(c, "unknown option '%s'", argv[optind - 1]);
	return option == ':' ? '?' : option;
}

int main(int argc, char **argv)
{
	const char *names[32], *near;
	size_t n = 0;

	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("tocsin %s (librdkafka %s, libcurl %s)\n", TOCSIN_VERSION,
		       rd_kafka_version_str(), curl_version_info(CURLVERSION_NOW)->version);
		return EXIT_DONE;
	}
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(argv[1], c->name) == 0)
			return c->run(c, argc - 1, argv + 1);
		names[n++] = c->name;
	}
	near = nearest(argv[1], strlen(argv[1]), names, n);
	fprintf(stderr, "tocsin: unknown command '%s'%s%s%s\n\n", argv[1],
	        near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	help(stderr);
	return EXIT_USAGE;
}
