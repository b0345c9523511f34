/* replay.c - recorded logs through the pipeline, alerts as text. What is written to the output
 * depends on the logs and the configuration alone; what took how long goes to standard error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/backtest.h"
#include "app/command.h"
#include "app/intake.h"
#include "engine/pipeline.h"
#include "app/progress.h"
#include "app/replay_options.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "sink/payload.h"
#include "source/file.h"

#define BATCH 1024 /* messages: their state is still in the cache when scored */

struct replay {
	const struct replay_options *options;
	struct conf *conf;
	struct plan *plan;
	struct stats *stats;
	struct pipeline *pipeline;
	struct decoder **decoders, **peekers; /* an input each */
	size_t n_inputs;
	struct intake *intake;
	struct batch *batches[2];
	FILE *out;
	bool write_failed;
	struct buf text, json;
	uint64_t n_alerts;
	int64_t began, first_event, header_failed;
	char topic[250];
	int32_t n_partitions;
	struct log_limit refused_limit;
	char error[300];
};

/* "TOPIC[:N]", or the first source's first topic. */
static int read_as(struct replay *r)
{
	const char *as = r->options->as, *colon = as ? strrchr(as, ':') : NULL;
	const struct conf *c = r->conf;
	size_t n = as ? (colon ? (size_t)(colon - as) : strlen(as)) : 0;
	char *end;
	long v = 1;

	if (as) {
		if (colon)
			v = strtol(colon + 1, &end, 10);
		if (n == 0 || n >= sizeof r->topic || v < 1 || v > 10000 ||
		    (colon && (*end || !colon[1])))
			return -EINVAL;
		memcpy(r->topic, as, n);
	} else {
		const char *topic = c->n_sources && c->sources[0].topics.n
		                            ? c->sources[0].topics.v[0].s
		                            : "replay";

		snprintf(r->topic, sizeof r->topic, "%s", topic[0] == '^' ? "replay" : topic);
	}
	r->n_partitions = (int32_t)v;
	return 0;
}

/* Callbacks ---------------------------------------------------------------------------------- */

static int64_t on_assigned(void *ctx, struct stream *s)
{
	struct replay *r = ctx;
	struct partition *t;

	if (pipeline_partition_new(r->pipeline, s->topic, s->partition, &t))
		abort();
	s->app = t;
	return 0;
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	struct replay *r = ctx;
	const struct replay_options *o = r->options;
	struct partition *t = s->app;
	int64_t mark = feature_table_watermark(t->features);

	(void)lost;
	if (o->goes_on && mark != INT64_MIN)
		pipeline_idle(r->pipeline, t, o->for_ns ? mark + o->for_ns : o->until_ns);
	pipeline_count_partition(r->pipeline, s->app);
	pipeline_partition_free(s->app);
}

static void on_peek(void *ctx, int input, const void *line, size_t n, int32_t n_partitions,
                    int64_t *ret_time_ns, int32_t *ret_partition)
{
	struct replay *r = ctx;
	struct tocsin_event e;

	*ret_time_ns = INT64_MIN;
	*ret_partition = 0;
	if (decode(r->peekers[input], line, n, &e, NULL) != DECODE_OK)
		return;
	*ret_time_ns = e.time_ns;
	*ret_partition = hash_partition(e.instrument.p, e.instrument.n, n_partitions);
}

static void on_alert(void *ctx, const struct tocsin_alert *a)
{
	struct replay *r = ctx;
	bool colour = r->out == stdout && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	buf_clear(&r->text);
	if (r->options->output == OUTPUT_CSV) {
		payload_csv(a, &r->text);
	} else if (r->options->output == OUTPUT_JSONL) {
		payload_json(a, &r->text);
		buf_putc(&r->text, '\n');
	} else {
		buf_clear(&r->json);
		payload_json(a, &r->json);
		payload_human(r->json.p, r->json.n, colour, &r->text);
		buf_putc(&r->text, '\n');
	}
	if (r->text.failed || r->json.failed)
		abort();
	if (fwrite(r->text.p, 1, r->text.n, r->out) != r->text.n)
		r->write_failed = true;
	r->n_alerts++;
}

