/* retry.h - when to try again. Pure: time and the generator come in. */
#ifndef SINK_RETRY_H
#define SINK_RETRY_H

#include <stdint.h>

#include "core/rng.h"

struct retry_policy {
	int64_t base_ns, cap_ns;         /* first wait, longest wait */
	int64_t give_up_ns;              /* after this long since the first attempt: dead */
};

/* Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"):
 * uniform in (0, min(cap, base * 2^attempts)], never under a tenth of that; a receiver's
 * Retry-After (clamped to 1 s .. 1 h) is a lower bound. Returns the due time, or 0 = give up. */
int64_t retry_due(const struct retry_policy *p, struct rng *r, uint32_t attempts, int64_t first_ns,
                  int64_t now_ns, int64_t retry_after_ns);

#endif
