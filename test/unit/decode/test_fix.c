/* FIX messages, tag=value and as JSON: the event that each must give, and what is wrong with others. */
#include <errno.h>

#include "../suite.h"
#include "both.h"

#define NO TOCSIN_NONE
#define TEXT(e, s) ck_assert(str_equal((e).instrument, (struct tocsin_str){ s, sizeof s - 1 }))

struct fixture {
	struct format *format;
	struct decoder *decoder;
	char text[1024];
	size_t n;
	struct tocsin_event e;
	const char *field;
};

static struct fixture *open_fixture(const char *preset)
{
	const struct format_spec spec = { .preset = preset };
	struct fixture *f = calloc(1, sizeof *f);
	struct errors errors = { 0 };

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(format_new(&spec, &errors, NULL, NULL, &f->format), 0);
	ck_assert_int_eq(decoder_new(f->format, DECODE_JSON_SIMD, &f->decoder), 0);
	return f;
}

static void close_fixture(struct fixture *f)
{
	decoder_free(f->decoder);
	format_free(f->format);
	free(f);
}

/* The fields of `body`, written with '|', framed; then the separator put in. */
static void frame(struct fixture *f, const char *body, char separator)
{
	unsigned sum = 0;
	size_t n;

	n = (size_t)snprintf(f->text, sizeof f->text, "8=FIX.4.4|9=%zu|%s", strlen(body), body);
	for (size_t i = 0; i < n; i++)
		sum += f->text[i] == '|' ? 1 : (unsigned char)f->text[i];
	n += (size_t)snprintf(f->text + n, sizeof f->text - n, "10=%03u|", sum & 255);
	for (size_t i = 0; i < n; i++)
		if (f->text[i] == '|')
			f->text[i] = separator;
	f->n = n;
}

static enum decode_verdict read_text(struct fixture *f)
{
	/* of its very size, so that a sanitizer sees a byte too far */
	char *exact = malloc(f->n ? f->n : 1);
	enum decode_verdict v;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, f->text, f->n);
	v = decode(f->decoder, exact, f->n, &f->e, &f->field);
	if (v == DECODE_OK) { /* texts point into `exact` */
		static char kept[6][64];
		struct tocsin_str *texts[] = {
			&f->e.instrument, &f->e.venue,   &f->e.order_id,
			&f->e.trade_id,   &f->e.account, &f->e.counterparty
		};

		for (int i = 0; i < 6; i++)
			if (texts[i]->p) {
				memcpy(kept[i], texts[i]->p, texts[i]->n);
				texts[i]->p = kept[i];
			}
	}
	free(exact);
	return v;
}

static enum decode_verdict fix(struct fixture *f, const char *body)
{
	frame(f, body, '\001');
	return read_text(f);
}

#define HEAD "35=8|49=VENUE|56=FIRM|34=17|52=20240131-14:30:00.125|"
#define ORDER "37=O-1|11=C-1|17=E-1|1=ACC7|55=AAPL|54=1|60=20240131-14:30:00.123456789|"

START_TEST(order_life)
{
	struct fixture *f = open_fixture("fix");

	/* market systems of 4.2 send LastPx 0 with an order that was not traded yet */
	ck_assert_int_eq(
		fix(f, HEAD ORDER "150=0|39=0|38=500|44=190.25|32=0|31=0|14=0|151=500|6=0|"),
		DECODE_OK);
	ck_assert_int_eq(f->e.kind, TOCSIN_ORDER_ADD);
	ck_assert_int_eq(f->e.side, TOCSIN_BUY);
	ck_assert_int_eq(f->e.time_ns, 1706711400123456789);
	ck_assert_int_eq(f->e.price, 190250000000);
	ck_assert_int_eq(f->e.qty, 500 * TOCSIN_SCALE);
	ck_assert_uint_eq(f->e.sequence, 17);
	TEXT(f->e, "AAPL");
	ck_assert(str_equal(f->e.account, (struct tocsin_str){ "ACC7", 4 }));
	ck_assert(str_equal(f->e.order_id, (struct tocsin_str){ "O-1", 3 }));
	ck_assert(str_equal(f->e.trade_id, (struct tocsin_str){ "E-1", 3 }));
	/* a market order has no price */
	ck_assert_int_eq(fix(f, HEAD ORDER "150=0|39=0|40=1|38=500|151=500|"), DECODE_OK);
	ck_assert_int_eq(f->e.price, NO);
	/* replaced: what is left counts, not what was ordered */
	ck_assert_int_eq(fix(f, HEAD ORDER "150=5|39=5|38=500|44=190.5|14=200|151=300|"),
	                 DECODE_OK);
	ck_assert_int_eq(f->e.kind, TOCSIN_ORDER_MODIFY);
	ck_assert_int_eq(f->e.qty, 300 * TOCSIN_SCALE);
	/* cancelled: all of it, whatever it was */
	ck_assert_int_eq(fix(f, HEAD ORDER "150=4|39=4|38=500|44=190.5|14=200|151=0|"), DECODE_OK);
	ck_assert_int_eq(f->e.kind, TOCSIN_ORDER_CANCEL);
	ck_assert_int_eq(f->e.qty, NO);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=8|39=8|58=no|"), DECODE_IGNORED);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=Z|39=8|"), DECODE_UNKNOWN_KIND);
	ck_assert_str_eq(f->field, "kind");
	ck_assert_int_eq(fix(f, HEAD ORDER "150=H|39=8|31=1|32=1|"), DECODE_UNKNOWN_KIND);
	ck_assert_int_eq(fix(f, "35=0|49=V|56=F|34=2|52=20240131-14:30:00|"), DECODE_IGNORED);
	close_fixture(f);
}
END_TEST

