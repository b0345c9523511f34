/* Text to a tree and back: the canonical text, and what the parser refuses. */
#include "expr/print.h"
#include "expr/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../suite.h"

static void parse(const char *text, struct tree *t)
{
	struct expr_error error = { 0 };
	int r = tree_parse(text, strlen(text), t, &error);

	ck_assert_msg(r == 0, "%s: %d at %zu: %s", text, r, error.at, error.text);
}

START_TEST(canonical)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "a>1", "a > 1" },
		{ "((a))  > (1)", "a > 1" },
		{ "(a + b) + c > 3%", "a + b + c > 3%" },
		{ "a + (b + c) > 3", "a + (b + c) > 3" },
		{ "a - (b - c) > -(-3)", "a - (b - c) > --3" },
		{ "(a + b) * c / (d / 2) > 1", "(a + b) * c / (d / 2) > 1" },
		{ "-(a + b) > 1", "-(a + b) > 1" },
		{ "a > 1 and (b > 1 and c > 1)", "a > 1 and b > 1 and c > 1" },
		{ "a > 1 or (b > 1 and c > 1)", "a > 1 or b > 1 and c > 1" },
		{ "(a > 1 or b > 1) and c > 1", "(a > 1 or b > 1) and c > 1" },
		{ "not (a > 1)", "not a > 1" },
		{ "not (a > 1 and b > 1)", "not (a > 1 and b > 1)" },
		{ "not not a > 1", "not not a > 1" },
		{ "(a > 1) == b", "(a > 1) == b" },
		{ "count( trade,1m )>5", "count(trade, 1m) > 5" },
		{ "f() > 1", "f() > 1" },
		{ "sum(size,1m where side==buy and(price>3 or price<1))>1",
		  "sum(size, 1m where side == buy and (price > 3 or price < 1)) > 1" },
		{ "f(where a) > 1", "f(where a) > 1" },
		{ "count(1m)by venue+account>1", "count(1m) by account+venue > 1" },
		{ "count(1m) by account + rate(1s) > 1", "count(1m) by account + rate(1s) > 1" },
		{ "first_seen by account < 5m", "first_seen by account < 5m" },
		{ "price/price of 'NQH4' > 1", "price / price of 'NQH4' > 1" },
		{ "count(1m) by venue of peer > 1", "count(1m) by venue of peer > 1" },
		{ "account in ( \"A\",'B' )", "account in (\"A\", 'B')" },
		{ "account not in restricted", "account not in restricted" },
		{ "not account in restricted", "account not in restricted" },
		{ "not (account in restricted)", "account not in restricted" },
		{ "(account not in r) == a", "(account not in r) == a" },
		{ "time between 22:00 and 02:00:30", "time between 22:00 and 02:00:30" },
		{ "time not between 22:00 and 24:00 and a > 1",
		  "time not between 22:00 and 24:00 and a > 1" },
		{ "a between 1+2 and 3 or b", "a between 1 + 2 and 3 or b" },
		{ "phase == \"auction #1\" # why\n and a > 1",
		  "phase == \"auction #1\" and a > 1" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tree t, again;
		struct buf out = { 0 }, twice = { 0 };

		parse(cases[i].text, &t);
		ck_assert_int_eq(print_tree(&t, t.root, &out, NULL), 0);
		ck_assert_str_eq(buf_str(&out), cases[i].canonical);
		parse(buf_str(&out), &again);
		ck_assert_int_eq(print_tree(&again, again.root, &twice, NULL), 0);
		ck_assert_str_eq(buf_str(&twice), cases[i].canonical);
		tree_done(&t);
		tree_done(&again);
		buf_done(&out);
		buf_done(&twice);
	}
}
END_TEST

