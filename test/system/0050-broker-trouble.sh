#!/usr/bin/env bash
# A broker that is down at the start, a topic that is not there yet, a wrong password, a broker that
# stops in between: each is said, readiness says so, nothing ends, and work goes on when it can.
. "$(dirname "$0")/lib.sh"

own_kafka_up --sasl user:right
receiver_up
config() {
	cat <<-END
		name: trouble
		state_dir: $tmp/state-$1
		listen: 127.0.0.1:0
		sources:
		  - name: s
		    brokers: "$2"
		    topics: [$3]
		    group: g-$1
		    format: binance-trade
		    kafka: {session.timeout.ms: 6000, topic.metadata.refresh.interval.ms: 1000${4:-}}
		rules: [{name: every, when: price > 0, cooldown: 0s}]
		sinks: [{name: desk, url: "$receiver_url"}]
	END
}
up() {
	start "$1" "$BUILD/tocsin" run -c "$tmp/$1.yaml"
	wait_for 20 log_has "$1" 'console: port [0-9]+'
	console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/$1.log")
}
ready() { curl -sf "$console/-/ready"; }
not_ready_with() { curl -s "$console/-/ready" | grep -qE "$1"; }
trade() { printf '{"e":"trade","E":1,"s":"B","t":%d,"p":"1","q":"1","T":%d,"m":true}\n' "$1" $((1700000000000 + $1)); }

printf wrong >"$tmp/wrong"
printf right >"$tmp/right"
topic t 2
config auth "$kafka_sasl" t ", security.protocol: sasl_plaintext, sasl.mechanism: PLAIN, sasl.username: user, sasl.password: {file: $tmp/wrong}" >"$tmp/auth.yaml"
up auth
check "a wrong password is said with advice" wait_for 20 log_has auth 'sasl.mechanism, user name and password'
check "and by readiness" wait_for 10 not_ready_with 'uthentication'
check "the daemon is healthy all the same" curl -sf "$console/-/healthy"
stop auth
is "and ends well" "$exit_code" 0
sed -i "s,$tmp/wrong,$tmp/right," "$tmp/auth.yaml"
up auth
check "with the right one it gets ready" wait_for 30 ready
stop auth

config topic "$bootstrap" later >"$tmp/topic.yaml"
up topic
check "an unknown topic is said" wait_for 20 log_has topic 'later.*nknown topic'
check "and by readiness" wait_for 10 not_ready_with 'later'
topic later 2
trade 1 | kcat -P -b "$bootstrap" -t later
check "once it is there, its events are alerts" wait_for 40 has_lines "$receiver_log" 1
check "and readiness is back" wait_for 10 ready
stop topic
is "ends well" "$exit_code" 0

cat >"$tmp/clash.yaml" <<END
name: clash
state_dir: $tmp/state-clash
listen: ""
sources:
  - {name: a, brokers: "$bootstrap", topics: [^lat.*], group: g-a, format: binance-trade}
  - {name: b, brokers: "$bootstrap", topics: [^.*ter], group: g-b, format: binance-trade}
rules: [{name: every, when: price > 0, cooldown: 0s}]
sinks: [{name: file, type: file, path: $tmp/clash.alerts}]
END
start clash "$BUILD/tocsin" run -c "$tmp/clash.yaml"
check "two sources whose patterns find one topic: it ends" ends clash 30
is "with status 1" "$exit_code" 1
check "and says why" log_has clash 'topic later is read by two sources'
check "and the topic's one event made no second alert" test "$(wc -l <"$tmp/clash.alerts")" -le 1

config down "$bootstrap" t >"$tmp/down.yaml"
own_kafka_down
up down
check "a broker that is down is said" wait_for 20 log_has down 'trying again until a broker answers|Connection refused'
check "and by readiness" not_ready_with 'connecting|brokers|refused'
own_kafka_again
check "it connects when the broker is there" wait_for 40 ready
trade 2 | kcat -P -b "$bootstrap" -t t
check "and works" wait_for 20 has_lines "$receiver_log" 2
own_kafka_down
check "a broker that goes is noticed" wait_for 30 not_ready_with 'brokers|down|refused'
own_kafka_again
trade 3 | kcat -P -b "$bootstrap" -t t
check "work goes on when it is back" wait_for 60 has_lines "$receiver_log" 3
check "readiness too" wait_for 20 ready
stop down
is "ends well at last" "$exit_code" 0
