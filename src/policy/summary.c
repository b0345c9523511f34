#include "summary.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#define LONGEST 500
#define MAX_PARTS 64

enum field {
	LITERAL,
	INSTRUMENT,
	RULE,
	SEVERITY,
	KIND,
	SIDE,
	PRICE,
	SIZE,
	TIME,
	VENUE,
	ACCOUNT,
	ORDER_ID,
	TRADE_ID,
	COUNTERPARTY,
	CONFIDENCE,
	FEATURE,
	OBSERVED,
	EXPECTED,
};

static const char *const fields[] = {
	"",         "instrument",   "rule",       "severity", "kind",     "side",
	"price",    "size",         "time",       "venue",    "account",  "order_id",
	"trade_id", "counterparty", "confidence", "feature",  "observed", "expected",
};

#define N_FIELDS (sizeof fields / sizeof fields[0])

struct part {
	enum field field;
	bool percent;
	size_t at, n; /* of a literal: in text */
};

struct summary {
	char *text;
	struct part parts[MAX_PARTS];
	size_t n_parts;
};

static enum field field_named(const char *p, size_t n)
{
	for (size_t i = 1; i < N_FIELDS; i++)
		if (strlen(fields[i]) == n && memcmp(fields[i], p, n) == 0)
			return (enum field)i;
	return LITERAL;
}

/* "{name}" or "{name:%}" at `at`; *ret_n its length. */
static int read_field(const char *text, size_t at, struct part *ret, size_t *ret_n, char *reterr,
                      size_t size)
{
	const char *name = text + at + 1, *end = strchr(name, '}'), *colon;
	size_t n;

	if (!end) {
		snprintf(reterr, size, "'{' without '}' (write '{{' for a brace)");
		return -EINVAL;
	}
	colon = memchr(name, ':', (size_t)(end - name));
	n = (size_t)((colon ? colon : end) - name);
	*ret = (struct part){ .field = field_named(name, n) };
	if (ret->field == LITERAL) {
		const char *near = nearest(name, n, fields + 1, N_FIELDS - 1);

		snprintf(reterr, size, "unknown field '{%.*s}'%s%s%s", (int)(n < 40 ? n : 40), name,
		         near ? " (did you mean '{" : "", near ? near : "", near ? "}'?)" : "");
		return -EINVAL;
	}
	ret->percent = colon && end - colon == 2 && colon[1] == '%';
	if (colon && !ret->percent) {
		snprintf(reterr, size, "'%.*s' is not a way to write a field; only ':%%' is",
		         (int)(end - colon < 20 ? end - colon : 20), colon);
		return -EINVAL;
	}
	*ret_n = (size_t)(end - text) + 1 - at;
	return 0;
}

int summary_new(const char *text, struct summary **ret_summary, size_t *ret_at, char *reterr,
                size_t reterr_size)
{
	struct summary *s = calloc(1, sizeof *s);
	size_t at = 0;

	if (s)
		s->text = strdup(
			text ? text
			     : "{instrument}: {feature} is {observed}, threshold {expected}");
	if (!s || !s->text) {
		free(s);
		return -ENOMEM;
	}
	while (s->text[at]) {
		struct part *p = &s->parts[s->n_parts];
		size_t n = 0;

		if (s->n_parts == MAX_PARTS) {
			snprintf(reterr, reterr_size, "more than %d parts", MAX_PARTS);
			goto wrong;
		}
		if (s->text[at] == '{' && s->text[at + 1] != '{') {
			if (read_field(s->text, at, p, &n, reterr, reterr_size))
				goto wrong;
		} else if (s->text[at] == '}' && s->text[at + 1] != '}') {
			snprintf(reterr, reterr_size, "'}' without '{' (write '}}' for a brace)");
			goto wrong;
		} else {
			*p = (struct part){ .field = LITERAL,
				            .at = at,
				            .n = strcspn(s->text + at + 1, "{}") + 1 };
			n = p->n;
			if (s->text[at] == '{' ||
			    s->text[at] == '}') { /* doubled: one is written */
				p->n = 1;
				n = 2;
			}
		}
		s->n_parts++;
		at += n;
	}
	*ret_summary = s;
	return 0;
wrong:
	*ret_at = at;
	summary_free(s);
	return -EINVAL;
}

struct summary *summary_free(struct summary *s)
{
	if (s)
		free(s->text);
	free(s);
	return NULL;
}

static void number(struct buf *out, double v, bool percent)
{
	if (!isfinite(v))
		buf_puts(out, "?");
	else if (percent)
		buf_printf(out, "%.3g%%", v * 100);
	else
		buf_printf(out, "%.6g", v);
}

static void fixed(struct buf *out, int64_t units, bool percent)
{
	char text[DECIMAL_TEXT];

	if (units == TOCSIN_NONE) {
		buf_puts(out, "?");
	} else if (percent) {
		number(out, decimal_double(units), true);
	} else {
		decimal_format(units, text);
		buf_puts(out, text);
	}
}

static void text_of(struct buf *out, struct tocsin_str s)
{
	if (s.p)
		buf_add(out, s.p, s.n);
	else
		buf_puts(out, "?");
}

static void write_part(const struct summary *s, const struct part *p, const struct tocsin_alert *a,
                       struct buf *out)
{
	const struct tocsin_event *e = a->event;
	const struct tocsin_alert_reason *why = a->n_reasons ? &a->reason[0] : NULL;
	char time[TIMEFMT_TEXT];

	switch (p->field) {
	case LITERAL: buf_add(out, s->text + p->at, p->n); break;
	case INSTRUMENT: text_of(out, e->instrument); break;
	case RULE: buf_puts(out, a->rule); break;
	case SEVERITY: buf_puts(out, tocsin_severity_name(a->severity)); break;
	case KIND: buf_puts(out, tocsin_kind_name(e->kind)); break;
	case SIDE: buf_puts(out, tocsin_side_name(e->side)); break;
	case PRICE: fixed(out, e->price, p->percent); break;
	case SIZE: fixed(out, e->qty, p->percent); break;
	case TIME:
		time_format(e->time_ns, time);
		buf_puts(out, time);
		break;
	case VENUE: text_of(out, e->venue); break;
	case ACCOUNT: text_of(out, e->account); break;
	case ORDER_ID: text_of(out, e->order_id); break;
	case TRADE_ID: text_of(out, e->trade_id); break;
	case COUNTERPARTY: text_of(out, e->counterparty); break;
	case CONFIDENCE: number(out, a->confidence, p->percent); break;
	case FEATURE: buf_puts(out, why ? why->feature : "?"); break;
	case OBSERVED: number(out, why ? why->observed : (double)NAN, p->percent); break;
	case EXPECTED: number(out, why ? why->expected : (double)NAN, p->percent); break;
	}
}

void summary_write(const struct summary *s, const struct tocsin_alert *a, struct buf *out)
{
	size_t begin = out->n, end;

	for (size_t i = 0; i < s->n_parts; i++)
		write_part(s, &s->parts[i], a, out);
	if (out->n - begin <= LONGEST)
		return;
	end = begin + LONGEST; /* back to the start of the character that is cut */
	while (end > begin && ((unsigned char)out->p[end] & 0xc0) == 0x80)
		end--;
	out->n = end;
	out->p[end] = 0;
}
