/* registry.h - the only list of built-in detectors. */
#ifndef DETECT_REGISTRY_H
#define DETECT_REGISTRY_H

#include <stddef.h>

#include <tocsin/detector.h>

/* All of them, *ret_n entries, static. */
const struct tocsin_detector *const *registry_all(size_t *ret_n);
const struct tocsin_detector *registry_find(const char *name);   /* NULL when unknown */

extern const struct tocsin_detector detector_rules;

#endif
