/* value.h - one raw value of a message to a number, a time or a text of ours. Pure, exact or
 * refused; every function returns DECODE_OK or the verdict that names the fault, and leaves *ret
 * alone then. Absent and null are the caller's to handle first. */
#ifndef DECODE_VALUE_H
#define DECODE_VALUE_H

#include "decode/decode.h"
#include "decode/json.h"

#define VALUE_INT_TEXT 24                /* room for any int64_t as text */
#define VALUE_TEXT_MAX 128               /* bytes of an identifier */

static inline bool value_absent(const struct json_value *v)
{
	return v->type <= JSON_NULL_VALUE;
}

/* Fixed point. `exponent` scales integers, be they JSON integers or integer-looking text; when it
 * is not 0, nothing but an integer is taken. */
enum decode_verdict value_number(const struct json_value *v, int exponent, int64_t *ret);
/* 0 .. 2^64-1, as an integer or as decimal digits in text. */
enum decode_verdict value_unsigned(const struct json_value *v, uint64_t *ret);
/* DECODE_TIME_AUTO takes RFC 3339, and numbers by their size: below 1e11 seconds, below 1e14 ms,
 * below 1e17 us, else ns, which tells the years 1973..5138 apart. Seconds as text may have a fraction
 * (digits past the ninth are cut). A JSON number with a fraction is a double: of seconds and ms it
 * is taken to the nearest microsecond, of us and ns refused unless it is whole and below 2^53.
 * DECODE_TIME_FIX: text, YYYYMMDD-HH:MM:SS with up to nine digits of fraction, UTC. */
enum decode_verdict value_time(const struct json_value *v, enum decode_time_unit unit, int64_t *ret);
/* Text, or an integer written out into `scratch`. At most VALUE_TEXT_MAX bytes, no NUL, UTF-8. */
enum decode_verdict value_text(const struct json_value *v, char scratch[static VALUE_INT_TEXT],
                               struct tocsin_str *ret);
/* The same for words of a table: booleans are "true" and "false", nothing is checked. */
enum decode_verdict value_word(const struct json_value *v, char scratch[static VALUE_INT_TEXT],
                               struct tocsin_str *ret);

#endif
