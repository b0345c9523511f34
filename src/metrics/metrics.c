/* metrics.c - the registry of families and series.
 *
 * A series is known by its rendered labels (`a="b",c="d"`): the text is what tells two series apart,
 * what is looked up, and what is written out, so it is made once. The lock guards the lists only;
 * values are read without it while their one writer goes on. */
#include "metrics.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "registry.h"

#define VALUE_MAX 255 /* bytes of a label's value; Kafka's topic names have 249 */
#define LINE 64 /* bytes of a cache line */

/* Making ------------------------------------------------------------------------------------- */

static struct series *series_free(struct series *s)
{
	if (s)
		free(s->m.hist);
	free(s);
	return NULL;
}

/* On a cache line of its own, so that writers of neighbours don't slow each other down. */
static struct series *series_new(enum metric_type type, const char *labels, uint64_t hash)
{
	size_t n = strlen(labels) + 1, size = (sizeof(struct series) + n + LINE - 1) / LINE * LINE;
	struct series *s = aligned_alloc(LINE, size);

	if (!s)
		return NULL;
	memset(s, 0, size);
	s->hash = hash;
	memcpy(s->labels, labels, n);
	if (type == METRIC_HISTOGRAM) {
		s->m.hist = calloc(1, sizeof *s->m.hist);
		if (!s->m.hist)
			return series_free(s);
	}
	return s;
}

static struct metric_family *family_free(struct metric_family *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n_series; i++)
		series_free(f->series[i]);
	free(f->series);
	series_free(f->other);
	for (unsigned i = 0; i < f->n_labels; i++)
		free(f->labels[i]);
	free(f->name);
	free(f->help);
	free(f);
	return NULL;
}
DEFINE_CLEANUP(struct metric_family *, family_free)

