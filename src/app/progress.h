/* progress.h - a progress bar with rate and time left, on a terminal only. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress_bar {
	bool on;
	int64_t began, shown;            /* mono */
};

void progress_begin(struct progress_bar *b, bool wanted);        /* on = wanted and stderr is a terminal */
/* `done` of `all` bytes (all 0 = unknown), `events` so far. Draws at most 10 times a second. */
void progress_show(struct progress_bar *b, uint64_t done, uint64_t all, uint64_t events);
void progress_end(struct progress_bar *b);       /* wipes the line */

#endif
