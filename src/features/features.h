/* features.h - named values over windows of event time, per partition and instrument, account, ...
 *
 * Pure: the only clock is the event's. A `struct feature_set` is the list of what is asked for
 * (built at configuration, then immutable); a `struct feature_table` is the state of one
 * partition. Window (T - w, T], T = the largest time seen of the key. Sums are exact (integers), so
 * that no order of arrival and no restart changes a bit.
 *
 * By: whose windows. A key is made of texts of the event: its instrument, its account, both, ...
 * The features of one `by` share a space of keys; an event is taken in by every space for which it
 * has all texts, and the features of the others have no value for it. Of another instrument
 * (`of`): its key of the same partition, moved on to the time of the event.
 *
 * Order books are kept when some feature asks for one (book/book.h). Every event goes through its
 * instrument's book before windows take it in, snapshots and late ones too. Whether or not there are
 * books, an order_cancel that only takes away what was filled before it in the same packet (of feeds
 * that tell so) is marked TOCSIN_FLAG_BY_FILL in the sample's event, and is no cancellation to
 * windows.
 *
 * Bounds: 4096 features, 256 conditions of `where`, 256 instruments of `of`; at most max_keys keys a table and space (the one used longest ago is forgotten and
 * counted), at most max_window_events events a key and series (the oldest is dropped and counted).
 * Of a text the first 128 bytes count. */
#ifndef FEATURES_FEATURES_H
#define FEATURES_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/detector.h>
#include <tocsin/event.h>

#include "book/book.h"
#include "core/buf.h"

struct feature_set;
struct feature_table;

/* Texts that keys are made of, in their order. */
#define FEATURE_BY_INSTRUMENT 1u
#define FEATURE_BY_ACCOUNT 2u
#define FEATURE_BY_VENUE 4u
#define FEATURE_BY_COUNTERPARTY 8u

int feature_set_new(struct feature_set **ret_set);
struct feature_set *feature_set_free(struct feature_set *s);
/* Adds the feature written as `text`, e.g. "sum(size, 1m)", "count(order_cancel, same, 10s)",
 * "max(price, 1m where size > 5) by account", "rate(1s) of \"ES\"", "absent_for(5m)", "price",
 * "account in watch"; equal ones share an index. Windows are those of the event's `by`, FEATURE_BY_
 * bits, when the text does not say. What the text needs is added too, before it.
 * 0 and *ret_index; -EINVAL with reason and, in *ret_at, the offset in `text`; -ENOMEM. */
int feature_set_add(struct feature_set *s, const char *text, unsigned by, uint32_t *ret_index,
                    size_t *ret_at, char *reterr, size_t reterr_size);
/* Exchange calendars, before the features that read them. `calendar` must outlive the set; its name is
 * copied and enters the texts of its features. 0 and *ret_index; -EINVAL: more than 1024; -ENOMEM. */
#define FEATURE_NO_CALENDAR UINT32_MAX
struct calendar;
int feature_set_calendar(struct feature_set *s, const char *name, const struct calendar *calendar,
                         uint32_t *ret_index);
/* Which of them an instrument has, or FEATURE_NO_CALENDAR; asked once a key. */
void feature_set_calendar_of(struct feature_set *s,
                             uint32_t (*of)(const void *ctx, const struct tocsin_str *instrument),
                             const void *ctx);
/* The calendar of the features added from now on. FEATURE_NO_CALENDAR (at first): that of the event's
 * instrument, for which feature_set_calendar_of() is needed; silences are then of any time where there
 * is none. */
void feature_set_use_calendar(struct feature_set *s, uint32_t calendar);
/* The words of `in NAME`, copied; before the features that ask for them. 0; -EINVAL: more than 1024
 * lists, or 2^24 words; -ENOMEM. */
int feature_set_list(struct feature_set *s, const char *name, const struct tocsin_str *words,
                     size_t n);
/* Keeps keys by these texts even when no feature has them, for feature_table_at(). */
void feature_set_keep(struct feature_set *s, unsigned by);
uint32_t feature_set_count(const struct feature_set *s);
/* Canonical text; says "by" when that is not the instrument. */
const char *feature_set_name(const struct feature_set *s, uint32_t index);
/* By which texts its windows are; 0: it is read from the event alone. */
unsigned feature_set_by(const struct feature_set *s, uint32_t index);
/* Does it come true by silence: do keys of its `by` have ticks? */
bool feature_set_ticks(const struct feature_set *s, uint32_t index);
/* The longest look back of any feature, ns: events older than that no longer matter. */
int64_t feature_set_lookback(const struct feature_set *s);
/* The same of `n` of them: a key seen for that long has values of all. */
int64_t feature_set_lookback_of(const struct feature_set *s, const uint32_t *indexes, size_t n);
/* The functions and fields, for help: name, arguments, meaning; ended by name NULL. */
struct feature_help {
	const char *name, *args, *help;
};
const struct feature_help *feature_help(void);

