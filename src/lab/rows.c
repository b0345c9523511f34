/* A table of events: the first row names the columns, every further one is an event. Cells stand
 * between commas, blanks around them do not count, an empty cell is absent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/memory.h"
#include "core/nearest.h"
#include "lab/compose.h"
#include "lab/table.h"

#define MAX_COLUMNS 32

struct rows {
	const struct lab_file *file;
	const struct lab_template *t;
	struct errors *errors;
	struct lab_events *out;
	const struct conf_option *columns[MAX_COLUMNS];
	size_t n_columns;
	uint32_t line; /* of the file */
};

/* The column in the file where the text of a line begins: YAML took its indentation away. */
static uint32_t indentation(const struct rows *r)
{
	const char *p = r->file->text;
	uint32_t n = 0;

	for (uint32_t i = 1; i < r->line && p; i++) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	while (p && p[n] == ' ')
		n++;
	return n;
}

/* The next cell of a line, without the blanks around it. */
static struct conf_text cell_at(struct rows *r, const char *line, size_t n, size_t *at,
                                uint32_t indent)
{
	const char *comma = memchr(line + *at, ',', n - *at);
	size_t end = comma ? (size_t)(comma - line) : n, begin = *at;
	struct conf_text cell;

	*at = comma ? end + 1 : n + 1;
	while (begin < end && line[begin] == ' ')
		begin++;
	while (end > begin && (line[end - 1] == ' ' || line[end - 1] == '\r'))
		end--;
	cell = (struct conf_text){
		.s = conf_memory_copy(r->out->texts, line + begin, end - begin),
		.at = { r->file->path, r->line, indent + (uint32_t)begin + 1 },
	};
	return cell;
}

static void read_column(struct rows *r, const struct conf_text *cell)
{
	const struct conf_option *o = conf_option_find(&lab_section_item, cell->s);
	const char *near = conf_option_nearest(&lab_section_item, cell->s);

	if (r->n_columns == MAX_COLUMNS) {
		errors_add(r->errors, cell->at, "more than %d columns", MAX_COLUMNS);
		return;
	}
	if (o && (o->type != CONF_TEXT || o->offset >= offsetof(struct lab_item, rows)))
		o = NULL;
	if (!o)
		errors_add(r->errors, cell->at, "unknown column '%.60s'%s%s%s", cell->s,
		           near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	for (size_t i = 0; o && i < r->n_columns; i++)
		if (r->columns[i] == o)
			errors_add(r->errors, cell->at, "column '%s' is there twice", o->key);
	r->columns[r->n_columns++] = o;
}

static int read_row(struct rows *r, const char *line, size_t n)
{
	uint32_t indent = indentation(r);
	struct lab_item item = { .place = { r->file->path, r->line, indent + 1 } };
	struct lab_template t = { .item = &item,
		                  .fallback = r->t->item,
		                  .instrument = r->t->instrument,
		                  .place = item.place };
	size_t at = 0, k = 0, before = r->errors->n_all;
	struct tocsin_event e;
	int rc;

	for (; at <= n; k++) {
		struct conf_text cell = cell_at(r, line, n, &at, indent);

		if (!cell.s)
			return -ENOMEM;
		if (k >= r->n_columns || !r->columns[k] || !*cell.s)
			continue;
		if (lab_table_cell(r->columns[k], &cell, r->errors))
			memcpy((char *)&item + r->columns[k]->offset, &cell, sizeof cell);
	}
	if (k > r->n_columns)
		errors_add(r->errors, item.place, "%zu cells, but %zu columns", k, r->n_columns);
	else if (!item.at.s && r->errors->n_all == before)
		errors_add(r->errors, item.place, "a row needs its time, in column 'at'");
	if (r->errors->n_all > before)
		return 0;
	rc = lab_event_make(&t, lab_time(&item.at, r->out->start_ns), r->errors, &e);
	return rc == -EINVAL ? 0 : rc ? rc : lab_events_add(r->out, &e);
}

int lab_rows(const struct lab_file *f, const struct lab_template *t, struct errors *errors,
             struct lab_events *ret)
{
	struct rows r = { .file = f, .t = t, .errors = errors, .out = ret };
	const char *p = t->item->rows.s;
	int e = 0;

	/* a literal block begins in the line after its mark; a text in quotes in its own */
	r.line = t->item->rows.at.line + (strchr(p, '\n') ? 1 : 0);
	for (; e == 0 && *p; r.line++) {
		size_t n = strcspn(p, "\n"), at = 0;
		size_t blank = strspn(p, " ");

		if (blank >= n || p[blank] == '#') {
			/* nothing */
		} else if (r.n_columns == 0) {
			uint32_t indent = indentation(&r);

			while (at <= n) {
				struct conf_text cell = cell_at(&r, p, n, &at, indent);

				if (!cell.s)
					return -ENOMEM;
				read_column(&r, &cell);
			}
		} else {
			e = read_row(&r, p, n);
		}
		p += n + (p[n] == '\n');
	}
	return e;
}
