/* why.h - a rule's values around a moment: why it fired, or why it did not.
 *
 * The logs are read once from their beginning, so that windows, cooldowns and states are what they
 * were; every look of the rule at the instrument inside the window of time is kept, with each of its
 * comparisons. Memory is bounded: of more than LAB_WHY_LOOKS looks those nearest to the moment, at
 * least three quarters of that number. */
#ifndef LAB_WHY_H
#define LAB_WHY_H

#include "core/buf.h"
#include "lab/lab.h"
#include "lab/rules.h"

#define LAB_WHY_LOOKS 2000
#define LAB_WHY_CHECKS 16                /* comparisons of a rule that are told */

struct lab_why;

struct lab_why_ask {                     /* texts are borrowed */
	const char *rule, *instrument;
	int64_t time_ns, window_ns;      /* looks from time - window to time + window */
};

/* 0; -ENOENT: there is no such rule; -ENOMEM. The rules must outlive it. */
int lab_why_new(const struct lab_rules *rules, const struct lab_why_ask *ask, struct lab_why **ret);
struct lab_why *lab_why_free(struct lab_why *w);
/* What lab_new() is to be given; ctx is the lab_why. */
struct lab_watch lab_why_watch(struct lab_why *w);

/* The report; the last line is the answer in one sentence. `most` looks are shown, those nearest to
 * the moment and every one where the rule's answer changes; JSON has all. */
void lab_why_text(const struct lab_why *w, size_t most, struct buf *out);
void lab_why_json(const struct lab_why *w, struct buf *out);
/* Did it fire inside the window? */
bool lab_why_fired(const struct lab_why *w);

#endif
