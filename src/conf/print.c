/* conf_print(): the effective configuration, by the same table that it was read with. */
#include "print.h"

#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "core/utf8.h"
#include "memory.h"
#include "option.h"
#include "read.h"
#include "value.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-"
#define URL_PATH 8 /* bytes of a secret URL's path that are shown */

/* What libyaml takes inside of double quotes unchanged. */
static bool verbatim(unsigned long c)
{
	if (c < 0x80)
		return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
	if (c == 0x2028 || c == 0x2029 || c == 0xfeff)
		return false;
	return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

static unsigned long code_point(const unsigned char *p, size_t length)
{
	unsigned long c = length == 1 ? p[0] : p[0] & (0xffu >> (length + 1));

	for (size_t i = 1; i < length; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

static void quoted(const char *s, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = strlen(s), length;

	buf_putc(out, '"');
	for (; n; p += length, n -= length) {
		bool valid = (length = utf8_char(p, n)) > 0;
		unsigned long c;

		length = valid ? length : 1;
		c = code_point(p, length);
		if (valid && verbatim(c))
			buf_add(out, p, length);
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else
			buf_printf(out, c < 0x100 ? "\\x%02lx" : "\\u%04lx", c);
	}
	buf_putc(out, '"');
}

void conf_print_text(const char *s, struct buf *out)
{
	/* "-", "--", "---" and "..." mean something to YAML; none begins with a letter or a slash */
	if (*s && strchr(PLAIN, *s) && *s != '-' && *s != '.' && s[strspn(s, PLAIN)] == 0 &&
	    strlen(s) < 200)
		buf_puts(out, s);
	else
		quoted(s, out);
}

static void redacted_url(const char *s, struct buf *out)
{
	const char *host = strstr(s, "://"), *path, *at;
	struct buf url = { 0 };
	size_t n;

	if (host) {
		host += 3;
		path = host + strcspn(host, "/?#");
		at = memrchr(host, '@', (size_t)(path - host));
		buf_add(&url, s, (size_t)(host - s));
		host = at ? at + 1 : host;
		buf_add(&url, host, (size_t)(path - host));
		n = strcspn(path, "?#");
		buf_add(&url, path, n < URL_PATH ? n : URL_PATH);
	}
	buf_puts(&url, CONF_REDACTED);
	out->failed |= url.failed;
	conf_print_text(buf_str(&url), out);
	buf_done(&url);
}

/* The text, and where a secret came from as a comment. Ends the line. */
static void print_line(const struct conf_text *t, bool url, struct buf *out)
{
	const char *from = t->secret ? conf_memory_from(t->s) : NULL;

	if (!t->secret)
		conf_print_text(t->s, out);
	else if (url)
		redacted_url(t->s, out);
	else
		quoted(CONF_REDACTED, out);
	if (from)
		buf_printf(out, "  # from %s", from);
	buf_putc(out, '\n');
}

static void indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_puts(out, "  ");
}

static void print_texts(const struct conf_texts *t, const struct conf_option *o, unsigned depth,
                        struct buf *out)
{
	indent(out, depth);
	buf_printf(out, "%s:%s\n", o->key, t->n ? "" : " []");
	for (size_t i = 0; i < t->n; i++) {
		indent(out, depth + 1);
		buf_puts(out, "- ");
		print_line(&t->v[i], false, out);
	}
}

static void print_pairs(const struct conf_pairs *pairs, const struct conf_option *o, unsigned depth,
                        struct buf *out)
{
	indent(out, depth);
	buf_printf(out, "%s:\n", o->key);
	for (size_t i = 0; i < pairs->n; i++) {
		indent(out, depth + 1);
		conf_print_text(pairs->v[i].key.s, out);
		buf_puts(out, ": ");
		print_line(&pairs->v[i].value, false, out);
	}
}

static void print_value(const struct conf_option *o, const void *field, struct buf *out)
{
	char text[CONF_OPTION_TEXT];
	int64_t v = 0;

	if (o->type == CONF_ENUM) {
		buf_puts(out, o->words[*(const int *)field - (int)o->min]);
	} else if (o->type == CONF_BOOL) {
		buf_puts(out, *(const bool *)field ? "true" : "false");
	} else if (o->type == CONF_FRACTION) {
		conf_value_fraction_text(*(const double *)field, text);
		buf_puts(out, text);
	} else {
		memcpy(&v, field, sizeof v);
		conf_option_number(o, v, text);
		buf_puts(out, text);
	}
	buf_putc(out, '\n');
}

static void print_section(const struct conf_section *s, const char *base, unsigned depth,
                          bool in_list, struct buf *out);

static void print_list(const struct conf_option *o, const char *base, unsigned depth,
                       struct buf *out)
{
	const char *items;
	size_t n;

	memcpy(&items, base + o->offset, sizeof items);
	memcpy(&n, base + o->count, sizeof n);
	buf_printf(out, "%s:%s\n", o->key, n ? "" : " []");
	for (size_t i = 0; i < n; i++)
		print_section(o->section, items + i * o->section->size, depth + 1, true, out);
}

static void print_option(const struct conf_option *o, const char *base, unsigned depth,
                         struct buf *out)
{
	const void *field = base + o->offset;
	const struct conf_text *text = field;
	const struct conf_texts *texts = field;
	const struct conf_pairs *pairs = field;

	if (o->flags & CONF_NOT_PRINTED)
		return;
	switch (o->type) {
	case CONF_TEXTS:
		if (texts->n || o->flags & CONF_MAY_BE_NONE)
			print_texts(texts, o, depth, out);
		return;
	case CONF_PAIRS:
		if (pairs->n)
			print_pairs(pairs, o, depth, out);
		return;
	case CONF_LIST: print_list(o, base, depth, out); return;
	case CONF_SECTION:
		indent(out, depth);
		buf_printf(out, "%s:\n", o->key);
		print_section(o->section, field, depth + 1, false, out);
		return;
	case CONF_TEXT:
		if (!text->s)
			return;
		indent(out, depth);
		buf_printf(out, "%s: ", o->key);
		print_line(text, o->flags & CONF_IS_URL, out);
		return;
	default:
		indent(out, depth);
		buf_printf(out, "%s: ", o->key);
		print_value(o, field, out);
	}
}

/* An item of a list: its first line begins with "- ". Its first option, the name, is there. */
static void print_section(const struct conf_section *s, const char *base, unsigned depth,
                          bool in_list, struct buf *out)
{
	if (in_list) {
		indent(out, depth);
		buf_puts(out, "- ");
		print_option(&s->options[0], base, 0, out);
		depth++;
	}
	for (size_t i = in_list; i < s->n; i++)
		print_option(&s->options[i], base, depth, out);
}

void conf_print(const struct conf *c, struct buf *out)
{
	print_section(&conf_section_top, (const char *)c, 0, false, out);
}
