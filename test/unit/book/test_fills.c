/* What a fill took is told from what somebody took back. */
#include "book/fills.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

#define STR(s) ((struct tocsin_str){ (s), (uint32_t)strlen(s) })

static struct fills f;

static bool take(enum tocsin_kind kind, const char *id, int64_t qty, unsigned flags,
                 uint64_t instrument)
{
	const struct tocsin_event e = {
		.kind = (uint8_t)kind, .qty = qty, .flags = (uint16_t)flags, .order_id = STR(id)
	};

	return fills_take(&f, &e, instrument);
}

#define FILL(id, qty) take(TOCSIN_FILL, id, qty, TOCSIN_FLAG_FILL_KEEPS_BOOK | TOCSIN_FLAG_MORE, 1)
#define CANCEL(id, qty) take(TOCSIN_ORDER_CANCEL, id, qty, TOCSIN_FLAG_MORE, 1)
#define MODIFY(id, qty) take(TOCSIN_ORDER_MODIFY, id, qty, TOCSIN_FLAG_MORE, 1)

START_TEST(only_what_was_filled)
{
	f = (struct fills){ 0 };
	ck_assert(!CANCEL("a", 1));
	FILL("a", 2);
	FILL("b", 1);
	FILL("a", 3);
	FILL("c", 1);
	FILL("d", 1);
	ck_assert(CANCEL("b", 1));
	ck_assert(CANCEL("a", 5));
	ck_assert(!CANCEL("a", 5));
	ck_assert(!CANCEL("c", 2)); /* more than that */
	ck_assert(!MODIFY("d", 1));
	ck_assert(!CANCEL("d", 1)); /* the modification took it into account */
	FILL("e", 3);
	ck_assert(!CANCEL("e", TOCSIN_NONE));
	ck_assert_uint_eq(f.n, 0);
}
END_TEST

START_TEST(within_the_packet)
{
	f = (struct fills){ 0 };
	FILL("a", 2);
	take(TOCSIN_FILL, "a", 2, TOCSIN_FLAG_FILL_KEEPS_BOOK | TOCSIN_FLAG_MORE, 2);
	take(TOCSIN_ORDER_ADD, "x", 1, TOCSIN_FLAG_LAST, 1);
	ck_assert(!CANCEL("a", 2));
	ck_assert(take(TOCSIN_ORDER_CANCEL, "a", 2, TOCSIN_FLAG_LAST, 2));
	/* a feed whose fills change the book tells cancellations only */
	take(TOCSIN_FILL, "a", 2, TOCSIN_FLAG_MORE, 1);
	ck_assert(!CANCEL("a", 2));
	take(TOCSIN_FILL, "a", 2,
	     TOCSIN_FLAG_FILL_KEEPS_BOOK | TOCSIN_FLAG_MORE | TOCSIN_FLAG_SNAPSHOT, 1);
	ck_assert(!CANCEL("a", 2));
}
END_TEST

START_TEST(bounded)
{
	char id[16];

	f = (struct fills){ 0 };
	for (int i = 0; i < FILLS_MAX + 10; i++) {
		snprintf(id, sizeof id, "%d", i);
		FILL(id, 1);
	}
	ck_assert_uint_eq(f.n, FILLS_MAX);
	ck_assert(!CANCEL("9", 1));
	for (int i = 10; i < FILLS_MAX + 10; i++) {
		snprintf(id, sizeof id, "%d", i);
		ck_assert(CANCEL(id, 1));
	}
	FILL("a", INT64_MAX);
	FILL("a", INT64_MAX);
	ck_assert(CANCEL("a", INT64_MAX));
}
END_TEST

START_TEST(saved)
{
	struct buf b = { 0 };
	uint32_t wrong[2] = { FILLS_MAX + 1, 0 };
	size_t used;

	f = (struct fills){ 0 };
	FILL("a", 2);
	FILL("b", 3);
	fills_save(&f, &b);
	f = (struct fills){ 0 };
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_eq(fills_load(&f, b.p, n, &used), -EBADMSG);
	ck_assert_int_eq(fills_load(&f, b.p, b.n, &used), 0);
	ck_assert_uint_eq(used, b.n);
	ck_assert(CANCEL("b", 3));
	ck_assert(CANCEL("a", 2));
	ck_assert_int_eq(fills_load(&f, wrong, sizeof wrong, &used), -EBADMSG);
	buf_done(&b);
}
END_TEST

SUITE("fills", only_what_was_filled, within_the_packet, bounded, saved)
