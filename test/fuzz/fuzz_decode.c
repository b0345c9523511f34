/* Fuzz target: one message through both JSON readers, which must agree; or through the CSV or FIX
 * reader, which must survive.
 *
 * The first byte picks the format: modulo N_SPECS, 4 is CSV, whose first line is the header, 9 FIX,
 * the others are JSON. With -DFUZZING the fuzzer's own main() drives it; else main() runs each
 * file of the folders given, which is the regression test over test/fuzz/corpus/decode. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/decode/both.h"

#define N_SPECS 11

static const struct format_spec specs[N_SPECS] = {
	{ .preset = "databento-mbo" },
	{ .preset = "binance-trade" },
	{ .preset = "generic", .kind = "type" },
	{ .preset = "generic",
	  .instrument = "a.0.b",
	  .time = "a.1",
	  .price = "p",
	  .qty = "a",
	  .price_rule = DECODE_PRICE_ANY },
	{ .preset = "generic", .codec = DECODE_CSV },
	{ .preset = "binance" },
	{ .preset = "polygon" },
	{ .preset = "kraken" },
	{ .preset = "databento-mbp-1" },
	{ .preset = "fix" },
	{ .preset = "fix-json" },
};

static void die(const char *what)
{
	fprintf(stderr, "fuzz_decode: %s\n", what);
	abort();
}

/* Opened afresh each time: nothing of one input may help or hurt the next, and a leak shows. */
static void run_json(const struct format_spec *spec, const uint8_t *p, size_t n)
{
	struct both b;
	char why[200];

	if (both_open(&b, spec))
		die("cannot open");
	if (!both_agree(&b, p, n, why, sizeof why))
		die(why);
	both_close(&b);
}

static void run_csv(const struct format_spec *spec, const uint8_t *p, size_t n)
{
	const uint8_t *end = n ? memchr(p, '\n', n) : NULL;
	size_t header = end ? (size_t)(end - p) + 1 : n;
	struct tocsin_event event;
	struct both b;
	char why[200];

	if (both_open(&b, spec))
		die("cannot open");
	if (decoder_header(b.simd, p, header, why, sizeof why) == 0 &&
	    decode(b.simd, p + header, n - header, &event, NULL) == DECODE_OK &&
	    !event.instrument.n)
		die("an event without an instrument");
	both_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct format_spec *spec;

	if (n == 0)
		return 0;
	spec = &specs[data[0] % N_SPECS];
	if (spec->codec == DECODE_CSV)
		run_csv(spec, data + 1, n - 1);
	else
		run_json(spec, data + 1, n - 1);
	return 0;
}

#ifndef FUZZING
static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(1), *exact;
	size_t n = 0, got;

	if (!f || !p)
		die(path);
	do {
		p = realloc(p, n + 65536);
		if (!p)
			die("out of memory");
		got = fread(p + n, 1, 65536, f);
		n += got;
	} while (got);
	fclose(f);
	exact = malloc(n ? n : 1);
	if (!exact)
		die("out of memory");
	memcpy(exact, p, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	free(p);
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *e;
		char path[4096];

		if (!dir)
			die(argv[i]);
		while ((e = readdir(dir))) {
			if (e->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			run_file(path);
			count++;
		}
		closedir(dir);
	}
	printf("fuzz_decode: %zu files\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif
