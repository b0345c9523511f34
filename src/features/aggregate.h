/* aggregate.h - what a window knows of the events inside it, kept up to date as they come and go.
 * Private to this room. */
#ifndef FEATURES_AGGREGATE_H
#define FEATURES_AGGREGATE_H

#include "features/window.h"

/* The event at `place` came into the ring and everything newer shifted by one; is it inside of
 * window `i`? 0 or -ENOMEM. */
int aggregate_enter(struct series *s, uint32_t i, uint64_t place,
                    const int64_t values[WINDOW_COLUMNS], bool inside);
/* The event at the window's tail goes. */
void aggregate_leave(struct series *s, uint32_t i);
/* The window's positions all move on by `n`: its cells stay where they are. */
void aggregate_shift(struct series *s, uint32_t i, uint64_t n);
void aggregate_clear(struct series *s, uint32_t i);

#endif
