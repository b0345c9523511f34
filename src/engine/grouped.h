/* grouped.h - many rules asked at once, where their detector can.
 *
 * Rules of one detector that see the same events are handed to it as a group (detector.h); the others
 * are asked one by one. Changes nothing but time. */
#ifndef ENGINE_GROUPED_H
#define ENGINE_GROUPED_H

#include <stddef.h>

#include "engine/plan.h"

#define GROUPED_ASK 2                    /* not known: the rule is to be asked itself */

struct grouped;

/* Of these rules, which it borrows. 0 and *ret_grouped, which the caller owns; -ENOMEM. */
int grouped_new(const struct plan_rule *const *rules, size_t n, struct grouped **ret_grouped);
struct grouped *grouped_free(struct grouped *g);         /* accepts NULL; returns NULL */
/* What the score() of each would return, or GROUPED_ASK; valid until the next call. */
const signed char *grouped_judge(struct grouped *g, const struct tocsin_sample *s);

#endif
