/* The meaning of a message: which values its kind needs, what they may be, whose side it is.
 *
 *   every kind           kind, instrument, time
 *   trade, fill          price, qty > 0 (those of trades first, where they stand elsewhere); side
 *                        turned round where the message names the maker's
 *   order_add            qty >= 0; the price may be absent (market orders)
 *   order_modify         qty >= 0 if there
 *   order_cancel         nothing more; a qty of 0 is none: all that is left
 *   quote                bid or ask
 *   bar                  price (its close); qty is its volume
 *   book_clear           nothing more
 *
 * A field that the kind does not use is not looked at, so it cannot refuse the message. */
#include "map.h"

struct map {
	const struct format *f;
	const struct json_value *values;
	struct map_scratch *scratch;
	int64_t record_ns;
	enum format_field *field;
};

/* The first of its paths that is there. */
static const struct json_value *get(const struct map *m, enum format_field field)
{
	const struct json_value *v = &m->values[m->f->value[field]];

	for (unsigned k = 0; value_absent(v) && k < FORMAT_OTHERS; k++) {
		if (m->f->other[field][k] == FORMAT_ABSENT)
			break;
		v = &m->values[m->f->other[field][k]];
	}
	return v;
}

static enum decode_verdict at(struct map *m, enum format_field field, enum decode_verdict verdict)
{
	*m->field = field;
	return verdict;
}

/* "type+reason": the parts that are there, a slash between. */
static enum decode_verdict kind_of_parts(struct map *m, char out[static FORMAT_WORD_MAX],
                                         struct tocsin_str *ret)
{
	uint32_t n = 0;

	for (unsigned k = 0; k <= FORMAT_OTHERS; k++) {
		uint8_t at = k ? m->f->other[FIELD_KIND][k - 1] : m->f->value[FIELD_KIND];
		struct tocsin_str part;

		if (value_absent(&m->values[at]))
			continue;
		if (value_word(&m->values[at], m->scratch->text[FIELD_KIND], &part) != DECODE_OK)
			return DECODE_WRONG_TYPE;
		if (n + 1 + part.n > FORMAT_WORD_MAX)
			return DECODE_UNKNOWN_KIND;
		if (n)
			out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
	}
	*ret = (struct tocsin_str){ out, n };
	return DECODE_OK;
}

static enum decode_verdict kind_word(struct map *m, char out[static FORMAT_WORD_MAX],
                                     struct tocsin_str *ret)
{
	const struct json_value *v = get(m, FIELD_KIND);

	if (m->f->kind_of_parts)
		return kind_of_parts(m, out, ret);
	if (!value_absent(v))
		return value_word(v, m->scratch->text[FIELD_KIND], ret);
	*ret = (struct tocsin_str){ "", 0 };
	return DECODE_OK;
}

static enum decode_verdict map_kind(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;
	char text[FORMAT_WORD_MAX];
	int kind = m->f->fixed_kind;
	struct tocsin_str word;

	if (kind < 0) {
		verdict = kind_word(m, text, &word);
		if (verdict != DECODE_OK)
			return at(m, FIELD_KIND, verdict);
		kind = format_word(&m->f->kinds, word.p, word.n);
		if (kind < 0)
			return at(m, FIELD_KIND,
			          word.n ? DECODE_UNKNOWN_KIND : DECODE_MISSING_FIELD);
	}
	if (kind == FORMAT_IGNORE)
		return DECODE_IGNORED;
	e->kind = (uint8_t)kind;
	return DECODE_OK;
}

static enum decode_verdict map_time(struct map *m, struct tocsin_event *e)
{
	const struct json_value *v = get(m, FIELD_TIME);
	enum decode_verdict verdict;

	if (value_absent(v) && m->f->record_time && m->record_ns) {
		e->time_ns = m->record_ns;
		verdict = DECODE_OK;
	} else if (value_absent(v)) {
		verdict = DECODE_MISSING_FIELD;
	} else {
		verdict = value_time(v, m->f->time_unit, &e->time_ns);
	}
	if (verdict == DECODE_OK &&
	    (e->time_ns < m->f->min_time_ns || e->time_ns > m->f->max_time_ns))
		verdict = DECODE_TIME_RANGE;
	return verdict == DECODE_OK ? DECODE_OK : at(m, FIELD_TIME, verdict);
}

