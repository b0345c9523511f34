/* receiver.h - the demo's webhook destination: a loopback HTTP server that hands every body on. */
#ifndef APP_RECEIVER_H
#define APP_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

struct receiver;

/* `got` is called in the server's thread, one call at a time, with each POSTed body. 0, -EIO. */
int receiver_start(void (*got)(void *ctx, const char *body, size_t n), void *ctx, struct receiver **ret_receiver);
struct receiver *receiver_stop(struct receiver *r);
uint16_t receiver_port(const struct receiver *r);

#endif
