/* Secrets: read from files, the environment and credentials; refused in the file; never told. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"

#define PASSWORD "s3cret-Passw0rd"

static char folder[] = "/tmp/tocsin-secret-XXXXXX";

static const char *path(const char *name)
{
	static char paths[4][128];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
	return paths[turn];
}

static void put(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(path(name), "w");

	ck_assert(f && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

/* A source with one kafka property, from the reference `from`. */
static char *with_reference(const char *from)
{
	struct buf b = { 0 };

	buf_printf(&b,
	           "sources:\n  - name: s\n    brokers: b:1\n    topics: t\n    format: generic\n"
	           "    kafka:\n      sasl.password: %s\n" MINIMAL_RULES MINIMAL_SINKS,
	           from);
	return buf_take(&b);
}

static void reads(const char *from, const char *expected)
{
	char *text = with_reference(from), *shown;
	struct conf *c = parse(text);
	const struct conf_text *value = &c->sources[0].kafka.v[0].value;

	ck_assert_str_eq(value->s, expected);
	ck_assert(value->secret);
	shown = printed(c);
	ck_assert_ptr_null(strstr(shown, expected));
	ck_assert_ptr_nonnull(strstr(shown, "      sasl.password: \"(redacted)\"  # from {"));
	free(shown);
	conf_free(c);
	free(text);
}

static void refuses(const char *from, const char *words)
{
	char *text = with_reference(from), *said = refused_for(text, CONF_FOR_RUN);

	ck_assert_msg(strstr(said, words) && strncmp(said, "f.yaml:7:22: error: ", 20) == 0, "%s",
	              said);
	ck_assert_ptr_null(strstr(said, PASSWORD));
	free(said);
	free(text);
}

static void refuses_file(const char *name, const char *words)
{
	char from[200];

	snprintf(from, sizeof from, "{file: %s}", path(name));
	refuses(from, words);
}

static void reads_file(const char *name, const char *expected)
{
	char from[200];

	snprintf(from, sizeof from, "{file: %s}", path(name));
	reads(from, expected);
}

