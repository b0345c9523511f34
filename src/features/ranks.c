/* Order statistics of a window.
 *
 * Problem: the q-quantile of a window, exactly, while numbers come and go. Idea: a binary tree by
 * value, each node with how often its value is there and how many lie below it, so that a rank is
 * found going down once. Kept in balance by weight (Nievergelt & Reingold, "Binary search trees of
 * bounded balance", 1973; parameters 3 and 2 as proved by Hirai & Yamamoto, "Balancing weight-
 * balanced trees", 2011), which needs the size of each subtree and nothing else: no random numbers,
 * and no order of arrival makes it slow.
 *
 * Up to 4096 numbers are kept in a sorted array instead: moving some kilobytes up by one costs less
 * than the misses on the way down a tree. A tree that has become small is made an array again.
 *
 * Cost: O(log d) for d different values in the window, at most 60 levels; 32 bytes a value, 8 while
 * they are few. Where it fails: it is the one aggregate that costs more than O(1); a window of n
 * different values costs some 2 log2(n) steps for each. */
#include "ranks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 16
#define DELTA 3
#define GAMMA 2
#define FEW 4096 /* more become a tree, */
#define FEWER 1024 /* fewer an array again */

struct rank_node {
	int64_t value;
	uint32_t n; /* how often */
	uint32_t total; /* of this and all below */
	uint32_t nodes;
	uint32_t left, right;
};

static uint64_t weight(const struct ranks *r, uint32_t i)
{
	return (uint64_t)r->nodes[i].nodes + 1;
}

static void update(struct ranks *r, uint32_t i)
{
	struct rank_node *x = &r->nodes[i];
	const struct rank_node *a = &r->nodes[x->left], *b = &r->nodes[x->right];

	x->nodes = 1 + a->nodes + b->nodes;
	x->total = x->n + a->total + b->total;
}

/* The node that comes to the top. */
static uint32_t rotate_left(struct ranks *r, uint32_t i)
{
	uint32_t top = r->nodes[i].right;

	r->nodes[i].right = r->nodes[top].left;
	r->nodes[top].left = i;
	update(r, i);
	update(r, top);
	return top;
}

static uint32_t rotate_right(struct ranks *r, uint32_t i)
{
	uint32_t top = r->nodes[i].left;

	r->nodes[i].left = r->nodes[top].right;
	r->nodes[top].right = i;
	update(r, i);
	update(r, top);
	return top;
}

/* After one node came or went below `i`. */
static uint32_t balance(struct ranks *r, uint32_t i)
{
	struct rank_node *x = &r->nodes[i];
	uint64_t left = weight(r, x->left), right = weight(r, x->right);

	update(r, i);
	if (right > DELTA * left) {
		const struct rank_node *y = &r->nodes[x->right];

		if (weight(r, y->left) >= GAMMA * weight(r, y->right))
			x->right = rotate_right(r, x->right);
		return rotate_left(r, i);
	}
	if (left > DELTA * right) {
		const struct rank_node *y = &r->nodes[x->left];

		if (weight(r, y->right) >= GAMMA * weight(r, y->left))
			x->left = rotate_left(r, x->left);
		return rotate_right(r, i);
	}
	return i;
}

static uint32_t insert(struct ranks *r, uint32_t i, uint32_t fresh)
{
	struct rank_node *x = &r->nodes[i];

	if (i == 0)
		return fresh;
	if (r->nodes[fresh].value < x->value)
		x->left = insert(r, x->left, fresh);
	else
		x->right = insert(r, x->right, fresh);
	return balance(r, i);
}

static int grow(struct ranks *r, size_t *bytes)
{
	uint32_t size = r->size ? 2 * r->size : FIRST_SIZE;
	struct rank_node *more = realloc(r->nodes, size * sizeof *more);

	if (!more)
		return -ENOMEM;
	*bytes += (size - r->size) * sizeof *more;
	r->nodes = more;
	r->size = size;
	if (r->used == 0)
		r->nodes[r->used++] = (struct rank_node){ 0 };
	return 0;
}

/* Adds `sign` to the totals on the way to `v`; its node, or 0. When there is none the totals are
 * wrong until the way is gone again by insert(). */
static uint32_t walk(struct ranks *r, int64_t v, uint32_t sign)
{
	uint32_t i = r->root;

	while (i) {
		struct rank_node *x = &r->nodes[i];

		x->total += sign;
		if (x->value == v)
			break;
		i = v < x->value ? x->left : x->right;
	}
	return i;
}

static int add_node(struct ranks *r, int64_t v, size_t *bytes)
{
	uint32_t i;

	if (!r->free && r->used == r->size) { /* first: a failure must leave no trace */
		int e = grow(r, bytes);

		if (e)
			return e;
	}
	i = walk(r, v, 1);
	if (i) {
		r->nodes[i].n++;
		return 0;
	}
	i = r->free;
	if (i)
		r->free = r->nodes[i].left;
	else
		i = r->used++;
	r->nodes[i] = (struct rank_node){ .value = v, .n = 1, .total = 1, .nodes = 1 };
	r->root = insert(r, r->root, i);
	return 0;
}

