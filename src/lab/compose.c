#include "compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/memory.h"
#include "core/decimal.h"
#include "core/nearest.h"
#include "core/timefmt.h"
#include "lab/log.h"
#include "lab/table.h"

int lab_events_add(struct lab_events *e, const struct tocsin_event *event)
{
	if (e->n >= LAB_MAX_EVENTS)
		return -E2BIG;
	if (e->n == e->size) {
		size_t size = e->size ? 2 * e->size : 256;
		struct tocsin_event *more = realloc(e->v, size * sizeof *more);

		if (!more)
			return -ENOMEM;
		e->v = more;
		e->size = size;
	}
	e->v[e->n++] = *event;
	return 0;
}

void lab_events_done(struct lab_events *e)
{
	free(e->v);
	conf_memory_free(e->texts);
	*e = (struct lab_events){ 0 };
}

/* One event ---------------------------------------------------------------------------------- */

static const struct conf_text *pick(const struct lab_template *t, size_t offset)
{
	const struct conf_text *own = (const void *)((const char *)t->item + offset);

	if (own->s || !t->fallback)
		return own;
	return (const void *)((const char *)t->fallback + offset);
}

#define PICK(member) pick(t, offsetof(struct lab_item, member))

static int64_t number(const struct conf_text *text)
{
	int64_t v = TOCSIN_NONE;

	if (text->s)
		(void)decimal_parse(text->s, strlen(text->s), &v);
	return v;
}

static struct tocsin_str text_of(const struct conf_text *text)
{
	return text->s ? (struct tocsin_str){ text->s, (uint32_t)strlen(text->s) }
	               : (struct tocsin_str){ 0 };
}

static uint8_t kind_of(const char *word)
{
	for (unsigned k = 0; word && k < TOCSIN_TICK; k++)
		if (strcmp(word, tocsin_kind_name(k)) == 0)
			return (uint8_t)k;
	return TOCSIN_TRADE;
}

static uint16_t flags_of(const struct lab_template *t)
{
	const struct conf_texts *words = t->item->flags.n || !t->fallback ? &t->item->flags
	                                                                  : &t->fallback->flags;
	static const struct {
		const char *word;
		uint16_t flag;
	} known[] = {
		{ "snapshot", TOCSIN_FLAG_SNAPSHOT },
		{ "last", TOCSIN_FLAG_LAST },
		{ "by_fill", TOCSIN_FLAG_BY_FILL },
		{ "fill_keeps_book", TOCSIN_FLAG_FILL_KEEPS_BOOK },
	};
	unsigned flags = 0;

	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
			if (strcmp(words->v[i].s, known[k].word) == 0)
				flags |= known[k].flag;
	return (uint16_t)flags;
}

/* What decoding would refuse. */
static void check_event(const struct lab_template *t, const struct tocsin_event *e,
                        struct errors *errors)
{
	const char *kind = tocsin_kind_name(e->kind);

	if (e->kind == TOCSIN_QUOTE) {
		if (e->bid == TOCSIN_NONE && e->ask == TOCSIN_NONE)
			errors_add(errors, t->place, "a quote needs a bid or an ask");
	} else if (e->kind != TOCSIN_ORDER_CANCEL && e->kind != TOCSIN_BOOK_CLEAR &&
	           e->price == TOCSIN_NONE) {
		errors_add(errors, t->place, "a %s needs a price", kind);
	}
	if ((e->kind == TOCSIN_TRADE || e->kind == TOCSIN_FILL || e->kind == TOCSIN_ORDER_ADD) &&
	    (e->qty == TOCSIN_NONE || e->qty <= 0))
		errors_add(errors, t->place, "a %s needs a size above 0", kind);
	if (e->price != TOCSIN_NONE && e->price <= 0)
		errors_add(errors, t->place, "a price must be above 0");
}

int lab_event_make(const struct lab_template *t, int64_t time_ns, struct errors *errors,
                   struct tocsin_event *ret)
{
	const char *side = PICK(side)->s, *sequence = PICK(sequence)->s;
	size_t before = errors->n_all;

