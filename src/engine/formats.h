/* formats.h - the part of plan.c that makes formats. */
#ifndef ENGINE_FORMATS_H
#define ENGINE_FORMATS_H

#include "engine/plan.h"

/* Adds it to p->formats, where there is room. 0, -EINVAL with `errors` filled, -ENOMEM. */
int plan_make_format(struct plan *p, const struct conf_format *f, struct errors *errors);

#endif
