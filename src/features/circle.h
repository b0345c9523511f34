/* circle.h - do trades go round? The smallest circle of accounts that a trade closes. Private to this
 * room. Pure. */
#ifndef FEATURES_CIRCLE_H
#define FEATURES_CIRCLE_H

#include <stddef.h>
#include <stdint.h>

#include "features/window.h"

#define CIRCLE_MAX 4                     /* accounts */
#define CIRCLE_MAX_TRADES 8192           /* the newest of a window that are looked at */
#define CIRCLE_MAX_ACCOUNTS 1024         /* that one account traded with */

/* Columns of a series of trades beside the time. */
enum { CIRCLE_SELLER = 1, CIRCLE_BUYER, CIRCLE_SIZE };

/* Of a trade in which `seller` sold `size` to `buyer`: 1 when they are the same; else how many accounts
 * stand in the smallest circle, 2 to CIRCLE_MAX, in which what was sold came back to its seller by
 * earlier trades between position `from` and the newest, each of a size within `tolerance` (a share)
 * of this one's; 0 when there is none. */
unsigned circle_of(const struct ring *r, uint64_t from, int64_t seller, int64_t buyer, int64_t size,
                   double tolerance);

#endif
