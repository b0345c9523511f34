/* function.h - the table of feature functions. Private to this room.
 *
 * To add one: an entry in function.c with its arguments, what its window must keep, and how its
 * value is read. Parsing, help, suggestions, sharing and storage follow from the entry. */
#ifndef FEATURES_FUNCTION_H
#define FEATURES_FUNCTION_H

#include "features/key.h"

enum argument {
	ARG_END,
	ARG_KIND,                        /* optional: a kind of event, or any */
	ARG_FIELD,                       /* price or size */
	ARG_PRICE, ARG_SIZE,             /* that one only */
	ARG_WINDOW,
};

/* What a value is read from: the event, and the key it has in the feature's space (or one of which
 * nothing is known); of a feature of the event alone set and key are NULL. */
struct reading {
	const struct set_space *set;
	const struct key *key;
	const struct tocsin_event *event;
};

struct function {
	const struct feature_help *text;         /* name, arguments, meaning */
	enum argument arguments[4];      /* none at all: a bare name */
	bool priced;                     /* reads the series of prices and sizes */
	bool silence;                    /* its time is an absent_for() time, not a window */
	bool of_event;                   /* read from the event alone */
	uint32_t kinds[2];               /* series it counts; 0: as the argument says */
	uint32_t needs_price, needs_size;        /* by its field */
	double (*value)(const struct reading *, const struct feature *);
};

const struct function *function_all(uint32_t *ret_n);

#endif
