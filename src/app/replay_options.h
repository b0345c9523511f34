/* replay_options.h - the command line of `tocsin replay`. */
#ifndef APP_REPLAY_OPTIONS_H
#define APP_REPLAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/command.h"
#include "decode/decode.h"

enum replay_output { OUTPUT_UNSAID, OUTPUT_HUMAN, OUTPUT_JSONL, OUTPUT_CSV, OUTPUT_JSON };

struct replay_options {
	const char *config, *format, *write, *as;
	enum replay_output output;       /* never OUTPUT_UNSAID once read */
	double speed;                    /* 0 = do not wait */
	enum decode_json parser;
	bool quiet;
	bool goes_on;                    /* after the end of the logs: until a time, or for so long */
	int64_t until_ns, for_ns;
	const char *against;             /* of a backtest */
	int64_t tolerance_ns;
	bool sensitivity, fail_on_change;
};

/* 0; an exit status, after the mistake was told; or -1 when help was all that was wanted. The logs are
 * at argv[optind]. */
int replay_options(const struct command *c, int argc, char **argv, struct replay_options *ret);

#endif
