/* conf.h - the configuration: one option table gives parsing, ranges, defaults, help and the
 * reference page (conf/tocsin.yaml).
 *
 * Pure but for reading the file and the secrets it names. All errors are found at once, each with
 * file:line:column and the nearest known word. What an option *does* is not known here: sections
 * are plain structs that src/app turns into other rooms' settings. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/errors.h"

/* Bytes of a text, from `offset` on, stand there in the file. */
struct conf_line {
	uint32_t offset, line, column;
};

/* A text and where it stands, so that a later check can point at it. s NULL = not given. */
struct conf_text {
	const char *s;
	struct place at;
	const struct conf_line *lines;   /* of conditions and their parts: see conf_text_place() */
	size_t n_lines;
	bool secret;                     /* came from a file, the environment or a credential; or is
	                                  * of an option that holds a secret: never printed */
};

struct conf_texts {
	struct conf_text *v;
	size_t n;
};

/* Free-form mapping in the file's order, e.g. librdkafka's properties, HTTP headers, labels. */
struct conf_pair {
	struct conf_text key, value;
};

struct conf_pairs {
	struct conf_pair *v;
	size_t n;
};

enum conf_start { CONF_START_EARLIEST, CONF_START_LATEST };
enum conf_truncated { CONF_TRUNCATED_EARLIEST, CONF_TRUNCATED_STOP };
enum conf_sink_type { CONF_SINK_WEBHOOK, CONF_SINK_STDOUT, CONF_SINK_FILE };
enum conf_no_data { CONF_NO_DATA_KEEP, CONF_NO_DATA_RESOLVE, CONF_NO_DATA_ALERT };
enum conf_style { CONF_STYLE_JSON, CONF_STYLE_HUMAN };

struct conf_source {                     /* sources: */
	struct place at;                 /* of the section */
	struct conf_text name;           /* required, unique */
	struct conf_text brokers;        /* bootstrap.servers; required */
	struct conf_texts topics;        /* required, not empty; "^..." = pattern */
	struct conf_text group;          /* default "tocsin" */
	struct conf_text format;         /* name of a format or preset; required */
	int start;                       /* enum conf_start: no position known; default earliest */
	struct conf_text dead_letter;    /* topic; NULL = none */
	struct conf_pairs kafka;         /* any librdkafka property */
};

struct conf_format {                     /* formats: */
	struct place at;
	struct conf_text name;           /* required, unique */
	struct conf_text preset;         /* default generic */
	int codec;                       /* json (default) | csv | fix: enum decode_codec's order */
	struct conf_text kind;
	struct conf_pairs kinds;
	struct conf_text instrument, time, price, size, side, venue;
	struct conf_text order_id, trade_id, account, counterparty, sequence;
	struct conf_text trade_price, trade_size, aggressor;
	struct conf_text bid, ask, bid_size, ask_size, open, high, low, flags;
	int64_t flag_snapshot, flag_last;
	struct conf_pairs sides;
	int side_of;                     /* aggressor (default) | maker */
	bool fill_keeps_book, sequence_gapless;  /* default false: the preset's */
	int time_unit;                   /* auto s ms us ns text fix */
	int64_t price_exponent, size_exponent;   /* -18..9, default 0 */
	int price_rule;                  /* positive (default) nonzero any */
	struct conf_text min_time, max_time;     /* RFC 3339; default 1990 and 2200 */
	int64_t max_bytes;               /* size: 64 B .. 64 MiB, default 1 MiB */
};

struct conf_list {                       /* lists: */
	struct place at;
	struct conf_text name;           /* required, unique */
	struct conf_texts values;        /* its words, those of `file` too */
	struct conf_text file;           /* where they come from; NULL = they stand here */
};

