/* folder.h - a temporary folder for one test, and its removal. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void folder_make(char out[64])
{
	snprintf(out, 64, "/tmp/tocsin-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(out));
}

static inline void folder_remove(const char *path)
{
	nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
