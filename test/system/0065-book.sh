#!/usr/bin/env bash
# The order book of a real CME log against a naive rebuild in Python that shares no code with it: every
# level at the end, the best bid and ask after every event, trades, and what fills took. In
# continuous trading (from 23:00 UTC) it is never crossed where an exchange packet ends. Without the
# recorded log the excerpt in conf/demo stands for it.
. "$(dirname "$0")/lib.sh"

log=${TOCSIN_SHARED:-$here/../shared}/data/market/es-20231225.databento-mbo.jsonl.gz
if [[ -e $log ]]; then
	zcat "$log" >"$tmp/log.jsonl"
else
	skip "the recorded log is not at $log (TOCSIN_SHARED): the excerpt in conf/demo instead"
	zstd -qdc "$here/conf/demo/es-20231225.jsonl.zst" >"$tmp/log.jsonl"
fi
events=$(wc -l <"$tmp/log.jsonl")
naive() { "$here/test/tools/naive_book.py" "$@" <"$tmp/log.jsonl"; }
book() { "$BUILD/tocsin" book -f databento-mbo "$@" "$tmp/log.jsonl"; }

book -n 0 -o csv >"$tmp/depth" 2>"$tmp/summary"
naive depth >"$tmp/depth.naive"
note "$(cat "$tmp/summary")"
check "there are levels to compare" test "$(wc -l <"$tmp/depth")" -gt 100
check "every level at the end: price, size, orders" cmp "$tmp/depth" "$tmp/depth.naive"

book -q --every 1 >"$tmp/top"
naive top >"$tmp/top.naive"
is "a line for each of $events events" "$(wc -l <"$tmp/top")" $((events + 1))
check "best bid and ask after every event" cmp "$tmp/top" "$tmp/top.naive"

naive facts | read -r trades volume cancelled by_fill
check "$trades trades of $volume" grep -qF "; $trades trades, volume $volume; " "$tmp/summary"
check "$cancelled cancelled, $by_fill taken by fills" \
	grep -qF "; $cancelled orders cancelled, $by_fill taken by fills" "$tmp/summary"
check "no order was added twice, filled or cancelled for more than it had" \
	fails grep -qE 'duplicate_add|overfill|negative_size|refused [1-9]|sequence' "$tmp/summary"

naive crossed "$tmp/top" 2023-12-25T23:00:00Z | read -r ends bad
check "there are packets to look at" test "$ends" -gt 500
is "crossed or locked at the end of $ends packets in continuous trading" "$bad" 0

book -n 2 -o human >"$tmp/human" 2>/dev/null
check "a table for people" grep -qE '^ESH4: [0-9]+ levels bid, [0-9]+ asked' "$tmp/human"
check "an instrument that is not there" test -z "$("$BUILD/tocsin" book -q -f databento-mbo -i NONE -o human "$tmp/log.jsonl")"
check "no format is a wrong command line" exits 2 "$BUILD/tocsin" book "$tmp/log.jsonl"
check "an unknown one too" exits 2 "$BUILD/tocsin" book -f databnto "$tmp/log.jsonl"
check "a log that is not there" exits 69 "$BUILD/tocsin" book -f databento-mbo "$tmp/none"

# Rules see the same book: what they find is what the lines above say.
cat >"$tmp/rules.yaml" <<'END'
name: book
rules:
  - name: crossed
    match: {kind: [order_add, order_modify, order_cancel]}
    when: book_crossed
    cooldown: 0s
END
"$BUILD/tocsin" replay -c "$tmp/rules.yaml" -f databento-mbo -o csv "$tmp/log.jsonl" 2>"$tmp/replay" >"$tmp/alerts"
naive crossed "$tmp/top" | read -r ends bad
locked=$(sed -n 's/.* locked \([0-9]*\).*/\1/p' "$tmp/summary")
is "a rule on book_crossed finds the $bad packet ends that are crossed" \
	"$(grep -c ',crossed,' "$tmp/alerts")" $((bad - ${locked:-0}))
check "the summary of a replay counts the same" \
	grep -qF "order books: $(sed -n '2s/.*bytes, //p' "$tmp/summary" | sed 's/\([a-z_]*\) \([0-9]*\)/\2 \1/g')" "$tmp/replay"

# A gap where none may be: the book says nothing until it is cleared.
message() { printf '{"type":"%s","instrument":"A","time":%d,"order_id":"%s","side":"%s","price":%d,"size":1,"sequence":%d}\n' "$@"; }
{
	message order_add 1700000001 1 buy 99 1
	message order_add 1700000002 2 sell 101 2
	message order_add 1700000003 3 buy 100 4
	message order_add 1700000004 4 buy 98 5
	message book_clear 1700000005 0 none 1 6
	message order_add 1700000006 5 buy 97 7
} >"$tmp/gap.jsonl"
cat >"$tmp/gap.yaml" <<'END'
name: gap
formats: [{name: numbered, kind: type, sequence_gapless: true}]
rules: [{name: r, when: price > 1}]
END
is "a gap silences the book until it is cleared" \
	"$("$BUILD/tocsin" book -c "$tmp/gap.yaml" -f numbered --every 1 "$tmp/gap.jsonl" 2>"$tmp/gap" | cut -d, -f1,4,6 | tr '\n' ' ')" \
	"event,bid,ask 1,99, 2,99,101 3,, 4,, 5,, 6,97, "
check "and is counted" grep -q 'sequence_gap 1' "$tmp/gap"
