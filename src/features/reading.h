/* reading.h - how each feature is read from a key's state. Private to this room.
 *
 * NaN = no value: the window is not full yet (the key's first event is younger than the window), or
 * there is nothing to divide by. O(1), quantile O(log n). Prices and sizes leave as plain numbers
 * (1e-9 units divided once, at the end), durations as ns. */
#ifndef FEATURES_READING_H
#define FEATURES_READING_H

#include <math.h>

#include "book/book.h"
#include "calendar/calendar.h"
#include "features/key.h"

#define READING_SCALE ((double)TOCSIN_SCALE)

/* What a value is read from: the event, and the key it has in the feature's space, or another's (or
 * one of which nothing is known). Of features of the event alone set and key are NULL: what else is
 * worked out once an event, before windows take it in, goes here, so that `where` may ask for it. */
struct reading {
	const struct set_space *set;
	const struct key *key;
	const struct tocsin_event *event;
	int64_t first_ns;                /* the partition's first event; INT64_MAX = none */
	bool learned;                    /* the key has taken the event in */
	const double *x;                 /* values of features that were asked for before */
	const struct set_calendar *calendars;    /* of the feature set; a cursor for each: */
	struct calendar_cursor *cursors;
	const struct book *book;         /* the instrument's; NULL = none */
	const struct book_order *order;  /* the event's; NULL = none */
};

static inline double reading_units(int64_t v)
{
	return v == TOCSIN_NONE ? NAN : (double)v / READING_SCALE;
}

/* now - then in ns, not below 0. */
static inline double reading_apart(int64_t now, int64_t then)
{
	return now > then ? (double)((uint64_t)now - (uint64_t)then) : 0;
}

double read_count(const struct reading *r, const struct feature *f);
double read_rate(const struct reading *r, const struct feature *f);
double read_sum(const struct reading *r, const struct feature *f);
double read_mean(const struct reading *r, const struct feature *f);
double read_min(const struct reading *r, const struct feature *f);
double read_max(const struct reading *r, const struct feature *f);
double read_range(const struct reading *r, const struct feature *f);
double read_vwap(const struct reading *r, const struct feature *f);
double read_stddev(const struct reading *r, const struct feature *f);
double read_zscore(const struct reading *r, const struct feature *f);
double read_quantile(const struct reading *r, const struct feature *f);
double read_ewma(const struct reading *r, const struct feature *f);
double read_distinct(const struct reading *r, const struct feature *f);
double read_ratio(const struct reading *r, const struct feature *f);
double read_circle(const struct reading *r, const struct feature *f);
double read_lag(const struct reading *r, const struct feature *f);
double read_return(const struct reading *r, const struct feature *f);
double read_delta(const struct reading *r, const struct feature *f);
double read_absent_for(const struct reading *r, const struct feature *f);
double read_time_since(const struct reading *r, const struct feature *f);
double read_first_seen(const struct reading *r, const struct feature *f);
double read_observed(const struct reading *r, const struct feature *f);
double read_price(const struct reading *r, const struct feature *f);
double read_size(const struct reading *r, const struct feature *f);
double read_event_price(const struct reading *r, const struct feature *f);
double read_notional(const struct reading *r, const struct feature *f);
double read_bid(const struct reading *r, const struct feature *f);
double read_ask(const struct reading *r, const struct feature *f);
double read_spread(const struct reading *r, const struct feature *f);
double read_time(const struct reading *r, const struct feature *f);
double read_time_to_close(const struct reading *r, const struct feature *f);
double read_time_since_open(const struct reading *r, const struct feature *f);
double read_in_session(const struct reading *r, const struct feature *f);
double read_mid(const struct reading *r, const struct feature *f);
double read_best_bid(const struct reading *r, const struct feature *f);
double read_best_ask(const struct reading *r, const struct feature *f);
double read_microprice(const struct reading *r, const struct feature *f);
double read_depth(const struct reading *r, const struct feature *f);
double read_imbalance(const struct reading *r, const struct feature *f);
double read_book_crossed(const struct reading *r, const struct feature *f);
double read_book_locked(const struct reading *r, const struct feature *f);
double read_order_age(const struct reading *r, const struct feature *f);
double read_order_size(const struct reading *r, const struct feature *f);
double read_order_level(const struct reading *r, const struct feature *f);
double read_order_share(const struct reading *r, const struct feature *f);
double read_own_depth(const struct reading *r, const struct feature *f);
double read_own_orders(const struct reading *r, const struct feature *f);
double read_own_levels(const struct reading *r, const struct feature *f);

#endif
