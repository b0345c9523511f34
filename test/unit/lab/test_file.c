/* Wrong test files and all that is said of each, to the byte. */
#include "lab/file.h"

#include <errno.h>

#include "given.h"

static const struct wrong {
	const char *name, *text, *errors;
} wrong[] = {
	{ "empty", "",
	  "t.test.yaml:1:1: error: missing option 'rules' at the top level\n"
	  "t.test.yaml:1:1: error: missing option 'tests' at the top level\n" },
	{ "not a mapping", "- a\n",
	  "t.test.yaml:1:1: error: expected a mapping of options, found a list\n" },
	{ "no tests", "rules: r.yaml\ntests: []\n",
	  "t.test.yaml:1:1: error: 'tests' is empty: a file without tests cannot fail\n" },
	{ "unknown option", "rules: r.yaml\ntest: []\ntests: [{name: a, evens: [], expect: []}]\n",
	  "t.test.yaml:2:1: error: unknown option 'test' at the top level (did you mean 'tests'?)\n"
	  "t.test.yaml:3:9: error: missing option 'events' in tests[0]\n"
	  "t.test.yaml:3:19: error: unknown option 'evens' in tests[0] (did you mean 'events'?)\n" },
	{ "no expectations",
	  "rules: r.yaml\ntests:\n  - {name: a, events: [{at: 0s, price: 1, size: 1}]}\n",
	  "t.test.yaml:3:5: error: missing option 'expect' in tests[0]\n" },
	{ "empty expectations",
	  "rules: r.yaml\ntests:\n  - name: a\n    events: [{at: 0s, price: 1, size: 1}]\n    expect:\n",
	  "t.test.yaml:3:5: error: option 'expect' in tests[0] is empty: write [] when no alert is expected\n" },
	{ "no events", "rules: r.yaml\ntests:\n  - {name: a, events: [], expect: []}\n",
	  "t.test.yaml:3:5: error: tests[0] has no events: it could not fail\n" },
	{ "the same name twice",
	  "rules: r.yaml\ntests:\n  - {name: a, events: [{at: 0s}], expect: []}\n"
	  "  - {name: a, events: [{at: 0s}], expect: []}\n",
	  "t.test.yaml:4:12: error: name 'a' is there twice in tests (first in line 3)\n" },
	{ "wrong kind", ONE("      - {at: 0s, kind: trades, price: 1, size: 1}\n"),
	  "t.test.yaml:6:24: error: option 'kind' in tests[0].events[0]: expected one of trade, quote, "
	  "order_add, order_cancel, order_modify, fill, bar, book_clear, found 'trades' (did you mean "
	  "'trade'?)\n" },
	{ "wrong time and price", ONE("      - {at: soon, price: 1O1, size: -1}\n"),
	  "t.test.yaml:6:14: error: option 'at' in tests[0].events[0]: expected a duration since the "
	  "start such as 90s, or a time such as 2024-01-31T09:30:00Z, found 'soon'\n"
	  "t.test.yaml:6:27: error: option 'price' in tests[0].events[0]: expected a number such as "
	  "101.25, found '1O1'\n"
	  "t.test.yaml:6:38: error: option 'size' in tests[0].events[0]: expected a size, not below 0, "
	  "found '-1'\n" },
	{ "an event without a time", ONE("      - {price: 1, size: 1}\n"),
	  "t.test.yaml:6:9: error: missing option 'at' in tests[0].events[0]: an event needs it\n" },
	{ "two forms in one", ONE("      - {file: a.jsonl, rows: \"at\"}\n"),
	  "t.test.yaml:6:9: error: tests[0].events[0]: only one of rows, file and generate may be there\n" },
	{ "unknown shape", ONE("      - {generate: wlak, to: 1m}\n"),
	  "t.test.yaml:6:20: error: option 'generate' in tests[0].events[0]: expected one of none, "
	  "constant, ramp, walk, burst, gap, found 'wlak' (did you mean 'walk'?)\n" },
	{ "shapes that lack something",
	  ONE("      - {generate: walk, price: 1, size: 1, step: 1, every: 1s}\n"
	      "      - {generate: walk, to: 1m, size: 1}\n"
	      "      - {generate: burst, price: 1, size: 1}\n"
	      "      - {generate: ramp, every: 1s, count: 9, price: 1, size: 1}\n"
	      "      - {generate: gap, from: 1m}\n"),
	  "t.test.yaml:6:9: error: missing option 'to' or 'count' in tests[0].events[0]: generate: walk needs one\n"
	  "t.test.yaml:7:9: error: missing option 'every' in tests[0].events[1]: generate: walk needs it\n"
	  "t.test.yaml:7:9: error: missing option 'step' in tests[0].events[1]: generate: walk needs it\n"
	  "t.test.yaml:7:9: error: missing option 'price' in tests[0].events[1]: generate: walk needs it\n"
	  "t.test.yaml:8:9: error: missing option 'to' in tests[0].events[2]: generate: burst needs it\n"
	  "t.test.yaml:8:9: error: missing option 'count' in tests[0].events[2]: generate: burst needs it\n"
	  "t.test.yaml:9:9: error: missing option 'price_to' in tests[0].events[3]: generate: ramp needs it\n"
	  "t.test.yaml:10:9: error: missing option 'to' in tests[0].events[4]: generate: gap needs it\n" },
	{ "options without effect",
	  ONE("      - {at: 0s, price: 1, size: 1, step: 2}\n"
	      "      - {generate: gap, to: 1m, price: 3}\n"
	      "      - {file: a.jsonl, side: buy}\n"
	      "      - {at: 0s, price: 1, size: 1, side: random}\n"),
	  "t.test.yaml:6:43: error: option 'step' in tests[0].events[0]: without effect for a single event\n"
	  "t.test.yaml:7:40: error: option 'price' in tests[0].events[1]: without effect for generated "
	  "events of shape gap\n"
	  "t.test.yaml:8:31: error: option 'side' in tests[0].events[2]: without effect for a recorded log\n"
	  "t.test.yaml:9:43: error: option 'side' in tests[0].events[3]: 'random' is of generated events only\n" },
	{ "expectations that cannot be met",
	  "rules: r.yaml\ntests:\n  - name: a\n    events: [{at: 0s, price: 1, size: 1}]\n    expect:\n"
	  "      - {within: 5s}\n"
	  "      - {at: 1m, min_confidence: 80%, max_confidence: 0.5}\n"
	  "      - {at: 1m, severity: critcal, staus: firing}\n"
	  "      - {at: 1m, summary: a, summary_contains: b}\n",
	  "t.test.yaml:8:28: error: option 'severity' in tests[0].expect[2]: expected one of info, "
	  "warning, critical, found 'critcal' (did you mean 'critical'?)\n"
	  "t.test.yaml:8:37: error: unknown option 'staus' in tests[0].expect[2] (did you mean 'status'?)\n" },
	{ "expectations that contradict themselves",
	  "rules: r.yaml\ntests:\n  - name: a\n    events: [{at: 0s, price: 1, size: 1}]\n    expect:\n"
	  "      - {within: 5s}\n"
	  "      - {at: 1m, min_confidence: 80%, max_confidence: 0.5}\n"
	  "      - {at: 1m, summary: a, summary_contains: b}\n",
	  "t.test.yaml:6:9: error: missing option 'at' in tests[0].expect[0]: 'within' needs it\n"
	  "t.test.yaml:7:9: error: tests[0].expect[1]: min_confidence is above max_confidence\n"
	  "t.test.yaml:8:48: error: option 'summary_contains' in tests[0].expect[2]: 'summary' is there too\n" },
	{ "an event without what its kind needs",
	  ONE("      - {at: 0s}\n"
	      "      - {at: 1s, kind: quote, price: 1}\n"
	      "      - {generate: constant, every: 1s, count: 100, price: 1}\n"),
	  "t.test.yaml:6:9: error: a trade needs a price\n"
	  "t.test.yaml:6:9: error: a trade needs a size above 0\n"
	  "t.test.yaml:7:9: error: a quote needs a bid or an ask\n"
	  "t.test.yaml:8:9: error: a trade needs a size above 0\n" },
	{ "a wrong table",
	  ONE("      - rows: |\n"
	      "          at, kind, sid, price, price\n"
	      "          0s, trade, buy, 1, 1\n"),
	  "t.test.yaml:7:21: error: unknown column 'sid' (did you mean 'side'?)\n"
	  "t.test.yaml:7:33: error: column 'price' is there twice\n"
	  "t.test.yaml:8:11: error: a trade needs a size above 0\n" },
	{ "wrong rows",
	  ONE("      - rows: |\n"
	      "          # a comment\n"
	      "          at, kind,  price, size\n"
	      "          0s, tade,  1,     1\n"
	      "          1s, trade, one,   1\n"
	      "          2s, trade, 1,     1, 5\n"
	      "            , trade, 1,     1\n"),
	  "t.test.yaml:9:15: error: column 'kind': unknown word 'tade' (did you mean 'trade'?)\n"
	  "t.test.yaml:10:22: error: column 'price': expected a number such as 101.25, found 'one'\n"
	  "t.test.yaml:11:11: error: 5 cells, but 4 columns\n"
	  "t.test.yaml:12:13: error: a row needs its time, in column 'at'\n" },
	{ "a log that is not there", ONE("      - {file: /nowhere/a.jsonl}\n"),
	  "t.test.yaml:6:16: error: /nowhere/a.jsonl: No such file or directory\n" },
	{ "an unknown format", ONE("      - {file: /nowhere/a.jsonl, format: databento-mdo}\n"),
	  "t.test.yaml:6:42: error: unknown format 'databento-mdo' (did you mean 'databento-mbo'?)\n" },
	{ "a gap in nothing",
	  ONE("      - {at: 1m, price: 1, size: 1}\n      - {generate: gap, from: 2m, to: 3m}\n"),
	  "t.test.yaml:7:9: error: this gap takes nothing away: no event of the items above is in it\n" },
	{ "a span that ends before it begins",
	  ONE("      - {generate: constant, from: 2m, to: 1m, every: 1s, price: 1, size: 1}\n"),
	  "t.test.yaml:6:44: error: 'to' is not after 'from'\n" },
	{ "too many events",
	  ONE("      - {generate: constant, every: 1ns, to: 1d, price: 1, size: 1}\n"),
	  "t.test.yaml:6:9: error: more than 2000000 events in one test\n" },
};

START_TEST(each_mistake_has_its_place)
{
	const struct wrong *w = &wrong[_i];
	struct lab_events events = { 0 };
	struct given g;
	char *said;
	int e;

	given_rules(&g, RULES);
	e = lab_file_parse(w->text, strlen(w->text), "t.test.yaml", &g.errors, &g.file);
	if (e == 0)
		e = lab_compose(g.file, &g.file->tests[0], g.plan, &g.errors, &events);
	said = errors_text(&g.errors);
	ck_assert_int_eq(e, -EINVAL);
	ck_assert_msg(strcmp(said, w->errors) == 0, "%s:\nwanted\n%s\nfound\n%s", w->name,
	              w->errors, said);
	free(said);
	lab_events_done(&events);
	given_done(&g);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file");
	TCase *c = tcase_create("file");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, each_mistake_has_its_place, 0,
	                    (int)(sizeof wrong / sizeof wrong[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
