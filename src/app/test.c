/* test.c - `tocsin test`: rule tests. What is written depends on the files alone. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "lab/suite.h"

struct options {
	const char *pattern, *junit;
	bool verbose, coverage;
};

/* "-o junit FILE" is one option with two words, as its users know it: taken out before getopt(), which
 * knows "-o junit=FILE". Returns the arguments that are left. */
static int take_output(int argc, char **argv, struct options *o)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (i + 2 < argc && strcmp(argv[i + 1], "junit") == 0 &&
		    (strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--output") == 0)) {
			o->junit = argv[i + 2];
			i += 2;
			continue;
		}
		argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

static int read_options(const struct command *c, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { "run", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },      { "coverage", no_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },         { 0 },
	};
	int option;

	while ((option = usage_option(c, argc, argv, ":o:r:vh", longs)) != -1) {
		switch (option) {
		case 'r': o->pattern = optarg; break;
		case 'v': o->verbose = true; break;
		case 'C': o->coverage = true; break;
		case 'o':
			if (strncmp(optarg, "junit=", 6) != 0 || !optarg[6])
				return usage_error(c, "--output: '%s' is not 'junit FILE'", optarg);
			o->junit = optarg + 6;
			break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	return optind == argc ? usage_error(c, "no test file named") : 0;
}

static int tell_errors(struct errors *errors, int e)
{
	char *text = errors->n_all ? errors_text(errors) : NULL;

	fputs(text ? text : e == -ENOMEM ? "tocsin test: out of memory\n" : "", stderr);
	free(text);
	return e == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
}

static int write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");
	bool bad = !f || b->failed || fwrite(b->p, 1, b->n, f) != b->n;

	bad |= f && fclose(f);
	if (bad)
		fprintf(stderr, "tocsin test: %s: %s\n", path, strerror(errno));
	return bad ? EXIT_RUNTIME : 0;
}

static int report(const struct options *o, const struct lab_suite *suites, size_t n)
{
	size_t n_run = 0, n_failed = 0, n_open = 0;
	struct buf out = { 0 }, xml = { 0 }, open = { 0 };
	int e = 0;

	for (size_t i = 0; i < n; i++) {
		if (suites[i].n_results || !o->pattern)
			lab_suite_report(&suites[i], o->verbose, &out);
		n_run += suites[i].n_results;
		n_failed += suites[i].n_failed;
	}
	buf_printf(&out, "%zu test%s: %zu passed, %zu failed\n", n_run, n_run == 1 ? "" : "s",
	           n_run - n_failed, n_failed);
	if (!o->pattern)
		n_open = lab_suite_uncovered(suites, n, &open);
	if (n_open && o->coverage)
		buf_puts(&out, buf_str(&open));
	else if (n_open)
		buf_printf(&out,
		           "note: %zu rule%s without a test that makes it fire or one that "
		           "keeps it silent (--coverage names them)\n",
		           n_open, n_open == 1 ? "" : "s");
	if (o->junit) {
		lab_junit(suites, n, &xml);
		e = write_file(o->junit, &xml);
	}
	if (out.failed || fputs(buf_str(&out), stdout) < 0 || fflush(stdout))
		e = EXIT_RUNTIME;
	if (e == 0 && n_run == 0) {
		fprintf(stderr, "tocsin test: no test matches '%s'\n", o->pattern);
		e = EXIT_RUNTIME;
	}
	buf_done(&out);
	buf_done(&xml);
	buf_done(&open);
	return e ? e : n_failed || (o->coverage && n_open) ? EXIT_RUNTIME : EXIT_DONE;
}

int command_test(const struct command *c, int argc, char **argv)
{
	struct errors errors = { 0 };
	struct lab_suite *suites;
	struct options o = { 0 };
	int e, worst = 0;
	size_t n = 0;

	argc = take_output(argc, argv, &o);
	e = read_options(c, argc, argv, &o);
	if (e)
		return e < 0 ? EXIT_DONE : e;
	suites = calloc((size_t)(argc - optind), sizeof *suites);
	if (!suites)
		return tell_errors(&errors, -ENOMEM);
	for (; optind < argc; optind++) {
		e = lab_suite_load(argv[optind], &errors, &suites[n++]);
		worst = worst ? worst : e;
	}
	for (size_t i = 0; worst == 0 && i < n; i++)
		worst = lab_suite_run(&suites[i], o.pattern, &errors);
	e = worst ? tell_errors(&errors, worst) : report(&o, suites, n);
	for (size_t i = 0; i < n; i++)
		lab_suite_done(&suites[i]);
	free(suites);
	errors_done(&errors);
	return e;
}