START_TEST(files)
{
	static char large[(64 << 10) + 2];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(large, 'x', sizeof large);
	put("plain", PASSWORD, strlen(PASSWORD));
	put("line", PASSWORD "\n", strlen(PASSWORD) + 1);
	put("dos", PASSWORD "\r\n", strlen(PASSWORD) + 2);
	put("two", PASSWORD "\n\n", strlen(PASSWORD) + 2);
	put("empty", "", 0);
	put("newline", "\n", 1);
	put("nul", PASSWORD "\0", strlen(PASSWORD) + 1);
	put("bytes", PASSWORD "\xff", strlen(PASSWORD) + 1);
	put("large", large, sizeof large - 1);
	reads_file("plain", PASSWORD);
	reads_file("line", PASSWORD);
	reads_file("dos", PASSWORD);
	reads_file("two", PASSWORD "\n");
	refuses_file("empty", "empty} is empty");
	refuses_file("newline", "newline} is empty");
	refuses_file("nul", "nul} has a NUL byte in it");
	refuses_file("bytes", "bytes} is not UTF-8 text");
	refuses_file("large", "large} is larger than 64 KiB");
	refuses_file("absent", "absent} cannot be read: No such file or directory");
	refuses_file("", "/} is not a regular file");
	large[sizeof large - 2] = 0;
	put("full", large, sizeof large - 2);
	reads_file("full", large);
	for (const char *const *f =
	             (const char *const[]){ "plain", "line", "dos", "two", "empty", "newline",
	                                    "nul", "bytes", "large", "full", NULL };
	     *f; f++)
		ck_assert_int_eq(unlink(path(*f)), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(environment)
{
	setenv("CONF_TEST_SECRET", PASSWORD, 1);
	reads("{env: CONF_TEST_SECRET}", PASSWORD);
	setenv("CONF_TEST_SECRET", PASSWORD "\n", 1);
	reads("{env: CONF_TEST_SECRET}", PASSWORD "\n");
	setenv("CONF_TEST_SECRET", "", 1);
	refuses("{env: CONF_TEST_SECRET}", "{env: CONF_TEST_SECRET} is empty");
	unsetenv("CONF_TEST_SECRET");
	refuses("{env: CONF_TEST_SECRET}", "is not set in the environment");
}
END_TEST

START_TEST(credentials)
{
	char dir[] = "/tmp/tocsin-cred-XXXXXX", file[64];
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/kafka", dir);
	f = fopen(file, "w");
	ck_assert(f && fputs(PASSWORD "\n", f) >= 0 && fclose(f) == 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	refuses("{credential: kafka}", "$CREDENTIALS_DIRECTORY is not set");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	reads("{credential: kafka}", PASSWORD);
	refuses("{credential: other}", "cannot be read: No such file");
	refuses("{credential: ../x}", "is not the name of a credential");
	refuses("{credential: ..}", "is not the name of a credential");
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* A pipe that nobody writes to would hold the start up for ever. */
START_TEST(pipes_are_not_opened)
{
	char dir[] = "/tmp/tocsin-pipe-XXXXXX", file[64], from[100];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/p", dir);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	snprintf(from, sizeof from, "{file: %s}", file);
	refuses(from, "is not a regular file");
	refuses("{file: /dev/zero}", "is not a regular file");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(replay_reads_none)
{
	char *text = with_reference("{file: /nonexistent/x}"), *shown, *again;
	struct conf *c = parse_for(text, CONF_FOR_REPLAY), *d;
	const struct conf_text *value = &c->sources[0].kafka.v[0].value;

	ck_assert_str_eq(value->s, "(not read)");
	ck_assert(value->secret);
	shown = printed(c);
	ck_assert_ptr_nonnull(
		strstr(shown, "sasl.password: \"(redacted)\"  # from {file: /nonexistent/x}\n"));
	d = parse_for(shown, CONF_FOR_REPLAY);
	ck_assert_str_eq(d->sources[0].kafka.v[0].value.s, "(not read)");
	again = printed(d);
	ck_assert_ptr_nonnull(strstr(again, "sasl.password: \"(redacted)\"\n"));
	free(again);
	again = refused_for(shown, CONF_FOR_RUN);
	ck_assert_ptr_nonnull(strstr(again, "a secret stood here and was left out"));
	free(again);
	free(shown);
	conf_free(c);
	conf_free(d);
	free(text);
}
END_TEST

/* Not that it is plain, but that what is read is checked as the text would be, and not told. */
START_TEST(what_is_read_is_checked)
{
	static const char text[] = MINIMAL_SOURCES MINIMAL_RULES
		"sinks:\n  - {name: k, url: {env: CONF_TEST_URL}, headers: {Authorization: {env: CONF_TEST_H}}}\n";
	char *said;

	setenv("CONF_TEST_URL", PASSWORD, 1);
	setenv("CONF_TEST_H", "Bearer " PASSWORD "\r\nX-Evil: 1", 1);
	said = refused_for(text, CONF_FOR_RUN);
	ck_assert_str_eq(
		said, "f.yaml:6:20: error: option 'url' in sinks[0]: {env: CONF_TEST_URL} holds "
		      "something else: expected an URL that begins with http:// or https://\n"
		      "f.yaml:6:67: error: option 'headers' in sinks[0]: the value of "
		      "'Authorization': {env: CONF_TEST_H} holds something else: expected one line "
		      "without control characters\n");
	free(said);
	unsetenv("CONF_TEST_URL");
	unsetenv("CONF_TEST_H");
}
END_TEST

static void shows_url(const char *url, const char *expected)
{
	struct conf *c;
	char *shown, *line, *said;

	setenv("CONF_TEST_URL", url, 1);
	c = parse(MINIMAL_SOURCES MINIMAL_RULES
	          "sinks:\n  - {name: k, url: {env: CONF_TEST_URL}}\n");
	ck_assert_str_eq(c->sinks[0].url.s, url);
	shown = printed(c);
	line = strstr(shown, "    url: ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strncmp(line + 9, expected, strlen(expected)) == 0, "%.200s", line);
	ck_assert_msg(strncmp(line + 9 + strlen(expected), "  # from {env: CONF_TEST_URL}\n", 29) ==
	                      0,
	              "%.200s", line);
	said = refused_for(shown, CONF_FOR_RUN);
	ck_assert_ptr_nonnull(strstr(said, "a secret stood here"));
	free(said);
	free(shown);
	conf_free(c);
	unsetenv("CONF_TEST_URL");
}

START_TEST(urls_are_cut)
{
	shows_url("https://u:" PASSWORD "@h.example:8443/services/T0/B0/" PASSWORD "?t=" PASSWORD,
	          "\"https://h.example:8443/service(redacted)\"");
	shows_url("https://h/a?t=" PASSWORD, "\"https://h/a(redacted)\"");
	shows_url("https://h?t=" PASSWORD, "\"https://h(redacted)\"");
	shows_url("https://h#" PASSWORD, "\"https://h(redacted)\"");
	shows_url("https://" PASSWORD "@h", "\"https://h(redacted)\"");
	shows_url("https://a@b@h/x@y/zzzzzzzzz", "\"https://h/x@y/zzz(redacted)\"");
}
END_TEST

SUITE("conf: secret", files, environment, credentials, pipes_are_not_opened, replay_reads_none,
      what_is_read_is_checked, urls_are_cut)
