/* kafka_group.c - streams come and go: assignments, revocations, positions that are gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "source/kafka_impl.h"

#define QUERY_MS 5000 /* committed offsets, watermarks */

struct stream_node *kafka_stream(struct kafka *k, const char *topic, int32_t partition)
{
	for (struct stream_node *n = k->streams; n; n = n->next)
		if (n->s.partition == partition && strcmp(n->topic, topic) == 0)
			return n;
	return NULL;
}

static struct stream_node *stream_add(struct kafka *k, const char *topic, int32_t partition)
{
	struct stream_node *n = calloc(1, sizeof *n);

	if (!n || !(n->topic = strdup(topic))) {
		free(n);
		return NULL;
	}
	n->s.topic = n->topic;
	n->s.partition = partition;
	n->next = k->streams;
	k->streams = n;
	return n;
}

void kafka_stream_end(struct kafka *k, struct stream_node *n, bool lost)
{
	struct stream_node **at = &k->streams;

	while (*at != n)
		at = &(*at)->next;
	k->events.revoked(k->events.ctx, &n->s, lost);
	*at = n->next;
	k->recent = NULL;
	free(n->topic);
	free(n);
}

/* Rebalance ---------------------------------------------------------------------------------- */

static bool cooperative(struct kafka *k)
{
	const char *protocol = rd_kafka_rebalance_protocol(k->rk);

	return protocol && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Takes an rd_kafka_error_t; true = it was one. */
static bool failed(struct kafka *k, const char *doing, rd_kafka_error_t *e)
{
	if (!e)
		return false;
	log_warning("source %s: %s: %s", k->name, doing, rd_kafka_error_string(e));
	rd_kafka_error_destroy(e);
	return true;
}

/* Where each partition of the list starts: the app's word, else the group's, else the configured. */
static int choose_offsets(struct kafka *k, rd_kafka_topic_partition_list_t *parts)
{
	rd_kafka_topic_partition_list_t *unknown = rd_kafka_topic_partition_list_new(parts->cnt);
	int r = 0;

	for (int i = 0; i < parts->cnt; i++)
		if (parts->elems[i].offset == SOURCE_DEFAULT)
			rd_kafka_topic_partition_list_add(unknown, parts->elems[i].topic,
			                                  parts->elems[i].partition);
	if (unknown->cnt) {
		rd_kafka_resp_err_t e = rd_kafka_committed(k->rk, unknown, QUERY_MS);

		if (e) {
			log_warning(
				"source %s: asking for the group's committed offsets: %s, trying again",
				k->name, rd_kafka_err2str(e));
			r = -EAGAIN;
		}
	}
	for (int i = 0; r == 0 && i < unknown->cnt; i++) {
		rd_kafka_topic_partition_t *u = &unknown->elems[i];
		rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(parts, u->topic,
		                                                                   u->partition);

		if (u->err)
			r = -EAGAIN;
		p->offset = u->offset >= 0   ? u->offset
		            : k->from_latest ? RD_KAFKA_OFFSET_END
		                             : RD_KAFKA_OFFSET_BEGINNING;
	}
	rd_kafka_topic_partition_list_destroy(unknown);
	return r;
}

static int do_assign(struct kafka *k, rd_kafka_topic_partition_list_t *parts)
{
	rd_kafka_resp_err_t e;
	int r;

	for (int i = 0; i < parts->cnt; i++) {
		rd_kafka_topic_partition_t *p = &parts->elems[i];
		struct stream_node *n = kafka_stream(k, p->topic, p->partition);

		if (!n && !(n = stream_add(k, p->topic, p->partition)))
			return -ENOMEM;
		p->offset = k->events.assigned(k->events.ctx, &n->s);
	}
	r = choose_offsets(k, parts);
	if (r) {
		for (int i = 0; i < parts->cnt; i++) /* asked again at the next try */
			kafka_stream_end(
				k,
				kafka_stream(k, parts->elems[i].topic, parts->elems[i].partition),
				true);
		return r;
	}
	for (int i = 0; i < parts->cnt; i++) {
		rd_kafka_topic_partition_t *p = &parts->elems[i];
		struct stream_node *n = kafka_stream(k, p->topic, p->partition);

		n->s.next_offset = p->offset >= 0 ? p->offset : 0;
		log_info("source %s: assigned %s [%d] from %s%lld", k->name, p->topic, p->partition,
		         p->offset == RD_KAFKA_OFFSET_BEGINNING ? "the beginning "
		         : p->offset == RD_KAFKA_OFFSET_END     ? "the end "
		                                                : "offset ",
		         (long long)p->offset);
	}
	if (cooperative(k)) {
		if (failed(k, "assigning", rd_kafka_incremental_assign(k->rk, parts)))
			return -EIO;
	} else if ((e = rd_kafka_assign(k->rk, parts))) {
		log_warning("source %s: assigning: %s", k->name, rd_kafka_err2str(e));
		return -EIO;
	}
	pthread_mutex_lock(&k->lock);
	if (k->missing_topic[0] == 0 || parts->cnt) {
		k->missing_topic[0] = 0;
		k->state = SOURCE_READY;
		snprintf(k->words, sizeof k->words, "%d partitions assigned", parts->cnt);
	}
	pthread_mutex_unlock(&k->lock);
	return 0;
}

static void do_revoke(struct kafka *k, rd_kafka_topic_partition_list_t *parts, bool lost)
{
	for (int i = 0; i < parts->cnt; i++) {
		struct stream_node *n = kafka_stream(k, parts->elems[i].topic,
		                                     parts->elems[i].partition);

		log_info("source %s: %s %s [%d]", k->name, lost ? "lost" : "revoked",
		         parts->elems[i].topic, parts->elems[i].partition);
		if (n)
			kafka_stream_end(k, n, lost);
	}
	if (lost)
		kafka_say(k, SOURCE_FAILING,
		          "the group's broker did not hear from us in time; joining again");
	if (cooperative(k))
		failed(k, "unassigning", rd_kafka_incremental_unassign(k->rk, parts));
	else
		rd_kafka_assign(k->rk, NULL);
}

static void pending_free(struct pending *p)
{
	rd_kafka_topic_partition_list_destroy(p->parts);
	free(p);
}

void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what,
                        rd_kafka_topic_partition_list_t *parts, void *opaque)
{
	struct kafka *k = opaque;
	struct pending *p;

	if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS &&
	    what != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
		log_error("source %s: rebalance failed: %s", k->name, rd_kafka_err2str(what));
		rd_kafka_assign(rk, NULL);
		return;
	}
	if (k->closing) { /* nobody polls any more */
		if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
			do_revoke(k, parts, rd_kafka_assignment_lost(rk));
		else if (cooperative(k))
			failed(k, "assigning", rd_kafka_incremental_assign(rk, parts));
		else
			rd_kafka_assign(rk, NULL);
		return;
	}
	p = calloc(1, sizeof *p);
	if (!p)
		abort(); /* the group would wait for an answer for ever */
	p->what = what;
	p->parts = rd_kafka_topic_partition_list_copy(parts);
	p->lost = what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && rd_kafka_assignment_lost(rk);
	*k->pending_tail = p;
	k->pending_tail = &p->next;
}

