/* timefmt.h - times and durations as text. Pure; UTC; proleptic Gregorian; no leap seconds. */
#ifndef CORE_TIMEFMT_H
#define CORE_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

#define TIMEFMT_TEXT 40

/* RFC 3339 with 0..9 (more are cut) fraction digits and Z or +hh:mm; a blank for T and a missing
 * zone (= UTC) are taken too, and the second 60 is the first of the next minute.
 * 0, -EINVAL, or -ERANGE (outside 1678..2262). *ret untouched on failure. */
int time_parse(const char *p, size_t n, int64_t *ret_ns);
/* "2023-12-25T23:00:00.123456789Z", fraction digits only as needed (0, 3, 6 or 9). */
size_t time_format(int64_t ns, char out[static TIMEFMT_TEXT]);
/* Days since 1970-01-01 of "2024-01-31", years 0000 to 9999. 0 or -EINVAL; *ret untouched then. */
int date_parse(const char *p, size_t n, int64_t *ret_days);
/* "2024-01-31", of the years that date_parse() takes. */
size_t date_format(int64_t days, char out[static TIMEFMT_TEXT]);
/* "250ms", "5m", "1h30m", "1.5s", units ns us ms s m h d w; a bare "0". 0, -EINVAL, -ERANGE. */
int duration_parse(const char *p, size_t n, int64_t *ret_ns);
/* "1h30m", "250ms", "0s". */
size_t duration_format(int64_t ns, char out[static TIMEFMT_TEXT]);
/* The same for people: whole seconds from a minute on, whole milliseconds from a second on. */
size_t duration_format_short(int64_t ns, char out[static TIMEFMT_TEXT]);

#endif
