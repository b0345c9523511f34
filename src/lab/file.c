/* See file.h. The options are read by their table (table.c); here are the file itself and the checks
 * that look at more than one option. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/read.h"
#include "core/timefmt.h"
#include "lab/table.h"

#define BIT(shape) (1u << (shape))
#define GENERATED \
	(BIT(LAB_CONSTANT) | BIT(LAB_RAMP) | BIT(LAB_WALK) | BIT(LAB_BURST) | BIT(LAB_GAP))

/* What an item is: one event, a table, a log, or generated. */
enum form { FORM_EVENT, FORM_ROWS, FORM_FILE, FORM_GENERATED };

/* Options that are of some forms only: without effect elsewhere, so that they are refused there. */
static const struct only_of {
	const char *key;
	size_t offset;
	bool is_number; /* an int64_t, 0 = not given; else a text */
	bool forms[4];
	unsigned shapes; /* of generated ones */
} only_of[] = {
#define AT(member) offsetof(struct lab_item, member)
	{ "at", AT(at), false, { [FORM_EVENT] = true, [FORM_FILE] = true }, 0 },
	{ "format", AT(format), false, { [FORM_FILE] = true }, 0 },
	{ "from", AT(from), false, { [FORM_FILE] = true, [FORM_GENERATED] = true }, GENERATED },
	{ "to", AT(to), false, { [FORM_FILE] = true, [FORM_GENERATED] = true }, GENERATED },
	{ "every",
	  AT(every_ns),
	  true,
	  { [FORM_GENERATED] = true },
	  BIT(LAB_CONSTANT) | BIT(LAB_RAMP) | BIT(LAB_WALK) },
	{ "count",
	  AT(count),
	  true,
	  { [FORM_FILE] = true, [FORM_GENERATED] = true },
	  GENERATED & ~BIT(LAB_GAP) },
	{ "price_to", AT(price_to), false, { [FORM_GENERATED] = true }, BIT(LAB_RAMP) },
	{ "step", AT(step), false, { [FORM_GENERATED] = true }, BIT(LAB_WALK) },
	{ "size_to", AT(size_to), false, { [FORM_GENERATED] = true }, GENERATED & ~BIT(LAB_GAP) },
	{ "price", AT(price), false, { true, true, false, true }, GENERATED & ~BIT(LAB_GAP) },
	{ "size", AT(size), false, { true, true, false, true }, GENERATED & ~BIT(LAB_GAP) },
	{ "kind", AT(kind), false, { true, true, false, true }, GENERATED & ~BIT(LAB_GAP) },
	{ "side", AT(side), false, { true, true, false, true }, GENERATED & ~BIT(LAB_GAP) },
#undef AT
};

static const char *const form_words[] = { "a single event", "a table of rows", "a recorded log",
	                                  "generated events" };

static enum form form_of(const struct lab_item *i)
{
	return i->rows.s                    ? FORM_ROWS
	       : i->file.s                  ? FORM_FILE
	       : i->shape != LAB_SHAPE_NONE ? FORM_GENERATED
	                                    : FORM_EVENT;
}

static const char *shape_word(int shape)
{
	static const char *const words[] = { "none", "constant", "ramp", "walk", "burst", "gap" };

	return words[shape];
}

static void check_effect(const struct lab_item *i, const char *in, struct errors *errors)
{
	enum form form = form_of(i);

	for (size_t k = 0; k < sizeof only_of / sizeof only_of[0]; k++) {
		const struct only_of *o = &only_of[k];
		const char *field = (const char *)i + o->offset;
		const struct conf_text *text = (const void *)field;
		int64_t number = 0;
		bool fine = o->forms[form];

		if (o->is_number)
			memcpy(&number, field, sizeof number);
		if (form == FORM_GENERATED && fine)
			fine = o->shapes & BIT(i->shape);
		if (fine || (o->is_number ? !number : !text->s))
			continue;
		errors_add(errors, o->is_number ? i->place : text->at,
		           "option '%s' in %s: without effect for %s%s%s", o->key, in,
		           form_words[form], form == FORM_GENERATED ? " of shape " : "",
		           form == FORM_GENERATED ? shape_word(i->shape) : "");
	}
}

