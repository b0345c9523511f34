/* fix.h - one FIX message in tag=value form to the values of the wanted tags.
 *
 * The frame is checked as the standard has it ("FIX TagValue Encoding"): 8, 9 and 35 first, 10 last,
 * BodyLength and CheckSum right. Fields end with SOH, or with '|' all through, as logs show them (the
 * sums are then those of the SOH that stood there). Fields of data (RawData and its like), whose
 * length is told by the field before, may hold any byte. A wanted tag that comes twice is refused:
 * which of them was meant, inside or outside of a group, cannot be told. Values are strings; an empty one is
 * a fault of the message. */
#ifndef DECODE_FIX_H
#define DECODE_FIX_H

#include "decode/format.h"

#define FIX_MAX_TAG 999999u

/* The tag that a path names, or 0. */
uint32_t fix_tag(const char *path);
/* Compiles the paths of a format. 0, -ENOMEM. */
int fix_init(struct format *f);
/* DECODE_OK with values[0..n_paths) filled, DECODE_BAD_FIX or DECODE_DUPLICATE_KEY; *ret_field then
 * says where: "begin", "body_length", "checksum", "field". Static. */
enum decode_verdict fix_read(const struct format *f, const char *p, size_t n, struct json_value *values,
                             const char **ret_field);

#endif
