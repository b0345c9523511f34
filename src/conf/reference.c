/* conf_reference(): the page of all options, from the table. Lines that begin with "#" and a
 * letter are options that may be uncommented; "# " begins prose. */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "option.h"
#include "print.h"

#define WIDTH 96

static const char head[] =
	"# tocsin.yaml - every option of tocsin, with its default. Made by `tocsin config --reference`.\n"
	"#\n"
	"# Lines that are not comments are a small working configuration. An option that is commented\n"
	"# out stands with its default, or with an example where there is none.\n"
	"#\n"
	"# Durations: 250ms, 30s, 5m, 1h30m, 7d, 2w. Sizes: 4096, 64KiB, 1MiB. Fractions: 0.8 or 80%.\n"
	"# Where a list of texts is wanted, one text will do. Texts are taken as they are written:\n"
	"# ${NAME} is not replaced by anything. A secret stands elsewhere, and its place here:\n"
	"# {file: /path} (its last line end is cut), {env: NAME}, or {credential: name} (a file of\n"
	"# $CREDENTIALS_DIRECTORY, see LoadCredential= of systemd). Options that may be such a reference\n"
	"# say so. `tocsin replay` reads no secrets. Anchors and aliases work; tags, merge keys (<<) and\n"
	"# a second document are refused, and so is every option that is not on this page.\n"
	"# `tocsin check` tells all that is wrong at once.\n";

static void indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_puts(out, "  ");
}

/* Comment lines of at most WIDTH columns. */
static void prose(const char *s, unsigned depth, struct buf *out)
{
	size_t room = WIDTH - 2 * depth - 2;

	while (*s) {
		size_t n = strlen(s);

		if (n > room)
			for (n = room; n > 1 && s[n] != ' '; n--)
				;
		indent(out, depth);
		buf_puts(out, "# ");
		buf_add(out, s, n);
		buf_putc(out, '\n');
		s += n;
		s += strspn(s, " ");
	}
}

static void words(const struct conf_option *o, struct buf *out)
{
	for (size_t i = 0; o->words[i]; i++)
		buf_printf(out, "%s%s", i ? " | " : "", o->words[i]);
}

static void range(const struct conf_option *o, struct buf *out)
{
	char min[CONF_OPTION_TEXT], max[CONF_OPTION_TEXT];

	conf_option_number(o, o->min, min);
	conf_option_number(o, o->max, max);
	buf_puts(out, o->type == CONF_DURATION ? "duration, "
	              : o->type == CONF_SIZE   ? "size, "
	                                       : "number, ");
	if (o->max == INT64_MAX)
		buf_printf(out, "%s or more", min);
	else
		buf_printf(out, "%s to %s", min, max);
}

static void type(const struct conf_option *o, struct buf *out)
{
	switch (o->type) {
	case CONF_TEXT:
		if (o->words)
			words(o, out);
		else
			buf_puts(out, "text");
		break;
	case CONF_TEXTS: buf_puts(out, "text or list of texts"); break;
	case CONF_PAIRS: buf_puts(out, "mapping of texts"); break;
	case CONF_FRACTION: buf_puts(out, "fraction, 0 to 1"); break;
	case CONF_BOOL: buf_puts(out, "true | false"); break;
	case CONF_ENUM: words(o, out); break;
	default: range(o, out);
	}
	if (o->flags & CONF_MAY_REFER)
		buf_puts(out, o->type == CONF_TEXT ? " or reference" : ", which may be references");
}

/* "Of all that is random. (number, 0 or more; default 1)" */
static void describe(const struct conf_option *o, unsigned depth, struct buf *out)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s (", o->help);
	type(o, &b);
	if (o->flags & CONF_REQUIRED)
		buf_puts(&b, "; required");
	else if (o->otherwise || o->def)
		buf_printf(&b, "; default %s", o->otherwise ? o->otherwise : o->def);
	else
		buf_puts(&b, "; default none");
	buf_putc(&b, ')');
	out->failed |= b.failed;
	prose(buf_str(&b), depth, out);
	buf_done(&b);
}

static void reference_option(const struct conf_option *o, unsigned depth, const char *lead,
                             struct buf *out)
{
	bool set = o->flags & (CONF_REQUIRED | CONF_SHOWN_SET);

	describe(o, depth + (*lead ? 1 : 0), out);
	indent(out, depth);
	buf_printf(out, "%s%s%s: %s\n", lead, set ? "" : "#", o->key,
	           o->example ? o->example : o->def);
}

static void reference_section(const struct conf_option *o, unsigned depth, bool in_list,
                              struct buf *out)
{
	const struct conf_section *s = o->section;

	if (depth == 0)
		buf_putc(out, '\n');
	prose(o->help, depth, out);
	indent(out, depth);
	buf_printf(out, "%s:\n", o->key);
	for (size_t i = 0; i < s->n; i++) {
		const struct conf_option *row = &s->options[i];

		if (row->type == CONF_SECTION)
			reference_section(row, depth + 1 + in_list, false, out);
		else if (in_list && i == 0)
			reference_option(row, depth + 1, "- ", out);
		else
			reference_option(row, depth + 1 + in_list, "", out);
	}
}

void conf_reference(struct buf *out)
{
	const struct conf_section *s = &conf_section_top;

	buf_puts(out, head);
	for (size_t i = 0; i < s->n; i++) {
		const struct conf_option *o = &s->options[i];

		if (o->section) {
			reference_section(o, 0, o->type == CONF_LIST, out);
			continue;
		}
		buf_putc(out, '\n');
		reference_option(o, 0, "", out);
	}
}
