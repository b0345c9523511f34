/* lines.h - where the bytes of a text stand in the file, over quotes, indentation and folded lines. */
#ifndef CONF_LINES_H
#define CONF_LINES_H

#include "conf.h"
#include "memory.h"
#include "tree.h"

/* Sets lines and n_lines of the text that was read from a scalar. Where the file writes it otherwise
 * than it is (an escape), the lines end. */
void conf_lines(const struct conf_tree *t, const yaml_node_t *node, struct conf_memory *m,
                struct conf_text *text);

#endif
