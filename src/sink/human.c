/* human.c - an alert's JSON as the lines an analyst reads: what, how sure, why, when, on what. */
#include "payload.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/timefmt.h"

#define DAY_NS (86400 * NS_PER_S)
#include "text.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN "\033[1;36m"
#define GREEN "\033[1;32m"
#define PLAIN "\033[0m"

static void tint(struct buf *out, int colour, const char *code)
{
	if (colour)
		buf_puts(out, code);
}

static void put_str(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		text_plain(out, json_string_value(v), json_string_length(v));
}

/* Exact decimals went through a double here: 15 digits show them as they were written. */
static void put_value(struct buf *out, const json_t *v)
{
	if (json_is_integer(v))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.15g", json_real_value(v));
	else if (json_is_null(v))
		buf_puts(out, "none");
	else
		put_str(out, v);
}

static void put_short(struct buf *out, const json_t *v)
{
	if (json_is_number(v))
		buf_printf(out, "%.6g", json_number_value(v));
	else
		put_value(out, v);
}

static void head(struct buf *out, int colour, const char *name)
{
	tint(out, colour, DIM);
	buf_printf(out, "  %-10s", name);
	tint(out, colour, PLAIN);
}

static bool is_resolved(const json_t *a)
{
	const char *status = json_string_value(json_object_get(a, "status"));

	return status && strcmp(status, "resolved") == 0;
}

static void title(const json_t *a, int colour, struct buf *out)
{
	const char *severity = json_string_value(json_object_get(a, "severity"));
	bool critical = severity && strcmp(severity, "critical") == 0;
	bool warning = severity && strcmp(severity, "warning") == 0;
	bool over = is_resolved(a);

	tint(out, colour, over ? GREEN : critical ? RED : warning ? YELLOW : CYAN);
	buf_puts(out, over ? "RESOLVED" : critical ? "CRITICAL" : warning ? "WARNING" : "INFO");
	tint(out, colour, PLAIN);
	buf_puts(out, "  ");
	tint(out, colour, BOLD);
	put_str(out, json_object_get(a, "summary"));
	tint(out, colour, PLAIN);
	buf_putc(out, '\n');
}

static bool time_of(const json_t *object, const char *name, int64_t *ret)
{
	const json_t *v = json_object_get(object, name);

	return json_is_string(v) &&
	       time_parse(json_string_value(v), json_string_length(v), ret) == 0;
}

