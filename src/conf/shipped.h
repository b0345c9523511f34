/* shipped.h - the calendar files of conf/calendars/, in the program itself. */
#ifndef CONF_SHIPPED_H
#define CONF_SHIPPED_H

#include <stddef.h>

/* NULL: there is none of that name. */
const char *shipped_calendar(const char *name, size_t *ret_n);

#endif
