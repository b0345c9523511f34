#!/usr/bin/env bash
# A drill by hand: its alert comes back through the live path, marked; a sink that takes no drills is left
# out; a sink that is down, a rule that says nothing and a daemon that is not there are told apart.
. "$(dirname "$0")/lib.sh"

kafka_up
topic "$story" 2
receiver_up
cat >"$tmp/c.yaml" <<-END
	name: drill
	state_dir: $tmp/state
	listen: 127.0.0.1:0
	sources:
	  - name: s
	    brokers: "$bootstrap"
	    topics: ["$story"]
	    group: "$story"
	    format: generic
	sinks:
	  - {name: desk, url: "$receiver_url", retry_base: 200ms}
	  - {name: quiet, type: file, path: $tmp/quiet.jsonl, drill: false}
	rules:
	  - {name: drill, match: {instrument: [TOCSIN-DRILL]}, when: price > 0}
	drill: {rule: drill, timeout: 20s}
	limits: {commit_interval: 100ms}
END
check "the configuration is right" "$BUILD/tocsin" check "$tmp/c.yaml"
check "without a daemon: unavailable" exits 69 "$BUILD/tocsin" drill -c "$tmp/c.yaml"

start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
check "it reads" wait_for 30 log_has run 'assigned'
"$BUILD/tocsin" drill -c "$tmp/c.yaml" >"$tmp/first" || true
check "a drill comes back" grep -q 'delivered: to 1 of 1 sinks' "$tmp/first"
check "with the stages before" grep -q 'produced' "$tmp/first"
check "the next is not held by the cooldown" exits 0 "$BUILD/tocsin" drill -c "$tmp/c.yaml"
check "its alerts say so" test "$(sqlite3 "$tmp/state/tocsin.db" "select count(*) from alert where json_extract(json, '\$.labels.drill') = 'true'")" = 2
is "the sink without drills got none" "$(sqlite3 "$tmp/state/tocsin.db" "select count(*) from delivery where sink = 'quiet'")" 0
port=$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/run.log")
check "they are not counted as the rule's" sh -c "curl -fsS http://127.0.0.1:$port/metrics | grep -qx 'tocsin_alerts_total{rule=\"drill\"} 0'"
check "but as drills" sh -c "curl -fsS http://127.0.0.1:$port/metrics | grep -qx 'tocsin_drill_alerts_total 2'"

stop receiver
code=0
"$BUILD/tocsin" drill -c "$tmp/c.yaml" --timeout 2s >"$tmp/down" || code=$?
is "a sink that is down: overdue" "$code" 1
check "with the stage and the sink" grep -q 'overdue after .*: delivered to 0 of 1 sinks, not to desk' "$tmp/down"
sed 's/when: price > 0/when: price > 5/' "$tmp/c.yaml" >"$tmp/other.yaml"
stop run
is "it ends well" "$exit_code" 0
start run "$BUILD/tocsin" run -c "$tmp/other.yaml"
check "it reads again" wait_for 30 log_has run 'from offset'
code=0
"$BUILD/tocsin" drill -c "$tmp/other.yaml" --timeout 5s >"$tmp/silent" || code=$?
is "a rule that says nothing: overdue" "$code" 1
check "and it is told" grep -q 'consumed and scored, but rule drill made no alert' "$tmp/silent"
stop run

# wrong LINE WHAT: the drill line, and what is said of it
wrong() {
	sed "s|^drill: .*|$1|" "$tmp/c.yaml" >"$tmp/wrong.yaml"
	"$BUILD/tocsin" check "$tmp/wrong.yaml" 2>"$tmp/errors" && return 1
	grep -qE "wrong.yaml:$2" "$tmp/errors" || { cat "$tmp/errors"; return 1; }
}
check "an unknown rule" wrong 'drill: {rule: dril}' "15:15: error: .*no rule is named 'dril' \(did you mean 'drill'\?\)"
check "an instrument it does not take" wrong 'drill: {rule: drill, instrument: X}' "15:15: error: .*does not take instrument 'X'"
check "a topic nobody reads" wrong 'drill: {rule: drill, topic: x}' "15:29: error: .*source 's' does not read it"
check "a message the format does not read" wrong "drill: {rule: drill, messages: ['{\"price\":1}']}" "15:33: error: drill: format 'generic' does not read message 1: missing_field"
check "a message of another time" wrong "drill: {rule: drill, messages: ['{\"instrument\":\"TOCSIN-DRILL\",\"time\":1700000000000,\"price\":1,\"size\":1}']}" "15:33: error: .*does not have the drill's time"
