#include "check.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/timefmt.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define MAX_NAME 64
#define MAX_TOPIC 249
#define MAX_REPEATS 1000 /* of a pattern's {m,n}, multiplied */

__attribute__((format(printf, 2, 3))) static bool no(struct conf_why *ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret->text, sizeof ret->text, format, args);
	va_end(args);
	return false;
}

/* All of `s` from `set`, the first character from `first`, at most `max` bytes, at least one. */
static bool made_of(const char *s, const char *first, const char *set, size_t max)
{
	return *s && strchr(first, *s) && s[strspn(s, set)] == 0 && strlen(s) <= max;
}

bool conf_check_name(const char *s, struct conf_why *ret)
{
	return made_of(s, LETTERS DIGITS, LETTERS DIGITS "._-", MAX_NAME) ||
	       no(ret, "expected a name: 1 to 64 letters, digits, '.', '_', '-', beginning with a "
	               "letter or digit");
}

bool conf_check_rule(const char *s, struct conf_why *ret)
{
	return made_of(s, LOWER DIGITS, LOWER DIGITS "_-", MAX_NAME) ||
	       no(ret,
	          "expected a rule's name: 1 to 64 lower-case letters, digits, '_', '-', beginning "
	          "with a letter or digit");
}

bool conf_check_word(const char *s, struct conf_why *ret)
{
	return made_of(s, LETTERS "_", LETTERS DIGITS "_", MAX_NAME) ||
	       no(ret, "expected a name: 1 to 64 letters, digits and '_', beginning with no digit");
}

bool conf_check_by(const char *s, struct conf_why *ret)
{
	static const char *const words[] = { "instrument", "account", "venue", "counterparty" };
	unsigned seen = 0;

	for (;;) {
		size_t n, i = 0;

		s += strspn(s, " ");
		n = strcspn(s, " +");
		while (i < 4 && (strlen(words[i]) != n || memcmp(words[i], s, n) != 0))
			i++;
		if (i == 4)
			return no(ret,
			          "expected instrument, account, venue or counterparty, or some "
			          "of them joined by '+'");
		if (seen & 1u << i)
			return no(ret, "'%s' is there twice", words[i]);
		seen |= 1u << i;
		s += n;
		s += strspn(s, " ");
		if (!*s)
			return true;
		if (*s++ != '+')
			return no(ret, "expected '+' between them");
	}
}

bool conf_check_mic(const char *s, struct conf_why *ret)
{
	return (strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS) == 4 && !s[4]) ||
	       no(ret, "expected a market identifier code (ISO 10383) such as XNYS");
}

bool conf_check_topic(const char *s, struct conf_why *ret)
{
	if (made_of(s, LETTERS DIGITS "._-", LETTERS DIGITS "._-", MAX_TOPIC) &&
	    strcmp(s, ".") != 0 && strcmp(s, "..") != 0)
		return true;
	return no(ret, "expected a topic's name: 1 to 249 letters, digits, '.', '_', '-'");
}

/* The C library expands a{m,n}: nested counts would need gigabytes. */
static bool repeats_are_few(const char *s)
{
	unsigned long all = 1;

	for (; *s; s++) {
		unsigned long most = 1;

		if (*s != '{')
			continue;
		for (s++; *s && *s != '}'; s++) {
			unsigned long v = 0;

			for (; *s >= '0' && *s <= '9' && v <= MAX_REPEATS; s++)
				v = v * 10 + (unsigned long)(*s - '0');
			most = v > most ? v : most;
			if (!*s || *s == '}')
				break;
		}
		all *= most;
		if (all > MAX_REPEATS)
			return false;
		if (!*s)
			break;
	}
	return true;
}

bool conf_check_topics(const char *s, struct conf_why *ret)
{
	char words[100];
	regex_t re;
	int rc;

	if (*s != '^')
		return conf_check_topic(s, ret);
	if (strlen(s) > MAX_TOPIC)
		return no(ret, "expected a topic pattern of at most %d bytes", MAX_TOPIC);
	if (!repeats_are_few(s))
		return no(ret, "expected a topic pattern with counts {m,n} of at most %d in all",
		          MAX_REPEATS);
	rc = regcomp(&re, s, REG_EXTENDED | REG_NOSUB);
	if (rc == 0) {
		regfree(&re);
		return true;
	}
	regerror(rc, &re, words, sizeof words);
	return no(ret, "expected a topic pattern (POSIX extended regular expression): %s", words);
}