static void on_refused(void *ctx, const struct message *m, unsigned reason, const char *field)
{
	struct replay *r = ctx;
	uint64_t held;

	if (reason == DECODE_IGNORED || r->options->quiet)
		return;
	if (log_pass(&r->refused_limit, clock_mono(), INT64_MAX, 5, &held))
		log_warning("refused %s [%d] offset %lld: %s%s%s: \"%s\", skipping it",
		            m->stream->topic, m->stream->partition, (long long)m->offset,
		            refused_name(reason), field[0] ? " " : "", field,
		            log_quote(m->value, m->size));
}

/* Running ------------------------------------------------------------------------------------ */

static void keep_pace(struct replay *r, int64_t event_ns)
{
	double ahead;

	if (r->first_event == INT64_MIN)
		r->first_event = event_ns;
	ahead = (double)(event_ns - r->first_event) / r->options->speed -
	        (double)(clock_mono() - r->began);
	if (ahead > 1e6) {
		struct timespec t = { (time_t)(ahead / 1e9), (long)((int64_t)ahead % NS_PER_S) };

		fflush(r->out);
		nanosleep(&t, NULL);
	}
}

static struct partition *partition_of(const struct message *m)
{
	return m->stream->app;
}

/* Scores a batch that was decoded. */
static int score(struct replay *r, struct batch *b)
{
	if (b->error[0]) {
		snprintf(r->error, sizeof r->error, "%s", b->error);
		return -EINVAL;
	}
	if (r->options->speed > 0 && b->n && b->decoded[0].verdict == DECODE_OK)
		keep_pace(r, b->decoded[0].event.time_ns);
	pipeline_take(r->pipeline, b, partition_of);
	return 0;
}

/* The columns of a CSV log must be known before its next line is peeked at. */
static void peek_header(struct replay *r, const struct batch *b)
{
	const struct message *m = &b->messages[b->n - 1]; /* a header ends its batch */

	if (m->header)
		decoder_header(r->peekers[m->input], m->value, m->size, r->error, sizeof r->error);
}

/* One batch is decoded apart while the one before it is scored here. With a speed every event is
 * waited for by itself. */
static int read_all(struct replay *r, struct source *s)
{
	size_t max = r->options->speed > 0 ? 1 : BATCH;
	struct progress_bar bar;
	int n = 0, e = 0, which = 0;

	progress_begin(&bar, !r->options->quiet);
	for (; e == 0 && !r->write_failed && n != -ENODATA; which = !which) {
		struct batch *b = r->batches[which], *before = r->batches[!which];
		uint64_t done, all;

		n = s->ops->poll(s, b->messages, max, 0);
		if (n < 0 && n != -ENODATA) {
			snprintf(r->error, sizeof r->error, "%s", source_file_error(s));
			e = n;
		}
		intake_wait(r->intake);
		b->n = n > 0 ? (size_t)n : 0;
		b->decoders = r->decoders;
		b->consumed_ns = clock_wall();
		if (b->n) {
			peek_header(r, b);
			intake_begin(r->intake, b);
		}
		if (before->n && e != -EINVAL) {
			int scored = score(r, before);

			e = e ? e : scored;
		}
		source_file_progress(s, &done, &all);
		progress_show(&bar, done, all, metric_count(r->stats->messages));
	}
	intake_wait(r->intake);
	progress_end(&bar);
	return e;
}

