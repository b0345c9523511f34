/* Silences: a binary heap of deadlines, armed lazily.
 *
 * Problem: every event moves its key's deadline, and nearly all deadlines are moved before they
 * come. Idea: an event that moves a deadline to later leaves the heap alone; the entry is then too
 * early, and is corrected when it comes to the top. Only a deadline that becomes earlier (the
 * first, short silence after a long one) moves its entry. So an event costs O(1), a silence
 * O(log keys), and memory is one entry a key.
 *
 * Silences of market time end when the calendar says; that is worked out only for the entry at the top.
 * Market time is never ahead of any other, so the shortest time after the last event is not after the
 * key's next silence, and does as the entry of a key that was just heard. Where the calendar knows
 * nothing there is no silence. */
#include "silence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t plus(int64_t t, int64_t d)
{
	int64_t due;

	return __builtin_add_overflow(t, d, &due) ? INT64_MAX : due;
}

static int64_t due_of(const struct silences *s, const struct key *k,
                      const struct set_silence *silence)
{
	uint32_t i = silence->calendar == SET_CALENDAR_OF_KEY ? k->calendar : silence->calendar;
	int64_t due;

	if (i == SET_NONE)
		return plus(k->last, silence->time_ns);
	return calendar_after(s->calendars[i].calendar, k->last, silence->time_ns, &s->cursors[i],
	                      &due)
	               ? due
	               : INT64_MAX;
}

/* The key's next silence after those told; INT64_MAX = there is none. */
static int64_t next_due(const struct silences *s, const struct key *k)
{
	int64_t next = INT64_MAX;

	for (uint32_t i = 0; i < s->n_times; i++) {
		int64_t due;

		if (plus(k->last, s->times[i].time_ns) >= next)
			break; /* neither it nor any longer one can be sooner */
		due = due_of(s, k, &s->times[i]);
		if (due > k->told_ns && due < next)
			next = due;
	}
	return next;
}

static bool before(const struct silence *a, const struct silence *b)
{
	uint32_t n = a->key->text_n < b->key->text_n ? a->key->text_n : b->key->text_n;
	int order;

	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	order = memcmp(a->key->text, b->key->text, n);
	if (order == 0 && a->key->text_n == b->key->text_n)
		order = memcmp(a->key->part_n, b->key->part_n, sizeof a->key->part_n);
	return order ? order < 0 : a->key->text_n < b->key->text_n;
}

static void place(struct silences *s, uint32_t i, struct silence entry)
{
	s->heap[i] = entry;
	entry.key->heap_at = i;
}

static void sift_up(struct silences *s, uint32_t i)
{
	struct silence entry = s->heap[i];

	for (; i > 0 && before(&entry, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		place(s, i, s->heap[(i - 1) / 2]);
	place(s, i, entry);
}

static void sift_down(struct silences *s, uint32_t i)
{
	struct silence entry = s->heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= s->n)
			break;
		if (child + 1 < s->n && before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &entry))
			break;
		place(s, i, s->heap[child]);
		i = child;
	}
	place(s, i, entry);
}

int silence_begin(struct silences *s, struct key *k, size_t *bytes)
{
	int64_t due;

	if (s->n_times == 0)
		return 0;
	k->told_ns = k->last;
	due = plus(k->last, s->times[0].time_ns);
	if (k->heap_at != SET_NONE) {
		if (due < s->heap[k->heap_at].due_ns) {
			s->heap[k->heap_at].due_ns = due;
			sift_up(s, k->heap_at);
		}
		return 0;
	}
	if (s->n == s->size) {
		uint32_t size = s->size ? 2 * s->size : 64;
		struct silence *more = realloc(s->heap, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		*bytes += (size - s->size) * sizeof *more;
		s->heap = more;
		s->size = size;
	}
	s->heap[s->n++] = (struct silence){ due, k };
	sift_up(s, s->n - 1);
	return 0;
}

void silence_forget(struct silences *s, struct key *k)
{
	uint32_t i = k->heap_at;

	if (i == SET_NONE)
		return;
	k->heap_at = SET_NONE;
	if (i == --s->n)
		return;
	k = s->heap[s->n].key;
	place(s, i, s->heap[s->n]);
	sift_up(s, i);
	sift_down(s, k->heap_at);
}

bool silence_due(struct silences *s, int64_t time_ns, int64_t *ret_due_ns)
{
	while (s->n && s->heap[0].due_ns <= time_ns) {
		int64_t due = next_due(s, s->heap[0].key);

		if (due == INT64_MAX) {
			silence_forget(s, s->heap[0].key);
			continue;
		}
		if (due == s->heap[0].due_ns) {
			*ret_due_ns = due;
			return true;
		}
		s->heap[0].due_ns = due;
		sift_down(s, 0);
	}
	return false;
}

struct key *silence_next(struct silences *s, int64_t time_ns, int64_t *ret_due_ns)
{
	struct key *k;

	if (!silence_due(s, time_ns, ret_due_ns))
		return NULL;
	k = s->heap[0].key;
	k->told_ns = *ret_due_ns;
	s->heap[0].due_ns = next_due(s, k);
	if (s->heap[0].due_ns == INT64_MAX)
		silence_forget(s, k);
	else
		sift_down(s, 0);
	return k;
}
