/* ranks.h - a multiset of numbers in order: the k-th least in O(log n). Private to this room.
 *
 * Pure; zero-initialised it is empty; end it with ranks_clear(). */
#ifndef FEATURES_RANKS_H
#define FEATURES_RANKS_H

#include <stddef.h>
#include <stdint.h>

struct ranks {
	int64_t *few;                    /* ascending, as long as they are few, */
	struct rank_node *nodes;         /* else a tree; [0] stands for "none" */
	uint32_t root, free;             /* free: chain of nodes given back */
	uint32_t used, size;             /* numbers or nodes, and the room for them */
};

int ranks_add(struct ranks *r, int64_t v, size_t *bytes);        /* 0 or -ENOMEM, then as before */
void ranks_remove(struct ranks *r, int64_t v, size_t *bytes);    /* one of them; it must be there */
uint32_t ranks_count(const struct ranks *r);
int64_t ranks_at(const struct ranks *r, uint32_t k);             /* k < count; 0 = the least */
void ranks_ask(const struct ranks *r);           /* for its memory, if small */
void ranks_clear(struct ranks *r, size_t *bytes);

#endif
