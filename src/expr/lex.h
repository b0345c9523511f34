/* lex.h - the words of the rule language, one at a time. Pure; allocates nothing. */
#ifndef EXPR_LEX_H
#define EXPR_LEX_H

#include "expr/tree.h"

enum lex_token {
	LEX_END, LEX_NUMBER, LEX_DURATION, LEX_NAME, LEX_OPEN, LEX_CLOSE, LEX_COMMA,
	LEX_OPERATOR,                    /* op says which */
};

struct lex {
	const char *text;                /* terminated */
	size_t n;
	size_t at, end;                  /* the token's bytes */
	enum lex_token token;
	enum tree_op op;                 /* of LEX_OPERATOR; "-" is TREE_SUBTRACT */
	double number;
	int64_t duration_ns;
};

/* Reads the token after `end`. 0 or -EINVAL with *ret_error. */
int lex_next(struct lex *l, struct expr_error *ret_error);
/* The token for a message: 'retrun', or: the end. */
const char *lex_describe(const struct lex *l, char out[static 64]);

#endif
