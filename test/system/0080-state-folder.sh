#!/usr/bin/env bash
# The state folder as it can be found: no folder, not writable, held by another process, damaged, of another
# program, of a newer version. Each is status 69 with words that say what and what to do, nothing in
# it is touched and nothing begun. And a disk that gets full while running: no events are taken, health
# and readiness say so, and work goes on by itself when there is room, with no alert lost.
. "$(dirname "$0")/lib.sh"

kafka_up
topic "$story" 1
receiver_up
"$BUILD/test/tools/produce" --write "$tmp/all" --generate 4000 --instruments 20 >"$tmp/made"
produce() { "$BUILD/test/tools/produce" --brokers "$bootstrap" --topic "$story" --key s "$@" >>"$tmp/made"; }
part() { sed -n "$1,$2p" "$tmp/all" >"$tmp/part.$1"; produce "$tmp/part.$1"; }
# config STATE-FOLDER
config() {
	cat <<-END
		name: folder
		state_dir: $1
		listen: 127.0.0.1:0
		sources:
		  - name: s
		    brokers: "$bootstrap"
		    topics: [$story]
		    group: "$story"
		    format: binance-trade
		    kafka: {session.timeout.ms: 6000, group.instance.id: one}
		rules: [{name: every, when: price > 0, cooldown: 0s}]
		sinks: [{name: desk, url: "$receiver_url"}]
		limits: {batch: 50, commit_interval: 50ms}
	END
}
# up NAME STATE-FOLDER: a daemon that has begun
up() {
	config "$2" >"$tmp/$1.yaml"
	start "$1" "$BUILD/tocsin" run -c "$tmp/$1.yaml"
	wait_for 20 log_has "$1" 'console: port [0-9]+'
	console=http://127.0.0.1:$(sed -n 's/.*console: port \([0-9]*\).*/\1/p' "$tmp/$1.log")
}
metric() { curl -sf "$console/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
at_least() { [[ $(metric "$1") -ge $2 ]]; }
answers() { [[ $(curl -s -o "$tmp/answer" -w '%{http_code}' "$console$2") == "$1" ]]; }
arrived() { [[ $(awk '$3 == 200 { print $2 }' "$receiver_log" | sort -u | wc -l) -ge $1 ]]; }
# The files of a folder but the lock, and what is in them; $2: those of that name only.
sums() { (cd "$1" 2>/dev/null && find . -type f ! -name lock -name "$2" -exec sha256sum {} + | sort) || ls -ld "$1" || true; }
# refuses TEXT FOLDER REGEX [FILE]: FILE, if given, is the only one that must not change.
n=0
refuses() {
	local text=$1 folder=$2 file=${4:-*} before name
	n=$((n + 1))
	name=refused-$n
	before=$(sums "$folder" "$file" 2>&1)
	config "$folder" >"$tmp/$name.yaml"
	start "$name" "$BUILD/tocsin" run -c "$tmp/$name.yaml"
	if ! ends "$name" 20; then
		not_ok "$text: it does not end"
		stop "$name" || true
		return
	fi
	is "$text: status 69" "$exit_code" 69
	check "$text: said" log_has "$name" "error: .*$3"
	is "$text: nothing is touched" "$(sums "$folder" "$file" 2>&1)" "$before"
	check "$text: nothing is begun" fails log_has "$name" 'console:|assigned|connect'
}

# One that has worked, to be spoilt in copies.
part 1 200
up good "$tmp/good"
check "a daemon works on a new folder" wait_for 30 arrived 200
is "which is for its owner only" "$(stat -c %a "$tmp/good" "$tmp/good/tocsin.db" | paste -s)" "$(printf '700\t600')"
refuses "held by another process" "$tmp/good" "in use by another process, pid ${pids[good]}; each process needs" tocsin.db
check "the other one does not mind" answers 200 /-/ready
stop good
is "and ends well" "$exit_code" 0
is "nothing of the log is left behind" "$(ls -x "$tmp/good")" "lock  tocsin.db"

: >"$tmp/file"
refuses "a file" "$tmp/file" "$tmp/file: the state folder is not a folder"
refuses "a file in its path" "$tmp/file/state" 'cannot create the state folder: Not a directory'
refuses "no folder above it" "$tmp/none/state" 'cannot create the state folder: the folder above it does not exist'
check "and none is made" test ! -e "$tmp/none"
ln -s "$tmp/nowhere" "$tmp/link"
refuses "a link to nowhere" "$tmp/link" "$tmp/link"
check "and nothing is made there" test ! -e "$tmp/nowhere"

spoilt() { rm -rf "${tmp:?}/$1"; cp -a "$tmp/good" "$tmp/$1"; }
db() { echo "$tmp/$1/tocsin.db"; }
page=$(sqlite3 "$(db good)" 'pragma page_size')
way_out='move the folder.s tocsin.db\* away to start afresh'
spoilt head
dd if=/dev/urandom of="$(db head)" bs="$page" count=1 conv=notrunc status=none
refuses "its first page overwritten" "$tmp/head" "tocsin.db: not a database, or its first page is damaged; $way_out"
spoilt inner
pages=$(($(stat -c %s "$(db inner)") / page))
for table in alert delivery position; do
	spoilt inner
	root=$(sqlite3 "$(db inner)" "select rootpage from sqlite_master where name = '$table'")
	dd if=/dev/urandom of="$(db inner)" bs="$page" seek=$((root - 1)) count=1 conv=notrunc status=none
	refuses "a page of table $table overwritten" "$tmp/inner" "tocsin.db: damaged \\(.*\\); $way_out"
done
spoilt short
truncate -s $((page * (pages / 2))) "$(db short)"
refuses "cut in half" "$tmp/short" "tocsin.db: damaged \\(.*\\); $way_out"
spoilt state
sqlite3 "$(db state)" "insert into state values('policy', x'0102030405060708ff', x'00', 5)"
refuses "a stored state that is not what was stored" "$tmp/state" \
	'state of "policy" is damaged \(checksum\); move the state folder.s tocsin.db\* away' nothing

mkdir "$tmp/text" "$tmp/foreign"
seq 1000 >"$(db text)"
refuses "a text" "$tmp/text" "tocsin.db: not a database"
sqlite3 "$(db foreign)" 'create table theirs(x); insert into theirs values(1); pragma application_id = 77'
refuses "a database of another program" "$tmp/foreign" 'a database of another program, left untouched; name another state folder'
spoilt newer
sqlite3 "$(db newer)" 'pragma user_version = 99'
refuses "a newer version's" "$tmp/newer" 'written by a newer version \(schema 99, this one reads up to [0-9]+\); run that version'
mkdir -p "$tmp/device/tocsin.db"
refuses "a folder instead of the file" "$tmp/device" 'tocsin.db: Is a directory'

mounted=()
story_cleanup() { local at; for at in "${mounted[@]}"; do umount "$at" || umount -l "$at"; done; }
# disk FOLDER SIZE: a small file system there
disk() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2" tocsin-test "$1" 2>"$tmp/mount.log" || return 1
	mounted+=("$1")
}
if ! disk "$tmp/ro" 2m; then
	skip "read-only and full disks: cannot mount here ($(tail -n 1 "$tmp/mount.log"))"
	exit 0
