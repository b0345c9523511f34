/* life.h - rules with state: inactive, pending, firing, and back, for each entity.
 *
 * Pure: the only clock is the event's. One table a partition. A rule is judged when an event of the
 * entity comes, and when a timer of it is due; each time the caller says what the rule's condition
 * and the condition of its end are: true, false, or no value.
 *
 *   inactive -> pending   the condition is true (rules with `for`)
 *   pending  -> firing    it was true at every judgement, for so long; false or no value: inactive
 *   firing   -> inactive  the end is true (and the condition is not), for keep_firing_for
 *
 * While firing, no value changes nothing, and of two that are true at once the condition wins. A
 * key without events may end it, or be told of, after no_data_after.
 * Time goes one way: what comes late is judged at the latest time that was seen. Timers are given
 * in the order of time, ties by rule, then by the entity's bytes.
 *
 * Bounds: at most max_states entries; the pending one judged longest ago is forgotten first (it
 * begins anew), then the firing one judged longest ago, of which `evicted` is told. */
#ifndef POLICY_LIFE_H
#define POLICY_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct life;

enum life_truth { LIFE_NO_VALUE = -1, LIFE_FALSE, LIFE_TRUE };
enum life_state { LIFE_INACTIVE, LIFE_PENDING, LIFE_FIRING, LIFE_N_STATES };
enum life_no_data { LIFE_KEEP, LIFE_RESOLVE, LIFE_ALERT };

/* LIFE_SAME: nothing to say. LIFE_FIRES: it fires; said again at each judgement with a true
 * condition until life_told(). LIFE_RESOLVES: it has ended. LIFE_SILENT: it fires and nothing came. */
enum life_verdict { LIFE_SAME, LIFE_FIRES, LIFE_RESOLVES, LIFE_SILENT };
enum life_reason { LIFE_CONDITION, LIFE_NO_DATA, LIFE_EVICTED };
const char *life_reason_name(enum life_reason r);        /* "condition", "no_data", "evicted" */

struct life_rule {
	int64_t for_ns, keep_ns;         /* 0 = at once */
	int64_t no_data_ns;              /* of no_data other than LIFE_KEEP */
	enum life_no_data no_data;
	/* A key without events is judged again every sixteenth of this (100 ms at least), until so long
	 * after its last event: the longest window. 0 = its values do not change by themselves. */
	int64_t drain_ns;
};

struct life_entity {
	uint32_t rule;
	uint64_t key;                    /* a hash of the entity */
	const void *p;                   /* its bytes; borrowed */
	uint32_t n;
};

struct life_input {
	int64_t time_ns;
	int64_t event_ns;                /* the entity's last event; INT64_MIN = not known */
	enum life_truth when, end;
};

struct life_change {
	enum life_verdict verdict;
	enum life_reason reason;         /* of LIFE_RESOLVES */
	int64_t since_ns;                /* the condition is true since */
	int64_t fired_ns, time_ns;       /* it began to fire; it is now */
	bool told;                       /* life_told() was called since it fires */
};

/* `evicted`: valid during the call, in which the table must not be used. NULL = not told. */
struct life_events {
	void *ctx;
	void (*evicted)(void *ctx, const struct life_entity *e, const struct life_change *c);
};

/* 0; -EINVAL: a time below 0, max_states 0 or above 2^24; -ENOMEM. The rules are copied. */
int life_new(const struct life_rule *rules, size_t n_rules, size_t max_states,
             const struct life_events *events, struct life **ret_life);
struct life *life_free(struct life *l);

/* Judges one entity of one rule. 0 and *ret, or -ENOMEM: an entry could not be made, the entity
 * stays inactive. */
int life_judge(struct life *l, const struct life_entity *e, const struct life_input *in,
               struct life_change *ret);
/* People have been told that it fires. */
void life_told(struct life *l, const struct life_entity *e);
/* The word that it fires was held back: judge it again at `until_ns`, if it still fires then. */
void life_held(struct life *l, const struct life_entity *e, int64_t until_ns);
/* The next timer due at or before `time_ns`: judge it (its bytes are valid until then). Call until
 * false before judging at that time. The time given never goes back. */
bool life_due(struct life *l, int64_t time_ns, struct life_entity *ret, int64_t *ret_time_ns);
/* Time of the earliest timer or before it; INT64_MAX = there is none. */
int64_t life_next(const struct life *l);

enum life_state life_state_of(const struct life *l, const struct life_entity *e);
size_t life_count(const struct life *l, size_t rule, enum life_state s);
/* Firing states forgotten, and pending ones. */
void life_evictions(const struct life *l, uint64_t *ret_firing, uint64_t *ret_pending);

/* State of one entity as it is stored, little endian, with a version and a check. */
#define LIFE_STATE_SIZE 64

/* Calls `each` for every entity changed since the last life_clean(), in order of use; state NULL =
 * it is inactive now. Stops at the first non-zero return and gives it back. */
int life_dirty(const struct life *l,
               int (*each)(void *ctx, const struct life_entity *e, const unsigned char *state),
               void *ctx);
void life_clean(struct life *l);
/* Puts a state back. 0; -EINVAL: not one of ours, or no such rule; -ENOSPC: more than max_states;
 * -ENOMEM. */
int life_restore(struct life *l, const struct life_entity *e, const unsigned char *state, size_t n);
/* After the last one: brings back the order of use. `time_ns`: the latest time seen, INT64_MIN =
 * what the states say. */
int life_restored(struct life *l, int64_t time_ns);

#endif
