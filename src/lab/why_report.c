/* What a rule saw, for people and for programs. See why.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/timefmt.h"
#include "lab/json.h"
#include "lab/why_impl.h"

static void event_words(const struct look *l, struct buf *out)
{
	char number[DECIMAL_TEXT];

	buf_puts(out, tocsin_kind_name(l->kind));
	if (l->side != TOCSIN_SIDE_NONE)
		buf_printf(out, " %s", tocsin_side_name(l->side));
	if (l->price != TOCSIN_NONE) {
		decimal_format(l->price, number);
		buf_printf(out, " %s", number);
	}
	if (l->qty != TOCSIN_NONE) {
		decimal_format(l->qty, number);
		buf_printf(out, " x %s", number);
	}
	if (*l->account)
		buf_printf(out, " %s", l->account);
}

static void show_look(const struct look *l, struct buf *out)
{
	char time[TIMEFMT_TEXT];

	time_format(l->time_ns, time);
	buf_printf(out, "  %-30s  %-14s  ", time, fate_name(l->fate));
	event_words(l, out);
	if (l->fate == FATE_ALERT || l->fate == FATE_LOW_CONFIDENCE || l->fate == FATE_COOLDOWN)
		buf_printf(out, ", confidence %.4f", l->confidence);
	buf_putc(out, '\n');
	for (uint32_t i = 0; i < l->n_checks; i++) {
		const struct look_check *c = &l->checks[i];

		buf_printf(out, "      %-8s  ",
		           c->truth < 0 ? "no value"
		           : c->truth   ? "true"
		                        : "false");
		why_check(c, out);
		buf_putc(out, '\n');
	}
}

static uint64_t distance(const struct lab_why *w, size_t i)
{
	int64_t a = w->looks[i].time_ns, b = w->ask.time_ns;

	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Marks the looks to show: where the answer changes, then the nearest to the moment. */
static void choose(const struct lab_why *w, size_t most, bool *chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_looks && n < most / 2; i++)
		if (i == 0 || w->looks[i].fate != w->looks[i - 1].fate) {
			chosen[i] = true;
			n++;
		}
	while (n < most && n < w->n_looks) {
		size_t best = SIZE_MAX;

		for (size_t i = 0; i < w->n_looks; i++)
			if (!chosen[i] && (best == SIZE_MAX || distance(w, i) < distance(w, best)))
				best = i;
		if (best == SIZE_MAX)
			break;
		chosen[best] = true;
		n++;
	}
}

static void head(const struct lab_why *w, struct buf *out)
{
	const struct conf_rule *r = w->rules->plan->rules[w->rule].conf;
	char at[TIMEFMT_TEXT], window[TIMEFMT_TEXT];
	bool first = true;

	time_format(w->ask.time_ns, at);
	duration_format(w->ask.window_ns, window);
	buf_printf(out, "rule %s, %s, %s +-%s\n  when %s\n", w->ask.rule, w->ask.instrument, at,
	           window, r->when.s ? r->when.s : "(no condition)");
	buf_puts(out, "  events ");
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++)
		if (w->n_kinds[k]) {
			buf_printf(out, "%s%llu %s", first ? "" : ", ",
			           (unsigned long long)w->n_kinds[k], tocsin_kind_name(k));
			first = false;
		}
	buf_puts(out, first ? "none" : "");
	if (w->n_late)
		buf_printf(out, "; %llu late, not learned from", (unsigned long long)w->n_late);
	if (w->n_snapshot)
		buf_printf(out, "; %llu of a snapshot, not scored",
		           (unsigned long long)w->n_snapshot);
	buf_puts(out, "\n  looks ");
	first = true;
	for (unsigned f = 0; f < N_FATES; f++)
		if (w->n_fates[f]) {
			buf_printf(out, "%s%llu %s", first ? "" : ", ",
			           (unsigned long long)w->n_fates[f], fate_name(f));
			first = false;
		}
	buf_puts(out, first ? "none\n" : "\n");
	if (w->alert_before_ns != INT64_MIN) {
		time_format(w->alert_before_ns, at);
		buf_printf(out, "  last alert before %s\n", at);
	}
}

void lab_why_text(const struct lab_why *w, size_t most, struct buf *out)
{
	bool *chosen = calloc(w->n_looks + 1, sizeof *chosen);
	const struct look *near;
	struct miss m = { 0 };
	size_t held_back = 0;

	out->failed |= w->failed || !chosen;
	if (!chosen)
		return;
	choose(w, most, chosen);
	head(w, out);
	if (w->n_looks)
		buf_putc(out, '\n');
	for (size_t i = 0; i < w->n_looks; i++) {
		if (!chosen[i]) {
			held_back++;
			continue;
		}
		if (held_back)
			buf_printf(out, "  ... %zu more\n", held_back);
		held_back = 0;
		show_look(&w->looks[i], out);
	}
	if (held_back)
		buf_printf(out, "  ... %zu more\n", held_back);
	near = why_nearest(w, &m);
	if (near) {
		char time[TIMEFMT_TEXT];

		time_format(near->time_ns, time);
		buf_printf(out, "\nnearest miss at %s: ", time);
		why_check(&near->checks[m.worst], out);
	}
	buf_putc(out, '\n');
	why_answer(w, out);
	buf_putc(out, '\n');
	free(chosen);
}

