/* calendars.h - from the words of calendar files to calendars, and which is whose. Does no I/O but for
 * zones. */
#ifndef ENGINE_CALENDARS_H
#define ENGINE_CALENDARS_H

#include "calendar/calendar.h"
#include "conf/calendar.h"

/* 0 and *ret, which the caller owns; -EINVAL with every mistake in `errors`; -ENOMEM. The file is not
 * needed any more. */
int calendars_make(const struct conf_calendar_file *f, struct errors *errors, struct calendar **ret);
/* The shipped one of that name. -ENOENT: there is none; *ret_near, when not NULL, is then the nearest
 * name, or NULL. */
int calendars_shipped(const char *name, struct errors *errors, struct calendar **ret, const char **ret_near);

struct tocsin_str;

/* All calendars of a configuration: those that it lists, in that order, then those that its rules name
 * besides. Immutable. */
struct calendars {
	struct calendars_item {
		const char *name;                /* of the configuration */
		struct calendar *calendar;
		const struct conf_texts *instruments;    /* NULL = of none */
	} *items;
	size_t n;
};

/* The configuration must outlive it; it may be one that is only looked at for mistakes. 0; -EINVAL with
 * every mistake in `errors`; -ENOMEM. What was made is in *ret in every case: calendars_done(). */
int calendars_init(struct calendars *ret, const struct conf *conf, struct errors *errors);
void calendars_done(struct calendars *c);
/* Its place in items, c->n when there is none. */
size_t calendars_find(const struct calendars *c, const char *name);
/* The same of the first whose instruments take this one: "*" and "?" as in file names. */
size_t calendars_of(const struct calendars *c, const struct tocsin_str *instrument);

#endif
