#include "inject.h"

#include <inttypes.h>

static void label_accounts(const struct label *l, const struct injected *of, struct buf *out)
{
	char name[ACCOUNT_TEXT];

	buf_puts(out, ",\"accounts\":[");
	for (unsigned i = 0; of->accounts && i < l->n_accounts; i++) {
		accounts_name(of->accounts, l->accounts[i], name);
		buf_printf(out, "%s\"%s\"", i ? "," : "", name);
	}
	buf_puts(out, "]");
}

void label_log_json(const struct injected *of, const struct inject_options *o,
                    const char *instrument, struct buf *out)
{
	buf_printf(out,
	           "{\"log\":{\"instrument\":\"%s\",\"events\":%" PRIu64 ",\"episodes\":%zu,"
	           "\"difficulty\":\"%s\",\"accounts\":%s,\"venues\":%u,\"seed\":%" PRIu64 "}}\n",
	           instrument, of->lines, of->n, difficulty_name(o->difficulty),
	           o->accounts ? "true" : "false", o->venues, o->seed);
}

void label_json(const struct label *l, const struct injected *of, const struct inject_options *o,
                const char *instrument, size_t number, struct buf *out)
{
	const struct pattern_kind *kind = &pattern_kinds[l->kind];

	buf_printf(out, "{\"id\":\"%" PRIu64 "-%zu\",\"pattern\":\"%s\",\"benign\":%s", o->seed,
	           number, kind->name, l->kind >= N_PATTERNS ? "true" : "false");
	if (kind->looks_like)
		buf_printf(out, ",\"looks_like\":\"%s\"", kind->looks_like);
	buf_printf(out,
	           ",\"difficulty\":\"%s\",\"start\":%" PRId64 ",\"end\":%" PRId64
	           ",\"instrument\":\"%s%s\"",
	           difficulty_name(l->difficulty), l->start_ns, l->end_ns, instrument,
	           kind->needs_venue ? ".B" : "");
	if (o->venues > 1 && kind->needs_venue)
		buf_puts(out, ",\"venue\":\"B\"");
	else if (o->venues > 1)
		buf_printf(out, ",\"venue\":\"A\",\"follower\":\"%s.B\"", instrument);
	label_accounts(l, of, out);
	buf_printf(out, ",\"n_orders\":%zu,\"orders\":[", l->n_orders);
	for (size_t i = 0; i < l->n_orders && i < LABEL_ORDERS; i++)
		buf_printf(out, "%s\"%" PRIu64 "\"", i ? "," : "", l->orders[i]);
	buf_puts(out, "],\"params\":{");
	for (int i = 0; i < PATTERN_PARAMS && kind->params[i].name; i++)
		buf_printf(out, "%s\"%s\":%" PRId32, i ? "," : "", kind->params[i].name,
		           l->params[i]);
	buf_printf(out, "},\"disturbed\":%s,\"seed\":%" PRIu64 "}\n",
	           l->disturbed ? "true" : "false", o->seed);
}
