#include "lex.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "core/utf8.h"

#define MAX_NUMBER 60 /* bytes of a number or duration */
#define SECOND 1000000000LL

int expr_fail(struct expr_error *e, size_t at, const char *format, ...)
{
	va_list args;

	e->at = at;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	return -EINVAL;
}

/* Not isdigit() and the like: the language does not depend on a locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *lex_describe(const struct lex *l, char out[static 64])
{
	size_t n = l->end - l->at;

	if (l->token == LEX_END)
		return "the end";
	snprintf(out, 64, "'%.*s%s'", (int)(n > 40 ? 40 : n), l->text + l->at, n > 40 ? "..." : "");
	return out;
}

static void skip_blanks(struct lex *l)
{
	while (l->end < l->n && (is_blank(l->text[l->end]) || l->text[l->end] == '#')) {
		if (l->text[l->end] == '#')
			while (l->end < l->n && l->text[l->end] != '\n')
				l->end++;
		else
			l->end++;
	}
}

static void skip_digits(struct lex *l)
{
	while (is_digit(l->text[l->end]))
		l->end++;
}

/* digits [ "." digits ] [ "e" [sign] digits ]; the text is terminated, so looking ahead is safe. */
static void skip_number(struct lex *l)
{
	size_t e;

	skip_digits(l);
	if (l->text[l->end] == '.') {
		l->end++;
		skip_digits(l);
	}
	if (l->text[l->end] != 'e' && l->text[l->end] != 'E')
		return;
	e = l->end + 1;
	if (l->text[e] == '+' || l->text[e] == '-')
		e++;
	if (!is_digit(l->text[e]))
		return;
	l->end = e;
	skip_digits(l);
}

static int read_duration(struct lex *l, struct expr_error *ret_error)
{
	int r;

	while (is_digit(l->text[l->end]) || is_letter(l->text[l->end]) || l->text[l->end] == '.')
		l->end++;
	r = duration_parse(l->text + l->at, l->end - l->at, &l->duration_ns);
	if (r == -ERANGE)
		return expr_fail(ret_error, l->at, "the duration is too long");
	if (r)
		return expr_fail(ret_error, l->at,
		                 "'%.*s%s' is no duration (units: ns us ms s m h d w)",
		                 (int)(l->end - l->at > 40 ? 40 : l->end - l->at), l->text + l->at,
		                 l->end - l->at > 40 ? "..." : "");
	l->token = LEX_DURATION;
	return 0;
}

/* Two digits and what they are, or -1. */
static int two_digits(const struct lex *l, size_t at)
{
	if (!is_digit(l->text[at]) || !is_digit(l->text[at + 1]))
		return -1;
	return 10 * (l->text[at] - '0') + (l->text[at + 1] - '0');
}

/* HH:MM or HH:MM:SS; 24:00 is the end of the day. */
static int read_time(struct lex *l, struct expr_error *ret_error)
{
	int part[3] = { 0 }, n = 0;
	size_t at = l->at;

	while (is_digit(l->text[l->end]) || l->text[l->end] == ':')
		l->end++;
	for (; n < 3 && at < l->end; n++, at += 3) {
		part[n] = two_digits(l, at);
		if (part[n] < 0 || (at + 2 < l->end && l->text[at + 2] != ':'))
			break;
	}
	if (n < 2 || at != l->end + 1 || is_letter(l->text[l->end]) || part[0] > 24 ||
	    part[1] > 59 || part[2] > 59 || (part[0] == 24 && (part[1] || part[2])))
		return expr_fail(ret_error, l->at,
		                 "'%.*s' is no time of day, such as 09:30 or 15:59:30",
		                 (int)(l->end - l->at > 40 ? 40 : l->end - l->at), l->text + l->at);
	l->duration_ns = ((part[0] * 60LL + part[1]) * 60 + part[2]) * SECOND;
	l->token = LEX_TIME;
	return 0;
}

/* Between quotes of one kind: any text of one line without that quote. */
static int read_string(struct lex *l, struct expr_error *ret_error)
{
	char quote = l->text[l->at];
	size_t n;

	for (l->end++; l->end < l->n && l->text[l->end] != quote; l->end++)
		if ((unsigned char)l->text[l->end] < ' ' || l->text[l->end] == 127)
			return expr_fail(ret_error, l->end,
			                 "a string ends with %c on the line where it begins",
			                 quote);
	if (l->end == l->n)
		return expr_fail(ret_error, l->at, "the string has no end: %c is missing", quote);
	n = l->end - l->at - 1;
	l->end++;
	if (n > TREE_MAX_STRING)
		return expr_fail(ret_error, l->at, "a string of more than %d bytes",
		                 TREE_MAX_STRING);
	if (!utf8_valid(l->text + l->at + 1, n))
		return expr_fail(ret_error, l->at, "a string that is not UTF-8");
	l->token = LEX_STRING;
	return 0;
}

/* strtod() follows the locale, which this program never sets; if it were set, "1.5" would be
 * refused here, not misread. */
