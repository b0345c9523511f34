/* retry.c - exponential backoff with full jitter.
 *
 * Problem: many alerts fail at once, and must neither hammer a sick receiver nor come back all in
 * the same instant. Idea: wait a random part of a limit that doubles (M. Brooker, "Exponential
 * Backoff And Jitter", AWS Architecture Blog, 2015: full jitter does the least work of the variants
 * compared). A floor of a tenth keeps a lucky draw from becoming a busy loop. */
#include "retry.h"

#include "core/timefmt.h"

#define RETRY_AFTER_MIN NS_PER_S
#define RETRY_AFTER_MAX (3600 * NS_PER_S)

static int64_t limit_of(const struct retry_policy *p, uint32_t attempts)
{
	int64_t limit = p->base_ns > 0 ? p->base_ns : 1,
		cap = p->cap_ns > limit ? p->cap_ns : limit;

	for (uint32_t i = 0; i < attempts && limit < cap; i++)
		if (__builtin_mul_overflow(limit, 2, &limit))
			return cap;
	return limit < cap ? limit : cap;
}

int64_t retry_due(const struct retry_policy *p, struct rng *r, uint32_t attempts, int64_t first_ns,
                  int64_t now_ns, int64_t retry_after_ns)
{
	int64_t limit = limit_of(p, attempts), wait = (int64_t)rng_below(r, (uint64_t)limit) + 1,
		age, due;

	/* A clock that was set back makes the age negative: then it is too early to give up. */
	if (first_ns && !__builtin_sub_overflow(now_ns, first_ns, &age) && age >= p->give_up_ns)
		return 0;
	if (wait < limit / 10)
		wait = limit / 10;
	if (retry_after_ns > 0) {
		int64_t asked = retry_after_ns < RETRY_AFTER_MIN   ? RETRY_AFTER_MIN
		                : retry_after_ns > RETRY_AFTER_MAX ? RETRY_AFTER_MAX
		                                                   : retry_after_ns;

		if (wait < asked)
			wait = asked;
	}
	if (__builtin_add_overflow(now_ns, wait, &due))
		return INT64_MAX;
	return due > 0 ? due : 1;
}
