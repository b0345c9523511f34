/* Configurations of several files: what is found, in which order, and the places of mistakes. */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../folder.h"
#include "../suite.h"

static char folder[64];

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fputs(text, f) < 0, 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void begin(void)
{
	char path[256];

	folder_make(folder);
	snprintf(path, sizeof path, "%s/rules", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static int load(const char *name, struct errors *errors, struct conf **ret)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	*ret = NULL;
	return conf_load(path, CONF_FOR_REPLAY, errors, ret);
}

static struct conf *right(const char *name)
{
	struct errors errors = { 0 };
	struct conf *c;
	int r = load(name, &errors, &c);
	char *text = errors_text(&errors);

	ck_assert_msg(r == 0, "%s", text);
	free(text);
	errors_done(&errors);
	return c;
}

/* The messages without the folder's name. */
static char *wrong(const char *name)
{
	struct errors errors = { 0 };
	struct conf *c;
	char *text, *at;

	ck_assert_int_eq(load(name, &errors, &c), -EINVAL);
	ck_assert_ptr_null(c);
	text = errors_text(&errors);
	while ((at = strstr(text, folder)))
		memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder)));
	errors_done(&errors);
	return text;
}

#define RULE(name) "  - {name: " name ", when: price > 1}\n"

START_TEST(files_are_joined_in_order)
{
	static const char *const names[] = { "main", "a", "b", "deep", "z" };
	char path[256];
	struct conf *c;

	begin();
	write_file("main.yaml", "include: [\"rules/*.yaml\", z.yaml, \"none/*.yaml\"]\n"
	                        "define: {one: price}\nrules:\n" RULE("main"));
	write_file("rules/b.yaml", "include: deep/../../rules/deep.inc\nrules:\n" RULE("b"));
	write_file("rules/a.yaml", "define: {two: size, three: bid}\nrules:\n" RULE("a"));
	write_file("rules/b.test.yaml", "rules: b.yaml\ntests: []\n");
	write_file("rules/deep.inc", "rules:\n" RULE("deep"));
	write_file("z.yaml", "lists: [{name: l, values: [x]}]\nrules:\n" RULE("z"));
	snprintf(path, sizeof path, "%s/rules/deep", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	c = right("main.yaml");
	ck_assert_uint_eq(c->n_rules, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(c->rules[i].name.s, names[i]);
	ck_assert_uint_eq(c->define.n, 3);
	ck_assert_str_eq(c->define.v[2].key.s, "three");
	ck_assert_uint_eq(c->n_lists, 1);
	ck_assert_ptr_nonnull(strstr(c->rules[1].at.file, "/rules/a.yaml"));
	ck_assert_uint_eq(c->rules[1].at.line, 3);
	conf_free(c);
	folder_remove(folder);
}
END_TEST

/* Printed, it is one file that says the same. */
START_TEST(printed_whole)
{
	struct errors errors = { 0 };
	struct buf once = { 0 }, twice = { 0 };
	struct conf *c;

	begin();
	write_file("main.yaml", "include: more.yaml\nrules:\n" RULE("main"));
	write_file("more.yaml", "define: {busy: \"rate(1s) > 5\"}\n"
	                        "lists: [{name: l, file: l.txt}, {name: none, file: none.txt}]\n"
	                        "rules:\n" RULE("more"));
	write_file("l.txt", "A\nB C\n");
	write_file("none.txt", "# nobody today\n");
	c = right("main.yaml");
	conf_print(c, &once);
	conf_free(c);
	ck_assert_int_eq(conf_parse(buf_str(&once), once.n, "p", CONF_FOR_REPLAY, &errors, &c), 0);
	ck_assert_uint_eq(c->n_rules, 2);
	ck_assert_uint_eq(c->lists[0].values.n, 2);
	ck_assert_uint_eq(c->lists[1].values.n, 0);
	conf_print(c, &twice);
	ck_assert_str_eq(buf_str(&once), buf_str(&twice));
	conf_free(c);
	buf_done(&once);
	buf_done(&twice);
	folder_remove(folder);
}
END_TEST

START_TEST(words_of_a_list)
{
	static const char *const words[] = { "AAPL", "BRK B", "A#1", "last" };
	const struct conf_texts *v;
	struct conf *c;

	begin();
	write_file("main.yaml", "lists: [{name: l, file: rules/l.txt}]\nrules:\n" RULE("a"));
	write_file("rules/l.txt", "# first\nAAPL\n  BRK B \t# Berkshire\r\n\n   # none\nA#1\nlast");
	c = right("main.yaml");
	v = &c->lists[0].values;
	ck_assert_uint_eq(v->n, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(v->v[i].s, words[i]);
	ck_assert_uint_eq(v->v[1].at.line, 3);
	ck_assert_uint_eq(v->v[1].at.column, 3);
	conf_free(c);
	folder_remove(folder);
}
END_TEST

START_TEST(mistakes_have_their_file)
{
	char *said, text[200];

	begin();
	write_file("main.yaml",
	           "include: [a.yaml, gone.yaml, self.yaml, list.yaml, text.yaml, rules]\n"
	           "define: {busy: price > 1}\n"
	           "rules:\n" RULE("a") RULE("b"));
	write_file("a.yaml", "define: {busy: size > 1}\n"
	                     "name: other\n"
	                     "rulse: []\n"
	                     "rules:\n" RULE("c") RULE("a") "  - {name: d, wen: 1}\n");
	write_file("self.yaml", "include: [self.yaml, main.yaml]\n");
	memset(text, 'x', 150);
	snprintf(text + 150, sizeof text - 150, "\nA\n B\x01\n");
	write_file("l.txt", text);
	write_file("list.yaml", "lists:\n  - {name: l, file: l.txt}\n  - {name: l}\n"
	                        "  - {name: k, file: l.txt, values: [A]}\n"
	                        "  - {name: j, file: gone.txt}\n  - {name: i-, values: [A]}\n");
	write_file("text.yaml", "- a\n");
	said = wrong("main.yaml");
	ck_assert_str_eq(
		said,
		"a.yaml:1:10: error: name 'busy' is there twice in define (first in main.yaml:2)\n"
		"a.yaml:2:1: error: option 'name' belongs to the main file, not to an included one\n"
		"a.yaml:3:1: error: unknown option 'rulse' at the top level (did you mean 'rules'?)\n"
		"a.yaml:6:12: error: name 'a' is there twice in rules (first in main.yaml:4)\n"
		"a.yaml:7:5: error: missing option 'when' in rules[2]\n"
		"a.yaml:7:15: error: unknown option 'wen' in rules[2] (did you mean 'when'?)\n"
		"l.txt:1:1: error: a text of more than 128 bytes: "
		"'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'\n"
		"l.txt:3:2: error: not a text: 'B\\x01'\n"
		"list.yaml:3:5: error: lists[1]: needs 'values' or a 'file'\n"
		"list.yaml:3:12: error: name 'l' is there twice in lists (first in line 2)\n"
		"list.yaml:4:5: error: lists[2]: values or a file, not both\n"
		"list.yaml:5:21: error: option 'file' in lists[3]: 'gone.txt' cannot be read: No such "
		"file or directory\n"
		"list.yaml:6:12: error: option 'name' in lists[4]: expected a name: 1 to 64 letters, "
		"digits and '_', beginning with no digit, found 'i-'\n"
		"main.yaml:1:19: error: include: 'gone.yaml' cannot be read: No such file or directory\n"
		"main.yaml:1:63: error: include: 'rules' cannot be read: Is a directory\n"
		"self.yaml:1:11: error: include: 'self.yaml' is read already\n"
		"self.yaml:1:22: error: include: 'main.yaml' is read already\n"
		"text.yaml:1:1: error: expected a mapping of options, found a list\n");
	free(said);
	folder_remove(folder);
}
END_TEST

START_TEST(includes_are_bounded)
{
	char name[32], text[64], *said;

	begin();
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof name, "f%d", i);
		snprintf(text, sizeof text, "include: f%d\n", i + 1);
		write_file(name, text);
	}
	write_file("f12", "rules:\n" RULE("a"));
	said = wrong("f0");
	ck_assert_ptr_nonnull(
		strstr(said, "f8:1:10: error: include: files within one another more than 8 deep"));
	free(said);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "rules/%03d", i);
		write_file(name, "");
	}
	write_file("many", "include: rules/*\nrules:\n" RULE("a"));
	said = wrong("many");
	ck_assert_ptr_nonnull(strstr(said, "many:1:10: error: include: more than 256 files"));
	free(said);
	folder_remove(folder);
}
END_TEST