	*ret = (struct tocsin_event){
		.size = sizeof *ret,
		.kind = kind_of(PICK(kind)->s),
		.side = !side                       ? TOCSIN_SIDE_NONE
		        : strcmp(side, "buy") == 0  ? TOCSIN_BUY
		        : strcmp(side, "sell") == 0 ? TOCSIN_SELL
		                                    : TOCSIN_SIDE_NONE,
		.flags = flags_of(t),
		.time_ns = time_ns,
		.price = number(PICK(price)),
		.qty = number(PICK(size)),
		.bid = number(PICK(bid)),
		.ask = number(PICK(ask)),
		.bid_qty = number(PICK(bid_size)),
		.ask_qty = number(PICK(ask_size)),
		.open = number(PICK(open)),
		.high = number(PICK(high)),
		.low = number(PICK(low)),
		.sequence = sequence ? strtoull(sequence, NULL, 10) : 0,
		.instrument = text_of(PICK(instrument)),
		.venue = text_of(PICK(venue)),
		.order_id = text_of(PICK(order_id)),
		.trade_id = text_of(PICK(trade_id)),
		.account = text_of(PICK(account)),
		.counterparty = text_of(PICK(counterparty)),
	};
	if (!ret->instrument.p)
		ret->instrument = (struct tocsin_str){ t->instrument,
			                               (uint32_t)strlen(t->instrument) };
	check_event(t, ret, errors);
	return errors->n_all > before ? -EINVAL : 0;
}

/* Logs ---------------------------------------------------------------------------------------- */

struct logged {
	const struct lab_item *item;
	struct lab_events *out;
	int64_t shift, from, to; /* from and to: of the log's own times */
	bool begun, first_only;
	int64_t first_ns;
	uint64_t n;
};

static int keep(struct logged *l, const struct tocsin_event *from)
{
	struct tocsin_event e = *from;
	struct tocsin_str *const texts[] = { &e.instrument, &e.venue,   &e.order_id,
		                             &e.trade_id,   &e.account, &e.counterparty };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i]->p) {
			texts[i]->p = conf_memory_copy(l->out->texts, texts[i]->p, texts[i]->n);
			if (!texts[i]->p)
				return -ENOMEM;
		}
	e.time_ns += l->shift;
	return lab_events_add(l->out, &e);
}

static void begin(struct logged *l, int64_t first_ns)
{
	const struct lab_item *i = l->item;

	l->begun = true;
	l->first_ns = first_ns;
	if (l->out->start_ns == INT64_MIN)
		l->out->start_ns = first_ns;
	l->shift = i->at.s ? lab_time(&i->at, l->out->start_ns) - first_ns : 0;
	l->from = i->from.s ? lab_time(&i->from, l->out->start_ns) : INT64_MIN;
	l->to = i->to.s ? lab_time(&i->to, l->out->start_ns) : INT64_MAX;
}

#define ENOUGH 1 /* what ends the reading early */

static int on_batch(void *ctx, const struct batch *b)
{
	struct logged *l = ctx;

	for (size_t k = 0; k < b->n_decoded; k++) {
		const struct tocsin_event *e = &b->decoded[k].event;
		int r = 0;

		if (b->decoded[k].verdict != DECODE_OK)
			continue;
		if (!l->begun)
			begin(l, e->time_ns);
		if (l->first_only)
			return ENOUGH;
		if (e->time_ns + l->shift >= l->from && e->time_ns + l->shift < l->to) {
			r = keep(l, e);
			l->n++;
		}
		if (r == 0 && l->item->count && l->n >= (uint64_t)l->item->count)
			r = ENOUGH;
		if (r)
			return r;
	}
	return 0;
}

