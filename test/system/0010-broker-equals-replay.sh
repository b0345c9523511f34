#!/usr/bin/env bash
# Every event of two real logs, produced to a topic of 4 partitions keyed by instrument and consumed by
# the daemon: the counts are equal, and the alerts are those of `replay` of the same log read as
# that topic. A second daemon on the same state adds nothing.
. "$(dirname "$0")/lib.sh"

shared=${TOCSIN_SHARED:-$here/../shared}
if [[ ! -d $shared/data/market ]]; then
	skip "the recorded logs are not at $shared/data/market (TOCSIN_SHARED)"
	exit 0
fi
kafka_up

metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
taken() { [[ $(metric tocsin_messages_total) == "$1" ]]; }
drained() { [[ $(metric 'tocsin_outbox_pending{sink="desk"}') == 0 ]]; }

# round NAME LOG FORMAT KEY COUNT
round() {
	local name=$1 log=$2 format=$3 key=$4 count=$5 t=$story-$1 made
	topic "$t" 4
	is "$name: produced" "$("$BUILD/test/tools/produce" --brokers "$bootstrap" --topic "$t" --key "$key" "$log")" \
		"produced $count"
	receiver_up "receiver-$name"
	{
		cat <<-END
			name: $name
			state_dir: $tmp/$name
			listen: 127.0.0.1:0
			sources: [{name: s, brokers: "$bootstrap", topics: ["$t"], group: "$t", format: $format}]
			sinks: [{name: desk, url: "$receiver_url"}]
		END
		cat "$here/test/system/rules/$name.yaml"
	} >"$tmp/$name.yaml"
	check "$name: the configuration is right" "$BUILD/tocsin" check "$tmp/$name.yaml"
	start "run-$name" "$BUILD/tocsin" run -c "$tmp/$name.yaml"
	wait_for 20 log_has "run-$name" 'console: port [0-9]+'
	console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/run-$name.log")
	check "$name: all $count events are taken" wait_for 60 taken "$count"
	check "$name: no alert waits" wait_for 60 drained
	stop "run-$name"
	is "$name: the daemon ends well" "$exit_code" 0
	awk '{ print $2 }' "$receiver_log" | sort >"$tmp/$name.live"
	"$BUILD/tocsin" replay -c "$tmp/$name.yaml" --as "$t:4" -o jsonl "$log" 2>"$tmp/$name.summary" |
		python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["id"])' | sort >"$tmp/$name.replayed"
	made=$(wc -l <"$tmp/$name.replayed")
	note "$name: $(tail -n 1 "$tmp/run-$name.log"); replay: $(head -n 1 "$tmp/$name.summary"), $made alerts"
	check "$name: there are alerts to compare" test "$made" -gt 20
	check "$name: the ids of the daemon's alerts are those of replay, each once" \
		cmp "$tmp/$name.live" "$tmp/$name.replayed"
	"$BUILD/tocsin" replay -q -c "$tmp/$name.yaml" --as "$t:4" -o csv "$log" >"$tmp/$name.csv1"
	"$BUILD/tocsin" replay -q -c "$tmp/$name.yaml" --as "$t:4" -o csv --parser jansson "$log" >"$tmp/$name.csv2"
	check "$name: the same bytes again, and by the other parser" cmp "$tmp/$name.csv1" "$tmp/$name.csv2"
	start "again-$name" "$BUILD/tocsin" run -c "$tmp/$name.yaml"
	wait_for 20 log_has "again-$name" 'assigned'
	stop "again-$name"
	is "$name: a second start has nothing to send" "$(wc -l <"$receiver_log")" "$made"
}

round es "$shared/data/market/es-20231225.databento-mbo.jsonl.gz" databento-mbo symbol 68792
round btc "$shared/data/market/btcusdt-20210108.binance-trade.jsonl.gz" binance-trade s 2001