static void needs(bool there, const struct lab_item *i, const char *in, const char *option,
                  const char *of, struct errors *errors)
{
	if (!there)
		errors_add(errors, i->place, "missing option '%s' in %s: %s needs it", option, in,
		           of);
}

static void check_generated(const struct lab_item *i, const char *in, struct errors *errors)
{
	char words[40];

	snprintf(words, sizeof words, "generate: %s", shape_word(i->shape));
	if (i->shape == LAB_GAP || i->shape == LAB_BURST)
		needs(i->to.s, i, in, "to", words, errors);
	else if (!i->to.s && !i->count)
		errors_add(errors, i->place, "missing option 'to' or 'count' in %s: %s needs one",
		           in, words);
	if (i->shape == LAB_BURST)
		needs(i->count, i, in, "count", words, errors);
	else if (i->shape != LAB_GAP)
		needs(i->every_ns, i, in, "every", words, errors);
	if (i->shape == LAB_RAMP) {
		needs(i->price_to.s, i, in, "price_to", words, errors);
		needs(i->price.s, i, in, "price", words, errors);
	}
	if (i->shape == LAB_WALK) {
		needs(i->step.s, i, in, "step", words, errors);
		needs(i->price.s, i, in, "price", words, errors);
	}
}

static void check_item(const struct lab_item *i, const char *in, struct errors *errors)
{
	enum form form = form_of(i);
	int n = !!i->rows.s + !!i->file.s + (i->shape != LAB_SHAPE_NONE);

	if (n > 1) {
		errors_add(errors, i->place, "%s: only one of rows, file and generate may be there",
		           in);
		return;
	}
	check_effect(i, in, errors);
	if (form == FORM_EVENT)
		needs(i->at.s, i, in, "at", "an event", errors);
	if (form == FORM_GENERATED)
		check_generated(i, in, errors);
	if (form != FORM_GENERATED && i->side.s &&
	    (strcmp(i->side.s, "alternate") == 0 || strcmp(i->side.s, "random") == 0))
		errors_add(errors, i->side.at,
		           "option 'side' in %s: '%s' is of generated events only", in, i->side.s);
}

static void check_expect(const struct lab_expect *e, const char *in, struct errors *errors)
{
	if (e->within_ns && !e->at.s)
		errors_add(errors, e->place, "missing option 'at' in %s: 'within' needs it", in);
	if (e->min_confidence > e->max_confidence)
		errors_add(errors, e->place, "%s: min_confidence is above max_confidence", in);
	if (e->summary.s && e->summary_contains.s)
		errors_add(errors, e->summary_contains.at,
		           "option 'summary_contains' in %s: 'summary' is there too", in);
}

static void check_test(const struct lab_test *t, size_t number, struct errors *errors)
{
	char in[60];

	if (t->events && t->n_events == 0)
		errors_add(errors, t->place, "tests[%zu] has no events: it could not fail", number);
	if (!t->expect)
		errors_add(errors, t->place,
		           "option 'expect' in tests[%zu] is empty: write [] when no alert is "
		           "expected",
		           number);
	for (size_t i = 0; i < t->n_events; i++) {
		snprintf(in, sizeof in, "tests[%zu].events[%zu]", number, i);
		check_item(&t->events[i], in, errors);
	}
	for (size_t i = 0; i < t->n_expect; i++) {
		snprintf(in, sizeof in, "tests[%zu].expect[%zu]", number, i);
		check_expect(&t->expect[i], in, errors);
	}
}

static void check(struct conf_reader *r, const struct lab_file *f)
{
	const struct conf_text **names = conf_memory_get(r->memory, f->n_tests, sizeof(void *));

	if (f->tests && f->n_tests == 0)
		errors_add(r->errors, conf_tree_place(r->tree, r->tree->root),
		           "'tests' is empty: a file without tests cannot fail");
	for (size_t i = 0; i < f->n_tests; i++) {
		if (names)
			names[i] = &f->tests[i].name;
		check_test(&f->tests[i], i, r->errors);
	}
	if (names)
		conf_read_unique(r, names, f->n_tests, false, "name", "tests");
}

