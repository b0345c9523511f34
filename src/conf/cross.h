/* cross.h - checks that look at more than one option. */
#ifndef CONF_CROSS_H
#define CONF_CROSS_H

#include "read.h"

void conf_cross_check(struct conf_reader *r, const struct conf *c);

#endif
