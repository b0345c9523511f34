/* Hostile rule texts: parsing, compiling, running and explaining must survive any bytes.
 *
 * With -DFUZZING a libFuzzer target; otherwise runs every file of the folder given as argument. */
#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expand.h"
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

static void check_leaf(void *ctx, const struct expr_leaf *l)
{
	const size_t *size = ctx;

	if (l->at + l->n > *size || l->observed_at + l->observed_n > *size)
		abort();
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

static const double values[][N_X] = {
	{ 1, 2, 3, 4 },
	{ NAN, 0, -1, INFINITY },
	{ 1e308, -1e308, 1e-308, 0 },
	{ 34200e9, 0.5, 1, -0.0 },
};
#define N_VALUES (sizeof values / sizeof values[0])

/* The canonical text is its own canonical text, and every byte of it came from somewhere. */
static void check_canonical(const char *text, size_t size, struct buf *ret)
{
	struct print_map map = { 0 };
	struct buf again = { 0 };
	struct expr_error error;
	struct tree t;
	uint32_t source;

	if (tree_parse(text, size, &t, &error))
		return;
	if (print_tree(&t, t.root, ret, &map))
		abort();
	tree_done(&t);
	for (size_t i = 0; i < ret->n; i++)
		if (print_map_find(&map, i, &source) >= size || source != 0)
			abort();
	print_map_done(&map);
	if (ret->n > TREE_MAX_TEXT)
		return;
	if (tree_parse(buf_str(ret), ret->n, &t, &error) || print_tree(&t, t.root, &again, NULL))
		abort();
	if (strcmp(buf_str(ret), buf_str(&again)) != 0)
		abort();
	tree_done(&t);
	buf_done(&again);
}

/* A condition, and what it says of the values; false when it is refused. */
static bool judge(const struct expr_resolver *resolver, const char *text, size_t size,
                  enum expr_truth ret[N_VALUES])
{
	struct expr_error error = { 0 };
	struct expr *e = NULL;

	if (expr_new(text, size, resolver, &e, &error)) {
		if (error.at > size || !memchr(error.text, 0, sizeof error.text) || !error.text[0])
			abort();
		return false;
	}
	for (size_t i = 0; i < N_VALUES; i++) {
		ret[i] = expr_truth(e, values[i]);
		check(e, values[i]);
		expr_leaves(e, values[i], check_leaf, &size);
	}
	expr_free(e);
	return true;
}

static void check_condition(const struct expr_resolver *resolver, const char *text, size_t size)
{
	enum expr_truth is[N_VALUES], canonical[N_VALUES];
	struct buf b = { 0 };

	check_canonical(text, size, &b);
	if (judge(resolver, text, size, is) && b.n <= TREE_MAX_TEXT) {
		/* of unknown names the index is the length of the text, which is the same */
		if (!judge(resolver, buf_str(&b), b.n, canonical))
			abort();
		if (memcmp(is, canonical, sizeof is) != 0)
			abort();
	}
	buf_done(&b);
}

/* Lines "name = text" in front of a line "---" are definitions (or, "name := text", parameters). */
static struct expand *read_names(char **text)
{
	char *line, *rest = strstr(*text, "\n---\n");
	struct expr_error error;
	struct expand *x = NULL;
	bool in_text;

	if (expand_new(NULL, &x) || !rest)
		return x;
	*rest = 0;
	rest += 5;
	while ((line = strsep(text, "\n"))) {
		char *value = strstr(line, " = ");
		bool parameter = !value && (value = strstr(line, " := "));

		if (!value)
			continue;
		*value = 0;
		expand_add(x, parameter ? EXPAND_PARAMETER : EXPAND_DEFINITION, line,
		           value + 3 + parameter, &error, &in_text);
	}
	*text = rest;
	return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tocsin_str words[] = { { "A", 1 }, { "B", 1 } };
	struct expr_resolver resolver = { NULL, resolve };
	struct expr_error error = { 0 };
	struct feature_set *set = NULL;
	struct print_map map = { 0 };
	char *copy = malloc(size + 1), *text = copy;
	struct expand *x = NULL;
	struct buf out = { 0 };
	uint32_t source;

	if (!copy || feature_set_new(&set) || feature_set_list(set, "restricted", words, 2))
		abort();
	resolver.ctx = set;
	check_condition(&resolver, (const char *)data, size);
	memcpy(copy, data, size);
	copy[size] = 0;
	x = read_names(&text);
	if (x && expand_text(x, text, strlen(text), &out, &map, &error, &source) == 0)
		check_condition(&resolver, buf_str(&out), out.n);
	else if (x && (!error.text[0] || source > expand_count(x)))
		abort();
	print_map_done(&map);
	buf_done(&out);
	expand_free(x);
	feature_set_free(set);
	free(copy);
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