/* A stream's position is gone: go on at the oldest record there is, and say what is missing. */
static int do_reset(struct kafka *k, struct stream_node *n)
{
	rd_kafka_topic_partition_list_t *list;
	int64_t low = 0, high = 0;
	rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(k->rk, n->topic, n->s.partition,
	                                                         &low, &high, QUERY_MS);
	int r = 0;

	if (e) {
		log_warning("source %s: asking for the offsets of %s [%d]: %s, trying again",
		            k->name, n->topic, n->s.partition, rd_kafka_err2str(e));
		return -EAGAIN;
	}
	/* Behind the oldest: records are gone. Beyond the newest: the topic was made anew. */
	k->events.gap(k->events.ctx, &n->s, n->s.next_offset, low);
	list = rd_kafka_topic_partition_list_new(1);
	for (struct stream_node *m = k->streams; m; m = m->next)
		if (m == n || !cooperative(k))
			rd_kafka_topic_partition_list_add(list, m->topic, m->s.partition)->offset =
				m == n ? low : m->s.next_offset;
	if (cooperative(k)) {
		if (failed(k, "unassigning", rd_kafka_incremental_unassign(k->rk, list)) ||
		    failed(k, "assigning", rd_kafka_incremental_assign(k->rk, list)))
			r = -EAGAIN;
	} else if (rd_kafka_assign(k->rk, list)) {
		r = -EAGAIN;
	}
	rd_kafka_topic_partition_list_destroy(list);
	if (r == 0) {
		n->s.next_offset = low;
		n->reset = false;
	}
	return r;
}

void kafka_serve_rebalances(struct kafka *k)
{
	int64_t now;

	if (!k->pending && !k->resets)
		return;
	now = clock_mono();
	if (now < k->retry_at)
		return;
	while (k->pending) {
		struct pending *p = k->pending;

		if (p->what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
			do_revoke(k, p->parts, p->lost);
		} else if (do_assign(k, p->parts) && !(p->next && p->next->lost)) {
			k->retry_at = now + 1000000000;
			return;
		}
		k->pending = p->next;
		if (!k->pending)
			k->pending_tail = &k->pending;
		pending_free(p);
	}
	for (struct stream_node *n = k->streams; n; n = n->next)
		if (n->reset && do_reset(k, n)) {
			k->retry_at = now + 1000000000;
			return;
		}
	k->resets = false;
}

void kafka_drop_rebalances(struct kafka *k)
{
	while (k->pending) {
		struct pending *next = k->pending->next;

		if (k->pending->what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
			do_revoke(k, k->pending->parts, k->pending->lost);
		else
			rd_kafka_assign(k->rk, NULL);
		pending_free(k->pending);
		k->pending = next;
	}
}
