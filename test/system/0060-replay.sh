#!/usr/bin/env bash
# Replay: packings, standard input, several files merged by time, CSV, output forms, speed, errors.
. "$(dirname "$0")/lib.sh"

trade() { printf '{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d","q":"1","T":%d,"m":true}\n' "$2" "$1" "$3" "$4" "$2"; }
for ((i = 0; i < 400; i++)); do
	trade "S$((i % 3))" $((1700000000000 + i * 1000)) "$i" $((100 + (i * 37) % 11))
done >"$tmp/all.jsonl"
awk 'NR % 2' "$tmp/all.jsonl" >"$tmp/odd.jsonl"
awk 'NR % 2 == 0' "$tmp/all.jsonl" >"$tmp/even.jsonl"
gzip -k "$tmp/all.jsonl"
zstd -q "$tmp/all.jsonl"
cat >"$tmp/c.yaml" <<'END'
name: replay
rules:
  - name: move
    when: abs(return(price, 20s)) > 5%
    cooldown: 10s
    summary: '{instrument}: {observed:%}'
END
replay() { "$BUILD/tocsin" replay -q -c "$tmp/c.yaml" -f binance-trade "$@"; }
replay -o jsonl "$tmp/all.jsonl" >"$tmp/want"
check "there are alerts" has_lines "$tmp/want" 20
check "gzip" cmp "$tmp/want" <(replay -o jsonl "$tmp/all.jsonl.gz")
check "zstd" cmp "$tmp/want" <(replay -o jsonl "$tmp/all.jsonl.zst")
check "standard input" cmp "$tmp/want" <(replay -o jsonl - <"$tmp/all.jsonl.gz")
check "two files merged by event time" cmp "$tmp/want" <(replay -o jsonl "$tmp/even.jsonl" "$tmp/odd.jsonl")
check "into a file" replay -o jsonl -w "$tmp/written" "$tmp/all.jsonl"
check "the same there" cmp "$tmp/want" "$tmp/written"
check "each line is JSON with an id" python3 -c '
import json, sys
ids = [json.loads(line)["id"] for line in open(sys.argv[1])]
assert len(set(ids)) == len(ids) and all(len(i) == 32 for i in ids)' "$tmp/want"
replay -o csv "$tmp/all.jsonl" >"$tmp/csv"
check "CSV has a row for each alert" python3 -c '
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
want = [json.loads(line)["id"] for line in open(sys.argv[2])]
assert [r["id"] for r in rows] == want' "$tmp/csv" "$tmp/want"
replay -o human "$tmp/all.jsonl" >"$tmp/human"
check "human text names the rule and the sentence" grep -q 'S[0-2]: ' "$tmp/human"
check "no colour where it is no terminal" fails grep -q $'\e' "$tmp/human"
"$BUILD/tocsin" replay -c "$tmp/c.yaml" -f binance-trade -o jsonl "$tmp/all.jsonl" 2>"$tmp/summary" >/dev/null
check "the summary counts" grep -qE '^400 messages .* 400 trade, 0 refused' "$tmp/summary"
check "and has the latency" grep -q 'p99.9' "$tmp/summary"
check "no progress bar where it is no terminal" fails grep -q $'\r' "$tmp/summary"

{
	echo 'when,sym,px,qty'
	for ((i = 0; i < 60; i++)); do
		printf '2023-11-14T22:%02d:%02dZ,"A,B",%d.5,2\n' $((13 + i / 60)) $((i % 60)) $((100 + (i * 7) % 20))
	done
} >"$tmp/log.csv"
cat >"$tmp/csv.yaml" <<'END'
name: csv
formats:
  - {name: mine, codec: csv, kind: =trade, time: when, instrument: sym, price: px, size: qty}
rules: [{name: r, when: price > 118, cooldown: 0s}]
END
"$BUILD/tocsin" replay -q -c "$tmp/csv.yaml" -f mine -o jsonl "$tmp/log.csv" >"$tmp/csv.out"
is "a CSV log with the user's mapping" "$(wc -l <"$tmp/csv.out")" "$(awk -F, 'NR > 1 && $(NF - 1) > 118' "$tmp/log.csv" | wc -l)"
check "its instrument is whole" grep -q '"instrument":"A,B"' "$tmp/csv.out"

began=$EPOCHREALTIME
replay --speed 200x -o jsonl "$tmp/all.jsonl" >"$tmp/paced"
took=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000))
check "at 200x, 399 s of events take about 2 s: $took ms" test "$took" -ge 1900
check "and give the same" cmp "$tmp/want" "$tmp/paced"

head -c 300 "$tmp/all.jsonl.gz" >"$tmp/cut.gz"
check "a damaged log is status 1" exits 1 replay "$tmp/cut.gz"
check "with the reason" bash -c "'$BUILD/tocsin' replay -q -c '$tmp/c.yaml' -f binance-trade '$tmp/cut.gz' 2>&1 | grep -q 'ends too early'"
check "an unknown format is status 2" exits 2 "$BUILD/tocsin" replay -c "$tmp/c.yaml" -f binance-trad "$tmp/all.jsonl"
check "a full disk is status 1" exits 1 bash -c "'$BUILD/tocsin' replay -q -c '$tmp/c.yaml' -f binance-trade -o jsonl '$tmp/all.jsonl' >/dev/full"
