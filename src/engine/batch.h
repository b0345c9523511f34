/* batch.h - a batch of messages and what they decode to.
 *
 * Decoding a whole batch ahead of scoring lets the scorer know what comes, so that it can ask for
 * memory in time. A batch owns its events' texts; the messages' bytes belong to the source until
 * they are released. */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include <stdbool.h>
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
	uint32_t message;                /* index of the message that it came in */
	uint32_t item;                   /* which of the message's events it is, from 0 */
	bool last;                       /* no more of this message follow */
};

#define BATCH_MAX_EVENTS ((size_t)1 << 20)       /* further ones of a message are refused */

struct batch {
	struct message *messages;
	size_t n, size;                  /* messages */
	struct decoded *decoded;         /* in the order of the messages, at least one for each */
	size_t n_decoded, decoded_size;
	struct decoder *const *decoders; /* by message.input */
	struct source *source;           /* of the messages; NULL = they are not to be released */
	int64_t consumed_ns;             /* wall clock when it was taken */
	struct text_block *texts, *more_texts;   /* of first events; of further ones, a chain */
	struct text_block *text_block;   /* where those of further ones go now */
	char error[200];                 /* a CSV header that cannot be used; else "" */
};

int batch_new(size_t size, struct batch **ret_batch);    /* 0, -ENOMEM */
struct batch *batch_free(struct batch *b);
/* Decodes messages[0..n) with decoders; grows when messages hold more events than ever before, and
 * ends a message that there is no memory for with a refusal (DECODE_TOO_LARGE). What became an event, and cannot be refused any more, is
 * released at once (impl and value NULL): giving bytes back costs time. No I/O, no clock. */
void batch_decode(struct batch *b);

#endif
