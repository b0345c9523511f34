#include "cells.h"

#include "core/hash.h"
#include "features/circle.h"

/* Is the event of a series' kinds? What only takes away what was filled, nobody cancelled. */
static bool is_of(const struct tocsin_event *e, uint32_t kinds)
{
	if (e->kind == TOCSIN_ORDER_CANCEL && (e->flags & TOCSIN_FLAG_BY_FILL))
		return kinds == SET_KINDS_ANY;
	return kinds & TOCSIN_KIND_BIT(e->kind);
}

/* The number that stands for a text of the event; false: it has none. */
static bool text_cell(const struct tocsin_event *e, enum set_field field, int64_t *ret)
{
	const struct tocsin_str *text;

	switch (field) {
	case FIELD_INSTRUMENT: text = &e->instrument; break;
	case FIELD_VENUE: text = &e->venue; break;
	case FIELD_ACCOUNT: text = &e->account; break;
	case FIELD_COUNTERPARTY: text = &e->counterparty; break;
	case FIELD_ORDER_ID: text = &e->order_id; break;
	case FIELD_TRADE_ID: text = &e->trade_id; break;
	default: *ret = e->side; return e->side != TOCSIN_SIDE_NONE;
	}
	if (!text->p)
		return false;
	*ret = (int64_t)hash_bytes(text->p, text->n, 0);
	if (*ret == TOCSIN_NONE)
		*ret = 0;
	return true;
}

bool cells_of_circle(const struct tocsin_event *e, int64_t cells[WINDOW_COLUMNS])
{
	bool bought = e->side == TOCSIN_BUY; /* the aggressor, who is the account */
	int64_t account, counterparty;

	if (e->kind != TOCSIN_TRADE || e->side == TOCSIN_SIDE_NONE || e->qty == TOCSIN_NONE ||
	    !text_cell(e, FIELD_ACCOUNT, &account) ||
	    !text_cell(e, FIELD_COUNTERPARTY, &counterparty))
		return false;
	cells[0] = e->time_ns;
	cells[CIRCLE_SELLER] = bought ? counterparty : account;
	cells[CIRCLE_BUYER] = bought ? account : counterparty;
	cells[CIRCLE_SIZE] = e->qty;
	return true;
}

bool cells_of(const struct set_series *s, const struct tocsin_event *e,
              int64_t cells[WINDOW_COLUMNS])
{
	if (!is_of(e, s->kinds) ||
	    (s->side && e->side != (s->side == SIDE_BUY ? TOCSIN_BUY : TOCSIN_SELL)))
		return false;
	cells[0] = e->time_ns;
	cells[1] = e->price;
	cells[2] = e->qty;
	switch (s->content) {
	case CONTENT_TIMES: return true;
	case CONTENT_PRICED: return e->price != TOCSIN_NONE;
	case CONTENT_SIZED: return e->qty != TOCSIN_NONE;
	case CONTENT_TEXT: cells[2] = TOCSIN_NONE; return text_cell(e, s->text, &cells[1]);
	case CONTENT_CIRCLE: return cells_of_circle(e, cells);
	}
	return false;
}