struct conf_rule {                       /* rules: */
	struct place at;
	struct conf_text name;           /* required, unique, [a-z0-9_-]+ */
	struct conf_text detector;       /* default "rules" */
	struct conf_texts kinds;         /* match: kinds; default [trade] */
	struct conf_texts instruments;   /* match: instruments; "*" and "?" as in file names; default all */
	struct conf_text by;             /* what is scored: "instrument" (default), "account+venue" */
	struct conf_pairs params;        /* values used by name in `when` and `resolve_when` */
	struct conf_text when;           /* required of detector rules */
	struct conf_text mode;           /* event | state; NULL = by what else is given */
	int64_t for_ns, keep_firing_ns;  /* 0 .. 30d, default 0 */
	struct conf_text resolve_when;   /* NULL = not `when` */
	int no_data;                     /* enum conf_no_data */
	int64_t no_data_after_ns;        /* default 5m */
	struct conf_text calendar;       /* NULL = that of the instrument */
	struct conf_texts active;        /* phases in which it is judged; none = always */
	int severity;                    /* info | warning (default) | critical */
	double confidence;               /* 0..1, default 0 */
	int64_t cooldown_ns;             /* duration 0s .. 30d, default 5m */
	struct conf_text summary;        /* NULL = made from the reasons */
	struct conf_text runbook;
	struct conf_pairs labels;
};

struct conf_calendar {                   /* calendars: */
	struct place at;
	struct conf_text name;           /* required, unique */
	struct conf_text file;           /* NULL = the shipped one of that name */
	struct conf_texts instruments;   /* whose calendar it is; "*" and "?" as in file names */
	struct conf_calendar_file *read; /* what the file says; calendar.h; NULL = no file, or wrong */
};

struct conf_sink {                       /* sinks: */
	struct place at;
	struct conf_text name;           /* required, unique */
	int type;                        /* webhook (default) | stdout | file */
	struct conf_text url;            /* of webhook; may be a secret reference */
	struct conf_text path;           /* of file */
	int style;                       /* json (default) | human, of stdout and file */
	struct conf_pairs headers;       /* values may be secret references */
	int64_t connect_timeout_ns;      /* default 5s */
	int64_t timeout_ns;              /* default 15s */
	int64_t concurrency;             /* default 8, 1..64 */
	int64_t retry_base_ns;           /* default 1s */
	int64_t retry_cap_ns;            /* default 15m */
	int64_t give_up_ns;              /* default 72h */
	struct conf_text ca_file;
	bool verify_tls;                 /* default true */
	bool drill;                      /* gets the alerts of drills too; default true */
};

struct conf_drill {                      /* drill: */
	struct place at;                 /* of the section */
	int64_t timeout_ns;              /* default 1m */
	struct conf_text source;         /* NULL = the first */
	struct conf_text topic;          /* NULL = the source's first that is no pattern */
	struct conf_text rule;           /* NULL = there are no drills */
	struct conf_text instrument;     /* default "TOCSIN-DRILL" */
	struct conf_texts messages;      /* none = built in, by the source's format */
};

struct conf_limits {                     /* limits: */
	int64_t max_keys;                /* a partition; default 100000 */
	int64_t max_states;              /* pending or firing, a partition; default 100000 */
	int64_t max_window_events;       /* a key and series; default 65536 */
	int64_t max_orders;              /* in the order books of a partition; default 1000000 */
	int64_t max_book_orders, max_book_levels, max_book_accounts;     /* a book; 250000, 20000, 20000 */
	int64_t allowed_lateness_ns;     /* default 5s */
	int64_t idle_advance_ns;         /* default 10s; 0 = off */
	int64_t max_outbox;              /* alerts waiting; default 1000000 */
	int64_t keep_alerts_ns;          /* delivered ones are kept; default 7d */
	int64_t commit_interval_ns;      /* default 1s */
	int64_t batch;                   /* events taken at once; default 4096 */
};

