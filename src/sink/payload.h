/* payload.h - an alert as JSON, as CSV, and as the lines a person reads. Pure. */
#ifndef SINK_PAYLOAD_H
#define SINK_PAYLOAD_H

#include <stddef.h>

#include <tocsin/alert.h>

#include "core/buf.h"

/* One JSON object, keys in a fixed order, no newline; latency members only where the times are
 * known, so that a replay's bytes depend on its input alone. */
void payload_json(const struct tocsin_alert *a, struct buf *out);
/* The stored JSON with the attempt's time and number put into its "latency" object. */
int payload_attempt(const char *json, size_t n, int64_t attempt_ns, uint32_t attempt, struct buf *out);
/* Header and row. RFC 4180 quoting; cells that a spreadsheet would run as a formula get a "'". */
void payload_csv_header(struct buf *out);
void payload_csv(const struct tocsin_alert *a, struct buf *out);
/* As an analyst reads it, several lines, from an alert's JSON. 0 or -EINVAL. `colour`: ANSI. */
int payload_human(const char *json, size_t n, int colour, struct buf *out);

#endif
