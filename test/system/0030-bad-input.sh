#!/usr/bin/env bash
# Everything that is no event: each kind is refused with its own reason, counted, said in the log once,
# kept in the dead-letter topic with Kafka Connect's headers, and the good events around it are scored.
. "$(dirname "$0")/lib.sh"

own_kafka_up --set message.max.bytes=12000000
topic trades 1 max.message.bytes=12000000
topic trades.dlq 1 max.message.bytes=1000000
receiver_up
cat >"$tmp/c.yaml" <<END
name: bad
state_dir: $tmp/state
listen: 127.0.0.1:0
sources:
  - name: s
    brokers: "$bootstrap"
    topics: [trades]
    group: bad
    format: binance-trade
    dead_letter: trades.dlq
rules: [{name: every, when: price > 0, cooldown: 0s}]
sinks: [{name: desk, url: "$receiver_url"}]
END

# name, reason, the value
mkdir "$tmp/m"
good() { printf '{"e":"trade","E":%s,"s":"BTCUSDT","t":1,"p":"%s","q":"1","T":%s,"m":true,"M":true}' "${2:-1700000000000}" "$1" "${2:-1700000000000}"; }
n=0
reasons=()
message() { printf -v file '%s/m/%02d' "$tmp" "$n"; cat >"$file"; reasons+=("$1"); n=$((n + 1)); }
good 1 | message ok
printf 'hello' | message not_json
good 2 | head -c 40 | message not_json
printf '[1,2]' | message not_object
printf '{"e":"trade","E":1,"s":"B","t":1,"p":{"x":1},"q":"1","T":1700000000000,"m":true}' | message wrong_type
printf '{"e":"trade","E":1,"s":"B","t":1,"p":NaN,"q":"1","T":1700000000000,"m":true}' | message not_json
printf '{"e":"trade","E":1,"s":"B","t":1,"p":"NaN","q":"1","T":1700000000000,"m":true}' | message bad_number
printf '{"e":"trade","E":1,"s":"B","t":1,"p":"Infinity","q":"1","T":1700000000000,"m":true}' | message bad_number
good -5 | message bad_price
good 0 | message bad_price
printf '{"e":"trade","E":1,"s":"B","t":1,"q":"1","T":1700000000000,"m":true}' | message missing_field
printf '{"e":"trade","e":"trade","E":1,"s":"B","t":1,"p":"1","q":"1","T":1700000000000,"m":true}' | message duplicate_key
{ printf '{"e":"trade","pad":"'; head -c 10000000 /dev/zero | tr '\0' x; printf '"}'; } | message too_large
good 3 -62135596800000 | message time_range
good 4 99999999999999 | message time_range
good 5 1900000000000 | message time_jump
printf '{"e":"depthUpdate","E":1,"s":"B"}' | message unknown_kind
printf '{"e":"trade","E":1,"s":"B\xff","t":1,"p":"1","q":"1","T":1700000000000,"m":true}' | message not_json
printf '   ' | message empty
good 6 | message ok
kcat -P -b "$bootstrap" -t trades -p 0 -X message.max.bytes=12000000 "$tmp"/m/*
echo 'key:' | kcat -P -b "$bootstrap" -t trades -p 0 -Z -K :         # a null value
good 7 >"$tmp/last"
kcat -P -b "$bootstrap" -t trades -p 0 "$tmp/last"                  # a null key
reasons+=(tombstone ok)

start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
wait_for 20 log_has run 'console: port [0-9]+'
console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/run.log")
metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
metric_is() { [[ $(metric "$1") == "$2" ]]; }
check "every message is taken" wait_for 30 metric_is tocsin_messages_total "${#reasons[@]}"
for reason in $(printf '%s\n' "${reasons[@]}" | sort -u); do
	[[ $reason != ok ]] || continue
	want=$(printf '%s\n' "${reasons[@]}" | grep -cx "$reason")
	is "$reason is counted" "$(metric "tocsin_events_refused_total{reason=\"$reason\"}")" "$want"
done
good_ones=$(printf '%s\n' "${reasons[@]}" | grep -cx ok)
check "the good events among them are scored and delivered" wait_for 20 has_lines "$receiver_log" "$good_ones"
bad=$((${#reasons[@]} - good_ones))
check "each refused one is a dead letter" wait_for 20 metric_is tocsin_dead_letters_total "$bad"
stop run
is "the daemon ends well" "$exit_code" 0

kcat -C -q -e -b "$bootstrap" -t trades.dlq -f '%o %S %h\n' >"$tmp/letters"
is "the dead-letter topic holds them" "$(wc -l <"$tmp/letters")" "$bad"
printf '%s\n' "${reasons[@]}" | grep -vx ok | sort >"$tmp/want"
sed -n 's/.*exception.class.name=\([a-z_]*\).*/\1/p' "$tmp/letters" | sort >"$tmp/got"
check "each with its reason" diff "$tmp/want" "$tmp/got"
check "with the place it came from" grep -q '__connect.errors.topic=trades,__connect.errors.partition=0,__connect.errors.offset=1,' "$tmp/letters"
check "one too large for the topic is kept cut, with its size" grep -qE '^[0-9]+ 65536 .*tocsin.original.size=100000[0-9]+' "$tmp/letters"
check "the log shows a sample, escaped" log_has run 'refused trades \[0\] offset 1: not_json.*"hello"'
check "and not all of them" test "$(grep -c 'refused trades' "$tmp/run.log")" -le 6
