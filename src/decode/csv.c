#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/nearest.h"

struct cell {
	const char *p;
	size_t n;
};

struct cells {
	const char *p, *end;
	char *scratch; /* where unquoted text goes; grows towards its end */
	bool more; /* another cell follows */
};

/* The next cell: 0, or -EINVAL at a stray or missing quote. */
static int next_cell(struct cells *c, struct cell *ret)
{
	char *out = c->scratch;

	if (c->p == c->end || *c->p != '"') {
		const char *comma = memchr(c->p, ',', (size_t)(c->end - c->p));
		const char *stop = comma ? comma : c->end;

		*ret = (struct cell){ c->p, (size_t)(stop - c->p) };
		c->more = comma != NULL;
		c->p = comma ? comma + 1 : c->end;
		return memchr(ret->p, '"', ret->n) ? -EINVAL : 0;
	}
	for (c->p++;; c->p++) {
		if (c->p == c->end)
			return -EINVAL;
		if (*c->p != '"') {
			*out++ = *c->p;
			continue;
		}
		c->p++;
		if (c->p == c->end || *c->p != '"')
			break;
		*out++ = '"';
	}
	if (c->p < c->end && *c->p != ',')
		return -EINVAL;
	*ret = (struct cell){ c->scratch, (size_t)(out - c->scratch) };
	c->scratch = out;
	c->more = c->p < c->end;
	c->p += c->more;
	return 0;
}

/* Without the line's end. */
static size_t trimmed(const char *p, size_t n)
{
	if (n && p[n - 1] == '\n')
		n--;
	if (n && p[n - 1] == '\r')
		n--;
	return n;
}

static bool scratch_fits(struct csv *c, size_t n)
{
	char *p;

	if (n <= c->scratch_size && c->scratch)
		return true;
	p = realloc(c->scratch, n + 1);
	if (!p)
		return false;
	c->scratch = p;
	c->scratch_size = n + 1;
	return true;
}

void csv_init(struct csv *c, const struct format *format)
{
	*c = (struct csv){ .format = format };
}

void csv_done(struct csv *c)
{
	free(c->slots);
	free(c->scratch);
	*c = (struct csv){ 0 };
}

static int16_t wanted_slot(const struct format *f, const struct cell *name)
{
	for (size_t i = 0; i < f->n_paths; i++)
		if (strlen(f->paths[i]) == name->n && memcmp(f->paths[i], name->p, name->n) == 0)
			return (int16_t)i;
	return -1;
}

/* A path of the first field that needs a column and has none, or NULL. */
static const char *missing_column(const struct format *f, const bool found[FORMAT_MAX_PATHS])
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		bool any = !f->needed[i] || found[f->value[i]];

		for (unsigned k = 0; k < FORMAT_OTHERS && f->other[i][k] != FORMAT_ABSENT; k++)
			any |= found[f->other[i][k]];
		if (!any)
			return f->paths[f->value[i]];
	}
	return NULL;
}

static int explain_missing(const char *wanted, const struct cell *names, size_t n, char *reterr,
                           size_t reterr_size)
{
	_cleanup_(freep) const char **words = calloc(n, sizeof *words);
	_cleanup_(freep) char *text = malloc(n * 65);
	const char *near = NULL;

	for (size_t i = 0; words && text && i < n; i++) {
		snprintf(text + i * 65, 65, "%.*s", (int)(names[i].n > 64 ? 64 : names[i].n),
		         names[i].p);
		words[i] = text + i * 65;
	}
	if (words && text)
		near = nearest(wanted, strlen(wanted), words, n);
	snprintf(reterr, reterr_size, "no column \"%s\"%s%s%s", wanted,
	         near ? "; the nearest is \"" : "", near ? near : "", near ? "\"" : "");
	return -EINVAL;
}

/* Splits the header: 0, -EINVAL with the reason, -ENOMEM. Caller frees *ret. */
static int header_cells(struct csv *c, const char *p, size_t n, struct cell **ret, size_t *ret_n,
                        char *reterr, size_t reterr_size)
{
	_cleanup_(freep) struct cell *names = calloc(CSV_MAX_COLUMNS, sizeof *names);
	struct cells cells = { .more = true };
	size_t n_names = 0;

	if (!names || !scratch_fits(c, n)) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	cells.p = p;
	cells.end = p + n;
	cells.scratch = c->scratch;
	while (cells.more) {
		if (n_names == CSV_MAX_COLUMNS) {
			snprintf(reterr, reterr_size, "more than %d columns", CSV_MAX_COLUMNS);
			return -EINVAL;
		}
		if (next_cell(&cells, &names[n_names])) {
			snprintf(reterr, reterr_size, "stray or missing quote in column %zu",
			         n_names + 1);
			return -EINVAL;
		}
		n_names++;
	}
	*ret = TAKE_PTR(names);
	*ret_n = n_names;
	return 0;
}

int csv_header(struct csv *c, const char *p, size_t n, char *reterr, size_t reterr_size)
{
	const struct format *f = c->format;
	_cleanup_(freep) struct cell *names = NULL;
	_cleanup_(freep) int16_t *slots = NULL;
	bool found[FORMAT_MAX_PATHS] = { false };
	const char *missing;
	size_t n_names;
	int err;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	err = header_cells(c, p, trimmed(p, n), &names, &n_names, reterr, reterr_size);
	if (err)
		return err;
	slots = calloc(n_names, sizeof *slots);
	if (!slots) {
		snprintf(reterr, reterr_size, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_names; i++) {
		slots[i] = wanted_slot(f, &names[i]);
		if (slots[i] < 0)
			continue;
		if (found[slots[i]]) {
			snprintf(reterr, reterr_size, "two columns \"%s\"", f->paths[slots[i]]);
			return -EINVAL;
		}
		found[slots[i]] = true;
	}
	missing = missing_column(f, found);
	if (missing)
		return explain_missing(missing, names, n_names, reterr, reterr_size);
	free(c->slots);
	c->slots = TAKE_PTR(slots);
	c->n_columns = n_names;
	return 0;
}

enum decode_verdict csv_line(struct csv *c, const char *p, size_t n, struct json_value *values)
{
	struct cells cells = { .more = true };
	size_t column = 0;

	n = trimmed(p, n);
	if (!scratch_fits(c, n))
		return DECODE_TOO_LARGE;
	cells.p = p;
	cells.end = p + n;
	cells.scratch = c->scratch;
	memset(values, 0, c->format->n_paths * sizeof *values);
	for (; cells.more; column++) {
		struct cell cell;
		int16_t slot;

		if (column == c->n_columns || next_cell(&cells, &cell))
			return DECODE_BAD_CSV;
		slot = c->slots[column];
		if (slot < 0 || cell.n == 0)
			continue;
		values[slot].type = JSON_STRING_VALUE;
		values[slot].n = (uint32_t)cell.n;
		values[slot].u.p = cell.p;
	}
	return column == c->n_columns ? DECODE_OK : DECODE_BAD_CSV;
}
