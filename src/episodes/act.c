/* act.c - the acts of an episode, done on the book of their moment. */
#include "market.h"

#include <string.h>

#define ADD_CROSSING 0x80u /* the order may cross the book */

static struct order *slot_of(const struct running *r, const struct act *a)
{
	struct order *o = r->slots[a->slot];

	return o && o->size > 0 ? o : NULL;
}

static uint16_t who(struct market *m, const struct running *r, unsigned index)
{
	uint16_t account = ACCOUNT_NONE;

	if (!m->accounts)
		return ACCOUNT_NONE;
	if (index < WHO_ACCOUNTS)
		return r->accounts[index];
	for (int tries = 0; tries < 50; tries++) {
		bool own = false;

		account = accounts_draw(m->accounts, &m->rng);
		for (unsigned i = 0; i < r->label->n_accounts; i++)
			own = own || r->accounts[i] == account;
		if (!own)
			break;
	}
	return account;
}

static void evidence(struct running *r, unsigned index, uint64_t order)
{
	if (r->own && index >= WHO_ACCOUNTS)
		return;
	for (size_t i = 0; i < r->label->n_orders && i < LABEL_ORDERS; i++)
		if (r->label->orders[i] == order)
			return;
	if (r->label->n_orders < LABEL_ORDERS)
		r->label->orders[r->label->n_orders] = order;
	r->label->n_orders++;
}

static int64_t away(unsigned side, int64_t ticks, int64_t tick) /* from the touch into the book */
{
	return side == LADDER_BID ? -ticks * tick : ticks * tick;
}

/* Not through the other side, unless that is the point. */
static int64_t behind_touch(const struct market *m, unsigned side, int64_t price)
{
	const struct level *v = ladder_best(&m->ladder, !side);

	if (v && (market_better(!side, v->price, price) || v->price == price))
		return v->price + away(side, 1, m->log->tick);
	return price;
}

static void set_size(struct market *m, struct order *o, int64_t price, int64_t size)
{
	if (o->injected)
		m->n_injected += (uint64_t)(size > 0) - (uint64_t)(o->size > 0);
	if (ladder_place(&m->ladder, o, price, size))
		m->failed = true;
}

static struct order *add(struct market *m, struct running *r, int64_t t, unsigned side,
                         int64_t price, int64_t size, unsigned index, uint16_t account)
{
	struct order *o = ladder_inject(&m->ladder, m->next_order);

	m->next_order += 1 + rng_below(&m->rng, 3);
	if (!o) {
		m->failed = true;
		return NULL;
	}
	o->side = (uint8_t)side;
	o->account = account;
	o->may_cross = index & ADD_CROSSING;
	o->who = (uint8_t)(index & ~ADD_CROSSING);
	o->episode = (uint32_t)(r - m->episodes);
	if (!o->may_cross)
		price = behind_touch(m, side, price);
	market_put(m, t, 'A', side, price, size, o->out_id, 130, account, ACCOUNT_NONE);
	set_size(m, o, price, size);
	return o;
}

/* Mean size of the side's best five levels. */
static int64_t level_scale(const struct market *m, unsigned side)
{
	int64_t sum = 0, n = 0;
	const struct level *v;

	for (size_t i = 0; i < 5 && (v = ladder_level(&m->ladder, side, i)); i++, n++)
		sum += v->size;
	return n ? (sum + n - 1) / n : 1;
}

static void act_add(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	const struct level *own = ladder_best(&m->ladder, a->side),
			   *other = ladder_best(&m->ladder, !a->side);
	int64_t price, lots = a->b;

	if (a->op == ACT_ADD_AT)
		price = r->mark[a->side] - away(a->side, a->a, m->log->tick);
	else if (a->op == ACT_ADD_CROSSED)
		price = other ? other->price - away(a->side, a->a, m->log->tick) : 0;
	else
		price = own ? own->price + away(a->side, a->a, m->log->tick) : 0;
	if (price <= 0 || !other)
		return;
	if (lots < 0) {
		if (r->scale == 0)
			r->scale = level_scale(m, a->side);
		lots = (-lots * r->scale + 99) / 100;
	}
	r->slots[a->slot] = add(m, r, t, a->side, price, lots > 0 ? lots : 1,
	                        a->who | (a->op == ACT_ADD_CROSSED ? ADD_CROSSING : 0),
	                        who(m, r, a->who));
	if (r->slots[a->slot])
		evidence(r, a->who, r->slots[a->slot]->out_id);
}

static void reprice(struct market *m, int64_t t, struct order *o, int64_t price)
{
	price = behind_touch(m, o->side, price);
	if (price == o->price)
		return;
	market_put(m, t, 'M', o->side, price, o->size, o->out_id, 130, o->account, ACCOUNT_NONE);
	set_size(m, o, price, o->size);
}

/* Executions --------------------------------------------------------------------------------- */

/* Notes that `lots` of the order are taken. */
static void note_fill(struct market *m, struct order *o, int64_t lots)
{
	if (m->n_fills < MARKET_FILLS)
		m->fills[m->n_fills++] = (struct fill){ o, lots };
}

