/* Conditions on texts. What is compared is the event's own, byte by byte; a text that is not there is
 * neither equal nor different. Side and kind have few words, so a wrong one is found when the rule
 * is read. */
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"

#define SHOWN 60 /* bytes of a wrong word that a message shows */

static const char *const names[N_TEXTS] = {
	[TEXT_INSTRUMENT] = "instrument",
	[TEXT_VENUE] = "venue",
	[TEXT_ACCOUNT] = "account",
	[TEXT_COUNTERPARTY] = "counterparty",
	[TEXT_SIDE] = "side",
	[TEXT_KIND] = "kind",
	[TEXT_ORDER_ID] = "order_id",
	[TEXT_TRADE_ID] = "trade_id",
};

struct parse {
	const struct tree *tree;
	const struct text_lists *lists;
	struct text_test *test;
	struct expr_error *error;
	struct buf text;
};

static enum text text_of_name(const struct tree *t, const struct tree_node *n)
{
	enum text i = 0;

	while (i < N_TEXTS && !tree_is_name(t, n, names[i]))
		i++;
	return n->op == TREE_NAME ? i : N_TEXTS;
}

bool text_is_test(const struct tree *t, const struct tree_node *n)
{
	return (n->op == TREE_EQUAL || n->op == TREE_NOT_EQUAL || n->op == TREE_IN) &&
	       text_of_name(t, &t->nodes[n->first]) != N_TEXTS;
}

/* Lists --------------------------------------------------------------------------------------- */

int text_lists_add(struct text_lists *l, const char *name, const struct tocsin_str *words, size_t n)
{
	struct text_list *more = realloc(l->v, (l->n + 1) * sizeof *more);
	int r;

	if (!more)
		return -ENOMEM;
	l->v = more;
	r = words_new(words, n, &more[l->n].words);
	if (r)
		return r;
	more[l->n].name = strdup(name);
	if (!more[l->n].name) {
		words_free(more[l->n].words);
		return -ENOMEM;
	}
	l->n++;
	return 0;
}

void text_lists_done(struct text_lists *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		words_free(l->v[i].words);
	}
	free(l->v);
}

/* Reading ------------------------------------------------------------------------------------- */

static int fail_unknown(struct parse *p, const struct tree_node *n, const char *what,
                        const struct tocsin_str *word, const char *const *words, size_t n_words)
{
	const char *near = nearest(word->p, word->n, words, n_words);

	return expr_fail(p->error, n->at, "unknown %s '%.*s%s'%s%s%s", what,
	                 (int)(word->n > SHOWN ? SHOWN : word->n), word->p,
	                 word->n > SHOWN ? "..." : "", near ? " (did you mean '" : "",
	                 near ? near : "", near ? "'?)" : "");
}

/* Side and kind: is it one of theirs? */
static int check_word(struct parse *p, const struct tree_node *n, const struct tocsin_str *word)
{
	const char *words[TOCSIN_TICK];
	size_t n_words = 0;

	if (p->test->left == TEXT_SIDE) {
		words[n_words++] = tocsin_side_name(TOCSIN_BUY);
		words[n_words++] = tocsin_side_name(TOCSIN_SELL);
	} else if (p->test->left == TEXT_KIND) {
		for (unsigned k = 0; k < TOCSIN_TICK; k++)
			words[n_words++] = tocsin_kind_name(k);
	} else {
		return 0;
	}
	for (size_t i = 0; i < n_words; i++)
		if (strlen(words[i]) == word->n && memcmp(words[i], word->p, word->n) == 0)
			return 0;
	return fail_unknown(p, n, names[p->test->left], word, words, n_words);
}

/* The word of a node, and in the condition's text. */
static int read_word(struct parse *p, const struct tree_node *n, struct tocsin_str *ret)
{
	bool few = p->test->left == TEXT_SIDE || p->test->left == TEXT_KIND;
	const char *quote;
	size_t size = n->name_n;

	if (n->op == TREE_STRING)
		ret->p = tree_string(p->tree, n, &size);
	else if (n->op == TREE_NAME && few)
		ret->p = p->tree->text + n->at;
	else if (n->op == TREE_NAME)
		return expr_fail(p->error, n->at, "write the text in quotes: \"%.*s\"",
		                 (int)(size > SHOWN ? SHOWN : size), p->tree->text + n->at);
	else
		return expr_fail(p->error, n->at, "expected a text, such as \"A1\"");
	ret->n = (uint32_t)size;
	quote = few ? "" : memchr(ret->p, '"', size) ? "'" : "\"";
	buf_printf(&p->text, "%s%.*s%s", quote, (int)size, ret->p, quote);
	return check_word(p, n, ret);
}

