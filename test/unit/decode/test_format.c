/* What is wrong with a mapping is said at once, at its option, with the nearest word. */
#include "decode/decode.h"

#include <errno.h>
#include <string.h>

#include "../suite.h"

/* A place for each option: its name's length as the line, so that it can be told. */
static struct place place(void *ctx, const char *option)
{
	return (struct place){ .file = ctx, .line = (uint32_t)strlen(option), .column = 1 };
}

static void says(const struct format_spec *spec, const char *text)
{
	struct errors errors = { 0 };
	struct format *f = NULL;
	char file[] = "f";
	char *all;

	ck_assert_int_eq(format_new(spec, &errors, place, file, &f), -EINVAL);
	ck_assert_ptr_null(f);
	all = errors_text(&errors);
	ck_assert_str_eq(all, text);
	free(all);
	errors_done(&errors);
}

START_TEST(presets_are_good)
{
	const char *const *names = format_presets();
	struct errors errors = { 0 };
	size_t n = 0;

	for (; names[n]; n++) {
		const struct format_spec spec = { .preset = names[n] };
		struct format *f = NULL;

		ck_assert_int_eq(format_new(&spec, &errors, NULL, NULL, &f), 0);
		ck_assert_str_eq(format_name(f), names[n]);
		format_free(f);
	}
	ck_assert_uint_eq(n, 11);
	ck_assert_uint_eq(errors.n_all, 0);
	ck_assert_ptr_null(format_free(NULL));
	ck_assert_ptr_null(decoder_free(NULL));
}
END_TEST

START_TEST(faults)
{
	const struct decode_pair kinds[] = {
		{ "x", "trad" }, { "y", "tick" }, { "z", "xyzzy" }, { "x", "fill" }
	};
	const struct decode_pair sides[] = {
		{ "B", "bui" }, { NULL, "buy" }, { "s", "sell" }, { "s", "buy" }
	};

	says(&(struct format_spec){ .preset = "binance-trad" },
	     "f:6:1: error: preset: unknown preset \"binance-trad\"; did you mean \"binance-trade\"?\n");
	says(&(struct format_spec){ .preset = "x" },
	     "f:6:1: error: preset: unknown preset \"x\"\n");
	says(&(struct format_spec){ .kinds = kinds, .n_kinds = 4 },
	     "f:5:1: error: kinds: unknown word \"trad\"; did you mean \"trade\"?\n"
	     "f:5:1: error: kinds: unknown word \"tick\"\n"
	     "f:5:1: error: kinds: unknown word \"xyzzy\"\n");
	says(&(struct format_spec){ .sides = sides, .n_sides = 4 },
	     "f:5:1: error: sides: unknown word \"bui\"; did you mean \"buy\"?\n"
	     "f:5:1: error: sides: a pair needs both a raw value and a word\n"
	     "f:5:1: error: sides: \"s\" is named twice\n");
	says(&(struct format_spec){ .kind = "=trades" },
	     "f:4:1: error: kind: unknown word \"trades\"; did you mean \"trade\"?\n");
	says(&(struct format_spec){ .side = "=sel" },
	     "f:4:1: error: side: unknown word \"sel\"; did you mean \"sell\"?\n");
	says(&(struct format_spec){ .time = "=now", .price = "a..b" },
	     "f:4:1: error: time: has to come from the message\n"
	     "f:5:1: error: price: the path \"a..b\" has an empty step\n");
	says(&(struct format_spec){ .instrument = "=" },
	     "f:10:1: error: instrument: has to be mapped\n");
	says(&(struct format_spec){ .price = "=abc" },
	     "f:5:1: error: price: \"abc\" is not a number\n");
	says(&(struct format_spec){ .flags = "=1" },
	     "f:5:1: error: flags: has to come from the message\n");
	says(&(struct format_spec){ .price_exponent = -19, .qty_exponent = 10 },
	     "f:12:1: error: qty_exponent: 10 is outside -18..9\n"
	     "f:14:1: error: price_exponent: -19 is outside -18..9\n");
	says(&(struct format_spec){ .sequence_gapless = true, .sequence = "=" },
	     "f:16:1: error: sequence_gapless: needs sequence to be mapped\n");
	says(&(struct format_spec){ .flag_last = 1 },
	     "f:9:1: error: flag_last: needs flags to be mapped\n");
	says(&(struct format_spec){ .min_time_ns = 10, .max_time_ns = 10 },
	     "f:8:1: error: min_time: is not before max_time\n");
	says(&(struct format_spec){ .max_bytes = (size_t)1 << 40 },
	     "f:9:1: error: max_bytes: is over 256 MiB\n");
	says(&(struct format_spec){ .codec = DECODE_CSV, .price = "" },
	     "f:5:1: error: price: the path \"\" is empty\n");
}
END_TEST

START_TEST(without_places)
{
	struct errors errors = { 0 };
	struct format *f = NULL;
	char *all;

	ck_assert_int_eq(
		format_new(&(struct format_spec){ .preset = "nope" }, &errors, NULL, NULL, &f),
		-EINVAL);
	all = errors_text(&errors);
	ck_assert_str_eq(all, "error: preset: unknown preset \"nope\"\n");
	free(all);
	errors_done(&errors);
}
END_TEST

/* The spec's strings are needed only while the format is made. */
START_TEST(owns_its_strings)
{
	char path[] = "px", name[] = "mine", from[] = "T", to[] = "trade", none[] = "-",
	     venue[] = "=X";
	const struct decode_pair kinds[] = { { from, to } };
	const struct format_spec spec = { .name = name,
		                          .price = path,
		                          .kind = "k",
		                          .kinds = kinds,
		                          .n_kinds = 1,
		                          .no_price = none,
		                          .venue = venue };
	const char *line =
		"{\"k\":\"T\",\"instrument\":\"A\",\"time\":1703545200,\"px\":3,\"size\":1}";
	struct errors errors = { 0 };
	struct format *f = NULL;
	struct decoder *d = NULL;
	struct tocsin_event e;

	ck_assert_int_eq(format_new(&spec, &errors, NULL, NULL, &f), 0);
	memset(path, 'x', 2);
	memset(name, 'x', 4);
	memset(from, 'x', 1);
	memset(to, 'x', 5);
	memset(none, 'x', 1);
	memset(venue, 'x', 2);
	ck_assert_int_eq(decoder_new(f, DECODE_JSON_SIMD, &d), 0);
	ck_assert_int_eq(decode(d, line, strlen(line), &e, NULL), DECODE_OK);
	ck_assert_int_eq(e.price, 3000000000);
	ck_assert_uint_eq(e.venue.n, 1);
	ck_assert_int_eq(e.venue.p[0], 'X');
	ck_assert_str_eq(format_name(f), "mine");
	decoder_free(d);
	format_free(f);
}
END_TEST

SUITE("format", presets_are_good, faults, without_places, owns_its_strings)
