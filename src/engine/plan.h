/* plan.h - a configuration made ready to run: formats compiled, rules turned into detectors, the
 * features they ask for collected. Does no I/O; every mistake is found at once, with its place. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <tocsin/alert.h>
#include <tocsin/detector.h>

#include "conf/conf.h"
#include "decode/decode.h"
#include "engine/calendars.h"
#include "engine/define.h"
#include "features/features.h"
#include "policy/summary.h"

#define PLAN_ALWAYS UINT32_MAX

struct plan_rule {
	const struct conf_rule *conf;
	const struct tocsin_detector *detector;
	void *self;
	bool has_state;                  /* pending, firing, resolved; else each finding for itself */
	uint32_t kinds;                  /* TOCSIN_KIND_BIT()s it is asked about */
	unsigned by;                     /* FEATURE_BY_ bits: what is scored, held back, told apart */
	uint32_t ticks;                  /* bit `by` of each key space whose ticks it waits for */
	uint32_t active;                 /* feature: 1 in the phases in which it is judged; PLAN_ALWAYS */
	uint32_t *features;              /* that it reads, in the order it asked for them */
	size_t n_features;
	struct define_rule *text;        /* its conditions, names written out */
	char version[9];                 /* of all that its findings depend on */
	struct summary *summary;
	struct tocsin_label *labels;     /* the file's, then the one of drills */
};

struct plan {
	const struct conf *conf;         /* must outlive the plan */
	struct calendars calendars;      /* by their index in features */
	struct feature_set *features;
	struct define *define;
	struct plan_rule *rules;
	size_t n_rules;
	bool by_instrument;              /* some rule has instrument patterns */
	struct format **formats;         /* the file's, then one for each preset named by a source */
	size_t n_formats;
	char hash[33];                   /* of everything that alerts depend on */
};

int plan_new(const struct conf *conf, struct errors *errors, struct plan **ret_plan);
struct plan *plan_free(struct plan *p);
/* By name: a format of the file, or a preset. NULL when there is none. */
const struct format *plan_format(struct plan *p, const char *name);
/* Do the patterns of rule `r` take this instrument? */
bool plan_rule_takes(const struct plan_rule *r, const struct tocsin_str *instrument);

#endif
