/* Reading time zones with libcctz.
 *
 * Why a library: a TZif file ends with a rule for all years to come, and its three versions differ;
 * cctz reads them all and, unlike the C library, needs neither TZ nor a state that threads share.
 * It keeps zones that were read in a table of the process, under a lock; what is read here is
 * copied out, so that nothing of it is used while scoring.
 *
 * The file is named by its absolute path: a bare name would be looked up in $TZDIR. No exception
 * leaves this file. */
#include "calendar/tzdata.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>

#include <cctz/time_zone.h>

namespace
{

using point = cctz::time_point<cctz::seconds>;

struct changes {
	struct zone_change *v = nullptr;
	size_t n = 0, size = 0;

	bool add(int64_t at_s, int64_t offset_s)
	{
		if (n && v[n - 1].offset_s == offset_s)
			return true; /* only the name changed */
		if (n == size) {
			size_t more = size ? 2 * size : 64;
			void *p = std::realloc(static_cast<void *>(v), more * sizeof *v);

			if (!p)
				return false;
			v = static_cast<struct zone_change *>(p);
			size = more;
		}
		v[n++] = { at_s, offset_s };
		return true;
	}
};

point at(int64_t s)
{
	return point(cctz::seconds(s));
}

bool read_changes(const cctz::time_zone &zone, int64_t from_s, int64_t to_s, struct changes *out)
{
	cctz::time_zone::civil_transition next;
	point t = at(from_s);

	if (!out->add(INT64_MIN, zone.lookup(t).offset))
		return false;
	while (zone.next_transition(t, &next)) {
		t = zone.lookup(next.to).trans;
		if (t >= at(to_s))
			break;
		if (!out->add(t.time_since_epoch().count(), zone.lookup(t).offset))
			return false;
	}
	return true;
}

} /* namespace */

extern "C" int tzdata_read(const char *path, int64_t from_s, int64_t to_s, struct zone_change **ret,
                           size_t *ret_n)
{
	struct changes all;
	cctz::time_zone zone;
	int r = -ENOMEM;

	try {
		if (!cctz::load_time_zone(path, &zone))
			r = -ENOENT;
		else if (read_changes(zone, from_s, to_s, &all))
			r = 0;
	} catch (...) {
		r = -ENOMEM;
	}
	if (r) {
		std::free(static_cast<void *>(all.v));
		return r;
	}
	*ret = all.v;
	*ret_n = all.n;
	return 0;
}
