/* parse.h - shared by the tests of src/conf: parse a text, or tell what was said of it. */
#ifndef TEST_CONF_PARSE_H
#define TEST_CONF_PARSE_H

#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "conf/conf.h"

#define MINIMAL_SOURCES "sources:\n  - {name: s, brokers: b:1, topics: t, format: generic}\n"
#define MINIMAL_RULES "rules:\n  - {name: r, when: x > 1}\n"
#define MINIMAL_SINKS "sinks:\n  - {name: k, url: http://h/}\n"
#define MINIMAL MINIMAL_SOURCES MINIMAL_RULES MINIMAL_SINKS

/* The configuration, or a failed test that shows the errors. */
static inline struct conf *parse_for(const char *text, enum conf_need need)
{
	struct errors errors = { 0 };
	struct conf *c = NULL;
	int rc = conf_parse(text, strlen(text), "f.yaml", need, &errors, &c);
	char *said = errors_text(&errors);

	ck_assert_msg(rc == 0, "%s\n%s", said, text);
	ck_assert_uint_eq(errors.n_all, 0);
	free(said);
	errors_done(&errors);
	return c;
}

static inline struct conf *parse(const char *text)
{
	return parse_for(text, CONF_FOR_RUN);
}

/* What is said of a text that must be wrong; the caller frees. */
static inline char *refused_for(const char *text, enum conf_need need)
{
	struct errors errors = { 0 };
	struct conf *c = NULL;
	int rc = conf_parse(text, strlen(text), "f.yaml", need, &errors, &c);
	char *said = errors_text(&errors);

	ck_assert_msg(rc != 0, "accepted:\n%s", text);
	ck_assert_ptr_null(c);
	errors_done(&errors);
	return said;
}

static inline char *printed(const struct conf *c)
{
	struct buf b = { 0 };

	conf_print(c, &b);
	ck_assert(!b.failed);
	return buf_take(&b);
}

#endif
