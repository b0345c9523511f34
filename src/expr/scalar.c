#include "scalar.h"

#include <string.h>

static const struct scalar_function functions[] = {
	[SCALAR_ABS] = { "abs", "(value)", "the value without its sign", 1, 1, true },
	[SCALAR_SQRT] = { "sqrt", "(value)", "square root", 1, 1, false },
	[SCALAR_LN] = { "ln", "(value)", "natural logarithm", 1, 1, false },
	[SCALAR_MIN] = { "min", "(value, value, ...)", "the least", 2, UINT32_MAX, true },
	[SCALAR_MAX] = { "max", "(value, value, ...)", "the greatest", 2, UINT32_MAX, true },
};

const struct scalar_function *scalar_functions(size_t *ret_n)
{
	*ret_n = sizeof functions / sizeof functions[0];
	return functions;
}

static bool ends_with_duration(const struct tree *t, const struct tree_node *call)
{
	uint32_t last = call->first;

	if (last == TREE_NONE)
		return false;
	while (t->nodes[last].next != TREE_NONE)
		last = t->nodes[last].next;
	return t->nodes[last].op == TREE_DURATION;
}

enum scalar scalar_of(const struct tree *t, const struct tree_node *call)
{
	for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		const char *name = functions[i].name;

		if (strlen(name) != call->name_n ||
		    memcmp(name, t->text + call->at, call->name_n) != 0)
			continue;
		if ((i == SCALAR_MIN || i == SCALAR_MAX) && ends_with_duration(t, call))
			return SCALAR_NONE;
		return (enum scalar)i;
	}
	return SCALAR_NONE;
}
