#!/usr/bin/env bash
# kill -9 at 20 random points while the destination is down: after the restarts every alert arrives, none
# is missing, none is new, and what came twice came with the same id. KILL_LOG and KILL_RULES: another log
# and other rules. Alerts about rules (rule tocsin) do not count: their hourly limit does not outlive a process.
. "$(dirname "$0")/lib.sh"

shared=${TOCSIN_SHARED:-$here/../shared}
log=${KILL_LOG:-$shared/data/market/es-20231225.databento-mbo.jsonl.gz}
kills=${TOCSIN_KILLS:-20}
seed=${TOCSIN_SEED:-1}
if [[ ! -e $log ]]; then
	skip "the recorded log is not at $log (TOCSIN_SHARED)"
	exit 0
fi
kafka_up
topic "$story" 4
touch "$tmp/down"
receiver_up receiver --flip "$tmp/down"
{
	cat <<-END
		name: kill
		state_dir: $tmp/state
		listen: 127.0.0.1:0
		sources:
		  - name: s
		    brokers: "$bootstrap"
		    topics: ["$story"]
		    group: "$story"
		    format: databento-mbo
		    kafka: {session.timeout.ms: 6000, heartbeat.interval.ms: 500, group.instance.id: one}
		sinks: [{name: desk, url: "$receiver_url", retry_base: 200ms, retry_cap: 1s}]
		limits: {batch: 200, commit_interval: 50ms}
	END
	cat "${KILL_RULES:-$here/test/system/rules/es.yaml}"
} >"$tmp/c.yaml"
"$BUILD/tocsin" replay -q -c "$tmp/c.yaml" --as "$story:4" -o jsonl "$log" |
	python3 -c 'import json, sys
for alert in map(json.loads, sys.stdin):
    if alert["rule"] != "tocsin": print(alert["id"])' | sort >"$tmp/expected"

# The log trickles in over half a minute, so that the kills fall while there is something to do.
cat >"$tmp/feed.py" <<'END'
import gzip, subprocess, sys, time
log, brokers, topic = sys.argv[1:]
kcat = subprocess.Popen(["kcat", "-P", "-b", brokers, "-t", topic, "-K", "\t", "-X", "topic.partitioner=murmur2_random",
                         "-X", "linger.ms=5", "-X", "enable.idempotence=true"], stdin=subprocess.PIPE)
lines = gzip.open(log).readlines()
step = len(lines) // 300 + 1
for i in range(0, len(lines), step):
    kcat.stdin.writelines(b"ESH4\t" + line for line in lines[i:i + step])
    kcat.stdin.flush()
    time.sleep(0.1)
kcat.stdin.close()
sys.exit(kcat.wait())
END
start feed python3 "$tmp/feed.py" "$log" "$bootstrap" "$story"

RANDOM=$seed
note "seed $seed, $kills kills"
killed=0
for ((i = 0; i < kills; i++)); do
	start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
	ms=$((150 + RANDOM % 1500))
	wait_for 10 log_has run 'assigned' || true
	python3 -c "import time; time.sleep($ms / 1000)"
	if kill -KILL "${pids[run]}" 2>/dev/null; then killed=$((killed + 1)); fi
	ends run 10
	cat "$tmp/run.log" >>"$tmp/all.log"
done
is "killed" "$killed" "$kills"
note "alerts in the outbox when the last kill fell: $(sqlite3 "$tmp/state/tocsin.db" 'select count(*) from alert') of $(wc -l <"$tmp/expected")"
note "windows restored: $(grep -c 'from offset' "$tmp/all.log") assignments, begun empty: $(grep -c 'begin empty' "$tmp/all.log" || true)"
check "the whole log is in the topic" ends feed 120
rm "$tmp/down"
start run "$BUILD/tocsin" run -c "$tmp/c.yaml"
delivered() { awk '$3 ~ /^2/ { print $2 }' "$receiver_log" | sort -u; }
arrived() { [[ -z $(delivered | comm -23 "$tmp/expected" -) ]]; }
check "every alert arrives" wait_for 90 arrived
stop run
is "the last run ends well" "$exit_code" 0
sqlite3 "$tmp/state/tocsin.db" "select id from alert where rule = 'tocsin'" | sort >"$tmp/about"
delivered | comm -23 - "$tmp/about" >"$tmp/got"
check "none is missing, none is new" diff "$tmp/expected" "$tmp/got"
note "delivered $(awk '$3 ~ /^2/' "$receiver_log" | wc -l) times for $(wc -l <"$tmp/got") alerts"
