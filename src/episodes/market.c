#include "market.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

#define SECOND_VENUE "B"
#define FIRST_ID_GAP 100000 /* injected ids begin so far above the venue's */

int market_new(struct market *m, const struct mbo_log *log, const struct inject_options *o)
{
	size_t n = 1;

	m->log = log;
	m->o = o;
	m->rng.s = o->seed ^ 0x6d61726b6574u;
	m->next_order = log->last_order + FIRST_ID_GAP + rng_below(&m->rng, FIRST_ID_GAP);
	for (size_t i = 0; i < log->n; i++)
		n += log->v[i].action == 'A' || log->v[i].action == 'M';
	return ladder_new(&m->ladder, n + 1024);
}

void market_done(struct market *m)
{
	ladder_done(&m->ladder);
	buf_done(&m->text);
	buf_done(&m->more);
}

/* Writing ------------------------------------------------------------------------------------ */

static void emit(struct market *m, int64_t time_ns)
{
	if (m->text.failed)
		m->failed = true;
	else
		m->line(m->ctx, time_ns, m->text.p, m->text.n);
	m->lines++;
}

static const char *members(struct market *m, uint16_t account, uint16_t counterparty)
{
	char name[ACCOUNT_TEXT];

	buf_clear(&m->more);
	if (m->accounts && account != ACCOUNT_NONE) {
		accounts_name(m->accounts, account, name);
		buf_printf(&m->more, ",\"account\":\"%s\"", name);
	}
	if (m->accounts && counterparty != ACCOUNT_NONE) {
		accounts_name(m->accounts, counterparty, name);
		buf_printf(&m->more, ",\"counterparty\":\"%s\"", name);
	}
	if (m->o->venues > 1)
		buf_puts(&m->more, ",\"venue\":\"A\"");
	return buf_str(&m->more);
}

static void put_text(struct market *m, int64_t time_ns, char action, char side, int64_t price,
                     int64_t size, uint64_t order, unsigned flags, const char *suffix,
                     const char *more)
{
	buf_clear(&m->text);
	buf_printf(&m->text,
	           "{\"ts_recv\":\"%" PRId64 "\",\"hd\":{\"ts_event\":\"%" PRId64
	           "\",\"rtype\":160,\"publisher_id\":1,\"instrument_id\":17077},"
	           "\"action\":\"%c\",\"side\":\"%c\",\"price\":\"%" PRId64 "\",\"size\":%" PRId64
	           ",\"channel_id\":0,\"order_id\":\"%" PRIu64 "\",\"flags\":%u,"
	           "\"ts_in_delta\":15000,\"sequence\":0,\"symbol\":\"%s%s\"%s}",
	           time_ns + 88000, time_ns, action, side, price, size, order, flags,
	           m->log->symbols[m->instrument], suffix, more);
	emit(m, time_ns);
}

void market_put(struct market *m, int64_t time_ns, char action, unsigned side, int64_t price,
                int64_t size, uint64_t order, unsigned flags, uint16_t account,
                uint16_t counterparty)
{
	put_text(m, time_ns, action, side == LADDER_BID ? 'B' : 'A', price, size, order, flags, "",
	         members(m, account, counterparty));
}

static void pass(struct market *m, const struct mbo_line *line, int64_t size, uint64_t order,
                 uint16_t account, uint16_t counterparty)
{
	buf_clear(&m->text);
	mbo_rewrite(line, size, order, members(m, account, counterparty), &m->text);
	emit(m, line->time_ns);
}

/* The second venue follows: the same trades a little later, a tick beside now and then. */
void market_copy_print(struct market *m, int64_t time_ns, int64_t price, int64_t size, char side)
{
	int64_t due = time_ns + script_between(&m->rng, NS_PER_MS, 20 * NS_PER_MS);
	struct print *p;

	m->last_price = price;
	if (m->o->venues < 2 || m->pending_n == MARKET_PENDING)
		return;
	if (due <= m->last_due)
		due = m->last_due + 1;
	m->last_due = due;
	if (rng_below(&m->rng, 4) == 0)
		price += rng_below(&m->rng, 2) ? m->log->tick : -m->log->tick;
	p = &m->pending[(m->pending_first + m->pending_n++) % MARKET_PENDING];
	*p = (struct print){ due, price + m->shift * m->log->tick, size, side };
}

void market_until(struct market *m, int64_t time_ns)
{
	while (m->pending_n && m->pending[m->pending_first].due < time_ns) {
		const struct print *p = &m->pending[m->pending_first];

		put_text(m, p->due, 'T', p->side, p->price, p->size, 0, 128, "." SECOND_VENUE,
		         ",\"venue\":\"" SECOND_VENUE "\"");
		m->pending_first = (m->pending_first + 1) % MARKET_PENDING;
		m->pending_n--;
	}
}