static int read_number(struct lex *l, struct expr_error *ret_error)
{
	char digits[MAX_NUMBER + 1], *rest;
	size_t n;

	skip_number(l);
	if (l->text[l->end] == ':')
		return read_time(l, ret_error);
	if (is_letter(l->text[l->end]))
		return read_duration(l, ret_error);
	n = l->end - l->at;
	if (n > MAX_NUMBER)
		return expr_fail(ret_error, l->at, "a number of more than %d characters",
		                 MAX_NUMBER);
	memcpy(digits, l->text + l->at, n);
	digits[n] = 0;
	l->number = strtod(digits, &rest);
	if (*rest || !isfinite(l->number))
		return expr_fail(ret_error, l->at,
		                 *rest ? "'%s' is no number" : "'%s' is too large", digits);
	l->token = LEX_NUMBER;
	if (l->text[l->end] == '%') {
		l->number /= 100;
		l->end++;
	}
	return 0;
}

static const struct word {
	const char *text;
	enum lex_token token;
	enum tree_op op;
} words[] = {
	{ "and", LEX_OPERATOR, TREE_AND },
	{ "or", LEX_OPERATOR, TREE_OR },
	{ "not", LEX_OPERATOR, TREE_NOT },
	{ "in", LEX_OPERATOR, TREE_IN },
	{ "between", LEX_OPERATOR, TREE_BETWEEN },
	{ "where", LEX_WHERE, 0 },
	{ "by", LEX_BY, 0 },
	{ "of", LEX_OF, 0 },
};

static const struct word *find_word(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i].text) == n && memcmp(words[i].text, p, n) == 0)
			return &words[i];
	return NULL;
}

bool lex_is_reserved(const char *word, size_t n)
{
	return find_word(word, n) != NULL;
}

static void read_name(struct lex *l)
{
	const struct word *w;

	while (is_letter(l->text[l->end]) || is_digit(l->text[l->end]))
		l->end++;
	w = find_word(l->text + l->at, l->end - l->at);
	l->token = w ? w->token : LEX_NAME;
	l->op = w ? w->op : 0;
}

static int read_sign(struct lex *l, struct expr_error *ret_error)
{
	static const struct {
		const char *text;
		enum lex_token token;
		enum tree_op op;
		const char *instead;
	} signs[] = {
		{ "(", LEX_OPEN, 0, NULL },
		{ ")", LEX_CLOSE, 0, NULL },
		{ ",", LEX_COMMA, 0, NULL },
		{ "+", LEX_OPERATOR, TREE_ADD, NULL },
		{ "-", LEX_OPERATOR, TREE_SUBTRACT, NULL },
		{ "*", LEX_OPERATOR, TREE_MULTIPLY, NULL },
		{ "/", LEX_OPERATOR, TREE_DIVIDE, NULL },
		{ "<=", LEX_OPERATOR, TREE_LESS_EQUAL, NULL },
		{ ">=", LEX_OPERATOR, TREE_GREATER_EQUAL, NULL },
		{ "==", LEX_OPERATOR, TREE_EQUAL, NULL },
		{ "!=", LEX_OPERATOR, TREE_NOT_EQUAL, NULL },
		{ "<>", LEX_END, 0, "!=" },
		{ "=>", LEX_END, 0, ">=" },
		{ "=<", LEX_END, 0, "<=" },
		{ "<", LEX_OPERATOR, TREE_LESS, NULL },
		{ ">", LEX_OPERATOR, TREE_GREATER, NULL },
		{ "=", LEX_END, 0, "==" },
		{ "&&", LEX_END, 0, "and" },
		{ "||", LEX_END, 0, "or" },
		{ "!", LEX_END, 0, "not" },
	};
	unsigned char c = (unsigned char)l->text[l->at];

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		size_t n = strlen(signs[i].text);

		if (strncmp(signs[i].text, l->text + l->at, n) != 0)
			continue;
		if (signs[i].instead)
			return expr_fail(ret_error, l->at, "write '%s' for '%s'", signs[i].instead,
			                 signs[i].text);
		l->end += n;
		l->token = signs[i].token;
		l->op = signs[i].op;
		return 0;
	}
	if (c == '%')
		return expr_fail(ret_error, l->at,
		                 "'%%' stands only right after a number, as in 3%%");
	if (c < ' ' || c >= 127)
		return expr_fail(ret_error, l->at, "unexpected character \\x%02x", c);
	return expr_fail(ret_error, l->at, "unexpected character '%c'", c);
}

int lex_next(struct lex *l, struct expr_error *ret_error)
{
	char c;

	skip_blanks(l);
	l->at = l->end;
	if (l->at == l->n) {
		l->token = LEX_END;
		return 0;
	}
	c = l->text[l->at];
	if (is_digit(c) || (c == '.' && is_digit(l->text[l->at + 1])))
		return read_number(l, ret_error);
	if (is_letter(c)) {
		read_name(l);
		return 0;
	}
	if (c == '"' || c == '\'')
		return read_string(l, ret_error);
	return read_sign(l, ret_error);
}
