#!/usr/bin/env bash
# What a daemon says of itself over HTTP while events flow: metrics that promtool finds nothing wrong with,
# the latency of every stage, health, readiness that goes with the broker, and clear words when the
# address is taken.
. "$(dirname "$0")/lib.sh"

own_kafka_up
receiver_up
topic t 2
config() {
	cat <<-END
		name: metrics
		state_dir: $tmp/state-$1
		listen: $2
		sources:
		  - name: s
		    brokers: "$bootstrap"
		    topics: [t]
		    group: g-$1
		    format: binance-trade
		    kafka: {session.timeout.ms: 6000}
		rules:
		  - {name: large, when: size > 25, cooldown: 1s}
		  - {name: "odd-name_1", when: "return(price, 1m) > 100", summary: "100 % \\"up\\""}
		sinks: [{name: desk, url: "$receiver_url"}]
	END
}
config one 127.0.0.1:0 >"$tmp/one.yaml"
start feed "$BUILD/test/tools/produce" --brokers "$bootstrap" --topic t --generate 6000 --instruments 20 --rate 500
start one "$BUILD/tocsin" run -c "$tmp/one.yaml"
wait_for 20 log_has one 'console: port [0-9]+'
port=$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/one.log")
console=http://127.0.0.1:$port
metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
metric_is() { [[ $(metric "$1") == "$2" ]]; }
at_least() { local v; v=$(metric "$1"); [[ ${v%%[.e]*} -ge $2 ]]; }
status_of() { curl -s -o "$tmp/answer" -w '%{http_code}' "$@"; }
answers() { [[ $(status_of "${@:2}") == "$1" ]]; }
linted() { curl -sf "$console/metrics" | promtool check metrics; }

check "healthy from the start" answers 200 "$console/-/healthy"
check "promtool: right before the first event" test -z "$(linted 2>&1)"
check "ready once it has its partitions" wait_for 30 answers 200 "$console/-/ready"
check "alerts flow" wait_for 30 at_least 'tocsin_deliveries_total{sink="desk"}' 10
for i in 1 2 3; do
	check "promtool: right while events flow, $i" linted
	is "and nothing to remark, $i" "$(linted 2>&1)" ""
	now=$(metric tocsin_messages_total)
	check "the count goes up, $i" wait_for 10 at_least tocsin_messages_total $((now + 100))
done
check "the feed ends" ends feed 60
check "all events are counted" wait_for 30 metric_is tocsin_messages_total 6000
is "and all are trades" "$(metric 'tocsin_events_total{kind="trade"}')" 6000
check "no alert waits" wait_for 30 metric_is 'tocsin_outbox_pending{sink="desk"}' 0
check "no lag is left" wait_for 10 metric_is 'tocsin_consumer_lag_records{topic="t",partition="0"}' 0
is "alerts made are alerts received" "$(metric 'tocsin_alerts_total{rule="large"}')" "$(wc -l <"$receiver_log")"
curl -sf "$console/metrics" >"$tmp/page"
cat >"$tmp/stages.py" <<'END'
# p50 <= p99 <= p99.9 <= max of every stage, in the summary and against the histogram beside it.
import re, sys
page = {}
for line in open(sys.argv[1]):
    if not line.startswith("#"):
        name, value = line.rsplit(" ", 1)
        assert name not in page, name
        page[name] = float(value)
family = "tocsin_stage_latency"
counts = {}
for stage in ("event_to_consume", "consume_to_score", "score_to_outbox", "outbox_to_delivered"):
    q = [page['%s_quantile_seconds{stage="%s",quantile="%s"}' % (family, stage, p)] for p in ("0.5", "0.99", "0.999", "1")]
    assert q == sorted(q) and q[0] >= 0, (stage, q)
    n = page['%s_seconds_count{stage="%s"}' % (family, stage)]
    assert n > 0 and n == page['%s_seconds_bucket{stage="%s",le="+Inf"}' % (family, stage)], (stage, n)
    assert n == page['%s_quantile_seconds_count{stage="%s"}' % (family, stage)], (stage, n)
    counts[stage] = n
    print(stage, q)
assert counts["outbox_to_delivered"] == page['tocsin_deliveries_total{sink="desk"}'], counts
assert counts["score_to_outbox"] == page['tocsin_alerts_total{rule="large"}'], counts
END
check "every stage has p50, p99, p99.9 and max" python3 "$tmp/stages.py" "$tmp/page"
note "$(cat "$tmp/.check")"

is "an unknown path is 404" "$(status_of "$console/nothing")" 404
is "POST is 405" "$(status_of -X POST -d x "$console/metrics")" 405
is "HEAD is 200" "$(status_of --head "$console/metrics")" 200

config two "127.0.0.1:$port" >"$tmp/two.yaml"
check "an address that is taken is status 69" exits 69 "$BUILD/tocsin" run -c "$tmp/two.yaml"
"$BUILD/tocsin" run -c "$tmp/two.yaml" 2>"$tmp/two.log" || true
check "and named" log_has two "error: .*127.0.0.1:$port is in use"
check "the first one does not mind" answers 200 "$console/-/ready"

own_kafka_down
check "without its broker it is not ready" wait_for 30 answers 503 "$console/-/ready"
check "and says why" grep -qE 'source s: .*(brokers?|down|refused)' "$tmp/answer"
is "it is healthy" "$(status_of "$console/-/healthy")" 200
is "and still has metrics" "$(linted 2>&1)" ""
own_kafka_again
check "with it, ready again" wait_for 60 answers 200 "$console/-/ready"
stop one
is "it ends well" "$exit_code" 0