/* The trades, fills, and then what they do to the book, of the orders noted (by price), for an
 * aggressor. Recorded orders that are used up are gone, or come back when `return_later`. */
static void print_fills(struct market *m, struct running *r, int64_t t, unsigned side,
                        uint64_t aggressor, uint16_t account, unsigned index, bool return_later)
{
	int64_t sign = side == LADDER_ASK ? 1 : -1;

	for (size_t i = 0, k; i < m->n_fills; i = k) {
		int64_t price = m->fills[i].order->price, lots = 0;

		for (k = i; k < m->n_fills && m->fills[k].order->price == price; k++)
			lots += m->fills[k].lots;
		market_put(m, t, 'T', !side, price, lots, aggressor, 0, account,
		           m->fills[i].order->account);
		market_copy_print(m, t, price, lots, side == LADDER_ASK ? 'B' : 'A');
		for (size_t f = i; f < k; f++)
			market_put(m, t, 'F', side, price, m->fills[f].lots,
			           m->fills[f].order->out_id, 0, m->fills[f].order->account,
			           account);
		if (index == 0)
			r->position += sign * lots;
	}
	for (size_t i = 0; i < m->n_fills; i++) {
		struct order *o = m->fills[i].order;
		unsigned flags = i + 1 == m->n_fills ? 130 : 0;
		int64_t left = o->size - m->fills[i].lots;

		market_put(m, t, left ? 'M' : 'C', side, o->price, left ? left : o->size, o->out_id,
		           flags, o->account, ACCOUNT_NONE);
		if (!left && !o->injected)
			o->fate = return_later ? ORDER_PULLED : ORDER_GONE;
		set_size(m, o, o->price, left);
	}
	if (m->n_fills)
		evidence(r, index, aggressor);
	m->n_fills = 0;
}

static uint64_t new_id(struct market *m)
{
	m->next_order += 1 + rng_below(&m->rng, 3);
	return m->next_order++;
}

static bool is_own(const struct market *m, const struct running *r, const struct order *o,
                   unsigned index, uint16_t account)
{
	if (m->accounts && o->account == account)
		return true;
	return o->injected && index < WHO_ACCOUNTS && o->who == index &&
	       o->episode == (uint32_t)(r - m->episodes);
}

/* Takes up to `lots` of the level. The aggressor's own orders are passed by. */
static int64_t note_level(struct market *m, const struct running *r, struct level *v, int64_t lots,
                          unsigned index, uint16_t account)
{
	int64_t left = lots;

	for (struct order *o = v->first; o && left > 0; o = o->after) {
		int64_t take = o->size < left ? o->size : left;

		if (is_own(m, r, o, index, account))
			continue;
		note_fill(m, o, take);
		left -= take;
	}
	return lots - left;
}

/* Self trades are prevented as venues do: recorded resting orders of the aggressor's account are
 * cancelled. What else there is of the level. */
static int64_t available(struct market *m, struct running *r, int64_t t, struct level *v,
                         unsigned index, uint16_t account)
{
	struct order *next;
	int64_t there = 0;

	for (struct order *o = v->first; o; o = next) {
		next = o->after;
		if (!is_own(m, r, o, index, account)) {
			there += o->size;
		} else if (!o->injected && (o->before || o->after)) {
			market_cancel(m, t, o);
			o->fate = ORDER_GONE;
		}
	}
	return there;
}

static struct order *arrive(struct market *m, struct running *r, int64_t t, unsigned side,
                            int64_t price, int64_t lots, uint16_t aggressor)
{
	uint16_t account = aggressor;

	for (int k = 0; k < 50 && account == aggressor; k++)
		account = who(m, r, WHO_ANYONE);
	return add(m, r, t, side, price, lots, WHO_ANYONE, account);
}

static void hit(struct market *m, struct running *r, int64_t t, unsigned side, unsigned index,
                int64_t lots, size_t n_levels)
{
	uint16_t account = who(m, r, index);
	uint64_t id = new_id(m);
	int64_t there = 0, left = lots;
	const struct level *best = ladder_best(&m->ladder, side);
	struct level *v;

	if (!best || lots <= 0)
		return;
	for (size_t i = 0; i < n_levels && (v = ladder_level(&m->ladder, side, i)); i++)
		there += available(m, r, t, v, index, account);
	if (there < lots)
		arrive(m, r, t, side, ladder_best(&m->ladder, side)->price, lots - there, account);
	for (size_t i = 0; left > 0 && i < n_levels && (v = ladder_level(&m->ladder, side, i)); i++)
		left -= note_level(m, r, v, left, index, account);
	print_fills(m, r, t, side, id, account, index, false);
}