START_TEST(traded)
{
	struct fixture *f = open_fixture("fix");

	ck_assert_int_eq(
		fix(f, HEAD ORDER "150=F|39=1|38=500|44=190.5|32=200|31=190.25|151=300|30=XNAS|"),
		DECODE_OK);
	ck_assert_int_eq(f->e.kind, TOCSIN_TRADE);
	ck_assert_int_eq(f->e.side, TOCSIN_BUY);
	ck_assert_int_eq(f->e.price, 190250000000);
	ck_assert_int_eq(f->e.qty, 200 * TOCSIN_SCALE);
	ck_assert(str_equal(f->e.venue, (struct tocsin_str){ "XNAS", 4 }));
	/* it rested, so the seller came to it */
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=200|31=190.25|1057=N|"), DECODE_OK);
	ck_assert_int_eq(f->e.side, TOCSIN_SELL);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=200|31=190.25|1057=Y|"), DECODE_OK);
	ck_assert_int_eq(f->e.side, TOCSIN_BUY);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=200|31=190.25|1057=X|"), DECODE_UNKNOWN_SIDE);
	ck_assert_str_eq(f->field, "aggressor");
	/* as of 4.2, and without a TransactTime */
	ck_assert_int_eq(fix(f, HEAD "37=O|17=E|55=A|54=5|150=2|32=1|31=2|"), DECODE_OK);
	ck_assert_int_eq(f->e.side, TOCSIN_SELL);
	ck_assert_int_eq(f->e.time_ns, 1706711400125000000);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=0|31=190.25|"), DECODE_BAD_SIZE);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=1|31=abc|"), DECODE_BAD_NUMBER);
	ck_assert_str_eq(f->field, "trade_price");
	ck_assert_int_eq(fix(f, HEAD "37=O|17=E|55=A|54=1|150=2|32=1|31=2|60=20241331-14:30:00|"),
	                 DECODE_BAD_TIME);
	ck_assert_int_eq(fix(f, HEAD "37=O|17=E|55=A|54=1|150=2|32=1|31=2|60=2024-01-31T14:30:00|"),
	                 DECODE_BAD_TIME);
	ck_assert_int_eq(fix(f, HEAD "37=O|17=E|54=1|150=2|32=1|31=2|"), DECODE_MISSING_FIELD);
	ck_assert_str_eq(f->field, "instrument");
	close_fixture(f);
}
END_TEST

START_TEST(framing)
{
	static const char body[] = HEAD ORDER "150=F|32=200|31=190.25|";
	struct fixture *f = open_fixture("fix");
	size_t n;

	/* as logs show it, with the end of the line */
	frame(f, body, '|');
	f->text[f->n++] = '\r';
	f->text[f->n++] = '\n';
	ck_assert_int_eq(read_text(f), DECODE_OK);
	frame(f, body, '\001');
	n = f->n;
	for (f->n = 0; f->n < n; f->n++)
		ck_assert_int_eq(read_text(f), f->n ? DECODE_BAD_FIX : DECODE_EMPTY);
	for (size_t i = 0; i < n; i++) { /* one wrong byte anywhere */
		frame(f, body, '\001');
		f->text[i] = (char)(f->text[i] + 1);
		ck_assert_int_ne(read_text(f), DECODE_OK);
	}
	frame(f, body, '\001');
	f->text[f->n - 2] = f->text[f->n - 2] == '0' ? '1' : '0';
	ck_assert_int_eq(read_text(f), DECODE_BAD_FIX);
	ck_assert_str_eq(f->field, "checksum");
	frame(f, body, '\001');
	f->text[f->n++] = 'x';
	ck_assert_int_eq(read_text(f), DECODE_BAD_FIX);
	frame(f, body, '\001');
	memcpy(f->text + 12, "9", 1);
	ck_assert_int_eq(read_text(f), DECODE_BAD_FIX);
	ck_assert_str_eq(f->field, "body_length");
	ck_assert_int_eq(fix(f, "49=V|35=8|"), DECODE_BAD_FIX); /* 35 comes first */
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=|31=190.25|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|032=1|31=190.25|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|x=1|32=1|31=190.25|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|9999999=1|32=1|31=190.25|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "10=000|150=F|32=1|31=190.25|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "150=F|32=1|32=1|31=190.25|"), DECODE_DUPLICATE_KEY);
	/* a tag that nobody wants may come again, as in groups; and data may hold the separator */
	ck_assert_int_eq(fix(f, HEAD ORDER "453=2|448=A|452=1|448=B|452=2|150=F|32=1|31=2|"),
	                 DECODE_OK);
	ck_assert_int_eq(fix(f, HEAD ORDER "95=5|96=a|b=c|150=F|32=1|31=2|"), DECODE_OK);
	ck_assert_int_eq(fix(f, HEAD ORDER "95=x|96=abc|150=F|32=1|31=2|"), DECODE_BAD_FIX);
	ck_assert_int_eq(fix(f, HEAD ORDER "95=900|96=abc|150=F|32=1|31=2|"), DECODE_OK);
	close_fixture(f);
}
END_TEST

