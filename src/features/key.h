/* key.h - the state of one key, the table that finds it, and who was used longest ago. Private to
 * this room. */
#ifndef FEATURES_KEY_H
#define FEATURES_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/decay.h"
#include "features/window.h"

#define KEY_MAX_TEXT 128                 /* only these bytes of each text count */

/* The texts of a key, one after the other, in the order of FEATURE_BY_ bits. */
struct key_name {
	const char *p;                   /* of a single text the event's, else `bytes` */
	uint32_t n;
	uint8_t part_n[SET_PARTS];       /* of each text; 0: not part of it */
	char bytes[SET_PARTS * KEY_MAX_TEXT];
};

struct key {
	uint64_t hash;                   /* key_hash() */
	uint32_t size;                   /* of the block */
	uint32_t text_n;
	uint8_t part_n[SET_PARTS];
	bool seen;                       /* an event was taken in */
	int64_t now;                     /* T: largest time seen, ticks included */
	int64_t first, last;             /* times of events */
	int64_t price, price_ns;         /* the last traded; TOCSIN_NONE */
	int64_t bid, ask, quote_ns;
	uint32_t heap_at;                /* place in the heap of silences, SET_NONE = not there */
	uint32_t calendar;               /* of its instrument; SET_NONE = none */
	int64_t told_ns;                 /* the last silence that was told since `last`, or `last` */
	struct key *older, *newer;       /* by use */
	struct ring *rings;              /* one a series; in the same block as the key */
	struct window *windows;
	struct parts parts;
	struct decay *decays;
	char text[];
};

struct keys {
	struct key_slot {
		uint64_t hash;
		struct key *key;         /* NULL = free */
	} *slots;
	size_t n, size;                  /* size: a power of two */
	struct key *oldest, *newest;
};

/* The event's key by these texts. False when it lacks one of them. */
bool key_name(const struct tocsin_event *e, unsigned by, struct key_name *ret);
uint64_t key_hash(const struct key_name *name);
/* Puts its texts into an event, which borrows them. */
void key_texts(const struct key *k, struct tocsin_event *e);

/* Bytes of its rings, windows and their parts, without what those grow. */
size_t key_room(const struct set_space *set);
/* One block with room for all that `set` asks for; NULL when out of memory. */
struct key *key_new(const struct set_space *set, const struct key_name *name, size_t *bytes);
/* Frees what its windows hold and the key. */
void key_free(const struct set_space *set, struct key *k, size_t *bytes);
static inline struct series key_series(const struct set_space *set, struct key *k, uint32_t series,
                                       size_t max_events, size_t *bytes)
{
	return (struct series){
		.set = set,
		.spec = &set->series[series],
		.ring = &k->rings[series],
		.windows = k->windows,
		.parts = &k->parts,
		.max_events = max_events,
		.bytes = bytes,
	};
}
/* Asks for the memory of the events that the key's next event will add to and take away from. They
 * lie far apart: asking for all at once lets the waits overlap, where moving window after window
 * would wait for each in turn. */
void key_ask_events(const struct set_space *set, const struct key *k);

struct key *keys_find(const struct keys *t, uint64_t hash, const struct key_name *name);
struct key *keys_find_hash(const struct keys *t, uint64_t hash);         /* whatever its name */
int keys_add(struct keys *t, struct key *k, size_t *bytes);      /* as the newest; -ENOMEM */
void keys_remove(struct keys *t, struct key *k);
void keys_touch(struct keys *t, struct key *k);                  /* makes it the newest */

#endif
