/* What lab_compare() found, for people and for programs. See compare.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"
#include "lab/compare.h"
#include "lab/json.h"

struct tally {
	char name[128];
	size_t before, after, count[LAB_N_CHANGES];
};

struct tallies {
	struct tally *v;
	size_t n;
};

static const struct lab_alert *of(const struct lab_changed *c)
{
	return c->after ? c->after : c->before;
}

static void name_rule(const struct lab_changed *c, char *out, size_t size)
{
	snprintf(out, size, "%s", of(c)->rule_name);
}

static void name_instrument(const struct lab_changed *c, char *out, size_t size)
{
	snprintf(out, size, "%s", of(c)->instrument);
}

static void name_day(const struct lab_changed *c, char *out, size_t size)
{
	char text[TIMEFMT_TEXT];

	time_format(of(c)->time_ns, text);
	snprintf(out, size, "%.10s", text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static size_t weight(const struct tally *t)
{
	return t->count[LAB_MOVED] + t->count[LAB_GAINED] + t->count[LAB_LOST];
}

static int by_weight(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	if (x->after != y->after)
		return x->after > y->after ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* One tally for each name, by name. */
static struct tallies tally(const struct lab_changes *c,
                            void (*name)(const struct lab_changed *c, char *out, size_t size))
{
	struct tallies t = { calloc(c->n + 1, sizeof *t.v), 0 };

	for (size_t i = 0; t.v && i < c->n; i++) {
		struct tally *one = &t.v[i];

		name(&c->v[i], one->name, sizeof one->name);
		one->before = c->v[i].before != NULL;
		one->after = c->v[i].after != NULL;
		one->count[c->v[i].change] = 1;
	}
	if (t.v)
		qsort(t.v, c->n, sizeof *t.v, by_name);
	for (size_t i = 0; t.v && i < c->n; i++) {
		struct tally *to = t.n ? &t.v[t.n - 1] : NULL;

		if (!to || strcmp(to->name, t.v[i].name) != 0) {
			t.v[t.n++] = t.v[i];
			continue;
		}
		to->before += t.v[i].before;
		to->after += t.v[i].after;
		for (int k = 0; k < LAB_N_CHANGES; k++)
			to->count[k] += t.v[i].count[k];
	}
	return t;
}

static void show_tallies(const char *title, const struct tallies *t, size_t most, struct buf *out)
{
	int width = (int)strlen(title);
	size_t n = most && t->n > most ? most : t->n;

	for (size_t i = 0; i < n; i++)
		width = (int)strlen(t->v[i].name) > width ? (int)strlen(t->v[i].name) : width;
	buf_printf(out, "\n%-*s  %8s  %8s  %8s  %8s  %8s  %8s\n", width, title, "old", "new",
	           "same", "moved", "gained", "lost");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%-*s  %8zu  %8zu  %8zu  %8zu  %8zu  %8zu\n", width, t->v[i].name,
		           t->v[i].before, t->v[i].after, t->v[i].count[LAB_SAME],
		           t->v[i].count[LAB_MOVED], t->v[i].count[LAB_GAINED],
		           t->v[i].count[LAB_LOST]);
	if (t->n > n)
		buf_printf(out, "and %zu more\n", t->n - n);
}

static void show_change(const struct lab_changed *c, struct buf *out)
{
	const struct lab_alert *a = of(c);
	char when[TIMEFMT_TEXT], off[TIMEFMT_TEXT];
	int64_t d = c->before && c->after ? c->after->time_ns - c->before->time_ns : 0;

	time_format(a->time_ns, when);
	d = d > NS_PER_S || d < -NS_PER_S ? d / NS_PER_MS * NS_PER_MS : d;
	duration_format(d < 0 ? -d : d, off);
	buf_printf(out, "%-6s  %-30s  %s  %s%s%s", lab_change_name(c->change), when, a->rule_name,
	           a->instrument, a->account ? " " : "", a->account ? a->account : "");
	if (strcmp(a->status, "firing") != 0)
		buf_printf(out, "  %s", a->status);
	if (c->change == LAB_MOVED)
		buf_printf(out, "  %s %s", off, d < 0 ? "sooner" : "later");
	buf_printf(out, "  %s\n", a->summary);
}

