/* tzdata.h - the one line to the library of time zones. Private to this room.
 *
 * tzdata.cc reads a zone's changes of offset once, by libcctz; all arithmetic is zone.c's. */
#ifndef CALENDAR_TZDATA_H
#define CALENDAR_TZDATA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct zone_change {
	int64_t at_s;                    /* since 1970, UTC: from here on ... */
	int64_t offset_s;                /* ... local time is UTC + this */
};

/* The changes of the zone in [from_s, to_s), the first being INT64_MIN with the offset before all
 * of them. `path`: absolute, of a TZif file. 0 and *ret, which the caller frees with free(); -ENOENT:
 * no such file, or no TZif; -ENOMEM. */
int tzdata_read(const char *path, int64_t from_s, int64_t to_s, struct zone_change **ret, size_t *ret_n);

#ifdef __cplusplus
}
#endif

#endif
