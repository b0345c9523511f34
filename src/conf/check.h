/* check.h - whether a text is what an option wants: a name, a topic, an URL, ... Pure.
 *
 * Each answers true, or false with what was expected in *ret. The text itself is never repeated:
 * it may be a secret. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include <stdbool.h>

struct conf_why {
	char text[200];                  /* "expected ..." */
};

typedef bool (*conf_check)(const char *s, struct conf_why *ret);

bool conf_check_name(const char *s, struct conf_why *ret);
bool conf_check_rule(const char *s, struct conf_why *ret);
bool conf_check_word(const char *s, struct conf_why *ret);       /* a name in conditions */
bool conf_check_by(const char *s, struct conf_why *ret); /* instrument, account+venue, ... */
bool conf_check_mic(const char *s, struct conf_why *ret);
bool conf_check_topic(const char *s, struct conf_why *ret);
bool conf_check_topics(const char *s, struct conf_why *ret);     /* a topic, or "^" and a pattern */
bool conf_check_listen(const char *s, struct conf_why *ret);
bool conf_check_url(const char *s, struct conf_why *ret);
bool conf_check_path(const char *s, struct conf_why *ret);
bool conf_check_time(const char *s, struct conf_why *ret);
bool conf_check_label(const char *s, struct conf_why *ret);
bool conf_check_header(const char *s, struct conf_why *ret);
bool conf_check_header_value(const char *s, struct conf_why *ret);
bool conf_check_property(const char *s, struct conf_why *ret);

/* Does the value of this librdkafka property, of this HTTP header, have to be kept secret? */
bool conf_check_secret_property(const char *key);
bool conf_check_secret_header(const char *key);
/* "user:password@" or "user@" before the host? */
bool conf_check_url_user(const char *url);

#endif
