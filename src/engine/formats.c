/* The formats of a configuration, and the presets that its sources name. */
#include "formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/timefmt.h"

struct format_places {
	const struct conf_format *conf;
};

static struct place format_place_of(void *ctx, const char *option)
{
	const struct conf_format *f = ((struct format_places *)ctx)->conf;
	const struct {
		const char *name;
		const struct conf_text *text;
	} texts[] = {
		{ "name", &f->name },         { "preset", &f->preset },
		{ "kind", &f->kind },         { "instrument", &f->instrument },
		{ "time", &f->time },         { "price", &f->price },
		{ "qty", &f->size },          { "size", &f->size },
		{ "side", &f->side },         { "venue", &f->venue },
		{ "order_id", &f->order_id }, { "trade_id", &f->trade_id },
		{ "account", &f->account },   { "counterparty", &f->counterparty },
		{ "sequence", &f->sequence }, { "bid", &f->bid },
		{ "ask", &f->ask },           { "bid_qty", &f->bid_size },
		{ "bid_size", &f->bid_size }, { "ask_qty", &f->ask_size },
		{ "ask_size", &f->ask_size }, { "open", &f->open },
		{ "high", &f->high },         { "low", &f->low },
		{ "flags", &f->flags },       { "min_time", &f->min_time },
		{ "max_time", &f->max_time },
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(option, texts[i].name) == 0 && texts[i].text->at.line)
			return texts[i].text->at;
	if (strcmp(option, "kinds") == 0 && f->kinds.n)
		return f->kinds.v[0].key.at;
	if (strcmp(option, "sides") == 0 && f->sides.n)
		return f->sides.v[0].key.at;
	return f->at;
}

static struct decode_pair *pairs_of(const struct conf_pairs *p)
{
	struct decode_pair *v = calloc(p->n ? p->n : 1, sizeof *v);

	for (size_t i = 0; v && i < p->n; i++)
		v[i] = (struct decode_pair){ p->v[i].key.s, p->v[i].value.s };
	return v;
}

static int64_t time_of(const struct conf_text *t, struct errors *errors)
{
	int64_t ns = 0;

	if (t->s && time_parse(t->s, strlen(t->s), &ns))
		errors_add(errors, t->at, "'%s' is not a time such as 2024-01-31T00:00:00Z", t->s);
	return ns;
}

int plan_make_format(struct plan *p, const struct conf_format *f, struct errors *errors)
{
	struct format_places places = { f };
	struct decode_pair *kinds = pairs_of(&f->kinds), *sides = pairs_of(&f->sides);
	struct format_spec spec = {
		.name = f->name.s,
		.preset = f->preset.s,
		.codec = (enum decode_codec)f->codec,
		.kind = f->kind.s,
		.kinds = kinds,
		.n_kinds = f->kinds.n,
		.instrument = f->instrument.s,
		.time = f->time.s,
		.price = f->price.s,
		.qty = f->size.s,
		.side = f->side.s,
		.trade_price = f->trade_price.s,
		.trade_qty = f->trade_size.s,
		.aggressor = f->aggressor.s,
		.venue = f->venue.s,
		.order_id = f->order_id.s,
		.trade_id = f->trade_id.s,
		.account = f->account.s,
		.counterparty = f->counterparty.s,
		.sequence = f->sequence.s,
		.bid = f->bid.s,
		.ask = f->ask.s,
		.bid_qty = f->bid_size.s,
		.ask_qty = f->ask_size.s,
		.open = f->open.s,
		.high = f->high.s,
		.low = f->low.s,
		.flags = f->flags.s,
		.flag_snapshot = (uint32_t)f->flag_snapshot,
		.flag_last = (uint32_t)f->flag_last,
		.sides = sides,
		.n_sides = f->sides.n,
		.side_is_maker = f->side_of == 1,
		.fill_keeps_book = f->fill_keeps_book,
		.sequence_gapless = f->sequence_gapless,
		.time_unit = (enum decode_time_unit)f->time_unit,
		.price_exponent = (int)f->price_exponent,
		.qty_exponent = (int)f->size_exponent,
		.price_rule = (enum decode_price_rule)f->price_rule,
		.min_time_ns = time_of(&f->min_time, errors),
		.max_time_ns = time_of(&f->max_time, errors),
		.max_bytes = (size_t)f->max_bytes,
	};
	int r = !kinds || !sides ? -ENOMEM
	                         : format_new(&spec, errors, format_place_of, &places,
	                                      &p->formats[p->n_formats]);

	free(kinds);
	free(sides);
	if (r == 0)
		p->n_formats++;
	return r;
}

static struct place no_place(void *ctx, const char *option)
{
	(void)ctx;
	(void)option;
	return (struct place){ 0 };
}

const struct format *plan_format(struct plan *p, const char *name)
{
	struct errors errors = { 0 };
	const char *const *presets = format_presets();

	for (size_t i = 0; i < p->n_formats; i++)
		if (strcmp(format_name(p->formats[i]), name) == 0)
			return p->formats[i];
	for (; *presets; presets++) {
		struct format_spec spec = { .name = name, .preset = name };
		struct format **more;

		if (strcmp(*presets, name) != 0)
			continue;
		more = realloc(p->formats, (p->n_formats + 1) * sizeof *more);
		if (!more)
			return NULL;
		p->formats = more;
		if (format_new(&spec, &errors, no_place, NULL, &p->formats[p->n_formats])) {
			errors_done(&errors);
			return NULL;
		}
		return p->formats[p->n_formats++];
	}
	return NULL;
}
