/* drill.h - what a drill sends, and how its alerts are known. Pure.
 *
 * A drill is messages of an instrument that nobody trades, put into a source's topic like any other;
 * everything after that is the ordinary way of an alert. What they make is told from the rest by
 * rule and instrument, in the daemon and in a replay alike. */
#ifndef ENGINE_DRILL_H
#define ENGINE_DRILL_H

#include "core/buf.h"
#include "engine/plan.h"

struct drill {
	const struct conf_drill *conf;
	const struct conf_source *source;
	const char *topic;
	const char *messages[CONF_DRILL_MESSAGES];
	size_t n;
};

/* The drill of a configuration, its messages read once by the source's format as if they were sent
 * at now_ns. 0; -ENOENT: there is none, or no source (replay); -EINVAL with `errors` filled;
 * -ENOMEM. */
int drill_make(struct plan *p, int64_t now_ns, struct errors *errors, struct drill *ret);
/* Message i of the drill of that time, which is of whole milliseconds. Appends. */
void drill_message(const struct drill *d, size_t i, int64_t time_ns, struct buf *out);
/* The time of a drill that is sent now: formats may know milliseconds only. */
int64_t drill_time(int64_t now_ns);

/* Does rule `rule` look at an event of a drill? Is it an alert that a drill made? */
bool drill_event(const struct plan *p, size_t rule, const struct tocsin_event *e);
bool drill_made(const struct plan *p, const struct tocsin_alert *a);

#endif
