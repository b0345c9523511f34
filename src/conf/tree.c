#include "tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"

#define MAX_DIRECTIVES 16

static struct place at_mark(const char *file, const yaml_mark_t *m)
{
	return (struct place){ file, (uint32_t)m->line + 1, (uint32_t)m->column + 1 };
}

/* Line and column (in characters) of the byte at `offset`. */
static struct place at_offset(const char *file, const char *text, size_t n, size_t offset)
{
	struct place p = { file, 1, 1 };

	for (size_t i = 0; i < n && i < offset; i++) {
		if (text[i] == '\n') {
			p.line++;
			p.column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			p.column++;
		}
	}
	return p;
}

/* What libyaml would refuse without a place, and what would take it too long. */
static int check_bytes(const char *text, size_t n, const char *file, struct errors *errors)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t directives = 0, length;

	if (n > CONF_MAX_BYTES) {
		errors_add(errors, (struct place){ .file = file },
		           "larger than %zu bytes, which no configuration needs", CONF_MAX_BYTES);
		return -EINVAL;
	}
	for (size_t i = 0; i < n; i += length) {
		length = utf8_char(s + i, n - i);
		if (length == 0 || s[i] == 0) {
			errors_add(errors, at_offset(file, text, n, i),
			           "byte 0x%02x is not UTF-8 text", s[i]);
			return -EINVAL;
		}
		if (s[i] == '%' && (i == 0 || s[i - 1] == '\n' || s[i - 1] == '\r') &&
		    ++directives > MAX_DIRECTIVES) {
			errors_add(errors, at_offset(file, text, n, i),
			           "more than %d YAML directives", MAX_DIRECTIVES);
			return -EINVAL;
		}
	}
	return 0;
}

/* Does line `number` begin with blanks and then a tab? */
static bool tab_indents(const char *text, size_t n, uint32_t number)
{
	const char *p = text, *end = text + n;

	for (; number > 1 && p; number--) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	while (p && p < end && *p == ' ')
		p++;
	return p && p < end && *p == '\t';
}

static int syntax_error(const yaml_parser_t *p, const char *text, size_t n, const char *file,
                        struct errors *errors)
{
	struct place at = p->error == YAML_READER_ERROR
	                          ? at_offset(file, text, n, p->problem_offset)
	                          : at_mark(file, &p->problem_mark);
	bool tab = p->error == YAML_SCANNER_ERROR && tab_indents(text, n, at.line);
	char context[160] = "";

	/* libyaml fails without naming an error where its loader finds no memory */
	if (p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR)
		return -ENOMEM;
	if (p->context)
		snprintf(context, sizeof context, " (%s that begins at %zu:%zu)", p->context,
		         p->context_mark.line + 1, p->context_mark.column + 1);
	errors_add(errors, at, "not YAML: %s%s%s", p->problem ? p->problem : "unknown problem",
	           tab ? "" : context, tab ? " (indent with blanks, not with tabs)" : "");
	return -EINVAL;
}

/* What one pass over the events has counted. */
struct count {
	size_t depth, nodes, anchors, documents;
};

static const char *over(const struct count *c)
{
	if (c->depth > CONF_MAX_DEPTH)
		return "nested too deep (more than 32 levels)";
	if (c->nodes > CONF_MAX_NODES)
		return "too much for one configuration (more than 100000 nodes)";
	if (c->anchors > CONF_MAX_ANCHORS)
		return "more than 1000 anchors";
	if (c->documents > 1)
		return "a second document begins here; one file is one configuration";
	return NULL;
}

static void count_event(struct count *c, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT: c->documents++; break;
	case YAML_SCALAR_EVENT:
		c->nodes++;
		c->anchors += e->data.scalar.anchor != NULL;
		break;
	case YAML_ALIAS_EVENT: c->nodes++; break;
	case YAML_SEQUENCE_START_EVENT:
		c->nodes++;
		c->depth++;
		c->anchors += e->data.sequence_start.anchor != NULL;
		break;
	case YAML_MAPPING_START_EVENT:
		c->nodes++;
		c->depth++;
		c->anchors += e->data.mapping_start.anchor != NULL;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: c->depth--; break;
	default: break;
	}
}

static int parser_init(yaml_parser_t *p, const char *text, size_t n)
{
	if (!yaml_parser_initialize(p))
		return -ENOMEM;
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)text, n);
	return 0;
}

/* libyaml takes quadratic time for deep nesting and for many anchors: a first pass over the
 * events stops before that. */
