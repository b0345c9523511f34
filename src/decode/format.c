/* A mapping, checked and compiled: the spec is laid over its preset, every path, word and range is
 * judged (all faults at once, each at its own option), and what is left is a struct format that
 * decoding reads without a further question. */
#include "format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/decimal.h"
#include "core/nearest.h"
#include "decode/build.h"
#include "decode/fix.h"

#define DEFAULT_MIN_TIME 631152000000000000 /* 1990-01-01 */
#define DEFAULT_MAX_TIME 7258118400000000000 /* 2200-01-01 */
#define DEFAULT_MAX_BYTES ((size_t)1 << 20)

static const struct field_info {
	const char *name;
	size_t offset;
} fields[N_FIELDS] = {
#define FIELD(id, member) [id] = { #member, offsetof(struct format_spec, member) }
	FIELD(FIELD_KIND, kind),
	FIELD(FIELD_INSTRUMENT, instrument),
	FIELD(FIELD_TIME, time),
	FIELD(FIELD_PRICE, price),
	FIELD(FIELD_QTY, qty),
	FIELD(FIELD_SIDE, side),
	FIELD(FIELD_TRADE_PRICE, trade_price),
	FIELD(FIELD_TRADE_QTY, trade_qty),
	FIELD(FIELD_AGGRESSOR, aggressor),
	FIELD(FIELD_VENUE, venue),
	FIELD(FIELD_ORDER_ID, order_id),
	FIELD(FIELD_TRADE_ID, trade_id),
	FIELD(FIELD_ACCOUNT, account),
	FIELD(FIELD_COUNTERPARTY, counterparty),
	FIELD(FIELD_SEQUENCE, sequence),
	FIELD(FIELD_BID, bid),
	FIELD(FIELD_ASK, ask),
	FIELD(FIELD_BID_QTY, bid_qty),
	FIELD(FIELD_ASK_QTY, ask_qty),
	FIELD(FIELD_OPEN, open),
	FIELD(FIELD_HIGH, high),
	FIELD(FIELD_LOW, low),
	FIELD(FIELD_FLAGS, flags),
#undef FIELD
};

const char *format_field_name(enum format_field field)
{
	return field < N_FIELDS ? fields[field].name : "";
}

const char *format_field_path(const struct format_spec *spec, enum format_field field)
{
	return *(const char *const *)((const char *)spec + fields[field].offset);
}

static void set_path(struct format_spec *spec, enum format_field field, const char *path)
{
	*(const char **)((char *)spec + fields[field].offset) = path;
}

void build_fault(struct build *b, const char *option, const char *format, ...)
{
	struct place at = { 0 };
	struct buf text = { 0 };
	va_list args;

	if (b->place)
		at = b->place(b->ctx, option);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	errors_add(b->errors, at, "%s: %s", option, buf_str(&text));
	buf_done(&text);
	b->n_faults++;
}

static char *copy(struct build *b, const char *s)
{
	char *p = strdup(s);

	if (!p)
		b->no_memory = true;
	return p;
}

/* ---- fields ---- */

static void take_constant(struct build *b, enum format_field field, const char *text)
{
	struct format *f = b->f;
	size_t n = strlen(text);
	int meaning = -1;

	switch (field) {
	case FIELD_KIND:
		meaning = format_kind_meaning(text, n);
		f->fixed_kind = meaning;
		break;
	case FIELD_SIDE:
		meaning = format_side_meaning(text, n);
		f->fixed_side = meaning;
		break;
	case FIELD_TIME: build_fault(b, "time", "has to come from the message"); return;
	default: meaning = 0;
	}
	if (meaning < 0) {
		build_unknown_word(b, format_field_name(field), text);
		return;
	}
	f->constant_text[field] = copy(b, text);
	f->constants[field] = (struct json_value){ .type = JSON_STRING_VALUE,
		                                   .n = (uint32_t)n,
		                                   .u.p = f->constant_text[field] };
}

