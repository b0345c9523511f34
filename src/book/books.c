/* The books of a partition, by instrument; the one used longest ago makes room. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "book/impl.h"
#include "core/hash.h"

int books_new(const struct book_limits *limits, struct books **ret_books)
{
	struct books *b;

	if (!limits->max_books || !limits->max_orders || !limits->max_book_orders ||
	    !limits->max_levels || !limits->max_accounts)
		return -EINVAL;
	b = calloc(1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->limits = *limits;
	b->oldest = b->newest = POOL_NONE;
	pool_init(&b->pool, sizeof(struct book *));
	b->counts.bytes = sizeof *b;
	*ret_books = b;
	return 0;
}

void books_clear(struct books *b)
{
	for (uint32_t i = b->oldest, next; i != POOL_NONE; i = next) {
		next = books_at(b, i)->newer;
		book_free(books_at(b, i));
	}
	pool_clear(&b->pool);
	index_clear(&b->index);
	b->oldest = b->newest = POOL_NONE;
	b->n = 0;
	b->forgot = false;
}

struct books *books_free(struct books *b)
{
	if (!b)
		return NULL;
	books_clear(b);
	pool_done(&b->pool, &b->counts.bytes);
	index_done(&b->index, &b->counts.bytes);
	free(b);
	return NULL;
}

static struct tocsin_str cut(const struct tocsin_str *s)
{
	return (struct tocsin_str){ s->p, !s->p ? 0 : s->n < BOOK_MAX_TEXT ? s->n : BOOK_MAX_TEXT };
}

static uint32_t find(const struct books *b, const struct tocsin_str *text, uint32_t tag)
{
	uint32_t slot;

	for (uint32_t i = index_first(&b->index, tag, &slot); i != POOL_NONE;
	     i = index_from(&b->index, tag, &slot)) {
		const struct book *book = books_at(b, i);

		if (book->text_n == text->n &&
		    (text->n == 0 || memcmp(book->text, text->p, text->n) == 0))
			return i;
	}
	return POOL_NONE;
}

static uint32_t tag_of(const struct tocsin_str *text)
{
	return (uint32_t)hash_bytes(text->p, text->n, 0);
}

const struct book *books_find(const struct books *b, const struct tocsin_str *instrument)
{
	struct tocsin_str text = cut(instrument);
	uint32_t i = b->n ? find(b, &text, tag_of(&text)) : POOL_NONE;

	return i == POOL_NONE ? NULL : books_at(b, i);
}

/* By use -------------------------------------------------------------------------------------- */

static void unlink_book(struct books *b, const struct book *book)
{
	*(book->older == POOL_NONE ? &b->oldest : &books_at(b, book->older)->newer) = book->newer;
	*(book->newer == POOL_NONE ? &b->newest : &books_at(b, book->newer)->older) = book->older;
}

static void link_newest(struct books *b, uint32_t i)
{
	struct book *book = books_at(b, i);

	book->newer = POOL_NONE;
	book->older = b->newest;
	*(b->newest == POOL_NONE ? &b->oldest : &books_at(b, b->newest)->newer) = i;
	b->newest = i;
}

static void forget(struct books *b, uint32_t i)
{
	struct book *book = books_at(b, i);

	unlink_book(b, book);
	index_remove(&b->index, book->tag, i);
	book_free(book);
	pool_give(&b->pool, i);
	b->n--;
	b->forgot = true;
	b->counts.states[BOOK_FORGOTTEN]++;
}

static uint32_t make(struct books *b, const struct tocsin_str *text, uint32_t tag)
{
	struct book *book;
	uint32_t i;

	while (b->n >= b->limits.max_books)
		forget(b, b->oldest);
	i = pool_take(&b->pool, &b->counts.bytes);
	book = i == POOL_NONE ? NULL : book_new(b);
	if (book && index_put(&b->index, tag, i, &b->counts.bytes)) {
		book_free(book);
		book = NULL;
	}
	if (!book) {
		if (i != POOL_NONE)
			pool_give(&b->pool, i);
		return POOL_NONE;
	}
	memcpy(pool_at(&b->pool, i), &book, sizeof book);
	book->tag = tag;
	book->text_n = text->n;
	if (text->n)
		memcpy(book->text, text->p, text->n);
	book->inconsistent = b->forgot;
	b->counts.inconsistent += book->inconsistent;
	link_newest(b, i);
	b->n++;
	return i;
}

static struct book *use(struct books *b, const struct tocsin_str *instrument, bool makes)
{
	struct tocsin_str text = cut(instrument);
	uint32_t tag, i;

	if (!makes && b->n == 0)
		return NULL;
	tag = tag_of(&text);
	i = find(b, &text, tag);
	if (i == POOL_NONE) {
		i = makes ? make(b, &text, tag) : POOL_NONE;
	} else if (i != b->newest) {
		unlink_book(b, books_at(b, i));
		link_newest(b, i);
	}
	return i == POOL_NONE ? NULL : books_at(b, i);
}

struct book *books_make(struct books *b, const struct tocsin_str *instrument)
{
	return use(b, instrument, true);
}

#define MAKES \
	(TOCSIN_KIND_BIT(TOCSIN_ORDER_ADD) | TOCSIN_KIND_BIT(TOCSIN_ORDER_CANCEL) | \
	 TOCSIN_KIND_BIT(TOCSIN_ORDER_MODIFY) | TOCSIN_KIND_BIT(TOCSIN_FILL) | \
	 TOCSIN_KIND_BIT(TOCSIN_BOOK_CLEAR))

void books_take(struct books *b, const struct tocsin_event *e, const struct book_wants *wants,
                struct book_order *ret_order, const struct book **ret_book)
{
	struct book *book = use(b, &e->instrument, MAKES & TOCSIN_KIND_BIT(e->kind));

	*ret_order = (struct book_order){ 0 };
	if (book)
		book_take(book, e, wants, ret_order);
	*ret_book = book;
}

void books_counts(const struct books *b, struct book_counts *ret)
{
	*ret = b->counts;
	ret->books = b->n;
}
