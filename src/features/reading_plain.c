/* What is read from the event, and from what a key last saw. */
#include "reading.h"

#include "features/hours.h"

/* With a calendar, of market time, of which there is never more than of any. */
double read_absent_for(const struct reading *r, const struct feature *f)
{
	const struct key *k = r->key;
	const struct calendar *c;
	struct calendar_cursor *cursor;
	int64_t market;

	if (!k->seen)
		return NAN;
	if ((uint64_t)k->now - (uint64_t)k->last < (uint64_t)f->window_ns)
		return 0;
	c = hours_calendar(r, f, &cursor);
	if (!c)
		return 1;
	if (!calendar_market_time(c, k->last, k->now, cursor, &market))
		return NAN;
	return market >= f->window_ns ? 1 : 0;
}

double read_first_seen(const struct reading *r, const struct feature *f)
{
	(void)f;
	return r->key->seen ? reading_apart(r->key->now, r->key->first) : NAN;
}

double read_observed(const struct reading *r, const struct feature *f)
{
	(void)f;
	return r->key->seen ? reading_apart(r->key->now, r->first_ns) : NAN;
}

double read_price(const struct reading *r, const struct feature *f)
{
	(void)f;
	return reading_units(r->key->price);
}

double read_size(const struct reading *r, const struct feature *f)
{
	(void)f;
	return reading_units(r->event->qty);
}

double read_event_price(const struct reading *r, const struct feature *f)
{
	(void)f;
	return reading_units(r->event->price);
}

double read_notional(const struct reading *r, const struct feature *f)
{
	const struct tocsin_event *e = r->event;

	(void)f;
	if (e->price == TOCSIN_NONE || e->qty == TOCSIN_NONE)
		return NAN;
	return wide_double128((__int128)e->price * e->qty) / READING_SCALE / READING_SCALE;
}