static void rule_summary(const struct plan_rule *rule, const struct rule_stats *s, struct buf *b)
{
	buf_printf(b, "  %-24s %8llu alerts, %llu held by cooldown, %llu under the confidence",
	           rule->conf->name.s, (unsigned long long)metric_count(s->alerts),
	           (unsigned long long)metric_count(s->held),
	           (unsigned long long)metric_count(s->low_confidence));
	if (rule->active != PLAN_ALWAYS)
		buf_printf(b,
		           "; not judged: %llu events outside its hours, %llu without a calendar",
		           (unsigned long long)metric_count(s->outside),
		           (unsigned long long)metric_count(s->no_calendar));
	buf_putc(b, '\n');
}

/* What order books met, if there are any. */
static void books(const struct stats *s, struct buf *b)
{
	const char *before = "\norder books: ";

	for (unsigned i = 0; i < BOOK_N_STATES; i++) {
		if (!metric_count(s->book_states[i]))
			continue;
		buf_printf(b, "%s%llu %s", before,
		           (unsigned long long)metric_count(s->book_states[i]), book_state_name(i));
		before = ", ";
	}
}

static void summary(const struct replay *r)
{
	const struct stats *s = r->stats;
	double seconds = (double)(clock_mono() - r->began) / 1e9;
	uint64_t n = metric_count(s->messages), refused = stats_refused(s);
	struct buf b = { 0 };

	buf_printf(&b, "%llu messages in %.2f s (%.0f/s): ", (unsigned long long)n, seconds,
	           (double)n / seconds);
	for (unsigned k = 0; k < TOCSIN_TICK; k++)
		if (metric_count(s->events[k]))
			buf_printf(&b, "%llu %s, ", (unsigned long long)metric_count(s->events[k]),
			           tocsin_kind_name(k));
	buf_printf(&b, "%llu refused", (unsigned long long)refused);
	for (unsigned i = 1; i < N_REFUSED; i++)
		if (metric_count(s->refused[i]))
			buf_printf(&b, ", %s %llu", refused_name(i),
			           (unsigned long long)metric_count(s->refused[i]));
	if (metric_count(s->snapshot))
		buf_printf(&b, "; %llu of an opening snapshot, not scored",
		           (unsigned long long)metric_count(s->snapshot));
	if (metric_count(s->late))
		buf_printf(&b, "; %llu late", (unsigned long long)metric_count(s->late));
	books(s, &b);
	buf_printf(&b, "\n%llu alerts\n", (unsigned long long)r->n_alerts);
	for (size_t i = 0; i < r->plan->n_rules; i++)
		rule_summary(&r->plan->rules[i], &s->rules[i], &b);
	buf_puts(&b, "latency consume to score: ");
	stats_latency(s, STAGE_CONSUME_SCORE, &b);
	fprintf(stderr, "%s\n", buf_str(&b));
	buf_done(&b);
}

static int make(struct replay *r, const struct format *format, char **paths,
                struct source **ret_source)
{
	const struct pipeline_events events = { .ctx = r,
		                                .alert = on_alert,
		                                .refused = on_refused };
	struct source_file_config files = {
		.paths = (const char *const *)paths,
		.n_paths = r->n_inputs,
		.topic = r->topic,
		.n_partitions = r->n_partitions,
		.csv = format_codec(format) == DECODE_CSV,
		.events = { .ctx = r, .assigned = on_assigned, .revoked = on_revoked },
		.peek_ctx = r,
		.peek = on_peek,
	};
	int e = stats_new(r->plan, &r->stats);

	if (e == 0)
		e = pipeline_new(r->plan, r->stats, &events, false, &r->pipeline);
	r->decoders = calloc(r->n_inputs, sizeof(struct decoder *));
	r->peekers = calloc(r->n_inputs, sizeof(struct decoder *));
	if (!r->decoders || !r->peekers)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < r->n_inputs; i++) {
		e = decoder_new(format, r->options->parser, &r->decoders[i]);
		if (e == 0)
			e = decoder_new(format, r->options->parser, &r->peekers[i]);
	}
	for (int i = 0; e == 0 && i < 2; i++)
		e = batch_new(BATCH, &r->batches[i]);
	if (e == 0)
		e = intake_start(&r->intake);
	return e ? e : source_file_new(&files, ret_source, r->error, sizeof r->error);
}

