#include "hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

void hash_id(const struct hash_part *parts, size_t n_parts, char out[static 33])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		abort();
	for (size_t i = 0; i < n_parts; i++) {
		EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
		EVP_DigestUpdate(ctx, "", 1);
	}
	EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	for (int i = 0; i < 16; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

uint32_t hash_murmur2(const void *p, size_t n)
{
	const unsigned char *s = p;
	const uint32_t m = 0x5bd1e995;
	uint32_t h = 0x9747b28cu ^ (uint32_t)n;

	for (; n >= 4; n -= 4, s += 4) {
		uint32_t k;

		memcpy(&k, s, 4);
		k *= m;
		k ^= k >> 24;
		k *= m;
		h = h * m ^ k;
	}
	if (n >= 3)
		h ^= (uint32_t)s[2] << 16;
	if (n >= 2)
		h ^= (uint32_t)s[1] << 8;
	if (n >= 1) {
		h ^= s[0];
		h *= m;
	}
	h ^= h >> 13;
	h *= m;
	return h ^ h >> 15;
}

int32_t hash_partition(const void *key, size_t n, int32_t n_partitions)
{
	return (int32_t)((hash_murmur2(key, n) & 0x7fffffff) % (uint32_t)n_partitions);
}