static void act_take(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	struct order *o = slot_of(r, a);
	const struct level *best = ladder_best(&m->ladder, a->side);
	int64_t lots = a->a;
	uint16_t account;

	if (!o || !best)
		return;
	if (o->price != best->price)
		reprice(m, t, o, best->price);
	account = who(m, r, a->who);
	if (lots < 0)
		lots = (-lots * o->size + 99) / 100;
	if (lots == 0 || lots > o->size)
		lots = o->size;
	if (o->who == 0)
		r->position += a->side == LADDER_ASK ? -lots : lots;
	note_fill(m, o, lots);
	print_fills(m, r, t, a->side, new_id(m), account, a->who, false);
}

static void act_trade(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	const struct level *best = ladder_best(&m->ladder, a->side);
	uint16_t account = who(m, r, a->who);
	struct order *o = best ? arrive(m, r, t, a->side, best->price, a->a, account) : NULL;

	if (!o)
		return;
	note_fill(m, o, a->a);
	print_fills(m, r, t, a->side, new_id(m), account, a->who, false);
}

static void act_exit(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	int64_t open = a->side == LADDER_BID ? r->position : -r->position;

	if (open > 0)
		hit(m, r, t, a->side, 0, (open + a->a - 1) / a->a, 1);
}

/* Up to where the price is pushed. */
static void act_sweep(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	int64_t target = r->mark[a->side] + away(a->side, a->a, m->log->tick);
	uint16_t account = who(m, r, a->who);
	struct level *v;

	if (r->mark[a->side] == 0)
		return;
	if (a->op == ACT_SWEEP) {
		for (size_t i = 0; (v = ladder_level(&m->ladder, a->side, i)) &&
		                   market_better(a->side, v->price, target);
		     i++)
			note_level(m, r, v, a->b ? a->b : INT64_MAX, a->who, account);
		print_fills(m, r, t, a->side, new_id(m), account, a->who, true);
	}
	m->holding = true;
	m->hold_side = a->side;
	m->hold_price = target;
	while ((v = ladder_best(&m->ladder, a->side)) && market_better(a->side, v->price, target)) {
		if (!v->first->injected)
			v->first->fate = ORDER_PULLED;
		market_cancel(m, t, v->first);
	}
}

static void settle_all(struct market *m, int64_t t, bool pulled_only)
{
	for (struct order *o = m->ladder.seen; o; o = o->next_seen)
		if (!o->injected && (!pulled_only || o->fate == ORDER_PULLED))
			market_settle(m, t, o, NULL);
}

static void act_release(struct market *m, struct running *r, const struct act *a, int64_t t)
{
	m->hold_price = r->mark[a->side] + away(a->side, a->a, m->log->tick);
	m->holding = a->a > 0;
	settle_all(m, t, true);
}

/* What went first, then what steps back, then what comes or steps forward: never crossed on the
 * way. */
static void act_resume(struct market *m, int64_t t)
{
	m->silent = false;
	for (struct order *o = m->ladder.seen; o; o = o->next_seen)
		if (!o->injected && o->size > 0 && o->real_size == 0)
			market_settle(m, t, o, NULL);
	for (struct order *o = m->ladder.seen; o; o = o->next_seen)
		if (!o->injected && o->size > 0 && o->real_size > 0 &&
		    market_better(o->side, o->price, o->real_price))
			market_settle(m, t, o, NULL);
	settle_all(m, t, false);
}

static void act_print(struct market *m, const struct act *a, int64_t t)
{
	if (m->last_price)
		market_copy_print(m, t, m->last_price, a->b, a->side == LADDER_ASK ? 'B' : 'A');
}

void market_act(struct market *m, const struct act *a, int64_t t)
{
	struct running *r = &m->episodes[a->episode];
	const struct level *v;
	struct order *o;

	market_until(m, t);
	switch ((enum act_op)a->op) {
	case ACT_MARK:
		for (unsigned side = 0; side < 2; side++)
			r->mark[side] = (v = ladder_best(&m->ladder, side)) ? v->price : 0;
		break;
	case ACT_ADD:
	case ACT_ADD_AT:
	case ACT_ADD_CROSSED: act_add(m, r, a, t); break;
	case ACT_MOVE:
		o = slot_of(r, a);
		v = ladder_best(&m->ladder, a->side);
		if (o && v)
			reprice(m, t, o, v->price + away(o->side, a->a, m->log->tick));
		break;
	case ACT_CANCEL:
		o = slot_of(r, a);
		if (o)
			market_cancel(m, t, o);
		break;
	case ACT_HIT: hit(m, r, t, a->side, a->who, a->a, (size_t)a->b); break;
	case ACT_TAKE: act_take(m, r, a, t); break;
	case ACT_TRADE: act_trade(m, r, a, t); break;
	case ACT_EXIT: act_exit(m, r, a, t); break;
	case ACT_SWEEP:
	case ACT_PULL: act_sweep(m, r, a, t); break;
	case ACT_RELEASE: act_release(m, r, a, t); break;
	case ACT_SILENCE: m->silent = true; break;
	case ACT_RESUME: act_resume(m, t); break;
	case ACT_SHIFT: m->shift = a->a; break;
	case ACT_PRINT: act_print(m, a, t); break;
	}
}
