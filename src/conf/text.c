/* See text.h. The texts of secrets are never repeated in messages. */
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lines.h"
#include "secret.h"

#define MAX_KEY 128 /* bytes of a pair's key, characters that YAML allows */

/* What a text has to be, and how it is called in messages. */
struct want {
	const struct conf_spot *spot;
	const char *of; /* key of the pair, or NULL */
	conf_check check;
	bool must_refer;
};

__attribute__((format(printf, 4, 5))) static void wrong(struct conf_reader *r, const struct want *w,
                                                        struct place at, const char *format, ...)
{
	struct buf b = { 0 }, of = { 0 };
	va_list args;

	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	if (w->of) {
		buf_puts(&of, "the value of '");
		buf_escape(&of, w->of, strlen(w->of), 50);
		buf_puts(&of, "': ");
	}
	conf_read_wrong(r, w->spot, at, "%s%s", buf_str(&of), buf_str(&b));
	buf_done(&b);
	buf_done(&of);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* What conf_print() wrote for a secret: good enough for a replay, not for a run. */
static bool is_redacted(const struct want *w, const char *s)
{
	if (!(w->spot->option->flags & CONF_MAY_REFER))
		return false;
	return strcmp(s, CONF_REDACTED) == 0 ||
	       ((w->spot->option->flags & CONF_IS_URL) && ends_with(s, CONF_REDACTED));
}

static void keep_secret(struct conf_reader *r, struct conf_text *ret, struct place at,
                        const char *s, const char *from)
{
	*ret = (struct conf_text){ .s = conf_memory_secret(r->memory, s, strlen(s), from),
		                   .at = at,
		                   .secret = true };
}

static void control_characters(struct conf_reader *r, const struct want *w, struct place at,
                               const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if ((*p < ' ' && *p != '\n' && *p != '\t') || *p == 0x7f) {
			wrong(r, w, at, "the control character 0x%02x is not allowed", *p);
			return;
		}
}

/* A text of the file: its words and characters. */
static void check_plain(struct conf_reader *r, const struct want *w, struct place at, const char *s,
                        size_t n)
{
	struct conf_why why;
	struct buf found = { 0 };

	if (n == 0 && !(w->spot->option->flags & CONF_MAY_BE_EMPTY)) {
		wrong(r, w, at, "expected a text, found an empty one");
	} else if (w->spot->option->words) {
		conf_read_word(r, w->spot, at, s, n);
	} else if (w->check && !w->check(s, &why)) {
		buf_escape(&found, s, n, 50);
		if (w->spot->option->flags & CONF_IS_URL) /* it may hold a password */
			wrong(r, w, at, "%s", why.text);
		else
			wrong(r, w, at, "%s, found '%s'", why.text, buf_str(&found));
		buf_done(&found);
	} else {
		control_characters(r, w, at, s);
	}
}

static void read_scalar(struct conf_reader *r, const struct want *w, const yaml_node_t *node,
                        struct conf_text *ret)
{
	struct place at = conf_tree_place(r->tree, node);
	const char *s = conf_tree_text(node);
	size_t n = node->data.scalar.length;

	if (conf_tree_nothing(node)) {
		wrong(r, w, at, "expected a text, found nothing%s",
		      w->spot->option->flags & CONF_MAY_BE_EMPTY ? " (write \"\" for an empty text)"
		                                                 : "");
		return;
	}
	if (is_redacted(w, s)) {
		if (r->need == CONF_FOR_RUN)
			wrong(r, w, at,
			      "a secret stood here and was left out when this configuration was "
			      "printed; write where it comes from: {file: /path}, {env: NAME} or "
			      "{credential: name}");
		keep_secret(r, ret, at, CONF_NOT_READ, NULL);
		return;
	}
	if (w->must_refer) {
		wrong(r, w, at,
		      "a secret must not stand in this file; write where it comes from: "
		      "{file: /path}, {env: NAME} or {credential: name}");
		return;
	}
	check_plain(r, w, at, s, n);
	*ret = (struct conf_text){ .s = conf_memory_copy(r->memory, s, n), .at = at };
	if (ret->s && w->spot->option->flags & CONF_PLACED)
		conf_lines(r->tree, node, r->memory, ret);
}

/* "{file: /path}" and the like: which, and its name. NULL: it is none. */
static const yaml_node_t *reference(const struct conf_tree *t, const yaml_node_t *node,
                                    enum conf_secret *ret_kind)
{
	const yaml_node_t *key, *value;

