/* define.h - the definitions of a configuration and the parameters of its rules, put into conditions,
 * with the way back to where they were written. Does no I/O. */
#ifndef ENGINE_DEFINE_H
#define ENGINE_DEFINE_H

#include <stddef.h>

#include "conf/conf.h"
#include "core/errors.h"

struct define;                           /* the definitions of a configuration */
struct define_rule;                      /* the conditions of one rule, without names */

/* What is wrong with them goes to `errors`, each once; the others serve all the same. `conf` must
 * outlive it. 0 or -ENOMEM. */
int define_new(const struct conf *conf, struct errors *errors, struct define **ret_define);
struct define *define_free(struct define *d);    /* accepts NULL; returns NULL */

/* 0; -ENOMEM; -EINVAL, reported to `errors`: a name is wrong, or not used. */
int define_rule_new(struct define *d, const struct conf_rule *rule, struct errors *errors,
                    struct define_rule **ret_rule);
struct define_rule *define_rule_free(struct define_rule *r);     /* accepts NULL; returns NULL */
/* The condition in option `when` or `resolve_when`, canonical; NULL = not given. */
const char *define_rule_text(const struct define_rule *r, const char *option);
/* Reports what is wrong at byte `at` of that text: where it was written, in a definition once. */
void define_rule_error(struct define_rule *r, const char *option, size_t at, const char *text,
                       struct errors *errors);
/* Appends all that the rule's findings depend on beside its name: texts, `by`, words of lists. */
void define_rule_identity(const struct define_rule *r, struct buf *out);

#endif
