#include "alerts.h"

#include <stdlib.h>
#include <string.h>

#include "conf/memory.h"

static const char *text(struct conf_memory *m, const char *p, size_t n)
{
	return p ? conf_memory_copy(m, p, n) : NULL;
}

static const char *string(struct conf_memory *m, const char *s)
{
	return text(m, s, s ? strlen(s) : 0);
}

static bool grow(struct lab_alerts *a)
{
	size_t size = a->size ? 2 * a->size : 64;
	struct lab_alert *more;

	if (a->n < a->size)
		return true;
	more = realloc(a->v, size * sizeof *more);
	if (!more)
		return false;
	a->v = more;
	a->size = size;
	return true;
}

void lab_alerts_add(struct lab_alerts *a, const struct tocsin_alert *alert, size_t rule)
{
	const struct tocsin_event *e = alert->event;
	struct conf_memory *m = a->texts ? a->texts : conf_memory_new();
	struct lab_alert *out;

	a->texts = m;
	if (!m || !grow(a)) {
		a->failed = true;
		return;
	}
	out = &a->v[a->n++];
	*out = (struct lab_alert){
		.time_ns = e->time_ns,
		.rule = rule,
		.rule_name = string(m, alert->rule),
		.instrument = text(m, e->instrument.p, e->instrument.n),
		.account = text(m, e->account.p, e->account.n),
		.summary = string(m, alert->summary),
		.status = tocsin_status_name(alert->status),
		.entity = *alert->fingerprint ? string(m, alert->fingerprint)
		                              : text(m, e->instrument.p, e->instrument.n),
		.severity = alert->severity,
		.confidence = alert->confidence,
		.labels = conf_memory_get(m, alert->n_labels, sizeof *out->labels),
		.n_labels = alert->n_labels,
	};
	for (uint32_t i = 0; i < alert->n_labels && out->labels; i++)
		out->labels[i] = (struct tocsin_label){ string(m, alert->labels[i].name),
			                                string(m, alert->labels[i].value) };
	a->failed |= m->failed;
	if (!out->rule_name)
		out->rule_name = "";
	if (!out->instrument)
		out->instrument = "";
	if (!out->summary)
		out->summary = "";
	if (!out->entity)
		out->entity = "";
}

void lab_alerts_done(struct lab_alerts *a)
{
	conf_memory_free(a->texts);
	free(a->v);
	*a = (struct lab_alerts){ 0 };
}
