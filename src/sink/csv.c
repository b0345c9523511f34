/* csv.c - alerts as rows (RFC 4180). A spreadsheet runs a cell that begins with = + - @ as a formula
 * (OWASP, "CSV Injection"), and text here comes from the outside: such a cell gets a "'" in front. */
#include "payload.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"

void payload_csv_header(struct buf *out)
{
	buf_puts(
		out,
		"id,time,severity,confidence,score,rule,rule_version,config,instrument,venue,kind,side,price,"
		"size,summary,held,topic,partition,offset,status,status_reason,fingerprint,starts_at,"
		"ends_at\r\n");
}

/* Text of the outside: quoted when it must be, valid UTF-8, never a formula. */
static void cell(struct buf *out, const char *p, size_t n)
{
	struct buf clean = { 0 };
	bool quote = false, formula;

	/* Control characters have no business in a cell, and tab and CR start formulas too. */
	text_plain(&clean, p, n);
	formula = clean.n && strchr("=+-@\t\r\n", clean.p[0]);
	for (size_t i = 0; i < clean.n; i++)
		quote |= clean.p[i] == '"' || clean.p[i] == ',' || clean.p[i] == ' ';
	if (quote)
		buf_putc(out, '"');
	if (formula)
		buf_putc(out, '\'');
	for (size_t i = 0; i < clean.n; i++) {
		if (clean.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, clean.p[i]);
	}
	if (quote)
		buf_putc(out, '"');
	out->failed |= clean.failed;
	buf_done(&clean);
}

static void text_cell(struct buf *out, const char *s)
{
	buf_putc(out, ',');
	if (s)
		cell(out, s, strlen(s));
}

static void str_cell(struct buf *out, struct tocsin_str s)
{
	buf_putc(out, ',');
	if (s.p)
		cell(out, s.p, s.n);
}

/* Numbers are ours: a minus stays a minus. */
static void decimal_cell(struct buf *out, int64_t units)
{
	buf_putc(out, ',');
	if (units != TOCSIN_NONE)
		text_decimal(out, units);
}

/* 0 = none. */
static void time_cell(struct buf *out, int64_t ns)
{
	struct buf when = { 0 };

	buf_putc(out, ',');
	if (!ns)
		return;
	text_time(&when, ns);
	if (when.n > 2) /* without its quotes */
		buf_add(out, when.p + 1, when.n - 2);
	out->failed |= when.failed;
	buf_done(&when);
}

void payload_csv(const struct tocsin_alert *a, struct buf *out)
{
	const struct tocsin_event *e = a->event;

	buf_puts(out, a->id);
	time_cell(out, e->time_ns);
	text_cell(out, tocsin_severity_name(a->severity));
	buf_putc(out, ',');
	text_double(out, a->confidence);
	buf_putc(out, ',');
	text_double(out, a->score);
	text_cell(out, a->rule);
	text_cell(out, a->rule_version);
	text_cell(out, a->config);
	str_cell(out, e->instrument);
	str_cell(out, e->venue);
	text_cell(out, tocsin_kind_name(e->kind));
	text_cell(out, tocsin_side_name(e->side));
	decimal_cell(out, e->price);
	decimal_cell(out, e->qty);
	text_cell(out, a->summary);
	buf_printf(out, ",%" PRIu32, a->held);
	text_cell(out, a->topic);
	buf_printf(out, ",%" PRId32 ",%" PRId64, a->partition, a->offset);
	text_cell(out, tocsin_status_name(a->status));
	text_cell(out, a->status_reason);
	text_cell(out, a->fingerprint[0] ? a->fingerprint : NULL);
	time_cell(out, a->starts_at);
	time_cell(out, a->ends_at);
	buf_puts(out, "\r\n");
}