/* Recorded orders ---------------------------------------------------------------------------- */

static void place(struct market *m, struct order *o, int64_t price, int64_t size)
{
	if (o->injected)
		m->n_injected += (uint64_t)(size > 0) - (uint64_t)(o->size > 0);
	if (ladder_place(&m->ladder, o, price, size))
		m->failed = true;
}

void market_cancel(struct market *m, int64_t time_ns, struct order *o)
{
	if (o->size == 0)
		return;
	market_put(m, time_ns, 'C', o->side, o->price, o->size, o->out_id, 130, o->account,
	           ACCOUNT_NONE);
	place(m, o, o->price, 0);
}

void market_guard(struct market *m, int64_t time_ns, unsigned side, int64_t price)
{
	const struct level *v;

	for (size_t i = 0; m->n_injected && (v = ladder_level(&m->ladder, !side, i));) {
		struct order *next = NULL;
		size_t before = m->ladder.side[!side].n;

		if (market_better(!side, price, v->price))
			break;
		for (struct order *o = v->first; o; o = next) {
			next = o->after;
			if (!o->injected || o->may_cross)
				continue;
			m->episodes[o->episode].label->disturbed = true;
			market_cancel(m, time_ns, o);
		}
		i += m->ladder.side[!side].n == before;
	}
}

static bool held(const struct market *m, const struct order *o)
{
	return m->holding && o->side == m->hold_side &&
	       market_better(o->side, o->real_price, m->hold_price);
}

/* Into the written book: as recorded, or by a line of ours, with a new id when it was in before. */
static void come(struct market *m, int64_t time_ns, struct order *o, const struct mbo_line *line)
{
	market_guard(m, time_ns, o->side, o->real_price);
	if (line && !o->was_out &&
	    (line->action == 'A' || (line->action == 'M' && o->fate == ORDER_AS_RECORDED))) {
		pass(m, line, line->size, o->id, o->account, ACCOUNT_NONE);
	} else {
		if (o->was_out)
			o->out_id = m->next_order++;
		market_put(m, time_ns, 'A', o->side, o->real_price, o->real_size, o->out_id, 130,
		           o->account, ACCOUNT_NONE);
	}
	o->fate = ORDER_AS_RECORDED;
	place(m, o, o->real_price, o->real_size);
}

/* Stays in the written book. A cancel of a part takes what is left of it at most. */
static void change(struct market *m, int64_t time_ns, struct order *o, const struct mbo_line *line)
{
	int64_t size = o->real_size;

	if (line && line->action == 'C') {
		if (o->size <= size)
			return;
		pass(m, line, o->size - size, o->out_id, o->account, ACCOUNT_NONE);
	} else if (line) {
		market_guard(m, time_ns, o->side, o->real_price);
		pass(m, line, line->size, o->out_id, o->account, ACCOUNT_NONE);
	} else if (o->price != o->real_price || o->size != size) {
		market_guard(m, time_ns, o->side, o->real_price);
		market_put(m, time_ns, 'M', o->side, o->real_price, size, o->out_id, 130,
		           o->account, ACCOUNT_NONE);
	}
	place(m, o, o->real_price, size);
}

static void leave(struct market *m, int64_t time_ns, struct order *o, const struct mbo_line *line)
{
	if (o->real_size > 0)
		o->fate = ORDER_PULLED;
	if (line && line->action == 'C')
		pass(m, line, o->size, o->out_id, o->account, ACCOUNT_NONE);
	else
		market_put(m, time_ns, 'C', o->side, o->price, o->size, o->out_id, 130, o->account,
		           ACCOUNT_NONE);
	place(m, o, o->price, 0);
}

void market_settle(struct market *m, int64_t time_ns, struct order *o, const struct mbo_line *line)
{
	bool wanted = o->real_size > 0 && o->fate != ORDER_GONE && !held(m, o);

	if (m->silent)
		return;
	if (wanted && o->size == 0)
		come(m, time_ns, o, line);
	else if (wanted)
		change(m, time_ns, o, line);
	else if (o->size > 0)
		leave(m, time_ns, o, line);
	else if (o->real_size > 0 && o->fate == ORDER_AS_RECORDED)
		o->fate = ORDER_PULLED;
}

static uint16_t account_of(const struct market *m, uint64_t order)
{
	return m->accounts ? accounts_of(m->accounts, order) : ACCOUNT_NONE;
}

