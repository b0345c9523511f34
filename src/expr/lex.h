/* lex.h - the words of the rule language, one at a time. Pure; allocates nothing. */
#ifndef EXPR_LEX_H
#define EXPR_LEX_H

#include <stdbool.h>

#include "expr/tree.h"

enum lex_token {
	LEX_END, LEX_NUMBER, LEX_DURATION, LEX_TIME, LEX_STRING, LEX_NAME,
	LEX_OPEN, LEX_CLOSE, LEX_COMMA,
	LEX_OPERATOR,                    /* op says which: also and, or, not, in, between */
	LEX_WHERE, LEX_BY, LEX_OF,
};

struct lex {
	const char *text;                /* terminated */
	size_t n;
	size_t at, end;                  /* the token's bytes */
	enum lex_token token;
	enum tree_op op;                 /* of LEX_OPERATOR; "-" is TREE_SUBTRACT */
	double number;
	int64_t duration_ns;             /* of LEX_TIME: since midnight */
};

/* Reads the token after `end`. 0 or -EINVAL with *ret_error. */
int lex_next(struct lex *l, struct expr_error *ret_error);
/* Is it a word that no name may be: and, or, not, in, between, where, by, of? */
bool lex_is_reserved(const char *word, size_t n);
/* The token for a message: 'retrun', or: the end. */
const char *lex_describe(const struct lex *l, char out[static 64]);

#endif