static bool is_traded(const struct tocsin_event *e)
{
	return e->kind == TOCSIN_TRADE || e->kind == TOCSIN_FILL;
}

/* Is the side that the message names the resting order's? */
static enum decode_verdict map_maker(struct map *m, const struct tocsin_event *e, bool *ret)
{
	const struct json_value *v = get(m, FIELD_AGGRESSOR);
	struct tocsin_str word;

	*ret = m->f->side_is_maker || (e->kind == TOCSIN_FILL && m->f->fill_side_is_maker);
	if (value_absent(v))
		return DECODE_OK;
	if (value_word(v, m->scratch->text[FIELD_AGGRESSOR], &word) != DECODE_OK)
		return at(m, FIELD_AGGRESSOR, DECODE_WRONG_TYPE);
	if (word.n == 0 || !strchr("YyTt1NnFf0", word.p[0]))
		return at(m, FIELD_AGGRESSOR, DECODE_UNKNOWN_SIDE);
	*ret = strchr("NnFf0", word.p[0]);
	return DECODE_OK;
}

static enum decode_verdict map_side(struct map *m, struct tocsin_event *e)
{
	const struct json_value *v = get(m, FIELD_SIDE);
	enum decode_verdict verdict;
	bool maker;
	struct tocsin_str word;
	int side = m->f->fixed_side;

	if (side < 0) {
		if (value_absent(v))
			return DECODE_OK;
		if (value_word(v, m->scratch->text[FIELD_SIDE], &word) != DECODE_OK)
			return at(m, FIELD_SIDE, DECODE_WRONG_TYPE);
		side = format_word(&m->f->sides, word.p, word.n);
		if (side < 0)
			return at(m, FIELD_SIDE, DECODE_UNKNOWN_SIDE);
	}
	if (is_traded(e)) {
		verdict = map_maker(m, e, &maker);
		if (verdict != DECODE_OK)
			return verdict;
		if (maker && side != TOCSIN_SIDE_NONE)
			side = side == TOCSIN_BUY ? TOCSIN_SELL : TOCSIN_BUY;
	}
	e->side = (uint8_t)side;
	return DECODE_OK;
}

static bool is_no_price(const struct format *f, const struct json_value *v)
{
	if (!f->no_price)
		return false;
	if (v->type == JSON_INT_VALUE)
		return f->no_price_is_int && v->u.i == f->no_price_int;
	return v->type == JSON_STRING_VALUE && v->n == f->n_no_price &&
	       memcmp(v->u.p, f->no_price, v->n) == 0;
}

static enum decode_verdict map_price(struct map *m, enum format_field field, int64_t *ret)
{
	const struct json_value *v = get(m, field);
	enum decode_verdict verdict;

	if (value_absent(v) || is_no_price(m->f, v))
		return DECODE_OK;
	verdict = value_number(v, m->f->price_exponent, ret);
	if (verdict != DECODE_OK)
		return at(m, field, verdict);
	if ((m->f->price_rule == DECODE_PRICE_POSITIVE && *ret <= 0) ||
	    (m->f->price_rule == DECODE_PRICE_NONZERO && *ret == 0))
		return at(m, field, DECODE_BAD_PRICE);
	return DECODE_OK;
}

static enum decode_verdict map_qty(struct map *m, enum format_field field, int64_t *ret)
{
	const struct json_value *v = get(m, field);
	enum decode_verdict verdict;

	if (value_absent(v))
		return DECODE_OK;
	verdict = value_number(v, m->f->qty_exponent, ret);
	if (verdict != DECODE_OK)
		return at(m, field, verdict);
	return *ret < 0 ? at(m, field, DECODE_BAD_SIZE) : DECODE_OK;
}