static bool port_ok(const char *s)
{
	size_t n = strspn(s, DIGITS);
	unsigned v = 0;

	if (n == 0 || n > 5 || s[n])
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	return v <= 65535;
}

bool conf_check_listen(const char *s, struct conf_why *ret)
{
	const char *colon = strrchr(s, ':');
	size_t host = colon ? (size_t)(colon - s) : 0;
	bool ok = *s == 0 || (colon && port_ok(colon + 1));

	if (ok && *s == '[')
		ok = host > 3 && s[host - 1] == ']' &&
		     strspn(s + 1, DIGITS "abcdefABCDEF:.") == host - 2;
	else if (ok && *s)
		ok = strspn(s, LETTERS DIGITS ".-") == host;
	return ok ||
	       no(ret,
	          "expected an address such as 127.0.0.1:9464 or [::1]:9464, or \"\" for none");
}

/* Begin and end of the part between the scheme and the path. */
static const char *authority(const char *url, size_t *ret_n)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	*ret_n = strcspn(p, "/?#");
	return p;
}

bool conf_check_url_user(const char *url)
{
	size_t n;
	const char *p = authority(url, &n);

	return memchr(p, '@', n) != NULL;
}

bool conf_check_url(const char *s, struct conf_why *ret)
{
	const char *host, *at, *colon;
	size_t n;

	if (strncasecmp(s, "http://", 7) != 0 && strncasecmp(s, "https://", 8) != 0)
		return no(ret, "expected an URL that begins with http:// or https://");
	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p > '~')
			return no(ret,
			          "expected an URL without blanks and other characters that must "
			          "be written as %%XX");
	host = authority(s, &n);
	at = memrchr(host, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	colon = memrchr(host, ':', n);
	if (colon && !memchr(colon, ']', n - (size_t)(colon - host))) {
		char port[8] = "";
		size_t m = n - (size_t)(colon + 1 - host);

		if (m < sizeof port)
			memcpy(port, colon + 1, m);
		if (!port_ok(port))
			return no(ret, "expected an URL whose port is a number up to 65535");
		n = (size_t)(colon - host);
	}
	return n > 0 || no(ret, "expected an URL with a host");
}

bool conf_check_path(const char *s, struct conf_why *ret)
{
	size_t n = strlen(s);

	return (*s == '/' && s[n - 1] != '/' && n < 4096) ||
	       no(ret, "expected the absolute path of a file");
}

bool conf_check_time(const char *s, struct conf_why *ret)
{
	int64_t ns;

	return time_parse(s, strlen(s), &ns) == 0 ||
	       no(ret, "expected a time such as 2024-01-31T09:30:00Z");
}

bool conf_check_label(const char *s, struct conf_why *ret)
{
	return made_of(s, LETTERS "_", LETTERS DIGITS "_", 128) ||
	       no(ret,
	          "expected a label's name: letters, digits and '_', beginning with a letter or '_'");
}

bool conf_check_header(const char *s, struct conf_why *ret)
{
	return made_of(s, LETTERS DIGITS, LETTERS DIGITS "!#$%&'*+-.^_`|~", 128) ||
	       no(ret, "expected the name of an HTTP header");
}

/* A line end in a value would let it write further headers. */
bool conf_check_header_value(const char *s, struct conf_why *ret)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if ((*p < ' ' && *p != '\t') || *p == 0x7f)
			return no(ret, "expected one line without control characters");
	return true;
}

bool conf_check_property(const char *s, struct conf_why *ret)
{
	return made_of(s, LETTERS DIGITS, LETTERS DIGITS "._-", 128) ||
	       no(ret, "expected the name of a librdkafka property such as security.protocol");
}

bool conf_check_secret_property(const char *key)
{
	static const char *const secret[] = { "*password*", "*secret*", "*.pem",
		                              "sasl.oauthbearer.config" };

	for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
		if (fnmatch(secret[i], key, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool conf_check_secret_header(const char *key)
{
	static const char *const secret[] = { "*authorization*", "*token*", "*key*", "*secret*",
		                              "*cookie*" };

	for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
		if (fnmatch(secret[i], key, FNM_CASEFOLD) == 0)
			return true;
	return false;
}
