/* book.c - the order books of recorded logs, for people to look at and for tests to compare. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "book/book.h"
#include "book/fills.h"
#include "core/clock.h"
#include "core/decimal.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "engine/batch.h"
#include "engine/stats.h"
#include "source/file.h"

#define BATCH 1024
#define ALL UINT32_MAX

struct options {
	const char *config, *format, *instrument;
	uint32_t levels;
	uint64_t every; /* 0 = the book at the end */
	bool csv, quiet;
};

struct seen { /* of one instrument, in the order they came */
	char name[129];
	uint64_t trades;
	int64_t volume;
};

struct looking {
	const struct options *options;
	struct books *books;
	struct fills fills;
	struct decoder **decoders, **peekers; /* an input each */
	size_t n_inputs;
	struct seen *seen;
	size_t n_seen;
	uint64_t n_events, n_refused, n_by_fill, n_cancelled;
	int64_t last_ns;
	char error[300];
};

static const struct book_limits limits = { 100000, 20000000, 5000000, 100000, 100000 };

/* Options ------------------------------------------------------------------------------------ */

static int read_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (end == text || *end || text[0] == '-' || errno || v > max)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* 0, an exit status, or -1 when help was all that was wanted. */
static int read_options(const struct command *c, int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "format", required_argument, NULL, 'f' },
		{ "instrument", required_argument, NULL, 'i' },
		{ "levels", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' },
		{ "every", required_argument, NULL, 'e' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	uint64_t n;
	int option;

	*o = (struct options){ .levels = 10, .csv = !isatty(STDOUT_FILENO) };
	while ((option = usage_option(c, argc, argv, ":c:f:i:n:o:qh", longs)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'f': o->format = optarg; break;
		case 'i': o->instrument = optarg; break;
		case 'q': o->quiet = true; break;
		case 'n':
			if (read_number(optarg, ALL, &n))
				return usage_error(c, "--levels: '%s' is no number", optarg);
			o->levels = n ? (uint32_t)n : ALL;
			break;
		case 'e':
			if (read_number(optarg, UINT64_MAX, &o->every) || !o->every)
				return usage_error(c, "--every: '%s' is no number above 0", optarg);
			break;
		case 'o':
			if (strcmp(optarg, "human") != 0 && strcmp(optarg, "csv") != 0)
				return usage_error(c, "--output: '%s' is not human or csv", optarg);
			o->csv = optarg[0] == 'c';
			break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (!o->format)
		return usage_error(c, "no format named (-f NAME)");
	if (optind == argc)
		return usage_error(c, "no log named");
	return 0;
}

/* Writing ------------------------------------------------------------------------------------ */

static const char *number(__int128 v, char out[static DECIMAL_TEXT])
{
	if (v == (int64_t)v)
		decimal_format((int64_t)v, out);
	else
		snprintf(out, DECIMAL_TEXT, "%.17g", (double)v / (double)TOCSIN_SCALE);
	return out;
}

static void write_top(const struct looking *l, const struct tocsin_event *e)
{
	const struct book *b = books_find(l->books, &e->instrument);
	int64_t price;
	__int128 size;
	char text[DECIMAL_TEXT];

	printf("%llu,%lld,%.*s", (unsigned long long)l->n_events, (long long)e->time_ns,
	       (int)e->instrument.n, e->instrument.p);
	for (unsigned side = TOCSIN_BUY; side <= TOCSIN_SELL; side++) {
		if (!book_best(b, side, &price, &size)) {
			fputs(",,", stdout);
			continue;
		}
		printf(",%s", number(price, text));
		printf(",%s", number(size, text));
	}
	puts("");
}

static void write_csv(const struct book *b, const struct seen *s, uint32_t levels)
{
	int64_t price;
	__int128 size;
	uint32_t orders;
	char p[DECIMAL_TEXT], q[DECIMAL_TEXT];

	for (unsigned side = TOCSIN_BUY; side <= TOCSIN_SELL; side++)
		for (uint32_t i = 0; i < levels && book_level(b, side, i, &price, &size, &orders);
		     i++)
			printf("%s,%s,%u,%s,%s,%u\n", s->name, tocsin_side_name(side), i,
			       number(price, p), number(size, q), orders);
}

static void write_side(const struct book *b, unsigned side, uint32_t at)
{
	int64_t price;
	__int128 size;
	uint32_t orders;
	char p[DECIMAL_TEXT], q[DECIMAL_TEXT];

	if (!book_level(b, side, at, &price, &size, &orders))
		printf("%34s", "");
	else if (side == TOCSIN_BUY)
		printf("%7u %12s %13s", orders, number(size, q), number(price, p));
	else
		printf("%13s %12s %7u", number(price, p), number(size, q), orders);
}

static void write_human(const struct book *b, const struct seen *s, uint32_t levels)
{
	uint32_t bids = book_levels(b, TOCSIN_BUY), asks = book_levels(b, TOCSIN_SELL);
	char volume[DECIMAL_TEXT];

	printf("%s: %u levels bid, %u asked; %llu trades of %s in all%s\n", s->name, bids, asks,
	       (unsigned long long)s->trades, number(s->volume, volume),
	       b && !book_consistent(b) ? "; not to be trusted until a snapshot or clear" : "");
	printf(" orders     bid size           bid | ask              ask size  orders\n");
	for (uint32_t i = 0; i < levels && (i < bids || i < asks); i++) {
		write_side(b, TOCSIN_BUY, i);
		fputs(" | ", stdout);
		write_side(b, TOCSIN_SELL, i);
		puts("");
	}
}

static void write_books(const struct looking *l)
{
	if (l->options->csv)
		puts("instrument,side,level,price,size,orders");
	for (size_t i = 0; i < l->n_seen; i++) {
		const struct seen *s = &l->seen[i];
		const struct tocsin_str name = { s->name, (uint32_t)strlen(s->name) };
		const struct book *b = books_find(l->books, &name);

		if (l->options->csv)
			write_csv(b, s, l->options->levels);
		else
			write_human(b, s, l->options->levels);
	}
}

static void summary(const struct looking *l)
{
	struct book_counts c;
	char at[TIMEFMT_TEXT];
	int64_t volume = 0;
	uint64_t trades = 0;

	for (size_t i = 0; i < l->n_seen; i++) {
		trades += l->seen[i].trades;
		if (__builtin_add_overflow(volume, l->seen[i].volume, &volume))
			volume = INT64_MAX;
	}
	books_counts(l->books, &c);
	time_format(l->last_ns, at);
	fprintf(stderr, "%llu events up to %s, %llu refused; %llu trades, volume ",
	        (unsigned long long)l->n_events, at, (unsigned long long)l->n_refused,
	        (unsigned long long)trades);
	fprintf(stderr, "%s; %llu orders cancelled, %llu taken by fills\n", number(volume, at),
	        (unsigned long long)l->n_cancelled, (unsigned long long)l->n_by_fill);
	fprintf(stderr, "%llu books, %llu orders, %zu bytes", (unsigned long long)c.books,
	        (unsigned long long)c.orders, c.bytes);
	for (unsigned i = 0; i < BOOK_N_STATES; i++)
		if (c.states[i])
			fprintf(stderr, ", %s %llu", book_state_name(i),
			        (unsigned long long)c.states[i]);
	fputs("\n", stderr);
}

/* Running ------------------------------------------------------------------------------------ */

static struct seen *seen_of(struct looking *l, const struct tocsin_event *e)
{
	struct seen *more;

	for (size_t i = 0; i < l->n_seen; i++)
		if (strlen(l->seen[i].name) == e->instrument.n &&
		    memcmp(l->seen[i].name, e->instrument.p, e->instrument.n) == 0)
			return &l->seen[i];
	more = realloc(l->seen, (l->n_seen + 1) * sizeof *more);
	if (!more)
		abort();
	l->seen = more;
	more += l->n_seen++;
	*more = (struct seen){ 0 };
	memcpy(more->name, e->instrument.p, e->instrument.n < 128 ? e->instrument.n : 128);
	return more;
}

static void take(struct looking *l, const struct tocsin_event *e, uint64_t key)
{
	static const struct book_wants nothing;
	const char *only = l->options->instrument;
	const struct book *book;
	struct book_order order;
	struct seen *s;

	if (only &&
	    (strlen(only) != e->instrument.n || memcmp(only, e->instrument.p, e->instrument.n)))
		return;
	s = seen_of(l, e);
	l->n_events++;
	l->last_ns = e->time_ns;
	if (fills_take(&l->fills, e, key))
		l->n_by_fill++;
	else
		l->n_cancelled += e->kind == TOCSIN_ORDER_CANCEL;
	books_take(l->books, e, &nothing, &order, &book);
	if (e->kind == TOCSIN_TRADE) {
		s->trades++;
		if (__builtin_add_overflow(s->volume, e->qty, &s->volume))
			s->volume = INT64_MAX;
	}
	if (l->options->every && l->n_events % l->options->every == 0)
		write_top(l, e);
}

static void on_peek(void *ctx, int input, const void *line, size_t n, int32_t n_partitions,
                    int64_t *ret_time_ns, int32_t *ret_partition)
{
	struct looking *l = ctx;
	struct tocsin_event e;

	(void)n_partitions;
	*ret_partition = 0;
	*ret_time_ns = decode(l->peekers[input], line, n, &e, NULL) == DECODE_OK ? e.time_ns
	                                                                         : INT64_MIN;
}

static int64_t on_assigned(void *ctx, struct stream *s)
{
	(void)ctx;
	(void)s;
	return 0;
}

static void on_revoked(void *ctx, struct stream *s, bool lost)
{
	(void)ctx;
	(void)s;
	(void)lost;
}

static int read_all(struct looking *l, struct source *source, struct batch *b)
{
	for (;;) {
		int n = source->ops->poll(source, b->messages, BATCH, 0);

		if (n == -ENODATA)
			return 0;
		if (n < 0) {
			snprintf(l->error, sizeof l->error, "%s", source_file_error(source));
			return n;
		}
		b->n = (size_t)n;
		if (n && b->messages[n - 1].header) {
			const struct message *m = &b->messages[n - 1];

			decoder_header(l->peekers[m->input], m->value, m->size, l->error,
			               sizeof l->error);
		}
		batch_decode(b);
		if (b->error[0]) {
			snprintf(l->error, sizeof l->error, "%s", b->error);
			return -EINVAL;
		}
		for (size_t i = 0; i < b->n_decoded; i++) {
			const struct decoded *d = &b->decoded[i];

			if (d->verdict == DECODE_OK)
				take(l, &d->event, d->key);
			else
				l->n_refused += d->verdict != DECODE_IGNORED;
		}
	}
}

static int look(struct looking *l, const struct format *format, char **paths)
{
	struct source_file_config files = {
		.paths = (const char *const *)paths,
		.n_paths = l->n_inputs,
		.topic = "book",
		.n_partitions = 1,
		.csv = format_codec(format) == DECODE_CSV,
		.events = { .ctx = l, .assigned = on_assigned, .revoked = on_revoked },
		.peek_ctx = l,
		.peek = on_peek,
	};
	struct source *source = NULL;
	struct batch *batch = NULL;
	int e = batch_new(BATCH, &batch);

	if (e == 0)
		e = books_new(&limits, &l->books);
	l->decoders = calloc(l->n_inputs, sizeof(struct decoder *));
	l->peekers = calloc(l->n_inputs, sizeof(struct decoder *));
	if (!l->decoders || !l->peekers)
		e = -ENOMEM;
	for (size_t i = 0; e == 0 && i < l->n_inputs; i++) {
		e = decoder_new(format, DECODE_JSON_SIMD, &l->decoders[i]);
		if (e == 0)
			e = decoder_new(format, DECODE_JSON_SIMD, &l->peekers[i]);
	}
	if (e == 0)
		e = source_file_new(&files, &source, l->error, sizeof l->error);
	if (e == 0) {
		batch->decoders = l->decoders;
		if (l->options->every)
			puts("event,time,instrument,bid,bid_size,ask,ask_size");
		e = read_all(l, source, batch);
	}
	if (source)
		source->ops->free(source);
	batch_free(batch);
	return e;
}

static void done(struct looking *l)
{
	for (size_t i = 0; i < l->n_inputs; i++) {
		if (l->decoders)
			decoder_free(l->decoders[i]);
		if (l->peekers)
			decoder_free(l->peekers[i]);
	}
	free(l->decoders);
	free(l->peekers);
	free(l->seen);
	books_free(l->books);
}

/* A format of the configuration, or a preset. */
static int find_format(const struct options *o, struct conf **ret_conf, struct plan **ret_plan,
                       struct format **ret_own, const struct format **ret_format)
{
	const struct format_spec spec = { .name = o->format, .preset = o->format };
	struct errors errors = { 0 };
	int e;

	if (o->config) {
		e = load_config(o->config, CONF_FOR_REPLAY, ret_conf, ret_plan);
		if (e)
			return e;
		*ret_format = plan_format(*ret_plan, o->format);
	} else if (format_new(&spec, &errors, NULL, NULL, ret_own) == 0) {
		*ret_format = *ret_own;
	}
	errors_done(&errors);
	return EXIT_DONE;
}

int command_book(const struct command *c, int argc, char **argv)
{
	struct options o;
	struct looking l = { .options = &o };
	struct conf *conf = NULL;
	struct plan *plan = NULL;
	struct format *own = NULL;
	const struct format *format = NULL;
	int e = read_options(c, argc, argv, &o);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	log_setup(LOG_LEVEL_INFO);
	e = find_format(&o, &conf, &plan, &own, &format);
	if (e == 0 && !format)
		e = usage_error(c, "unknown format '%s'", o.format);
	if (e == 0) {
		l.n_inputs = (size_t)(argc - optind);
		e = look(&l, format, argv + optind);
		if (e) {
			fprintf(stderr, "tocsin book: %s\n", l.error[0] ? l.error : strerror(-e));
			e = e == -EINVAL ? EXIT_RUNTIME : EXIT_UNAVAILABLE;
		} else if (!o.every) {
			write_books(&l);
		}
		if (e == 0 && !o.quiet)
			summary(&l);
		if (fflush(stdout) && e == 0)
			e = EXIT_RUNTIME;
	}
	done(&l);
	format_free(own);
	plan_free(plan);
	conf_free(conf);
	return e;
}