static void unknown_format(const struct plan *plan, const struct conf_text *name,
                           struct errors *errors)
{
	const char *names[128], *near;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_formats && n < 64; i++)
		names[n++] = format_name(plan->formats[i]);
	for (const char *const *p = format_presets(); *p && n < 128; p++)
		names[n++] = *p;
	near = nearest(name->s, strlen(name->s), names, n);
	errors_add(errors, name->at, "unknown format '%.64s'%s%s%s", name->s,
	           near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int read_log(struct lab_file *f, const struct lab_item *i, struct plan *plan,
                    bool first_only, struct errors *errors, struct lab_events *ret)
{
	const struct conf_text *name = i->format.s ? &i->format : &f->format;
	const char *path = lab_file_beside(f, i->file.s);
	const struct format *format = plan_format(plan, name->s);
	struct logged l = { .item = i, .out = ret, .first_only = first_only };
	const struct lab_log log = {
		.paths = &path,
		.n_paths = 1,
		.format = format,
		.topic = "test",
		.ctx = &l,
		.batch = on_batch,
	};
	char reason[300];
	int e;

	if (!path)
		return -ENOMEM;
	if (!format) {
		if (!first_only)
			unknown_format(plan, name, errors);
		return 0;
	}
	e = lab_log_read(&log, reason, sizeof reason);
	if (e == -ENOMEM || e == -E2BIG)
		return e;
	if (first_only)
		return 0;
	if (e < 0)
		errors_add(errors, i->file.at, "%s", reason);
	else if (l.n == 0)
		errors_add(errors, i->file.at, "no event of this log is taken%s",
		           l.begun ? ": none is between 'from' and 'to'" : "");
	return 0;
}

/* The whole ----------------------------------------------------------------------------------- */

struct ordered {
	struct tocsin_event event;
	size_t place;
};

static int by_time(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->event.time_ns != y->event.time_ns)
		return x->event.time_ns < y->event.time_ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Only where an item begins before the one above has ended: an order that is there is left alone, so
 * that a log's own late events, alone in a test, stay late. */
static int sort(struct lab_events *e, bool several)
{
	struct ordered *v;

	if (!several || e->n < 2)
		return 0;
	v = calloc(e->n, sizeof *v);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < e->n; i++)
		v[i] = (struct ordered){ e->v[i], i };
	qsort(v, e->n, sizeof *v, by_time);
	for (size_t i = 0; i < e->n; i++)
		e->v[i] = v[i].event;
	free(v);
	return 0;
}

static int find_start(struct lab_file *f, const struct lab_test *t, struct plan *plan,
                      struct errors *errors, struct lab_events *ret)
{
	int e = 0;

	ret->start_ns = INT64_MIN;
	if (t->start.s)
		return time_parse(t->start.s, strlen(t->start.s), &ret->start_ns);
	for (size_t i = 0; e == 0 && i < t->n_events && ret->start_ns == INT64_MIN; i++)
		if (t->events[i].file.s)
			e = read_log(f, &t->events[i], plan, true, errors, ret);
	if (ret->start_ns == INT64_MIN)
		(void)time_parse(LAB_DEFAULT_START, strlen(LAB_DEFAULT_START), &ret->start_ns);
	return e;
}

static int add_item(struct lab_file *f, const struct lab_item *i, const char *instrument,
                    struct plan *plan, struct errors *errors, struct lab_events *ret)
{
	const struct lab_template t = { .item = i, .instrument = instrument, .place = i->place };
	struct tocsin_event e;
	int r;

	if (i->file.s)
		return read_log(f, i, plan, false, errors, ret);
	if (i->rows.s)
		return lab_rows(f, &t, errors, ret);
	if (i->shape != LAB_SHAPE_NONE)
		return lab_generate(&t, errors, ret);
	r = lab_event_make(&t, lab_time(&i->at, ret->start_ns), errors, &e);
	return r ? r : lab_events_add(ret, &e);
}

int lab_compose(struct lab_file *f, const struct lab_test *t, struct plan *plan,
                struct errors *errors, struct lab_events *ret)
{
	const char *instrument = t->instrument.s ? t->instrument.s : f->instrument.s;
	size_t before = errors->n_all, n_logs = 0;
	int e;

	*ret = (struct lab_events){ .texts = conf_memory_new() };
	if (!ret->texts)
		return -ENOMEM;
	e = find_start(f, t, plan, errors, ret);
	for (size_t i = 0; e == 0 && i < t->n_events; i++) {
		n_logs += t->events[i].file.s != NULL;
		e = add_item(f, &t->events[i], instrument, plan, errors, ret);
		if (e == -E2BIG) {
			errors_add(errors, t->events[i].place, "more than %d events in one test",
			           LAB_MAX_EVENTS);
			e = -EINVAL;
		}
		e = e == -EINVAL ? 0 : e; /* told; what else is wrong is looked for */
	}
	if (e == 0 && ret->texts->failed)
		e = -ENOMEM;
	if (e == 0)
		e = sort(ret, !(n_logs == 1 && t->n_events == 1));
	if (e == 0 && ret->n == 0 && errors->n_all == before)
		errors_add(errors, t->place, "test '%.100s' has no events: it could not fail",
		           t->name.s);
	return e == 0 && errors->n_all > before ? -EINVAL : e;
}
