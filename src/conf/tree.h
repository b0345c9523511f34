/* tree.h - YAML text to a tree of nodes with their places, within bounds.
 *
 * Bounded before anything is built: bytes, nesting, nodes (with every alias written out) and
 * anchors, so that no text costs more than a moment. Refused with words and a place: what is not
 * YAML, a second document, tags, merge keys, keys that are no text, NUL bytes. Pure. */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "core/errors.h"

#define CONF_MAX_BYTES ((size_t)1 << 20)
#define CONF_MAX_NODES 100000
#define CONF_MAX_DEPTH 32
#define CONF_MAX_ANCHORS 1000

struct conf_tree {
	yaml_document_t document;
	bool loaded;
	const char *file;                /* borrowed: every place has it */
	const char *text;                /* borrowed while it is read */
	size_t n;
	const yaml_node_t *root;         /* NULL: the file is empty */
};

/* 0: the tree can be walked (there may be errors all the same); -EINVAL: it cannot, `errors` says
 * why; -ENOMEM. End it with conf_tree_done() in every case. */
int conf_tree_load(struct conf_tree *t, const char *text, size_t n, const char *file,
                   struct errors *errors);
void conf_tree_done(struct conf_tree *t);

const yaml_node_t *conf_tree_node(const struct conf_tree *t, int index);
struct place conf_tree_place(const struct conf_tree *t, const yaml_node_t *node);
/* "key:" with nothing behind it. */
bool conf_tree_nothing(const yaml_node_t *node);
/* "a list", "a mapping", "nothing", or the text itself, quoted, escaped and cut: `out` has room
 * for at least CONF_SHOWN bytes. */
#define CONF_SHOWN 240
const char *conf_tree_shown(const yaml_node_t *node, char out[static CONF_SHOWN]);
size_t conf_tree_length(const yaml_node_t *list);        /* of a list or mapping */
/* Is this key reported already (a merge key, or no text)? */
bool conf_tree_bad_key(const yaml_node_t *key);

static inline const char *conf_tree_text(const yaml_node_t *scalar)
{
	return (const char *)scalar->data.scalar.value;
}

#endif