START_TEST(as_json)
{
	static const char trade[] =
		"{\"Header\":{\"MsgType\":\"8\",\"MsgSeqNum\":\"17\",\"SendingTime\":\"20240131-14:30:01\"},"
		"\"Body\":{\"OrderID\":\"O-1\",\"ExecID\":\"E-1\",\"ExecType\":\"F\",\"OrdStatus\":\"1\","
		"\"Account\":\"ACC7\",\"Symbol\":\"AAPL\",\"Side\":\"2\",\"OrderQty\":\"500\",\"Price\":\"190\","
		"\"LastQty\":\"200\",\"LastPx\":\"190.25\",\"LeavesQty\":\"300\",\"LastMkt\":\"XNAS\","
		"\"TransactTime\":\"20240131-14:30:00.5\"},\"Trailer\":{}}";
	static const char logon[] = "{\"Header\":{\"MsgType\":\"A\"},\"Body\":{},\"Trailer\":{}}";
	const struct format_spec spec = { .preset = "fix-json" };
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	ck_assert_msg(both_agree(&b, trade, sizeof trade - 1, why, sizeof why), "%s", why);
	ck_assert_int_eq(b.verdict, DECODE_OK);
	ck_assert_int_eq(b.event.kind, TOCSIN_TRADE);
	ck_assert_int_eq(b.event.side, TOCSIN_SELL);
	ck_assert_int_eq(b.event.price, 190250000000);
	ck_assert_int_eq(b.event.qty, 200 * TOCSIN_SCALE);
	ck_assert_int_eq(b.event.time_ns, 1706711400500000000);
	TEXT(b.event, "AAPL");
	ck_assert_msg(both_agree(&b, logon, sizeof logon - 1, why, sizeof why), "%s", why);
	ck_assert_int_eq(b.verdict, DECODE_IGNORED);
	both_close(&b);
}
END_TEST

/* A user's own mapping of tags, and tags above the table. */
START_TEST(own_mapping)
{
	const struct decode_pair kinds[] = { { "D", "order_add" } };
	const struct format_spec spec = { .codec = DECODE_FIX,
		                          .kind = "35",
		                          .kinds = kinds,
		                          .n_kinds = 1,
		                          .instrument = "20055|55",
		                          .time = "52",
		                          .time_unit = DECODE_TIME_FIX,
		                          .price = "=",
		                          .qty = "38",
		                          .side = "=",
		                          .venue = "=XTST",
		                          .order_id = "=",
		                          .trade_id = "=",
		                          .account = "=",
		                          .counterparty = "=",
		                          .sequence = "=",
		                          .bid = "=",
		                          .ask = "=",
		                          .bid_qty = "=",
		                          .ask_qty = "=",
		                          .open = "=",
		                          .high = "=",
		                          .low = "=" };
	const struct format_spec wrong = { .preset = "fix", .venue = "LastMkt" };
	struct errors errors = { 0 };
	struct fixture *f = calloc(1, sizeof *f);
	struct format *none = NULL;
	char *text;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(format_new(&spec, &errors, NULL, NULL, &f->format), 0);
	ck_assert_int_eq(decoder_new(f->format, DECODE_JSON_SIMD, &f->decoder), 0);
	ck_assert_int_eq(fix(f, "35=D|52=20240131-14:30:00|38=1|20055=SYM|55=x|"), DECODE_OK);
	TEXT(f->e, "SYM");
	ck_assert_int_eq(fix(f, "35=D|52=20240131-14:30:00|38=1|55=x|"), DECODE_OK);
	TEXT(f->e, "x");
	close_fixture(f);
	ck_assert_int_eq(format_new(&wrong, &errors, NULL, NULL, &none), -EINVAL);
	text = errors_text(&errors);
	ck_assert_ptr_nonnull(strstr(text, "venue: the path \"LastMkt\" is not a FIX tag"));
	free(text);
	errors_done(&errors);
}
END_TEST

SUITE("fix", order_life, traded, framing, as_json, own_mapping)