static int replay_files(struct replay *r, const struct format *format, char **paths)
{
	struct source *source = NULL;
	struct buf header = { 0 };
	int e = make(r, format, paths, &source);

	if (e) {
		fprintf(stderr, "tocsin replay: %s\n", r->error[0] ? r->error : strerror(-e));
		return EXIT_UNAVAILABLE;
	}
	r->began = clock_mono();
	r->first_event = INT64_MIN;
	if (r->options->output == OUTPUT_CSV) {
		payload_csv_header(&header);
		fputs(buf_str(&header), r->out);
		buf_done(&header);
	}
	e = read_all(r, source);
	source->ops->free(source);
	if (fflush(r->out) || r->write_failed) {
		fprintf(stderr, "tocsin replay: writing the alerts: %s\n", strerror(errno));
		return EXIT_RUNTIME;
	}
	if (!r->options->quiet)
		summary(r);
	if (e) {
		fprintf(stderr, "tocsin replay: %s\n", r->error);
		return EXIT_RUNTIME;
	}
	return EXIT_DONE;
}

static void done(struct replay *r)
{
	intake_stop(r->intake);
	batch_free(r->batches[0]);
	batch_free(r->batches[1]);
	for (size_t i = 0; i < r->n_inputs; i++) {
		if (r->decoders)
			decoder_free(r->decoders[i]);
		if (r->peekers)
			decoder_free(r->peekers[i]);
	}
	free(r->decoders);
	free(r->peekers);
	pipeline_free(r->pipeline);
	stats_free(r->stats);
	buf_done(&r->text);
	buf_done(&r->json);
	plan_free(r->plan);
	conf_free(r->conf);
	if (r->out && r->out != stdout)
		fclose(r->out);
}

static int backtest(const struct command *c, const struct replay_options *o, char **logs,
                    size_t n_logs)
{
	const struct backtest b = {
		.rules = o->config,
		.against = o->against,
		.format = o->format,
		.tolerance_ns = o->tolerance_ns,
		.sensitivity = o->sensitivity,
		.fail_on_change = o->fail_on_change,
		.json = o->output != OUTPUT_HUMAN,
		.quiet = o->quiet,
		.write = o->write,
	};

	return backtest_run(c, &b, logs, n_logs);
}

int command_replay(const struct command *c, int argc, char **argv)
{
	struct replay_options o;
	struct replay r = { .options = &o };
	const struct format *format;
	const char *name;
	int e = replay_options(c, argc, argv, &o);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	log_setup(LOG_LEVEL_INFO);
	if (o.against || o.sensitivity)
		return backtest(c, &o, argv + optind, (size_t)(argc - optind));
	e = load_config(o.config, CONF_FOR_REPLAY, &r.conf, &r.plan);
	if (e)
		return e;
	r.n_inputs = (size_t)(argc - optind);
	r.out = stdout;
	name = o.format ? o.format : r.conf->n_sources ? r.conf->sources[0].format.s : NULL;
	format = name ? plan_format(r.plan, name) : NULL;
	if (!name)
		e = usage_error(c, "no format: the configuration has no source; name one with -f");
	else if (!format)
		e = usage_error(c, "unknown format '%s'", name);
	else if (read_as(&r))
		e = usage_error(c, "--as: '%s' is not TOPIC or TOPIC:PARTITIONS", o.as);
	else if (o.write && !(r.out = fopen(o.write, "w"))) {
		fprintf(stderr, "tocsin replay: %s: %s\n", o.write, strerror(errno));
		e = EXIT_UNAVAILABLE;
	}
	if (e == 0)
		e = replay_files(&r, format, argv + optind);
	done(&r);
	return e;
}
