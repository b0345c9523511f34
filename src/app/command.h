/* command.h - the subcommands and what they share. Each returns the process's exit status. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "engine/plan.h"
#include "conf/conf.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_RUNTIME = 1,                /* something failed while running */
	EXIT_USAGE = 2,                  /* the command line is wrong */
	EXIT_UNAVAILABLE = 69,           /* a thing it needs is not there (EX_UNAVAILABLE) */
	EXIT_CONFIG = 78,                /* the configuration is wrong (EX_CONFIG) */
};

struct command {
	const char *name, *args, *summary;
	const char *help;                /* options, one a line, and examples */
	int (*run)(const struct command *c, int argc, char **argv);      /* argv[0] = the name */
};

/* All of them, ended by name NULL (main.c). */
extern const struct command commands[];

int command_run(const struct command *c, int argc, char **argv);
int command_replay(const struct command *c, int argc, char **argv);
int command_book(const struct command *c, int argc, char **argv);
int command_demo(const struct command *c, int argc, char **argv);
int command_drill(const struct command *c, int argc, char **argv);
int command_inject(const struct command *c, int argc, char **argv);
int command_evaluate(const struct command *c, int argc, char **argv);
int command_check(const struct command *c, int argc, char **argv);
int command_test(const struct command *c, int argc, char **argv);
int command_why(const struct command *c, int argc, char **argv);
int command_config(const struct command *c, int argc, char **argv);
int command_calendar(const struct command *c, int argc, char **argv);
int command_detectors(const struct command *c, int argc, char **argv);

/* Says what is wrong with the command line and where help is; returns EXIT_USAGE. */
int usage_error(const struct command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void usage_help(const struct command *c);

/* getopt_long() with our words for a wrong option: the next option's value, -1 at the end, '?'
 * after it was told. `optarg` and `optind` are getopt's. */
struct option;
int usage_option(const struct command *c, int argc, char **argv, const char *shorts, const struct option *longs);

/* Reads a configuration and makes the plan; on failure every error is on standard error and the
 * exit status is returned. */
int load_config(const char *file, enum conf_need need, struct conf **ret_conf, struct plan **ret_plan);

#endif
