#include "calendars.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/event.h>

#include "core/nearest.h"

/* The spec of a file: borrows its texts; one block for each kind of part. */
struct parts {
	struct calendar_session_spec *sessions;
	struct calendar_phase_spec *phases;
	struct calendar_text *days;
	struct calendar_named_date *dates;
	size_t n_phases, n_days, n_dates;
};

static struct calendar_text text_of(const struct conf_text *t)
{
	return (struct calendar_text){ t->s, t->at };
}

static const struct calendar_named_date *dates_of(struct parts *p, const struct conf_pairs *pairs)
{
	struct calendar_named_date *first = p->dates + p->n_dates;

	for (size_t i = 0; i < pairs->n; i++)
		p->dates[p->n_dates++] = (struct calendar_named_date){
			text_of(&pairs->v[i].key), text_of(&pairs->v[i].value)
		};
	return first;
}

static void add_session(struct parts *p, const struct conf_calendar_session *s,
                        struct calendar_session_spec *to)
{
	*to = (struct calendar_session_spec){
		.name = text_of(&s->name),
		.days = p->days + p->n_days,
		.n_days = s->days.n,
		.dates = dates_of(p, &s->dates),
		.n_dates = s->dates.n,
		.phases = p->phases + p->n_phases,
		.n_phases = s->n_phases,
		.at = s->at,
	};
	for (size_t i = 0; i < s->days.n; i++)
		p->days[p->n_days++] = text_of(&s->days.v[i]);
	for (size_t i = 0; i < s->n_phases; i++)
		p->phases[p->n_phases++] = (struct calendar_phase_spec){
			.phase = (enum calendar_phase)s->phases[i].phase,
			.from = text_of(&s->phases[i].from),
			.to = text_of(&s->phases[i].to),
			.at = s->phases[i].at,
		};
}

static int parts_new(const struct conf_calendar_file *f, struct parts *p)
{
	size_t n_phases = 1, n_days = 1, n_dates = f->holidays.n + 1;

	for (size_t i = 0; i < f->n_sessions; i++) {
		n_phases += f->sessions[i].n_phases;
		n_days += f->sessions[i].days.n;
		n_dates += f->sessions[i].dates.n;
	}
	p->sessions = calloc(f->n_sessions + 1, sizeof *p->sessions);
	p->phases = calloc(n_phases, sizeof *p->phases);
	p->days = calloc(n_days, sizeof *p->days);
	p->dates = calloc(n_dates, sizeof *p->dates);
	return p->sessions && p->phases && p->days && p->dates ? 0 : -ENOMEM;
}

static void parts_done(struct parts *p)
{
	free(p->sessions);
	free(p->phases);
	free(p->days);
	free(p->dates);
}

int calendars_make(const struct conf_calendar_file *f, struct errors *errors, struct calendar **ret)
{
	struct parts p = { 0 };
	int r = parts_new(f, &p);

	if (r == 0) {
		struct calendar_spec spec = {
			.name = text_of(&f->name),
			.zone = text_of(&f->zone),
			.title = f->title.s,
			.mic = f->mic.s,
			.first_year = (int)f->first_year,
			.last_year = (int)f->last_year,
			.sessions = p.sessions,
			.n_sessions = f->n_sessions,
			.holidays = dates_of(&p, &f->holidays),
			.n_holidays = f->holidays.n,
			.at = f->at,
		};

		for (size_t i = 0; i < f->n_sessions; i++)
			add_session(&p, &f->sessions[i], &p.sessions[i]);
		r = calendar_new(&spec, errors, ret);
	}
	parts_done(&p);
	return r;
}

int calendars_shipped(const char *name, struct errors *errors, struct calendar **ret,
                      const char **ret_near)
{
	struct conf_calendar_file *f;
	size_t n = 0;
	int r;

	while (conf_calendars[n] && strcmp(conf_calendars[n], name) != 0)
		n++;
	if (!conf_calendars[n]) {
		if (ret_near)
			*ret_near = nearest(name, strlen(name), conf_calendars, n);
		return -ENOENT;
	}
	f = conf_calendar_shipped(name);
	r = f ? calendars_make(f, errors, ret) : -ENOMEM;
	conf_calendar_free(f);
	return r;
}

/* Of a configuration ------------------------------------------------------------------------- */

static int add(struct calendars *c, const char *name, const struct conf_calendar *conf,
               struct errors *errors)
{
	struct calendars_item *item = &c->items[c->n];
	int r = conf && conf->read ? calendars_make(conf->read, errors, &item->calendar)
	                           : calendars_shipped(name, errors, &item->calendar, NULL);

	if (r == -ENOENT || r == -EINVAL) /* told: when the configuration was read, or just now */
		return 0;
	if (r)
		return r;
	item->name = name;
	item->instruments = conf ? &conf->instruments : NULL;
	c->n++;
	return 0;
}

int calendars_init(struct calendars *ret, const struct conf *conf, struct errors *errors)
{
	size_t before = errors->n_all;
	int r = 0;

	*ret = (struct calendars){ 0 };
	ret->items = calloc(conf->n_calendars + conf->n_rules + 1, sizeof *ret->items);
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < conf->n_calendars; i++) {
		const struct conf_calendar *c = &conf->calendars[i];

		if (c->name.s && (!c->file.s || c->read))
			r = add(ret, c->name.s, c, errors);
	}
	for (size_t i = 0; r == 0 && i < conf->n_rules; i++) {
		const char *name = conf->rules[i].calendar.s;

		if (name && calendars_find(ret, name) == ret->n)
			r = add(ret, name, NULL, errors);
	}
	return r == 0 && errors->n_all > before ? -EINVAL : r;
}

void calendars_done(struct calendars *c)
{
	for (size_t i = 0; i < c->n; i++)
		calendar_free(c->items[i].calendar);
	free(c->items);
	*c = (struct calendars){ 0 };
}

size_t calendars_find(const struct calendars *c, const char *name)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->items[i].name, name) != 0)
		i++;
	return i;
}

size_t calendars_of(const struct calendars *c, const struct tocsin_str *instrument)
{
	char name[160];

	if (!instrument->p || instrument->n >= sizeof name)
		return c->n;
	memcpy(name, instrument->p, instrument->n);
	name[instrument->n] = 0;
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; c->items[i].instruments && k < c->items[i].instruments->n; k++)
			if (fnmatch(c->items[i].instruments->v[k].s, name, 0) == 0)
				return i;
	return c->n;
}
