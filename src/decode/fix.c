/* See fix.h. One pass over the bytes: each field is split at its '=', its tag looked up in a table.
 * A message of 250 bytes has some 25 fields. */
#include "fix.h"

#include <errno.h>
#include <stdlib.h>

#define SOH '\001'

struct fields {
	const char *p, *end;
	char separator;
	size_t data_n; /* bytes of the data field that comes next, SIZE_MAX = no such field */
	uint32_t data_tag;
};

struct field {
	uint32_t tag;
	const char *p;
	size_t n;
};

/* Length field, the data field behind it. */
static const uint16_t data_fields[][2] = {
	{ 90, 91 },   { 93, 89 },   { 95, 96 },   { 212, 213 }, { 348, 349 }, { 350, 351 },
	{ 352, 353 }, { 354, 355 }, { 356, 357 }, { 358, 359 }, { 360, 361 }, { 362, 363 },
	{ 364, 365 }, { 445, 446 }, { 618, 619 }, { 621, 622 },
};

static uint32_t data_tag_of(uint32_t tag)
{
	for (size_t i = 0; i < sizeof data_fields / sizeof data_fields[0]; i++)
		if (data_fields[i][0] == tag)
			return data_fields[i][1];
	return 0;
}

/* Digits without a leading zero; *p moves behind them. 0 = none. */
static uint32_t read_tag(const char **p, const char *end)
{
	uint32_t tag = 0;

	for (; *p < end && **p >= '0' && **p <= '9' && tag <= FIX_MAX_TAG; ++*p) {
		if (tag == 0 && **p == '0')
			return 0;
		tag = tag * 10 + (uint32_t)(**p - '0');
	}
	return tag <= FIX_MAX_TAG ? tag : 0;
}

uint32_t fix_tag(const char *path)
{
	const char *end = path + strlen(path);
	uint32_t tag = read_tag(&path, end);

	return path == end ? tag : 0;
}

int fix_init(struct format *f)
{
	f->fix_slot = malloc(FORMAT_FIX_TAGS);
	if (!f->fix_slot)
		return -ENOMEM;
	memset(f->fix_slot, FORMAT_ABSENT, FORMAT_FIX_TAGS);
	for (size_t i = 0; i < f->n_paths; i++) {
		f->fix_tag[i] = fix_tag(f->paths[i]);
		if (f->fix_tag[i] < FORMAT_FIX_TAGS)
			f->fix_slot[f->fix_tag[i]] = (uint8_t)i;
	}
	return 0;
}

static uint8_t slot_of(const struct format *f, uint32_t tag)
{
	if (tag < FORMAT_FIX_TAGS)
		return f->fix_slot[tag];
	for (size_t i = 0; i < f->n_paths; i++)
		if (f->fix_tag[i] == tag)
			return (uint8_t)i;
	return FORMAT_ABSENT;
}

static bool read_size(const char *p, size_t n, size_t *ret)
{
	size_t v = 0;

	if (n == 0 || n > 9)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (size_t)(p[i] - '0');
	}
	*ret = v;
	return true;
}

/* The next field, which must be there. */
static bool next_field(struct fields *s, struct field *ret)
{
	const char *stop;
	size_t left;

	ret->tag = read_tag(&s->p, s->end);
	if (ret->tag == 0 || s->p == s->end || *s->p++ != '=')
		return false;
	left = (size_t)(s->end - s->p);
	if (s->data_tag == ret->tag && s->data_n < left)
		stop = s->p + s->data_n;
	else
		stop = memchr(s->p, s->separator, left);
	if (!stop || stop == s->p || *stop != s->separator)
		return false;
	ret->p = s->p;
	ret->n = (size_t)(stop - s->p);
	s->p = stop + 1;
	s->data_tag = data_tag_of(ret->tag);
	if (s->data_tag && !read_size(ret->p, ret->n, &s->data_n))
		return false;
	return true;
}

/* Without the end of a line behind the last separator. */
static size_t trimmed(const char *p, size_t n)
{
	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	return n;
}

/* The sum over all bytes before 10=, as it was when every field ended with SOH. A byte that looks like
 * the separator inside of data cannot be told apart then: only a log with '|' has that doubt. */
static unsigned checksum(const char *p, const char *end, char separator)
{
	unsigned sum = 0;

	for (; p < end; p++)
		sum += *p == separator ? (unsigned)SOH : (unsigned char)*p;
	return sum & 255;
}

static enum decode_verdict check_end(const struct fields *s, const char *begin, const char *body,
                                     size_t body_n, const struct field *last,
                                     const char **ret_field)
{
	const char *trailer = last->p - 3;
	size_t sum;

	*ret_field = "body_length";
	if (last->tag != 10 || (size_t)(trailer - body) != body_n)
		return DECODE_BAD_FIX;
	*ret_field = "checksum";
	if (last->n != 3 || !read_size(last->p, 3, &sum) ||
	    sum != checksum(begin, trailer, s->separator))
		return DECODE_BAD_FIX;
	*ret_field = "";
	return DECODE_OK;
}

/* 8=FIX.4.4 and the separator, which it shows. */
static bool read_begin(struct fields *s, struct field *ret)
{
	const char *p = s->p + 2;

	if (s->end - s->p < 12 || memcmp(s->p, "8=FIX", 5) != 0)
		return false;
	while (p < s->end && *p != SOH && *p != '|')
		p++;
	if (p == s->end)
		return false;
	s->separator = *p;
	return next_field(s, ret);
}

enum decode_verdict fix_read(const struct format *f, const char *p, size_t n,
                             struct json_value *values, const char **ret_field)
{
	struct fields s = { .p = p, .data_n = SIZE_MAX };
	struct field field;
	const char *body;
	size_t body_n, at = 0;

	s.end = p + trimmed(p, n);
	memset(values, 0, f->n_paths * sizeof *values);
	*ret_field = "begin";
	if (!read_begin(&s, &field))
		return DECODE_BAD_FIX;
	if (!next_field(&s, &field) || field.tag != 9 || !read_size(field.p, field.n, &body_n)) {
		*ret_field = "body_length";
		return DECODE_BAD_FIX;
	}
	body = s.p;
	for (*ret_field = "field"; s.p < s.end; at++) {
		uint8_t slot;

		if (!next_field(&s, &field) || (at == 0 && field.tag != 35) ||
		    (field.tag == 10 && s.p != s.end))
			return DECODE_BAD_FIX;
		slot = slot_of(f, field.tag);
		if (slot == FORMAT_ABSENT)
			continue;
		if (values[slot].type != JSON_ABSENT_VALUE)
			return DECODE_DUPLICATE_KEY;
		values[slot] = (struct json_value){ .type = JSON_STRING_VALUE,
			                            .n = (uint32_t)field.n,
			                            .u.p = field.p };
	}
	return at ? check_end(&s, p, body, body_n, &field, ret_field) : DECODE_BAD_FIX;
}
