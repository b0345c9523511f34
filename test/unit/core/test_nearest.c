/* "Did you mean": edits of each kind, ties, limits. */
#include "core/nearest.h"

#include <string.h>

#include "../suite.h"

static const char *const words[] = { "topics", "brokers", "cooldown", "confidence",
	                             "when",   "for",     "severity" };

static const char *near(const char *word)
{
	return nearest(word, strlen(word), words, sizeof words / sizeof words[0]);
}

START_TEST(kinds_of_edit)
{
	ck_assert_str_eq(near("topics"), "topics");
	ck_assert_str_eq(near("topic"), "topics"); /* one missing */
	ck_assert_str_eq(near("topiccs"), "topics"); /* one too many */
	ck_assert_str_eq(near("tobics"), "topics"); /* one wrong */
	ck_assert_str_eq(near("otpics"), "topics"); /* two swapped: one edit */
	ck_assert_str_eq(near("cooldwon"), "cooldown");
	ck_assert_str_eq(near("confidnece"), "confidence");
	ck_assert_str_eq(near("cnfidnce"), "confidence");
	ck_assert_str_eq(near("fro"), "for");
}
END_TEST

/* A third of the word's length, at least 1 and at most 3. */
START_TEST(limits)
{
	ck_assert_str_eq(near("fr"), "for");
	ck_assert_ptr_null(near("f"));
	ck_assert_ptr_null(near("xyz"));
	ck_assert_str_eq(near("whe"), "when");
	ck_assert_ptr_null(near("whx"));
	ck_assert_str_eq(near("severixx"), "severity");
	ck_assert_str_eq(near("confidexxx"), "confidence");
	ck_assert_ptr_null(near("confidxxxx"));
	ck_assert_ptr_null(near(""));
	ck_assert_ptr_null(nearest("a", 1, NULL, 0));
}
END_TEST

START_TEST(first_wins_a_tie)
{
	static const char *const alike[] = { "abcx", "abcy", "abcz" };

	ck_assert_str_eq(nearest("abc", 3, alike, 3), "abcx");
	ck_assert_str_eq(nearest("abcy", 4, alike, 3), "abcy");
}
END_TEST

START_TEST(long_words)
{
	char word[70], known[70];
	const char *const one[] = { known };

	memset(word, 'a', sizeof word);
	memset(known, 'a', sizeof known);
	known[63] = 0;
	ck_assert_ptr_eq(nearest(word, 63, one, 1), known);
	ck_assert_ptr_eq(nearest(word, 60, one, 1), known);
	ck_assert_ptr_null(nearest(word, 59, one, 1));
	ck_assert_ptr_null(nearest(word, 64, one, 1));
	known[63] = 'a';
	known[64] = 0;
	ck_assert_ptr_null(nearest(word, 63, one, 1));
}
END_TEST

/* The word need not be terminated. */
START_TEST(part_of_a_text)
{
	ck_assert_str_eq(nearest("tpics: [a]", 5, words, 7), "topics");
}
END_TEST

SUITE("nearest", kinds_of_edit, limits, first_wins_a_tie, long_words, part_of_a_text)
