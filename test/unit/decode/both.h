/* both.h - one message through both JSON readers; the first difference in words. */
#ifndef TEST_BOTH_H
#define TEST_BOTH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"

struct both {
	struct format *format;
	struct decoder *simd, *jansson;
	size_t n_events;                 /* of the last message */
	enum decode_verdict verdict;     /* of its last event, or of all of it */
	struct tocsin_event event;
};

static inline int both_open(struct both *b, const struct format_spec *spec)
{
	struct errors errors = { 0 };
	int err;

	*b = (struct both){ 0 };
	err = format_new(spec, &errors, NULL, NULL, &b->format);
	errors_done(&errors);
	if (err)
		return err;
	err = decoder_new(b->format, DECODE_JSON_SIMD, &b->simd);
	return err ? err : decoder_new(b->format, DECODE_JSON_JANSSON, &b->jansson);
}

static inline void both_close(struct both *b)
{
	b->simd = decoder_free(b->simd);
	b->jansson = decoder_free(b->jansson);
	b->format = format_free(b->format);
}

static inline bool str_equal(struct tocsin_str a, struct tocsin_str b)
{
	return a.n == b.n && !a.p == !b.p && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* NULL when all members are equal, else the name of one that is not. */
static inline const char *event_difference(const struct tocsin_event *a, const struct tocsin_event *b)
{
#define NUMBER(m) \
	if (a->m != b->m) \
		return #m
#define TEXT(m) \
	if (!str_equal(a->m, b->m)) \
		return #m
	NUMBER(size);
	NUMBER(kind);
	NUMBER(side);
	NUMBER(flags);
	NUMBER(time_ns);
	NUMBER(price);
	NUMBER(qty);
	NUMBER(bid);
	NUMBER(ask);
	NUMBER(bid_qty);
	NUMBER(ask_qty);
	NUMBER(open);
	NUMBER(high);
	NUMBER(low);
	NUMBER(sequence);
	TEXT(instrument);
	TEXT(venue);
	TEXT(order_id);
	TEXT(trade_id);
	TEXT(account);
	TEXT(counterparty);
#undef NUMBER
#undef TEXT
	return NULL;
}

/* Event i of the message that both read. */
static inline bool both_agree_on(struct both *b, size_t i, char *why, size_t why_size)
{
	const char *field_a, *field_b, *member;
	struct tocsin_event other;
	enum decode_verdict v;

	b->verdict = decode_event(b->simd, i, &b->event, &field_a);
	v = decode_event(b->jansson, i, &other, &field_b);
	if (v != b->verdict || strcmp(field_a, field_b) != 0) {
		snprintf(why, why_size, "event %zu: simdjson %s %s, jansson %s %s", i,
		         decode_verdict_name(b->verdict), field_a, decode_verdict_name(v), field_b);
		return false;
	}
	if (v != DECODE_OK)
		return true;
	member = event_difference(&b->event, &other);
	if (member)
		snprintf(why, why_size, "event %zu: they differ in %s", i, member);
	return member == NULL;
}

/* True when both readers say the same of these bytes and of every event in them; the last is left in
 * b->event. Otherwise `why` says how they differ. */
static inline bool both_agree(struct both *b, const void *bytes, size_t n, char *why, size_t why_size)
{
	const char *field_a, *field_b;
	size_t n_events = 0;
	enum decode_verdict v;

	b->verdict = decode_message(b->simd, bytes, n, &b->n_events, &field_a);
	v = decode_message(b->jansson, bytes, n, &n_events, &field_b);
	if (v != b->verdict || strcmp(field_a, field_b) != 0) {
		snprintf(why, why_size, "simdjson %s %s, jansson %s %s", decode_verdict_name(b->verdict),
		         field_a, decode_verdict_name(v), field_b);
		return false;
	}
	if (v != DECODE_OK)
		return true;
	if (n_events != b->n_events) {
		snprintf(why, why_size, "simdjson %zu events, jansson %zu", b->n_events, n_events);
		return false;
	}
	for (size_t i = 0; i < n_events; i++)
		if (!both_agree_on(b, i, why, why_size))
			return false;
	return true;
}

#endif
