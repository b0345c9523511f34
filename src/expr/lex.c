#include "lex.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

#define MAX_NUMBER 60 /* bytes of a number or duration */

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

/* strtod() follows the locale, which this program never sets; if it were set, "1.5" would be
 * refused here, not misread. */
static int read_number(struct lex *l, struct expr_error *ret_error)
{
	char digits[MAX_NUMBER + 1], *rest;
	size_t n;

	skip_number(l);
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

static void read_name(struct lex *l)
{
	static const struct {
		const char *word;
		enum tree_op op;
	} words[] = { { "and", TREE_AND }, { "or", TREE_OR }, { "not", TREE_NOT } };
	size_t n;

	while (is_letter(l->text[l->end]) || is_digit(l->text[l->end]))
		l->end++;
	n = l->end - l->at;
	l->token = LEX_NAME;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strlen(words[i].word) == n && memcmp(words[i].word, l->text + l->at, n) == 0) {
			l->token = LEX_OPERATOR;
			l->op = words[i].op;
		}
	}
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
	return read_sign(l, ret_error);
}
