/* The JSON reader on jansson: builds the whole value, then looks the wanted paths up in it.
 *
 * It is here to be plain, not fast (about 20 times slower than simd.cc): the second opinion that
 * the tests hold against simd.cc, and a way to run where libsimdjson cannot be had. jansson itself
 * refuses all that json.h calls malformed, but for two things: its own limit of nesting is 2048,
 * and jansson 2.14 loses a NUL byte right behind a number (its lexer puts it back into a buffer
 * that a NUL ends). */
#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

struct reader {
	const struct json_wanted *wanted;
	json_t *root; /* of the last read: it owns the strings */
	json_t *items; /* of the last read: the array, or the one item */
};

static int reader_open(const struct json_wanted *wanted, void **ret_reader)
{
	struct reader *r = calloc(1, sizeof *r);

	if (!r)
		return -ENOMEM;
	r->wanted = wanted;
	*ret_reader = r;
	return 0;
}

static void reader_close(void *reader)
{
	struct reader *r = reader;

	if (!r)
		return;
	json_decref(r->root);
	free(r);
}

static bool too_deep(json_t *v, int depth)
{
	const char *key;
	json_t *item;
	size_t i;

	if (!json_is_object(v) && !json_is_array(v))
		return false;
	if (++depth > JSON_MAX_DEPTH)
		return true;
	json_object_foreach(v, key, item) if (too_deep(item, depth)) return true;
	json_array_foreach(v, i, item) if (too_deep(item, depth)) return true;
	return false;
}

static json_t *lookup(json_t *v, const struct json_path *path)
{
	for (size_t i = 0; v && i < path->n_steps; i++) {
		const struct json_step *step = &path->steps[i];

		if (json_is_object(v))
			v = json_object_getn(v, step->name, step->n);
		else if (json_is_array(v) && step->index >= 0)
			v = json_array_get(v, (size_t)step->index);
		else
			v = NULL;
	}
	return v;
}

static struct json_value value_of(const json_t *v)
{
	struct json_value ret = { .type = JSON_ABSENT_VALUE };

	if (!v)
		return ret;
	switch (json_typeof(v)) {
	case JSON_STRING:
		ret.type = JSON_STRING_VALUE;
		ret.n = (uint32_t)json_string_length(v);
		ret.u.p = json_string_value(v);
		break;
	case JSON_INTEGER:
		ret.type = JSON_INT_VALUE;
		ret.u.i = json_integer_value(v);
		break;
	case JSON_REAL:
		ret.type = JSON_DOUBLE_VALUE;
		ret.u.d = json_real_value(v);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		ret.type = JSON_BOOL_VALUE;
		ret.u.b = json_is_true(v);
		break;
	case JSON_NULL: ret.type = JSON_NULL_VALUE; break;
	default: ret.type = JSON_OTHER_VALUE;
	}
	return ret;
}

/* jansson stops at the first fault it meets, json.h ranks them: after a duplicate key the rest is
 * read again without that check, to see whether it is well formed at all. */
static enum json_status parse(const void *bytes, size_t n, bool array, json_t **ret_root)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	enum json_status status = JSON_READ_OK;
	json_error_t error;
	json_t *root = json_loadb(bytes, n, flags | JSON_REJECT_DUPLICATES, &error);

	if (!root && json_error_code(&error) == json_error_duplicate_key) {
		status = JSON_DUPLICATE_KEY;
		root = json_loadb(bytes, n, flags, &error);
	}
	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ? JSON_NO_MEMORY
		                                                           : JSON_MALFORMED;
	*ret_root = root;
	if (too_deep(root, 0))
		return JSON_MALFORMED;
	if (!json_is_object(root) && !(array && json_is_array(root)))
		return JSON_NOT_OBJECT;
	return status;
}

static enum json_status reader_read(void *reader, const void *bytes, size_t n,
                                    struct json_value *values)
{
	struct reader *r = reader;
	enum json_status status;

	json_decref(r->root);
	r->root = NULL;
	if (memchr(bytes, 0, n))
		return JSON_MALFORMED;
	status = parse(bytes, n, r->wanted->nodes[0].items, &r->root);
	if (status != JSON_READ_OK)
		return status;
	for (size_t i = 0; i < r->wanted->n_paths; i++)
		values[i] = value_of(
			r->wanted->paths[i].item ? NULL : lookup(r->root, &r->wanted->paths[i]));
	r->items = lookup(r->root, &r->wanted->array);
	if (!r->items)
		r->items = r->root;
	return JSON_READ_OK;
}

static size_t reader_items(void *reader)
{
	struct reader *r = reader;

	if (r->wanted->item_root < 0 || !json_is_array(r->items))
		return 1;
	return json_array_size(r->items);
}

static void reader_item(void *reader, size_t i, struct json_value *values)
{
	struct reader *r = reader;
	json_t *item = json_is_array(r->items) ? json_array_get(r->items, i) : r->items;

	for (size_t k = 0; k < r->wanted->n_paths; k++)
		if (r->wanted->paths[k].item)
			values[k] = value_of(lookup(item, &r->wanted->paths[k]));
}

const struct json_ops json_jansson = {
	.name = "jansson",
	.open = reader_open,
	.close = reader_close,
	.read = reader_read,
	.items = reader_items,
	.item = reader_item,
};
