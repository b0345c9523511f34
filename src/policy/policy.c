/* policy.c - confidence, then cooldown, in a table that cannot grow.
 *
 * Problem: a rule that is true for an hour would tell of it a thousand times. Idea: after an alert,
 * findings of the same rule and key are held and counted until the cooldown has passed in event
 * time. An event may be late or its time wrong: what counts is its distance from the last alert,
 * in either direction, so that neither a time far in the past nor one far in the future can silence
 * a key for longer than the cooldown.
 * Entries sit in one array made at the start, found through a chained hash index, and linked in the
 * order of their last use: the first of that order is given up when the array is full. The order,
 * and so each verdict, depends on the findings alone: not on hashes, and not on when state is saved.
 * Changed entries are a second list in the same order, so a commit costs what changed, and restoring
 * saved states in the order they were listed brings back the order of use as well.
 * Cost: a hash, a short chain and four links for each finding; 48 bytes an entry, touched when
 * first used. Where it fails: see the header on crowding. */
#include "policy.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/hash.h"
#include "policy/bytes.h"

#define MOST_ENTRIES ((size_t)1 << 26)
#define CHECK_SEED 0x70f1c701u /* changes when the layout of a state does */
#define CHECKED 12 /* bytes of a state before its check */

/* Places in the array, from 1; 0 = none. */
struct link {
	uint32_t before, after;
};

struct list {
	uint32_t first, last;
};

enum { BY_USE, CHANGED, N_LISTS };

struct entry {
	uint64_t key;
	int64_t passed_ns;
	uint32_t rule, held;
	uint32_t next; /* in the chain of its hash */
	bool changed;
	struct link links[N_LISTS];
};

struct policy {
	struct policy_rule *rules;
	size_t n_rules;
	struct entry *entries; /* entries[0] is not used */
	uint32_t n_entries, max_entries;
	uint32_t *heads;
	size_t n_heads; /* power of two */
	uint64_t seed;
	struct list lists[N_LISTS];
	size_t n_evicted;
};

/* Lists -------------------------------------------------------------------------------------- */

static void unlink_entry(struct policy *p, unsigned which, uint32_t at)
{
	struct list *list = &p->lists[which];
	struct link *l = &p->entries[at].links[which];

	if (l->before)
		p->entries[l->before].links[which].after = l->after;
	else
		list->first = l->after;
	if (l->after)
		p->entries[l->after].links[which].before = l->before;
	else
		list->last = l->before;
	*l = (struct link){ 0 };
}

static void append_entry(struct policy *p, unsigned which, uint32_t at)
{
	struct list *list = &p->lists[which];

	p->entries[at].links[which] = (struct link){ .before = list->last };
	if (list->last)
		p->entries[list->last].links[which].after = at;
	else
		list->first = at;
	list->last = at;
}

static void set_changed(struct policy *p, uint32_t at, bool changed)
{
	if (p->entries[at].changed)
		unlink_entry(p, CHANGED, at);
	p->entries[at].changed = changed;
	if (changed)
		append_entry(p, CHANGED, at);
}

/* Table -------------------------------------------------------------------------------------- */

static uint32_t *head(const struct policy *p, uint32_t rule, uint64_t key)
{
	const uint64_t words[2] = { key, rule };

	return &p->heads[hash_bytes(words, sizeof words, p->seed) & (p->n_heads - 1)];
}

static uint32_t lookup(const struct policy *p, uint32_t rule, uint64_t key)
{
	uint32_t at = *head(p, rule, key);

	while (at && (p->entries[at].key != key || p->entries[at].rule != rule))
		at = p->entries[at].next;
	return at;
}

/* Frees the place of the entry used longest ago, and gives it back. */
static uint32_t evict(struct policy *p)
{
	uint32_t at = p->lists[BY_USE].first;
	uint32_t *chain = head(p, p->entries[at].rule, p->entries[at].key);

	while (*chain != at)
		chain = &p->entries[*chain].next;
	*chain = p->entries[at].next;
	set_changed(p, at, false);
	unlink_entry(p, BY_USE, at);
	p->n_evicted++;
	return at;
}

static uint32_t insert(struct policy *p, uint32_t rule, uint64_t key)
{
	uint32_t at = p->n_entries < p->max_entries ? ++p->n_entries : evict(p);
	uint32_t *chain = head(p, rule, key);

	p->entries[at] = (struct entry){ .key = key, .rule = rule, .next = *chain };
	*chain = at;
	append_entry(p, BY_USE, at);
	return at;
}

static void use(struct policy *p, uint32_t at, bool changed)
{
	unlink_entry(p, BY_USE, at);
	append_entry(p, BY_USE, at);
	set_changed(p, at, changed);
}

DEFINE_CLEANUP(struct policy *, policy_free)

int policy_new(const struct policy_rule *rules, size_t n_rules, size_t max_entries,
               struct policy **ret_policy)
{
	_cleanup_(policy_freep) struct policy *p = NULL;

