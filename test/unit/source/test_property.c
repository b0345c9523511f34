/* librdkafka's properties: which are taken, and what is said of the others. */
#include "source/kafka.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

static int check(const char *key, const char *value, char *words, size_t size)
{
	return source_kafka_property(&(struct source_property){ key, value }, words, size);
}

START_TEST(known_ones)
{
	char words[300];

	ck_assert_int_eq(check("session.timeout.ms", "6000", words, sizeof words), 0);
	ck_assert_int_eq(check("security.protocol", "sasl_ssl", words, sizeof words), 0);
	ck_assert_int_eq(check("sasl.password", "x", words, sizeof words), 0);
}
END_TEST

START_TEST(wrong_ones)
{
	char words[300];

	ck_assert_int_eq(check("session.timeout", "6000", words, sizeof words), -EINVAL);
	ck_assert_ptr_nonnull(strstr(words, "No such configuration property: \"session.timeout\""));
	ck_assert_int_eq(check("session.timeout.ms", "soon", words, sizeof words), -EINVAL);
	ck_assert_ptr_nonnull(strstr(words, "session.timeout.ms"));
	ck_assert_int_eq(check("enable.auto.commit", "true", words, sizeof words), -EINVAL);
	ck_assert_ptr_nonnull(strstr(words, "offsets follow the journal"));
	ck_assert_int_eq(check("group.id", "g", words, sizeof words), -EINVAL);
	ck_assert_ptr_nonnull(strstr(words, "is 'group'"));
}
END_TEST

/* The assignor that the running version may be trusted with. */
START_TEST(assignor)
{
	ck_assert_str_eq(source_kafka_assignor(),
	                 rd_kafka_version() >= 0x020a00ff ? "cooperative-sticky" : "range");
}
END_TEST

SUITE("property", known_ones, wrong_ones, assignor)
