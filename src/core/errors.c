#include "errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void errors_add(struct errors *e, struct place at, const char *format, ...)
{
	struct error_item *items;
	struct buf b = { 0 };
	va_list args;

	e->n_all++;
	if (e->n == ERRORS_MAX)
		return;
	items = realloc(e->items, (e->n + 1) * sizeof *items);
	if (!items)
		return;
	e->items = items;
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	e->items[e->n].at = at;
	e->items[e->n].at.file = at.file ? strdup(at.file) : NULL;
	e->items[e->n].order = e->n;
	e->items[e->n].text = buf_take(&b);
	e->n++;
}

void errors_done(struct errors *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free((char *)(uintptr_t)e->items[i].at.file);
		free(e->items[i].text);
	}
	free(e->items);
	*e = (struct errors){ 0 };
}

static int by_place(const void *a, const void *b)
{
	const struct error_item *x = a, *y = b;
	int files = strcmp(x->at.file ? x->at.file : "", y->at.file ? y->at.file : "");

	if (files)
		return files;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

char *errors_text(struct errors *e)
{
	struct buf b = { 0 };

	if (e->n)
		qsort(e->items, e->n, sizeof *e->items, by_place);
	for (size_t i = 0; i < e->n; i++) {
		const struct place *at = &e->items[i].at;

		if (at->file)
			buf_printf(&b, "%s:", at->file);
		if (at->line)
			buf_printf(&b, "%u:%u:", at->line, at->column);
		buf_printf(&b, "%serror: %s\n", at->file || at->line ? " " : "",
		           e->items[i].text ? e->items[i].text : "out of memory");
	}
	if (e->n_all > e->n)
		buf_printf(&b, "and %zu more\n", e->n_all - e->n);
	return buf_take(&b);
}
