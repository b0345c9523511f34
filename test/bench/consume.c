/* consume.c - the limit that the daemon is measured against: librdkafka's batch consume of a whole
 * topic, payloads untouched.
 *
 *   consume BROKERS TOPIC COUNT
 *
 * Prints "events_per_s N", from the first message to the last of COUNT. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#define BATCH 4096

int main(int argc, char **argv)
{
	rd_kafka_message_t *batch[BATCH];
	unsigned long long count, n = 0, bytes = 0;
	int64_t first = 0, last = 0, deadline;
	rd_kafka_topic_partition_list_t *topics;
	rd_kafka_queue_t *queue;
	rd_kafka_conf_t *conf;
	char words[300], group[64];
	rd_kafka_t *rk;

	if (argc != 4)
		return 2;
	count = strtoull(argv[3], NULL, 10);
	snprintf(group, sizeof group, "raw-%d-%lld", (int)getpid(), (long long)clock_wall());
	conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], words, sizeof words);
	rd_kafka_conf_set(conf, "group.id", group, words, sizeof words);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", words, sizeof words);
	rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", words, sizeof words);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof words);
	if (!rk) {
		fprintf(stderr, "consume: %s\n", words);
		return 1;
	}
	rd_kafka_poll_set_consumer(rk);
	topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
	rd_kafka_subscribe(rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	queue = rd_kafka_queue_get_consumer(rk);
	deadline = clock_mono() + 300 * 1000000000LL;
	while (n < count && clock_mono() < deadline) {
		ssize_t got = rd_kafka_consume_batch_queue(queue, 100, batch, BATCH);

		for (ssize_t i = 0; i < got; i++) {
			if (!batch[i]->err) {
				if (n++ == 0)
					first = clock_mono();
				bytes += batch[i]->len;
			}
			rd_kafka_message_destroy(batch[i]);
		}
		last = clock_mono();
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	if (n < count) {
		fprintf(stderr, "consume: %llu of %llu messages\n", n, count);
		return 1;
	}
	printf("events_per_s %.0f bytes %llu\n", (double)n / ((double)(last - first) / 1e9), bytes);
	return 0;
}