void lab_compare_text(const struct lab_changes *c, const struct lab_compare_words *w,
                      struct buf *out)
{
	struct tallies rules = tally(c, name_rule), days = tally(c, name_day);
	struct tallies instruments = tally(c, name_instrument);
	size_t changed = c->n - c->count[LAB_SAME], shown = 0;

	if (!rules.v || !days.v || !instruments.v) {
		out->failed = true;
		goto out;
	}
	qsort(instruments.v, instruments.n, sizeof *instruments.v, by_weight);
	buf_printf(out,
	           "old %s, new %s, %llu messages\n"
	           "%zu alerts before, %zu after: %zu same, %zu moved, %zu gained, %zu lost\n",
	           w->before, w->after, (unsigned long long)w->n_messages, c->n_before, c->n_after,
	           c->count[LAB_SAME], c->count[LAB_MOVED], c->count[LAB_GAINED],
	           c->count[LAB_LOST]);
	if (c->n) {
		show_tallies("rule", &rules, 0, out);
		show_tallies("day", &days, 0, out);
		show_tallies("instrument", &instruments, w->top, out);
	}
	if (changed)
		buf_putc(out, '\n');
	for (size_t i = 0; i < c->n && (w->most == 0 || shown < w->most); i++)
		if (c->v[i].change != LAB_SAME) {
			show_change(&c->v[i], out);
			shown++;
		}
	if (shown < changed)
		buf_printf(out, "and %zu more changes\n", changed - shown);
out:
	free(rules.v);
	free(days.v);
	free(instruments.v);
}

static void json_tallies(const char *key, const struct tallies *t, struct buf *out)
{
	buf_printf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < t->n; i++) {
		buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
		lab_json_text(t->v[i].name, out);
		buf_printf(out, ",\"old\":%zu,\"new\":%zu", t->v[i].before, t->v[i].after);
		for (unsigned k = 0; k < LAB_N_CHANGES; k++)
			buf_printf(out, ",\"%s\":%zu", lab_change_name(k), t->v[i].count[k]);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_time(const char *key, const struct lab_alert *a, struct buf *out)
{
	char when[TIMEFMT_TEXT];

	if (!a)
		return;
	time_format(a->time_ns, when);
	buf_printf(out, ",\"%s\":\"%s\"", key, when);
}

static void json_change(const struct lab_changed *c, struct buf *out)
{
	const struct lab_alert *a = of(c);

	buf_printf(out, "{\"change\":\"%s\"", lab_change_name(c->change));
	json_time("old_time", c->before, out);
	json_time("new_time", c->after, out);
	buf_puts(out, ",\"rule\":");
	lab_json_text(a->rule_name, out);
	buf_puts(out, ",\"instrument\":");
	lab_json_text(a->instrument, out);
	buf_puts(out, ",\"account\":");
	lab_json_text(a->account, out);
	buf_printf(out, ",\"status\":\"%s\",\"severity\":\"%s\",\"summary\":", a->status,
	           tocsin_severity_name(a->severity));
	lab_json_text(a->summary, out);
	buf_putc(out, '}');
}

void lab_compare_json(const struct lab_changes *c, const struct lab_compare_words *w,
                      struct buf *out)
{
	struct tallies rules = tally(c, name_rule), days = tally(c, name_day);
	struct tallies instruments = tally(c, name_instrument);
	bool first = true;

	out->failed |= !rules.v || !days.v || !instruments.v;
	buf_puts(out, "{\"old\":");
	lab_json_text(w->before, out);
	buf_puts(out, ",\"new\":");
	lab_json_text(w->after, out);
	buf_printf(out, ",\"messages\":%llu,\"alerts_old\":%zu,\"alerts_new\":%zu",
	           (unsigned long long)w->n_messages, c->n_before, c->n_after);
	for (unsigned k = 0; k < LAB_N_CHANGES; k++)
		buf_printf(out, ",\"%s\":%zu", lab_change_name(k), c->count[k]);
	json_tallies("rules", &rules, out);
	json_tallies("days", &days, out);
	json_tallies("instruments", &instruments, out);
	buf_puts(out, ",\"changes\":[");
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].change == LAB_SAME)
			continue;
		buf_puts(out, first ? "" : ",");
		json_change(&c->v[i], out);
		first = false;
	}
	buf_puts(out, "]}\n");
	free(rules.v);
	free(days.v);
	free(instruments.v);
}
