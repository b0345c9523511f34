#!/usr/bin/env bash
# A real broker comes up, takes and gives records, and keeps them over a stop and a start.
# With TOCSIN_LONG set, the next major version too.
. "$(dirname "$0")/lib.sh"

round() {
	local version=$1
	own_kafka_up --version "$version"
	ok "Kafka $version is ready at $bootstrap"

	topic trades 4
	is "$version: the topic has its partitions" \
		"$(kcat -q -L -b "$bootstrap" -t trades | grep -c '^ *partition ')" 4

	for i in {1..200}; do echo "K$((i % 7)):{\"n\":$i}"; done >"$tmp/in"
	kcat -P -b "$bootstrap" -t trades -K : <"$tmp/in"
	kcat -C -q -e -b "$bootstrap" -t trades -f '%k:%s\n' >"$tmp/out"
	check "$version: what was produced is consumed" cmp <(sort "$tmp/in") <(sort "$tmp/out")
	kcat -q -L -m 3 -b "$bootstrap" -t nothing -X allow.auto.create.topics=true >/dev/null || true
	is "$version: an unknown topic is not made by asking for it" \
		"$(kcat -q -L -b "$bootstrap" | grep '^ *topic ')" '  topic "trades" with 4 partitions:'

	head -c 10000000 /dev/zero | tr '\0' a >"$tmp/big"
	kcat -P -b "$bootstrap" -t trades -X message.max.bytes=12000000 "$tmp/big"
	is "$version: a message of 10 MB goes through" \
		"$(kcat -C -q -e -b "$bootstrap" -t trades -f '%S\n' | sort -n | tail -n 1)" 10000000

	own_kafka_down
	check "$version: stopped, nobody listens" fails kcat -q -L -m 1 -b "$bootstrap"
	own_kafka_again
	is "$version: started again, the records are there" \
		"$(kcat -C -q -e -b "$bootstrap" -t trades -f '.\n' | wc -l)" 201
	own_kafka_down
	rm -rf "$kafka_dir"
}

round 3.9.1
[[ -z ${TOCSIN_LONG:-} ]] || round 4.1.0
