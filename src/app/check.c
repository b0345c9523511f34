/* check.c - the commands that look at a configuration and connect to nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/plan.h"
#include "detect/registry.h"

int load_config(const char *file, enum conf_need need, struct conf **ret_conf,
                struct plan **ret_plan)
{
	struct errors errors = { 0 };
	struct conf *conf = NULL;
	int e = conf_load(file, need, &errors, &conf);

	/* Even a configuration with errors may be whole enough to look at its rules too. */
	if (e == 0)
		e = plan_new(conf, &errors, ret_plan);
	for (size_t i = 0; e == 0 && i < conf->n_sources; i++) {
		const struct conf_text *name = &conf->sources[i].format;

		if (name->s && !plan_format(*ret_plan, name->s)) {
			errors_add(&errors, name->at, "unknown format '%s'", name->s);
			e = -EINVAL;
		}
	}
	if (e) {
		char *text = errors.n_all ? errors_text(&errors) : NULL;

		fputs(text ? text : "tocsin: out of memory\n", stderr);
		free(text);
		errors_done(&errors);
		if (conf)
			conf_free(conf);
		return e == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
	}
	*ret_conf = conf;
	return 0;
}

/* The one configuration file of `check` and `config`, by -c or as the argument. */
static int file_argument(const struct command *c, int argc, char **argv, int *ret_reference,
                         const char **ret_file)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "reference", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret_file = NULL;
	*ret_reference = 0;
	while ((option = usage_option(c, argc, argv, ":c:h", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'h') {
			usage_help(c);
			return -1;
		}
		if (option == 'r')
			*ret_reference = 1;
		else
			*ret_file = optarg;
	}
	if (!*ret_file && optind < argc)
		*ret_file = argv[optind++];
	if (optind < argc)
		return usage_error(c, "unexpected argument '%s'", argv[optind]);
	return 0;
}

int command_check(const struct command *c, int argc, char **argv)
{
	struct conf *conf;
	struct plan *plan;
	const char *file;
	int reference, e = file_argument(c, argc, argv, &reference, &file);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (!file)
		return usage_error(c, "no configuration named");
	e = load_config(file, CONF_FOR_RUN, &conf, &plan);
	if (e)
		return e;
	printf("%s: right: %zu sources, %zu rules, %zu sinks, %u features\n", file, conf->n_sources,
	       conf->n_rules, conf->n_sinks, feature_set_count(plan->features));
	plan_free(plan);
	conf_free(conf);
	return EXIT_DONE;
}

int command_config(const struct command *c, int argc, char **argv)
{
	struct errors errors = { 0 };
	struct buf out = { 0 };
	struct conf *conf;
	const char *file;
	char *text;
	int reference, e = file_argument(c, argc, argv, &reference, &file);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (reference) {
		conf_reference(&out);
	} else if (!file) {
		return usage_error(c, "no configuration named");
	} else if (conf_load(file, CONF_FOR_RUN, &errors, &conf) == 0) {
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
	const char *file;
	size_t n;
	int reference, e = file_argument(c, argc, argv, &reference, &file);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (file)
		return usage_error(c, "unexpected argument '%s'", file);
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
