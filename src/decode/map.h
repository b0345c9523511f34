/* map.h - the values of one message to an event, or the reason why not. Pure. */
#ifndef DECODE_MAP_H
#define DECODE_MAP_H

#include "decode/format.h"
#include "decode/value.h"

/* Identifiers that came as integers are written here; the event points into it. */
struct map_scratch {
	char text[N_FIELDS][VALUE_INT_TEXT];
};

/* `record_ns` is the record's time, 0 = not known. *ret_field is the field at fault; untouched on DECODE_OK and DECODE_IGNORED. */
enum decode_verdict map_event(const struct format *f, const struct json_value values[FORMAT_N_VALUES],
                              int64_t record_ns, struct map_scratch *scratch, struct tocsin_event *ret,
                              enum format_field *ret_field);

#endif
