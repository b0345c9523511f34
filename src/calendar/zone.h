/* zone.h - a time zone: UTC to local time and back, daylight saving included.
 *
 * Immutable once loaded; pure but for reading the zone's file at load. The zones are the system's
 * (/usr/share/zoneinfo); neither TZ nor TZDIR is looked at. */
#ifndef CALENDAR_ZONE_H
#define CALENDAR_ZONE_H

#include <stddef.h>
#include <stdint.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define ZONE_MAX_NAME 64

struct zone;

/* By the name of the IANA database, e.g. America/New_York. 0 and *ret_zone, which the caller owns;
 * -EINVAL: no zone has such a name; -ENOENT: there is none; -ENOMEM. */
int zone_new(const char *name, struct zone **ret_zone);
struct zone *zone_free(struct zone *z);          /* accepts NULL; returns NULL */
const char *zone_name(const struct zone *z);

/* Seconds east of UTC. *cursor: any number; it is where the last answer was, and makes the next one
 * near it cheap. */
int64_t zone_offset(const struct zone *z, int64_t utc_s, uint32_t *cursor);
/* The instant at which clocks show `local_s` (seconds since 1970-01-01T00:00 on the clock). Where
 * clocks were set back it is the first of the two; where they skip that time, the instant of the
 * change. */
int64_t zone_utc(const struct zone *z, int64_t local_s);

#endif