static void take_order(struct market *m, const struct mbo_line *line)
{
	struct order *o = ladder_order(&m->ladder, line->order);
	bool known = o && (o->was_out || o->real_size > 0 || o->fate != ORDER_AS_RECORDED);

	if (!o) {
		m->failed = true;
		return;
	}
	if (line->action == 'C' && !known) { /* placed before the log begins */
		if (!m->silent)
			pass(m, line, line->size, line->order, account_of(m, line->order),
			     ACCOUNT_NONE);
		return;
	}
	o->account = account_of(m, line->order);
	if (line->action == 'C') {
		o->real_size = o->real_size > line->size ? o->real_size - line->size : 0;
	} else {
		if (o->size == 0)
			o->side = line->side == 'A' ? LADDER_ASK : LADDER_BID;
		o->real_price = line->price;
		o->real_size = line->size;
	}
	market_settle(m, line->time_ns, o, line);
}

/* What an episode took of an order cannot be filled again: the trade is for as much less. */
static int64_t fillable(struct market *m, const struct mbo_line *fill, struct order **ret)
{
	struct order *o = ladder_order(&m->ladder, fill->order);

	*ret = o;
	if (!o)
		m->failed = true;
	if (!o || (!o->was_out && o->real_size == 0 && o->fate == ORDER_AS_RECORDED))
		return fill->size; /* placed before the log begins */
	if (o->size == o->real_size)
		return fill->size; /* more than is displayed: an iceberg */
	return o->size < fill->size ? o->size : fill->size;
}

/* The fills of a trade follow it; one may be the aggressor's own, of an order that rested before it
 * was moved to meet the other side. */
struct recorded_trade {
	size_t n; /* lines */
	int64_t size, asked;
	uint16_t account, counterparty;
};

static struct recorded_trade look_at(struct market *m, size_t i)
{
	const struct mbo_line *trade = &m->log->v[i], *fill = trade + 1;
	struct recorded_trade t = { 1, 0, 0, account_of(m, trade->order), ACCOUNT_NONE };
	struct order *o;

	for (; i + t.n < m->log->n; t.n++, fill++) {
		if (fill->action != 'F' || fill->instrument != m->instrument)
			break;
		if (fill->order == trade->order)
			continue;
		t.size += fillable(m, fill, &o);
		t.asked += fill->size;
		if (t.counterparty == ACCOUNT_NONE)
			t.counterparty = account_of(m, fill->order);
	}
	if (t.account == ACCOUNT_NONE)
		t.counterparty = ACCOUNT_NONE;
	return t;
}

static size_t take_trade(struct market *m, size_t i)
{
	const struct mbo_line *trade = &m->log->v[i];
	struct recorded_trade t = look_at(m, i);
	int64_t size = t.size < t.asked ? t.size : trade->size;

	if (m->silent || m->holding || (t.asked > 0 && t.size == 0))
		return t.n;
	pass(m, trade, size, trade->order, t.account, t.counterparty);
	market_copy_print(m, trade->time_ns, trade->price, size, trade->side);
	for (size_t k = 1; k < t.n; k++) {
		const struct mbo_line *fill = &trade[k];
		bool own = fill->order == trade->order;
		struct order *o;
		int64_t lots = fillable(m, fill, &o);

		if (own && t.size < t.asked && lots > size)
			lots = size;
		if (lots > 0)
			pass(m, fill, lots, o ? o->out_id : fill->order, account_of(m, fill->order),
			     own ? t.counterparty : t.account);
	}
	return t.n;
}

static void clear(struct market *m, const struct mbo_line *line)
{
	for (struct order *o = m->ladder.seen; o; o = o->next_seen) {
		o->real_size = 0;
		if (o->size > 0)
			place(m, o, o->price, 0);
	}
	pass(m, line, line->size, line->order, ACCOUNT_NONE, ACCOUNT_NONE);
}

size_t market_take(struct market *m, size_t i)
{
	const struct mbo_line *line = &m->log->v[i];

	market_until(m, line->time_ns);
	if (line->instrument != m->instrument) {
		buf_clear(&m->text);
		buf_add(&m->text, line->text, line->n);
		emit(m, line->time_ns);
		return 1;
	}
	switch (line->action) {
	case 'A':
	case 'C':
	case 'M':
		if (line->order) {
			take_order(m, line);
			return 1;
		}
		break;
	case 'T': return take_trade(m, i);
	case 'F':
		if (m->silent || m->holding)
			return 1;
		break;
	case 'R': clear(m, line); return 1;
	}
	pass(m, line, line->size, line->order, account_of(m, line->order), ACCOUNT_NONE);
	return 1;
}
