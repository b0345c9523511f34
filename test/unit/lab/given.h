/* given.h - shared by the tests of src/lab: a test file and rules from memory. */
#ifndef TEST_LAB_GIVEN_H
#define TEST_LAB_GIVEN_H

#include <stdio.h>
#include <string.h>

#include "../suite.h"
#include "lab/compose.h"
#include "lab/file.h"

#define RULES \
	"rules:\n" \
	"  - {name: move, when: \"abs(return(price, 1m)) > 3%\", cooldown: 5m}\n" \
	"  - {name: quiet, match: {kind: any}, when: absent_for(5m)}\n"

struct given {
	struct conf *conf;
	struct plan *plan;
	struct lab_file *file;
	struct errors errors;
};

static inline void given_rules(struct given *g, const char *rules)
{
	*g = (struct given){ 0 };
	ck_assert_int_eq(conf_parse(rules, strlen(rules), "rules.yaml", CONF_FOR_REPLAY, &g->errors,
	                            &g->conf),
	                 0);
	ck_assert_int_eq(plan_new(g->conf, &g->errors, &g->plan), 0);
}

static inline void given_done(struct given *g)
{
	errors_done(&g->errors);
	lab_file_free(g->file);
	plan_free(g->plan);
	conf_free(g->conf);
}

/* The events of the first test of this file, or a failed test that shows the errors. */
static inline void given_events(struct given *g, const char *text, struct lab_events *ret)
{
	char *said;
	int e;

	given_rules(g, RULES);
	e = lab_file_parse(text, strlen(text), "t.test.yaml", &g->errors, &g->file);
	if (e == 0)
		e = lab_compose(g->file, &g->file->tests[0], g->plan, &g->errors, ret);
	said = errors_text(&g->errors);
	ck_assert_msg(e == 0, "%s\n%s", said, text);
	free(said);
}

#define ONE(events) \
	"rules: r.yaml\ntests:\n  - name: t\n    expect: []\n    events:\n" events

#endif
