#!/usr/bin/env bash
# Stopping and being watched: SIGTERM under load commits and ends within seconds, what follows goes on where
# it stopped, with nothing sent again and nothing left out; SIGINT is the same; SIGHUP is survived; a
# second signal ends a stop that takes too long; and the service manager is told ready, alive, stopping.
. "$(dirname "$0")/lib.sh"

kafka_up
topic "$story" 4
receiver_up
"$BUILD/test/tools/produce" --write "$tmp/all" --generate 40000 --instruments 50 >/dev/null
# config NAME GROUP URL
config() {
	cat <<-END
		name: signals
		state_dir: $tmp/state-$1
		listen: 127.0.0.1:0
		sources:
		  - name: s
		    brokers: "$bootstrap"
		    topics: [$story]
		    group: "$story-$2"
		    format: binance-trade
		    kafka: {session.timeout.ms: 6000}
		rules:
		  - {name: some, when: size > 40, cooldown: 0s}
		  - {name: move, when: "abs(return(price, 1s)) > 0.0004", cooldown: 1s}
		sinks: [{name: desk, url: "$3", timeout: 60s, concurrency: 8}]
		limits: {batch: 200}
	END
}
# up NAME [CONFIG]: "begun" is when it has partitions
up() {
	start "$1" "$BUILD/tocsin" run -c "$tmp/${2:-$1}.yaml"
	wait_for 20 log_has "$1" 'console: port [0-9]+'
	console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/$1.log")
	wait_for 30 log_has "$1" 'assigned'
}
metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
at_least() { [[ $(metric "$1") -ge $2 ]]; }
status_of() { curl -s -o /dev/null -w '%{http_code}' "$console$1"; }
taken_by() { sed -n 's/.*stopped: \([0-9]*\) messages taken.*/\1/p' "$tmp/$1.log"; }
# ended_by SIGNAL NAME TEXT: within seconds, with 0
ended_by() {
	local began=${EPOCHREALTIME/[.,]/}
	check "$3: $1 ends it" stop "$2" "$1" 15
	is "$3: with status 0" "$exit_code" 0
	check "$3: after $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms" test $((${EPOCHREALTIME/[.,]/} - began)) -lt 8000000
	check "$3: said" log_has "$2" "stopping on SIG$1: committing what was taken"
}

config load load "$receiver_url" >"$tmp/load.yaml"
"$BUILD/tocsin" replay -q -c "$tmp/load.yaml" --as "$story:4" -o jsonl "$tmp/all" |
	python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["id"])' | sort >"$tmp/expected"
check "there are alerts to compare: $(wc -l <"$tmp/expected")" has_lines "$tmp/expected" 2000
start feed "$BUILD/test/tools/produce" --brokers "$bootstrap" --topic "$story" --key s --rate 4000 "$tmp/all"
# Five runs under load, ended in turn by both signals; then one to the end.
sum=0
for i in 1 2 3 4 5; do
	up "load-$i" load
	check "run $i works" wait_for 30 at_least tocsin_messages_total $((300 * i))
	if [[ $i -eq 2 ]]; then
		kill -HUP "${pids[load-2]}"
		check "SIGHUP: said that nothing is read again" wait_for 10 log_has load-2 'notice: SIGHUP: the configuration is read at start only; restart'
		check "SIGHUP: it goes on" wait_for 10 at_least tocsin_messages_total $(($(metric tocsin_messages_total) + 1))
	fi
	signal=TERM
	[[ $((i % 2)) -eq 1 ]] || signal=INT
	ended_by "$signal" "load-$i" "run $i"
	sum=$((sum + $(taken_by "load-$i")))
done
check "the whole log is in the topic" ends feed 60
check "some of it is left for the last run: $sum taken" test "$sum" -lt 40000
up load-6 load
is "ready" "$(status_of /-/ready)" 200
arrived() { [[ $(awk '$3 == 200 { print $2 }' "$receiver_log" | sort -u | wc -l) -ge $(wc -l <"$tmp/expected") ]]; }
check "every alert arrives" wait_for 60 arrived
rest() { [[ $(metric tocsin_messages_total) -ge $((40000 - sum)) ]]; }
check "every event is taken" wait_for 30 rest
ended_by TERM load-6 "last run"
is "no event was taken twice, none left out" $((sum + $(taken_by load-6))) 40000
awk '{ print $2 }' "$receiver_log" | sort >"$tmp/got"
check "no alert is missing, none is new, none was sent twice" cmp "$tmp/expected" "$tmp/got"
note "$(sqlite3 "$tmp/state-load/tocsin.db" 'select count(*), max(attempts) from delivery')"
is "nothing was sent in vain" "$(sqlite3 "$tmp/state-load/tocsin.db" 'select max(attempts) from delivery')" 1

