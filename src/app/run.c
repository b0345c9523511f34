/* run.c - the command `run`: signals, systemd, and the service between start and stop.
 *
 * The main thread waits for signals and watches over the service: it feeds the watchdog only while
 * the pipeline's loop and the delivery's loop go round. */
#include <errno.h>
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "app/command.h"
#include "app/service.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "source/kafka.h"

#define TICK_MS 200
#define READY_AFTER_NS (5 * NS_PER_S) /* a first attempt that gets no answer counts by then */

static void tell_status(struct service *s)
{
	struct buf words = { 0 };

	service_ready(s, &words);
	for (size_t i = 0; i < words.n; i++)
		if (words.p[i] == '\n')
			words.p[i] = ' ';
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", buf_str(&words));
	buf_done(&words);
}

/* Waits for a stop signal or the loop's end. The signal, 0 = the loop ended by itself. */
static int wait_for_end(struct service *s, const sigset_t *signals)
{
	const struct timespec tick = { 0, TICK_MS * 1000000L };
	int64_t began = clock_mono(), tell_at = 0;
	uint64_t watchdog_us = 0;
	bool told_ready = false;

	sd_watchdog_enabled(0, &watchdog_us);
	while (!service_ended(s)) {
		int got = sigtimedwait(signals, NULL, &tick);
		int64_t now = clock_mono();
		bool alive;

		if (got == SIGTERM || got == SIGINT)
			return got;
		if (got == SIGHUP)
			log_notice(
				"SIGHUP: the configuration is read at start only; restart to change it");
		if (!told_ready && (service_attempted(s) || now - began > READY_AFTER_NS)) {
			told_ready = true;
			sd_notify(0, "READY=1");
		}
		if (now < tell_at)
			continue;
		alive = service_alive(s, now);
		if (alive)
			tell_status(s);
		tell_at = now + (watchdog_us ? (int64_t)watchdog_us * 1000 / 3 : NS_PER_S);
	}
	return 0;
}

static void end_at_once(int got)
{
	(void)got;
	_exit(EXIT_RUNTIME);
}

/* From here a second signal ends the process where it stands; what is durable stays so. */
static void let_signals_end(void)
{
	struct sigaction action = { .sa_handler = end_at_once };
	sigset_t set;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int serve(struct service *s, const sigset_t *signals)
{
	int got = wait_for_end(s, signals), e;
	char reason[500] = "";

	sd_notify(0, "STOPPING=1");
	if (got)
		log_notice("stopping on %s: committing what was taken",
		           got == SIGTERM ? "SIGTERM" : "SIGINT");
	let_signals_end();
	e = service_stop(s, reason, sizeof reason);
	if (e)
		log_error("%s", reason);
	else
		log_notice("stopped: %llu messages taken, positions committed",
		           (unsigned long long)service_taken(s));
	return e ? EXIT_RUNTIME : EXIT_DONE;
}

static int read_options(const struct command *c, int argc, char **argv, const char **ret_config)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret_config = NULL;
	while ((option = usage_option(c, argc, argv, ":c:h", longs)) != -1) {
		if (option == 'h') {
			usage_help(c);
			return -1;
		}
		if (option != 'c')
			return EXIT_USAGE;
		*ret_config = optarg;
	}
	if (optind < argc)
		return usage_error(c, "unexpected argument '%s'", argv[optind]);
	return *ret_config ? 0 : usage_error(c, "no configuration named (-c FILE)");
}

static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int command_run(const struct command *c, int argc, char **argv)
{
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	struct service *s = NULL;
	const char *config;
	sigset_t signals;
	char reason[500] = "";
	int e = read_options(c, argc, argv, &config);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	e = load_config(config, CONF_FOR_RUN, &conf, &plan);
	if (e)
		return e;
	log_setup((enum log_level)conf->log_level);
	block_signals(&signals);
	log_info(
		"tocsin %s, librdkafka %s, assignor %s: %zu sources, %zu rules, %zu sinks, state in %s",
		TOCSIN_VERSION, rd_kafka_version_str(), source_kafka_assignor(), conf->n_sources,
		conf->n_rules, conf->n_sinks, conf->state_dir.s);
	e = service_start(conf, plan, &s, reason, sizeof reason);
	if (e) {
		log_error("%s", reason[0] ? reason : strerror(-e));
		e = e == -EINVAL ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	} else {
		e = serve(s, &signals);
	}
	service_free(s);
	plan_free(plan);
	conf_free(conf);
	return e;
}
