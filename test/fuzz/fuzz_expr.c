/* Hostile rule texts: parsing, compiling, running and explaining must survive any bytes.
 *
 * With -DFUZZING a libFuzzer target; otherwise runs every file of the folder given as argument. */
#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "features/features.h"

#define N_X 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at, char *reterr,
                   size_t reterr_size)
{
	int r = feature_set_add(ctx, text, FEATURE_BY_INSTRUMENT, ret_index, ret_at, reterr,
	                        reterr_size);

	if (r)
		*ret_index = (uint32_t)strlen(text) % N_X; /* go on with unknown ones */
	else
		*ret_index %= N_X;
	return 0;
}

static void check(const struct expr *e, const double *x)
{
	struct expr_reason reasons[8];
	double confidence = 0;
	enum expr_truth is = expr_truth(e, x);
	uint32_t n = expr_explain(e, x, reasons, 8, &confidence);

	if ((is == EXPR_TRUE) != (n > 0))
		abort();
	if (n && !(confidence >= 0.5 && confidence < 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const double values[][N_X] = {
		{ 1, 2, 3, 4 },
		{ NAN, 0, -1, INFINITY },
		{ 1e308, -1e308, 1e-308, 0 },
	};
	struct expr_resolver resolver = { NULL, resolve };
	struct expr_error error = { 0 };
	struct feature_set *set = NULL;
	struct expr *e = NULL;

	if (feature_set_new(&set))
		return 0;
	resolver.ctx = set;
	if (expr_new((const char *)data, size, &resolver, &e, &error) == 0) {
		for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
			check(e, values[i]);
	} else if (error.at > size || !memchr(error.text, 0, sizeof error.text) || !error.text[0]) {
		abort();
	}
	expr_free(e);
	feature_set_free(set);
	return 0;
}

#ifndef FUZZING
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(1 << 16);
	size_t n;

	if (!f || !p)
		abort();
	n = fread(p, 1, 1 << 16, f);
	fclose(f);
	p = realloc(p, n ? n : 1); /* exact, so that reading past the end shows */
	if (!p)
		abort();
	LLVMFuzzerTestOneInput(p, n);
	free(p);
	return 1;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *folder;
	char path[4096];
	int n = 0;

	folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (!folder) {
		fprintf(stderr, "usage: fuzz_expr FOLDER\n");
		return 2;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		n += run_file(path);
	}
	closedir(folder);
	printf("fuzz_expr: %d files\n", n);
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif
