/* See calendar.h. The table of options of calendar files, and reading by it. */
#include "calendar.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "file.h"
#include "read.h"
#include "shipped.h"

#define N(a) (sizeof(a) / sizeof(a)[0])
#define FIRST_PHASE 2 /* of enum calendar_phase: unknown and closed are not written */

static const char *const phases[] = { "pre_open",        "opening_auction",
	                              "continuous",      "intraday_auction",
	                              "closing_auction", "post",
	                              "break",           NULL };
static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

#define AT(member) .offset = offsetof(struct conf_calendar_phase, member)
static const struct conf_option phase_options[] = {
	{ .key = "phase",
	  .type = CONF_ENUM,
	  AT(phase),
	  .flags = CONF_REQUIRED,
	  .words = phases,
	  .min = FIRST_PHASE },
	{ .key = "from", .type = CONF_TEXT, AT(from), .flags = CONF_REQUIRED },
	{ .key = "to", .type = CONF_TEXT, AT(to), .flags = CONF_REQUIRED },
};
#undef AT

static const struct conf_section phase_section = {
	.what = "phase",
	.size = sizeof(struct conf_calendar_phase),
	.at = offsetof(struct conf_calendar_phase, at),
	.options = phase_options,
	.n = N(phase_options),
};

#define AT(member) .offset = offsetof(struct conf_calendar_session, member)
static const struct conf_option session_options[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name },
	{ .key = "days", .type = CONF_TEXTS, AT(days), .words = days },
	{ .key = "dates", .type = CONF_PAIRS, AT(dates) },
	{ .key = "phases",
	  .type = CONF_LIST,
	  AT(phases),
	  .count = offsetof(struct conf_calendar_session, n_phases),
	  .flags = CONF_REQUIRED,
	  .section = &phase_section },
};
#undef AT

static const struct conf_section session_section = {
	.what = "session",
	.size = sizeof(struct conf_calendar_session),
	.at = offsetof(struct conf_calendar_session, at),
	.options = session_options,
	.n = N(session_options),
};

#define AT(member) .offset = offsetof(struct conf_calendar_file, member)
static const struct conf_option file_options[] = {
	{ .key = "name",
	  .type = CONF_TEXT,
	  AT(name),
	  .flags = CONF_REQUIRED,
	  .check = conf_check_name },
	{ .key = "title", .type = CONF_TEXT, AT(title) },
	{ .key = "mic", .type = CONF_TEXT, AT(mic), .check = conf_check_mic },
	{ .key = "zone", .type = CONF_TEXT, AT(zone), .flags = CONF_REQUIRED },
	{ .key = "first_year",
	  .type = CONF_INT,
	  AT(first_year),
	  .flags = CONF_REQUIRED,
	  .min = 1970,
	  .max = 2200 },
	{ .key = "last_year",
	  .type = CONF_INT,
	  AT(last_year),
	  .flags = CONF_REQUIRED,
	  .min = 1970,
	  .max = 2200 },
	{ .key = "sessions",
	  .type = CONF_LIST,
	  AT(sessions),
	  .count = offsetof(struct conf_calendar_file, n_sessions),
	  .flags = CONF_REQUIRED,
	  .section = &session_section },
	{ .key = "holidays", .type = CONF_PAIRS, AT(holidays) },
};
#undef AT

static const struct conf_section file_section = {
	.what = "calendar",
	.size = sizeof(struct conf_calendar_file),
	.at = offsetof(struct conf_calendar_file, at),
	.options = file_options,
	.n = N(file_options),
};

static void read_all(struct conf_reader *r, const char *file, struct conf_calendar_file *f)
{
	const yaml_node_t *root = r->tree->root;
	char shown[CONF_SHOWN];

	if (root && root->type == YAML_MAPPING_NODE)
		conf_read_section(r, &file_section, root, (struct place){ file, 1, 1 }, f, "");
	else if (root && !conf_tree_nothing(root))
		errors_add(r->errors, conf_tree_place(r->tree, root),
		           "expected a calendar, found %s", conf_tree_shown(root, shown));
	else
		errors_add(r->errors, (struct place){ file, 1, 1 },
		           "expected a calendar, found nothing");
}

static int parse(struct conf_memory *m, const char *text, size_t n, const char *file,
                 struct errors *errors, struct conf_calendar_file **ret)
{
	struct conf_calendar_file *f = conf_memory_get(m, 1, sizeof *f);
	const char *name = conf_memory_copy(m, file, strlen(file));
	size_t before = errors->n_all;
	struct conf_tree tree = { 0 };
	int r;

	if (!f || !name)
		return -ENOMEM;
	r = conf_tree_load(&tree, text, n, name, errors);
	if (r == 0)
		read_all(&(struct conf_reader){ .tree = &tree,
		                                .need = CONF_FOR_REPLAY,
		                                .errors = errors,
		                                .memory = m,
		                                .top = &file_section },
		         name, f);
	conf_tree_done(&tree);
	if (r == 0 && m->failed)
		r = -ENOMEM;
	if (r == 0 && errors->n_all > before)
		r = -EINVAL;
	if (r == 0)
		*ret = f;
	return r;
}

int conf_calendar_parse(const char *text, size_t n, const char *file, struct errors *errors,
                        struct conf_calendar_file **ret)
{
	struct conf_memory *m = conf_memory_new();
	struct conf_calendar_file *f = NULL;
	int r = m ? parse(m, text, n, file, errors, &f) : -ENOMEM;

	if (r) {
		conf_memory_free(m);
		return r;
	}
	f->memory = m;
	*ret = f;
	return 0;
}

struct conf_calendar_file *conf_calendar_shipped(const char *name)
{
	struct errors errors = { 0 };
	struct conf_calendar_file *f = NULL;
	size_t n;
	const char *text = shipped_calendar(name, &n);

	if (text)
		(void)conf_calendar_parse(text, n, name, &errors, &f);
	errors_done(&errors);
	return f;
}

static int load(struct conf_memory *m, const char *file, struct errors *errors, struct place from,
                struct conf_calendar_file **ret)
{
	struct buf text = { 0 };
	int r = conf_file_read(file, &text);

	if (r == 0) {
		r = parse(m, buf_str(&text), text.n, file, errors, ret);
	} else if (r != -ENOMEM) {
		errors_add(errors, from, "calendar file %.200s cannot be read: %s", file,
		           strerror(-r));
		r = -EINVAL;
	}
	buf_done(&text);
	return r;
}

void conf_calendar_read(struct conf_reader *r, struct conf *c)
{
	for (size_t i = 0; i < c->n_calendars; i++) {
		struct conf_calendar *to = &c->calendars[i];
		struct buf path = { 0 };

		if (!to->file.s || !*to->file.s)
			continue;
		conf_file_beside(to->file.at.file, to->file.s, &path);
		if (path.failed ||
		    load(r->memory, buf_str(&path), r->errors, to->file.at, &to->read) == -ENOMEM)
			r->memory->failed = true;
		buf_done(&path);
	}
}

int conf_calendar_load(const char *file, struct errors *errors, struct conf_calendar_file **ret)
{
	struct conf_memory *m = conf_memory_new();
	struct conf_calendar_file *f = NULL;
	int r = m ? load(m, file, errors, (struct place){ 0 }, &f) : -ENOMEM;

	if (r) {
		conf_memory_free(m);
		return r;
	}
	f->memory = m;
	*ret = f;
	return 0;
}

struct conf_calendar_file *conf_calendar_free(struct conf_calendar_file *f)
{
	if (f)
		conf_memory_free(f->memory); /* it owns *f too */
	return NULL;
}
