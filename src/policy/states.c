/* The table of rules' states: an array with a chained index, lists and a heap through it.
 *
 * Only entities that are not inactive are here, and those whose end the journal has still to be
 * told. Places are given again when free, so the table is as large as it once had to be. */
#include "states.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define FIRST_SIZE 64

int states_init(struct states *t)
{
	t->n_heads = FIRST_SIZE;
	t->size = FIRST_SIZE;
	t->v = calloc(t->size, sizeof *t->v);
	t->heads = calloc(t->n_heads, sizeof *t->heads);
	t->heap = calloc(t->size, sizeof *t->heap);
	if (!t->v || !t->heads || !t->heap)
		return -ENOMEM;
	/* Chosen keys shall not fill one chain; no verdict depends on it. */
	t->seed = (uint64_t)(uintptr_t)t;
	return 0;
}

void states_done(struct states *t)
{
	for (uint32_t at = 1; t->v && at <= t->n; at++)
		free(t->v[at].entity);
	free(t->v);
	free(t->heads);
	free(t->heap);
}

/* Index --------------------------------------------------------------------------------------- */

static uint32_t *head(const struct states *t, uint32_t rule, uint64_t key)
{
	const uint64_t words[2] = { key, rule };

	return &t->heads[hash_bytes(words, sizeof words, t->seed) & (t->n_heads - 1)];
}

static bool is(const struct state *s, const struct life_entity *e)
{
	return s->key == e->key && s->rule == e->rule && s->n_entity == e->n &&
	       (e->n == 0 || memcmp(s->entity, e->p, e->n) == 0);
}

uint32_t states_find(const struct states *t, const struct life_entity *e)
{
	uint32_t at;

	if (t->n == 0)
		return 0;
	at = *head(t, e->rule, e->key);
	while (at && !is(&t->v[at], e))
		at = t->v[at].next;
	return at;
}

static void unchain(struct states *t, uint32_t at)
{
	uint32_t *chain = head(t, t->v[at].rule, t->v[at].key);

	while (*chain != at)
		chain = &t->v[*chain].next;
	*chain = t->v[at].next;
}

/* Everything doubles together. */
static int grow(struct states *t)
{
	uint32_t size = t->size * 2;
	struct state *v = realloc(t->v, size * sizeof *v);
	uint32_t *heap, *heads;

	if (!v)
		return -ENOMEM;
	t->v = v;
	heap = realloc(t->heap, size * sizeof *heap);
	if (!heap)
		return -ENOMEM;
	t->heap = heap;
	heads = calloc(size, sizeof *heads);
	if (!heads)
		return -ENOMEM;
	free(t->heads);
	t->heads = heads;
	t->n_heads = size;
	t->size = size;
	for (uint32_t at = 1; at <= t->n; at++) { /* all are in use: there is no free one */
		uint32_t *chain = head(t, t->v[at].rule, t->v[at].key);

		t->v[at].next = *chain;
		*chain = at;
	}
	return 0;
}

int states_add(struct states *t, const struct life_entity *e, uint32_t *ret_at)
{
	unsigned char *entity = malloc(e->n ? e->n : 1);
	uint32_t at, *chain;

	if (!entity)
		return -ENOMEM;
	if (!t->free && t->n + 1 >= t->size && grow(t)) {
		free(entity);
		return -ENOMEM;
	}
	at = t->free ? t->free : ++t->n;
	if (t->free)
		t->free = t->v[at].next;
	if (e->n)
		memcpy(entity, e->p, e->n);
	chain = head(t, e->rule, e->key);
	t->v[at] = (struct state){
		.key = e->key,
		.rule = e->rule,
		.entity = entity,
		.n_entity = e->n,
		.next = *chain,
		.heap_at = STATES_NONE,
		.end_ns = INT64_MIN,
		.again_ns = INT64_MIN,
	};
	*chain = at;
	*ret_at = at;
	return 0;
}

void states_drop(struct states *t, uint32_t at)
{
	states_use(t, at, LIFE_INACTIVE);
	states_change(t, at, false);
	states_due(t, at, INT64_MAX, true);
	unchain(t, at);
	free(t->v[at].entity);
	t->v[at] = (struct state){ .next = t->free };
	t->free = at;
}

/* Lists --------------------------------------------------------------------------------------- */

