/* format.h - a compiled mapping, as format.c builds it and map.c, csv.c and decode.c read it.
 * Immutable after format_new(); owns all that it points to. */
#ifndef DECODE_FORMAT_H
#define DECODE_FORMAT_H

#include "decode/decode.h"
#include "decode/json.h"

#define FORMAT_MAX_BYTES ((size_t)256 << 20)
#define FORMAT_WORD_MAX 64               /* bytes of a raw word in a table */

/* What a mapping maps, by the names of struct format_spec. */
enum format_field {
	FIELD_KIND,
	FIELD_INSTRUMENT,
	FIELD_TIME,
	FIELD_PRICE,
	FIELD_QTY,
	FIELD_SIDE,
	FIELD_TRADE_PRICE,
	FIELD_TRADE_QTY,
	FIELD_AGGRESSOR,
	FIELD_VENUE,
	FIELD_ORDER_ID,
	FIELD_TRADE_ID,
	FIELD_ACCOUNT,
	FIELD_COUNTERPARTY,
	FIELD_SEQUENCE,
	FIELD_BID,
	FIELD_ASK,
	FIELD_BID_QTY,
	FIELD_ASK_QTY,
	FIELD_OPEN,
	FIELD_HIGH,
	FIELD_LOW,
	FIELD_FLAGS,
	N_FIELDS
};

/* Where a message's values lie: those at `paths` first, the constants behind them, and one that is
 * always absent, for fields that are not mapped. */
#define FORMAT_MAX_PATHS JSON_MAX_PATHS
#define FORMAT_ABSENT (FORMAT_MAX_PATHS + N_FIELDS)
#define FORMAT_N_VALUES (FORMAT_ABSENT + 1)
#define FORMAT_OTHERS 3                  /* further paths of a field: alternatives, parts of a kind */
#define FORMAT_FIX_TAGS 2048             /* tags that are found by looking once */

#define FORMAT_IGNORE 0xffu              /* meaning of a kind that is skipped */

struct format_word {
	char raw[FORMAT_WORD_MAX];
	uint8_t n, meaning;
};

struct format_words {
	struct format_word *items;
	size_t n;
	bool fold;                       /* ASCII case does not matter (items are lower case) */
};

struct format {
	char *name;
	enum decode_codec codec;
	size_t n_paths;
	char *paths[FORMAT_MAX_PATHS];   /* distinct; of CSV: column names; of FIX: tags */
	bool needed[N_FIELDS];           /* a CSV header must have one of its columns */
	uint8_t value[N_FIELDS];         /* field -> index of its value */
	uint8_t other[N_FIELDS][FORMAT_OTHERS];  /* where that is absent; FORMAT_ABSENT = no more */
	bool kind_of_parts;              /* the kind's values are joined, not tried in turn */
	bool record_time;                /* a time that is absent is the record's */
	bool items;                      /* a message may hold several events */
	uint32_t fix_tag[FORMAT_MAX_PATHS];
	uint8_t *fix_slot;               /* by tag: its value; FORMAT_ABSENT = not wanted */
	struct json_value constants[FORMAT_N_VALUES];
	char *constant_text[N_FIELDS];
	struct json_wanted wanted;
	struct format_words kinds, sides;
	int fixed_kind, fixed_side;      /* of a constant, -1 = read it */
	enum decode_time_unit time_unit;
	enum decode_price_rule price_rule;
	int price_exponent, qty_exponent;
	bool side_is_maker, fill_side_is_maker, fill_keeps_book, sequence_gapless, trade_has_quote;
	uint64_t flag_snapshot, flag_last;
	char *no_price;
	size_t n_no_price;
	bool no_price_is_int;
	int64_t no_price_int;
	int64_t min_time_ns, max_time_ns;
	size_t max_bytes;
};

const char *format_field_name(enum format_field field);
/* The spec's path for a field. */
const char *format_field_path(const struct format_spec *spec, enum format_field field);

/* The meaning of a raw word, or -1. */
int format_word(const struct format_words *words, const char *p, size_t n);
/* Our own words: event kinds and "ignore"; sides. -1 = no such word. */
int format_kind_meaning(const char *p, size_t n);
int format_side_meaning(const char *p, size_t n);

/* NULL when there is none of that name. */
const struct format_spec *preset_find(const char *name);

#endif
