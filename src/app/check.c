/* check.c - the commands that look at a configuration and connect to nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "engine/plan.h"
#include "detect/registry.h"

/* Every format that a source names must be there. */
static void check_formats(const struct conf *conf, struct plan *plan, struct errors *errors)
{
	for (size_t i = 0; i < conf->n_sources; i++) {
		const struct conf_text *name = &conf->sources[i].format;

		if (name->s && !plan_format(plan, name->s))
			errors_add(errors, name->at, "unknown format '%s'", name->s);
	}
}

int load_config(const char *file, enum conf_need need, struct conf **ret_conf,
                struct plan **ret_plan)
{
	struct conf *conf = NULL, *part = NULL;
	struct errors errors = { 0 };
	struct plan *plan = NULL;
	int e = conf_load_parts(file, need, &errors, &conf, &part);

	/* Wrong options do not hide what is wrong with the rules. */
	if (conf || part) {
		int rules = plan_new(conf ? conf : part, &errors, &plan);

		e = e ? e : rules;
	}
	if (e == 0)
		check_formats(conf, plan, &errors);
	if (e == 0 && errors.n_all == 0) {
		*ret_conf = conf;
		*ret_plan = plan;
		return 0;
	}
	if (errors.n_all) {
		char *text = errors_text(&errors);

		fputs(text ? text : "tocsin: out of memory\n", stderr);
		free(text);
	} else {
		fprintf(stderr, "tocsin: %s\n", strerror(-e));
	}
	errors_done(&errors);
	plan_free(plan);
	conf_free(conf);
	conf_free(part);
	return e == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
}

struct arguments {
	const char *file;
	bool reference;
	enum conf_need need;
};

/* The one configuration file of `check` and `config`, by -c or as the argument. 0, an exit status,
 * or -1 when help was all that was wanted. */
static int read_arguments(const struct command *c, int argc, char **argv, struct arguments *ret)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "reference", no_argument, NULL, 'R' },
		{ "replay", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret = (struct arguments){ .need = CONF_FOR_RUN };
	while ((option = usage_option(c, argc, argv, ":c:h", longs)) != -1) {
		switch (option) {
		case 'c': ret->file = optarg; break;
		case 'R': ret->reference = true; break;
		case 'r': ret->need = CONF_FOR_REPLAY; break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (!ret->file && optind < argc)
		ret->file = argv[optind++];
	return optind < argc ? usage_error(c, "unexpected argument '%s'", argv[optind]) : 0;
}

int command_check(const struct command *c, int argc, char **argv)
{
	struct conf *conf;
	struct plan *plan;
	struct arguments a;
	int e = read_arguments(c, argc, argv, &a);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (!a.file)
		return usage_error(c, "no configuration named");
	e = load_config(a.file, a.need, &conf, &plan);
	if (e)
		return e;
	printf("%s: right: %zu sources, %zu rules, %zu sinks, %u features\n", a.file,
	       conf->n_sources, conf->n_rules, conf->n_sinks, feature_set_count(plan->features));
	plan_free(plan);
	conf_free(conf);
	return EXIT_DONE;
}

int command_config(const struct command *c, int argc, char **argv)
{
	struct errors errors = { 0 };
	struct buf out = { 0 };
	struct conf *conf;
	struct arguments a;
	char *text;
	int e = read_arguments(c, argc, argv, &a);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (a.reference) {
		conf_reference(&out);
	} else if (!a.file) {
		return usage_error(c, "no configuration named");
	} else if (conf_load(a.file, a.need, &errors, &conf) == 0) {
		conf_print(conf, &out);
		conf_free(conf);
	} else {
		text = errors_text(&errors);
		fputs(text ? text : "tocsin: out of memory\n", stderr);
		free(text);
		errors_done(&errors);
		return EXIT_CONFIG;
	}
	e = fputs(buf_str(&out), stdout) < 0 || fflush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
	buf_done(&out);
	return e;
}

int command_detectors(const struct command *c, int argc, char **argv)
{
	const struct tocsin_detector *const *all;
	struct arguments a;
	size_t n;
	int e = read_arguments(c, argc, argv, &a);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (a.file)
		return usage_error(c, "unexpected argument '%s'", a.file);
	all = registry_all(&n);
	for (size_t i = 0; i < n; i++) {
		printf("%s - %s\n", all[i]->name, all[i]->summary);
		for (const struct tocsin_param *p = all[i]->params; p && p->name; p++)
			printf("  %-12s %s%s%s%s\n", p->name, p->help,
			       p->def ? " (default " : " (required", p->def ? p->def : "", ")");
	}
	printf("\nFeatures, per instrument over windows of event time:\n");
	for (const struct feature_help *h = feature_help(); h->name; h++)
		printf("  %s%s%s\n      %s\n", h->name, h->args[0] == '(' || !h->args[0] ? "" : " ",
		       h->args, h->help);
	return EXIT_DONE;
}
