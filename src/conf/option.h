/* option.h - the one table of options. Parsing, ranges, defaults, help, `tocsin config` and the
 * reference page are all made from it; what an option does is not known here. */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

enum conf_type {
	CONF_TEXT,                       /* struct conf_text */
	CONF_TEXTS,                      /* struct conf_texts; one text stands for a list of one */
	CONF_PAIRS,                      /* struct conf_pairs */
	CONF_INT,                        /* int64_t, as the next three */
	CONF_SIZE,                       /* bytes */
	CONF_DURATION,                   /* ns */
	CONF_FRACTION,                   /* double, 0 to 1 */
	CONF_BOOL,                       /* bool */
	CONF_ENUM,                       /* int: `min` + the word's place in `words` */
	CONF_SECTION,                    /* a mapping of options, in the same struct */
	CONF_LIST                        /* a list of sections: a pointer, and a size_t at `count` */
};

#define CONF_REQUIRED 1u
#define CONF_SHOWN_SET 2u                /* the reference page sets it to its example */
#define CONF_MAY_REFER 4u                /* its texts may be {file:}, {env:} or {credential:} */
#define CONF_MAY_BE_EMPTY 8u             /* "" is a value */
#define CONF_ANY_CASE 16u                /* of pairs: keys that differ in case only are the same */
#define CONF_IS_URL 32u                  /* of a text: printed without what is secret in an URL */

#define CONF_PLACED 64u                  /* of texts: every byte's place is kept */
#define CONF_SHARED 128u                 /* of the top level: an included file may have it too */
#define CONF_NOT_PRINTED 256u            /* what it says stands elsewhere once it was read */
#define CONF_MAY_BE_NONE 512u            /* of a list of texts: [] is a value */

#define CONF_MAX_OPTIONS 64              /* in one section */

struct conf_section;

struct conf_option {
	const char *key;
	enum conf_type type;
	unsigned flags;
	size_t offset, count;
	const char *def;                 /* as it would be written; NULL = none */
	int64_t min, max;                /* of numbers */
	const char *const *words;        /* ended by NULL: all that a text, a pair's value may be */
	conf_check check, check_key;     /* of each text; of a pair's value and key */
	bool (*secret_key)(const char *key);     /* of pairs: must this one's value be a reference? */
	const struct conf_section *section;
	const char *help, *example;      /* example: as it would be written; NULL = the default */
	const char *otherwise;           /* words for the default, where `def` cannot say it */
};

struct conf_section {
	const char *what;                /* "source" */
	size_t size;                     /* of the struct */
	size_t at;                       /* offset of its struct place; CONF_NOWHERE = none */
	const struct conf_option *options;
	size_t n;
};

#define CONF_NOWHERE SIZE_MAX

extern const struct conf_section conf_section_top, conf_section_source, conf_section_format,
	conf_section_list, conf_section_rule, conf_section_match, conf_section_calendar,
	conf_section_sink, conf_section_drill, conf_section_limits;

/* Names of the formats that need no section. The room decode makes them; a test of the whole
 * compares the two lists. Ended by NULL. */
extern const char *const conf_presets[];

/* Phases of a calendar in which a rule may be active. Ended by NULL. */
extern const char *const conf_phases[];

const struct conf_option *conf_option_find(const struct conf_section *s, const char *key);
/* The known key nearest to `key`, or NULL. */
const char *conf_option_nearest(const struct conf_section *s, const char *key);
/* What a value of it is, e.g. "a duration such as 5m". */
const char *conf_option_expected(enum conf_type type);
/* A number of it as it would be written. */
#define CONF_OPTION_TEXT 48
void conf_option_number(const struct conf_option *o, int64_t v, char out[static CONF_OPTION_TEXT]);

#endif