	if (max_entries == 0 || max_entries > MOST_ENTRIES || n_rules > UINT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n_rules; i++)
		if (!(rules[i].min_confidence >= 0 && rules[i].min_confidence <= 1) ||
		    rules[i].cooldown_ns < 0)
			return -EINVAL;

	p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	p->n_heads = 16;
	while (p->n_heads < max_entries)
		p->n_heads *= 2;
	p->rules = calloc(n_rules ? n_rules : 1, sizeof *p->rules);
	p->entries = calloc(max_entries + 1, sizeof *p->entries);
	p->heads = calloc(p->n_heads, sizeof *p->heads);
	if (!p->rules || !p->entries || !p->heads)
		return -ENOMEM;
	if (n_rules)
		memcpy(p->rules, rules, n_rules * sizeof *rules);
	p->n_rules = n_rules;
	p->max_entries = (uint32_t)max_entries;
	/* Chosen keys shall not fill one chain: an address is not known outside, and no verdict
	 * depends on it. */
	p->seed = (uint64_t)(uintptr_t)p->entries;
	*ret_policy = TAKE_PTR(p);
	return 0;
}

struct policy *policy_free(struct policy *p)
{
	if (!p)
		return NULL;
	free(p->rules);
	free(p->entries);
	free(p->heads);
	free(p);
	return NULL;
}

/* Judging ------------------------------------------------------------------------------------ */

/* Event times are outside input: subtract without signed overflow. */
static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

enum policy_verdict policy_judge(struct policy *p, size_t rule, uint64_t key, double confidence,
                                 int64_t event_ns, uint32_t *ret_held)
{
	const struct policy_rule *r;
	struct entry *e;
	uint32_t at;

	assert(rule < p->n_rules);
	r = &p->rules[rule];
	if (!(confidence >= r->min_confidence)) /* NaN is no confidence */
		return POLICY_LOW_CONFIDENCE;
	if (r->cooldown_ns == 0) {
		*ret_held = 0;
		return POLICY_ALERT;
	}

	at = lookup(p, (uint32_t)rule, key);
	if (at) {
		use(p, at, true);
		e = &p->entries[at];
		if (distance(event_ns, e->passed_ns) < (uint64_t)r->cooldown_ns) {
			e->held += e->held < UINT32_MAX;
			return POLICY_COOLDOWN;
		}
	} else {
		at = insert(p, (uint32_t)rule, key);
		set_changed(p, at, true);
		e = &p->entries[at];
	}
	*ret_held = e->held;
	e->held = 0;
	e->passed_ns = event_ns;
	return POLICY_ALERT;
}

int64_t policy_until(const struct policy *p, size_t rule, uint64_t key)
{
	uint32_t at = lookup(p, (uint32_t)rule, key);
	int64_t until;

	if (!at)
		return INT64_MIN;
	return __builtin_add_overflow(p->entries[at].passed_ns, p->rules[rule].cooldown_ns, &until)
	               ? INT64_MAX
	               : until;
}

/* State -------------------------------------------------------------------------------------- */

static uint32_t check(const unsigned char *state)
{
	return (uint32_t)hash_bytes(state, CHECKED, CHECK_SEED);
}

int policy_dirty(const struct policy *p,
                 int (*each)(void *ctx, size_t rule, uint64_t key,
                             const unsigned char state[static POLICY_STATE_SIZE]),
                 void *ctx)
{
	for (uint32_t at = p->lists[CHANGED].first; at; at = p->entries[at].links[CHANGED].after) {
		const struct entry *e = &p->entries[at];
		unsigned char state[POLICY_STATE_SIZE];
		int r;

		bytes_put(state, (uint64_t)e->passed_ns, 8);
		bytes_put(state + 8, e->held, 4);
		bytes_put(state + CHECKED, check(state), 4);
		r = each(ctx, e->rule, e->key, state);
		if (r)
			return r;
	}
	return 0;
}

void policy_clean(struct policy *p)
{
	while (p->lists[CHANGED].first)
		set_changed(p, p->lists[CHANGED].first, false);
}

int policy_restore(struct policy *p, size_t rule, uint64_t key, const unsigned char *state,
                   size_t n)
{
	struct entry *e;
	uint32_t at;

	if (rule >= p->n_rules || n != POLICY_STATE_SIZE ||
	    bytes_get(state + CHECKED, 4) != check(state))
		return -EINVAL;
	if (p->rules[rule].cooldown_ns == 0)
		return 0;
	at = lookup(p, (uint32_t)rule, key);
	if (at)
		use(p, at, false);
	else
		at = insert(p, (uint32_t)rule, key);
	e = &p->entries[at];
	e->passed_ns = (int64_t)bytes_get(state, 8);
	e->held = (uint32_t)bytes_get(state + 8, 4);
	return 0;
}

size_t policy_evicted(const struct policy *p)
{
	return p->n_evicted;
}
