/* The fills of a packet come first, then, mostly in the same order, what takes them away. So the next
 * one is looked for where the last was found. Orders are known by the hash of their id: two of the
 * thousand in memory being mistaken for each other has a chance of 2^-44. */
#include "fills.h"

#include <errno.h>
#include <string.h>

#include "core/hash.h"

static struct fill *find(struct fills *f, uint64_t instrument, uint64_t order)
{
	for (uint32_t k = 0; k < f->n; k++) {
		uint32_t i = (f->next + k) % f->n;

		if (f->orders[i].order == order && f->orders[i].instrument == instrument) {
			f->next = i;
			return &f->orders[i];
		}
	}
	return NULL;
}

static void drop(struct fills *f, uint32_t i)
{
	memmove(&f->orders[i], &f->orders[i + 1], (f->n - i - 1) * sizeof f->orders[0]);
	f->n--;
	if (f->next >= f->n)
		f->next = 0;
}

static void remember(struct fills *f, uint64_t instrument, uint64_t order, int64_t size)
{
	struct fill *known = find(f, instrument, order);

	if (known) {
		if (__builtin_add_overflow(known->size, size, &known->size))
			known->size = INT64_MAX;
		return;
	}
	if (f->n == FILLS_MAX)
		drop(f, 0);
	f->orders[f->n++] = (struct fill){ instrument, order, size };
}

/* A packet ends: what is left of the instrument's fills was no order of the book. */
static void forget(struct fills *f, uint64_t instrument)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n; i++)
		if (f->orders[i].instrument != instrument)
			f->orders[n++] = f->orders[i];
	f->n = n;
	f->next = 0;
}

static bool settle(struct fills *f, const struct tocsin_event *e, uint64_t instrument)
{
	struct fill *known = find(f, instrument,
	                          hash_bytes(e->order_id.p, e->order_id.n, instrument));
	int64_t filled;

	if (!known)
		return false;
	filled = known->size;
	drop(f, (uint32_t)(known - f->orders));
	return e->kind == TOCSIN_ORDER_CANCEL && e->qty != TOCSIN_NONE && e->qty <= filled;
}

bool fills_take(struct fills *f, const struct tocsin_event *e, uint64_t instrument)
{
	bool by_fill = false;

	if (e->flags & TOCSIN_FLAG_SNAPSHOT)
		return false;
	if (e->kind == TOCSIN_FILL && (e->flags & TOCSIN_FLAG_FILL_KEEPS_BOOK) && e->order_id.p &&
	    e->qty > 0)
		remember(f, instrument, hash_bytes(e->order_id.p, e->order_id.n, instrument),
		         e->qty);
	if (f->n == 0)
		return false;
	if ((e->kind == TOCSIN_ORDER_CANCEL || e->kind == TOCSIN_ORDER_MODIFY) && e->order_id.p)
		by_fill = settle(f, e, instrument);
	if (f->n && !(e->flags & TOCSIN_FLAG_MORE))
		forget(f, instrument);
	return by_fill;
}

void fills_save(const struct fills *f, struct buf *out)
{
	buf_add(out, &f->n, sizeof f->n);
	buf_add(out, &f->next, sizeof f->next);
	buf_add(out, f->orders, f->n * sizeof f->orders[0]);
}

int fills_load(struct fills *f, const void *p, size_t n, size_t *ret_used)
{
	const char *from = p;
	size_t head = sizeof f->n + sizeof f->next;

	f->n = f->next = 0;
	if (n < head)
		return -EBADMSG;
	memcpy(&f->n, from, sizeof f->n);
	memcpy(&f->next, from + sizeof f->n, sizeof f->next);
	if (f->n > FILLS_MAX || (f->n ? f->next >= f->n : f->next != 0) ||
	    n - head < f->n * sizeof f->orders[0]) {
		f->n = f->next = 0;
		return -EBADMSG;
	}
	memcpy(f->orders, from + head, f->n * sizeof f->orders[0]);
	*ret_used = head + f->n * sizeof f->orders[0];
	return 0;
}
