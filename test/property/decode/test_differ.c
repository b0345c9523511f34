/* simdjson against jansson: the same verdict, field and event for every message.
 *
 * Over real logs (the whole excerpts of test/data; of the originals, when they are at $TOCSIN_SHARED
 * or ../shared, the first 3,000 lines and every 20th of the rest), and over seeded mutations of the
 * excerpts. TOCSIN_SEED and TOCSIN_STEPS change the run; a failure prints both and the message. */
#include <zlib.h>

#include "../../unit/decode/both.h"
#include "../../unit/suite.h"
#include "core/buf.h"
#include "core/rng.h"

#define SEED 20231225
#define STEPS 240000
#define SIZE_MAX_MUTANT 6000

struct lines {
	struct line {
		char *p;
		size_t n;
	} * items;
	size_t n;
};

/* Adds the lines first..first+n of a gzip or plain file, then every `every`th. False: no such file. */
static bool lines_read(struct lines *l, const char *path, size_t n, size_t every)
{
	gzFile f = gzopen(path, "rb");
	char line[8192];

	if (!f)
		return false;
	for (size_t i = 0; gzgets(f, line, sizeof line); i++) {
		if (i >= n && (!every || i % every))
			continue;
		l->items = realloc(l->items, (l->n + 1) * sizeof *l->items);
		ck_assert_ptr_nonnull(l->items);
		l->items[l->n].n = strcspn(line, "\n");
		l->items[l->n].p = strndup(line, l->items[l->n].n);
		l->n++;
	}
	gzclose(f);
	return l->n > 0;
}

static void lines_done(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].p);
	free(l->items);
	*l = (struct lines){ 0 };
}

/* The repository's root, from this file's name as it was compiled or from the working folder. */
static const char *excerpt(char *path, size_t size, const char *name)
{
	static const char *const roots[] = { ".",        "..",          "../..",
		                             "../../..", "../../../..", "../../../../.." };

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		FILE *f;

		snprintf(path, size, "%s/test/data/%s", roots[i], name);
		f = fopen(path, "rb");
		if (f) {
			fclose(f);
			return path;
		}
	}
	ck_abort_msg("test/data/%s is not here: run from the repository", name);
	return NULL;
}

static const struct log {
	const char *preset, *excerpt, *original;
} logs[] = {
	{ "databento-mbo", "es-20231225.databento-mbo.100.jsonl",
	  "es-20231225.databento-mbo.jsonl.gz" },
	{ "binance-trade", "btcusdt-20210108.binance-trade.100.jsonl",
	  "btcusdt-20210108.binance-trade.jsonl.gz" },
};

#define N_LOGS (sizeof logs / sizeof logs[0])

/* All lines agree and are events (or ignored). */
static void whole_log(const struct lines *l, const char *preset)
{
	const struct format_spec spec = { .preset = preset };
	struct both b;
	char why[200];

	ck_assert_int_eq(both_open(&b, &spec), 0);
	for (size_t i = 0; i < l->n; i++) {
		ck_assert_msg(both_agree(&b, l->items[i].p, l->items[i].n, why, sizeof why),
		              "%s: %s", why, l->items[i].p);
		ck_assert_msg(b.verdict == DECODE_OK || b.verdict == DECODE_IGNORED, "%s: %s",
		              decode_verdict_name(b.verdict), l->items[i].p);
	}
	both_close(&b);
}

START_TEST(real_logs)
{
	const char *shared = getenv("TOCSIN_SHARED");

	for (size_t i = 0; i < N_LOGS; i++) {
		struct lines l = { 0 };
		char path[500];

		ck_assert(lines_read(&l, excerpt(path, sizeof path, logs[i].excerpt), 100, 0));
		ck_assert_uint_eq(l.n, 100);
		whole_log(&l, logs[i].preset);
		lines_done(&l);
		snprintf(path, sizeof path, "%s/data/market/%s", shared ? shared : "../shared",
		         logs[i].original);
		if (!lines_read(&l, path, 3000, 20)) {
			printf("skipped: no %s (TOCSIN_SHARED names its folder)\n", path);
			continue;
		}
		whole_log(&l, logs[i].preset);
		printf("%s: %zu lines\n", logs[i].original, l.n);
		lines_done(&l);
	}
}
END_TEST

/* ---- mutations ---- */

#define TOKEN(s) \
	{ \
		(char *)(s), sizeof(s) - 1 \
	}
