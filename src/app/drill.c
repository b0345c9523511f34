/* drill.c - the command `drill`: sends a drill's messages and follows their alert. It only reads what
 * the daemon writes; the daemon does not know that it is asked. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "engine/drill.h"
#include "outbox/watch.h"
#include "source/sender.h"

#define LOOK_MS 20

struct follow {
	struct drill what;
	struct sender *sender;
	struct outbox_watch *watch;
	int64_t timeout_ns, sent_ns, began; /* wall clock; monotonic */
	int64_t newest; /* alert before it */
	struct sender_state sent;
	bool produced, taken_in;
	char id[33];
	struct outbox_seen seen;
};

static void stage(const struct follow *f, const char *word, const char *more)
{
	printf("%8.3f s  %s%s%s\n", (double)(clock_mono() - f->began) / 1e9, word,
	       *more ? ": " : "", more);
	fflush(stdout);
}

static int unavailable(const char *words)
{
	fprintf(stderr, "tocsin drill: %s\n", words);
	return EXIT_UNAVAILABLE;
}

static int open_all(struct follow *f)
{
	const struct conf_source *c = f->what.source;
	struct source_property *props = calloc(c->kafka.n + 1, sizeof *props);
	const struct source_kafka_config kafka = { .name = c->name.s,
		                                   .brokers = c->brokers.s,
		                                   .properties = props,
		                                   .n_properties = c->kafka.n };
	char reason[400] = "out of memory";
	int e = props ? 0 : -ENOMEM;

	for (size_t i = 0; e == 0 && i < c->kafka.n; i++)
		props[i] = (struct source_property){ c->kafka.v[i].key.s, c->kafka.v[i].value.s };
	if (e == 0)
		e = sender_new(&kafka, f->what.topic, f->timeout_ns, &f->sender, reason,
		               sizeof reason);
	free(props);
	return e ? unavailable(reason) : 0;
}

static int open_state(struct follow *f, const char *dir)
{
	char reason[400] = "out of memory";
	sqlite3 *db = NULL;
	bool held = false;
	int e = store_look(dir, &db, &held, reason, sizeof reason);

	if (e == 0)
		e = outbox_watch_new(db, &f->watch, reason, sizeof reason);
	if (e == 0 && !held) {
		e = -ENOENT;
		snprintf(reason, sizeof reason, "no daemon has the state folder %s", dir);
	}
	if (e == 0 && outbox_watch_newest(f->watch, &f->newest)) {
		e = -EIO;
		snprintf(reason, sizeof reason, "%s: cannot be read", dir);
	}
	return e ? unavailable(reason) : 0;
}

static int send_all(struct follow *f)
{
	const char *key = f->what.conf->instrument.s;
	struct buf text = { 0 };
	int e = 0;

	f->sent_ns = drill_time(clock_wall());
	f->began = clock_mono();
	for (size_t i = 0; e == 0 && i < f->what.n; i++) {
		buf_clear(&text);
		drill_message(&f->what, i, f->sent_ns, &text);
		e = text.failed ? -ENOMEM
		                : sender_send(f->sender, key, strlen(key), text.p, text.n);
	}
	buf_done(&text);
	return e ? unavailable(sender_error(f->sender)) : 0;
}