struct feature_limits {
	size_t max_keys;
	size_t max_window_events;        /* a key and series */
	int64_t allowed_lateness_ns;     /* later events are scored, not learned, and counted */
	struct book_limits books;        /* 0: max_keys books, otherwise a million orders and so on */
};

struct feature_counts {                  /* since creation */
	uint64_t keys, keys_evicted, window_truncated, late, snapshot;
	size_t bytes;                    /* of books too */
	struct book_counts books;        /* 0 when no feature asks for books */
};

/* The set must outlive the table. `seed` enters the key hash only. 0, -ENOMEM, -EINVAL. */
int feature_table_new(const struct feature_set *set, const struct feature_limits *limits,
                      struct feature_table **ret_table);
struct feature_table *feature_table_free(struct feature_table *t);

/* Takes one event in: updates the key's windows and fills *ret_sample (x[], key, event), valid
 * until the next call on this table. Late and snapshot events change no window. `event` must stay
 * valid as long as the sample is used. */
void feature_table_add(struct feature_table *t, const struct tocsin_event *event,
                       struct tocsin_sample *ret_sample);

/* The sample's key of an instrument, for those who can work it out beforehand. */
uint64_t feature_key(const struct tocsin_str *instrument);
/* The key of an event (a tick's too) by these texts; 0 when it lacks one. Of the instrument alone:
 * its feature_key(). */
uint64_t feature_entity(const struct tocsin_event *event, unsigned by);
unsigned feature_parts(const struct tocsin_event *event);        /* FEATURE_BY_ bits of its texts */
/* feature_table_add() of an event whose instrument has this key. */
void feature_table_add_key(struct feature_table *t, const struct tocsin_event *event, uint64_t key,
                           struct tocsin_sample *ret_sample);
/* Of events soon to come: asks for the memory they will need. `next` is to have been `after_next` in
 * a call before. Changes nothing; a key of no event does no harm. */
void feature_table_ahead(const struct feature_table *t, uint64_t next, uint64_t after_next);

/* The next tick due at or before `time_ns` (a key has been silent for an absent_for() time).
 * Call until false BEFORE adding an event of that time; each tick is given once, in time order,
 * ties by the order of spaces and then by text. The event is kind TOCSIN_TICK with the key's texts
 * (the others absent) and its last price and quote. */
bool feature_table_tick(struct feature_table *t, int64_t time_ns, struct tocsin_sample *ret_sample);
/* The sample of a tick of one key at a time, with windows moved on to it; spaces whose texts are
 * among the key's show theirs, others have no value. False: the key is not known (any more). */
bool feature_table_at(struct feature_table *t, unsigned by, uint64_t entity, int64_t time_ns,
                      struct tocsin_sample *ret_sample);
/* Time goes on to `time_ns` without an event: call after the ticks due by then. Older events are
 * judged late by it. */
void feature_table_advance(struct feature_table *t, int64_t time_ns);
/* Of one key: its first and last event, and T. Its windows are full when now - first has reached
 * feature_set_lookback_of() of them. False: it is not known (any more). */
struct feature_times {
	int64_t first_ns, last_ns, now_ns;
};
bool feature_table_times(const struct feature_table *t, unsigned by, uint64_t entity,
                         struct feature_times *ret);

/* Calls `each` for every key by these texts, the one used last first, until it returns false; the
 * event has the key's texts alone. */
void feature_table_each(const struct feature_table *t, unsigned by,
                        bool (*each)(void *ctx, const struct tocsin_event *texts,
                                     const struct feature_times *times),
                        void *ctx);

/* The whole state, appended; the same state gives the same bytes. */
void feature_table_save(const struct feature_table *t, struct buf *out);
/* Puts a saved state in place of a new table's: every later value is the same to the bit. 0;
 * -ESTALE: saved by another set of features or other limits; -EBADMSG: damaged (checksum);
 * -ENOMEM. On failure the table is as new. */
int feature_table_load(struct feature_table *t, const void *p, size_t n);

/* Largest event time seen, INT64_MIN before the first. */
int64_t feature_table_watermark(const struct feature_table *t);
void feature_table_counts(const struct feature_table *t, struct feature_counts *ret);

#endif