	if (node->type != YAML_MAPPING_NODE || conf_tree_length(node) != 1)
		return NULL;
	key = conf_tree_node(t, node->data.mapping.pairs.start->key);
	value = conf_tree_node(t, node->data.mapping.pairs.start->value);
	if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
		return NULL;
	for (unsigned k = 0; k < CONF_N_SECRETS; k++)
		if (strcmp(conf_tree_text(key), conf_secret_word(k)) == 0) {
			*ret_kind = k;
			return value;
		}
	return NULL;
}

static void read_secret(struct conf_reader *r, const struct want *w, enum conf_secret kind,
                        const char *name, struct place at, const char *from, struct conf_text *ret)
{
	char secret[CONF_SECRET_MAX + 1], reason[200];
	struct conf_why why;
	size_t n;

	if (conf_secret_read(kind, name, secret, &n, reason, sizeof reason) < 0) {
		wrong(r, w, at, "%s %s", from, reason);
	} else {
		secret[n] = 0;
		keep_secret(r, ret, at, secret, from);
		if (w->check && !w->check(secret, &why))
			wrong(r, w, at, "%s holds something else: %s", from, why.text);
	}
	explicit_bzero(secret, sizeof secret);
}

static void read_reference(struct conf_reader *r, const struct want *w, enum conf_secret kind,
                           const char *name, struct place at, struct conf_text *ret)
{
	struct buf from = { 0 };

	conf_secret_reference(kind, name, &from);
	if (r->need == CONF_FOR_REPLAY)
		keep_secret(r, ret, at, CONF_NOT_READ, buf_str(&from));
	else
		read_secret(r, w, kind, name, at, buf_str(&from), ret);
	buf_done(&from);
}

static void read_text(struct conf_reader *r, const struct want *w, const yaml_node_t *node,
                      struct conf_text *ret)
{
	struct place at = conf_tree_place(r->tree, node);
	enum conf_secret kind = CONF_SECRET_FILE;
	const yaml_node_t *name;
	char shown[CONF_SHOWN];

