#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/timefmt.h"

#define WIDTH 30

void progress_begin(struct progress_bar *b, bool wanted)
{
	b->on = wanted && isatty(STDERR_FILENO);
	b->began = b->shown = clock_mono();
}

void progress_show(struct progress_bar *b, uint64_t done, uint64_t all, uint64_t events)
{
	int64_t now = b->on ? clock_mono() : 0;
	double seconds = (double)(now - b->began) / 1e9, part;

	if (!b->on || now - b->shown < NS_PER_S / 10)
		return;
	b->shown = now;
	if (all == 0 || done == 0) {
		fprintf(stderr, "\r\033[K%llu events, %.0f/s", (unsigned long long)events,
		        (double)events / seconds);
		return;
	}
	part = done > all ? 1 : (double)done / (double)all;
	fprintf(stderr, "\r\033[K[%.*s%*s] %3.0f%%  %llu events, %.0f/s, %.0f s left",
	        (int)(part * WIDTH), "##############################", WIDTH - (int)(part * WIDTH),
	        "", part * 100, (unsigned long long)events, (double)events / seconds,
	        seconds * (1 - part) / part);
}

void progress_end(struct progress_bar *b)
{
	if (b->on)
		fputs("\r\033[K", stderr);
	b->on = false;
}