fi
cp -a "$tmp/good" "$tmp/ro/state"
mount -o remount,ro "$tmp/ro"
refuses "on a read-only disk" "$tmp/ro/state" 'cannot write to the state folder: Read-only file system'
refuses "to be made on a read-only disk" "$tmp/ro/new" 'cannot create the state folder: Read-only file system'

disk "$tmp/small" 24m
# Every byte that is free.
fill() { cat /dev/zero >"$tmp/small/filler" 2>/dev/null || true; }
cp -a "$tmp/good" "$tmp/small/state"
fill
refuses "on a full disk" "$tmp/small/state" "(No space left on device|the disk is full); free some space and start again" tocsin.db
rm "$tmp/small/filler"

full_said() { log_has "$1" 'error: journal: .*(full|No space).*; no events are taken until it can be written'; }
up small "$tmp/small/state"
check "ready with some room" wait_for 30 answers 200 /-/ready
fill
part 201 1200
check "full: said" wait_for 60 full_said small
check "full: not ready" wait_for 10 answers 503 /-/ready
check "full: with words" grep -q 'journal: cannot be written' "$tmp/answer"
check "full: healthy" answers 200 /-/healthy
taken=$(metric tocsin_messages_total)
failed=$(metric tocsin_journal_commit_failures_total)
check "full: it tries again" wait_for 20 at_least tocsin_journal_commit_failures_total $((failed + 2))
is "full: no events are taken" "$(metric tocsin_messages_total)" "$taken"
check "full: before the last of them" test "$taken" -lt 1000
is "full: still healthy" "$(curl -s -o /dev/null -w '%{http_code}' "$console/-/healthy")" 200
rm "$tmp/small/filler"
check "room again: every alert arrives" wait_for 60 arrived 1200
check "room again: ready" wait_for 10 answers 200 /-/ready
is "room again: said once, not every second" "$(grep -c 'no events are taken until' "$tmp/small.log")" 1

fill
part 1201 3000
check "full once more: not ready" wait_for 60 answers 503 /-/ready
wait_for 10 at_least tocsin_journal_commit_failures_total $(($(metric tocsin_journal_commit_failures_total) + 1))
check "full: SIGTERM ends it" stop small TERM 25
is "full: as failed" "$exit_code" 1
check "full: with the reason" log_has small 'error: journal: .*(full|No space)'
rm "$tmp/small/filler"
up again "$tmp/small/state"
part 3001 4000
check "started again with room: every alert arrives" wait_for 60 arrived 4000
stop again
is "and it ends well" "$exit_code" 0
"$BUILD/tocsin" replay -q -c "$tmp/again.yaml" --as "$story:1" -o jsonl "$tmp/all" |
	python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["id"])' | sort >"$tmp/expected"
check "none is missing, none is new" cmp "$tmp/expected" <(awk '{ print $2 }' "$receiver_log" | sort -u)
note "POSTs: $(wc -l <"$receiver_log") for $(wc -l <"$tmp/expected") alerts"