static const struct line tokens[] = {
	TOKEN("{"),
	TOKEN("}"),
	TOKEN("["),
	TOKEN("]"),
	TOKEN(","),
	TOKEN(":"),
	TOKEN("\""),
	TOKEN("\\"),
	TOKEN("\\\""),
	TOKEN("\\u"),
	TOKEN("\\u0000"),
	TOKEN("\\u0041"),
	TOKEN("\\ud800"),
	TOKEN("\\udc00"),
	TOKEN("\\ud834\\udd1e"),
	TOKEN("\\udc00\\ud800"),
	TOKEN("\\ud800\\u0041"),
	TOKEN("\\uDBFF\\uDFFF"),
	TOKEN("\\x"),
	TOKEN("\\n"),
	TOKEN("\0"),
	TOKEN("\n"),
	TOKEN("\r"),
	TOKEN("\t"),
	TOKEN("\x1f"),
	TOKEN("\x7f"),
	TOKEN("\xef\xbb\xbf"),
	TOKEN("\xff"),
	TOKEN("\xc0\x80"),
	TOKEN("\xed\xa0\x80"),
	TOKEN("\xf4\x90\x80\x80"),
	TOKEN("\xc3\xa9"),
	TOKEN("\xf0\x9d\x84\x9e"),
	TOKEN("\xe2\x80"),
	TOKEN("0"),
	TOKEN("-"),
	TOKEN("-0"),
	TOKEN("01"),
	TOKEN("1."),
	TOKEN(".5"),
	TOKEN("+1"),
	TOKEN("1e5"),
	TOKEN("1E-400"),
	TOKEN("1e400"),
	TOKEN("e"),
	TOKEN("."),
	TOKEN("9223372036854775807"),
	TOKEN("9223372036854775808"),
	TOKEN("-9223372036854775808"),
	TOKEN("-9223372036854775809"),
	TOKEN("18446744073709551615"),
	TOKEN("18446744073709551616"),
	TOKEN("0.1"),
	TOKEN("1.7976931348623157e308"),
	TOKEN("1.7976931348623159e308"),
	TOKEN("4.9e-324"),
	TOKEN("2.4e-324"),
	TOKEN("0.30000000000000004"),
	TOKEN("123456789012345678901234567890.5"),
	TOKEN("true"),
	TOKEN("false"),
	TOKEN("null"),
	TOKEN("NaN"),
	TOKEN("Infinity"),
	TOKEN("tru"),
	TOKEN("nulll"),
	TOKEN("\"NaN\""),
	TOKEN("{}"),
	TOKEN("[]"),
	TOKEN("[[]]"),
	TOKEN("{\"a\":1}"),
	TOKEN("{\"a\":1,\"a\":2}"),
	TOKEN(",\"a\":1"),
	TOKEN(",\"a\":1,\"a\":1"),
	TOKEN("\"price\":1,"),
	TOKEN("\"p\":\"1\","),
	TOKEN(",\"symbol\":\"X\""),
	TOKEN("\"hd\":{},"),
	TOKEN("\"\\u0061\":1,"),
	TOKEN("\"\":0,"),
	TOKEN("\"m\":null,"),
	TOKEN("\"e\":\"trade\","),
	TOKEN("  "),
};

#define N_TOKENS (sizeof tokens / sizeof tokens[0])

static void splice(struct buf *b, size_t at, size_t drop, const void *p, size_t n)
{
	struct buf out = { 0 };

	buf_add(&out, b->p, at);
	buf_add(&out, p, n);
	buf_add(&out, b->p + at + drop, b->n - at - drop);
	buf_done(b);
	*b = out;
}

/* The next place after `from` where a value or key starts or ends: mutations there stay readable
 * more often than those at a random byte. */
static size_t joint(const struct buf *b, size_t from)
{
	while (from < b->n && !strchr("\"{}[]:,", b->p[from]))
		from++;
	return from;
}

static void deepen(struct buf *b, size_t at, struct rng *r)
{
	struct buf nest = { 0 };
	size_t depth = rng_below(r, 4) ? 55 + rng_below(r, 15) : rng_below(r, 1100);
	bool objects = rng_below(r, 2);

	for (size_t i = 0; i < depth; i++)
		buf_puts(&nest, objects ? "{\"a\":" : "[");
	buf_puts(&nest, "1");
	for (size_t i = 0; i < depth; i++)
		buf_puts(&nest, objects ? "}" : "]");
	splice(b, at, 0, nest.p, nest.n);
	buf_done(&nest);
}