/* Takes the least node below `i` out; what is left, and which it was. */
static uint32_t take_least(struct ranks *r, uint32_t i, uint32_t *ret_least)
{
	if (r->nodes[i].left == 0) {
		*ret_least = i;
		return r->nodes[i].right;
	}
	r->nodes[i].left = take_least(r, r->nodes[i].left, ret_least);
	return balance(r, i);
}

static uint32_t take(struct ranks *r, uint32_t i, int64_t v)
{
	struct rank_node *x = &r->nodes[i];
	uint32_t heir;

	if (v < x->value) {
		x->left = take(r, x->left, v);
		return balance(r, i);
	}
	if (v > x->value) {
		x->right = take(r, x->right, v);
		return balance(r, i);
	}
	if (!x->left || !x->right) {
		heir = x->left ? x->left : x->right;
	} else {
		uint32_t right = take_least(r, x->right, &heir);

		r->nodes[heir].left = x->left;
		r->nodes[heir].right = right;
		heir = balance(r, heir);
	}
	x->left = r->free;
	r->free = i;
	return heir;
}

static void remove_node(struct ranks *r, int64_t v)
{
	uint32_t i = walk(r, v, UINT32_MAX);

	if (i && --r->nodes[i].n == 0)
		r->root = take(r, r->root, v);
}

static int64_t node_at(const struct ranks *r, uint32_t k)
{
	uint32_t i = r->root;

	for (;;) {
		const struct rank_node *x = &r->nodes[i];
		uint32_t below = r->nodes[x->left].total;

		if (k < below) {
			i = x->left;
		} else if (k - below < x->n) {
			return x->value;
		} else {
			k -= below + x->n;
			i = x->right;
		}
	}
}

/* Few ----------------------------------------------------------------------------------------- */

/* The place of the first that is not less. */
static uint32_t place(const struct ranks *r, int64_t v)
{
	uint32_t at = 0, n = r->used;

	while (n > 0) {
		uint32_t half = n / 2;

		if (r->few[at + half] < v) {
			at += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return at;
}

static int add_few(struct ranks *r, int64_t v, size_t *bytes)
{
	uint32_t at;

	if (r->used == r->size) {
		uint32_t size = r->size ? 2 * r->size : FIRST_SIZE;
		int64_t *more = realloc(r->few, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		*bytes += (size - r->size) * sizeof *more;
		r->few = more;
		r->size = size;
	}
	at = place(r, v);
	memmove(&r->few[at + 1], &r->few[at], (r->used - at) * sizeof *r->few);
	r->few[at] = v;
	r->used++;
	return 0;
}

static void remove_few(struct ranks *r, int64_t v)
{
	uint32_t at = place(r, v);

	if (at == r->used || r->few[at] != v)
		return;
	r->used--;
	memmove(&r->few[at], &r->few[at + 1], (r->used - at) * sizeof *r->few);
}

/* 0 or -ENOMEM, then as before. */
static int make_tree(struct ranks *r, size_t *bytes)
{
	struct ranks tree = { 0 };

	for (uint32_t i = 0; i < r->used; i++) {
		int e = add_node(&tree, r->few[i], bytes);

		if (e) {
			ranks_clear(&tree, bytes);
			return e;
		}
	}
	ranks_clear(r, bytes);
	*r = tree;
	return 0;
}

/* Without the memory for it the tree does as well. */
static void make_few(struct ranks *r, size_t *bytes)
{
	struct ranks few = { .used = ranks_count(r), .size = FEWER };

	few.few = malloc(FEWER * sizeof *few.few);
	if (!few.few)
		return;
	for (uint32_t i = 0; i < few.used; i++)
		few.few[i] = node_at(r, i);
	*bytes += FEWER * sizeof *few.few;
	ranks_clear(r, bytes);
	*r = few;
}

/* Both ---------------------------------------------------------------------------------------- */

int ranks_add(struct ranks *r, int64_t v, size_t *bytes)
{
	if (!r->nodes && r->used == FEW) {
		int e = make_tree(r, bytes);

		if (e)
			return e;
	}
	return r->nodes ? add_node(r, v, bytes) : add_few(r, v, bytes);
}

void ranks_remove(struct ranks *r, int64_t v, size_t *bytes)
{
	if (!r->nodes) {
		remove_few(r, v);
		return;
	}
	remove_node(r, v);
	if (ranks_count(r) < FEWER)
		make_few(r, bytes);
}

uint32_t ranks_count(const struct ranks *r)
{
	return r->nodes ? r->nodes[r->root].total : r->used;
}

int64_t ranks_at(const struct ranks *r, uint32_t k)
{
	return r->nodes ? node_at(r, k) : r->few[k];
}

void ranks_ask(const struct ranks *r)
{
	for (uint32_t i = 0; !r->nodes && i < r->used && i < 128; i += 64 / sizeof *r->few)
		__builtin_prefetch(&r->few[i], 1);
}

void ranks_clear(struct ranks *r, size_t *bytes)
{
	*bytes -= r->size * (r->nodes ? sizeof *r->nodes : sizeof *r->few);
	free(r->nodes);
	free(r->few);
	*r = (struct ranks){ 0 };
}
