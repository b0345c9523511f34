/* sensitivity.h - how much alerts depend on each parameter of each rule: the same events with one
 * parameter at a time a little smaller or larger. */
#ifndef LAB_SENSITIVITY_H
#define LAB_SENSITIVITY_H

#include "core/buf.h"
#include "lab/lab.h"
#include "lab/rules.h"

#define LAB_N_STEPS 6

extern const int lab_steps[LAB_N_STEPS];         /* -50, -25, -10, 10, 25, 50 percent */

struct lab_variant {
	size_t rule, param;              /* indexes in the rules and in the rule's params */
	int percent;
	char value[48];                  /* that it was given; "" = it cannot be moved so far */
	uint64_t n_alerts;
	void *impl;
};

struct lab_sensitivity {
	const struct lab_rules *rules;
	uint64_t *n_alerts;              /* of each rule as it is */
	struct lab_variant *v;           /* LAB_N_STEPS for each parameter that is a number or duration */
	size_t n;
	uint64_t n_messages;
};

/* Makes the variants. The rules must outlive it. 0, -ENOMEM. End it with lab_sensitivity_done(). */
int lab_sensitivity_new(const struct lab_rules *rules, struct lab_sensitivity *ret);
/* Reads the logs through all of them, side by side, a number of them at a time. As lab_read(). */
int lab_sensitivity_read(struct lab_sensitivity *s, const char *const *paths, size_t n_paths,
                         const struct format *format, const struct lab_watch *watch, char *reterr,
                         size_t reterr_size);
void lab_sensitivity_done(struct lab_sensitivity *s);

/* `percent` more than a value as it is written: "3%", "1m30s", "250", "0.5". Whole numbers give whole
 * numbers when `whole`. False: it is none of these, or does not change. */
bool lab_scaled(const char *value, int percent, bool whole, char *ret, size_t size);

void lab_sensitivity_text(const struct lab_sensitivity *s, struct buf *out);
void lab_sensitivity_json(const struct lab_sensitivity *s, struct buf *out);

#endif