/* What is wrong with a path of this codec; NULL = nothing. */
static const char *path_fault(const struct format *f, const char *path)
{
	switch (f->codec) {
	case DECODE_JSON: return json_path_check(path);
	case DECODE_FIX: return fix_tag(path) ? NULL : "is not a FIX tag, such as 55";
	default: return *path ? NULL : "is empty";
	}
}

/* The value of one path, made when it is new; FORMAT_ABSENT when it is wrong. */
static uint8_t take_value(struct build *b, enum format_field field, const char *path)
{
	struct format *f = b->f;
	const char *wrong = path_fault(f, path);
	size_t i;

	if (wrong) {
		build_fault(b, format_field_name(field), "the path \"%s\" %s", path, wrong);
		return FORMAT_ABSENT;
	}
	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i] && strcmp(f->paths[i], path) == 0)
			return (uint8_t)i;
	if (i == FORMAT_MAX_PATHS) {
		build_fault(b, format_field_name(field), "more than %d different paths",
		            FORMAT_MAX_PATHS);
		return FORMAT_ABSENT;
	}
	f->paths[f->n_paths++] = copy(b, path);
	f->items |= f->codec == DECODE_JSON && strstr(path, "[]");
	return (uint8_t)i;
}

/* "a|b": the first that is there; of the kind "a+b": both. */
static void take_path(struct build *b, enum format_field field, const char *path)
{
	struct format *f = b->f;
	bool parts = field == FIELD_KIND && strchr(path, '+');
	char *text = copy(b, path), *rest = text, *one;
	size_t n = 0;

	while (text && (one = strsep(&rest, parts ? "+" : "|"))) {
		if (field == FIELD_TIME && strcmp(one, DECODE_RECORD) == 0 && !rest) {
			f->record_time = true;
			break;
		}
		if (n > FORMAT_OTHERS) {
			build_fault(b, format_field_name(field), "more than %d paths",
			            FORMAT_OTHERS + 1);
			break;
		}
		*(n ? &f->other[field][n - 1] : &f->value[field]) = take_value(b, field, one);
		n++;
	}
	free(text);
	f->kind_of_parts |= parts;
	/* A name out of a preset is an offer; one that somebody wrote is meant. */
	f->needed[field] = n && !f->record_time &&
	                   (format_field_path(b->given, field) || field <= FIELD_TIME);
}

/* "=" alone: not mapped, for a field that the preset maps. */
static void take_fields(struct build *b, const struct format_spec *s)
{
	struct format *f = b->f;
	uint8_t next;

	memset(f->other, FORMAT_ABSENT, sizeof f->other);
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const char *path = format_field_path(s, i);

		f->value[i] = FORMAT_ABSENT;
		if (!path || strcmp(path, "=") == 0) {
			if (i <= FIELD_TIME)
				build_fault(b, format_field_name(i), "has to be mapped");
		} else if (path[0] == '=') {
			take_constant(b, i, path + 1);
		} else {
			take_path(b, i, path);
		}
	}
	/* Constants move behind the paths. */
	next = (uint8_t)f->n_paths;
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (f->constant_text[i])
			f->value[i] = next++;
}

/* All that goes into items goes into the same ones. */
static void check_items(struct build *b)
{
	const struct format *f = b->f;
	const char *first = NULL;

	for (unsigned i = 0; i < f->n_paths && f->items; i++) {
		const char *items = f->paths[i] ? strstr(f->paths[i], "[]") : NULL;
		size_t n = items ? (size_t)(items - f->paths[i]) : 0;

		if (!items)
			continue;
		if (first && (strncmp(first, f->paths[i], n + 2) != 0)) {
			build_fault(b, "instrument",
			            "paths go into the items of two arrays: %s and %s", first,
			            f->paths[i]);
			return;
		}
		first = first ? first : f->paths[i];
	}
}

