/* Files are found from the one that names them. A pattern's files come sorted by name, each once: what
 * a configuration is must not depend on the order of a folder. */
#include "include.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/utf8.h"

struct seen {
	dev_t device;
	ino_t inode;
	const char *path;
};

struct include {
	struct seen files[CONF_MAX_FILES];
	size_t n;
	unsigned depth;
	struct conf *c; /* of the main file */
};

static void include_all(struct include *w, struct conf_reader *r,
                        const struct conf_texts *patterns);

int conf_read_file(int fd, struct buf *ret)
{
	while (ret->n <= CONF_MAX_BYTES) {
		size_t room = CONF_MAX_BYTES + 1 - ret->n;
		ssize_t got;

		room = room < 65536 ? room : 65536;
		if (!buf_reserve(ret, room))
			return -ENOMEM;
		got = read(fd, ret->p + ret->n, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		ret->n += (size_t)got; /* one byte more than is allowed, so that it is seen */
	}
	return 0;
}

const char *conf_folder(struct conf_memory *m, const char *path)
{
	const char *slash = strrchr(path, '/');

	return conf_memory_copy(m, path, slash ? (size_t)(slash - path) + 1 : 0);
}

/* `name` as the file that says it means it. */
static const char *path_of(struct conf_reader *r, const char *name)
{
	struct buf b = { 0 };
	const char *path;

	buf_printf(&b, "%s%s", *name == '/' ? "" : r->folder, name);
	path = conf_memory_copy(r->memory, buf_str(&b), b.n);
	r->memory->failed |= b.failed;
	buf_done(&b);
	return path;
}

static int open_file(const char *path, struct stat *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), e = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) < 0)
		e = -errno;
	else if (S_ISDIR(ret->st_mode))
		e = -EISDIR;
	if (e == 0)
		return fd;
	close(fd);
	return e;
}

/* Joining ------------------------------------------------------------------------------------- */

/* The array of `n` items at *p, and `m` more. */
static void *joined(struct conf_memory *memory, const void *p, size_t n, const void *q, size_t m,
                    size_t size)
{
	char *all = conf_memory_get(memory, n + m, size);

	if (all && n)
		memcpy(all, p, n * size);
	if (all && m)
		memcpy(all + n * size, q, m * size);
	return all;
}

/* Adds the lists and mappings of `part` to those of `c`. */
static void join(struct conf_memory *memory, struct conf *c, const struct conf *part)
{
	for (size_t i = 0; i < conf_section_top.n; i++) {
		const struct conf_option *o = &conf_section_top.options[i];
		char *to = (char *)c + o->offset, *to_n = (char *)c + o->count;
		const char *from = (const char *)part + o->offset;
		struct conf_pairs *pairs = (void *)to;
		const struct conf_pairs *more = (const void *)from;
		void *items, *all;
		const void *added;
		size_t n, m;

		if (!(o->flags & CONF_SHARED))
			continue;
		if (o->type == CONF_PAIRS) {
			all = joined(memory, pairs->v, pairs->n, more->v, more->n,
			             sizeof *pairs->v);
			if (all)
				*pairs = (struct conf_pairs){ all, pairs->n + more->n };
		}
		if (o->type != CONF_LIST)
			continue;
		memcpy(&items, to, sizeof items);
		memcpy(&added, from, sizeof added);
		memcpy(&n, to_n, sizeof n);
		memcpy(&m, (const char *)part + o->count, sizeof m);
		all = joined(memory, items, n, added, m, o->section->size);
		n += m;
		if (!all)
			continue;
		memcpy(to, &all, sizeof all);
		memcpy(to_n, &n, sizeof n);
	}
}

/* Lists --------------------------------------------------------------------------------------- */

static void bad_word(struct conf_reader *r, struct place at, const char *p, size_t n)
{
	struct buf shown = { 0 };

	buf_escape(&shown, p, n, 40);
	if (n > CONF_MAX_WORD)
		errors_add(r->errors, at, "a text of more than %d bytes: '%s'", CONF_MAX_WORD,
		           buf_str(&shown));
	else
		errors_add(r->errors, at, "not a text: '%s'", buf_str(&shown));
	buf_done(&shown);
}

