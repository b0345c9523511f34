/* text.h - conditions on the texts of an event: `side == buy`, `account == counterparty`,
 * `account in watch`. Private to this room. */
#ifndef FEATURES_TEXT_H
#define FEATURES_TEXT_H

#include "expr/tree.h"
#include "features/words.h"

enum text {
	TEXT_INSTRUMENT, TEXT_VENUE, TEXT_ACCOUNT, TEXT_COUNTERPARTY,
	TEXT_SIDE, TEXT_KIND, TEXT_ORDER_ID, TEXT_TRADE_ID,
	N_TEXTS
};

/* Named lists of words, in the order they were given. */
struct text_lists {
	struct text_list {
		char *name;
		struct words *words;
	} *v;
	uint32_t n;
};

/* Copies name and words. 0, -EINVAL or -ENOMEM, see words_new(). */
int text_lists_add(struct text_lists *l, const char *name, const struct tocsin_str *words, size_t n);
void text_lists_done(struct text_lists *l);

struct text_test {
	enum text left, right;           /* right: N_TEXTS = the words */
	bool differs;                    /* != */
	const struct words *words;
	struct words *own;               /* words, when they are the test's; text_test_done() */
};

/* Is it a condition on texts: ==, != or `in` with the name of a text on its left? */
bool text_is_test(const struct tree *t, const struct tree_node *n);
/* The condition, and its one text (equal conditions have the same), which the caller frees. The
 * lists must outlive the test. 0, -EINVAL with *ret_error, -ENOMEM. */
int text_test_parse(const struct tree *t, const struct tree_node *n, const struct text_lists *lists,
                    struct text_test *ret_test, char **ret_text, struct expr_error *ret_error);
void text_test_done(struct text_test *test);
/* 1, 0, or NaN: the event lacks a text. */
double text_test_value(const struct text_test *test, const struct tocsin_event *e);
/* What the answer depends on beside the condition's text: the words of a list. */
uint64_t text_test_hash(const struct text_test *test);

#endif