/* One look at each stage that is not reached; true at the end. Busy or not to be read now: the next. */
static bool look(struct follow *f)
{
	struct buf json = { 0 };
	char words[200];
	int64_t next;

	f->sent = sender_poll(f->sender, f->produced ? 0 : LOOK_MS);
	if (!f->produced && !f->sent.under_way && !f->sent.failed) {
		f->produced = true;
		snprintf(words, sizeof words, "%.100s [%d] offset %lld", f->what.topic,
		         f->sent.partition, (long long)f->sent.offset);
		stage(f, "produced", words);
	}
	if (!f->produced)
		return f->sent.failed > 0;
	if (!f->id[0] &&
	    outbox_watch_find(f->watch, f->what.conf->rule.s, f->what.conf->instrument.s, f->newest,
	                      f->sent_ns, f->id, &json) == 0)
		stage(f, "consumed, scored, in the outbox", f->id);
	buf_done(&json);
	if (!f->taken_in && !f->id[0] &&
	    outbox_watch_position(f->watch, f->what.topic, f->sent.partition, &next) == 0 &&
	    next > f->sent.offset)
		f->taken_in = true;
	if (!f->id[0] || outbox_watch_alert(f->watch, f->id, &f->seen))
		return false;
	return f->seen.sinks && f->seen.delivered == f->seen.sinks;
}

static int overdue(const struct follow *f)
{
	char after[TIMEFMT_TEXT];

	duration_format_short(clock_mono() - f->began, after);
	printf("overdue after %s: ", after);
	if (f->id[0])
		printf("delivered to %u of %u sinks, not to %s\n", f->seen.delivered, f->seen.sinks,
		       f->seen.waiting);
	else if (f->taken_in)
		printf("consumed and scored, but rule %s made no alert\n", f->what.conf->rule.s);
	else
		printf("in the topic, not consumed by the daemon\n");
	return EXIT_RUNTIME;
}

static int follow(struct follow *f)
{
	char words[64];

	while (!look(f)) {
		if (clock_mono() - f->began > f->timeout_ns) {
			if (f->produced)
				return overdue(f);
			break;
		}
		if (f->produced)
			sender_poll(f->sender, LOOK_MS);
	}
	if (!f->produced) {
		fprintf(stderr, "tocsin drill: not produced to topic %s: %s\n", f->what.topic,
		        *sender_error(f->sender) ? sender_error(f->sender) : "no broker answers");
		return EXIT_UNAVAILABLE;
	}
	snprintf(words, sizeof words, "to %u of %u sinks", f->seen.delivered, f->seen.sinks);
	stage(f, "delivered", words);
	return EXIT_DONE;
}

static int read_options(const struct command *c, int argc, char **argv, const char **ret_config,
                        int64_t *ret_timeout)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = usage_option(c, argc, argv, ":c:t:h", longs)) != -1) {
		if (option == 'h') {
			usage_help(c);
			return -1;
		}
		if (option == 'c')
			*ret_config = optarg;
		else if (option != 't')
			return EXIT_USAGE;
		else if (duration_parse(optarg, strlen(optarg), ret_timeout) ||
		         *ret_timeout < NS_PER_S || *ret_timeout > 3600 * NS_PER_S)
			return usage_error(c, "--timeout: expected 1s to 1h, found '%s'", optarg);
	}
	if (optind < argc)
		return usage_error(c, "unexpected argument '%s'", argv[optind]);
	return *ret_config ? 0 : usage_error(c, "no configuration named (-c FILE)");
}

int command_drill(const struct command *c, int argc, char **argv)
{
	struct follow f = { 0 };
	struct errors errors = { 0 };
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	const char *config = NULL;
	int e = read_options(c, argc, argv, &config, &f.timeout_ns);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	e = load_config(config, CONF_FOR_RUN, &conf, &plan);
	if (e)
		return e;
	if (drill_make(plan, clock_wall(), &errors, &f.what)) {
		fprintf(stderr, "tocsin drill: %s has no section 'drill' with a rule\n", config);
		e = EXIT_CONFIG;
	}
	if (!f.timeout_ns)
		f.timeout_ns = conf->drill.timeout_ns;
	if (e == 0)
		e = open_state(&f, conf->state_dir.s);
	if (e == 0)
		e = open_all(&f);
	if (e == 0)
		e = send_all(&f);
	if (e == 0)
		e = follow(&f);
	sender_free(f.sender);
	outbox_watch_free(f.watch);
	errors_done(&errors);
	plan_free(plan);
	conf_free(conf);
	return e;
}
