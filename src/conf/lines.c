#include "lines.h"

#include <string.h>

/* The byte of line `line`, column `column` (characters, both from 1). */
static const char *find(const struct conf_tree *t, uint32_t line, uint32_t column)
{
	const char *p = t->text, *end = t->text + t->n;

	for (; line > 1 && p; line--) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	for (; column > 1 && p && p < end; column--)
		for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80; p++)
			;
	return p;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line of the file, from p on: the part of the text from *at on that stands there. 0 = none. */
static size_t match(const struct conf_tree *t, const char **p, uint32_t *column, const char *s,
                    size_t n)
{
	const char *end = t->text + t->n;
	size_t same = 0;

	for (; *p < end && is_blank(**p); ++*p)
		++*column;
	while (same < n && *p + same < end && (*p)[same] == s[same] && s[same] != '\n')
		same++;
	return same;
}

void conf_lines(const struct conf_tree *t, const yaml_node_t *node, struct conf_memory *m,
                struct conf_text *text)
{
	struct place at = conf_tree_place(t, node);
	yaml_scalar_style_t style = node->data.scalar.style;
	size_t n = strlen(text->s), room = 1, done = 0;
	const char *p = find(t, at.line, at.column), *end = t->text + t->n;
	struct conf_line *lines;

	for (const char *c = text->s; *c; c++)
		room += *c == '\n' || *c == ' '; /* a line of the file ends in one of these */
	lines = conf_memory_get(m, room, sizeof *lines);
	text->lines = lines;
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
		p = p ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		p = p ? p + 1 : NULL;
		at.line++;
		at.column = 1;
	} else if (style != YAML_PLAIN_SCALAR_STYLE && p) {
		p++;
		at.column++;
	}
	while (lines && p && p < end && text->n_lines < room) {
		size_t same;

		done += strspn(text->s + done, " \t\n");
		same = match(t, &p, &at.column, text->s + done, n - done);
		if (same)
			lines[text->n_lines++] = (struct conf_line){
				.offset = (uint32_t)done,
				.line = at.line,
				.column = at.column,
			};
		else if (p < end && *p != '\n')
			break; /* not as it is written: an escape */
		done += same;
		if (done == n)
			break;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
		at.line++;
		at.column = 1;
	}
}

struct place conf_text_place(const struct conf_text *t, size_t offset)
{
	struct place at = t->at;
	size_t i = t->n_lines;

	while (i > 0 && t->lines[i - 1].offset > offset)
		i--;
	if (i == 0)
		return at;
	at.line = t->lines[i - 1].line;
	at.column = t->lines[i - 1].column;
	for (size_t k = t->lines[i - 1].offset; k < offset && t->s[k]; k++)
		at.column += ((unsigned char)t->s[k] & 0xc0) != 0x80;
	return at;
}
