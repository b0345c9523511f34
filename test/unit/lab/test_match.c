/* Expected and found: as many pairs as possible, the nearest miss, and how a difference is shown. */
#include "lab/match.h"

#include "core/timefmt.h"
#include "given.h"

#define S NS_PER_S

static const struct tocsin_label labels[] = { { "team", "desk" } };

static struct lab_alert alert(int64_t seconds, const char *rule)
{
	return (struct lab_alert){
		.time_ns = seconds * S,
		.rule_name = rule,
		.instrument = "ES",
		.account = "A",
		.summary = "ES moved 4%",
		.status = "firing",
		.severity = TOCSIN_WARNING,
		.confidence = 0.6,
		.labels = (struct tocsin_label *)(uintptr_t)labels,
		.n_labels = 1,
	};
}

static struct lab_test parse_expect(struct given *g, const char *expect)
{
	char text[1000];
	char *said;
	int e;

	*g = (struct given){ 0 };
	snprintf(text, sizeof text,
	         "rules: r.yaml\ntests:\n  - name: t\n    events: [{at: 0s, price: 1, size: 1}]\n"
	         "    expect:\n%s",
	         expect);
	e = lab_file_parse(text, strlen(text), "t.test.yaml", &g->errors, &g->file);
	said = errors_text(&g->errors);
	ck_assert_msg(e == 0, "%s", said);
	free(said);
	return g->file->tests[0];
}

/* The first expectation fits both alerts, the second the first only: taking what comes first would
 * leave one over. */
START_TEST(a_largest_matching)
{
	struct lab_alert v[] = { alert(10, "r"), alert(20, "r") };
	struct lab_alerts found = { .v = v, .n = 2 };
	struct lab_match m;
	struct given g;
	struct lab_test t = parse_expect(&g, "      - {rule: r, at: 15s, within: 5s}\n"
	                                     "      - {rule: r, at: 10s}\n");

	ck_assert_int_eq(lab_match(&t, &found, 0, &m), 0);
	ck_assert(lab_match_whole(&m));
	ck_assert_uint_eq(m.alert_of[0], 1);
	ck_assert_uint_eq(m.alert_of[1], 0);
	lab_match_done(&m);
	given_done(&g);
}
END_TEST

START_TEST(each_attribute_counts)
{
	static const struct {
		const char *expect;
		unsigned differs;
	} cases[] = {
		{ "{}", 0 },
		{ "{at: 10s, rule: r, instrument: ES, severity: warning, status: firing}", 0 },
		{ "{at: 11s, within: 1s, labels: {team: desk}, summary: ES moved 4%}", 0 },
		{ "{at: 11s, within: 999ms}", LAB_DIFFERS_TIME },
		{ "{at: 9s}", LAB_DIFFERS_TIME },
		{ "{rule: s}", LAB_DIFFERS_RULE },
		{ "{instrument: NQ}", LAB_DIFFERS_INSTRUMENT },
		{ "{account: A}", 0 },
		{ "{account: B}", LAB_DIFFERS_ACCOUNT },
		{ "{status: resolved}", LAB_DIFFERS_STATUS },
		{ "{severity: info}", LAB_DIFFERS_SEVERITY },
		{ "{min_confidence: 0.61}", LAB_DIFFERS_CONFIDENCE },
		{ "{max_confidence: 59%}", LAB_DIFFERS_CONFIDENCE },
		{ "{min_confidence: 60%, max_confidence: 60%}", 0 },
		{ "{summary: ES}", LAB_DIFFERS_SUMMARY },
		{ "{summary_contains: moved}", 0 },
		{ "{summary_contains: fell}", LAB_DIFFERS_SUMMARY },
		{ "{labels: {team: x}}", LAB_DIFFERS_LABELS },
		{ "{labels: {desk: x}}", LAB_DIFFERS_LABELS },
		{ "{at: 1h, rule: s, labels: {desk: x}}",
		  LAB_DIFFERS_TIME | LAB_DIFFERS_RULE | LAB_DIFFERS_LABELS },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct lab_alert a = alert(10, "r");
		char line[200];
		struct given g;
		struct lab_test t;

		snprintf(line, sizeof line, "      - %s\n", cases[i].expect);
		t = parse_expect(&g, line);
		ck_assert_msg(lab_differences(&t.expect[0], &a, 0) == cases[i].differs, "%s",
		              cases[i].expect);
		given_done(&g);
	}
}
END_TEST

START_TEST(a_missing_and_an_unexpected_one_fail)
{
	struct lab_alert v[] = { alert(10, "r") };
	struct lab_alerts none = { 0 }, one = { .v = v, .n = 1 };
	struct lab_match m;
	struct given g;
	struct lab_test t = parse_expect(&g, "      - {rule: r}\n");

	ck_assert_int_eq(lab_match(&t, &none, 0, &m), 0);
	ck_assert(!lab_match_whole(&m));
	lab_match_done(&m);
	t.n_expect = 0;
	ck_assert_int_eq(lab_match(&t, &one, 0, &m), 0);
	ck_assert(!lab_match_whole(&m));
	lab_match_done(&m);
	ck_assert_int_eq(lab_match(&t, &none, 0, &m), 0);
	ck_assert(lab_match_whole(&m));
	lab_match_done(&m);
	given_done(&g);
}
END_TEST

START_TEST(what_is_shown)
{
	struct lab_alert v[] = { alert(10, "move"), alert(75, "move"), alert(3600, "other-rule") };
	struct lab_alerts found = { .v = v, .n = 3 };
	struct buf out = { 0 };
	struct lab_match m;
	struct given g;
	struct lab_test t = parse_expect(
		&g, "      - {rule: move, at: 10s}\n"
		    "      - {rule: move, at: 1m, within: 10s, severity: critical,\n"
		    "         labels: {team: x}, summary: fell}\n"
		    "      - {rule: quiet, status: resolved}\n");

	ck_assert_int_eq(lab_match(&t, &found, 0, &m), 0);
	lab_diff(&t, &found, 0, &m, true, "  ", &out);
	ck_assert_str_eq(
		buf_str(&out),
		"  - missing      any time  quiet       any instrument  resolved\n"
		"  = as expected       10s  move        ES A            firing warning, confidence 0.60  ES moved 4%\n"
		"  - missing      1m +-10s  move        any instrument  critical\n"
		"      nearest: the one at 1m15s; 15s late; severity warning; label team is 'desk', not 'x'\n"
		"      its summary is  \"ES moved 4%\"\n"
		"      expected        \"fell\"\n"
		"  + unexpected      1m15s  move        ES A            firing warning, confidence 0.60  ES moved 4%\n"
		"  + unexpected         1h  other-rule  ES A            firing warning, confidence 0.60  ES moved 4%\n");
	buf_done(&out);
	lab_match_done(&m);
	given_done(&g);
}
END_TEST

SUITE("match", a_largest_matching, each_attribute_counts, a_missing_and_an_unexpected_one_fail,
      what_is_shown)
