#!/usr/bin/env bash
# Receivers as they are: one that fails at first, one that asks to wait, ones that refuse for good, a slow
# one, one that is not there, one that fails now and then. Each gets what it can take, and none holds
# up another.
. "$(dirname "$0")/lib.sh"

kafka_up
topic "$story" 1
alerts=40
names=(five busy gone bad slow nobody flaky)
declare -A posts=() url=()
# receiver NAME OPTIONS...
receiver() {
	receiver_up "$@" --headers "$tmp/$1.headers"
	posts[$1]=$receiver_log
	url[$1]=$receiver_url
}
receiver five --status 500 --first 10
receiver busy --status 429 --first 1 --retry-after 2
receiver gone --status 410
receiver bad --status 400
receiver slow --delay-ms 3000 --first 2
receiver flaky --fail-percent 30 --seed 1
url[nobody]=http://127.0.0.1:9/

{
	cat <<-END
		name: webhook
		state_dir: $tmp/state
		listen: 127.0.0.1:0
		sources: [{name: s, brokers: "$bootstrap", topics: [$story], group: $story, format: binance-trade}]
		rules: [{name: every, when: price > 0, cooldown: 0s}]
		sinks:
	END
	for name in "${names[@]}"; do
		concurrency=8
		[[ $name != busy ]] || concurrency=1
		echo "  - {name: $name, url: \"${url[$name]}\", retry_base: 100ms, retry_cap: 500ms, timeout: 1s, concurrency: $concurrency}"
	done
} >"$tmp/c.yaml"
"$BUILD/test/tools/produce" --write "$tmp/log" --generate "$alerts" --instruments 5
"$BUILD/test/tools/produce" --brokers "$bootstrap" --topic "$story" --key s "$tmp/log"
"$BUILD/tocsin" replay -q -c "$tmp/c.yaml" --as "$story:1" -o jsonl "$tmp/log" |
	python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["id"])' | sort >"$tmp/expected"
is "alerts expected" "$(wc -l <"$tmp/expected")" "$alerts"

began=$EPOCHSECONDS
start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
wait_for 20 log_has run 'console: port [0-9]+'
console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/run.log")
metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
metric_is() { [[ $(metric "$1") == "$2" ]]; }
# ids NAME [STATUS]: of the POSTs answered so
ids() { awk -v status="${2:-}" 'status == "" || $3 == status { print $2 }' "${posts[$1]}"; }
arrived() { cmp -s <(ids "$1" 200 | sort -u) "$tmp/expected"; }
# times NAME ID: how often it was POSTed
times() { ids "$1" | grep -cx "$2"; }
# row SINK COLUMN: of its rows in the database, each value with its count
row() { sqlite3 "$tmp/state/tocsin.db" "select $2, count(*) from delivery where sink = '$1' group by 1"; }

check "500 ten times, then 200: every alert arrives" wait_for 30 arrived five
is "the ten were counted as failures" "$(metric 'tocsin_delivery_failures_total{sink="five"}')" 10
is "no alert was given up" "$(metric 'tocsin_deliveries_given_up_total{sink="five"}')" 0
is "none arrived twice" "$(ids five 200 | wc -l)" "$alerts"
check "each that failed came again" test -z "$(comm -23 <(ids five 500 | sort -u) <(ids five 200 | sort -u))"
check "the sink is said to fail" log_has run 'sink five: failing: .*500'
check "and to have recovered" log_has run 'sink five: recovered'

check "429: every alert arrives" wait_for 30 arrived busy
read -r first second < <(awk '{ print $1 }' "${posts[busy]}" | head -n 2 | paste -s -d' ')
is "the first answer was 429" "$(head -n 1 "${posts[busy]}" | cut -d' ' -f3)" 429
check "Retry-After holds the sink: $(((second - first) / 1000000)) ms" test $((second - first)) -ge 1990000000
is "one attempt failed" "$(metric 'tocsin_delivery_failures_total{sink="busy"}')" 1

