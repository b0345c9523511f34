/* hours.h - what a calendar says of an event's time: time of day, distance to open and close, phase.
 * Private to this room.
 *
 * Whose calendar: the one given when the feature was added; else that of the event's instrument,
 * which its key knows. Where the calendar knows nothing there is no value. */
#ifndef FEATURES_HOURS_H
#define FEATURES_HOURS_H

#include "expr/tree.h"
#include "features/reading.h"

/* Is it a condition on `phase`: ==, != or `in`? */
bool hours_is_test(const struct tree *t, const struct tree_node *n);
/* Its phases as a set of 1 << enum calendar_phase, and its one text without the calendar, which the
 * caller frees. 0, -EINVAL with *ret_error, -ENOMEM. */
int hours_test_parse(const struct tree *t, const struct tree_node *n, uint32_t *ret_phases,
                     char **ret_text, struct expr_error *ret_error);
double hours_read_phase(const struct reading *r, const struct feature *f);

/* The calendar of a key by its instrument, if that is among its texts; SET_NONE = it has none. */
uint32_t hours_of(const struct feature_set *s, const struct key *k);
/* The calendar that a feature reads, and its cursor; NULL = none. */
const struct calendar *hours_calendar(const struct reading *r, const struct feature *f,
                                      struct calendar_cursor **ret_cursor);

#endif