START_TEST(nodes)
{
	const char *text =
		"(sum(size, 1m where (kind == fill)) by account + venue of \"NQH4\") > 09:30";
	struct tree t;
	const struct tree_node *root, *call, *where, *time;
	const char *p;
	size_t n;

	parse(text, &t);
	root = &t.nodes[t.root];
	call = &t.nodes[root->first];
	ck_assert_int_eq(call->op, TREE_CALL);
	ck_assert_uint_eq(call->n, 2);
	ck_assert_uint_eq(call->by, TREE_BY_ACCOUNT | TREE_BY_VENUE);
	ck_assert(tree_is_name(&t, call, "sum") && !tree_is_name(&t, call, "su"));
	ck_assert_int_eq(text[call->end - 1], ')');
	ck_assert_uint_eq(call->from, 0);
	ck_assert_int_eq(text[call->to - 1], ')');
	where = &t.nodes[call->where];
	ck_assert_int_eq(where->op, TREE_EQUAL);
	ck_assert_int_eq(strncmp(text + where->from, "(kind == fill)", where->to - where->from), 0);
	p = tree_string(&t, &t.nodes[call->of], &n);
	ck_assert(n == 4 && memcmp(p, "NQH4", 4) == 0);
	time = &t.nodes[call->next];
	ck_assert_int_eq(time->op, TREE_TIME);
	ck_assert_int_eq(time->duration_ns, (9 * 60 + 30) * 60000000000LL);
	tree_done(&t);
}
END_TEST

/* Where the pieces of a canonical text came from. */
START_TEST(places)
{
	const char *text = " a>  (1)  and bad( x )";
	struct tree t;
	struct buf out = { 0 };
	struct print_map map = { 0 };
	uint32_t source;

	parse(text, &t);
	ck_assert_int_eq(print_tree(&t, t.root, &out, &map), 0);
	ck_assert_str_eq(buf_str(&out), "a > 1 and bad(x)");
	for (const char *p = buf_str(&out); *p; p++) {
		size_t at = print_map_find(&map, (size_t)(p - buf_str(&out)), &source);

		ck_assert_uint_eq(source, 0);
		if (strchr("a1bdx)", *p) && strncmp(p, "and", 3) != 0 && strncmp(p, "d b", 3) != 0)
			ck_assert_msg(text[at] == *p, "%s -> %zu", p, at);
	}
	print_map_done(&map);
	buf_done(&out);
	tree_done(&t);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *text;
		size_t at;
		const char *says;
	} cases[] = {
		{ "time > 9:30", 7, "'9:30' is no time of day" },
		{ "time > 09:60", 7, "no time of day" },
		{ "time > 24:01", 7, "no time of day" },
		{ "time > 09:30:", 7, "no time of day" },
		{ "time > 09:30:15:2", 7, "no time of day" },
		{ "a == \"x", 5, "has no end" },
		{ "a == 'x\ny'", 7, "on the line where it begins" },
		{ "a in", 4, "expected the name of a list" },
		{ "a in ()", 6, "expected a text in quotes after '('" },
		{ "a in ('x',)", 10, "expected a text in quotes after ','" },
		{ "a in (1)", 6, "expected a text in quotes" },
		{ "a in ('x'", 9, "expected ',' or ')', found the end" },
		{ "a not 3", 6, "expected 'in' or 'between', found '3'" },
		{ "a between 1 or 2", 12, "expected 'and', found 'or'" },
		{ "a between 1 and 2 < 3", 18, "comparisons do not chain" },
		{ "a < b in c", 6, "comparisons do not chain" },
		{ "f(1m) by acount > 1", 9, "(did you mean 'account'?)" },
		{ "f(1m) by account+account > 1", 17, "'account' is there twice" },
		{ "f(1m) by > 1", 9, "expected instrument, account, venue or counterparty" },
		{ "f(1m) of 3 > 1", 9, "expected a text in quotes after 'of'" },
		{ "f(1m) of 'x' by account > 1", 13, "'by' comes before 'of'" },
		{ "f(1m where a, 2) > 1", 12, "'where' comes last" },
		{ "f(1m where) > 1", 10, "expected a value, found ')'" },
		{ "a > 1 where b", 6, "expected an operator or the end" },
		{ "in > 1", 0, "expected a value, found 'in'" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expr_error error = { 0 };
		struct tree t;

		ck_assert_msg(tree_parse(cases[i].text, strlen(cases[i].text), &t, &error) ==
		                      -EINVAL,
		              "%s", cases[i].text);
		ck_assert_msg(error.at == cases[i].at && strstr(error.text, cases[i].says),
		              "%s: at %zu: %s", cases[i].text, error.at, error.text);
	}
}
END_TEST

SUITE("tree", canonical, nodes, places, refused)