/* Of trades and fills: where the message tells it apart from the order's. */
static enum format_field traded_field(const struct map *m, const struct tocsin_event *e,
                                      enum format_field of_trade, enum format_field field)
{
	return is_traded(e) && !value_absent(get(m, of_trade)) ? of_trade : field;
}

static enum decode_verdict map_traded(struct map *m, struct tocsin_event *e)
{
	enum format_field price = traded_field(m, e, FIELD_TRADE_PRICE, FIELD_PRICE);
	enum format_field qty = traded_field(m, e, FIELD_TRADE_QTY, FIELD_QTY);
	enum decode_verdict verdict;

	if ((verdict = map_price(m, price, &e->price)) != DECODE_OK ||
	    (verdict = map_qty(m, qty, &e->qty)) != DECODE_OK)
		return verdict;
	if (e->kind == TOCSIN_ORDER_CANCEL && e->qty == 0)
		e->qty = TOCSIN_NONE;
	if (e->kind == TOCSIN_TRADE || e->kind == TOCSIN_FILL || e->kind == TOCSIN_BAR) {
		if (e->price == TOCSIN_NONE)
			return at(m, FIELD_PRICE, DECODE_MISSING_FIELD);
	}
	if (e->kind == TOCSIN_TRADE || e->kind == TOCSIN_FILL || e->kind == TOCSIN_ORDER_ADD) {
		if (e->qty == TOCSIN_NONE)
			return at(m, FIELD_QTY, DECODE_MISSING_FIELD);
		if (e->qty == 0 && e->kind != TOCSIN_ORDER_ADD)
			return at(m, FIELD_QTY, DECODE_BAD_SIZE);
	}
	return DECODE_OK;
}

static enum decode_verdict map_prices(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;

	if ((verdict = map_price(m, FIELD_BID, &e->bid)) != DECODE_OK ||
	    (verdict = map_price(m, FIELD_ASK, &e->ask)) != DECODE_OK ||
	    (verdict = map_qty(m, FIELD_BID_QTY, &e->bid_qty)) != DECODE_OK ||
	    (verdict = map_qty(m, FIELD_ASK_QTY, &e->ask_qty)) != DECODE_OK)
		return verdict;
	return DECODE_OK;
}

static enum decode_verdict map_quote(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict = map_prices(m, e);

	if (verdict != DECODE_OK)
		return verdict;
	if (e->bid == TOCSIN_NONE && e->ask == TOCSIN_NONE)
		return at(m, FIELD_BID, DECODE_MISSING_FIELD);
	return DECODE_OK;
}

static enum decode_verdict map_bar(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;

	if ((verdict = map_traded(m, e)) != DECODE_OK ||
	    (verdict = map_price(m, FIELD_OPEN, &e->open)) != DECODE_OK ||
	    (verdict = map_price(m, FIELD_HIGH, &e->high)) != DECODE_OK ||
	    (verdict = map_price(m, FIELD_LOW, &e->low)) != DECODE_OK)
		return verdict;
	return DECODE_OK;
}

static enum decode_verdict map_text(struct map *m, enum format_field field, struct tocsin_str *ret)
{
	const struct json_value *v = get(m, field);
	enum decode_verdict verdict;

	if (value_absent(v))
		return DECODE_OK;
	verdict = value_text(v, m->scratch->text[field], ret);
	if (verdict != DECODE_OK)
		return at(m, field, verdict);
	if (ret->n == 0)
		*ret = (struct tocsin_str){ 0 };
	return DECODE_OK;
}

static enum decode_verdict map_texts(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;

	if ((verdict = map_text(m, FIELD_VENUE, &e->venue)) != DECODE_OK ||
	    (verdict = map_text(m, FIELD_ORDER_ID, &e->order_id)) != DECODE_OK ||
	    (e->kind != TOCSIN_QUOTE && /* there the same key may mean something else */
	     (verdict = map_text(m, FIELD_TRADE_ID, &e->trade_id)) != DECODE_OK) ||
	    (verdict = map_text(m, FIELD_ACCOUNT, &e->account)) != DECODE_OK ||
	    (verdict = map_text(m, FIELD_COUNTERPARTY, &e->counterparty)) != DECODE_OK)
		return verdict;
	return DECODE_OK;
}

