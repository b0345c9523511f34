/* cells.h - what a series keeps of an event. Private to this room. Pure. */
#ifndef FEATURES_CELLS_H
#define FEATURES_CELLS_H

#include "features/window.h"

/* Fills `cells` with the event's time and what the series keeps of it; TOCSIN_NONE where the event
 * has no such number. False: the event is none of the series. */
bool cells_of(const struct set_series *s, const struct tocsin_event *e,
              int64_t cells[WINDOW_COLUMNS]);

/* The same of a trade that names both accounts and a side: seller, buyer and size (circle.h). */
bool cells_of_circle(const struct tocsin_event *e, int64_t cells[WINDOW_COLUMNS]);

#endif
