#!/usr/bin/env bash
# The same with all rule sets, over the log with injected episodes, accounts and look-alikes: windows by account,
# filters, circles, order books and states come back as they were.
. "$(dirname "$0")/lib.sh"

log=${TOCSIN_SHARED:-$here/../shared}/data/market/es-20231225.databento-mbo.jsonl.gz
if [[ ! -e $log ]]; then
	skip "the recorded log is not at $log (TOCSIN_SHARED)"
	exit 0
fi
patterns=()
for pattern in price-move volume-burst quote-stuffing layering spoofing wash-trade wash-ring crossed-book \
	momentum-ignition front-running unusual-order-size new-account; do
	patterns+=(-p "$pattern")
done
"$BUILD/tocsin" inject --accounts --negatives --each 1 --spread 15s --seed "${TOCSIN_SEED:-1}" "${patterns[@]}" \
	-l "$tmp/labels" "$log" | gzip -1 >"$tmp/log.gz"
check "the log has its episodes" test "$(wc -l <"$tmp/labels")" -gt 12
{
	printf 'include:\n'
	for file in "$here"/conf/rules/*.yaml; do
		[[ $file == *.test.yaml ]] || printf '  - "%s"\n' "$file"
	done
	echo 'calendars: [{name: CME-equity, instruments: ["ES*"]}]'
} >"$tmp/rules.yaml"
env KILL_LOG="$tmp/log.gz" KILL_RULES="$tmp/rules.yaml" TOCSIN_KILLS="${TOCSIN_KILLS:-10}" STORY_SUFFIX=-sets \
	bash "$here/test/system/0020-kill-9.sh" >"$tmp/story" 2>&1 && code=0 || code=$?
is "kill -9 with all rule sets" "$code" 0
[[ $code -eq 0 ]] || grep -vE '^#   #' "$tmp/story" | sed 's/^/#   /'
grep '^# ' "$tmp/story" | grep -v ' info: ' | tail -n 4
