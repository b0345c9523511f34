#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/decimal.h"

#define SCALE 1000000000LL

int conf_value_int(const char *p, size_t n, int64_t *ret)
{
	bool minus = n > 0 && *p == '-';
	int64_t v = 0;

	if (minus) {
		p++;
		n--;
	}
	if (n == 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int digit = minus ? -(p[i] - '0') : p[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

static const struct unit {
	const char *name;
	int64_t bytes;
} units[] = {
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "B", 1 },
};

#define N_UNITS (sizeof units / sizeof units[0])

int conf_value_size(const char *p, size_t n, int64_t *ret)
{
	int64_t unit = 1, v;
	int rc;

	for (size_t i = 0; i < N_UNITS; i++) {
		size_t m = strlen(units[i].name);

		if (n > m && memcmp(p + n - m, units[i].name, m) == 0) {
			unit = units[i].bytes;
			n -= m;
			if (n > 1 && p[n - 1] == ' ')
				n--;
			break;
		}
	}
	rc = conf_value_int(p, n, &v);
	if (rc < 0)
		return rc;
	if (__builtin_mul_overflow(v, unit, &v))
		return -ERANGE;
	*ret = v;
	return 0;
}

int conf_value_fraction(const char *p, size_t n, double *ret)
{
	bool percent = n > 1 && p[n - 1] == '%';
	int64_t units_of;
	int rc;

	rc = decimal_parse(p, percent ? n - 1 : n, &units_of);
	if (rc < 0)
		return rc;
	if (percent)
		units_of = units_of / 100 + (units_of % 100 >= 50) - (units_of % 100 <= -50);
	/* Both are exact in a double up to 1.0, so this is the double nearest to the decimal. */
	*ret = (double)units_of / (double)SCALE;
	return 0;
}

int conf_value_bool(const char *p, size_t n, bool *ret)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == n && strncasecmp(words[i], p, n) == 0) {
			*ret = i % 2;
			return 0;
		}
	return -EINVAL;
}

void conf_value_size_text(int64_t bytes, char out[static CONF_VALUE_TEXT])
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (units[i].bytes > 1 && bytes && bytes % units[i].bytes == 0) {
			snprintf(out, CONF_VALUE_TEXT, "%lld%s",
			         (long long)(bytes / units[i].bytes), units[i].name);
			return;
		}
	snprintf(out, CONF_VALUE_TEXT, "%lld", (long long)bytes);
}

void conf_value_fraction_text(double x, char out[static CONF_VALUE_TEXT])
{
	int64_t v = 0;

	if (decimal_from_double(x, &v) < 0)
		v = 0; /* not met: the range was checked */
	decimal_format(v, out);
}
