/* function.h - the table of feature functions. Private to this room.
 *
 * To add one: an entry in function.c with its arguments, what its window must keep, and how its
 * value is read. Parsing, help, suggestions, sharing and storage follow from the entry. */
#ifndef FEATURES_FUNCTION_H
#define FEATURES_FUNCTION_H

#include "features/reading.h"

enum argument {
	ARG_END,
	ARG_KIND,                        /* optional: a kind of event, or any */
	ARG_KIND_NEEDED,
	ARG_FIELD,                       /* one of `fields` */
	ARG_QUANTILE,                    /* a share, not 0 or 1 */
	ARG_TOLERANCE,                   /* a share, 0 to 1 */
	ARG_LAG,                         /* a number of events */
	ARG_WINDOW,
	ARG_SIDE,                        /* buy, sell, same or opposite */
	ARG_LEVELS,                      /* a number of price levels */
	ARG_LEVELS_OR_ALL,               /* optional, the last */
};

struct function {
	const struct feature_help *text;         /* name, arguments, meaning */
	enum argument arguments[6];      /* none at all: a bare name */
	uint32_t fields;                 /* FIELD_BIT() of those it is of */
	bool priced;                     /* reads a series of prices and sizes */
	bool circles;                    /* reads a series of who sold to whom */
	bool of_event;                   /* read from the event alone */
	bool hours;                      /* read from a calendar: without one there is no value */
	bool book;                       /* reads an order book (and then the key, or none at all) */
	bool of_order;                   /* reads what the event's order is: of no other instrument */
	bool silence;                    /* its time is an absent_for() time, not a window */
	bool decays;                     /* its time is a half-life, not a window */
	bool keeps;                      /* reads single events of a series, no window */
	uint32_t kinds[2];               /* series it counts; 0: as the argument says */
	uint32_t needs[N_FIELDS];        /* by its field */
	double (*value)(const struct reading *, const struct feature *);
};

const struct function *function_all(uint32_t *ret_n);
const struct function *function_find(const char *name);  /* NULL: there is none */

#endif
