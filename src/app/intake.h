/* intake.h - a batch of messages and what they decode to, and a thread that decodes one batch while
 * another is scored.
 *
 * Decoding a whole batch ahead of scoring lets the scorer know what comes, so that it can ask for
 * memory in time, and lets two cores share the work. A batch owns its events' texts; the messages'
 * bytes belong to the source until they are released. */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include <tocsin/event.h>

#include "decode/decode.h"
#include "source/source.h"

struct decoded {
	struct tocsin_event event;       /* whole when verdict is DECODE_OK */
	enum decode_verdict verdict;
	const char *field;               /* at fault, "" = none */
	uint64_t key;                    /* feature_key() of its instrument */
	int64_t broker_ns;               /* the record's timestamp, 0 = none */
};

struct batch {
	struct message *messages;
	struct decoded *decoded;
	size_t n, size;
	struct decoder *const *decoders; /* by message.input */
	struct source *source;           /* of the messages; NULL = they are not to be released */
	int64_t consumed_ns;             /* wall clock when it was taken */
	char *texts;
	char error[200];                 /* a CSV header that cannot be used; else "" */
};

int batch_new(size_t size, struct batch **ret_batch);    /* 0, -ENOMEM */
struct batch *batch_free(struct batch *b);
/* Decodes messages[0..n) with decoders. What became an event, and cannot be refused any more, is
 * released at once (impl and value NULL): giving bytes back costs time. No I/O, no clock. */
void batch_decode(struct batch *b);

struct intake;

int intake_start(struct intake **ret_intake);            /* 0, -ENOMEM, -EAGAIN */
struct intake *intake_stop(struct intake *i);
/* The thread begins to decode `b`; nobody else may touch it until intake_wait() has returned. */
void intake_begin(struct intake *i, struct batch *b);
void intake_wait(struct intake *i);

#endif
