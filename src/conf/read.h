/* read.h - from the tree of nodes to the structs of conf.h, as the table of options says. */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "conf.h"
#include "memory.h"
#include "option.h"
#include "tree.h"

#define CONF_MAX_ITEMS 10000             /* of a list of sections */
#define CONF_NOT_READ "(not read)"       /* a secret, read for replay */
#define CONF_REDACTED "(redacted)"       /* a secret, as conf_print() writes it */

struct conf_reader {
	const struct conf_tree *tree;
	enum conf_need need;
	struct errors *errors;
	struct conf_memory *memory;
	const struct conf_section *top;  /* of the file; NULL = a configuration */
	const char *folder;              /* of the file, for others it names; NULL = it may name none */
	bool included;                   /* not the main file */
};

/* Fills the struct at `base` from the mapping `node` (NULL = all defaults); `in` names it in
 * messages: "sources[0]", or "" for the file as a whole. `parent` is its place when node is NULL. */
void conf_read_section(struct conf_reader *r, const struct conf_section *s, const yaml_node_t *node,
                       struct place parent, void *base, const char *in);
/* Reports each text that is there twice. `what`: "name 'x'" is made from it. */
void conf_read_unique(struct conf_reader *r, const struct conf_text *const *texts, size_t n,
                      bool any_case, const char *what, const char *in);

#endif
