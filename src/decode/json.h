/* json.h - reading a few values out of one JSON message; the line between map.c and the parsers.
 *
 * Two parsers stand behind `struct json_ops`: simd.cc (libsimdjson, fast) and jansson.c (slow,
 * plain). They take and refuse exactly the same bytes and read the same values; each is the
 * other's oracle in the tests. What is refused, wherever in the message it stands:
 *   malformed   anything RFC 8259 does not allow; a byte order mark; bytes after the value; bad
 *               UTF-8; lone or wrongly paired surrogate escapes; NUL inside a key; integers outside
 *               int64_t; numbers over the range of double; nesting over JSON_MAX_DEPTH
 *   not_object  well formed, but not an object
 *   duplicate   an object that has the same key twice, at any depth
 * A message with several of these faults is named by the first in this list. */
#ifndef DECODE_JSON_H
#define DECODE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_MAX_DEPTH 64                /* containers inside each other; {"a":1} is 1 deep */
#define JSON_MAX_PATHS 64
#define JSON_MAX_STEPS 16                /* of one path */

enum json_type {
	JSON_ABSENT_VALUE,
	JSON_NULL_VALUE,
	JSON_BOOL_VALUE,
	JSON_INT_VALUE,
	JSON_DOUBLE_VALUE,
	JSON_STRING_VALUE,
	JSON_OTHER_VALUE,                /* an object or an array */
};

/* A string is unescaped UTF-8 that may hold NUL bytes; valid until the next read. */
struct json_value {
	uint8_t type;                    /* enum json_type */
	uint32_t n;                      /* of the string */
	union {
		bool b;
		int64_t i;
		double d;
		const char *p;
	} u;
};

enum json_status { JSON_READ_OK, JSON_MALFORMED, JSON_NOT_OBJECT, JSON_DUPLICATE_KEY, JSON_NO_MEMORY };

/* The wanted values: n paths as a tree of keys, immutable. Step 0 of "hd.ts_event" is "hd". A step
 * that is a plain number is also an index where the message has an array.
 *
 * "data[].price" looks into each item of the array `data`, "[].price" into each item of a message
 * that is itself an array; all paths with "[]" begin alike up to there. Where an object stands in
 * the place of the array it is the one item; where nothing stands, the message itself is. */
#define JSON_BUCKETS 64
struct json_node {
	const char *name;
	uint32_t name_n;
	int32_t index;                   /* the name as an array index, -1 = it is none */
	int16_t slot;                    /* which value it is, -1 = only on the way to others */
	int16_t next;                    /* in the bucket of its parent, -1 = end */
	int16_t bucket[JSON_BUCKETS];    /* first child by json_bucket(); -1 = none */
	int16_t n_children;
	bool items;                      /* its items are read one by one */
};

struct json_step {
	const char *name;
	uint32_t n;
	int32_t index;
};

struct json_path {
	size_t n_steps;
	bool item;                       /* the steps are those inside an item */
	struct json_step steps[JSON_MAX_STEPS];
};

struct json_wanted {
	size_t n_paths, n_nodes;
	struct json_node *nodes;         /* nodes[0] is the message itself */
	struct json_path *paths;
	struct json_path array;          /* way to the items */
	int32_t item_root;               /* node of an item, -1 = a message is one item: itself */
	char *text;                      /* the names */
};

/* Compiles paths[0..n): value i of a read is that at paths[i]. They must be distinct and each pass
 * json_path_check(). 0, -EINVAL or -ENOMEM; *ret is filled then only, ended with wanted_done(). */
int json_wanted_init(struct json_wanted *ret, const char *const *paths, size_t n);
void json_wanted_done(struct json_wanted *w);
/* NULL when the path can be compiled, else what is wrong with it. Static text. */
const char *json_path_check(const char *path);

struct json_ops {
	const char *name;
	/* `wanted` must outlive the reader. 0 or -ENOMEM. */
	int (*open)(const struct json_wanted *wanted, void **ret_reader);
	void (*close)(void *reader);     /* NULL is fine */
	/* Fills values[0..n_paths) on JSON_READ_OK, those inside of items as absent; else they are
	 * undefined. */
	enum json_status (*read)(void *reader, const void *bytes, size_t n, struct json_value *values);
	/* Of the message read: how many items it has, which may be 0. */
	size_t (*items)(void *reader);
	/* Fills the values inside of item i in place of those of the one before. In rising order. */
	void (*item)(void *reader, size_t i, struct json_value *values);
};

extern const struct json_ops json_simd, json_jansson;

/* A cheap hash of a key: its ends and its length. Good enough to pass by most strangers; whoever
 * uses it must still compare. */
static inline uint64_t json_key_hash(const char *p, size_t n)
{
	uint64_t a = 0, b = 0;

	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
	} else if (n) {
		a = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
		    (uint64_t)(unsigned char)p[n - 1] << 16;
	}
	return (a ^ (b << 29 | b >> 35) ^ (uint64_t)n << 56) * 0x9e3779b97f4a7c15u;
}

static inline size_t json_bucket(uint64_t hash)
{
	return (size_t)(hash >> 58);
}

/* The child of `node` for a key or an array index, or NULL. */
static inline const struct json_node *json_child(const struct json_wanted *w, const struct json_node *node,
                                                 const char *p, size_t n, uint64_t hash)
{
	for (int16_t i = node->bucket[json_bucket(hash)]; i >= 0; i = w->nodes[i].next)
		if (w->nodes[i].name_n == n && memcmp(w->nodes[i].name, p, n) == 0)
			return &w->nodes[i];
	return NULL;
}

#ifdef __cplusplus
}
#endif

#endif