static void mutate(struct buf *b, const struct lines *l, struct rng *r)
{
	size_t at = rng_below(r, b->n + 1), n = b->n - at;
	const struct line *t = &tokens[rng_below(r, N_TOKENS)],
			  *other = &l->items[rng_below(r, l->n)];
	char byte = (char)rng_next(r);

	if (rng_below(r, 2)) {
		at = joint(b, at);
		at += at < b->n && rng_below(r, 2);
		n = b->n - at;
	}
	switch (rng_below(r, 16)) {
	case 0: /* one bit */
		if (n)
			b->p[at] = (char)(b->p[at] ^ 1 << rng_below(r, 8));
		break;
	case 1: /* one byte */
		if (n)
			b->p[at] = byte;
		break;
	case 2: splice(b, at, 0, &byte, 1); break;
	case 3: splice(b, at, n < 3 ? n : 1 + rng_below(r, 3), "", 0); break;
	case 4: splice(b, at, rng_below(r, n + 1), "", 0); break;
	case 5: /* a piece twice */
		n = rng_below(r, (n < 60 ? n : 60) + 1);
		if (b->n + n < SIZE_MAX_MUTANT) {
			char *piece = strndup(b->p + at, n);

			splice(b, at, 0, piece, strlen(piece));
			free(piece);
		}
		break;
	case 6: /* the end of another line */
		splice(b, at, n, other->p + (at < other->n ? at : other->n),
		       at < other->n ? other->n - at : 0);
		break;
	case 7: splice(b, at, n < t->n ? n : t->n, t->p, t->n); break;
	case 8:
		if (b->n < SIZE_MAX_MUTANT)
			deepen(b, at, r);
		break;
	case 9: splice(b, at, 0, t->p, t->n); break;
	default: { /* a value for a value */
		size_t from = at, to;

		while (from < b->n && b->p[from] != ':')
			from++;
		from += from < b->n;
		to = from;
		while (to < b->n && b->p[to] != ',' && b->p[to] != '}')
			to++;
		splice(b, from, to - from, t->p, t->n);
		break;
	}
	}
}

static uint64_t setting(const char *name, uint64_t def)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : def;
}

START_TEST(mutations)
{
	uint64_t seed = setting("TOCSIN_SEED", SEED), steps = setting("TOCSIN_STEPS", STEPS);
	size_t verdicts[DECODE_N_VERDICTS] = { 0 };
	struct rng r = { seed };

	for (size_t k = 0; k < N_LOGS; k++) {
		const struct format_spec spec = { .preset = logs[k].preset };
		struct lines l = { 0 };
		struct both b;
		char path[500], why[200];

		ck_assert(lines_read(&l, excerpt(path, sizeof path, logs[k].excerpt), 100, 0));
		ck_assert_int_eq(both_open(&b, &spec), 0);
		for (uint64_t i = 0; i < steps / N_LOGS; i++) {
			const struct line *start = &l.items[rng_below(&r, l.n)];
			struct buf m = { 0 }, shown = { 0 };
			char *exact;
			bool same;

			buf_add(&m, start->p, start->n);
			for (uint64_t n = rng_below(&r, 3) ? 0 : 1 + rng_below(&r, 3); n; n--)
				mutate(&m, &l, &r);
			mutate(&m, &l, &r);
			exact = malloc(m.n ? m.n : 1);
			memcpy(exact, buf_str(&m), m.n);
			same = both_agree(&b, exact, m.n, why, sizeof why);
			buf_escape(&shown, exact, m.n, 8000);
			ck_assert_msg(same,
			              "TOCSIN_SEED=%llu TOCSIN_STEPS=%llu step %llu of %s: %s: %s",
			              (unsigned long long)seed, (unsigned long long)steps,
			              (unsigned long long)i, logs[k].preset, why, buf_str(&shown));
			verdicts[b.verdict]++;
			free(exact);
			buf_done(&m);
			buf_done(&shown);
		}
		both_close(&b);
		lines_done(&l);
	}
	printf("%llu mutations, seed %llu:", (unsigned long long)steps, (unsigned long long)seed);
	for (unsigned v = 0; v < DECODE_N_VERDICTS; v++)
		if (verdicts[v])
			printf(" %s %zu", decode_verdict_name(v), verdicts[v]);
	printf("\n");
	/* The mutations are worth something only if they reach behind the parser. */
	if (steps >= STEPS)
		ck_assert_uint_gt(verdicts[DECODE_OK], steps / 50);
}
END_TEST

SUITE("differ", real_logs, mutations)
