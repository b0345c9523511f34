/* silence.h - which key has been silent for an absent_for() time, and when. Private to this
 * room. Pure; one entry a key; in the order of time, ties by the key's bytes. */
#ifndef FEATURES_SILENCE_H
#define FEATURES_SILENCE_H

#include "calendar/calendar.h"
#include "features/key.h"

struct silences {
	const struct set_silence *times; /* ascending; borrowed, as the next two */
	const struct set_calendar *calendars;
	struct calendar_cursor *cursors; /* one for each calendar */
	uint32_t n_times;
	struct silence {
		int64_t due_ns;          /* not after the key's next silence */
		struct key *key;
	} *heap;
	uint32_t n, size;
};

/* The key's last event changed: its silence begins anew. 0 or -ENOMEM. */
int silence_begin(struct silences *s, struct key *k, size_t *bytes);
void silence_forget(struct silences *s, struct key *k);
/* Is a silence due at or before `time_ns`, and when is the next? */
bool silence_due(struct silences *s, int64_t time_ns, int64_t *ret_due_ns);
/* The next silence due at or before `time_ns`, or NULL. Each is given once. */
struct key *silence_next(struct silences *s, int64_t time_ns, int64_t *ret_due_ns);

#endif
