/* language.h - the rule language in words, for help and its page. */
#ifndef EXPR_LANGUAGE_H
#define EXPR_LANGUAGE_H

/* One way to write something, and what it is; ended by `written` NULL. A row without `is` begins a
 * section of that name. */
struct language_row {
	const char *written, *is;
};

const struct language_row *language_rows(void);

#endif
