/* text.c - the registry as Prometheus text, exposition format 0.0.4.
 *
 * A histogram is written twice. Prometheus' own has bounds that were chosen beforehand; the
 * quantiles and the maximum that ours knows to 0.8 % are shown beside it as a summary,
 * NAME_quantile_seconds (promtool allows the label "quantile" to no other type). The buckets and the
 * count of one series come from one pass, so they agree with each other while records go on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"

static const struct {
	int64_t ns;
	const char *le;
} bounds[] = {
	{ 1000, "1e-06" },       { 2500, "2.5e-06" },       { 5000, "5e-06" },
	{ 10000, "1e-05" },      { 25000, "2.5e-05" },      { 50000, "5e-05" },
	{ 100000, "0.0001" },    { 250000, "0.00025" },     { 500000, "0.0005" },
	{ 1000000, "0.001" },    { 2500000, "0.0025" },     { 5000000, "0.005" },
	{ 10000000, "0.01" },    { 25000000, "0.025" },     { 50000000, "0.05" },
	{ 100000000, "0.1" },    { 250000000, "0.25" },     { 500000000, "0.5" },
	{ 1000000000, "1" },     { 2500000000, "2.5" },     { 5000000000, "5" },
	{ 10000000000, "10" },   { 30000000000, "30" },     { 60000000000, "60" },
	{ 300000000000, "300" }, { 1800000000000, "1800" }, { HIST_MOST_NS, "3600" },
};

#define N_BOUNDS (sizeof bounds / sizeof bounds[0])

/* The shortest decimal that reads back as the same double; whole numbers without an exponent. */
static void write_double(struct buf *out, double v)
{
	char text[40];

	if (isnan(v) || isinf(v)) {
		buf_puts(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (fabs(v) < 1e15 && v == floor(v)) {
		buf_printf(out, "%.0f", v);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_puts(out, text);
}

/* name, suffix, {labels,extra} and a blank. */
static void write_head(struct buf *out, const char *name, const char *suffix, const char *labels,
                       const char *extra, const char *value)
{
	buf_puts(out, name);
	buf_puts(out, suffix);
	if (*labels || extra) {
		buf_putc(out, '{');
		buf_puts(out, labels);
		if (extra)
			buf_printf(out, "%s%s=\"%s\"", *labels ? "," : "", extra, value);
		buf_putc(out, '}');
	}
	buf_putc(out, ' ');
}

static void write_sum_count(const char *name, const struct series *s, uint64_t count,
                            struct buf *out)
{
	write_head(out, name, "_sum", s->labels, NULL, NULL);
	write_double(out, hist_sum_seconds(s->m.hist));
	buf_putc(out, '\n');
	write_head(out, name, "_count", s->labels, NULL, NULL);
	buf_printf(out, "%llu\n", (unsigned long long)count);
}

static void write_histogram(const char *name, const struct series *s, struct buf *out)
{
	int64_t ns[N_BOUNDS];
	uint64_t at_most[N_BOUNDS], all;

	for (size_t i = 0; i < N_BOUNDS; i++)
		ns[i] = bounds[i].ns;
	all = hist_cumulative(s->m.hist, ns, N_BOUNDS, at_most);
	for (size_t i = 0; i < N_BOUNDS; i++) {
		write_head(out, name, "_bucket", s->labels, "le", bounds[i].le);
		buf_printf(out, "%llu\n", (unsigned long long)at_most[i]);
	}
	write_head(out, name, "_bucket", s->labels, "le", "+Inf");
	buf_printf(out, "%llu\n", (unsigned long long)all);
	write_sum_count(name, s, all, out);
}

static void write_quantiles(const char *name, const struct series *s, struct buf *out)
{
	static const struct {
		const char *text;
		double q;
	} points[] = { { "0.5", 0.5 }, { "0.99", 0.99 }, { "0.999", 0.999 } };
	const struct hist *h = s->m.hist;
	uint64_t count = hist_count(h);

	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		write_head(out, name, "", s->labels, "quantile", points[i].text);
		write_double(out, count ? (double)hist_quantile(h, points[i].q) / 1e9 : NAN);
		buf_putc(out, '\n');
	}
	write_head(out, name, "", s->labels, "quantile", "1");
	write_double(out, count ? (double)hist_max(h) / 1e9 : NAN);
	buf_putc(out, '\n');
	write_sum_count(name, s, count, out);
}

static void write_series(const struct metric_family *f, const struct series *s, struct buf *out)
{
	uint64_t bits;
	double v;

	if (f->of) {
		write_quantiles(f->name, s, out);
		return;
	}
	if (f->type == METRIC_HISTOGRAM) {
		write_histogram(f->name, s, out);
		return;
	}
	bits = metric_count(&s->m);
	write_head(out, f->name, "", s->labels, NULL, NULL);
	if (f->type == METRIC_COUNTER) {
		buf_printf(out, "%llu", (unsigned long long)bits);
	} else {
		memcpy(&v, &bits, sizeof v);
		write_double(out, v);
	}
	buf_putc(out, '\n');
}

static void write_family(const struct metric_family *f, struct buf *out)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	const struct metric_family *from = f->of ? f->of : f;

	if (from->n_series == 0 && !from->other_used)
		return;
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name,
	           f->of ? "summary" : types[f->type]);
	for (size_t i = 0; i < from->n_series; i++)
		write_series(f, from->series[i], out);
	if (from->other_used)
		write_series(f, from->other, out);
}

void metrics_text(struct metrics *m, struct buf *out)
{
	pthread_mutex_lock(&m->lock);
	for (const struct metric_family *f = m->families; f; f = f->next)
		write_family(f, out);
	pthread_mutex_unlock(&m->lock);
}
