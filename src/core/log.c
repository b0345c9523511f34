#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "timefmt.h"

/* Written once by log_setup() before threads start; read only after. */
static enum log_level most_level = LOG_LEVEL_INFO;
static bool to_journal;

void log_setup(enum log_level most)
{
	most_level = most;
	to_journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR: return "error";
	case LOG_LEVEL_WARNING: return "warning";
	case LOG_LEVEL_NOTICE: return "notice";
	case LOG_LEVEL_INFO: return "info";
	case LOG_LEVEL_DEBUG: return "debug";
	}
	return "?";
}

void log_line(enum log_level level, const char *format, ...)
{
	struct buf b = { 0 };
	va_list args;

	if (level > most_level)
		return;
	if (to_journal) {
		buf_printf(&b, "<%d>", (int)level);
	} else {
		char now[TIMEFMT_TEXT];

		time_format(clock_wall() / NS_PER_MS * NS_PER_MS, now);
		buf_printf(&b, "%s %s: ", now, level_name(level));
	}
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	buf_putc(&b, '\n');
	if (!b.failed && write(STDERR_FILENO, b.p, b.n) < 0) {
		/* nowhere left to say it */
	}
	buf_done(&b);
}

const char *log_quote(const void *p, size_t n)
{
	static _Thread_local char ring[4][1024];
	static _Thread_local unsigned turn;
	char *out = ring[turn++ % 4];
	struct buf b = { 0 };

	buf_escape(&b, p, n, 200);
	snprintf(out, sizeof ring[0], "%s", buf_str(&b));
	buf_done(&b);
	return out;
}

bool log_pass(struct log_limit *l, int64_t now_ns, int64_t period_ns, uint32_t burst,
              uint64_t *ret_held)
{
	if (l->since == 0 || now_ns - l->since >= period_ns) {
		l->since = now_ns;
		l->n = 0;
	}
	if (l->n >= burst) {
		l->held++;
		return false;
	}
	l->n++;
	*ret_held = l->held;
	l->held = 0;
	return true;
}
