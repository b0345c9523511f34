/* tree.h - text of the rule language to a syntax tree, and back to its canonical text.
 *
 * Pure. Both the length of a text and the height of its tree are bounded, so every later walk may
 * recurse. The language (longest first; `and`, `or` take any number of terms):
 *
 *   or      = and { "or" and }
 *   and     = not { "and" not }
 *   not     = "not" not | sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/") unary }
 *   unary   = "-" unary | number | number "%" | duration | name [ "(" [ or { "," or } ] ")" ]
 *           | "(" or ")"
 *
 * "#" begins a comment that ends with the line. */
#ifndef EXPR_TREE_H
#define EXPR_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

#define TREE_MAX_TEXT 8192               /* bytes */
#define TREE_MAX_DEPTH 64                /* nodes on the longest way down */
#define TREE_NONE UINT32_MAX

/* What is wrong with a text, and where (byte offset from its beginning). */
struct expr_error {
	size_t at;
	char text[240];
};

/* Fills *e; returns -EINVAL. */
int expr_fail(struct expr_error *e, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum tree_op {
	TREE_NUMBER, TREE_DURATION, TREE_NAME, TREE_CALL,
	TREE_NEGATE, TREE_ADD, TREE_SUBTRACT, TREE_MULTIPLY, TREE_DIVIDE,
	TREE_LESS, TREE_LESS_EQUAL, TREE_GREATER, TREE_GREATER_EQUAL, TREE_EQUAL, TREE_NOT_EQUAL,
	TREE_NOT, TREE_AND, TREE_OR,
};

enum expr_type { EXPR_NUMBER, EXPR_DURATION, EXPR_CONDITION };

struct tree_node {
	uint8_t op;                      /* enum tree_op */
	uint8_t depth;                   /* height of the tree below, 1 = leaf */
	uint8_t type;                    /* enum expr_type, set by check_types() */
	uint8_t is_feature;              /* set by check_types(): a value of x[] */
	uint32_t at, end;                /* bytes of the text */
	uint32_t name_n;                 /* TREE_NAME, TREE_CALL: bytes of the name, at `at` */
	uint32_t first, next, n;         /* first child, next sibling, number of children */
	uint32_t index;                  /* of the feature in x[] */
	double number;                   /* TREE_NUMBER */
	int64_t duration_ns;             /* TREE_DURATION */
};

struct tree {
	char *text;                      /* a copy, terminated */
	size_t n;
	struct tree_node *nodes;
	uint32_t n_nodes, root;
};

/* 0 and *ret (owned by the caller: tree_done()), -EINVAL with *ret_error, or -ENOMEM. */
int tree_parse(const char *text, size_t n, struct tree *ret, struct expr_error *ret_error);
void tree_done(struct tree *t);
const char *tree_op_text(unsigned op);   /* "+", "and", "<=" */

#endif
