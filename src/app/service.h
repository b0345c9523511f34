/* service.h - the daemon as a thing to start and stop: state folder, pipeline thread, delivery
 * thread, console. `run` and `demo` are two users of it. */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/plan.h"
#include "engine/stats.h"
#include "core/buf.h"
#include "store/store.h"

struct service;

/* conf and plan must outlive it. 0; -EINVAL = the configuration; others: something is not
 * available. reterr says what. */
int service_start(const struct conf *conf, struct plan *plan, struct service **ret_service,
                  char *reterr, size_t reterr_size);
/* Commits what was taken, leaves the groups, gives deliveries under way up to 10 s. 0, or -Exxx of
 * the pipeline with words in reterr. Does not free. */
int service_stop(struct service *s, char *reterr, size_t reterr_size);
struct service *service_free(struct service *s);         /* stops first if need be */

bool service_ended(const struct service *s);             /* the pipeline gave up by itself */
bool service_attempted(struct service *s);               /* every source has tried to connect */
bool service_ready(struct service *s, struct buf *words);
/* Do both loops go round? Call it at least every few seconds, from one thread. */
bool service_alive(struct service *s, int64_t now_mono);
uint64_t service_taken(const struct service *s);
uint64_t service_pending(const struct service *s);       /* alerts waiting for delivery */
const struct stats *service_stats(const struct service *s);

#endif
