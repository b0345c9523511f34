/* The wanted paths as a tree: one walk over a message finds them all, and a key that nobody wants
 * costs one table look. Built once per format; at most JSON_MAX_PATHS * JSON_MAX_STEPS nodes. */
#include "json.h"

#include <errno.h>
#include <stdlib.h>

#include "core/utf8.h"

#define LONGEST_PATH 256

/* "0", "17": an index; "", "01", "x", "99999999999": none. */
static int32_t as_index(const char *p, size_t n)
{
	int32_t v = 0;

	if (n == 0 || n > 8 || (n > 1 && p[0] == '0'))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

const char *json_path_check(const char *path)
{
	size_t n = strlen(path), steps = 1;
	const char *items;

	if (n == 0)
		return "is empty";
	if (n > LONGEST_PATH)
		return "is longer than 256 bytes";
	if (!utf8_valid(path, n))
		return "is not UTF-8";
	if (path[0] == '[') {
		if (strncmp(path, "[].", 3) != 0 || strstr(path + 2, "[]"))
			return "has [] in a wrong place";
		return json_path_check(path + 3);
	}
	items = strstr(path, "[]");
	if (items && (items[2] != '.' || strstr(items + 2, "[]")))
		return "has [] in a wrong place";
	for (const char *p = path; *p; p++) {
		if (*p != '.')
			continue;
		if (p == path || p[1] == '.' || p[1] == 0)
			return "has an empty step";
		steps++;
	}
	if (steps > JSON_MAX_STEPS)
		return "has more than 16 steps";
	return NULL;
}

static void node_init(struct json_node *node, const struct json_step *step)
{
	*node = (struct json_node){ .slot = -1, .next = -1, .index = -1 };
	if (step) {
		node->name = step->name;
		node->name_n = step->n;
		node->index = step->index;
	}
	memset(node->bucket, 0xff, sizeof node->bucket);
}

/* The child of nodes[parent] for `step`, made when it is new. */
static size_t child(struct json_wanted *w, size_t parent, const struct json_step *step)
{
	uint64_t hash = json_key_hash(step->name, step->n);
	const struct json_node *known = json_child(w, &w->nodes[parent], step->name, step->n, hash);
	int16_t *head = &w->nodes[parent].bucket[json_bucket(hash)];
	size_t i = w->n_nodes;

	if (known)
		return (size_t)(known - w->nodes);
	w->n_nodes++;
	node_init(&w->nodes[i], step);
	w->nodes[i].next = *head;
	*head = (int16_t)i;
	w->nodes[parent].n_children++;
	return i;
}

static void add_steps(struct json_wanted *w, struct json_path *path, char *text, size_t *at)
{
	for (char *p = text;; p++) {
		struct json_step *step = &path->steps[path->n_steps++];

		step->name = p;
		p += strcspn(p, ".");
		step->n = (uint32_t)(p - step->name);
		step->index = as_index(step->name, step->n);
		*at = child(w, *at, step);
		if (*p == 0)
			return;
	}
}

/* The way to the items: the same for all paths that go into one. */
static int add_array(struct json_wanted *w, char *text)
{
	struct json_path path = { 0 };
	size_t at = 0;

	if (*text)
		add_steps(w, &path, text, &at);
	if (w->item_root < 0) {
		w->item_root = (int32_t)w->n_nodes;
		node_init(&w->nodes[w->n_nodes++], NULL);
		w->nodes[at].items = true;
		w->array = path;
	}
	return w->nodes[at].items ? 0 : -EINVAL;
}

static int add_path(struct json_wanted *w, size_t slot, char *text)
{
	char *items = strstr(text, "[]");
	size_t at = 0;

	if (items) {
		*items = 0;
		if (add_array(w, text))
			return -EINVAL;
		text = items + 3;
		at = (size_t)w->item_root;
		w->paths[slot].item = true;
	}
	add_steps(w, &w->paths[slot], text, &at);
	if (w->nodes[at].slot >= 0)
		return -EINVAL;
	w->nodes[at].slot = (int16_t)slot;
	return 0;
}

int json_wanted_init(struct json_wanted *ret, const char *const *paths, size_t n)
{
	struct json_wanted w = { .n_paths = n, .item_root = -1 };
	size_t bytes = 0, at = 0;
	int err = 0;

	if (n > JSON_MAX_PATHS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (json_path_check(paths[i]))
			return -EINVAL;
		bytes += strlen(paths[i]) + 1;
	}
	w.nodes = calloc((n + 1) * (JSON_MAX_STEPS + 1), sizeof *w.nodes);
	w.paths = calloc(n + 1, sizeof *w.paths);
	w.text = malloc(bytes + 1);
	if (!w.nodes || !w.paths || !w.text) {
		json_wanted_done(&w);
		return -ENOMEM;
	}
	node_init(&w.nodes[w.n_nodes++], NULL);
	for (size_t i = 0; i < n && !err; i++) {
		size_t size = strlen(paths[i]) + 1;

		memcpy(w.text + at, paths[i], size);
		err = add_path(&w, i, w.text + at);
		at += size;
	}
	if (err) {
		json_wanted_done(&w);
		return err;
	}
	*ret = w;
	return 0;
}

void json_wanted_done(struct json_wanted *w)
{
	free(w->nodes);
	free(w->paths);
	free(w->text);
	*w = (struct json_wanted){ 0 };
}
