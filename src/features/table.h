/* table.h - inside of a feature table. Private to this room. */
#ifndef FEATURES_TABLE_H
#define FEATURES_TABLE_H

#include "features/features.h"
#include "features/key.h"
#include "features/silence.h"

struct feature_table {
	const struct feature_set *set;
	struct feature_limits limits;
	struct keys keys;
	struct silences silences;
	struct key *blank;               /* a key of which nothing is known */
	int64_t watermark;
	double *x;
	struct tocsin_event tick;
	struct feature_counts counts;
};

#endif
