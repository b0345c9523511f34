#!/usr/bin/env bash
# Injected episodes: what is promised of the log and what the labels say, of the shipped excerpt and of
# the whole log when it is there; the same bytes for the same seed; options and their errors.
. "$(dirname "$0")/lib.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)
log=$top/conf/demo/es-20231225.jsonl.zst
whole=${TOCSIN_MARKET_DATA:-$top/../shared/data/market}/es-20231225.databento-mbo.jsonl.gz
inject() { "$BUILD/tocsin" inject "$@"; }

check "every pattern that an hour can have" inject --each 1 --spread 15s --warm 2m --accounts --venues 2 \
	-p layering -p spoofing -p wash-trade -p wash-ring -p front-running -p momentum-ignition -p crossed-book \
	-p quote-stuffing -p unusual-order-size -p new_account -p volume-burst -p fat-finger -l "$tmp/labels" -o "$tmp/log" "$log"
check "what they say is true" "$top/test/check-injected" "$tmp/log" "$tmp/labels" "$log"
check "twelve labels after the log's" has_lines "$tmp/labels" 13
inject --each 0 "$log" >"$tmp/same"
check "no episodes: the log itself" cmp "$tmp/same" <(zstd -dcq "$log")
inject --each 2 -p layering -p spoofing --seed 5 "$log" >"$tmp/a"
inject --each 2 -p layering -p spoofing --seed 5 "$log" >"$tmp/b"
inject --each 2 -p layering -p spoofing --seed 6 "$log" >"$tmp/c"
check "the same seed, the same bytes" cmp "$tmp/a" "$tmp/b"
check "another seed, others" bash -c "! cmp -s '$tmp/a' '$tmp/c'"
check "gzip reads as zstd" cmp "$tmp/a" <(zstd -dcq "$log" | gzip | inject --each 2 -p layering -p spoofing --seed 5 -)
if [[ -f $whole ]]; then
	for d in easy medium hard; do
		check "$d: the whole log" inject --each 1 --difficulty $d --accounts --negatives --venues 2 --seed 11 \
			--close 2023-12-25T23:20:00Z --close 2023-12-25T23:40:00Z -l "$tmp/labels" -o "$tmp/log" "$whole"
		check "$d: what they say is true" "$top/test/check-injected" "$tmp/log" "$tmp/labels" "$whole"
	done
fi
refused() {
	local status=$1 words=$2 got=0
	shift 2
	inject "$@" >/dev/null 2>"$tmp/err" || got=$?
	is "refused: $words" "$got $(grep -cF -- "$words" "$tmp/err")" "$status 1"
}
refused 2 "did you mean 'layering'" -p layerin "$log"
refused 2 'needs --accounts' -p wash-trade "$log"
refused 2 'needs --venues 2' -p cross-venue-divergence "$log"
refused 2 'is not easy, medium or hard' --difficulty brutal "$log"
refused 2 'is not a time' --close noon "$log"
refused 1 'has room for fewer than' --each 500 -p layering "$log"
refused 1 'there are 1 closes' --each 2 -p marking-the-close "$log"
refused 1 "has no instrument 'NQH4'" --instrument NQH4 "$log"
echo '{"a":1}' >"$tmp/other"
refused 69 'no databento mbo JSON line' "$tmp/other"
check "the page has the table" python3 -c '
import subprocess, sys
page = open(sys.argv[2]).read()
table = subprocess.run([sys.argv[1], "inject", "--table"], capture_output=True, text=True, check=True).stdout
sys.exit(not all(line in page for line in table.split("\n")))' "$BUILD/tocsin" "$top/conf/rules/EPISODES.md"

# What a rule that fires now and then is worth.
cat >"$tmp/rules.yaml" <<'END'
name: try
rules:
  - name: big
    match: {kind: order_add}
    when: size > 200
    cooldown: 0s
    labels: {pattern: unusual-order-size}
  - name: never
    when: price < 0.01
    labels: {pattern: spoofing}
END
inject --each 4 -p unusual-order-size --seed 3 -l "$tmp/labels" -o "$tmp/log" "$log"
"$BUILD/tocsin" replay -q -c "$tmp/rules.yaml" -f databento-mbo -o jsonl -w "$tmp/alerts" "$tmp/log"
evaluate() { "$BUILD/tocsin" evaluate -c "$tmp/rules.yaml" "$@"; }
check "evaluate" bash -c "'$BUILD/tocsin' evaluate -c '$tmp/rules.yaml' -l '$tmp/labels' '$tmp/alerts' >'$tmp/table'"
check "all four were caught" grep -qE '^unusual-order-size +big +4 +4 +1\.000 ' "$tmp/table"
check "none of none" grep -qE '^spoofing +never +0 +0 +- ' "$tmp/table"
check "as JSON" bash -c "'$BUILD/tocsin' evaluate --json -c '$tmp/rules.yaml' -l '$tmp/labels' -l '$tmp/labels' '$tmp/alerts' '$tmp/alerts' |
	python3 -c 'import json, sys; r = json.load(sys.stdin)[\"rules\"][0]; assert r[\"episodes\"] == r[\"caught\"] == 8 and r[\"recall\"] == 1'"
check "labels without alerts are status 2" exits 2 evaluate -l "$tmp/labels"
check "alerts that are none are status 69" exits 69 evaluate -l "$tmp/labels" "$tmp/table"
