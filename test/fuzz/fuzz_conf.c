/* fuzz_conf - any bytes as a configuration: refused with places that are in the text, or read; and
 * what is read is printed as a configuration that reads back to the same. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

static char *print(const struct conf *c)
{
	struct buf b = { 0 };

	conf_print(c, &b);
	MUST(!b.failed);
	return buf_take(&b);
}

/* Only for replay: a printed configuration has no secrets any more, so a run would refuse it. */
static void read_back(const struct conf *c)
{
	char *text = print(c), *again;
	struct errors errors = { 0 };
	struct conf *d = NULL;

	/* A megabyte of short options may be too large a text once every default is written out. */
	if (strlen(text) < (1 << 20) && c->n_rules < 1000) {
		int rc = conf_parse(text, strlen(text), "printed", CONF_FOR_REPLAY, &errors, &d);
		char *said = errors_text(&errors);

		if (rc)
			fprintf(stderr, "%s\n%s", said, text);
		MUST(rc == 0);
		free(said);
		again = print(d);
		/* Where a secret came from is a comment, which is not read. */
		MUST(strstr(text, "(redacted)") || strcmp(text, again) == 0);
		free(again);
	}
	errors_done(&errors);
	conf_free(d);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum conf_need needs[] = { CONF_FOR_REPLAY, CONF_FOR_RUN };
	size_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	for (size_t i = 0; i < 2; i++) {
		struct errors errors = { 0 };
		struct conf *c = NULL;
		int rc = conf_parse((const char *)data, n, "fuzz", needs[i], &errors, &c);
		char *said = errors_text(&errors);

		MUST((rc == 0) == (c != NULL) && (rc == 0) == (errors.n_all == 0));
		for (size_t k = 0; k < errors.n; k++)
			MUST(errors.items[k].at.line <= lines + 1 &&
			     errors.items[k].at.column <= n + 1);
		if (c)
			read_back(c);
		free(said);
		errors_done(&errors);
		conf_free(c);
	}
	return 0;
}

#ifndef FUZZING
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, size = 2 << 20;
	uint8_t *data = malloc(size);

	if (!f || !data) {
		perror(path);
		return -1;
	}
	n = fread(data, 1, size, f);
	fclose(f);
	/* Exactly as large as its text, so that a reader past the end is found. */
	data = realloc(data, n ? n : 1);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	size_t n = 0;

	if (!folder) {
		fprintf(stderr, "usage: fuzz_conf FOLDER\n");
		return 2;
	}
	while ((entry = readdir(folder))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		if (run_file(path) < 0)
			return 1;
		n++;
	}
	closedir(folder);
	printf("fuzz_conf: %zu inputs\n", n);
	return n ? 0 : 1;
}
#endif
