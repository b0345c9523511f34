/* A zone is its changes of offset in ascending order, 1970 to 2262: two a year at most, so a
 * look-up is a search in a few hundred numbers, or none when the cursor is right. */
#include "calendar/zone.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/tzdata.h"

#define FROM_S 0LL
#define TO_S 9223372036LL /* the last second that fits into 64 bits of ns */

struct zone {
	char name[ZONE_MAX_NAME];
	struct zone_change *changes;
	size_t n;
};

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Letters, digits, "_+-", in parts apart by "/"; that keeps ".." out too. Not a zone: "localtime"
 * (this machine's setting), "posixrules", and the same zones again under "posix/" and, with leap
 * seconds, "right/". */
static bool is_name(const char *s)
{
	bool begin = true;

	if (strlen(s) >= ZONE_MAX_NAME || strcmp(s, "localtime") == 0 ||
	    strcmp(s, "posixrules") == 0 || starts(s, "posix/") || starts(s, "right/"))
		return false;
	for (; *s; s++) {
		bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
		bool other = (*s >= '0' && *s <= '9') || *s == '_' || *s == '+' || *s == '-';

		if (!letter && (begin || (!other && *s != '/')))
			return false;
		begin = *s == '/';
	}
	return !begin;
}

int zone_new(const char *name, struct zone **ret_zone)
{
	char path[sizeof ZONE_FOLDER + ZONE_MAX_NAME + 1];
	struct zone *z;
	int r;

	if (!is_name(name))
		return -EINVAL;
	z = calloc(1, sizeof *z);
	if (!z)
		return -ENOMEM;
	snprintf(z->name, sizeof z->name, "%s", name);
	snprintf(path, sizeof path, "%s/%s", ZONE_FOLDER, name);
	r = tzdata_read(path, FROM_S, TO_S, &z->changes, &z->n);
	if (r) {
		free(z);
		return r;
	}
	*ret_zone = z;
	return 0;
}

struct zone *zone_free(struct zone *z)
{
	if (z)
		free(z->changes);
	free(z);
	return NULL;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

static bool holds(const struct zone *z, size_t i, int64_t utc_s)
{
	return z->changes[i].at_s <= utc_s && (i + 1 == z->n || utc_s < z->changes[i + 1].at_s);
}

int64_t zone_offset(const struct zone *z, int64_t utc_s, uint32_t *cursor)
{
	size_t low = 0, high = z->n;

	if (*cursor < z->n && holds(z, *cursor, utc_s))
		return z->changes[*cursor].offset_s;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (z->changes[middle].at_s <= utc_s)
			low = middle;
		else
			high = middle;
	}
	*cursor = (uint32_t)low;
	return z->changes[low].offset_s;
}

/* Period i is [at(i), at(i+1)) and its clocks show [at(i) + offset(i), at(i+1) + offset(i)). Their
 * ends ascend, since changes lie further apart than offsets change: the first period whose end is
 * past `local_s` either shows it, or begins after it, and then the time was skipped. */
int64_t zone_utc(const struct zone *z, int64_t local_s)
{
	size_t low = 0, high = z->n - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (local_s < z->changes[middle + 1].at_s + z->changes[middle].offset_s)
			high = middle;
		else
			low = middle + 1;
	}
	if (low > 0 && local_s - z->changes[low].offset_s < z->changes[low].at_s)
		return z->changes[low].at_s;
	return local_s - z->changes[low].offset_s;
}