static bool is_name(const char *s, bool colon)
{
	if (*s >= '0' && *s <= '9')
		return false;
	for (const char *p = s; *p; p++)
		if (!(*p == '_' || (*p == ':' && colon) || (*p >= 'a' && *p <= 'z') ||
		      (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
			return false;
	return *s != 0;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* Appends with \ and line ends (and quotes, in a label) escaped; what is no UTF-8 becomes U+FFFD. */
static void escape(struct buf *b, const char *s, size_t max, bool quotes)
{
	size_t n = strlen(s), len;

	for (size_t i = 0; i < n && i < max; i += len ? len : 1) {
		len = utf8_char((const unsigned char *)s + i, n - i);
		if (i + len > max)
			break;
		if (s[i] == '\n')
			buf_puts(b, "\\n");
		else if (s[i] == '\\' || (s[i] == '"' && quotes))
			buf_printf(b, "\\%c", s[i]);
		else if (len)
			buf_add(b, s + i, len);
		else
			buf_puts(b, "\xef\xbf\xbd");
	}
}

/* `values` NULL: every label is "other". */
static void render(const struct metric_family *f, const char *const *values, struct buf *b)
{
	for (unsigned i = 0; i < f->n_labels; i++) {
		buf_printf(b, "%s%s=\"", i ? "," : "", f->labels[i]);
		escape(b, values ? values[i] : "other", VALUE_MAX, true);
		buf_putc(b, '"');
	}
}

static int family_labels(struct metric_family *f, const char *const *labels)
{
	struct buf b = { 0 };

	for (; labels[f->n_labels]; f->n_labels++) {
		const char *label = labels[f->n_labels];

		assert(f->n_labels < METRIC_LABELS_MAX && is_name(label, false) &&
		       strcmp(label, "le") != 0 && strcmp(label, "quantile") != 0);
		f->labels[f->n_labels] = strdup(label);
		if (!f->labels[f->n_labels])
			return -ENOMEM;
	}
	render(f, NULL, &b);
	if (!b.failed)
		f->other = series_new(f->type, buf_str(&b), hash_bytes(buf_str(&b), b.n, 0));
	buf_done(&b);
	return f->other ? 0 : -ENOMEM;
}

static struct metric_family *find(struct metrics *m, const char *name)
{
	for (struct metric_family *f = m->families; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static void insert(struct metrics *m, struct metric_family *f)
{
	struct metric_family **at = &m->families;

	while (*at && strcmp((*at)->name, f->name) < 0)
		at = &(*at)->next;
	assert(!*at || strcmp((*at)->name, f->name) != 0);
	f->next = *at;
	*at = f;
}

static struct metric_family *family_new(struct metrics *m, enum metric_type type, const char *name,
                                        const char *help, const char *const *labels,
                                        unsigned max_series)
{
	_cleanup_(family_freep) struct metric_family *f = calloc(1, sizeof *f);
	struct buf b = { 0 };

	if (!f)
		return NULL;
	f->owner = m;
	f->type = type;
	f->max_series = max_series;
	f->name = strdup(name);
	escape(&b, help, SIZE_MAX, false);
	f->help = buf_take(&b);
	if (!f->name || !f->help || family_labels(f, labels))
		return NULL;
	return TAKE_PTR(f);
}

/* The quantiles of histogram `h`: "x_seconds" -> "x_quantile_seconds". */
static struct metric_family *family_quantiles(struct metric_family *h)
{
	static const char *const none[] = { NULL };
	size_t n = strlen(h->name) - strlen("_seconds");
	struct metric_family *f;
	struct buf name = { 0 }, help = { 0 };

	buf_printf(&name, "%.*s_quantile_seconds", (int)n, h->name);
	buf_printf(&help, "Quantiles and maximum since the start of %s.", h->name);
	f = name.failed || help.failed
	            ? NULL
	            : family_new(h->owner, METRIC_GAUGE, buf_str(&name), buf_str(&help), none, 0);
	if (f)
		f->of = h;
	buf_done(&name);
	buf_done(&help);
	return f;
}

int metrics_new(struct metrics **ret_metrics)
{
	static const char *const labels[] = { "family", NULL };
	struct metrics *m = calloc(1, sizeof *m);

	if (!m)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	m->refused = metrics_family(m, METRIC_COUNTER, "tocsin_metrics_overflow_total",
	                            "Series asked for past a family's limit: counted as \"other\".",
	                            labels, 1024);
	if (!m->refused) {
		metrics_free(m);
		return -ENOMEM;
	}
	*ret_metrics = m;
	return 0;
}

struct metrics *metrics_free(struct metrics *m)
{
	struct metric_family *next;

	if (!m)
		return NULL;
	for (struct metric_family *f = m->families; f; f = next) {
		next = f->next;
		family_free(f);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}

/* Looking up --------------------------------------------------------------------------------- */

static struct series *lookup(const struct metric_family *f, const char *labels, uint64_t hash)
{
	for (size_t i = 0; i < f->n_series; i++)
		if (f->series[i]->hash == hash && strcmp(f->series[i]->labels, labels) == 0)
			return f->series[i];
	return NULL;
}

static bool make_room(struct metric_family *f)
{
	size_t room = f->n_room ? f->n_room * 2 : 4;
	struct series **more;

	if (f->n_series < f->n_room)
		return true;
	more = realloc(f->series, room * sizeof(struct series *));
	if (!more)
		return false;
	f->series = more;
	f->n_room = room;
	return true;
}

static struct metric *overflow(struct metric_family *f)
{
	f->other_used = true;
	if (f->refused)
		metric_add(f->refused, 1);
	return &f->other->m;
}

static struct metric *series_locked(struct metric_family *f, const char *labels, size_t n)
{
	uint64_t hash = hash_bytes(labels, n, 0);
	struct series *s = lookup(f, labels, hash);

	if (s)
		return &s->m;
	if (f->n_series >= f->max_series || !make_room(f))
		return overflow(f);
	s = series_new(f->type, labels, hash);
	if (!s)
		return overflow(f);
	f->series[f->n_series++] = s;
	return &s->m;
}

struct metric *metric_series(struct metric_family *f, const char *const *values)
{
	struct buf b = { 0 };
	struct metric *m;

	render(f, values, &b);
	pthread_mutex_lock(&f->owner->lock);
	if (f->n_labels == 0) {
		f->other_used = true;
		m = &f->other->m;
	} else {
		m = b.failed ? overflow(f) : series_locked(f, buf_str(&b), b.n);
	}
	pthread_mutex_unlock(&f->owner->lock);
	buf_done(&b);
	return m;
}

struct metric_family *metrics_family(struct metrics *m, enum metric_type type, const char *name,
                                     const char *help, const char *const *labels,
                                     unsigned max_series)
{
	_cleanup_(family_freep) struct metric_family *f = NULL;
	_cleanup_(family_freep) struct metric_family *quantiles = NULL;
	struct metric_family *known;

	assert(is_name(name, true) && *help);
	assert(type != METRIC_HISTOGRAM || ends_with(name, "_seconds"));
	assert(type != METRIC_COUNTER || ends_with(name, "_total"));
	f = family_new(m, type, name, help, labels, max_series);
	if (!f)
		return NULL;
	if (type == METRIC_HISTOGRAM && !(quantiles = family_quantiles(f)))
		return NULL;
	if (m->refused && f->n_labels)
		f->refused = metric_series(m->refused, (const char *const[]){ name, NULL });

	pthread_mutex_lock(&m->lock);
	known = find(m, name);
	if (known) {
		assert(known->type == type && strcmp(known->other->labels, f->other->labels) == 0);
	} else {
		known = TAKE_PTR(f);
		insert(m, known);
		if (quantiles)
			insert(m, TAKE_PTR(quantiles));
	}
	pthread_mutex_unlock(&m->lock);
	return known;
}