static int check_events(const char *text, size_t n, const char *file, struct errors *errors)
{
	struct count c = { 0 };
	bool end = false;
	yaml_parser_t p;
	int rc = parser_init(&p, text, n);

	while (rc == 0 && !end) {
		const char *words;
		yaml_event_t e;

		if (!yaml_parser_parse(&p, &e)) {
			rc = syntax_error(&p, text, n, file, errors);
			break;
		}
		count_event(&c, &e);
		words = over(&c);
		if (words) {
			errors_add(errors, at_mark(file, &e.start_mark), "%s", words);
			rc = -EINVAL;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return rc;
}

const yaml_node_t *conf_tree_node(const struct conf_tree *t, int index)
{
	/* libyaml's getter takes no const, and changes nothing */
	return yaml_document_get_node((yaml_document_t *)(uintptr_t)&t->document, index);
}

struct place conf_tree_place(const struct conf_tree *t, const yaml_node_t *node)
{
	if (!node)
		return (struct place){ t->file, 1, 1 };
	return at_mark(t->file, &node->start_mark);
}

bool conf_tree_nothing(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

size_t conf_tree_length(const yaml_node_t *list)
{
	if (list->type == YAML_SEQUENCE_NODE)
		return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	if (list->type == YAML_MAPPING_NODE)
		return (size_t)(list->data.mapping.pairs.top - list->data.mapping.pairs.start);
	return 0;
}

const char *conf_tree_shown(const yaml_node_t *node, char out[static CONF_SHOWN])
{
	struct buf b = { 0 };

	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (node->type == YAML_MAPPING_NODE)
		return "a mapping";
	if (conf_tree_nothing(node))
		return "nothing";
	buf_escape(&b, node->data.scalar.value, node->data.scalar.length, 50);
	snprintf(out, CONF_SHOWN, "'%s'", buf_str(&b));
	buf_done(&b);
	return out;
}

bool conf_tree_bad_key(const yaml_node_t *key)
{
	return key->type != YAML_SCALAR_NODE ||
	       (key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	        strcmp(conf_tree_text(key), "<<") == 0);
}

/* Nodes met when every alias is written out; stops at the first that is too many or too deep. */
static const yaml_node_t *walk(const struct conf_tree *t, const yaml_node_t *node, struct count *c)
{
	const yaml_node_t *bad = NULL;

	c->nodes++;
	c->depth++;
	if (c->depth > CONF_MAX_DEPTH + 1 || c->nodes > CONF_MAX_NODES)
		return node;
	if (node->type == YAML_SEQUENCE_NODE)
		for (const yaml_node_item_t *i = node->data.sequence.items.start;
		     i < node->data.sequence.items.top && !bad; i++)
			bad = walk(t, conf_tree_node(t, *i), c);
	if (node->type == YAML_MAPPING_NODE)
		for (const yaml_node_pair_t *i = node->data.mapping.pairs.start;
		     i < node->data.mapping.pairs.top && !bad; i++) {
			bad = walk(t, conf_tree_node(t, i->key), c);
			if (!bad)
				bad = walk(t, conf_tree_node(t, i->value), c);
		}
	if (!bad)
		c->depth--;
	return bad;
}

static const char *default_tag(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE     ? YAML_DEFAULT_SCALAR_TAG
	       : node->type == YAML_SEQUENCE_NODE ? YAML_DEFAULT_SEQUENCE_TAG
	                                          : YAML_DEFAULT_MAPPING_TAG;
}

static void check_keys(const struct conf_tree *t, const yaml_node_t *map, struct errors *errors)
{
	for (const yaml_node_pair_t *i = map->data.mapping.pairs.start;
	     i < map->data.mapping.pairs.top; i++) {
		const yaml_node_t *key = conf_tree_node(t, i->key);
		struct place at = conf_tree_place(t, key);

		if (key->type != YAML_SCALAR_NODE)
			errors_add(errors, at, "a key must be a text, found %s",
			           key->type == YAML_SEQUENCE_NODE ? "a list" : "a mapping");
		else if (conf_tree_bad_key(key))
			errors_add(errors, at,
			           "merge keys (<<) are not understood; write the options out");
	}
}

/* What is wrong with single nodes: each is told once, however many aliases lead to it. */
static void check_nodes(const struct conf_tree *t, struct errors *errors)
{
	for (const yaml_node_t *node = t->document.nodes.start; node < t->document.nodes.top;
	     node++) {
		struct place at = conf_tree_place(t, node);

		if (node->tag && strcmp((const char *)node->tag, default_tag(node)) != 0)
			errors_add(errors, at,
			           "tags are not understood; write the value without '%.60s'",
			           (const char *)node->tag);
		if (node->type == YAML_SCALAR_NODE &&
		    strlen(conf_tree_text(node)) != node->data.scalar.length)
			errors_add(errors, at, "the text has a NUL byte in it");
		if (node->type == YAML_MAPPING_NODE)
			check_keys(t, node, errors);
	}
}

int conf_tree_load(struct conf_tree *t, const char *text, size_t n, const char *file,
                   struct errors *errors)
{
	struct count c = { 0 };
	const yaml_node_t *bad;
	yaml_parser_t p;
	int rc;

	*t = (struct conf_tree){ .file = file, .text = text, .n = n };
	rc = check_bytes(text, n, file, errors);
	if (rc == 0)
		rc = check_events(text, n, file, errors);
	if (rc == 0)
		rc = parser_init(&p, text, n);
	if (rc < 0)
		return rc;
	t->loaded = yaml_parser_load(&p, &t->document) != 0;
	if (!t->loaded)
		rc = syntax_error(&p, text, n, file, errors);
	yaml_parser_delete(&p);
	if (rc < 0)
		return rc;
	t->root = yaml_document_get_root_node(&t->document);
	bad = t->root ? walk(t, t->root, &c) : NULL;
	if (bad) {
		errors_add(
			errors, conf_tree_place(t, bad), "%s",
			c.nodes > CONF_MAX_NODES
				? "too much for one configuration once its aliases are written out "
				  "(more than 100000 nodes)"
				: "nested too deep once its aliases are written out (more than 32 "
				  "levels; does an alias stand inside what it names?)");
		return -EINVAL;
	}
	check_nodes(t, errors);
	return 0;
}

void conf_tree_done(struct conf_tree *t)
{
	if (t->loaded)
		yaml_document_delete(&t->document);
	t->loaded = false;
	t->root = NULL;
}
