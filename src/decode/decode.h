/* decode.h - bytes of one message to its events (mostly one), or a named reason of refusal.
 *
 * Pure: no clock, no I/O, no logging. A `struct format` is a compiled mapping (immutable, shared);
 * a `struct decoder` is one thread's working memory for one format and one stream of bytes.
 * After creation decoding allocates nothing but to grow the parser for a larger message than any
 * before. Nothing is guessed: what the mapping cannot read exactly is refused. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/event.h>

#include "core/errors.h"

struct format;
struct decoder;

enum decode_verdict {
	DECODE_OK,
	DECODE_IGNORED,          /* a well-formed message of a kind that the mapping ignores */
	DECODE_EMPTY,            /* no bytes, or only white space */
	DECODE_TOMBSTONE,        /* null value (the caller's to say; decode never returns it) */
	DECODE_TOO_LARGE,        /* over the format's max_bytes, or no memory to read it */
	DECODE_NOT_JSON,         /* malformed, truncated, number out of range, too deep, bad UTF-8 */
	DECODE_NOT_OBJECT,       /* JSON, but not an object */
	DECODE_DUPLICATE_KEY,    /* a key twice in one object, at any depth */
	DECODE_MISSING_FIELD,
	DECODE_WRONG_TYPE,       /* e.g. an object where a price should be */
	DECODE_BAD_NUMBER,       /* text that is no number, NaN, infinite, outside +-9.22e9 */
	DECODE_BAD_PRICE,        /* zero or negative where the format forbids it */
	DECODE_BAD_SIZE,         /* negative, or zero of a trade or fill */
	DECODE_BAD_TIME,         /* unreadable */
	DECODE_TIME_RANGE,       /* before the format's min_time or after its max_time */
	DECODE_UNKNOWN_KIND,     /* event kind that the mapping does not name */
	DECODE_UNKNOWN_SIDE,
	DECODE_BAD_TEXT,         /* empty instrument, NUL inside, over 128 bytes */
	DECODE_BAD_CSV,          /* wrong number of columns, stray quote */
	DECODE_BAD_FIX,          /* not tag=value, wrong body length or checksum */
	DECODE_N_VERDICTS
};

/* snake_case, e.g. "missing_field": metric label, log and dead-letter word. */
const char *decode_verdict_name(enum decode_verdict v);

enum decode_codec { DECODE_JSON, DECODE_CSV, DECODE_FIX };
enum decode_time_unit { DECODE_TIME_AUTO, DECODE_TIME_S, DECODE_TIME_MS, DECODE_TIME_US, DECODE_TIME_NS, DECODE_TIME_TEXT, DECODE_TIME_FIX };
enum decode_price_rule { DECODE_PRICE_POSITIVE, DECODE_PRICE_NONZERO, DECODE_PRICE_ANY };

struct decode_pair {
	const char *from, *to;   /* raw value -> our word */
};

#define DECODE_RECORD "@record"          /* as a path of time: when the broker got the message */

/* What a mapping says; strings are borrowed during format_new() only. A field is a path in the
 * message ("hd.ts_event"; "levels.0.bid_px" where there is an array; of CSV: a column; of FIX: a
 * tag), or "=text" for a constant (of kind and side: our word); NULL = what the preset says, "=" =
 * not mapped. "a|b" is the first of up to four that is there. "data[].price" goes into each item of
 * an array: a message then holds as many events (json.h says more). The kind may be made of up to
 * three values: "type+reason" is read as done/canceled; absent ones are left out, and when all are,
 * the word is empty.
 * Absent, null, and empty CSV cells are the same. An empty identifier is none. Flags that a preset
 * sets to true cannot be taken back. */
struct format_spec {
	const char *name;
	const char *preset;              /* NULL = "generic"; fills whatever is left NULL/0 below */
	enum decode_codec codec;
	const char *kind;                /* path, or "=trade" */
	const struct decode_pair *kinds; /* raw -> "trade" ... or "ignore"; n_kinds 0 = our own words */
	size_t n_kinds;
	const char *instrument, *time, *price, *qty, *side, *venue;
	const char *trade_price, *trade_qty;     /* of trades and fills: instead of price and qty */
	const char *aggressor;           /* of trades and fills: false = the side is the maker's */
	const char *order_id, *trade_id, *account, *counterparty, *sequence;
	const char *bid, *ask, *bid_qty, *ask_qty, *open, *high, *low;
	const char *flags;               /* integer bit set */
	uint32_t flag_snapshot, flag_last;       /* bits of it; 0 = none */
	const struct decode_pair *sides; /* raw -> "buy", "sell", "none" */
	size_t n_sides;
	bool side_is_maker;              /* trades and fills name the resting side: turned round */
	bool fill_side_is_maker;         /* the same, of fills only (databento) */
	bool fill_keeps_book;            /* what was filled goes by a later order event (databento) */
	bool sequence_gapless;           /* an instrument's messages are numbered one by one */
	bool trade_has_quote;            /* a trade's bid and ask are read too (mbp-1) */
	enum decode_time_unit time_unit;
	int price_exponent;              /* integers are scaled by 10^this, e.g. -9; 0 = plain */
	int qty_exponent;
	enum decode_price_rule price_rule;
	const char *no_price;            /* raw text that stands for "no price"; NULL = none */
	int64_t min_time_ns, max_time_ns;        /* 0, 0 = 1990 .. 2200 */
	size_t max_bytes;                /* 0 = 1 MiB */
};

/* Where the spec's members came from, for messages: the place of option `name`. */
typedef struct place (*format_place)(void *ctx, const char *option);

/* 0 and *ret_format, ended with format_free(); -EINVAL with the reasons in `errors`; -ENOMEM. */
int format_new(const struct format_spec *spec, struct errors *errors, format_place place, void *ctx,
               struct format **ret_format);
struct format *format_free(struct format *f);
const char *format_name(const struct format *f);
enum decode_codec format_codec(const struct format *f);   /* CSV wants decoder_header() first */
/* Names of the presets, ended by NULL. */
const char *const *format_presets(void);

enum decode_json { DECODE_JSON_SIMD, DECODE_JSON_JANSSON };

/* `json` picks the parser (both read the same). `format` must outlive the decoder. 0, -ENOMEM. */
int decoder_new(const struct format *format, enum decode_json json, struct decoder **ret_decoder);
struct decoder *decoder_free(struct decoder *d);

/* CSV only: the header line that names the columns. 0, or -EINVAL with the reason. */
int decoder_header(struct decoder *d, const void *line, size_t n, char *reterr, size_t reterr_size);

/* Time of the record that the next messages come from, for formats that ask for it; ns, 0 = not
 * known (as at the beginning). */
void decoder_record_time(struct decoder *d, int64_t time_ns);

/* Reads one message. On DECODE_OK it has *ret_n events or refusals, each to be taken with
 * decode_event(), in order; none: DECODE_IGNORED. On refusal *ret_field, when not NULL, names the
 * field at fault (our name; "" when none): static or the format's. */
enum decode_verdict decode_message(struct decoder *d, const void *bytes, size_t n, size_t *ret_n,
                                   const char **ret_field);
/* The i-th event of the message read. On DECODE_OK *ret_event is whole; its texts are valid until
 * the next call on this decoder or until `bytes` go; else it is undefined. */
enum decode_verdict decode_event(struct decoder *d, size_t i, struct tocsin_event *ret_event,
                                 const char **ret_field);
/* Both, for the first event. */
enum decode_verdict decode(struct decoder *d, const void *bytes, size_t n,
                           struct tocsin_event *ret_event, const char **ret_field);

#endif