# A receiver that does not answer: the first signal waits for what is under way, the second does not.
receiver_up mute --delay-ms 30000
config deaf deaf "$receiver_url" >"$tmp/deaf.yaml"
up deaf
check "attempts are under way" wait_for 30 has_lines "$receiver_log" 8
kill -TERM "${pids[deaf]}"
check "the first SIGTERM waits for them" wait_for 10 log_has deaf 'stopping on SIGTERM'
check "for a moment at least" fails ends deaf 2
began=${EPOCHREALTIME/[.,]/}
kill -TERM "${pids[deaf]}"
check "the second ends it at once" ends deaf 2
check "within $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms" test $((${EPOCHREALTIME/[.,]/} - began)) -lt 1500000
is "with status 1" "$exit_code" 1
pending=$(sqlite3 "$tmp/state-deaf/tocsin.db" 'select count(*) from delivery where status = 0')
is "what was made waits in the outbox" "$pending" "$(sqlite3 "$tmp/state-deaf/tocsin.db" 'select count(*) from alert')"
up deaf-2 deaf
check "the state is whole" wait_for 10 log_has deaf-2 'assigned'
began=${EPOCHREALTIME/[.,]/}
check "without a second signal it gives up waiting" stop deaf-2 TERM 20
is "and ends well" "$exit_code" 0
note "after $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
stop mute KILL

# What systemd would be told. NOTIFY_SOCKET is a datagram socket; each line is one message, with its time.
cat >"$tmp/notify.py" <<'END'
import os, signal, socket, sys, time
path, log = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with open(log, "w", buffering=1) as out:
    print("listening", flush=True)
    while True:
        text = s.recv(65536).decode()
        out.write("%.3f %s\n" % (time.monotonic(), text.replace("\n", " | ")))
END
start notify python3 "$tmp/notify.py" "$tmp/socket" "$tmp/told"
wait_for 10 log_has notify listening
config watched watched "$receiver_url" >"$tmp/watched.yaml"
start watched env NOTIFY_SOCKET="$tmp/socket" WATCHDOG_USEC=1500000 "$BUILD/tocsin" run -c "$tmp/watched.yaml"
told() { grep -qE "$1" "$tmp/told"; }
times() { [[ $(grep -cE "$1" "$tmp/told") -ge $2 ]]; }
check "READY=1" wait_for 20 told '^[0-9.]+ READY=1$'
check "WATCHDOG=1, again and again" wait_for 10 times 'WATCHDOG=1' 6
check "with a status for people" told 'STATUS=source s: '
kill -STOP "${pids[watched]}"
seen=$(wc -l <"$tmp/told")
check "none while it is frozen" fails wait_for 2 has_lines "$tmp/told" $((seen + 2))
kill -CONT "${pids[watched]}"
check "and again after" wait_for 10 has_lines "$tmp/told" $((seen + 3))
stop watched
is "it ends well" "$exit_code" 0
check "STOPPING=1" wait_for 5 told '^[0-9.]+ STOPPING=1$'
is "READY=1 once" "$(grep -c 'READY=1' "$tmp/told")" 1
is "STOPPING=1 once" "$(grep -c 'STOPPING=1' "$tmp/told")" 1
cat >"$tmp/judge.py" <<'END'
import sys
told = [line.rstrip("\n").split(" ", 1) for line in open(sys.argv[1])]
words = [w for _, w in told]
ready, stopping = words.index("READY=1"), words.index("STOPPING=1")
alive = [i for i, w in enumerate(words) if w.startswith("WATCHDOG=1")]
assert ready < stopping and any(ready < i < stopping for i in alive), words
gaps = [float(told[b][0]) - float(told[a][0]) for a, b in zip(alive, alive[1:])]
print(len(alive), "signs of life, typically", sorted(gaps)[len(gaps) // 2], "s apart")
assert sorted(gaps)[len(gaps) // 2] < 0.8, gaps
END
check "in order, the watchdog about three times in its time" python3 "$tmp/judge.py" "$tmp/told"