static int read_words(struct parse *p, const struct tree_node *list)
{
	struct tocsin_str *words = calloc(list->n ? list->n : 1, sizeof *words);
	const char *comma = "";
	size_t n = 0;
	int r = words ? 0 : -ENOMEM;

	if (list->op == TREE_LIST)
		buf_putc(&p->text, '(');
	for (uint32_t c = list->first; r == 0 && c != TREE_NONE; c = p->tree->nodes[c].next) {
		buf_puts(&p->text, comma);
		comma = ", ";
		r = read_word(p, &p->tree->nodes[c], &words[n++]);
	}
	buf_putc(&p->text, ')');
	if (r == 0)
		r = words_new(words, n, &p->test->own);
	free(words);
	p->test->words = p->test->own;
	return r;
}

static int read_list(struct parse *p, const struct tree_node *n)
{
	const struct tocsin_str word = { p->tree->text + n->at, n->name_n };
	const char **known;
	int r;

	buf_add(&p->text, word.p, word.n);
	for (uint32_t i = 0; i < p->lists->n; i++)
		if (tree_is_name(p->tree, n, p->lists->v[i].name)) {
			p->test->words = p->lists->v[i].words;
			return 0;
		}
	known = calloc(p->lists->n ? p->lists->n : 1, sizeof *known);
	if (!known)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->lists->n; i++)
		known[i] = p->lists->v[i].name;
	r = fail_unknown(p, n, "list", &word, known, p->lists->n);
	free(known);
	return r;
}

static int read_single(struct parse *p, const struct tree_node *n)
{
	struct tocsin_str word;
	int r;

	p->test->right = text_of_name(p->tree, n);
	if (p->test->right != N_TEXTS) {
		buf_puts(&p->text, names[p->test->right]);
		return 0;
	}
	r = read_word(p, n, &word);
	if (r == 0)
		r = words_new(&word, 1, &p->test->own);
	p->test->words = p->test->own;
	return r;
}

int text_test_parse(const struct tree *t, const struct tree_node *n, const struct text_lists *lists,
                    struct text_test *ret_test, char **ret_text, struct expr_error *ret_error)
{
	struct text_test test = { .left = text_of_name(t, &t->nodes[n->first]), .right = N_TEXTS };
	struct parse p = { t, lists, &test, ret_error, { 0 } };
	const struct tree_node *right = &t->nodes[t->nodes[n->first].next];
	int r;

	test.differs = n->op == TREE_NOT_EQUAL;
	buf_printf(&p.text, "%s %s ", names[test.left],
	           n->op == TREE_IN ? "in"
	           : test.differs   ? "!="
	                            : "==");
	if (n->op != TREE_IN)
		r = read_single(&p, right);
	else
		r = right->op == TREE_LIST ? read_words(&p, right) : read_list(&p, right);
	*ret_text = buf_take(&p.text);
	if (r == 0 && !*ret_text)
		r = -ENOMEM;
	if (r) {
		free(*ret_text);
		text_test_done(&test);
		return r;
	}
	*ret_test = test;
	return 0;
}

void text_test_done(struct text_test *test)
{
	test->own = words_free(test->own);
}

/* Asking -------------------------------------------------------------------------------------- */

static struct tocsin_str of_word(const char *word)
{
	return (struct tocsin_str){ word, (uint32_t)strlen(word) };
}

/* p NULL: the event has no such text. */
static struct tocsin_str text_of(const struct tocsin_event *e, enum text which)
{
	switch (which) {
	case TEXT_INSTRUMENT: return e->instrument;
	case TEXT_VENUE: return e->venue;
	case TEXT_ACCOUNT: return e->account;
	case TEXT_COUNTERPARTY: return e->counterparty;
	case TEXT_SIDE:
		return e->side == TOCSIN_SIDE_NONE ? (struct tocsin_str){ 0 }
		                                   : of_word(tocsin_side_name(e->side));
	case TEXT_KIND: return of_word(tocsin_kind_name(e->kind));
	case TEXT_ORDER_ID: return e->order_id;
	default: return e->trade_id;
	}
}

double text_test_value(const struct text_test *test, const struct tocsin_event *e)
{
	struct tocsin_str left = text_of(e, test->left), right;
	bool same;

	if (!left.p || left.n == 0)
		return NAN;
	if (test->right == N_TEXTS) {
		same = words_have(test->words, &left);
	} else {
		right = text_of(e, test->right);
		if (!right.p || right.n == 0)
			return NAN;
		same = left.n == right.n && memcmp(left.p, right.p, left.n) == 0;
	}
	return same != test->differs ? 1 : 0;
}

uint64_t text_test_hash(const struct text_test *test)
{
	return test->words && !test->own ? words_hash(test->words) : 0;
}
