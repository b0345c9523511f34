/* names.c - the words for the value types of include/tocsin. */
#include <tocsin/alert.h>
#include <tocsin/event.h>

const char *tocsin_kind_name(unsigned kind)
{
	static const char *const names[TOCSIN_N_KINDS] = {
		"trade", "quote", "order_add",  "order_cancel", "order_modify",
		"fill",  "bar",   "book_clear", "tick",
	};

	return kind < TOCSIN_N_KINDS ? names[kind] : "?";
}

const char *tocsin_side_name(unsigned side)
{
	return side == TOCSIN_BUY ? "buy" : side == TOCSIN_SELL ? "sell" : "none";
}

const char *tocsin_status_name(unsigned status)
{
	return status == TOCSIN_RESOLVED ? "resolved" : "firing";
}

const char *tocsin_severity_name(unsigned severity)
{
	return severity == TOCSIN_CRITICAL  ? "critical"
	       : severity == TOCSIN_WARNING ? "warning"
	                                    : "info";
}
