#!/usr/bin/env bash
# A topic falls silent: silences, `for` and keep_firing_for are told by the clock, under the names that a
# replay gives them; after kill -9 nothing is told twice, and what still fires is resolved by the next event.
. "$(dirname "$0")/lib.sh"

kafka_up
topic "$story" 1
receiver_up
cat >"$tmp/c.yaml" <<-END
	name: silence
	state_dir: $tmp/state
	listen: 127.0.0.1:0
	sources:
	  - name: s
	    brokers: "$bootstrap"
	    topics: ["$story"]
	    group: "$story"
	    format: generic
	    kafka: {session.timeout.ms: 6000, heartbeat.interval.ms: 500, group.instance.id: one}
	sinks: [{name: desk, url: "$receiver_url"}]
	rules:
	  - {name: stale, when: absent_for(3s), mode: state}
	  - {name: high, when: price > 100, for: 2s, cooldown: 0s}
	  - {name: every, when: price > 0, cooldown: 0s}
	limits: {idle_advance: 2s, allowed_lateness: 1s, commit_interval: 100ms}
END

# trade INSTRUMENT PRICE: now.
trade() {
	printf '{"instrument":"%s","time":%s,"price":%s,"size":1}\n' "$1" "$(date +%s%N)" "$2" |
		tee -a "$tmp/log.jsonl" | kcat -P -b "$bootstrap" -t "$story" -p 0
}
told() { sqlite3 "$tmp/state/tocsin.db" "select json from alert order by seq"; }
# has RULE STATUS INSTRUMENT N: so many alerts
has() { [[ $(told | jq -c "select(.rule == \"$1\" and .status == \"$2\" and .instrument == \"$3\")" | wc -l) -eq $4 ]]; }

start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
check "it reads" wait_for 30 log_has run 'assigned'
trade A 50
trade B 101
began=${EPOCHREALTIME/[.,]/}
check "both are scored" wait_for 20 has every firing B 1
check "for has passed while nothing came" wait_for 20 has high firing B 1
check "the silence of one is told" wait_for 20 has stale firing A 1
check "and of the other" wait_for 20 has stale firing B 1
took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
check "within idle_advance, absent_for and a few seconds: $took ms" test "$took" -lt 12000
arrived() { [[ $(awk '$3 ~ /^2/ { print $2 }' "$receiver_log" | sort -u | wc -l) -ge $1 ]]; }
check "they arrive" wait_for 20 arrived 5

told | jq -r .id | sort >"$tmp/live"
"$BUILD/tocsin" replay -q -c "$tmp/c.yaml" -o jsonl --until +20s "$tmp/log.jsonl" | jq -r .id | sort >"$tmp/replayed"
check "a replay that lets time go on gives the same names" diff "$tmp/live" "$tmp/replayed"
"$BUILD/tocsin" replay -q -c "$tmp/c.yaml" -o jsonl "$tmp/log.jsonl" | jq -r .id | sort >"$tmp/short"
is "one that does not ends with its events" "$(wc -l <"$tmp/short")" 2

port=$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/run.log")
rules() { curl -fsS "http://127.0.0.1:$port/api/v1/rules" | jq -e "$1"; }
check "the console knows who fires" wait_for 10 rules '.rules[] | select(.name == "stale") | .states.firing == 2'
check "what was found" rules '.rules[] | select(.name == "every") | .evaluations.true == 2 and .last_alert != null'
check "and that nothing warms up" rules '[.rules[] | select(.name == "high") | .keys.warming, .keys.ready] == [0, 2]'
check "so do the metrics" sh -c "curl -fsS http://127.0.0.1:$port/metrics | grep -qx 'tocsin_rule_states{rule=\"stale\",state=\"firing\"} 2'"
check "start-up says for how long a rule is silent" log_has run 'rule stale is silent .* 3s'

stop run KILL 10 || true
start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
check "it reads again" wait_for 30 log_has run 'assigned'
check "its silence goes on" wait_for 20 log_has run 'from offset'
trade A 60
check "an event ends the silence" wait_for 30 has stale resolved A 1
is "nothing was told twice" "$(told | jq -r '[.rule, .status, .instrument] | join(" ")' | sort | uniq -d | grep -v every || true)" ""
is "the end refers to its beginning" \
	"$(told | jq -r 'select(.rule == "stale" and .instrument == "A") | [.fingerprint, .starts_at] | join(" ")' | sort -u | wc -l)" 1
is "and says why" "$(told | jq -r 'select(.status == "resolved") | .status_reason' | sort -u)" condition
stop run
is "it ends well" "$exit_code" 0

# What is stored is refused when it is damaged, rather than half believed.
is "what still fires is stored" "$(sqlite3 "$tmp/state/tocsin.db" "select count(*) from state where room = 'life/$story/0'")" 2 # stale and high, of B
sqlite3 "$tmp/state/tocsin.db" "update state set blob = zeroblob(64) where room = 'life/$story/0'"
start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
check "a damaged state ends the start" ends run 30
check "with the place and the way out" log_has run "\\[0\\]: states of rules: .*damaged \(checksum\); move the state folder's tocsin.db"
is "as failed" "$exit_code" 1
