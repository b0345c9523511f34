#include "ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

int ladder_new(struct ladder *l, size_t n_orders)
{
	*l = (struct ladder){ .table_size = 1024 };
	while (l->table_size < 2 * n_orders)
		l->table_size *= 2;
	l->table = calloc(l->table_size, sizeof *l->table);
	l->seen_end = &l->seen;
	return l->table ? 0 : -ENOMEM;
}

void ladder_done(struct ladder *l)
{
	while (l->seen) {
		struct order *next = l->seen->next_seen;

		free(l->seen);
		l->seen = next;
	}
	free(l->table);
	free(l->side[0].v);
	free(l->side[1].v);
	*l = (struct ladder){ 0 };
}

static struct order *make(struct ladder *l, uint64_t id)
{
	struct order *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	o->id = o->out_id = id;
	*l->seen_end = o;
	l->seen_end = &o->next_seen;
	return o;
}

struct order *ladder_order(struct ladder *l, uint64_t id)
{
	size_t at = hash_bytes(&id, sizeof id, 0) & (l->table_size - 1);

	for (; l->table[at]; at = (at + 1) & (l->table_size - 1))
		if (l->table[at]->id == id)
			return l->table[at];
	if (l->n_table >= l->table_size / 4 * 3)
		return NULL;
	l->n_table++;
	return l->table[at] = make(l, id);
}

struct order *ladder_inject(struct ladder *l, uint64_t id)
{
	struct order *o = make(l, id);

	if (o)
		o->injected = true;
	return o;
}

/* Best last: bids rise, asks fall. Where the level is, or where it would go. */
static size_t find(const struct ladder_levels *s, unsigned side, int64_t price)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (side == LADDER_BID ? s->v[mid].price < price : s->v[mid].price > price)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void take_out(struct ladder *l, struct order *o)
{
	struct ladder_levels *s = &l->side[o->side];
	size_t at = find(s, o->side, o->price);
	struct level *v = &s->v[at];

	*(o->before ? &o->before->after : &v->first) = o->after;
	*(o->after ? &o->after->before : &v->last) = o->before;
	o->before = o->after = NULL;
	v->size -= o->size;
	o->size = 0;
	if (!v->first) {
		memmove(v, v + 1, (s->n - at - 1) * sizeof *v);
		s->n--;
	}
}

static int put_in(struct ladder *l, struct order *o, int64_t price, int64_t size)
{
	struct ladder_levels *s = &l->side[o->side];
	size_t at = find(s, o->side, price);
	struct level *v;

	if (at == s->n || s->v[at].price != price) {
		if (s->n == s->size) {
			size_t room = s->size ? s->size * 2 : 256;
			struct level *grown = realloc(s->v, room * sizeof *grown);

			if (!grown)
				return -ENOMEM;
			s->v = grown;
			s->size = room;
		}
		memmove(&s->v[at + 1], &s->v[at], (s->n - at) * sizeof s->v[0]);
		s->v[at] = (struct level){ .price = price };
		s->n++;
	}
	v = &s->v[at];
	o->before = v->last;
	*(v->last ? &v->last->after : &v->first) = o;
	v->last = o;
	v->size += size;
	o->price = price;
	o->size = size;
	o->was_out = true;
	return 0;
}

int ladder_place(struct ladder *l, struct order *o, int64_t price, int64_t size)
{
	if (o->size > 0 && size > 0 && price == o->price && size <= o->size) {
		struct ladder_levels *s = &l->side[o->side];

		s->v[find(s, o->side, price)].size -= o->size - size;
		o->size = size;
		return 0;
	}
	if (o->size > 0)
		take_out(l, o);
	return size > 0 ? put_in(l, o, price, size) : 0;
}

struct level *ladder_level(const struct ladder *l, unsigned side, size_t i)
{
	const struct ladder_levels *s = &l->side[side];

	return i < s->n ? &s->v[s->n - 1 - i] : NULL;
}