/* A constant that could never be read is a mistake of today, not of every message. */
static void check_constants(struct build *b)
{
	static const enum format_field numbers[] = {
		FIELD_PRICE, FIELD_QTY,  FIELD_TRADE_PRICE, FIELD_TRADE_QTY,
		FIELD_BID,   FIELD_ASK,  FIELD_BID_QTY,     FIELD_ASK_QTY,
		FIELD_OPEN,  FIELD_HIGH, FIELD_LOW
	};
	int64_t v;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		const char *text = b->f->constant_text[numbers[i]];

		if (text && decimal_parse(text, strlen(text), &v))
			build_fault(b, format_field_name(numbers[i]), "\"%s\" is not a number",
			            text);
	}
	if (b->f->constant_text[FIELD_SEQUENCE] || b->f->constant_text[FIELD_FLAGS])
		build_fault(b, b->f->constant_text[FIELD_FLAGS] ? "flags" : "sequence",
		            "has to come from the message");
}

/* ---- numbers and ranges ---- */

static void check_exponent(struct build *b, const char *option, int exponent)
{
	if (exponent < -18 || exponent > 9)
		build_fault(b, option, "%d is outside -18..9", exponent);
}

static void take_no_price(struct build *b, const char *text)
{
	struct format *f = b->f;
	char *end;

	if (!text)
		return;
	f->no_price = copy(b, text);
	f->n_no_price = strlen(text);
	if (*text == 0 || strchr(" \t\n\v\f\r+", *text))
		return;
	errno = 0;
	f->no_price_int = strtoll(text, &end, 10);
	f->no_price_is_int = *end == 0 && errno == 0;
}

static void take_numbers(struct build *b, const struct format_spec *s)
{
	struct format *f = b->f;

	if (s->codec > DECODE_FIX)
		build_fault(b, "codec", "%d is none", (int)s->codec);
	if (s->time_unit > DECODE_TIME_FIX)
		build_fault(b, "time_unit", "%d is none", (int)s->time_unit);
	if (s->price_rule > DECODE_PRICE_ANY)
		build_fault(b, "price_rule", "%d is none", (int)s->price_rule);
	check_exponent(b, "price_exponent", s->price_exponent);
	check_exponent(b, "qty_exponent", s->qty_exponent);
	f->time_unit = s->time_unit;
	f->price_rule = s->price_rule;
	f->price_exponent = s->price_exponent;
	f->qty_exponent = s->qty_exponent;
	f->side_is_maker = s->side_is_maker;
	f->fill_side_is_maker = s->fill_side_is_maker;
	f->fill_keeps_book = s->fill_keeps_book;
	f->sequence_gapless = s->sequence_gapless;
	if (s->sequence_gapless && f->value[FIELD_SEQUENCE] == FORMAT_ABSENT)
		build_fault(b, "sequence_gapless", "needs sequence to be mapped");
	f->trade_has_quote = s->trade_has_quote;
	f->flag_snapshot = s->flag_snapshot;
	f->flag_last = s->flag_last;
	if ((s->flag_snapshot || s->flag_last) && f->value[FIELD_FLAGS] == FORMAT_ABSENT)
		build_fault(b, s->flag_snapshot ? "flag_snapshot" : "flag_last",
		            "needs flags to be mapped");
	f->min_time_ns = s->min_time_ns ? s->min_time_ns : DEFAULT_MIN_TIME;
	f->max_time_ns = s->max_time_ns ? s->max_time_ns : DEFAULT_MAX_TIME;
	if (f->min_time_ns >= f->max_time_ns)
		build_fault(b, "min_time", "is not before max_time");
	f->max_bytes = s->max_bytes ? s->max_bytes : DEFAULT_MAX_BYTES;
	if (f->max_bytes > FORMAT_MAX_BYTES)
		build_fault(b, "max_bytes", "is over %zu MiB", FORMAT_MAX_BYTES >> 20);
	take_no_price(b, s->no_price);
}

