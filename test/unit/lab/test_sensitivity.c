/* Parameters moved: how values are written, and that a variant is the rule with that value. */
#include "lab/sensitivity.h"

#include <stdio.h>
#include <string.h>

#include "../suite.h"

START_TEST(scaled)
{
	static const struct {
		const char *value, *want; /* NULL: does not move */
		int percent;
		bool whole;
	} cases[] = {
		{ "3%", "3.3%", 10, false },      { "3%", "3.3%", 10, true },
		{ "0.5", "0.25", -50, false },    { "250", "312.5", 25, false },
		{ "250", "313", 25, true },       { "-4", "-6", 50, false },
		{ "10s", "7s500ms", -25, false }, { "1h30m", "2h15m", 50, false },
		{ "3", "3.3", 10, false },        { "3", NULL, 10, true },
		{ "0", NULL, 50, false },         { "buy", NULL, 50, false },
		{ "", NULL, 50, false },          { "%", NULL, 50, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[48] = "";
		bool moved = lab_scaled(cases[i].value, cases[i].percent, cases[i].whole, text,
		                        sizeof text);

		ck_assert_msg(moved == (cases[i].want != NULL), "%s", cases[i].value);
		if (moved)
			ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

START_TEST(variants)
{
	static const char text[] = "rules:\n"
				   "  - name: r\n"
				   "    params: {limit: 3%, window: 1m, word: '\"buy\"'}\n"
				   "    when: abs(return(price, window)) > limit and side == word\n"
				   "  - {name: plain, when: price > 1}\n";
	struct lab_rules rules = { 0 };
	struct lab_sensitivity s = { 0 };
	struct errors errors = { 0 };
	int e = conf_parse(text, strlen(text), "t", CONF_FOR_REPLAY, &errors, &rules.conf);
	char *said;

	if (e == 0)
		e = plan_new(rules.conf, &errors, &rules.plan);
	said = errors_text(&errors);
	ck_assert_msg(e == 0, "%s", said);
	free(said);
	ck_assert_int_eq(lab_sensitivity_new(&rules, &s), 0);
	ck_assert_uint_eq(s.n, 2 * LAB_N_STEPS); /* the word does not move */
	ck_assert_str_eq(s.v[0].value, "1.5%");
	ck_assert_str_eq(s.v[LAB_N_STEPS - 1].value, "4.5%");
	ck_assert_str_eq(s.v[LAB_N_STEPS].value, "30s");
	for (size_t i = 0; i < s.n; i++)
		ck_assert_ptr_nonnull(s.v[i].impl);
	lab_sensitivity_done(&s);
	lab_rules_done(&rules);
	errors_done(&errors);
}
END_TEST

SUITE("sensitivity", scaled, variants)
