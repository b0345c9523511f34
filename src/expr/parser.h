/* parser.h - inside of the parser, shared by tree.c and parser.c only. All functions: 0, -EINVAL with
 * the error filled, or -ENOMEM. */
#ifndef EXPR_PARSER_H
#define EXPR_PARSER_H

#include <stdbool.h>

#include "expr/lex.h"
#include "expr/tree.h"

struct parser {
	struct lex lex;
	struct tree *tree;
	struct expr_error *error;
	unsigned level;
};

int parser_advance(struct parser *p);    /* to the next token */
bool parser_is(const struct parser *p, enum tree_op first, enum tree_op last);
struct tree_node *parser_at(struct parser *p, uint32_t i);
int parser_node(struct parser *p, enum tree_op op, uint32_t *ret);      /* at the token */
/* Makes `child` the last child of `parent`; `last` is the one before it, or TREE_NONE. */
int parser_adopt(struct parser *p, uint32_t parent, uint32_t last, uint32_t child);
int parser_enter(struct parser *p);      /* one level down; up again: p->level-- */

/* Lines of the grammar in tree.h: `or`, `call`, and what stands right of `in`. */
int parse_or(struct parser *p, uint32_t *ret);
int parse_name(struct parser *p, uint32_t *ret);
int parse_set(struct parser *p, uint32_t *ret);

#endif
