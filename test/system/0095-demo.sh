#!/usr/bin/env bash
# The demo ends by itself in under a minute, finds its episodes and loses nothing; for several seeds.
. "$(dirname "$0")/lib.sh"

check "the demo runs" timeout 60 bash -c "'$BUILD/tocsin' demo >'$tmp/demo'"
check "it says that nothing is missing" grep -q 'every event was scored and every alert arrived' "$tmp/demo"
check "it found every episode" grep -q 'found 10 of 10, missed 0' "$tmp/demo"
check "alerts read as sentences" grep -q 'ESH4 traded at' "$tmp/demo"
note "$(grep 'found 10 of' "$tmp/demo")"
for seed in 2 3; do
	check "seed $seed" timeout 60 bash -c "'$BUILD/tocsin' demo -q --seed $seed --speed 150x >'$tmp/demo'"
	check "seed $seed: nothing missing" grep -q 'every event was scored and every alert arrived' "$tmp/demo"
	note "seed $seed: $(grep '^found' "$tmp/demo")"
done
check "nothing is left behind" bash -c '! ls -d /tmp/tocsin-demo-* 2>/dev/null'
