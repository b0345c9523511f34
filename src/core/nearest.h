/* nearest.h - "did you mean": the known word nearest to a wrong one. */
#ifndef CORE_NEAREST_H
#define CORE_NEAREST_H

#include <stddef.h>

/* Optimal string alignment distance (insert, delete, change, swap of neighbours). Pure.
 * The candidate nearest to `word` (first one wins a tie), or NULL when none is within a third of
 * its length, at least 1 and at most 3 edits. Words over 63 bytes have no neighbours. */
const char *nearest(const char *word, size_t n, const char *const *candidates, size_t n_candidates);

#endif
