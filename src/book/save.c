/* The books of a partition as bytes, and back.
 *
 * Only what cannot be worked out again is written: of each book, the one used longest ago first,
 * its name, where it stands, and its orders in the order in which they came. Levels and accounts
 * are rebuilt by adding the orders again. So the bytes depend on nothing but the state, and a
 * damaged count cannot make a level disagree with its orders.
 *
 * Little endian, as every machine that Debian runs this on. */
#include <errno.h>
#include <string.h>

#include "book/impl.h"

struct saved_books {
	uint32_t n, forgot;
};

struct saved_book {
	uint32_t text_n, n_orders;
	uint64_t sequence;
	int64_t changed_ns;
	uint8_t inconsistent, unowned, in_snapshot, midst;
	uint32_t zero;
};

struct saved_order {
	int64_t price, size, added_ns;
	uint8_t side, id_n, account_n, zero[5];
};

static void save_order(const struct book *b, const struct order *o, struct buf *out)
{
	const struct account *a = o->account == POOL_NONE ? NULL
	                                                  : account_at(&b->accounts, o->account);
	const struct saved_order saved = {
		.price = rank_of(o->side, o->rank),
		.size = o->size,
		.added_ns = o->added_ns,
		.side = o->side,
		.id_n = o->id_n,
		.account_n = (uint8_t)(a ? a->text_n : 0),
	};

	buf_add(out, &saved, sizeof saved);
	buf_add(out, order_id(o), o->id_n);
	if (a)
		buf_add(out, a->text, a->text_n);
}

static void save_book(const struct book *b, struct buf *out)
{
	const struct saved_book saved = {
		.text_n = b->text_n,
		.n_orders = b->orders.n,
		.sequence = b->sequence,
		.changed_ns = b->changed_ns,
		.inconsistent = b->inconsistent,
		.unowned = b->unowned,
		.in_snapshot = b->in_snapshot,
		.midst = b->midst,
	};

	buf_add(out, &saved, sizeof saved);
	buf_add(out, b->text, b->text_n);
	for (uint32_t i = b->orders.oldest; i != POOL_NONE; i = orders_at(&b->orders, i)->newer)
		save_order(b, orders_at(&b->orders, i), out);
}

void books_save(const struct books *b, struct buf *out)
{
	const struct saved_books head = { b->n, b->forgot };

	buf_add(out, &head, sizeof head);
	for (uint32_t i = b->oldest; i != POOL_NONE; i = books_at(b, i)->newer)
		save_book(books_at(b, i), out);
}

/* Loading ------------------------------------------------------------------------------------- */

struct cursor {
	const char *p;
	size_t left;
};

static int take(struct cursor *c, void *to, size_t n)
{
	if (c->left < n)
		return -EBADMSG;
	memcpy(to, c->p, n);
	c->p += n;
	c->left -= n;
	return 0;
}

static int take_text(struct cursor *c, uint32_t n, struct tocsin_str *ret)
{
	if (c->left < n)
		return -EBADMSG;
	*ret = (struct tocsin_str){ c->p, n };
	c->p += n;
	c->left -= n;
	return 0;
}

static int load_order(struct book *b, struct cursor *c)
{
	struct saved_order saved;
	struct tocsin_str id, account;
	int e;

	if (take(c, &saved, sizeof saved) || saved.price == TOCSIN_NONE || saved.size <= 0 ||
	    (saved.side != TOCSIN_BUY && saved.side != TOCSIN_SELL) || saved.id_n == 0 ||
	    saved.id_n > ORDERS_MAX_ID || saved.account_n > ACCOUNTS_MAX_TEXT ||
	    take_text(c, saved.id_n, &id) || take_text(c, saved.account_n, &account) ||
	    orders_find(&b->orders, &id) != POOL_NONE)
		return -EBADMSG;
	e = book_add(b, &id, &account, saved.side, saved.price, saved.size, saved.added_ns);
	return e == -ENOSPC ? -EBADMSG : e;
}

static int load_book(struct books *books, struct cursor *c)
{
	struct saved_book saved;
	struct tocsin_str text;
	struct book *b;
	bool unowned;
	int e = 0;

	if (take(c, &saved, sizeof saved) || saved.text_n > BOOK_MAX_TEXT ||
	    saved.inconsistent > 1 || saved.unowned > 1 || saved.in_snapshot > 1 ||
	    saved.midst > 1 || take_text(c, saved.text_n, &text) || books_find(books, &text))
		return -EBADMSG;
	b = books_make(books, &text);
	if (!b)
		return -ENOMEM;
	for (uint32_t i = 0; e == 0 && i < saved.n_orders; i++)
		e = load_order(b, c);
	unowned = b->unowned;
	b->unowned = saved.unowned;
	b->sequence = saved.sequence;
	b->changed_ns = saved.changed_ns;
	b->in_snapshot = saved.in_snapshot;
	b->midst = saved.midst;
	if (saved.inconsistent)
		book_distrust(b);
	return e ? e : unowned ? -EBADMSG : 0;
}

int books_load(struct books *b, const void *p, size_t n, size_t *ret_used)
{
	struct cursor c = { p, n };
	struct saved_books head;
	int e = take(&c, &head, sizeof head);

	books_clear(b);
	if (e == 0 && (head.n > b->limits.max_books || head.forgot > 1))
		e = -EBADMSG;
	for (uint32_t i = 0; e == 0 && i < head.n; i++)
		e = load_book(b, &c);
	if (e) {
		books_clear(b);
		return e;
	}
	b->forgot = head.forgot;
	*ret_used = n - c.left;
	return 0;
}
