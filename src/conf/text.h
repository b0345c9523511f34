/* text.h - reading options that are texts: with their references to secrets, and their checks. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "read.h"

/* Where in the file's structure a value stands, for messages. */
struct conf_spot {
	const struct conf_option *option;
	const char *in;                  /* "sources[0]"; "" = the top level */
};

void conf_text_read(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                    struct conf_text *ret);
void conf_text_list(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                    struct conf_texts *ret);
void conf_text_pairs(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                     struct conf_pairs *ret);
/* Sets a CONF_TEXT or CONF_TEXTS to its default. */
void conf_text_default(struct conf_reader *r, const struct conf_option *o, void *field,
                       struct place at);

/* Of read.c: an error of this option; one that its type is wrong; the number of the word `s` in
 * the option's words, or -EINVAL after an error. */
void conf_read_wrong(struct conf_reader *r, const struct conf_spot *spot, struct place at,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
void conf_read_type(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node);
int conf_read_word(struct conf_reader *r, const struct conf_spot *spot, struct place at,
                   const char *s, size_t length);

#endif
