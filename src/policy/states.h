/* states.h - the table of life.c: entries found by rule and entity, in order of use, by the time
 * they are due, and by whether they changed. Private to this room.
 *
 * Entries are named by their place in an array, from 1 (0 = none); places stay, addresses do not. */
#ifndef POLICY_STATES_H
#define POLICY_STATES_H

#include "policy/life.h"

#define STATES_NONE UINT32_MAX           /* not in the heap */

enum { STATES_PENDING, STATES_FIRING, STATES_CHANGED, STATES_N_LISTS };

struct state {
	uint64_t key, use;               /* use: number of the judgement it was last used in */
	int64_t since_ns, fired_ns;
	int64_t end_ns;                  /* the end is true since; INT64_MIN = it is not */
	int64_t again_ns;                /* telling of it is to be tried again; INT64_MIN = not */
	int64_t event_ns, judged_ns;
	int64_t due_ns;                  /* in the heap: not after the true time */
	unsigned char *entity;
	uint32_t n_entity, rule;
	uint32_t next;                   /* in the chain of its hash, or of free places */
	uint32_t heap_at;
	uint8_t state;                   /* enum life_state */
	bool told, silent, changed;
	bool stored;                     /* the journal has it */
	struct states_link {
		uint32_t before, after;
	} links[STATES_N_LISTS];
};

struct states {
	struct state *v;                 /* v[0] is not used */
	uint32_t n, size, free;          /* used so far, room, chain of free ones */
	uint32_t *heads;
	size_t n_heads;                  /* power of two */
	uint64_t seed;
	uint32_t n_live;                 /* pending or firing */
	struct states_list {
		uint32_t first, last;
	} lists[STATES_N_LISTS];
	uint32_t *heap;                  /* places by (due, rule, entity) */
	uint32_t n_heap;
};

int states_init(struct states *t);       /* 0, -ENOMEM */
void states_done(struct states *t);
uint32_t states_find(const struct states *t, const struct life_entity *e);
/* A new entry, inactive and in no list. 0 and *ret_at, or -ENOMEM. */
int states_add(struct states *t, const struct life_entity *e, uint32_t *ret_at);
/* Takes it out of everything. */
void states_drop(struct states *t, uint32_t at);
/* Into the list of its state as the latest, out of that of another; inactive: into none. */
void states_use(struct states *t, uint32_t at, enum life_state s);
void states_change(struct states *t, uint32_t at, bool changed);
/* In the heap at this time; INT64_MAX takes it out. A later time than it has is left for
 * states_top() to find unless `exact`. */
void states_due(struct states *t, uint32_t at, int64_t due_ns, bool exact);
/* Puts the lists of states in order of `use`. 0, -ENOMEM. */
int states_sort(struct states *t);

#endif
