/* alerts.h - a list of alerts that outlives the pipeline's calls. Owns its texts. */
#ifndef LAB_ALERTS_H
#define LAB_ALERTS_H

#include <stdbool.h>

#include <tocsin/alert.h>

struct conf_memory;

struct lab_alert {
	int64_t time_ns;
	size_t rule;                     /* index in the plan it came from; SIZE_MAX = not of a rule */
	const char *rule_name, *instrument, *account, *summary, *status;
	const char *entity;              /* of the rule: the same text, the same entity */
	enum tocsin_severity severity;
	double confidence;
	struct tocsin_label *labels;
	uint32_t n_labels;
};

struct lab_alerts {
	struct lab_alert *v;
	size_t n, size;
	struct conf_memory *texts;
	bool failed;                     /* out of memory: some are missing */
};

void lab_alerts_add(struct lab_alerts *a, const struct tocsin_alert *alert, size_t rule);
void lab_alerts_done(struct lab_alerts *a);

#endif
