/* tree.h - text of the rule language to a syntax tree, and back to its canonical text.
 *
 * Pure. Both the length of a text and the height of its tree are bounded, so every later walk may
 * recurse. The language (longest first; `and`, `or` take any number of terms):
 *
 *   or      = and { "or" and }
 *   and     = not { "and" not }
 *   not     = "not" not | sum [ compare ]
 *   compare = ("<" | "<=" | ">" | ">=" | "==" | "!=") sum
 *           | ["not"] "between" sum "and" sum
 *           | ["not"] "in" ( name | "(" text { "," text } ")" )
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/") unary }
 *   unary   = "-" unary | number | number "%" | duration | time | string | call | "(" or ")"
 *   call    = name [ "(" [ or { "," or } ] [ "where" or ] ")" ] [ "by" dim { "+" dim } ] [ "of" text ]
 *   dim     = "instrument" | "account" | "venue" | "counterparty"
 *   text    = string | name
 *
 * A time of day is 09:30 or 15:59:30; a string stands between "" or '' and holds anything but that
 * quote. "#" begins a comment that ends with the line. The names in `in (...)` and after `of` are
 * those of texts defined elsewhere (expand.h): once these are put in, only strings are left. */
#ifndef EXPR_TREE_H
#define EXPR_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

#define TREE_MAX_TEXT 16384              /* bytes; of a condition with its names written out */
#define TREE_MAX_STRING 256              /* bytes between quotes */
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
	TREE_NUMBER, TREE_DURATION, TREE_TIME, TREE_STRING,
	TREE_LIST,                       /* right of `in`: its strings (and names) are children */
	TREE_NAME, TREE_CALL,
	TREE_NEGATE, TREE_ADD, TREE_SUBTRACT, TREE_MULTIPLY, TREE_DIVIDE,
	TREE_LESS, TREE_LESS_EQUAL, TREE_GREATER, TREE_GREATER_EQUAL, TREE_EQUAL, TREE_NOT_EQUAL,
	TREE_IN,                         /* of a text and a TREE_LIST, or the TREE_NAME of a list */
	TREE_BETWEEN,                    /* of three: value, from (in), to (out) */
	TREE_NOT,                        /* `a not in b` is `not a in b`; the same of between */
	TREE_AND, TREE_OR,
};

/* Whose windows a call reads: a set of these. */
enum tree_by { TREE_BY_INSTRUMENT = 1, TREE_BY_ACCOUNT = 2, TREE_BY_VENUE = 4, TREE_BY_COUNTERPARTY = 8 };

enum expr_type { EXPR_NUMBER, EXPR_DURATION, EXPR_TIME, EXPR_TEXT, EXPR_CONDITION };

/* What a value is. Of numbers also the unit, price^price * size^size; a constant fits any unit where
 * values are added or compared. Durations are ns, times of day ns since midnight. */
struct value_type {
	uint8_t kind;                    /* enum expr_type */
	uint8_t constant;                /* a number without a unit of its own, as 5 */
	int8_t price, size;              /* powers, of numbers */
};

struct tree_node {
	uint8_t op;                      /* enum tree_op */
	uint8_t depth;                   /* height of the tree below, 1 = leaf */
	struct value_type type;          /* set by check_types(), as is_feature: a value of x[] */
	uint8_t is_feature;
	uint8_t by;                      /* TREE_NAME, TREE_CALL: set of enum tree_by, 0 = not given */
	uint32_t at, end;                /* bytes of the text; a call's end with its ')' */
	uint32_t from, to;               /* the same with the parentheses around it, and by and of */
	uint32_t name_n;                 /* TREE_NAME, TREE_CALL: bytes of the name, at `at` */
	uint32_t first, next, n;         /* first child, next sibling, number of children */
	uint32_t where, of;              /* TREE_NAME, TREE_CALL: a condition, a TREE_STRING (or
	                                  * TREE_NAME); no children; TREE_NONE = not given */
	uint32_t index;                  /* of the feature in x[] */
	double number;                   /* TREE_NUMBER */
	int64_t duration_ns;             /* TREE_DURATION; TREE_TIME: since midnight */
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
/* Is the node this bare name, or a call of it? */
bool tree_is_name(const struct tree *t, const struct tree_node *n, const char *name);
/* The bytes of a TREE_STRING, without its quotes; not terminated. */
const char *tree_string(const struct tree *t, const struct tree_node *n, size_t *ret_n);
/* The dimensions of `by`: the name of bit 1 << i, NULL behind the last; and a set of them as it is
 * written, in that order: "instrument+account". */
#define TREE_N_BY 4
const char *tree_by_name(unsigned i);
void tree_by_print(unsigned by, struct buf *out);

#endif