START_TEST(only_files_name_files)
{
	static const char text[] = "include: /etc/hosts\nlists: [{name: l, file: /etc/hosts}]\n"
				   "rules:\n" RULE("a");
	struct errors errors = { 0 };
	struct conf *c = NULL;
	char *said;

	ck_assert_int_eq(conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &c),
	                 -EINVAL);
	said = errors_text(&errors);
	ck_assert_str_eq(
		said, "t:1:10: error: include: only a file can name another\n"
		      "t:2:25: error: option 'file' in lists[0]: only a file can name another\n");
	free(said);
	errors_done(&errors);
}
END_TEST

/* Each byte of a condition, however YAML writes it. */
START_TEST(places_of_conditions)
{
	static const struct {
		const char *yaml, *when;
		size_t at;
		uint32_t line, column;
	} cases[] = {
		{ "price > 1", "price > 1", 8, 2, 27 },
		{ "\"price > 1\"", "price > 1", 8, 2, 28 },
		{ "'price > 1'", "price > 1", 0, 2, 20 },
		{ "|\n      price > 1\n\n      and size > 2\n", "price > 1\n\nand size > 2\n", 11,
		  5, 7 },
		{ "|\n      price > 1\n\n        and size > 2\n", "price > 1\n\n  and size > 2\n",
		  17, 5, 13 },
		{ ">-\n      price > 1\n      and size > 2\n", "price > 1 and size > 2", 14, 4,
		  11 },
		{ "price > 1\n      and size > 2\n", "price > 1 and size > 2", 10, 3, 7 },
		{ "\"price > 1\n      and size\n      > 2\"\n", "price > 1 and size > 2", 19, 4,
		  7 },
		{ "\"price \\x3e 1\"", "price > 1", 8, 2, 28 }, /* up to the escape */
		{ "account == \"\xc3\xa4\" and size > 1", "account == \"\xc3\xa4\" and size > 1",
		  20, 2, 38 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct errors errors = { 0 };
		struct conf *c = NULL;
		char text[400];
		struct place p;

		snprintf(text, sizeof text, "rules: [\n    {  \"when\":    %s\n,name: a}]\n",
		         cases[i].yaml);
		if (strchr("|>", cases[i].yaml[0]))
			snprintf(text, sizeof text, "rules:\n  - when:          %s    name: a\n",
			         cases[i].yaml);
		ck_assert_int_eq(conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &c),
		                 0);
		ck_assert_str_eq(c->rules[0].when.s, cases[i].when);
		p = conf_text_place(&c->rules[0].when, cases[i].at);
		ck_assert_msg(p.line == cases[i].line && p.column == cases[i].column, "%zu: %u:%u",
		              i, p.line, p.column);
		conf_free(c);
	}
}
END_TEST

SUITE("conf: include", files_are_joined_in_order, printed_whole, words_of_a_list,
      mistakes_have_their_file, includes_are_bounded, only_files_name_files, places_of_conditions)