static void json_time(const char *key, int64_t ns, struct buf *out)
{
	char text[TIMEFMT_TEXT];

	if (ns == INT64_MIN || ns == INT64_MAX)
		return;
	time_format(ns, text);
	buf_printf(out, ",\"%s\":\"%s\"", key, text);
}

static void json_slice(const char *p, uint32_t n, struct buf *out)
{
	struct buf text = { 0 };

	buf_add(&text, p, n);
	lab_json_text(buf_str(&text), out);
	buf_done(&text);
}

static void json_check(const struct lab_why *w, const struct look_check *c, struct buf *out)
{
	buf_puts(out, "{\"text\":");
	json_slice(c->text, c->text_n, out);
	buf_printf(out, ",\"value\":%s,\"wanted\":%s",
	           c->truth < 0 ? "null"
	           : c->truth   ? "true"
	                        : "false",
	           c->wanted ? "true" : "false");
	if (c->op) {
		buf_puts(out, ",\"observed_text\":");
		json_slice(c->observed_text, c->observed_n, out);
		buf_printf(out, ",\"op\":\"%s\",\"unit\":\"%s\",\"observed\":", c->op,
		           c->is_duration ? "ns" : "number");
		lab_json_number(c->observed, out);
		buf_puts(out, ",\"threshold\":");
		lab_json_number(c->expected, out);
	}
	if (c->n_missing) {
		buf_puts(out, ",\"missing\":");
		lab_json_text(feature_set_name(w->rules->plan->features, c->missing), out);
	}
	if (c->wait_ns > 0)
		buf_printf(out, ",\"full_in_ns\":%lld", (long long)c->wait_ns);
	buf_putc(out, '}');
}

static void json_look(const struct lab_why *w, const struct look *l, struct buf *out)
{
	struct buf words = { 0 };

	buf_printf(out, "{\"result\":\"%s\"", fate_name(l->fate));
	json_time("time", l->time_ns, out);
	buf_puts(out, ",\"event\":");
	event_words(l, &words);
	lab_json_text(buf_str(&words), out);
	buf_done(&words);
	if (l->confidence > 0) {
		buf_puts(out, ",\"confidence\":");
		lab_json_number(l->confidence, out);
	}
	if (l->fate == FATE_COOLDOWN) {
		json_time("held_since", l->held_since_ns, out);
		json_time("held_until", l->held_until_ns, out);
	}
	if (l->fate == FATE_PENDING)
		json_time("pending_since", l->since_ns, out);
	buf_puts(out, ",\"checks\":[");
	for (uint32_t i = 0; i < l->n_checks; i++) {
		buf_puts(out, i ? "," : "");
		json_check(w, &l->checks[i], out);
	}
	buf_puts(out, "]}");
}

void lab_why_json(const struct lab_why *w, struct buf *out)
{
	struct buf answer = { 0 };
	bool first = true;

	buf_puts(out, "{\"rule\":");
	lab_json_text(w->ask.rule, out);
	buf_puts(out, ",\"instrument\":");
	lab_json_text(w->ask.instrument, out);
	json_time("time", w->ask.time_ns, out);
	buf_printf(out, ",\"window_ns\":%lld,\"fired\":%s", (long long)w->ask.window_ns,
	           lab_why_fired(w) ? "true" : "false");
	json_time("last_alert_before", w->alert_before_ns, out);
	buf_printf(out, ",\"late\":%llu,\"snapshot\":%llu,\"events\":{",
	           (unsigned long long)w->n_late, (unsigned long long)w->n_snapshot);
	for (unsigned k = 0; k < TOCSIN_N_KINDS; k++)
		if (w->n_kinds[k]) {
			buf_printf(out, "%s\"%s\":%llu", first ? "" : ",", tocsin_kind_name(k),
			           (unsigned long long)w->n_kinds[k]);
			first = false;
		}
	buf_puts(out, "},\"looks\":[");
	for (size_t i = 0; i < w->n_looks; i++) {
		buf_puts(out, i ? "," : "");
		json_look(w, &w->looks[i], out);
	}
	why_answer(w, &answer);
	buf_printf(out, "],\"complete\":%s,\"answer\":", w->dropped ? "false" : "true");
	lab_json_text(buf_str(&answer), out);
	buf_puts(out, "}\n");
	out->failed |= w->failed || answer.failed;
	buf_done(&answer);
}
