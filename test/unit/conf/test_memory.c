/* Running out of memory at every single allocation: an answer each time, no crash, no leak; and
 * that freeing wipes. */
#include "conf/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>

#include "parse.h"

START_TEST(arena)
{
	struct conf_memory *m = conf_memory_new();
	char *text, *secret;

	ck_assert_ptr_nonnull(m);
	for (size_t i = 1; i < 3000; i++) {
		unsigned char *p = conf_memory_get(m, i, 7);
		size_t zeros = 0;

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		/* An assertion writes to a pipe: one a block, not one a byte. */
		for (size_t k = 0; k < i * 7; k++)
			zeros += p[k] == 0;
		ck_assert_uint_eq(zeros, i * 7);
		memset(p, 0xff, i * 7);
	}
	text = conf_memory_copy(m, "abc", 2);
	ck_assert_str_eq(text, "ab");
	secret = conf_memory_secret(m, "pass", 4, "{file: /x}");
	ck_assert_str_eq(secret, "pass");
	ck_assert_str_eq(conf_memory_from(secret), "{file: /x}");
	secret = conf_memory_secret(m, "pass", 4, NULL);
	ck_assert_ptr_null(conf_memory_from(secret));
	ck_assert(!m->failed);
	ck_assert_ptr_null(conf_memory_get(m, SIZE_MAX, 2));
	ck_assert(m->failed);
	ck_assert_ptr_null(conf_memory_free(m));
	ck_assert_ptr_null(conf_memory_free(NULL));
}
END_TEST

/* The sanitizers bring their own allocator, so this part is for plain builds. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static volatile long fail_at = -1; /* this allocation from now fails, once; -1 = none */
static const void *volatile watched; /* a text that has to be gone when its block is freed */
static volatile bool freed_watched, seen_in_free;

static bool fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void free(void *p)
{
	const char *w = watched, *block = p;

	if (w && block && block <= w && w < block + malloc_usable_size(p)) {
		freed_watched = true;
		seen_in_free = memcmp(w, "s3cret", 6) == 0;
	}
	__libc_free(p);
}

/* No topic pattern: glibc 2.36's regcomp() frees twice when it finds no memory. */
static const char whole[] =
	"sources:\n"
	"  - {name: s, brokers: b, topics: [t, u], format: f, kafka: {sasl.password: {env: CONF_S}}}\n"
	"formats:\n  - {name: f, kinds: {T: trade, A: ignore}}\n"
	"rules:\n  - {name: r, when: x > 1, labels: {a: b, c: d}, match: {kind: [trade, bar]}}\n"
	"  - {name: q, when: x > 1}\n" MINIMAL_SINKS;

/* conf_parse() with allocation `n` failing; *ret_failed: there were so many. */
static int parse_failing(const char *text, long n, struct errors *errors, struct conf **ret,
                         bool *ret_failed)
{
	int rc;

	fail_at = n;
	rc = conf_parse(text, strlen(text), "f.yaml", CONF_FOR_RUN, errors, ret);
	*ret_failed = fail_at < 0;
	fail_at = -1;
	ck_assert((*ret != NULL) == (rc == 0));
	return rc;
}

START_TEST(every_allocation_fails_once)
{
	bool failed = true;
	int rc = 0;
	long n;

	setenv("CONF_S", "s3cret", 1);
	for (n = 0; failed; n++) {
		struct errors errors = { 0 };
		struct conf *c = NULL;
		char *said;

		rc = parse_failing(whole, n, &errors, &c, &failed);
		said = errors_text(&errors);
		ck_assert_msg(rc == 0 || rc == -ENOMEM, "%ld: %d %s", n, rc, said);
		free(said);
		conf_free(c);
		errors_done(&errors);
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_int_gt(n, 50);
	unsetenv("CONF_S");
}
END_TEST

START_TEST(every_allocation_of_errors_fails_once)
{
	static const char wrong[] =
		"nmae: x\nseed: x\nrules: [{name: A, when: [], severity: x}]\nsinks: 3\n";
	bool failed = true;
	long n;

	for (n = 0; failed; n++) {
		struct errors errors = { 0 };
		struct conf *c = NULL;
		int rc = parse_failing(wrong, n, &errors, &c, &failed);

		ck_assert_msg(rc == -ENOMEM || (rc == -EINVAL && errors.n_all > 0), "%ld: %d", n,
		              rc);
		errors_done(&errors);
	}
	ck_assert_int_gt(n, 50);
}
END_TEST

START_TEST(secrets_are_wiped)
{
	struct conf *c;

	setenv("CONF_S", "s3cret", 1);
	c = parse(whole);
	watched = c->sources[0].kafka.v[0].value.s;
	ck_assert_str_eq(watched, "s3cret");
	conf_free(c);
	watched = NULL;
	ck_assert(freed_watched);
	ck_assert(!seen_in_free);
	unsetenv("CONF_S");
}
END_TEST

SUITE("conf: memory", arena, every_allocation_fails_once, every_allocation_of_errors_fails_once,
      secrets_are_wiped)
#else
SUITE("conf: memory", arena)
#endif
