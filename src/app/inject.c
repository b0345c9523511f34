/* inject.c - a recorded log with labelled episodes of abuse in it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "episodes/inject.h"
#include "source/file.h"

#define BATCH 1024
#define EACH 3
#define WARM_NS (310 * NS_PER_S) /* a window of 5 m is full */
#define QUIET_NS (30 * NS_PER_S)

struct options {
	struct inject_options of;
	const char *output, *labels;
	unsigned each, benign;
	bool some, kinds[N_KINDS], table;
	int64_t shift_ns;
};

struct output {
	FILE *to;
	bool failed;
};

/* Options ------------------------------------------------------------------------------------ */

static int read_count(const struct command *c, const char *option, const char *text, uint64_t max,
                      uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno || end == text || *end || *ret > max || text[0] == '-')
		return usage_error(c, "--%s: '%s' is not a number up to %llu", option, text,
		                   (unsigned long long)max);
	return 0;
}

static int read_pattern(const struct command *c, struct options *o, const char *text)
{
	const char *names[N_KINDS], *near;
	int kind = pattern_find(text);

	if (kind >= 0) {
		o->kinds[kind] = o->some = true;
		return 0;
	}
	for (int k = 0; k < N_KINDS; k++)
		names[k] = pattern_kinds[k].name;
	near = nearest(text, strlen(text), names, N_KINDS);
	return usage_error(c, "unknown pattern '%s'%s%s%s", text, near ? " (did you mean '" : "",
	                   near ? near : "", near ? "'?)" : "");
}

static int read_close(const struct command *c, struct options *o, const char *text)
{
	if (o->of.n_closes == INJECT_CLOSES)
		return usage_error(c, "more than %d closes", INJECT_CLOSES);
	if (time_parse(text, strlen(text), &o->of.closes[o->of.n_closes]))
		return usage_error(c, "--close: '%s' is not a time such as 2023-12-25T23:30:00Z",
		                   text);
	o->of.n_closes++;
	return 0;
}

static int read_duration(const struct command *c, const char *option, const char *text,
                         int64_t *ret)
{
	if (duration_parse(text, strlen(text), ret) || *ret < 0)
		return usage_error(c, "--%s: '%s' is not a duration such as 30s", option, text);
	return 0;
}

static int read_option(const struct command *c, struct options *o, int option)
{
	uint64_t n = 0;
	int e = 0;

	switch (option) {
	case 's': return read_count(c, "seed", optarg, UINT64_MAX, &o->of.seed);
	case 'e':
		e = read_count(c, "each", optarg, INJECT_MAX, &n);
		o->each = (unsigned)n;
		return e;
	case 'v':
		e = read_count(c, "venues", optarg, 2, &n);
		o->of.venues = n ? (unsigned)n : 1;
		return e;
	case 'p': return read_pattern(c, o, optarg);
	case 'c': return read_close(c, o, optarg);
	case 'w': return read_duration(c, "warm", optarg, &o->of.warm_ns);
	case 'Q': return read_duration(c, "spread", optarg, &o->of.quiet_ns);
	case 'd':
		e = difficulty_find(optarg);
		if (e < 0)
			return usage_error(c, "--difficulty: '%s' is not easy, medium or hard",
			                   optarg);
		o->of.difficulty = (enum difficulty)e;
		return 0;
	case 'a': o->of.accounts = true; return 0;
	case 'n': o->benign = 1; return 0;
	case 'S': return read_duration(c, "shift", optarg, &o->shift_ns);
	case 't': o->table = true; return 0;
	case 'i': o->of.instrument = optarg; return 0;
	case 'o': o->output = optarg; return 0;
	case 'l': o->labels = optarg; return 0;
	}
	return EXIT_USAGE;
}

/* What the named patterns need is needed. Without names: all that the other options allow. */
static int choose(const struct command *c, struct options *o)
{
	size_t closes = o->of.n_closes ? o->of.n_closes : 1;

	for (int k = 0; k < N_KINDS; k++) {
		const struct pattern_kind *kind = &pattern_kinds[k];
		bool can = (!kind->needs_accounts || o->of.accounts) &&
		           (!kind->needs_venue || o->of.venues > 1);
		unsigned each = k < N_PATTERNS ? o->each : o->benign;

		if (o->kinds[k] && !can)
			return usage_error(c, "%s needs %s", kind->name,
			                   kind->needs_accounts ? "--accounts" : "--venues 2");
		if (o->kinds[k])
			o->of.each[k] = o->each;
		else if (can && (k >= N_PATTERNS || !o->some) &&
		         !(kind->needs_close &&
		           closes < each + o->of.each[PATTERN_MARKING_THE_CLOSE]))
			o->of.each[k] = each;
	}
	return 0;
}