static bool is_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 127)
			return false;
	return n <= CONF_MAX_WORD && utf8_valid(p, n);
}

/* One a line, without the blanks around it. A # at the beginning, or behind a blank, and what follows
 * is a comment. */
static void read_words(struct conf_reader *r, const char *text, size_t n, const char *path,
                       struct conf_texts *ret)
{
	struct place at = { path, 1, 1 };
	const char *end = text + n, *line = text;

	for (; line < end; at.line++) {
		const char *stop = memchr(line, '\n', (size_t)(end - line)), *p = line, *q;

		stop = stop ? stop : end;
		for (q = line; q < stop; q++)
			if (*q == '#' && (q == line || q[-1] == ' ' || q[-1] == '\t'))
				break;
		while (p < q && (*p == ' ' || *p == '\t'))
			p++;
		while (p < q && (q[-1] == ' ' || q[-1] == '\t' || q[-1] == '\r'))
			q--;
		at.column = (uint32_t)(p - line) + 1;
		line = stop + 1;
		if (p == q)
			continue;
		if (ret->n == CONF_MAX_WORDS) {
			errors_add(r->errors, at, "more than %d texts in one list", CONF_MAX_WORDS);
			return;
		}
		if (!is_word(p, (size_t)(q - p)))
			bad_word(r, at, p, (size_t)(q - p));
		else
			ret->v[ret->n++] = (struct conf_text){
				.s = conf_memory_copy(r->memory, p, (size_t)(q - p)),
				.at = at,
			};
	}
}

static void read_list(struct conf_reader *r, struct conf_list *l, size_t i)
{
	struct buf text = { 0 };
	struct stat status;
	const char *path;
	size_t lines = 1;
	int fd, e;

	if (!l->file.s || !*l->file.s)
		return;
	if (!r->folder) {
		errors_add(r->errors, l->file.at,
		           "option 'file' in lists[%zu]: only a file can name another", i);
		return;
	}
	path = path_of(r, l->file.s);
	fd = path ? open_file(path, &status) : -ENOMEM;
	e = fd < 0 ? fd : conf_read_file(fd, &text);
	if (fd >= 0)
		close(fd);
	if (e == 0 && text.n > CONF_MAX_BYTES)
		e = -EFBIG;
	for (size_t k = 0; e == 0 && k < text.n; k++)
		lines += text.p[k] == '\n';
	if (e == 0) {
		l->values = (struct conf_texts){
			conf_memory_get(r->memory, lines, sizeof *l->values.v), 0
		};
		if (l->values.v)
			read_words(r, text.p ? text.p : "", text.n, path, &l->values);
	} else if (path) {
		errors_add(r->errors, l->file.at,
		           "option 'file' in lists[%zu]: '%.200s' cannot be read: %s", i, path,
		           strerror(-e));
	}
	buf_done(&text);
}

static void read_lists(struct conf_reader *r, struct conf *c)
{
	for (size_t i = 0; i < c->n_lists; i++) {
		struct conf_list *l = &c->lists[i];

		if (!l->file.s == !l->values.v)
			errors_add(r->errors, l->at, "lists[%zu]: %s", i,
			           l->file.s ? "values or a file, not both"
			                     : "needs 'values' or a 'file'");
		else
			read_list(r, l, i);
	}
}

/* Included files ------------------------------------------------------------------------------ */

static void parse(struct include *w, struct conf_reader *outer, const char *path,
                  const struct buf *text)
{
	struct conf_tree tree = { 0 };
	struct conf_reader r = *outer;
	struct conf *part = conf_memory_get(r.memory, 1, sizeof *part);
	struct place begin = { path, 1, 1 };
	char shown[CONF_SHOWN];

	r.tree = &tree;
	r.folder = conf_folder(r.memory, path);
	r.included = true;
	if (!part || !r.folder || conf_tree_load(&tree, buf_str(text), text->n, path, r.errors)) {
		conf_tree_done(&tree);
		return;
	}
	if (tree.root && tree.root->type == YAML_MAPPING_NODE)
		conf_read_section(&r, &conf_section_top, tree.root, begin, part, "");
	else if (tree.root && !conf_tree_nothing(tree.root))
		errors_add(r.errors, conf_tree_place(&tree, tree.root),
		           "expected a mapping of options, found %s",
		           conf_tree_shown(tree.root, shown));
	read_lists(&r, part);
	join(r.memory, w->c, part);
	include_all(w, &r, &part->include);
	conf_tree_done(&tree);
}

