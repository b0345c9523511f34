#include "mbo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of a member, without its quotes. Members of these names occur once in such a line. */
static const char *member(const char *text, size_t n, const char *name, size_t *ret_n)
{
	size_t length = strlen(name);
	const char *end = text + n, *p = text;

	while ((p = memmem(p, (size_t)(end - p), name, length))) {
		const char *value = p + length, *stop;

		if (p > text && p[-1] == '"' && value + 1 < end && value[0] == '"' &&
		    value[1] == ':') {
			value += 2;
			value += value < end && *value == '"';
			stop = value;
			while (stop < end && *stop != '"' && *stop != ',' && *stop != '}')
				stop++;
			*ret_n = (size_t)(stop - value);
			return value;
		}
		p++;
	}
	return NULL;
}

static int number(const char *text, size_t n, const char *name, int64_t *ret)
{
	size_t length;
	const char *value = member(text, n, name, &length);
	char digits[24], *end;

	if (!value || length == 0 || length >= sizeof digits)
		return -EINVAL;
	memcpy(digits, value, length);
	digits[length] = 0;
	errno = 0;
	*ret = strtoll(digits, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

static int letter(const char *text, size_t n, const char *name, char *ret)
{
	size_t length;
	const char *value = member(text, n, name, &length);

	if (!value || length != 1)
		return -EINVAL;
	*ret = *value;
	return 0;
}

static int symbol(struct mbo_log *l, const char *text, size_t n, uint32_t *ret)
{
	size_t length;
	const char *value = member(text, n, "symbol", &length);
	char(*grown)[MBO_SYMBOL];

	if (!value || length == 0 || length >= MBO_SYMBOL)
		return -EINVAL;
	for (size_t i = l->n_symbols; i-- > 0;) {
		if (strlen(l->symbols[i]) == length && memcmp(l->symbols[i], value, length) == 0) {
			*ret = (uint32_t)i;
			return 0;
		}
	}
	grown = realloc(l->symbols, (l->n_symbols + 1) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	l->symbols = grown;
	memset(grown[l->n_symbols], 0, MBO_SYMBOL);
	memcpy(grown[l->n_symbols], value, length);
	*ret = (uint32_t)l->n_symbols++;
	return 0;
}

static int64_t divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int read_line(struct mbo_log *l, const char *text, size_t n, struct mbo_line *ret)
{
	int64_t order, flags = 0;

	if (number(text, n, "ts_event", &ret->time_ns) || number(text, n, "price", &ret->price) ||
	    number(text, n, "size", &ret->size) || number(text, n, "order_id", &order) ||
	    number(text, n, "flags", &flags) || letter(text, n, "action", &ret->action) ||
	    letter(text, n, "side", &ret->side) || order < 0 || ret->size < 0 || flags < 0 ||
	    flags > UINT32_MAX)
		return -EINVAL;
	ret->order = (uint64_t)order;
	ret->flags = (uint32_t)flags;
	return symbol(l, text, n, &ret->instrument);
}

/* Times as they were written, with as many digits. */
static int shift_time(const struct mbo_log *l, char *text, size_t n, const char *name)
{
	int64_t time_ns;
	size_t length;
	const char *at = member(text, n, name, &length);
	char digits[24];

	if (!at)
		return 0;
	if (number(text, n, name, &time_ns) ||
	    __builtin_add_overflow(time_ns, l->shift_ns, &time_ns) ||
	    (size_t)snprintf(digits, sizeof digits, "%" PRId64, time_ns) != length)
		return -EINVAL;
	memcpy(text + (at - text), digits, length);
	return 0;
}

int mbo_add(struct mbo_log *l, const char *text, size_t n)
{
	struct mbo_line line = { 0 };
	int e;

	if (n == 0 || n > UINT32_MAX || text[n - 1] != '}')
		return -EINVAL;
	e = read_line(l, text, n, &line);
	if (e)
		return e;
	if (l->n >= MBO_LINES_MAX || (l->n && line.time_ns + l->shift_ns < l->v[l->n - 1].time_ns))
		return -ERANGE;
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 4096;
		struct mbo_line *v = realloc(l->v, size * sizeof *v);

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->size = size;
	}
	line.text = malloc(n);
	if (!line.text)
		return -ENOMEM;
	memcpy(line.text, text, n);
	line.n = (uint32_t)n;
	if (l->shift_ns &&
	    (shift_time(l, line.text, n, "ts_event") || shift_time(l, line.text, n, "ts_recv"))) {
		free(line.text);
		return -EINVAL;
	}
	line.time_ns += l->shift_ns;
	if (line.order > l->last_order)
		l->last_order = line.order;
	if (line.price > 0 && line.price != MBO_NO_PRICE)
		l->tick = divisor(l->tick, line.price);
	l->v[l->n++] = line;
	return 0;
}

void mbo_done(struct mbo_log *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].text);
	free(l->v);
	free(l->symbols);
	*l = (struct mbo_log){ 0 };
}

struct change { /* other text for a member's value */
	const char *at;
	size_t n;
	char text[24];
};

void mbo_rewrite(const struct mbo_line *line, int64_t size, uint64_t order, const char *more,
                 struct buf *out)
{
	const char *p = line->text, *end = line->text + line->n - 1;
	struct change c[2] = { 0 };
	int n = 0;

	if (size != line->size) {
		c[n].at = member(line->text, line->n, "size", &c[n].n);
		snprintf(c[n].text, sizeof c[n].text, "%" PRId64, size);
		n++;
	}
	if (order != line->order) {
		c[n].at = member(line->text, line->n, "order_id", &c[n].n);
		snprintf(c[n].text, sizeof c[n].text, "%" PRIu64, order);
		n++;
	}
	if (n == 2 && c[0].at > c[1].at) {
		struct change first = c[1];

		c[1] = c[0];
		c[0] = first;
	}
	for (int i = 0; i < n; i++) {
		buf_add(out, p, (size_t)(c[i].at - p));
		buf_puts(out, c[i].text);
		p = c[i].at + c[i].n;
	}
	buf_add(out, p, (size_t)(end - p));
	buf_puts(out, more);
	buf_putc(out, '}');
}
