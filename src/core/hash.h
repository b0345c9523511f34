/* hash.h - the hashes in use: XXH3 for tables, SHA-256 for names that people see, murmur2 as
 * Kafka's default partitioner has it. Pure. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);     /* XXH3-64 */

/* First 128 bits of SHA-256 over the parts, each followed by a NUL byte, as 32 hex digits.
 * Aborts only if libcrypto has no SHA-256. */
struct hash_part {
	const void *p;
	size_t n;
};
void hash_id(const struct hash_part *parts, size_t n_parts, char out[static 33]);

/* Kafka's Utils.murmur2 (org.apache.kafka.common.utils), and the partition its default partitioner
 * picks for a record with that key. */
uint32_t hash_murmur2(const void *p, size_t n);
int32_t hash_partition(const void *key, size_t n, int32_t n_partitions);

#endif
