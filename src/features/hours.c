/* Event times nearly always ascend, so that one cursor for each calendar and table makes every
 * question a comparison or two, whatever the number of keys. */
#include "hours.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"

#define SHOWN 60 /* bytes of a wrong word that a message shows */
#define FIRST CALENDAR_CLOSED /* unknown is no value, not a phase */
#define AUCTIONS \
	(1u << CALENDAR_OPENING_AUCTION | 1u << CALENDAR_INTRADAY_AUCTION | \
	 1u << CALENDAR_CLOSING_AUCTION)

const struct calendar *hours_calendar(const struct reading *r, const struct feature *f,
                                      struct calendar_cursor **ret_cursor)
{
	uint32_t i = f->calendar == SET_CALENDAR_OF_KEY ? r->key->calendar : f->calendar;

	if (i == SET_NONE)
		return NULL;
	*ret_cursor = &r->cursors[i];
	return r->calendars[i].calendar;
}

uint32_t hours_of(const struct feature_set *s, const struct key *k)
{
	const struct tocsin_str instrument = { k->text, k->part_n[0] };

	return s->calendar_of && instrument.n ? s->calendar_of(s->calendar_ctx, &instrument)
	                                      : SET_NONE;
}

double read_time(const struct reading *r, const struct feature *f)
{
	struct calendar_cursor *cursor;
	const struct calendar *c = hours_calendar(r, f, &cursor);

	return c ? (double)calendar_time_of_day(c, r->event->time_ns, cursor) : NAN;
}

/* In a session that is not over: how long since it opened, until it closes. */
static double to_edge(const struct reading *r, const struct feature *f, bool close)
{
	struct calendar_cursor *cursor;
	const struct calendar *c = hours_calendar(r, f, &cursor);
	int64_t t = r->event->time_ns, from, to;

	if (!c || !calendar_session(c, t, cursor, &from, &to))
		return NAN;
	return (double)(close ? to - t : t - from);
}

double read_time_to_close(const struct reading *r, const struct feature *f)
{
	return to_edge(r, f, true);
}

double read_time_since_open(const struct reading *r, const struct feature *f)
{
	return to_edge(r, f, false);
}

double hours_read_phase(const struct reading *r, const struct feature *f)
{
	struct calendar_cursor *cursor;
	const struct calendar *c = hours_calendar(r, f, &cursor);
	enum calendar_phase p = c ? calendar_phase(c, r->event->time_ns, cursor) : CALENDAR_UNKNOWN;

	return p == CALENDAR_UNKNOWN ? NAN : f->n >> p & 1 ? 1.0 : 0.0;
}

double read_in_session(const struct reading *r, const struct feature *f)
{
	struct feature continuous = { .calendar = f->calendar, .n = 1u << CALENDAR_CONTINUOUS };

	return hours_read_phase(r, &continuous);
}

/* Conditions on the phase --------------------------------------------------------------------- */

bool hours_is_test(const struct tree *t, const struct tree_node *n)
{
	return (n->op == TREE_EQUAL || n->op == TREE_NOT_EQUAL || n->op == TREE_IN) &&
	       t->nodes[n->first].op == TREE_NAME && tree_is_name(t, &t->nodes[n->first], "phase");
}

static int read_phase(const char *p, size_t n, size_t at, uint32_t *phases, struct expr_error *e)
{
	const char *words[CALENDAR_N_PHASES - FIRST + 1], *near;
	size_t n_words = 0;

	for (unsigned i = FIRST; i < CALENDAR_N_PHASES; i++) {
		const char *word = calendar_phase_name((enum calendar_phase)i);

		words[n_words++] = word;
		if (strlen(word) == n && memcmp(word, p, n) == 0) {
			*phases |= 1u << i;
			return 0;
		}
	}
	words[n_words++] = "auction";
	if (n == 7 && memcmp("auction", p, n) == 0) {
		*phases |= AUCTIONS;
		return 0;
	}
	near = nearest(p, n, words, n_words);
	return expr_fail(e, at, "unknown phase '%.*s'%s%s%s", (int)(n > SHOWN ? SHOWN : n), p,
	                 near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int read_word(const struct tree *t, const struct tree_node *n, uint32_t *phases,
                     struct expr_error *e)
{
	size_t length;
	const char *s;

	if (n->op == TREE_NAME)
		return read_phase(t->text + n->at, n->name_n, n->from, phases, e);
	if (n->op != TREE_STRING)
		return expr_fail(e, n->from,
		                 "'phase' is compared with a phase, such as continuous");
	s = tree_string(t, n, &length);
	return read_phase(s, length, n->from, phases, e);
}

/* "phase == post", or of several "phase in (\"post\", \"break\")". */
static char *test_text(uint32_t phases)
{
	bool one = (phases & (phases - 1)) == 0;
	const char *before = one ? "phase == " : "phase in (";
	struct buf b = { 0 };

	for (unsigned i = FIRST; i < CALENDAR_N_PHASES; i++)
		if (phases >> i & 1) {
			const char *quote = one ? "" : "\"";

			buf_printf(&b, "%s%s%s%s", before, quote,
			           calendar_phase_name((enum calendar_phase)i), quote);
			before = ", ";
		}
	if (!one)
		buf_putc(&b, ')');
	return buf_take(&b);
}

int hours_test_parse(const struct tree *t, const struct tree_node *n, uint32_t *ret_phases,
                     char **ret_text, struct expr_error *ret_error)
{
	const struct tree_node *right = &t->nodes[t->nodes[n->first].next];
	uint32_t phases = 0;
	int r = 0;

	if (n->op == TREE_IN && right->op != TREE_LIST)
		return expr_fail(
			ret_error, right->from,
			"phases stand in parentheses: phase in (\"continuous\", \"post\")");
	for (uint32_t c = right->first; n->op == TREE_IN && r == 0 && c != TREE_NONE;
	     c = t->nodes[c].next)
		r = read_word(t, &t->nodes[c], &phases, ret_error);
	if (n->op != TREE_IN)
		r = read_word(t, right, &phases, ret_error);
	if (r)
		return r;
	if (n->op == TREE_NOT_EQUAL)
		phases = ~phases & ((1u << CALENDAR_N_PHASES) - (1u << FIRST));
	*ret_phases = phases;
	*ret_text = test_text(phases);
	return *ret_text ? 0 : -ENOMEM;
}
