/* policy.h - from a detector's finding to an alert, or to a counted silence.
 *
 * Pure: event time only. One policy per rule and partition-independent table: confidence
 * threshold, then cooldown per (rule, partition, instrument). Memory is bounded by max_entries:
 * the entry used longest ago is forgotten first, so the worst that crowding can do is one extra
 * alert, never a lost one. What changed since the last commit can be listed (policy_dirty) and
 * put back (policy_restore): a restart neither hides nor repeats an alert. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stddef.h>
#include <stdint.h>

struct policy;

enum policy_verdict { POLICY_ALERT, POLICY_COOLDOWN, POLICY_LOW_CONFIDENCE };

struct policy_rule {
	double min_confidence;           /* below: silence */
	int64_t cooldown_ns;             /* 0 = every finding is an alert */
};

/* State of one (rule, partition, key) as it is stored: little endian, 16 bytes: time of the last
 * alert (8), findings held since (4), check over these (4). */
#define POLICY_STATE_SIZE 16

/* 0; -EINVAL: a confidence outside [0,1], a cooldown below 0, max_entries 0 or above 2^26; -ENOMEM.
 * The rules are copied. 48 bytes an entry and at most 8 for the index; the system gives the memory
 * when it is first used. */
int policy_new(const struct policy_rule *rules, size_t n_rules, size_t max_entries,
               struct policy **ret_policy);
struct policy *policy_free(struct policy *p);

/* Judges one finding. `key` is the sample's. Confidence comes first: what is not sure enough is not
 * held and keeps nothing in memory. A finding nearer than the cooldown to the last alert is held,
 * be it before or after it in time. On ALERT, *ret_held is the number of findings held by the
 * cooldown since the last alert; else it is untouched. */
enum policy_verdict policy_judge(struct policy *p, size_t rule, uint64_t key, double confidence,
                                 int64_t event_ns, uint32_t *ret_held);

/* The end of the cooldown of that key; INT64_MIN = it has none. */
int64_t policy_until(const struct policy *p, size_t rule, uint64_t key);

/* Calls `each` for every entry changed since the last policy_clean(), the one used longest ago
 * first; stops at the first non-zero return and gives it back. A forgotten entry is not listed. */
int policy_dirty(const struct policy *p,
                 int (*each)(void *ctx, size_t rule, uint64_t key,
                             const unsigned char state[static POLICY_STATE_SIZE]),
                 void *ctx);
void policy_clean(struct policy *p);
/* Puts a state back, unchanged and as the latest used; states restored in the order in which they
 * were listed give the same order of forgetting. 0, or -EINVAL when the state is not one of ours
 * or there is no such rule. */
int policy_restore(struct policy *p, size_t rule, uint64_t key,
                   const unsigned char *state, size_t n);
size_t policy_evicted(const struct policy *p);

#endif
