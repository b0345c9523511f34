/* table.h - inside of a feature table. Private to this room. */
#ifndef FEATURES_TABLE_H
#define FEATURES_TABLE_H

#include "book/fills.h"
#include "features/features.h"
#include "features/function.h"
#include "features/space.h"

struct feature_table {
	const struct feature_set *set;
	struct feature_limits limits;
	struct space *spaces;            /* like set->spaces */
	struct space *instruments;       /* the one by instrument; NULL = there is none */
	struct reading *readings;        /* by feature.slot: of the event at hand */
	bool *passes;                    /* filters that let it in */
	int64_t watermark, first;        /* of the events' times; first: INT64_MAX when there was none */
	double *x;
	struct calendar_cursor *cursors; /* one for each calendar of the set */
	struct tocsin_event tick;
	struct fills fills;              /* of packets that are going on */
	struct books *books;             /* NULL: no feature asks for them */
	const struct book *book;         /* of the event at hand, and its order in it */
	struct book_order order;
	struct tocsin_event taken;       /* the event at hand, when it only takes away what was filled */
	struct feature_counts counts;
};

#endif