/* 0, an exit status, or -1 when help was all that was wanted. */
static int read_options(const struct command *c, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "pattern", required_argument, NULL, 'p' },
		{ "difficulty", required_argument, NULL, 'd' },
		{ "each", required_argument, NULL, 'e' },
		{ "accounts", no_argument, NULL, 'a' },
		{ "negatives", no_argument, NULL, 'n' },
		{ "venues", required_argument, NULL, 'v' },
		{ "shift", required_argument, NULL, 'S' },
		{ "close", required_argument, NULL, 'c' },
		{ "warm", required_argument, NULL, 'w' },
		{ "spread", required_argument, NULL, 'Q' },
		{ "instrument", required_argument, NULL, 'i' },
		{ "labels", required_argument, NULL, 'l' },
		{ "output", required_argument, NULL, 'o' },
		{ "table", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, e;

	*o = (struct options){ .each = EACH,
		               .of = { .seed = 1,
		                       .difficulty = MEDIUM,
		                       .venues = 1,
		                       .warm_ns = WARM_NS,
		                       .quiet_ns = QUIET_NS } };
	while ((option = usage_option(c, argc, argv, ":p:l:o:h", longs)) != -1) {
		if (option == 'h') {
			usage_help(c);
			return -1;
		}
		e = read_option(c, o, option);
		if (e)
			return e;
	}
	if (o->table)
		return 0;
	if (optind == argc)
		return usage_error(c, "no log named");
	return choose(c, o);
}

/* Reading ------------------------------------------------------------------------------------ */

static int64_t on_assigned(void *ctx, struct stream *s)
{
	(void)ctx;
	(void)s;
	return SOURCE_DEFAULT;
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	(void)ctx;
	(void)s;
	(void)lost;
}

static int read_file(const char *path, struct mbo_log *log)
{
	const struct source_file_config files = {
		.paths = &path,
		.n_paths = 1,
		.topic = "log",
		.n_partitions = 1,
		.events = { .assigned = on_assigned, .revoked = on_revoked },
	};
	struct message *batch = calloc(BATCH, sizeof *batch);
	struct source *source = NULL;
	char error[300] = "";
	int n = 0, e = batch ? source_file_new(&files, &source, error, sizeof error) : -ENOMEM;
	uint64_t line = 0;

	if (e)
		fprintf(stderr, "tocsin inject: %s\n", error[0] ? error : strerror(-e));
	while (e == 0 && n >= 0) {
		n = source->ops->poll(source, batch, BATCH, 0);
		for (int i = 0; e == 0 && i < n; i++, line++)
			e = mbo_add(log, batch[i].value, batch[i].size);
		if (e)
			fprintf(stderr, "tocsin inject: %s: message %llu: %s\n", path,
			        (unsigned long long)line,
			        e == -ERANGE   ? "earlier than the one before it, or one too many"
			        : e == -EINVAL ? "no databento mbo JSON line"
			                       : strerror(-e));
		else if (n < 0 && n != -ENODATA)
			fprintf(stderr, "tocsin inject: %s\n", source_file_error(source));
	}
	if (source)
		source->ops->free(source);
	free(batch);
	return e ? e : n == -ENODATA ? 0 : n;
}

/* Writing ------------------------------------------------------------------------------------ */

static void on_line(void *ctx, int64_t time_ns, const char *text, size_t n)
{
	struct output *o = ctx;

	(void)time_ns;
	if (fwrite(text, 1, n, o->to) != n || putc('\n', o->to) == EOF)
		o->failed = true;
}

static int write_labels(const struct options *o, const struct injected *done, const char *symbol)
{
	FILE *to = fopen(o->labels, "w");
	struct buf text = { 0 };
	bool failed;

	if (!to) {
		fprintf(stderr, "tocsin inject: %s: %s\n", o->labels, strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	label_log_json(done, &o->of, symbol, &text);
	for (size_t i = 0; i < done->n; i++)
		label_json(&done->labels[i], done, &o->of, symbol, i + 1, &text);
	failed = text.failed || fwrite(text.p, 1, text.n, to) != text.n;
	buf_done(&text);
	if (fclose(to) || failed) {
		fprintf(stderr, "tocsin inject: writing %s: %s\n", o->labels, strerror(errno));
		return EXIT_RUNTIME;
	}
	return EXIT_DONE;
}

static int write_log(const struct options *o, const struct mbo_log *log)
{
	struct output out = { .to = o->output ? fopen(o->output, "w") : stdout };
	struct injected done;
	char error[200] = "";
	int e, status = EXIT_DONE;

	if (!out.to) {
		fprintf(stderr, "tocsin inject: %s: %s\n", o->output, strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	e = inject(log, &o->of, on_line, &out, &done, error, sizeof error);
	if (e) {
		fprintf(stderr, "tocsin inject: %s\n", error[0] ? error : strerror(-e));
		status = EXIT_RUNTIME;
	}
	if (fflush(out.to) || out.failed) {
		fprintf(stderr, "tocsin inject: writing the log: %s\n", strerror(errno));
		status = EXIT_RUNTIME;
	}
	if (o->output)
		fclose(out.to);
	if (status == EXIT_DONE && o->labels)
		status = write_labels(o, &done,
		                      o->of.instrument ? o->of.instrument
		                                       : log->symbols[log->v[0].instrument]);
	if (e == 0)
		inject_done(&done);
	return status;
}

int command_inject(const struct command *c, int argc, char **argv)
{
	struct mbo_log log = { 0 };
	struct buf table = { 0 };
	struct options o;
	int e = read_options(c, argc, argv, &o);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	if (o.table) {
		patterns_table(&table);
		e = fputs(buf_str(&table), stdout) < 0 ? EXIT_RUNTIME : EXIT_DONE;
		buf_done(&table);
		return e;
	}
	log.shift_ns = o.shift_ns;
	for (int i = optind; e == 0 && i < argc; i++)
		e = read_file(argv[i], &log);
	e = e ? EXIT_UNAVAILABLE : write_log(&o, &log);
	mbo_done(&log);
	return e;
}