static enum decode_verdict map_instrument(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;

	if (value_absent(get(m, FIELD_INSTRUMENT)))
		return at(m, FIELD_INSTRUMENT, DECODE_MISSING_FIELD);
	verdict = map_text(m, FIELD_INSTRUMENT, &e->instrument);
	if (verdict == DECODE_OK && !e->instrument.p)
		return at(m, FIELD_INSTRUMENT, DECODE_BAD_TEXT);
	return verdict;
}

static enum decode_verdict map_counters(struct map *m, struct tocsin_event *e)
{
	const struct json_value *sequence = get(m, FIELD_SEQUENCE), *flags = get(m, FIELD_FLAGS);
	enum decode_verdict verdict;
	uint64_t bits;

	if (e->kind == TOCSIN_FILL && m->f->fill_keeps_book)
		e->flags |= TOCSIN_FLAG_FILL_KEEPS_BOOK;
	if (!value_absent(sequence)) {
		verdict = value_unsigned(sequence, &e->sequence);
		if (verdict != DECODE_OK)
			return at(m, FIELD_SEQUENCE, verdict);
		if (m->f->sequence_gapless)
			e->flags |= TOCSIN_FLAG_GAPLESS;
	}
	if (value_absent(flags))
		return DECODE_OK;
	verdict = value_unsigned(flags, &bits);
	if (verdict != DECODE_OK)
		return at(m, FIELD_FLAGS, verdict);
	if (bits & m->f->flag_snapshot)
		e->flags |= TOCSIN_FLAG_SNAPSHOT;
	if (bits & m->f->flag_last)
		e->flags |= TOCSIN_FLAG_LAST;
	else if (m->f->flag_last)
		e->flags |= TOCSIN_FLAG_MORE;
	return DECODE_OK;
}

static enum decode_verdict map_numbers(struct map *m, struct tocsin_event *e)
{
	enum decode_verdict verdict;

	switch (e->kind) {
	case TOCSIN_QUOTE: return map_quote(m, e);
	case TOCSIN_BAR: return map_bar(m, e);
	case TOCSIN_BOOK_CLEAR: return DECODE_OK;
	default:
		verdict = map_traded(m, e);
		return verdict == DECODE_OK && m->f->trade_has_quote ? map_prices(m, e) : verdict;
	}
}

enum decode_verdict map_event(const struct format *f,
                              const struct json_value values[FORMAT_N_VALUES], int64_t record_ns,
                              struct map_scratch *scratch, struct tocsin_event *ret,
                              enum format_field *ret_field)
{
	struct map m = { .f = f,
		         .values = values,
		         .scratch = scratch,
		         .record_ns = record_ns,
		         .field = ret_field };
	enum decode_verdict verdict;

	*ret = (struct tocsin_event){
		.size = sizeof *ret,
		.price = TOCSIN_NONE,
		.qty = TOCSIN_NONE,
		.bid = TOCSIN_NONE,
		.ask = TOCSIN_NONE,
		.bid_qty = TOCSIN_NONE,
		.ask_qty = TOCSIN_NONE,
		.open = TOCSIN_NONE,
		.high = TOCSIN_NONE,
		.low = TOCSIN_NONE,
	};
	if ((verdict = map_kind(&m, ret)) != DECODE_OK ||
	    (verdict = map_instrument(&m, ret)) != DECODE_OK ||
	    (verdict = map_time(&m, ret)) != DECODE_OK ||
	    (verdict = map_numbers(&m, ret)) != DECODE_OK ||
	    (verdict = map_side(&m, ret)) != DECODE_OK ||
	    (verdict = map_texts(&m, ret)) != DECODE_OK ||
	    (verdict = map_counters(&m, ret)) != DECODE_OK)
		return verdict;
	return DECODE_OK;
}
