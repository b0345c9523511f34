/* calendar.c - prints an exchange calendar, day by day: what a rule with that calendar goes by. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "core/clock.h"
#include "core/timefmt.h"
#include "engine/calendars.h"

#define DAY_S 86400LL
#define SHOWN_DAYS 14 /* without --to */

struct arguments {
	const char *name, *file, *from, *to;
};

static int read_arguments(const struct command *c, int argc, char **argv, struct arguments *ret)
{
	static const struct option longs[] = {
		{ "file", required_argument, NULL, 'F' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret = (struct arguments){ 0 };
	while ((option = usage_option(c, argc, argv, ":h", longs)) != -1) {
		switch (option) {
		case 'F': ret->file = optarg; break;
		case 'f': ret->from = optarg; break;
		case 't': ret->to = optarg; break;
		case 'h': usage_help(c); return -1;
		default: return EXIT_USAGE;
		}
	}
	if (optind < argc)
		ret->name = argv[optind++];
	if (optind < argc)
		return usage_error(c, "unexpected argument '%s'", argv[optind]);
	if (ret->name && ret->file)
		return usage_error(c, "a name and --file: one of them");
	if ((ret->from || ret->to) && !ret->name && !ret->file)
		return usage_error(c, "--from and --to are of one calendar: name it");
	return 0;
}

/* Status, and the errors printed. */
static int told(struct errors *errors, int r)
{
	char *text = errors->n_all ? errors_text(errors) : NULL;

	fputs(text ? text : "tocsin: out of memory\n", stderr);
	free(text);
	return r == -ENOMEM ? EXIT_RUNTIME : EXIT_CONFIG;
}

/* 0 and *ret, or an exit status. */
static int open_calendar(const struct command *c, const struct arguments *a, struct calendar **ret)
{
	struct conf_calendar_file *f = NULL;
	struct errors errors = { 0 };
	const char *near = NULL;
	int r;

	if (a->file) {
		r = conf_calendar_load(a->file, &errors, &f);
		if (r == 0)
			r = calendars_make(f, &errors, ret);
		conf_calendar_free(f);
	} else {
		r = calendars_shipped(a->name, &errors, ret, &near);
	}
	if (r == -ENOENT)
		return usage_error(c, "no calendar is named '%s'%s%s%s", a->name,
		                   near ? " (did you mean '" : "", near ? near : "",
		                   near ? "'?)" : "");
	r = r ? told(&errors, r) : 0;
	errors_done(&errors);
	return r;
}

/* "09:30", and the day when it is another than the line's: "09:30 (-1)"; with seconds if there are. */
static void print_clock(int64_t ns, int64_t offset_s, int64_t day, char out[static 32])
{
	int64_t s = ns / NS_PER_S + offset_s, in_day = s % DAY_S, other;
	int n;

	in_day += in_day < 0 ? DAY_S : 0;
	other = (s - in_day) / DAY_S - day;
	n = snprintf(out, 32, "%02d:%02d", (int)(in_day / 3600), (int)(in_day / 60 % 60));
	if (in_day % 60)
		n += snprintf(out + n, 32 - (size_t)n, ":%02d", (int)(in_day % 60));
	if (other)
		snprintf(out + n, 32 - (size_t)n, " (%+d)", (int)other);
}

static void print_phase(const struct calendar *c, const struct calendar_span *p, int64_t day)
{
	char from[32], to[32], utc_from[TIMEFMT_TEXT], utc_to[TIMEFMT_TEXT];

	print_clock(p->begin_ns, calendar_offset(c, p->begin_ns), day, from);
	print_clock(p->end_ns, calendar_offset(c, p->end_ns), day, to);
	time_format(p->begin_ns, utc_from);
	time_format(p->end_ns, utc_to);
	printf("  %-17s %-10s - %-10s  %s - %s\n", calendar_phase_name(p->phase), from, to,
	       utc_from, utc_to);
}

static void print_day(const struct calendar *c, int64_t day)
{
	static const char *const names[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	char date[TIMEFMT_TEXT];
	struct calendar_day d;

	if (!calendar_day(c, day, &d))
		return;
	date_format(day, date);
	printf("%s %s  %s%s%s\n", date, names[(day % 7 + 7) % 7], calendar_day_kind_name(d.kind),
	       *d.name ? ": " : "", d.name);
	for (size_t i = 0; i < d.n_phases; i++)
		print_phase(c, &d.phases[i], day);
}

static int read_date(const struct command *c, const char *option, const char *text, int64_t *ret)
{
	return text && date_parse(text, strlen(text), ret)
	               ? usage_error(c, "%s: expected a date such as 2024-12-24, found '%s'",
	                             option, text)
	               : 0;
}

/* Two weeks from today, or from the first day when today is not covered. */
static int read_range(const struct command *c, const struct arguments *a,
                      const struct calendar *cal, int64_t *ret_from, int64_t *ret_to)
{
	int64_t first, last, today = clock_wall() / NS_PER_S / DAY_S;
	int e;

	calendar_range(cal, &first, &last);
	*ret_from = today >= first && today <= last ? today : first;
	e = read_date(c, "--from", a->from, ret_from);
	*ret_to = *ret_from + SHOWN_DAYS - 1;
	if (*ret_to > last && *ret_from <= last)
		*ret_to = last;
	if (e == 0)
		e = read_date(c, "--to", a->to, ret_to);
	if (e)
		return e;
	if (*ret_from < first || *ret_to > last) {
		char from[TIMEFMT_TEXT], to[TIMEFMT_TEXT];

		date_format(first, from);
		date_format(last, to);
		return usage_error(c, "%s covers %s to %s only", calendar_name(cal), from, to);
	}
	if (*ret_from > *ret_to)
		return usage_error(c, "the last day is before the first");
	return 0;
}

static int print_one(const struct command *c, const struct arguments *a)
{
	struct calendar *cal = NULL;
	char first[TIMEFMT_TEXT], last[TIMEFMT_TEXT];
	int64_t from, to;
	int e = open_calendar(c, a, &cal);

	if (e == 0)
		e = read_range(c, a, cal, &from, &to);
	if (e == 0) {
		int64_t begin, end;

		calendar_range(cal, &begin, &end);
		date_format(begin, first);
		date_format(end, last);
		printf("%s%s%s%s%s, times of %s, covers %s to %s\n", calendar_name(cal),
		       *calendar_title(cal) ? " - " : "", calendar_title(cal),
		       *calendar_mic(cal) ? ", MIC " : "", calendar_mic(cal), calendar_zone(cal),
		       first, last);
		for (int64_t day = from; day <= to; day++)
			print_day(cal, day);
		e = fflush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
	}
	calendar_free(cal);
	return e;
}

static int print_all(void)
{
	for (size_t i = 0; conf_calendars[i]; i++) {
		struct conf_calendar_file *f = conf_calendar_shipped(conf_calendars[i]);

		if (!f) {
			fputs("tocsin: out of memory\n", stderr);
			return EXIT_RUNTIME;
		}
		printf("%-12s %s; %s, %d to %d\n", conf_calendars[i], f->title.s, f->zone.s,
		       (int)f->first_year, (int)f->last_year);
		conf_calendar_free(f);
	}
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
}

int command_calendar(const struct command *c, int argc, char **argv)
{
	struct arguments a;
	int e = read_arguments(c, argc, argv, &a);

	if (e)
		return e < 0 ? EXIT_DONE : e;
	return a.name || a.file ? print_one(c, &a) : print_all();
}
