/* fuzz_calendar - any bytes as a calendar file: refused with places that are in the text, or made into
 * a calendar whose days, phases and market time agree with each other. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

static void walk(const struct calendar *c)
{
	struct calendar_cursor cursor = { 0 };
	int64_t first, last, before = INT64_MIN, ns, later;
	struct calendar_day d;

	calendar_range(c, &first, &last);
	MUST(last >= first);
	for (int64_t day = first; day <= last; day++) {
		MUST(calendar_day(c, day, &d));
		MUST(d.n_phases == 0 || *d.session);
		for (size_t i = 0; i < d.n_phases; i++) {
			const struct calendar_span *p = &d.phases[i];

			MUST(p->begin_ns >= before && p->end_ns > p->begin_ns);
			before = p->end_ns;
			MUST(calendar_phase(c, p->begin_ns, &cursor) == p->phase);
			MUST(calendar_phase(c, p->end_ns - 1, &cursor) == p->phase);
			MUST(calendar_market_time(c, p->begin_ns, p->end_ns - 1, &cursor, &ns));
			MUST(ns ==
			     (p->phase == CALENDAR_CONTINUOUS ? p->end_ns - 1 - p->begin_ns : 0));
			if (p->phase == CALENDAR_CONTINUOUS) {
				MUST(calendar_after(c, p->begin_ns, 1, &cursor, &later));
				MUST(later == p->begin_ns + 1);
			}
		}
	}
	MUST(calendar_phase(c, INT64_MIN, &cursor) == CALENDAR_UNKNOWN);
	MUST(calendar_phase(c, INT64_MAX, &cursor) == CALENDAR_UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf_calendar_file *f = NULL;
	struct errors errors = { 0 };
	struct calendar *c = NULL;
	size_t lines = 1;
	int r = conf_calendar_parse((const char *)data, n, "fuzz", &errors, &f);

	MUST((r == 0) == (f != NULL));
	if (r == 0)
		r = calendars_make(f, &errors, &c);
	MUST((r == 0) == (c != NULL) && (r == 0) == (errors.n_all == 0));
	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	for (size_t k = 0; k < errors.n; k++)
		MUST(errors.items[k].at.line <= lines + 1 && errors.items[k].at.column <= n + 1);
	if (c)
		walk(c);
	errors_done(&errors);
	conf_calendar_free(f);
	calendar_free(c);
	return 0;
}

#ifndef FUZZING
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, size = 2 << 20;
	uint8_t *data = malloc(size);

	if (!f || !data) {
		perror(path);
		return -1;
	}
	n = fread(data, 1, size, f);
	fclose(f);
	/* Exactly as large as its text, so that a reader past the end is found. */
	data = realloc(data, n ? n : 1);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	size_t n = 0;

	if (!folder) {
		fprintf(stderr, "usage: fuzz_calendar FOLDER\n");
		return 2;
	}
	while ((entry = readdir(folder))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		if (run_file(path) < 0)
			return 1;
		n++;
	}
	closedir(folder);
	printf("fuzz_calendar: %zu inputs\n", n);
	return n ? 0 : 1;
}
#endif
