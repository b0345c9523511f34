/* rules.h - the rules under test, loaded and made ready to run. */
#ifndef LAB_RULES_H
#define LAB_RULES_H

#include "conf/conf.h"
#include "engine/plan.h"

struct lab_rules {
	struct conf *conf;
	struct plan *plan;
};

/* Reads the files (one configuration, or several files of rules) as `replay` would read them. Of
 * several, paths are relative to the folder of `from`, which names who asks. `params`, each in place of
 * the ones before it, are values for the rules' parameters: "limit" of every rule that has it, or
 * "rule.limit". Paths and parameters must outlive the rules and the errors. 0; -EINVAL with `errors`
 * filled; -ENOMEM. End it with lab_rules_done() in every case. */
int lab_rules_load(const char *from, const char *const *paths, size_t n_paths,
                   const struct conf_pairs *const *params, size_t n_params, struct errors *errors,
                   struct lab_rules *ret);
void lab_rules_done(struct lab_rules *r);
/* The rule of this name, or SIZE_MAX. */
size_t lab_rules_find(const struct lab_rules *r, const char *name);
/* The name nearest to one that no rule has, or NULL. */
const char *lab_rules_nearest(const struct lab_rules *r, const char *name);

#endif