/* Was the file read before? If not, it is now. */
static const struct seen *seen(struct include *w, const struct stat *s, const char *path)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->files[i].device == s->st_dev && w->files[i].inode == s->st_ino)
			return &w->files[i];
	if (w->n < CONF_MAX_FILES)
		w->files[w->n++] = (struct seen){ s->st_dev, s->st_ino, path };
	return NULL;
}

static void include(struct include *w, struct conf_reader *r, const char *path, struct place at)
{
	struct buf text = { 0 };
	const struct seen *before;
	struct stat status;
	int fd = open_file(path, &status), e = fd < 0 ? fd : 0;

	if (e == 0 && w->n == CONF_MAX_FILES)
		e = -EMFILE;
	before = e == 0 ? seen(w, &status, path) : NULL;
	if (e == 0 && !before)
		e = conf_read_file(fd, &text);
	if (fd >= 0)
		close(fd);
	if (e == -EMFILE)
		errors_add(r->errors, at, "include: more than %d files", CONF_MAX_FILES);
	else if (e)
		errors_add(r->errors, at, "include: '%.200s' cannot be read: %s", path,
		           strerror(-e));
	else if (before)
		errors_add(r->errors, at, "include: '%.200s' is read already%s%.200s", path,
		           strcmp(before->path, path) == 0 ? "" : ", as ",
		           strcmp(before->path, path) == 0 ? "" : before->path);
	else
		parse(w, r, path, &text);
	buf_done(&text);
}

/* Tests of rules lie beside them; a pattern does not mean them. */
static bool is_test(const char *path)
{
	static const char end[] = ".test.yaml";
	size_t n = strlen(path);

	return n >= sizeof end - 1 && strcmp(path + n - (sizeof end - 1), end) == 0;
}

static void include_pattern(struct include *w, struct conf_reader *r, const struct conf_text *t)
{
	const char *pattern = path_of(r, t->s);
	glob_t found = { 0 };
	int e;

	if (!pattern)
		return;
	if (!strpbrk(t->s, "*?[")) {
		include(w, r, pattern, t->at);
		return;
	}
	e = glob(pattern, 0, NULL, &found);
	if (e && e != GLOB_NOMATCH)
		errors_add(r->errors, t->at, "include: '%.200s' cannot be looked up", pattern);
	for (size_t i = 0; e == 0 && i < found.gl_pathc; i++) {
		const char *path = conf_memory_copy(r->memory, found.gl_pathv[i],
		                                    strlen(found.gl_pathv[i]));

		if (path && !is_test(path))
			include(w, r, path, t->at);
	}
	globfree(&found);
}

static void include_all(struct include *w, struct conf_reader *r, const struct conf_texts *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		const struct conf_text *t = &patterns->v[i];

		if (!t->s || !*t->s)
			continue;
		if (!r->folder)
			errors_add(r->errors, t->at, "include: only a file can name another");
		else if (w->depth == CONF_MAX_INCLUDES)
			errors_add(r->errors, t->at,
			           "include: files within one another more than %d deep",
			           CONF_MAX_INCLUDES);
		else {
			w->depth++;
			include_pattern(w, r, t);
			w->depth--;
		}
	}
}

void conf_include(struct conf_reader *r, const char *file, struct conf *c)
{
	struct include *w = conf_memory_get(r->memory, 1, sizeof *w);
	struct stat status;

	if (!w)
		return;
	w->c = c;
	if (file && stat(file, &status) == 0)
		(void)seen(w, &status, file);
	read_lists(r, c);
	include_all(w, r, &c->include);
}
