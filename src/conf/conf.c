/* See conf.h. From a file to a struct: bytes, tree (tree.c), sections by the table of options
 * (read.c, text.c), checks across them (cross.c). */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "core/cleanup.h"
#include "cross.h"
#include "file.h"
#include "include.h"

static const char standard_input[] = "<stdin>";

struct conf *conf_free(struct conf *c)
{
	if (c)
		conf_memory_free(c->memory); /* it owns *c too */
	return NULL;
}

/* systemd may give several folders, apart by ':'; the first is ours. */
static void default_state_dir(struct conf_memory *m, struct conf *c)
{
	const char *folder = getenv("STATE_DIRECTORY");
	size_t n = folder ? strcspn(folder, ":") : 0;

	if (c->state_dir.s)
		return;
	c->state_dir.s = n ? conf_memory_copy(m, folder, n)
	                   : conf_memory_copy(m, "/var/lib/tocsin", strlen("/var/lib/tocsin"));
}

static void read_all(struct conf_reader *r, const char *path, struct conf *c)
{
	const yaml_node_t *root = r->tree->root;
	struct place begin = { r->tree->file, 1, 1 };
	char shown[CONF_SHOWN];

	if (root && root->type != YAML_MAPPING_NODE && !conf_tree_nothing(root)) {
		errors_add(r->errors, conf_tree_place(r->tree, root),
		           "expected a mapping of options, found %s", conf_tree_shown(root, shown));
		return;
	}
	if (root && root->type != YAML_MAPPING_NODE)
		root = NULL;
	conf_read_section(r, &conf_section_top, root, begin, c, "");
	default_state_dir(r->memory, c);
	conf_include(r, path, c);
	conf_calendar_read(r, c);
	if (!r->memory->failed)
		conf_cross_check(r, c);
}

/* `path`: of the file, NULL = it is none. `may_name`: other files, that are read too. */
static int parse(const char *text, size_t n, const char *file, const char *path, bool may_name,
                 enum conf_need need, struct errors *errors, struct conf **ret_conf,
                 struct conf **ret_part)
{
	struct conf_memory *m = conf_memory_new();
	struct conf *c = m ? conf_memory_get(m, 1, sizeof *c) : NULL;
	size_t n_before = errors->n_all;
	struct conf_tree tree = { 0 };
	bool tree_read = false;
	int rc = -ENOMEM;

	if (c) {
		struct conf_reader r = {
			.tree = &tree,
			.need = need,
			.errors = errors,
			.memory = m,
			.folder = may_name ? conf_folder(m, path ? path : "") : NULL,
		};

		c->memory = m;
		c->file = conf_memory_copy(m, file, strlen(file));
		rc = conf_tree_load(&tree, text, n, file, errors);
		tree_read = rc == 0;
		if (rc == 0)
			read_all(&r, path, c);
		if (rc == 0 && m->failed)
			rc = -ENOMEM;
		if (rc == 0 && errors->n_all > n_before)
			rc = -EINVAL;
		conf_tree_done(&tree);
	}
	if (rc == -EINVAL && ret_part && tree_read) {
		*ret_part = c;
		return rc;
	}
	if (rc < 0) {
		conf_memory_free(m);
		return rc;
	}
	*ret_conf = c;
	return 0;
}

int conf_parse(const char *text, size_t n, const char *file, enum conf_need need,
               struct errors *errors, struct conf **ret_conf)
{
	return parse(text, n, file, NULL, false, need, errors, ret_conf, NULL);
}

int conf_parse_as(const char *text, size_t n, const char *file, enum conf_need need,
                  struct errors *errors, struct conf **ret_conf)
{
	return parse(text, n, file, file, true, need, errors, ret_conf, NULL);
}

int conf_load_parts(const char *file, enum conf_need need, struct errors *errors,
                    struct conf **ret_conf, struct conf **ret_part)
{
	bool standard = strcmp(file, "-") == 0;
	const char *shown = standard ? standard_input : file;
	struct buf text = { 0 };
	int rc = conf_file_read(file, &text);

	if (rc == 0) {
		rc = parse(buf_str(&text), text.n, shown, standard ? NULL : file, true, need,
		           errors, ret_conf, ret_part);
	} else if (rc != -ENOMEM) {
		errors_add(errors, (struct place){ .file = shown }, "cannot be read: %s",
		           strerror(-rc));
		rc = -EINVAL;
	}
	if (text.p)
		explicit_bzero(text.p, text.size);
	buf_done(&text);
	return rc;
}

int conf_load(const char *file, enum conf_need need, struct errors *errors, struct conf **ret_conf)
{
	return conf_load_parts(file, need, errors, ret_conf, NULL);
}
