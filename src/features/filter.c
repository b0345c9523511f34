/* Conditions behind `where`, compiled over features of the same set. Those are read from the event
 * alone, so they have their values before any window moves: a filter is asked once an event, and
 * every window with it takes the event or not by that one answer. No value is not true: what
 * cannot be said of an event keeps it out. */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/print.h"

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	return set_add_of_event(ctx, text, ret_index, ret_at, reterr, reterr_size);
}

static int find(const struct feature_set *s, const char *text, uint32_t *ret_filter)
{
	for (uint32_t i = 0; i < s->n_filters; i++)
		if (strcmp(s->filters[i].text, text) == 0) {
			*ret_filter = i;
			return 0;
		}
	return -ENOENT;
}

static int make(struct feature_set *s, const struct tree *t, const struct tree_node *n, char *text,
                struct expr_error *ret_error)
{
	const struct expr_resolver resolver = { s, resolve };
	struct set_filter *more = set_more_room(s->filters, s->n_filters, sizeof *more);
	int r;

	if (!more)
		return -ENOMEM;
	s->filters = more;
	more = &s->filters[s->n_filters];
	r = expr_new(t->text + n->from, n->to - n->from, &resolver, &more->condition, ret_error);
	if (r == -EINVAL)
		ret_error->at += n->from;
	if (r)
		return r;
	more->text = text;
	s->n_filters++;
	return 0;
}

int filter_add(struct feature_set *s, const struct tree *t, uint32_t where, uint32_t *ret_filter,
               struct expr_error *ret_error)
{
	const struct tree_node *n = &t->nodes[where];
	struct buf b = { 0 };
	char *text;
	int r = print_tree(t, where, &b, NULL);

	text = buf_take(&b);
	if (r || !text) {
		free(text);
		return r ? r : -ENOMEM;
	}
	if (find(s, text, ret_filter) == 0) {
		free(text);
		return 0;
	}
	if (s->n_filters == SET_MAX_FILTERS)
		r = expr_fail(ret_error, n->from, "more than %d different conditions of 'where'",
		              SET_MAX_FILTERS);
	else
		r = make(s, t, n, text, ret_error);
	if (r)
		free(text);
	else
		*ret_filter = s->n_filters - 1;
	return r;
}

void filters_done(struct feature_set *s)
{
	for (uint32_t i = 0; i < s->n_filters; i++) {
		free(s->filters[i].text);
		expr_free(s->filters[i].condition);
	}
	free(s->filters);
}

void filters_ask(const struct feature_set *s, const double *x, bool *passes)
{
	for (uint32_t i = 0; i < s->n_filters; i++)
		passes[i] = expr_truth(s->filters[i].condition, x) == EXPR_TRUE;
}
