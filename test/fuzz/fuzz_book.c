/* Fuzz target: hostile states and events.
 *
 * The first byte's lowest bit picks: 0, the rest is a saved state of books, loaded; 1, the rest is
 * events of 8 bytes each (kind and side, flags, order, account and instrument, price, size,
 * sequence, time). Either way a state that is there is saved, loaded and saved again, to the same
 * bytes, and goes on with a few events. With -DFUZZING the fuzzer's own main() drives it; else
 * main() runs each file of the folders given. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book/book.h"
#include "book/fills.h"

static void die(const char *what)
{
	fprintf(stderr, "fuzz_book: %s\n", what);
	abort();
}

static const struct book_limits limits = { 3, 60, 50, 20, 4 };
static const struct book_wants wants = { .level = true, .n_shares = 2, .shares = { 1, 5 } };

static const int64_t sizes[] = { 0,           1,  5000000000,    7, INT64_MAX, -1,
	                         TOCSIN_NONE, 12, INT64_MIN + 1, 3, 2 };

/* Every number is near others, and some are at the ends of the range. */
static int64_t price_of(uint8_t b)
{
	return b == 255   ? TOCSIN_NONE
	       : b == 254 ? INT64_MAX
	       : b == 253 ? INT64_MIN + 1
	                  : (int64_t)(b % 64) - 20;
}

static void read_all(const struct book *b, const struct tocsin_str *account)
{
	volatile double sum = book_microprice(b) + book_imbalance(b, 3) + book_crossed(b) +
	                      book_locked(b);

	for (unsigned side = TOCSIN_BUY; side <= TOCSIN_SELL; side++)
		sum = sum + book_depth(b, side, 5) + book_own_size_in(b, account, side, 3) +
		      book_own_levels(b, account, side) + book_own_orders(b, account, side) +
		      book_own_size(b, account, side);
}

static void take(struct books *books, struct fills *fills, const uint8_t p[8])
{
	static const char ids[] = "0123456789abcdefghijklmnopqrstuvwxyz-a-long-order-id";
	static const char *const names[] = { "", "ES", "NQ", "YM" };
	struct tocsin_event e = { .size = sizeof e,
		                  .kind = p[0] % TOCSIN_N_KINDS,
		                  .side = p[0] / 16 % 3,
		                  .flags = p[1] & 63,
		                  .order_id = { ids + p[2] % 20, 1 + p[2] / 20 * 3u },
		                  .account = { ids, p[3] % 8 },
		                  .price = price_of(p[4]),
		                  .qty = sizes[p[5] % (sizeof sizes / sizeof sizes[0])],
		                  .sequence = p[6] / 4,
		                  .time_ns = p[7] == 255 ? INT64_MIN : (int64_t)p[7] << 55 };
	const struct book *b;
	struct book_order order;

	if (p[2] == 255)
		e.order_id = (struct tocsin_str){ 0 };
	e.instrument = (struct tocsin_str){ names[p[3] >> 6], (uint32_t)strlen(names[p[3] >> 6]) };
	fills_take(fills, &e, p[3] >> 6);
	books_take(books, &e, &wants, &order, &b);
	read_all(b, &e.account);
}

/* What was saved loads, and is the same. */
static struct books *again(struct books *books)
{
	struct buf saved = { 0 }, second = { 0 };
	struct books *fresh;
	size_t used = 0;

	if (books_new(&limits, &fresh))
		die("no memory");
	books_save(books, &saved);
	if (books_load(fresh, saved.p, saved.n, &used) || used != saved.n)
		die("a saved state does not load");
	books_save(fresh, &second);
	if (saved.n != second.n || memcmp(saved.p, second.p, saved.n) != 0)
		die("saved again, other bytes");
	buf_done(&saved);
	buf_done(&second);
	books_free(books);
	return fresh;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fills fills;
	struct book_counts counts;
	struct books *books;
	size_t used;

	if (n == 0)
		return 0;
	fills = (struct fills){ 0 };
	if (books_new(&limits, &books))
		die("no memory");
	if (data[0] & 1) {
		for (size_t i = 1; i + 8 <= n; i += 8)
			take(books, &fills, data + i);
	} else {
		fills_load(&fills, data + 1, n - 1, &used);
		books_load(books, data + 1, n - 1, &used);
	}
	books = again(books);
	for (size_t i = 1; i + 8 <= n && i < 200; i += 8)
		take(books, &fills, data + i);
	books_counts(books, &counts);
	if (counts.orders > limits.max_orders || counts.books > limits.max_books)
		die("over a limit");
	books_free(books);
	return 0;
}

#ifndef FUZZING
static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	static uint8_t p[1 << 16];
	uint8_t *exact;
	size_t n;

	if (!f)
		die(path);
	n = fread(p, 1, sizeof p, f);
	fclose(f);
	exact = malloc(n ? n : 1);
	if (!exact)
		die("out of memory");
	memcpy(exact, p, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
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
	printf("fuzz_book: %zu files\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif
