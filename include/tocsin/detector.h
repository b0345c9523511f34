/* detector.h - what a detector is: the interface of everything that scores events.
 *
 * A detector is a table of functions. Built-in ones are listed by src/detect/registry.c; the same
 * table is what a shared object will export. The structure grows at its end only: every struct
 * that crosses the line begins with its size, and TOCSIN_HAS() asks before an optional call.
 *
 * The contract, tested for every registered detector: the same seed and events give the same
 * bits; score() does not learn; nothing reads a clock, a file, or a global; memory() is bounded;
 * NaN inputs are survived. A detector never sees topics, policies or sinks. */
#ifndef TOCSIN_DETECTOR_H
#define TOCSIN_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#include <tocsin/event.h>

#define TOCSIN_DETECTOR_ABI 1u           /* raised only when an old plug-in would break */
#define TOCSIN_MAX_REASONS 8
#define TOCSIN_NO_VALUE (-1)             /* cannot tell: windows not full, or nothing to divide by */

/* One event with the features that were asked for, as a detector sees it. Host's; valid during
 * the call only. */
struct tocsin_sample {
	uint32_t size, n_features;
	const struct tocsin_event *event;
	uint64_t key;                    /* hash of the entity scored (partition + instrument) */
	const double *x;                 /* n_features of them; NaN = no value (yet) */
};

/* One reason of a score. `feature` indexes x[]; share is its part of the score, the sum is <= 1. */
struct tocsin_reason {
	uint32_t feature;
	float share;
	double observed, expected;       /* expected: the threshold, or the model's mean */
};

/* Caller's storage; the detector fills it and allocates nothing. */
struct tocsin_score {
	uint32_t size, n_reasons;
	double score;                    /* [0,1], larger = stranger */
	double confidence;               /* [0,1]; 0 while warming up */
	struct tocsin_reason reason[TOCSIN_MAX_REASONS];
};

/* All that a detector may ask of us. Valid during create() only, but for seed. */
struct tocsin_host {
	uint32_t size;
	uint64_t seed;                   /* for its own generator; never rand() */
	void *ctx;
	/* The text of option `name`, NULL when absent. Valid until create() returns. */
	const char *(*option)(void *ctx, const char *name);
	/* Asks for the feature written `text`, e.g. "sum(size, 1m)"; equal features are computed
	 * once. 0 and its index in x[], or -EINVAL with the reason in reterr and, in *ret_at, the
	 * offset in `text` that is wrong. */
	int (*feature)(void *ctx, const char *text, uint32_t *ret_index, size_t *ret_at,
	               char *reterr, size_t reterr_size);
};

#define TOCSIN_MAX_MISSING 8

/* One comparison that a detector makes, and what it says of a sample: for the question why a rule
 * fired, or did not. */
struct tocsin_check {
	uint32_t size;
	const char *text;                /* as written, not terminated; valid as long as the detector */
	uint32_t text_n;
	const char *observed_text;       /* the observed side of it; NULL = it has no sides */
	uint32_t observed_n;
	const char *op;                  /* "<", ">=", ... with the observed side on the left */
	int truth;                       /* 1, 0, or -1 = no value */
	int wanted;                      /* the truth that speaks for an alert: 1, or 0 under a `not` */
	int is_duration;                 /* observed and expected are ns */
	double observed, expected;       /* NaN = no value */
	uint32_t n_missing, missing[TOCSIN_MAX_MISSING]; /* indexes in x[] of what has no value */
};

struct tocsin_param {
	const char *name, *def, *help;   /* def NULL = required */
};

struct tocsin_detector {
	uint32_t abi;                    /* TOCSIN_DETECTOR_ABI */
	uint32_t size;                   /* sizeof(struct tocsin_detector) as the plug-in saw it */
	uint32_t state_version;          /* of save(); load() is given the saved one */
	const char *name, *summary;
	const struct tocsin_param *params;       /* ends with name NULL */

	/* 0 and *ret_self, which the host ends with free(); or -EINVAL (options) / -ENOMEM with
	 * the reason in reterr. *ret_at: offset in the option's text that is wrong, of the option
	 * named by *ret_option; both may be left alone. */
	int (*create)(const struct tocsin_host *, void **ret_self, const char **ret_option,
	              size_t *ret_at, char *reterr, size_t reterr_size);
	void (*free)(void *self);        /* NULL is fine */
	/* 1: the detector has something to say, *ret is filled. 0: nothing; TOCSIN_NO_VALUE: it
	 * cannot tell; *ret may then be scribbled on. Never fails, never learns. */
	int (*score)(const void *self, const struct tocsin_sample *, struct tocsin_score *ret);

	/* Optional from here on; NULL = the detector keeps no state of its own. */
	int (*learn)(void *self, const struct tocsin_sample *);
	int (*save)(const void *self, int (*write)(void *sink, const void *, size_t), void *sink);
	int (*load)(void *self, int (*read)(void *source, void *, size_t), void *source,
	            uint32_t version);
	size_t (*memory)(const void *self);
	/* Does a time without an event (kind TOCSIN_TICK) matter to it? */
	int (*wants_ticks)(const void *self);
	/* Calls `each` for every comparison it makes of this sample, in the order of its text. */
	void (*inspect)(const void *self, const struct tocsin_sample *,
	                void (*each)(void *ctx, const struct tocsin_check *), void *ctx);
	/* Of a detector with the option "resolve_when": has what it found come to its end? 1, 0 or
	 * TOCSIN_NO_VALUE; asked only when the option is given. */
	int (*resolves)(const void *self, const struct tocsin_sample *);
	/* Many instances at once, for answers that cost less together; all three or none. group():
	 * of `n`, which are freed later than the group: 0 and *ret_group, or -ENOMEM. group_judge()
	 * fills ret_said[] with what score() of each would return for the sample. */
	int (*group)(void *const *selves, size_t n, void **ret_group);
	void (*group_free)(void *group);         /* NULL is fine */
	void (*group_judge)(void *group, const struct tocsin_sample *, signed char *ret_said);
	/* new members go here, and only here */
};

#define TOCSIN_HAS(d, m) ((d)->size >= offsetof(struct tocsin_detector, m) + sizeof (d)->m && (d)->m)

#endif