/* Of a rule with states: since when, until when, and why it ended. */
static void state(const json_t *a, int colour, struct buf *out)
{
	char lasted[TIMEFMT_TEXT];
	int64_t from, to;

	if (!time_of(a, "starts_at", &from))
		return;
	head(out, colour, "fires");
	buf_puts(out, "since ");
	put_str(out, json_object_get(a, "starts_at"));
	if (time_of(a, "ends_at", &to) && to >= from) {
		duration_format_short(to - from, lasted);
		buf_puts(out, " until ");
		put_str(out, json_object_get(a, "ends_at"));
		buf_printf(out, ", %s", lasted);
	}
	if (json_object_get(a, "status_reason")) {
		buf_puts(out, " (");
		put_str(out, json_object_get(a, "status_reason"));
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
}

static void facts(const json_t *a, int colour, struct buf *out)
{
	head(out, colour, "when");
	put_str(out, json_object_get(a, "time"));
	buf_puts(out, "  instrument ");
	put_str(out, json_object_get(a, "instrument"));
	if (json_object_get(a, "venue")) {
		buf_puts(out, " on ");
		put_str(out, json_object_get(a, "venue"));
	}
	buf_putc(out, '\n');
	state(a, colour, out);
	head(out, colour, "sure");
	buf_puts(out, "confidence ");
	put_short(out, json_object_get(a, "confidence"));
	buf_puts(out, ", score ");
	put_short(out, json_object_get(a, "score"));
	buf_putc(out, '\n');
}

static void reasons(const json_t *a, int colour, struct buf *out)
{
	const json_t *list = json_object_get(a, "reasons"), *r;
	size_t i;

	json_array_foreach(list, i, r)
	{
		head(out, colour, i ? "" : "why");
		put_str(out, json_object_get(r, "feature"));
		buf_puts(out, " is ");
		put_short(out, json_object_get(r, "observed"));
		buf_puts(out, ", expected ");
		put_short(out, json_object_get(r, "expected"));
		if (json_number_value(json_object_get(r, "share")) < 1)
			buf_printf(out, "  (%.0f %% of the score)",
			           100 * json_number_value(json_object_get(r, "share")));
		buf_putc(out, '\n');
	}
}

/* "name value" of every member, in the order written. */
static void members(json_t *object, const char *between, struct buf *out)
{
	const char *name;
	json_t *v;
	bool first = true;

	json_object_foreach(object, name, v)
	{
		buf_puts(out, first ? "" : ", ");
		text_plain(out, name, strlen(name));
		buf_puts(out, between);
		put_value(out, v);
		first = false;
	}
	buf_putc(out, '\n');
}

static void rule(const json_t *a, int colour, struct buf *out)
{
	json_t *labels = json_object_get(a, "labels");
	const json_t *runbook = json_object_get(a, "runbook"),
		     *source = json_object_get(a, "source");
	json_int_t held = json_integer_value(json_object_get(a, "held"));

	head(out, colour, "rule");
	put_str(out, json_object_get(a, "rule"));
	buf_puts(out, " (version ");
	put_str(out, json_object_get(a, "rule_version"));
	buf_puts(out, ", configuration ");
	put_str(out, json_object_get(a, "config"));
	buf_puts(out, ")\n");
	if (held > 0) {
		head(out, colour, "held");
		buf_printf(out, "%" JSON_INTEGER_FORMAT " more like it since the last one\n", held);
	}
	if (json_object_size(labels)) {
		head(out, colour, "labels");
		members(labels, "=", out);
	}
	if (runbook) {
		head(out, colour, "runbook");
		put_str(out, runbook);
		buf_putc(out, '\n');
	}
	head(out, colour, "source");
	put_str(out, json_object_get(source, "topic"));
	buf_printf(out, " partition %" JSON_INTEGER_FORMAT " offset %" JSON_INTEGER_FORMAT "\n",
	           json_integer_value(json_object_get(source, "partition")),
	           json_integer_value(json_object_get(source, "offset")));
}

/* Each known stage as the time since the one before it. */
static void latency(const json_t *a, int colour, struct buf *out)
{
	static const char *const stages[] = { "event",  "broker", "consumed",
		                              "scored", "outbox", "attempt" };
	const json_t *l = json_object_get(a, "latency");
	int64_t before = 0, t;
	bool any = false, first = true;
	size_t last = 0;

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		if (!time_of(l, stages[i], &t))
			continue;
		if (any) {
			if (first)
				head(out, colour, "latency");
			if (t - before > DAY_NS) /* played from a recording */
				buf_printf(out, "%s%s days after the %s", first ? "" : ", ",
				           stages[i], stages[last]);
			else
				buf_printf(out, "%s%s +%.3f ms", first ? "" : ", ", stages[i],
				           (double)(t - before) / 1e6);
			first = false;
		}
		any = true;
		before = t;
		last = i;
	}
	if (!first)
		buf_putc(out, '\n');
}

int payload_human(const char *json, size_t n, int colour, struct buf *out)
{
	json_t *a = json_loadb(json, n, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(a)) {
		json_decref(a);
		return -EINVAL;
	}
	title(a, colour, out);
	facts(a, colour, out);
	reasons(a, colour, out);
	if (json_object_size(json_object_get(a, "event"))) {
		head(out, colour, "event");
		members(json_object_get(a, "event"), " ", out);
	}
	rule(a, colour, out);
	latency(a, colour, out);
	head(out, colour, "id");
	put_str(out, json_object_get(a, "id"));
	buf_putc(out, '\n');
	json_decref(a);
	return out->failed ? -ENOMEM : 0;
}