for name in gone bad; do
	status=$(cut -d' ' -f3 "${posts[$name]}" | sort -u)
	check "$status: every alert is given up" wait_for 20 metric_is "tocsin_deliveries_given_up_total{sink=\"$name\"}" "$alerts"
	is "$status: after one attempt each" "$(ids "$name" | sort | uniq -c | awk '{ print $1 }' | sort -u)" 1
	check "$status: all of them" cmp <(ids "$name" | sort) "$tmp/expected"
	check "$status: none waits" wait_for 10 metric_is "tocsin_outbox_pending{sink=\"$name\"}" 0
	check "$status: said in the log" log_has run "sink $name: alert [0-9a-f]{32} given up: .*$status"
	is "$status: the database keeps them as given up" "$(row "$name" status)" "2|$alerts"
	is "$status: with the reason" "$(sqlite3 "$tmp/state/tocsin.db" "select count(*) from delivery where sink = '$name' and error like '%$status%'")" "$alerts"
done

check "slow: every alert arrives" wait_for 30 arrived slow
is "slow: two attempts were cut off" "$(metric 'tocsin_delivery_failures_total{sink="slow"}')" 2
for id in $(ids slow | head -n 2); do
	is "slow: the one cut off came again with its id" "$(times slow "$id")" 2
done
check "slow: the log says why" log_has run 'sink slow: attempt failed: .*(time|Time)'

check "30 % fail: every alert arrives" wait_for 40 arrived flaky
check "30 % fail: some came more than once" test "$(wc -l <"${posts[flaky]}")" -gt "$alerts"
is "30 % fail: none twice after it was taken" "$(ids flaky 200 | wc -l)" "$alerts"
check "30 % fail: none waits" wait_for 10 metric_is 'tocsin_outbox_pending{sink="flaky"}' 0

is "nobody there: all wait" "$(metric 'tocsin_outbox_pending{sink="nobody"}')" "$alerts"
check "nobody there: the oldest is from this run" test "$(metric 'tocsin_outbox_oldest_timestamp_seconds{sink="nobody"}' | cut -d. -f1)" -ge "$began"
is "no oldest where nothing waits" "$(metric 'tocsin_outbox_oldest_timestamp_seconds{sink="five"}')" 0
is "nobody there: none is given up" "$(metric 'tocsin_deliveries_given_up_total{sink="nobody"}')" 0
check "nobody there: the log says so" log_has run 'sink nobody: failing: .*(onnect|efused)'
check "the daemon is ready all the same" curl -sf "$console/-/ready"

cat >"$tmp/judge.py" <<'END'
# The POSTs of a receiver and their headers: what every one must have.
import json, sys
posts = [line.rstrip("\n").split(" ", 3) for line in open(sys.argv[1])]
headers = [dict(h.split(": ", 1) for h in line.rstrip("\n").split("\t")) for line in open(sys.argv[2])]
assert posts and len(posts) == len(headers), (len(posts), len(headers))
tries = {}
for (arrived, id, status, body), h in zip(posts, headers):
    h = {k.lower(): v for k, v in h.items()}
    body = json.loads(body)
    assert h["webhook-id"] == id == body["id"], (h, body)
    assert abs(int(h["webhook-timestamp"]) - int(arrived) / 1e9) < 5, h
    assert h["content-type"].startswith("application/json"), h
    assert h["user-agent"].startswith("tocsin/"), h
    tries[id] = tries.get(id, 0) + 1
    attempt = body["latency"]["attempt"]
    assert isinstance(attempt, str) and attempt.endswith("Z"), body
    assert body["latency"]["attempt_number"] == tries[id], (tries[id], body["latency"])
print(len(posts), "POSTs,", len(tries), "alerts")
END
for name in five busy gone bad slow flaky; do
	check "$name: headers and attempt of every POST" python3 "$tmp/judge.py" "${posts[$name]}" "$tmp/$name.headers"
done
stop run
is "the daemon ends well" "$exit_code" 0
is "what waits stays in the outbox" "$(row nobody status)" "0|$alerts"
