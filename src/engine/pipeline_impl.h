/* pipeline_impl.h - inside of the pipeline. Private to pipeline.c, tell.c, states.c and about.c. */
#ifndef ENGINE_PIPELINE_IMPL_H
#define ENGINE_PIPELINE_IMPL_H

#include "core/buf.h"
#include "engine/grouped.h"
#include "engine/pipeline.h"

#define ENTITY_MAX (4 * 129) /* bytes of an entity: four texts of 128, with their lengths */

struct takes { /* which rules' patterns take an instrument */
	uint64_t key;
	bool known;
};

struct rule_ref {
	const struct plan_rule *rule;
	uint32_t index;
	unsigned by;                     /* of the rule: it is at hand where every rule is passed by */
};

struct pipeline {
	const struct plan *plan;
	struct stats *stats;
	struct pipeline_events events;
	bool live, has_states;
	struct policy *policy;
	struct life_rule *life_rules; /* like plan->rules */
	struct rule_ref *by_kind[TOCSIN_N_KINDS];
	size_t n_by_kind[TOCSIN_N_KINDS];
	struct grouped *grouped[TOCSIN_N_KINDS]; /* like by_kind */
	unsigned by_all[TOCSIN_N_KINDS]; /* all that any of them is by */
	unsigned char *visit[TOCSIN_N_KINDS]; /* like by_kind, 1: it has states or hours and must hear all */
	uint64_t *quiet; /* by kind: looks of all its rules that `seen` does not have yet */
	struct takes *takes; /* direct-mapped; NULL when no rule has patterns */
	bool *takes_rule; /* TAKES_CACHE rows of n_rules */
	struct pipeline_rule *seen; /* like plan->rules */
	struct buf summary;

	const struct message *message; /* being taken; NULL = time alone */
	int64_t offset; /* its, or of the last one taken */
	uint32_t item; /* which of its events */
	bool warm; /* read again for the windows only: what it made is in the outbox */
	bool refused; /* one of its events was */
	struct partition *partition;
	int64_t consumed_ns, broker_ns;
};

/* tell.c: what is said of an event. */
struct telling {
	size_t rule;
	const struct tocsin_event *event;
	const struct tocsin_score *score;        /* NULL = of an end */
	const struct life_change *change;        /* of a rule with states, else NULL */
	uint32_t held;
};
void tell(struct pipeline *p, const struct telling *t);
/* Asks the policy, and tells when it lets through. */
enum policy_verdict tell_found(struct pipeline *p, const struct telling *t);
/* The end of the cooldown that held back an alert of the rule about the event's entity. */
int64_t tell_held_until(const struct pipeline *p, size_t rule, const struct tocsin_event *e);
/* A tick without values, of what may be forgotten already. */
struct tocsin_event tell_tick(int64_t time_ns);

/* states.c: rules with states. */
int states_rules(struct pipeline *p);    /* the plan's, as life.h has them; 0, -ENOMEM */
int states_begin(struct pipeline *p, struct partition *t);       /* 0, -ENOMEM */
/* One look of a rule at a sample; `said`: what the detector said. */
void states_judge(struct pipeline *p, size_t rule, const struct tocsin_sample *s, int said,
                  const struct tocsin_score *score, struct pipeline_judged *j);
/* Runs the ticks and timers due at or before `time_ns`, in order. True when there were any. */
bool states_run(struct pipeline *p, int64_t time_ns);

/* about.c: alerts about rules. `rule`: n_rules = about all. */
void about_rule(struct pipeline *p, size_t rule, enum trouble trouble, int64_t time_ns, const char *words);
const char *about_name(enum trouble trouble);    /* "no_value" */
/* A look without a value, or of a detector that fails. */
void about_no_value(struct pipeline *p, size_t rule, const struct tocsin_sample *s, int said);
void about_states(struct pipeline *p, size_t rule, int64_t time_ns);     /* a firing one was lost */
void about_calendar(struct pipeline *p, size_t rule, int64_t time_ns);  /* it knows no phase */
void about_tables(struct pipeline *p);   /* of the features; looks once in a while */

/* pipeline.c */
/* Is it a phase in which the rule is judged? Counts, and tells when its calendar cannot say. */
bool pipeline_in_hours(struct pipeline *p, size_t rule, const struct tocsin_sample *s);
void pipeline_score(struct pipeline *p, const struct tocsin_sample *s);

#endif
