/* Hashes against values published elsewhere: what is stored and what Kafka does depends on them. */
#include "core/hash.h"

#include <limits.h>
#include <string.h>

#include "../suite.h"

/* Kafka's own cases (org.apache.kafka.common.utils.UtilsTest, testMurmur2). */
START_TEST(murmur2)
{
	static const struct {
		const char *key;
		int32_t hash;
	} cases[] = {
		{ "21", -973932308 },
		{ "foobar", -790332482 },
		{ "a-little-bit-long-string", -985981536 },
		{ "a-little-bit-longer-string", -1486304829 },
		{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
		{ "abc", 479470107 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_int_eq((int32_t)hash_murmur2(cases[i].key, strlen(cases[i].key)),
		                 cases[i].hash);
	ck_assert_int_eq((int32_t)hash_murmur2("", 0), 275646681);
}
END_TEST

/* The sign is cut off, not negated: "21" hashes to 1173551340 = 2147483648 - 973932308. */
START_TEST(partition)
{
	ck_assert_int_eq(hash_partition("21", 2, 1), 0);
	ck_assert_int_eq(hash_partition("21", 2, 7), 1173551340 % 7);
	ck_assert_int_eq(hash_partition("21", 2, INT32_MAX), 1173551340);
	ck_assert_int_eq(hash_partition("abc", 3, 1000), 107);
	for (int32_t n = 1; n < 200; n++) {
		int32_t p = hash_partition(&n, sizeof n, n);

		ck_assert(p >= 0 && p < n);
	}
}
END_TEST

/* XXH3-64 as xxHash's reference has it; state files hold checks made with it. */
START_TEST(bytes)
{
	ck_assert_uint_eq(hash_bytes("", 0, 0), 0x2d06800538d394c2);
	ck_assert_uint_eq(hash_bytes("abc", 3, 0), 0x78af5f94892f3950);
	ck_assert_uint_ne(hash_bytes("abc", 3, 1), hash_bytes("abc", 3, 0));
	ck_assert_uint_ne(hash_bytes("abc", 3, 0), hash_bytes("abd", 3, 0));
	ck_assert_uint_ne(hash_bytes("a", 1, 0), hash_bytes("a", 2, 0));
}
END_TEST

START_TEST(id)
{
	const struct hash_part parts[] = { { "a", 1 }, { "bc", 2 } },
			       other[] = { { "ab", 2 }, { "c", 1 } };
	char out[33], again[33];

	hash_id(NULL, 0, out);
	ck_assert_str_eq(out, "e3b0c44298fc1c149afbf4c8996fb924"); /* SHA-256 of nothing */
	hash_id(parts, 2, out);
	ck_assert_str_eq(out, "aa795aa4bbb6117911ef062e271bcb05"); /* of "a\0bc\0" */
	hash_id(other, 2, again);
	ck_assert_str_ne(out, again);
	hash_id(parts, 2, again);
	ck_assert_str_eq(out, again);
}
END_TEST

SUITE("hash", murmur2, partition, bytes, id)