/* The spec laid over its preset; false when there is no such preset. */
static bool merge(struct build *b, struct format_spec *s)
{
	const char *name = s->preset ? s->preset : "generic";
	const struct format_spec *p = preset_find(name);

	if (!p) {
		const char *const *known = format_presets();
		const char *near;
		size_t n = 0;

		while (known[n])
			n++;
		near = nearest(name, strlen(name), known, n);
		build_fault(b, "preset", "unknown preset \"%s\"%s%s%s", name,
		            near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		return false;
	}
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (!format_field_path(s, i))
			set_path(s, i, format_field_path(p, i));
	if (!s->n_kinds) {
		s->kinds = p->kinds;
		s->n_kinds = p->n_kinds;
	}
	if (!s->n_sides) {
		s->sides = p->sides;
		s->n_sides = p->n_sides;
	}
	s->flag_snapshot = s->flag_snapshot ? s->flag_snapshot : p->flag_snapshot;
	s->flag_last = s->flag_last ? s->flag_last : p->flag_last;
	s->side_is_maker |= p->side_is_maker;
	s->fill_side_is_maker |= p->fill_side_is_maker;
	s->fill_keeps_book |= p->fill_keeps_book;
	s->sequence_gapless |= p->sequence_gapless;
	s->trade_has_quote |= p->trade_has_quote;
	s->codec = s->codec ? s->codec : p->codec;
	s->time_unit = s->time_unit ? s->time_unit : p->time_unit;
	s->price_exponent = s->price_exponent ? s->price_exponent : p->price_exponent;
	s->qty_exponent = s->qty_exponent ? s->qty_exponent : p->qty_exponent;
	s->price_rule = s->price_rule ? s->price_rule : p->price_rule;
	s->no_price = s->no_price ? s->no_price : p->no_price;
	return true;
}

static int compile(struct build *b)
{
	struct format *f = b->f;
	struct json_value moved[FORMAT_N_VALUES] = { 0 };

	for (unsigned i = 0; i < N_FIELDS; i++)
		if (f->constant_text[i])
			moved[f->value[i]] = f->constants[i];
	memcpy(f->constants, moved, sizeof moved);
	if (f->codec == DECODE_FIX)
		return fix_init(f);
	if (f->codec != DECODE_JSON)
		return 0;
	return json_wanted_init(&f->wanted, (const char *const *)f->paths, f->n_paths);
}

int format_new(const struct format_spec *spec, struct errors *errors, format_place place, void *ctx,
               struct format **ret_format)
{
	struct build b = { .given = spec, .errors = errors, .place = place, .ctx = ctx };
	struct format_spec s = *spec;
	int err;

	b.f = calloc(1, sizeof *b.f);
	if (!b.f)
		return -ENOMEM;
	b.f->fixed_kind = b.f->fixed_side = -1;
	b.f->name = copy(&b, spec->name ? spec->name : spec->preset ? spec->preset : "generic");
	if (merge(&b, &s)) {
		b.f->codec = s.codec;
		build_words(&b, &s);
		take_fields(&b, &s);
		check_items(&b);
		take_numbers(&b, &s);
		check_constants(&b);
	}
	err = b.no_memory ? -ENOMEM : b.n_faults ? -EINVAL : compile(&b);
	if (err) {
		format_free(b.f);
		return err;
	}
	*ret_format = b.f;
	return 0;
}

struct format *format_free(struct format *f)
{
	if (!f)
		return NULL;
	for (unsigned i = 0; i < FORMAT_MAX_PATHS; i++)
		free(f->paths[i]);
	for (unsigned i = 0; i < N_FIELDS; i++)
		free(f->constant_text[i]);
	free(f->fix_slot);
	json_wanted_done(&f->wanted);
	free(f->kinds.items);
	free(f->sides.items);
	free(f->no_price);
	free(f->name);
	free(f);
	return NULL;
}

const char *format_name(const struct format *f)
{
	return f->name;
}

enum decode_codec format_codec(const struct format *f)
{
	return f->codec;
}
