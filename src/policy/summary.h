/* summary.h - the one sentence of an alert, from a template.
 *
 * Pure. "{instrument} moved {observed:%} (limit {expected:%})": fields {instrument} {rule}
 * {severity} {kind} {side} {price} {size} {time} {venue} {account} {counterparty} {order_id}
 * {trade_id} {confidence} {feature} {observed} {expected}; the last three are those of the first
 * reason. ":%" writes a number as a percentage, "{{" and "}}" are braces. */
#ifndef POLICY_SUMMARY_H
#define POLICY_SUMMARY_H

#include <stddef.h>

#include <tocsin/alert.h>

#include "core/buf.h"

struct summary;

/* `text` NULL = "{instrument}: {feature} is {observed}, threshold {expected}". 0; -EINVAL: reason
 * and offset in `text`; -ENOMEM. The text is copied. */
int summary_new(const char *text, struct summary **ret_summary, size_t *ret_at, char *reterr, size_t reterr_size);
struct summary *summary_free(struct summary *s);
/* Appends the sentence; at most 500 bytes, cut on a character boundary. */
void summary_write(const struct summary *s, const struct tocsin_alert *a, struct buf *out);

#endif
