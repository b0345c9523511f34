/* compare.h - the alerts of two versions of rules over the same events: which are the same, moved in
 * time, gained and lost. Pure. */
#ifndef LAB_COMPARE_H
#define LAB_COMPARE_H

#include "core/buf.h"
#include "lab/alerts.h"

enum lab_change { LAB_SAME, LAB_MOVED, LAB_GAINED, LAB_LOST, LAB_N_CHANGES };

const char *lab_change_name(enum lab_change c);

struct lab_changed {
	enum lab_change change;
	const struct lab_alert *before, *after;  /* NULL: gained, lost */
};

struct lab_changes {
	struct lab_changed *v;           /* by time, ties by rule and entity */
	size_t n, count[LAB_N_CHANGES];
	size_t n_before, n_after;
};

/* The same: of one rule (by name), entity and status, at the same time. Moved: not farther apart than
 * the tolerance. The lists must outlive the result. 0, -ENOMEM. */
int lab_compare(const struct lab_alerts *before, const struct lab_alerts *after,
                int64_t tolerance_ns, struct lab_changes *ret);
void lab_changes_done(struct lab_changes *c);

/* The report: counts per rule, day and instrument (the `top` with most changes), and each change but
 * at most `most` of them (0 = all). `before` and `after` name the versions. */
struct lab_compare_words {
	const char *before, *after;
	uint64_t n_messages;
	size_t top, most;
};
void lab_compare_text(const struct lab_changes *c, const struct lab_compare_words *w, struct buf *out);
void lab_compare_json(const struct lab_changes *c, const struct lab_compare_words *w, struct buf *out);

#endif