	/* Given, whatever is wrong with it: not to be called missing later. */
	*ret = (struct conf_text){ .s = "", .at = at };
	if (node->type == YAML_SCALAR_NODE) {
		read_scalar(r, w, node, ret);
		return;
	}
	name = reference(r->tree, node, &kind);
	if (name && w->spot->option->flags & CONF_MAY_REFER)
		read_reference(r, w, kind, conf_tree_text(name), at, ret);
	else if (name)
		wrong(r, w, at,
		      "expected a text: this option cannot come from outside of the file");
	else if (w->spot->option->flags & CONF_MAY_REFER)
		wrong(r, w, at,
		      "expected a text, {file: /path}, {env: NAME} or {credential: name}, "
		      "found %s",
		      conf_tree_shown(node, shown));
	else
		wrong(r, w, at, "expected a text, found %s", conf_tree_shown(node, shown));
}

void conf_text_read(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                    struct conf_text *ret)
{
	const struct want w = { .spot = spot, .check = spot->option->check };

	read_text(r, &w, node, ret);
}

void conf_text_list(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                    struct conf_texts *ret)
{
	const struct want w = { .spot = spot, .check = spot->option->check };
	bool list = node->type == YAML_SEQUENCE_NODE;
	size_t n = list ? conf_tree_length(node) : 1;
	struct conf_text *v;

	if (conf_tree_nothing(node)) {
		conf_read_type(r, spot, node);
		return;
	}
	if (n == 0 && !(spot->option->flags & CONF_MAY_BE_NONE)) {
		conf_read_wrong(r, spot, conf_tree_place(r->tree, node),
		                "expected at least one text, found an empty list");
		return;
	}
	v = conf_memory_get(r->memory, n ? n : 1, sizeof *v);
	if (!v)
		return;
	for (size_t i = 0; i < n; i++)
		read_text(r, &w,
		          list ? conf_tree_node(r->tree, node->data.sequence.items.start[i]) : node,
		          &v[i]);
	*ret = (struct conf_texts){ v, n };
}

static void check_key(struct conf_reader *r, const struct conf_spot *spot,
                      const struct conf_text *key)
{
	struct conf_why why;
	struct buf found = { 0 };

	buf_escape(&found, key->s, strlen(key->s), 50);
	if (!*key->s || strlen(key->s) > MAX_KEY)
		conf_read_wrong(r, spot, key->at, "expected a key of 1 to %d bytes, found '%s'",
		                MAX_KEY, buf_str(&found));
	else if (spot->option->check_key && !spot->option->check_key(key->s, &why))
		conf_read_wrong(r, spot, key->at, "%s, found '%s'", why.text, buf_str(&found));
	buf_done(&found);
}

static void unique_keys(struct conf_reader *r, const struct conf_spot *spot,
                        const struct conf_pairs *pairs)
{
	const struct conf_text **keys = conf_memory_get(r->memory, pairs->n, sizeof(void *));
	char in[100];

	for (size_t i = 0; i < pairs->n && keys; i++)
		keys[i] = &pairs->v[i].key;
	snprintf(in, sizeof in, "%s of %s", spot->option->key, spot->in);
	if (keys)
		conf_read_unique(r, keys, pairs->n, spot->option->flags & CONF_ANY_CASE, "key", in);
}

void conf_text_pairs(struct conf_reader *r, const struct conf_spot *spot, const yaml_node_t *node,
                     struct conf_pairs *ret)
{
	const struct conf_option *o = spot->option;
	struct conf_pairs pairs = { 0 };

	if (conf_tree_nothing(node))
		return;
	if (node->type != YAML_MAPPING_NODE) {
		conf_read_type(r, spot, node);
		return;
	}
	pairs.v = conf_memory_get(r->memory, conf_tree_length(node), sizeof *pairs.v);
	if (!pairs.v)
		return;
	for (size_t i = 0; i < conf_tree_length(node); i++) {
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
		const yaml_node_t *key = conf_tree_node(r->tree, pair->key);
		struct conf_pair *p = &pairs.v[pairs.n];
		const char *s;

		if (conf_tree_bad_key(key))
			continue;
		s = conf_memory_copy(r->memory, conf_tree_text(key), key->data.scalar.length);
		if (!s)
			return;
		p->key = (struct conf_text){ .s = s, .at = conf_tree_place(r->tree, key) };
		check_key(r, spot, &p->key);
		read_text(r, &(struct want){ spot, s, o->check, o->secret_key && o->secret_key(s) },
		          conf_tree_node(r->tree, pair->value), &p->value);
		pairs.n++;
	}
	if (!(o->flags & CONF_SHARED)) /* those are looked at when all files are read */
		unique_keys(r, spot, &pairs);
	*ret = pairs;
}

void conf_text_default(struct conf_reader *r, const struct conf_option *o, void *field,
                       struct place at)
{
	struct conf_text text = { .s = conf_memory_copy(r->memory, o->def, strlen(o->def)),
		                  .at = at };
	struct conf_texts *texts = field;

	if (o->type == CONF_TEXT) {
		*(struct conf_text *)field = text;
		return;
	}
	*texts = (struct conf_texts){ conf_memory_get(r->memory, 1, sizeof *texts->v), 0 };
	if (texts->v) {
		texts->v[0] = text;
		texts->n = 1;
	}
}
