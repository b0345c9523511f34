/* accounts.h - synthetic accounts for a log that names none.
 *
 * A few hundred accounts of heavy-tailed activity: an order belongs to the account of rank r with a
 * probability that falls as 1/(r+4), so that a handful of accounts sends most orders and most send
 * few. Drawn from the seed and the order's id: the same id is always the same account. Two orders
 * that the log shows trading with each other never get the same account (venues prevent self
 * trades, and a wash trade that nobody injected would make every label wrong): the later one draws
 * again. Pure. */
#ifndef EPISODES_ACCOUNTS_H
#define EPISODES_ACCOUNTS_H

#include <stdint.h>

#include "episodes/mbo.h"
#include "core/rng.h"

#define ACCOUNTS 400                     /* the background's */
#define ACCOUNTS_NEW 0x8000u             /* from here on: seen for the first time in an episode */
#define ACCOUNT_NONE 0xffffu
#define ACCOUNT_TEXT 16

struct accounts;

/* Gives every order of the log its account. 0, -ENOMEM. */
int accounts_new(const struct mbo_log *l, uint64_t seed, struct accounts **ret_accounts);
struct accounts *accounts_free(struct accounts *a);
/* That of an order of the log; ACCOUNT_NONE of id 0 and of orders that it does not have. */
uint16_t accounts_of(const struct accounts *a, uint64_t order);
/* One of the background, by its activity. */
uint16_t accounts_draw(const struct accounts *a, struct rng *rng);
/* One of the middle of the background (ranks 40 to 239): busy enough not to be new, not a market
 * maker. */
uint16_t accounts_draw_middle(struct rng *rng);
/* "U30217": from the seed too; says nothing of the rank. */
void accounts_name(const struct accounts *a, uint16_t account, char out[static ACCOUNT_TEXT]);

#endif
