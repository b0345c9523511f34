/* intake.h - a thread that decodes one batch while another is scored, so that two cores share the
 * work. */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include "engine/batch.h"

struct intake;

int intake_start(struct intake **ret_intake);            /* 0, -ENOMEM, -EAGAIN */
struct intake *intake_stop(struct intake *i);
/* The thread begins to decode `b`; nobody else may touch it until intake_wait() has returned. */
void intake_begin(struct intake *i, struct batch *b);
void intake_wait(struct intake *i);

#endif
