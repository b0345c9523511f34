/* backtest.h - `tocsin replay --against` and `--sensitivity`: versions of rules over recorded logs. */
#ifndef APP_BACKTEST_H
#define APP_BACKTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "app/command.h"

#define BACKTEST_TOLERANCE "30s"

struct backtest {
	const char *rules, *against;     /* against NULL = none */
	const char *format;              /* NULL = that of the rules' first source */
	int64_t tolerance_ns;            /* alerts of one entity within this are one that moved */
	bool sensitivity, fail_on_change, json, quiet;
	const char *write;               /* where the report goes; NULL = standard output */
};

/* Runs it and writes the report. An exit status. */
int backtest_run(const struct command *c, const struct backtest *b, char **logs, size_t n_logs);

#endif
