/* suite.h - a test file's tests, run one by one, each alone with fresh state. */
#ifndef LAB_SUITE_H
#define LAB_SUITE_H

#include "lab/alerts.h"
#include "lab/compose.h"
#include "lab/match.h"
#include "lab/rules.h"

/* What one test came to. */
struct lab_result {
	const struct lab_test *test;
	bool passed;
	size_t n_events;
	int64_t start_ns;
	struct lab_alerts found;
	struct lab_match match;
};

/* What the tests of a file show of one rule. */
struct lab_cover {
	bool fires;                      /* a test that passed expects an alert of it, and has it */
	bool silent;                     /* in a test that passed it was judged, and made none */
};

struct lab_suite {
	struct lab_file *file;
	const char **paths;              /* of the rules under test */
	struct lab_rules rules;          /* without a test's own parameters */
	struct lab_result *results;      /* of the tests that were run, in the file's order */
	size_t n_results, n_failed;
	struct lab_cover *cover;         /* a rule each */
};

/* Reads a test file, its rules and, to see that they are right, its events. 0; -EINVAL with `errors`
 * filled; -ENOMEM. `path` must outlive the errors. End it with lab_suite_done() in every case. */
int lab_suite_load(const char *path, struct errors *errors, struct lab_suite *ret);
void lab_suite_done(struct lab_suite *s);
/* Runs the tests whose names match `pattern` (part of the name, or with * and ? as in file names; NULL
 * = all). 0; -EINVAL with `errors` filled, when a log could not be read again; -ENOMEM. */
int lab_suite_run(struct lab_suite *s, const char *pattern, struct errors *errors);

/* The report for people: a line for each test, under a failed one the differences; with `verbose`
 * every alert. */
void lab_suite_report(const struct lab_suite *s, bool verbose, struct buf *out);
/* The rules that no test of these files makes fire, and those that none keeps silent; a line each.
 * How many lines. */
size_t lab_suite_uncovered(const struct lab_suite *suites, size_t n, struct buf *out);
/* JUnit XML, as continuous integration reads it, of all of them. */
void lab_junit(const struct lab_suite *suites, size_t n, struct buf *out);

#endif
