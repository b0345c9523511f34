/* One message in, one verdict out: the outer checks, the reader of the codec, then map.c. */
#include "decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "csv.h"
#include "fix.h"
#include "format.h"
#include "map.h"

struct decoder {
	const struct format *format;
	const struct json_ops *ops;
	void *reader;
	struct csv csv;
	int64_t record_ns;
	struct json_value values[FORMAT_N_VALUES];
	struct map_scratch scratch;
};

const char *decode_verdict_name(enum decode_verdict v)
{
	static const char *const names[DECODE_N_VERDICTS] = {
		[DECODE_OK] = "ok",
		[DECODE_IGNORED] = "ignored",
		[DECODE_EMPTY] = "empty",
		[DECODE_TOMBSTONE] = "tombstone",
		[DECODE_TOO_LARGE] = "too_large",
		[DECODE_NOT_JSON] = "not_json",
		[DECODE_NOT_OBJECT] = "not_object",
		[DECODE_DUPLICATE_KEY] = "duplicate_key",
		[DECODE_MISSING_FIELD] = "missing_field",
		[DECODE_WRONG_TYPE] = "wrong_type",
		[DECODE_BAD_NUMBER] = "bad_number",
		[DECODE_BAD_PRICE] = "bad_price",
		[DECODE_BAD_SIZE] = "bad_size",
		[DECODE_BAD_TIME] = "bad_time",
		[DECODE_TIME_RANGE] = "time_range",
		[DECODE_UNKNOWN_KIND] = "unknown_kind",
		[DECODE_UNKNOWN_SIDE] = "unknown_side",
		[DECODE_BAD_TEXT] = "bad_text",
		[DECODE_BAD_CSV] = "bad_csv",
		[DECODE_BAD_FIX] = "bad_fix",
	};

	return (unsigned)v < DECODE_N_VERDICTS ? names[v] : "unknown";
}

int decoder_new(const struct format *format, enum decode_json json, struct decoder **ret_decoder)
{
	struct decoder *d = calloc(1, sizeof *d);

	if (!d)
		return -ENOMEM;
	d->format = format;
	d->ops = json == DECODE_JSON_JANSSON ? &json_jansson : &json_simd;
	memcpy(d->values, format->constants, sizeof d->values);
	csv_init(&d->csv, format);
	if (format->codec == DECODE_JSON && d->ops->open(&format->wanted, &d->reader)) {
		decoder_free(d);
		return -ENOMEM;
	}
	*ret_decoder = d;
	return 0;
}

struct decoder *decoder_free(struct decoder *d)
{
	if (!d)
		return NULL;
	if (d->reader)
		d->ops->close(d->reader);
	csv_done(&d->csv);
	free(d);
	return NULL;
}

int decoder_header(struct decoder *d, const void *line, size_t n, char *reterr, size_t reterr_size)
{
	if (d->format->codec != DECODE_CSV) {
		snprintf(reterr, reterr_size, "the format \"%s\" is not CSV", d->format->name);
		return -EINVAL;
	}
	return csv_header(&d->csv, line, n, reterr, reterr_size);
}

static bool is_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
			return false;
	return true;
}

static enum decode_verdict read_json(struct decoder *d, const void *bytes, size_t n)
{
	switch (d->ops->read(d->reader, bytes, n, d->values)) {
	case JSON_READ_OK: return DECODE_OK;
	case JSON_NOT_OBJECT: return DECODE_NOT_OBJECT;
	case JSON_DUPLICATE_KEY: return DECODE_DUPLICATE_KEY;
	case JSON_NO_MEMORY: return DECODE_TOO_LARGE;
	default: return DECODE_NOT_JSON;
	}
}

void decoder_record_time(struct decoder *d, int64_t time_ns)
{
	d->record_ns = time_ns;
}

enum decode_verdict decode_message(struct decoder *d, const void *bytes, size_t n, size_t *ret_n,
                                   const char **ret_field)
{
	enum decode_verdict verdict;
	const char *field = "";

	*ret_n = 1;
	if (n > d->format->max_bytes) {
		verdict = DECODE_TOO_LARGE;
	} else if (is_blank(bytes, n)) {
		verdict = DECODE_EMPTY;
	} else if (d->format->codec == DECODE_CSV) {
		verdict = csv_line(&d->csv, bytes, n, d->values);
	} else if (d->format->codec == DECODE_FIX) {
		verdict = fix_read(d->format, bytes, n, d->values, &field);
	} else {
		verdict = read_json(d, bytes, n);
		if (verdict == DECODE_OK && d->format->items) {
			*ret_n = d->ops->items(d->reader);
			verdict = *ret_n ? DECODE_OK : DECODE_IGNORED;
		}
	}
	if (ret_field)
		*ret_field = field;
	return verdict;
}

enum decode_verdict decode_event(struct decoder *d, size_t i, struct tocsin_event *ret_event,
                                 const char **ret_field)
{
	enum format_field field = N_FIELDS;
	enum decode_verdict verdict;

	if (d->format->items)
		d->ops->item(d->reader, i, d->values);
	verdict = map_event(d->format, d->values, d->record_ns, &d->scratch, ret_event, &field);
	if (ret_field)
		*ret_field = format_field_name(field);
	return verdict;
}

enum decode_verdict decode(struct decoder *d, const void *bytes, size_t n,
                           struct tocsin_event *ret_event, const char **ret_field)
{
	size_t n_events;
	enum decode_verdict verdict = decode_message(d, bytes, n, &n_events, ret_field);

	return verdict == DECODE_OK ? decode_event(d, 0, ret_event, ret_field) : verdict;
}
