/* clock.h - the only place that asks what time it is. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t clock_wall(void) { return clock_read(CLOCK_REALTIME); }
static inline int64_t clock_mono(void) { return clock_read(CLOCK_MONOTONIC); }

#endif
