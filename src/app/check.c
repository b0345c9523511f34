/* check.c - the commands that look at a configuration and connect to nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "engine/drill.h"
#include "engine/plan.h"
#include "detect/registry.h"
#include "expr/language.h"
#include "expr/names.h"

#define CALENDAR_WARNING_DAYS 60

/* Every format that a source names must be there. */
static void check_formats(const struct conf *conf, struct plan *plan, struct errors *errors)
{
	for (size_t i = 0; i < conf->n_sources; i++) {
		const struct conf_text *name = &conf->sources[i].format;

		if (name->s && !plan_format(plan, name->s))
			errors_add(errors, name->at, "unknown format '%s'", name->s);
	}
}

/* A calendar that ends soon, or has ended, will say nothing from then on: time to replace it. Not for a
 * replay, whose days have no part in today. */
static void warn_of_calendars(const struct plan *plan)
{
	int64_t today = clock_wall() / NS_PER_S / 86400, first, last;
	char text[TIMEFMT_TEXT];

	for (size_t i = 0; i < plan->calendars.n; i++) {
		calendar_range(plan->calendars.items[i].calendar, &first, &last);
		if (last - today > CALENDAR_WARNING_DAYS && first <= today)
			continue;
		date_format(today < first ? first : last, text);
		fprintf(stderr, "tocsin: warning: calendar '%s' covers days %s %s only\n",
		        plan->calendars.items[i].name, today < first ? "from" : "until", text);
	}
}

int load_config(const char *file, enum conf_need need, struct conf **ret_conf,
                struct plan **ret_plan)
{
	struct conf *conf = NULL, *part = NULL;
	struct errors errors = { 0 };
	struct plan *plan = NULL;
	struct drill drill;
	int e = conf_load_parts(file, need, &errors, &conf, &part);

	/* Wrong options do not hide what is wrong with the rules. */
	if (conf || part) {
		int rules = plan_new(conf ? conf : part, &errors, &plan);

		e = e ? e : rules;
	}
	if (e == 0)
		check_formats(conf, plan, &errors);
	if (e == 0 && need == CONF_FOR_RUN &&
	    drill_make(plan, clock_wall(), &errors, &drill) == -ENOMEM)
		e = -ENOMEM;
	if (e == 0 && errors.n_all == 0) {
		if (need == CONF_FOR_RUN)
			warn_of_calendars(plan);
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
	bool reference, expand, page;
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
		{ "expand", no_argument, NULL, 'x' },
		{ "page", no_argument, NULL, 'p' },
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
		case 'x': ret->expand = true; break;
		case 'p': ret->page = true; break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (!ret->file && optind < argc)
		ret->file = argv[optind++];
	return optind < argc ? usage_error(c, "unexpected argument '%s'", argv[optind]) : 0;
}

/* The conditions with their names written out. */
static void print_rules(const struct plan *plan)
{
	static const char *const options[] = { "when", "resolve_when" };

	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct plan_rule *r = &plan->rules[i];

		printf("%s (version %s, by %s)\n", r->conf->name.s, r->version, r->conf->by.s);
		for (size_t k = 0; k < 2; k++) {
			const char *text = define_rule_text(r->text, options[k]);

			if (text)
				printf("  %s: %s\n", options[k], text);
		}
	}
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
	if (a.expand)
		print_rules(plan);
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

/* The language: for a terminal, or as the page conf/rule-language.md. */
static void print_language(bool page)
{
	for (const struct language_row *r = language_rows(); r->written; r++) {
		if (!r->is && page)
			printf("\n## %s\n\n| written | is |\n|---|---|\n", r->written);
		else if (!r->is)
			printf("\n%s:\n", r->written);
		else if (page)
			printf("| `%s` | %s |\n", r->written, r->is);
		else
			printf("  %s\n      %s\n", r->written, r->is);
	}
}

static void print_features(bool page)
{
	fputs(page ? "\n## Features\n\n| written | type | is |\n|---|---|---|\n" : "\nFeatures:\n",
	      stdout);
	for (const struct feature_help *h = feature_help(); h->name; h++) {
		const struct name *name = name_find(h->name, strlen(h->name));
		const char *blank = h->args[0] == '(' || !h->args[0] ? "" : " ", *type;
		char text[64];

		type = !name         ? "a number"
		       : name->field ? "that of its field"
		                     : value_type_text(name->type, text);
		if (page)
			printf("| `%s%s%s` | %s | %s |\n", h->name, blank, h->args, type, h->help);
		else
			printf("  %s%s%s - %s\n      %s\n", h->name, blank, h->args, type, h->help);
	}
}

static void print_detectors(void)
{
	const struct tocsin_detector *const *all;
	size_t n;

	all = registry_all(&n);
	for (size_t i = 0; i < n; i++) {
		printf("%s - %s\n", all[i]->name, all[i]->summary);
		for (const struct tocsin_param *p = all[i]->params; p && p->name; p++)
			printf("  %-12s %s%s%s%s\n", p->name, p->help,
			       p->def ? " (default " : " (required", p->def ? p->def : "", ")");
	}
}

int command_detectors(const struct command *c, int argc, char **argv)
{
	struct arguments a;
	int e = read_arguments(c, argc, argv, &a);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (a.file)
		return usage_error(c, "unexpected argument '%s'", a.file);
	if (a.page)
		printf("# The rule language\n\n"
		       "What stands in `when` and `resolve_when` of a rule, and in `define`. Made by "
		       "`tocsin detectors --page`.\n");
	else
		print_detectors();
	print_language(a.page);
	print_features(a.page);
	return EXIT_DONE;
}