struct conf {
	char *file;                      /* as given */
	struct conf_text name;           /* enters alert ids; default "tocsin" */
	struct conf_text state_dir;      /* default $STATE_DIRECTORY, else /var/lib/tocsin */
	int64_t seed;                    /* default 1 */
	int log_level;                   /* error warning notice info(default) debug : LOG_LEVEL_* values 3..7 */
	struct conf_text listen;         /* console: listen; default 127.0.0.1:9464; "" = off */
	struct conf_source *sources; size_t n_sources;
	struct conf_format *formats; size_t n_formats;
	struct conf_texts include;       /* as given; what they hold is below */
	struct conf_pairs define;        /* names of sub-expressions */
	struct conf_list *lists; size_t n_lists;
	struct conf_calendar *calendars; size_t n_calendars;
	struct conf_rule *rules; size_t n_rules;
	struct conf_sink *sinks; size_t n_sinks;
	struct conf_drill drill;
	struct conf_limits limits;
	void *memory;                    /* owns everything above; conf_free() */
};

/* The rule that alerts about rules are of; no other may have the name. */
#define CONF_OWN_RULE "tocsin"
#define CONF_DRILL_MESSAGES 100
/* The label of alerts that drills make, and its value is "true". */
#define CONF_DRILL_LABEL "drill"

/* Does the rule keep states (mode: state, said or implied)? */
bool conf_rule_has_state(const struct conf_rule *r);

/* What a reader needs of the file: replay needs no sources and sinks, and no secrets. */
enum conf_need { CONF_FOR_RUN, CONF_FOR_REPLAY };

/* Reads and checks `file` ("-" = standard input, "<stdin>" in messages), and what it includes. 0 and
 * *ret_conf; -EINVAL with `errors` filled, *ret_conf untouched; -ENOMEM. `file` is borrowed by every
 * struct place: it must outlive the configuration.
 * Secrets are read for CONF_FOR_RUN only: `{file: /path}`, `{env: NAME}` or `{credential: name}`
 * ($CREDENTIALS_DIRECTORY) may stand for the texts of sources and sinks, but for names and
 * formats; for CONF_FOR_REPLAY such a text is "(not read)". What rules and formats say is never
 * a reference, or a replay would differ from the run. Options that hold secrets (kafka:
 * *password*, *secret*, *.pem, sasl.oauthbearer.config; headers: *authorization*, *token*, *key*,
 * *secret*, *cookie*; a url with user or password) refuse text in the file. */
int conf_load(const char *file, enum conf_need need, struct errors *errors, struct conf **ret_conf);
/* The same; and when options are wrong, *ret_part is what could be read, to be searched for further
 * mistakes only: any member may be missing. The caller frees it. Untouched otherwise. */
int conf_load_parts(const char *file, enum conf_need need, struct errors *errors,
                    struct conf **ret_conf, struct conf **ret_part);
/* The same from memory; `file` is for messages. Reads no other file but secrets: `include` and
 * the `file` of a list are refused. */
int conf_parse(const char *text, size_t n, const char *file, enum conf_need need,
               struct errors *errors, struct conf **ret_conf);
/* The same, as if it were a file in the folder of `file`: what it includes is found from there. */
int conf_parse_as(const char *text, size_t n, const char *file, enum conf_need need,
                  struct errors *errors, struct conf **ret_conf);
struct conf *conf_free(struct conf *c);
/* Where byte `offset` of the text stands in its file: exactly for conditions, definitions and
 * parameters, else the beginning of the text. */
struct place conf_text_place(const struct conf_text *t, size_t offset);

/* The effective configuration as YAML that conf_parse() reads back to the same, but that a secret
 * is printed as "(redacted)" with a comment of where it came from, and URLs lose user, query and
 * all but the first 8 bytes of the path when they came from a secret. Read back, such a text is
 * refused for CONF_FOR_RUN, and a secret that was not read for CONF_FOR_REPLAY. */
void conf_print(const struct conf *c, struct buf *out);
/* The reference page: every option, commented: what it does, type, range, default. */
void conf_reference(struct buf *out);

#endif
