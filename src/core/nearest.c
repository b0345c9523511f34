#include "nearest.h"

#include <string.h>

#define LONGEST 63

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *turn;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t same = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		turn = before;
		before = last;
		last = now;
		now = turn;
	}
	return last[m];
}

const char *nearest(const char *word, size_t n, const char *const *candidates, size_t n_candidates)
{
	const char *best = NULL;
	size_t limit = n / 3 < 1 ? 1 : n / 3 > 3 ? 3 : n / 3, best_distance = limit + 1;

	if (n == 0 || n > LONGEST)
		return NULL;
	for (size_t i = 0; i < n_candidates; i++) {
		size_t m = strlen(candidates[i]), d;

		if (m > LONGEST)
			continue;
		d = distance(word, n, candidates[i], m);
		if (d < best_distance) {
			best_distance = d;
			best = candidates[i];
		}
	}
	return best;
}