static void read_root(struct conf_reader *r, struct lab_file *f)
{
	const yaml_node_t *root = r->tree->root;
	struct place begin = { r->tree->file, 1, 1 };
	size_t before = r->errors->n_all;
	char shown[CONF_SHOWN];

	if (root && root->type != YAML_MAPPING_NODE && !conf_tree_nothing(root)) {
		errors_add(r->errors, conf_tree_place(r->tree, root),
		           "expected a mapping of options, found %s", conf_tree_shown(root, shown));
		return;
	}
	if (root && root->type != YAML_MAPPING_NODE)
		root = NULL;
	conf_read_section(r, &lab_section_file, root, begin, f, "");
	/* What a wrong option would have held is not there to be looked at. */
	if (!r->memory->failed && r->errors->n_all == before)
		check(r, f);
}

int lab_file_parse(const char *text, size_t n, const char *path, struct errors *errors,
                   struct lab_file **ret_file)
{
	struct conf_memory *m = conf_memory_new();
	struct lab_file *f = m ? conf_memory_get(m, 1, sizeof *f) : NULL;
	size_t before = errors->n_all;
	struct conf_tree tree = { 0 };
	int e = -ENOMEM;

	if (f) {
		struct conf_reader r = { .tree = &tree,
			                 .need = CONF_FOR_REPLAY,
			                 .errors = errors,
			                 .memory = m,
			                 .top = &lab_section_file };

		f->memory = m;
		f->path = conf_memory_copy(m, path, strlen(path));
		f->text = conf_memory_copy(m, text, n);
		e = conf_tree_load(&tree, text, n, path, errors);
		if (e == 0)
			read_root(&r, f);
		if (e == 0 && m->failed)
			e = -ENOMEM;
		if (e == 0 && errors->n_all > before)
			e = -EINVAL;
		conf_tree_done(&tree);
	}
	if (e) {
		conf_memory_free(m);
		return e;
	}
	*ret_file = f;
	return 0;
}

struct lab_file *lab_file_free(struct lab_file *f)
{
	if (f)
		conf_memory_free(f->memory); /* it owns *f too */
	return NULL;
}

static int read_whole(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), e = fd < 0 ? -errno : 0;

	while (e == 0 && out->n <= CONF_MAX_BYTES) {
		ssize_t got;

		if (!buf_reserve(out, 65536)) {
			e = -ENOMEM;
			break;
		}
		got = read(fd, out->p + out->n, 65536);
		if (got < 0 && errno != EINTR)
			e = -errno;
		if (got == 0)
			break;
		out->n += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return e;
}

int lab_file_load(const char *path, struct errors *errors, struct lab_file **ret_file)
{
	struct buf text = { 0 };
	int e = read_whole(path, &text);

	if (e == 0) {
		e = lab_file_parse(buf_str(&text), text.n, path, errors, ret_file);
	} else if (e != -ENOMEM) {
		errors_add(errors, (struct place){ .file = path }, "cannot be read: %s",
		           strerror(-e));
		e = -EINVAL;
	}
	buf_done(&text);
	return e;
}

const char *lab_file_beside(struct lab_file *f, const char *path)
{
	const char *slash = strrchr(f->path, '/');
	size_t n = slash && *path != '/' ? (size_t)(slash + 1 - f->path) : 0, m = strlen(path);
	char *p = conf_memory_get(f->memory, n + m + 1, 1);

	if (p) {
		memcpy(p, f->path, n);
		memcpy(p + n, path, m);
	}
	return p;
}

int64_t lab_time(const struct conf_text *t, int64_t start_ns)
{
	int64_t ns = 0, sum;

	if (!t->s)
		return start_ns;
	if (duration_parse(t->s, strlen(t->s), &ns)) {
		time_parse(t->s, strlen(t->s), &ns);
		return ns;
	}
	return __builtin_add_overflow(start_ns, ns, &sum) ? INT64_MAX : sum;
}