static void take_out(struct states *t, unsigned which, uint32_t at)
{
	struct states_list *list = &t->lists[which];
	struct states_link *l = &t->v[at].links[which];

	if (l->before)
		t->v[l->before].links[which].after = l->after;
	else
		list->first = l->after;
	if (l->after)
		t->v[l->after].links[which].before = l->before;
	else
		list->last = l->before;
	*l = (struct states_link){ 0 };
}

static void append(struct states *t, unsigned which, uint32_t at)
{
	struct states_list *list = &t->lists[which];

	t->v[at].links[which] = (struct states_link){ .before = list->last };
	if (list->last)
		t->v[list->last].links[which].after = at;
	else
		list->first = at;
	list->last = at;
}

static unsigned list_of(uint8_t state)
{
	return state == LIFE_PENDING ? STATES_PENDING : STATES_FIRING;
}

void states_use(struct states *t, uint32_t at, enum life_state s)
{
	struct state *e = &t->v[at];

	if (e->state != LIFE_INACTIVE) {
		take_out(t, list_of(e->state), at);
		t->n_live--;
	}
	e->state = (uint8_t)s;
	if (s != LIFE_INACTIVE) {
		append(t, list_of(e->state), at);
		t->n_live++;
	}
}

void states_change(struct states *t, uint32_t at, bool changed)
{
	if (t->v[at].changed)
		take_out(t, STATES_CHANGED, at);
	t->v[at].changed = changed;
	if (changed)
		append(t, STATES_CHANGED, at);
}

static int by_use(const void *a, const void *b, void *ctx)
{
	const struct states *t = ctx;
	uint64_t x = t->v[*(const uint32_t *)a].use, y = t->v[*(const uint32_t *)b].use;

	return (x > y) - (x < y);
}

int states_sort(struct states *t)
{
	uint32_t *all = malloc((t->n_live + 1) * sizeof *all), n = 0;

	if (!all)
		return -ENOMEM;
	for (uint32_t at = 1; at <= t->n; at++)
		if (t->v[at].state != LIFE_INACTIVE)
			all[n++] = at;
	assert(n == t->n_live);
	qsort_r(all, n, sizeof *all, by_use, t);
	for (uint32_t i = 0; i < n; i++)
		states_use(t, all[i], (enum life_state)t->v[all[i]].state);
	free(all);
	return 0;
}

/* Heap ---------------------------------------------------------------------------------------- */

static bool before(const struct states *t, uint32_t x, uint32_t y)
{
	const struct state *a = &t->v[x], *b = &t->v[y];
	uint32_t n = a->n_entity < b->n_entity ? a->n_entity : b->n_entity;
	int order;

	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	if (a->rule != b->rule)
		return a->rule < b->rule;
	order = n ? memcmp(a->entity, b->entity, n) : 0;
	return order ? order < 0 : a->n_entity < b->n_entity;
}

static void place(struct states *t, uint32_t i, uint32_t at)
{
	t->heap[i] = at;
	t->v[at].heap_at = i;
}

static void sift_up(struct states *t, uint32_t i)
{
	uint32_t at = t->heap[i];

	for (; i > 0 && before(t, at, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		place(t, i, t->heap[(i - 1) / 2]);
	place(t, i, at);
}

static void sift_down(struct states *t, uint32_t i)
{
	uint32_t at = t->heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= t->n_heap)
			break;
		if (child + 1 < t->n_heap && before(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (!before(t, t->heap[child], at))
			break;
		place(t, i, t->heap[child]);
		i = child;
	}
	place(t, i, at);
}

static void leave_heap(struct states *t, uint32_t at)
{
	uint32_t i = t->v[at].heap_at, last;

	if (i == STATES_NONE)
		return;
	t->v[at].heap_at = STATES_NONE;
	last = t->heap[--t->n_heap];
	if (i == t->n_heap)
		return;
	place(t, i, last);
	sift_up(t, i);
	sift_down(t, t->v[last].heap_at);
}

void states_due(struct states *t, uint32_t at, int64_t due_ns, bool exact)
{
	struct state *e = &t->v[at];

	if (due_ns == INT64_MAX) {
		leave_heap(t, at);
		return;
	}
	if (e->heap_at == STATES_NONE) {
		e->due_ns = due_ns;
		t->heap[t->n_heap] = at;
		e->heap_at = t->n_heap++;
	} else if (due_ns < e->due_ns || exact) {
		e->due_ns = due_ns;
	} else {
		return;
	}
	sift_up(t, e->heap_at);
	sift_down(t, e->heap_at);
}
