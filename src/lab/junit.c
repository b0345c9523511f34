/* Results as JUnit XML: the dialect that Jenkins, GitLab and GitHub's actions read: testsuites,
 * testsuite, testcase, failure. Durations are left out, so that the same tests give the same bytes. */
#include <string.h>

#include "core/utf8.h"
#include "lab/suite.h"

/* Text for an attribute or an element. What XML 1.0 has no place for becomes '?'. */
static void escape(const char *s, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = strlen(s);

	while (left) {
		size_t n = utf8_char(p, left);

		if (n == 0 || (n == 1 && *p < ' ' && *p != '\n' && *p != '\t') ||
		    (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe))
			buf_putc(out, '?');
		else if (*p == '&' || *p == '<' || *p == '>' || *p == '"' || *p == '\n' ||
		         *p == '\t')
			buf_printf(out, "&#%d;", *p);
		else
			buf_add(out, p, n);
		p += n ? n : 1;
		left -= n ? n : 1;
	}
}

static void one(const struct lab_suite *s, const struct lab_result *r, struct buf *out)
{
	struct buf diff = { 0 };

	buf_puts(out, "    <testcase classname=\"");
	escape(s->file->path, out);
	buf_puts(out, "\" name=\"");
	escape(r->test->name.s, out);
	buf_printf(out, "\" file=\"");
	escape(s->file->path, out);
	buf_printf(out, "\" line=\"%u\"%s>\n", r->test->place.line, r->passed ? "/" : "");
	if (r->passed)
		return;
	lab_diff(r->test, &r->found, r->start_ns, &r->match, false, "", &diff);
	buf_printf(out, "      <failure message=\"%zu missing, %zu unexpected\">",
	           r->match.n_expect - r->match.n_matched, r->match.n_alerts - r->match.n_matched);
	escape(buf_str(&diff), out);
	buf_puts(out, "</failure>\n    </testcase>\n");
	out->failed |= diff.failed;
	buf_done(&diff);
}

void lab_junit(const struct lab_suite *suites, size_t n, struct buf *out)
{
	size_t n_tests = 0, n_failed = 0;

	for (size_t i = 0; i < n; i++) {
		n_tests += suites[i].n_results;
		n_failed += suites[i].n_failed;
	}
	buf_printf(out,
	           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	           "<testsuites name=\"tocsin test\" tests=\"%zu\" failures=\"%zu\" "
	           "errors=\"0\">\n",
	           n_tests, n_failed);
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, "  <testsuite name=\"");
		escape(suites[i].file->path, out);
		buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
		           suites[i].n_results, suites[i].n_failed);
		for (size_t k = 0; k < suites[i].n_results; k++)
			one(&suites[i], &suites[i].results[k], out);
		buf_puts(out, "  </testsuite>\n");
	}
	buf_puts(out, "</testsuites>\n");
}
