/* To ship another calendar: a file in conf/calendars/, and a line in each of the two lists here. */
#include "shipped.h"

#include <string.h>

#include "calendar.h"

/* The paths are from the repository's root, where make runs. */
#define EMBED(name, path) \
	__asm__(".section .rodata\n" \
	        ".balign 16\n" #name "_begin:\n" \
	        ".incbin \"conf/calendars/" path "\"\n" #name "_end:\n" \
	        ".byte 0\n" \
	        ".previous\n"); \
	extern const char name##_begin[], name##_end[]

EMBED(shipped_xnys, "XNYS.yaml");
EMBED(shipped_xnas, "XNAS.yaml");
EMBED(shipped_xlon, "XLON.yaml");
EMBED(shipped_cme_equity, "CME-equity.yaml");
EMBED(shipped_24x7, "24x7.yaml");

const char *const conf_calendars[] = { "XNYS", "XNAS", "XLON", "CME-equity", "24x7", NULL };

const char *shipped_calendar(const char *name, size_t *ret_n)
{
	static const struct {
		const char *begin, *end;
	} texts[] = {
		{ shipped_xnys_begin, shipped_xnys_end },
		{ shipped_xnas_begin, shipped_xnas_end },
		{ shipped_xlon_begin, shipped_xlon_end },
		{ shipped_cme_equity_begin, shipped_cme_equity_end },
		{ shipped_24x7_begin, shipped_24x7_end },
	};

	for (size_t i = 0; conf_calendars[i]; i++) {
		if (strcmp(conf_calendars[i], name) != 0)
			continue;
		*ret_n = (size_t)(texts[i].end - texts[i].begin);
		return texts[i].begin;
	}
	return NULL;
}
