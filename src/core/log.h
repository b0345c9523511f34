/* log.h - one line for each event of interest, logfmt on standard error.
 *
 * Only src/app, and the edges that do I/O (source/kafka, console), log; pure rooms return. Under
 * systemd (JOURNAL_STREAM set) a line begins with <priority>, else with the time and level.
 * Untrusted text goes through log_quote(). Thread safe: a line is one write(2). */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_setup(enum log_level most);             /* once, before threads start */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Escapes up to 200 bytes of `p` into a thread-local ring of 4 buffers; valid until 4 calls on. */
const char *log_quote(const void *p, size_t n);

/* At most `burst` passes a `period_ns`; *ret_held is how many were held back before this pass.
 * Zero-initialise. Not locked: one owner thread. */
struct log_limit {
	int64_t since;
	uint32_t n;
	uint64_t held;
};
bool log_pass(struct log_limit *l, int64_t now_ns, int64_t period_ns, uint32_t burst, uint64_t *ret_held);

#endif
