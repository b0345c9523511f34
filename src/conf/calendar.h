/* calendar.h - calendar files: the words of an exchange calendar, as conf/calendars/ has them.
 *
 * Read like a configuration: by a table of options, all errors at once, each with its place. What
 * the words mean (dates, times, zones, overlaps) is checked by the room calendar, of whose specs
 * these structs are the written form. */
#ifndef CONF_CALENDAR_H
#define CONF_CALENDAR_H

#include "conf.h"

struct conf_calendar_phase {             /* phases: */
	struct place at;
	int phase;                       /* pre_open to break: in the order of enum calendar_phase */
	struct conf_text from, to;
};

struct conf_calendar_session {           /* sessions: */
	struct place at;
	struct conf_text name;           /* required, as the next */
	struct conf_calendar_phase *phases; size_t n_phases;
	struct conf_texts days;          /* mon to sun */
	struct conf_pairs dates;         /* date: name */
};

struct conf_calendar_file {
	struct place at;
	struct conf_text name, title, mic;
	struct conf_text zone;           /* required, as the next three */
	int64_t first_year, last_year;
	struct conf_calendar_session *sessions; size_t n_sessions;
	struct conf_pairs holidays;      /* date: name */
	void *memory;                    /* owns all above; NULL: a configuration does */
};

/* Names of the calendars that need no file, ended by NULL. */
extern const char *const conf_calendars[];

/* One of those. NULL: out of memory, or there is none. It ends with conf_calendar_free(). */
struct conf_calendar_file *conf_calendar_shipped(const char *name);
/* From memory or a file; `file` as of conf_load(), conf_parse(). 0 and *ret; -EINVAL with `errors`
 * filled; -ENOMEM. */
int conf_calendar_parse(const char *text, size_t n, const char *file, struct errors *errors,
                        struct conf_calendar_file **ret);
int conf_calendar_load(const char *file, struct errors *errors, struct conf_calendar_file **ret);
/* Reads the files that c->calendars name, relative to the file that names them; the configuration
 * owns what was read. */
struct conf_reader;
void conf_calendar_read(struct conf_reader *r, struct conf *c);
struct conf_calendar_file *conf_calendar_free(struct conf_calendar_file *f);

#endif
