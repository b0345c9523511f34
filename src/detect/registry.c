#include "registry.h"

#include <string.h>

static const struct tocsin_detector *const detectors[] = {
	&detector_rules,
};

const struct tocsin_detector *const *registry_all(size_t *ret_n)
{
	*ret_n = sizeof detectors / sizeof detectors[0];
	return detectors;
}

const struct tocsin_detector *registry_find(const char *name)
{
	for (size_t i = 0; i < sizeof detectors / sizeof detectors[0]; i++)
		if (strcmp(detectors[i]->name, name) == 0)
			return detectors[i];
	return NULL;
}
