#include "timefmt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400LL

/* Days since 1970-01-01 of a civil date (Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int64_t *ret_y, int *ret_m, int *ret_d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*ret_d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*ret_m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*ret_y = yoe + era * 400 + (*ret_m <= 2);
}

/* Exactly `count` digits at *p; -1 when there are not. */
static int digits(const char **p, const char *end, int count)
{
	int v = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (*p >= end || **p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static bool take(const char **p, const char *end, char c)
{
	if (*p >= end || **p != c)
		return false;
	(*p)++;
	return true;
}

static int month_days(int y, int m)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return days[m - 1] + (m == 2 && leap);
}

/* "Z", "+hh:mm", "-hhmm" or nothing: seconds east of UTC. */
static int zone(const char **p, const char *end, int64_t *ret_east)
{
	int h, m, sign;

	*ret_east = 0;
	if (*p == end || take(p, end, 'Z') || take(p, end, 'z'))
		return 0;
	sign = take(p, end, '+') ? 1 : take(p, end, '-') ? -1 : 0;
	if (!sign || (h = digits(p, end, 2)) < 0 || h > 23)
		return -EINVAL;
	take(p, end, ':');
	if ((m = digits(p, end, 2)) < 0 || m > 59)
		return -EINVAL;
	*ret_east = sign * (h * 3600 + m * 60);
	return 0;
}

/* "2024-01-31" at *p. */
static int date(const char **p, const char *end, int64_t *ret_days)
{
	int y = digits(p, end, 4), m, d;

	if (y < 0 || !take(p, end, '-') || (m = digits(p, end, 2)) < 1 || m > 12 ||
	    !take(p, end, '-') || (d = digits(p, end, 2)) < 1 || d > month_days(y, m))
		return -EINVAL;
	*ret_days = days_from_civil(y, m, d);
	return 0;
}

int date_parse(const char *p, size_t n, int64_t *ret_days)
{
	const char *end = p + n;
	int64_t days;

	if (date(&p, end, &days) || p != end)
		return -EINVAL;
	*ret_days = days;
	return 0;
}

size_t date_format(int64_t days, char out[static TIMEFMT_TEXT])
{
	int64_t y;
	int m, d;

	civil_from_days(days, &y, &m, &d);
	return (size_t)snprintf(out, TIMEFMT_TEXT, "%04d-%02d-%02d", (int)y, m, d);
}

int time_parse(const char *p, size_t n, int64_t *ret_ns)
{
	const char *end = p + n;
	int h, mi, s;
	int64_t nanos = 0, unit = 100000000, days, east, seconds, ns;

	if (date(&p, end, &days))
		return -EINVAL;
	if (!take(&p, end, 'T') && !take(&p, end, 't') && !take(&p, end, ' '))
		return -EINVAL;
	if ((h = digits(&p, end, 2)) < 0 || h > 23 || !take(&p, end, ':') ||
	    (mi = digits(&p, end, 2)) < 0 || mi > 59 || !take(&p, end, ':') ||
	    (s = digits(&p, end, 2)) < 0 || s > 60)
		return -EINVAL;
	if (take(&p, end, '.')) {
		if (p == end || *p < '0' || *p > '9')
			return -EINVAL;
		for (; p < end && *p >= '0' && *p <= '9'; p++, unit /= 10)
			nanos += (*p - '0') * unit;
	}
	if (zone(&p, end, &east) || p != end)
		return -EINVAL;
	seconds = days * DAY_S + h * 3600 + mi * 60 + s - east;
	if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, nanos, &ns))
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}

size_t time_format(int64_t ns, char out[static TIMEFMT_TEXT])
{
	int64_t seconds = ns / NS_PER_S, part = ns % NS_PER_S, day, rest, y;
	int m, d, n;

	if (part < 0) {
		part += NS_PER_S;
		seconds--;
	}
	day = seconds / DAY_S;
	rest = seconds % DAY_S;
	if (rest < 0) {
		rest += DAY_S;
		day--;
	}
	civil_from_days(day, &y, &m, &d);
	n = snprintf(out, TIMEFMT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", (int)y, m, d,
	             (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	if (part % NS_PER_MS == 0 && part)
		n += snprintf(out + n, TIMEFMT_TEXT - (size_t)n, ".%03d", (int)(part / NS_PER_MS));
	else if (part % NS_PER_US == 0 && part)
		n += snprintf(out + n, TIMEFMT_TEXT - (size_t)n, ".%06d", (int)(part / NS_PER_US));
	else if (part)
		n += snprintf(out + n, TIMEFMT_TEXT - (size_t)n, ".%09d", (int)part);
	n += snprintf(out + n, TIMEFMT_TEXT - (size_t)n, "Z");
	return (size_t)n;
}

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	{ "w", 7 * DAY_S *NS_PER_S },
	{ "d", DAY_S *NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "s", NS_PER_S },
	{ "ms", NS_PER_MS },
	{ "us", NS_PER_US },
	{ "ns", 1 },
};

#define N_UNITS (sizeof units / sizeof units[0])

static const struct unit *unit_at(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= 'a' && p[n] <= 'z')
		n++;
	for (size_t i = 0; i < N_UNITS; i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0)
			return &units[i];
	return NULL;
}

int duration_parse(const char *p, size_t n, int64_t *ret_ns)
{
	const char *end = p + n;
	int64_t total = 0;

	if (n == 1 && *p == '0') {
		*ret_ns = 0;
		return 0;
	}
	if (n == 0)
		return -EINVAL;
	while (p < end) {
		int64_t whole = 0, part = 0, below = 1, v;
		const struct unit *u;
		bool any = false;

		for (; p < end && *p >= '0' && *p <= '9'; p++, any = true)
			if (__builtin_mul_overflow(whole, 10, &whole) ||
			    __builtin_add_overflow(whole, *p - '0', &whole))
				return -ERANGE;
		if (take(&p, end, '.'))
			for (; p < end && *p >= '0' && *p <= '9'; p++, any = true)
				if (below < NS_PER_S) {
					part = part * 10 + (*p - '0');
					below *= 10;
				}
		u = any ? unit_at(p, end) : NULL;
		if (!u)
			return -EINVAL;
		p += strlen(u->name);
		if (__builtin_mul_overflow(whole, u->ns, &v) ||
		    __builtin_add_overflow(total, v, &total) ||
		    __builtin_add_overflow(total, (int64_t)((__int128)part * u->ns / below),
		                           &total))
			return -ERANGE;
	}
	*ret_ns = total;
	return 0;
}

size_t duration_format(int64_t ns, char out[static TIMEFMT_TEXT])
{
	uint64_t v = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	int n = 0;

	if (v == 0)
		return (size_t)snprintf(out, TIMEFMT_TEXT, "0s");
	if (ns < 0)
		out[n++] = '-';
	for (size_t i = 1; i < N_UNITS; i++) { /* weeks are read, never written */
		uint64_t u = (uint64_t)units[i].ns;

		if (v >= u && n < TIMEFMT_TEXT - 8) {
			n += snprintf(out + n, TIMEFMT_TEXT - (size_t)n, "%llu%s",
			              (unsigned long long)(v / u), units[i].name);
			v %= u;
		}
	}
	return (size_t)n;
}

size_t duration_format_short(int64_t ns, char out[static TIMEFMT_TEXT])
{
	int64_t unit = ns >= 60 * NS_PER_S ? NS_PER_S : ns >= NS_PER_S ? NS_PER_MS : 1;

	return duration_format(ns - ns % unit, out);
}
