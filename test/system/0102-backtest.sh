#!/usr/bin/env bash
# Two versions of rules over a recorded log: alerts gained, lost and moved, as text and JSON.
. "$(dirname "$0")/lib.sh"

log=$here/conf/demo/es-20231225.jsonl.zst
cat >"$tmp/old.yaml" <<'END2'
name: old
rules:
  - {name: move, when: "abs(return(price, 10s)) > 0.01%", cooldown: 1m}
  - {name: gone, when: "sum(size, 10s) > 100", cooldown: 1m}
END2
sed 's/0.01%/0.012%/; s/gone/come/; s/^name: old/name: new/' "$tmp/old.yaml" >"$tmp/new.yaml"
b() { "$BUILD/tocsin" replay -q -f databento-mbo "$@" "$log"; }
alerts() { "$BUILD/tocsin" replay -q -c "$1" -f databento-mbo -o jsonl "$log" | wc -l; }

b --rules "$tmp/new.yaml" --against "$tmp/old.yaml" -o json >"$tmp/json"
is "alerts before are replay's" "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["alerts_old"])' "$tmp/json")" "$(alerts "$tmp/old.yaml")"
is "and those after" "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["alerts_new"])' "$tmp/json")" "$(alerts "$tmp/new.yaml")"
check "every alert is in one change, every sum is right" python3 - "$tmp/json" <<'END2'
import json, sys
r = json.load(open(sys.argv[1]))
same, moved, gained, lost = (r[k] for k in ("same", "moved", "gained", "lost"))
assert same + moved + lost == r["alerts_old"] and same + moved + gained == r["alerts_new"]
assert moved and gained and lost, r
for part in "rules", "days", "instruments":
    for k in "old", "new", "same", "moved", "gained", "lost":
        whole = {"old": r["alerts_old"], "new": r["alerts_new"]}.get(k, r.get(k) if k not in ("old", "new") else 0)
        assert sum(x[k] for x in r[part]) == whole, (part, k)
by = {x["name"]: x for x in r["rules"]}
assert by["gone"]["lost"] == by["gone"]["old"] > 0 and by["come"]["gained"] == by["come"]["new"] > 0
assert len(r["changes"]) == moved + gained + lost
for c in r["changes"]:
    assert (c["change"] == "moved") == ("old_time" in c and "new_time" in c)
END2
b --rules "$tmp/new.yaml" --against "$tmp/old.yaml" >"$tmp/text"
check "as text" grep -qE '^move +[0-9]+ +[0-9]+ ' "$tmp/text"
check "with a line for each change" grep -qE '^moved +2023-12-25T23:.* move +ESH4 .* later' "$tmp/text"
check "twice the same bytes" cmp "$tmp/text" <(b --rules "$tmp/new.yaml" --against "$tmp/old.yaml")
check "into a file" b --rules "$tmp/new.yaml" --against "$tmp/old.yaml" -o human -w "$tmp/written"
check "the same there" cmp "$tmp/text" "$tmp/written"
check "a change is status 0" b --rules "$tmp/new.yaml" --against "$tmp/old.yaml"
check "status 1 with --fail-on-change" exits 1 b --rules "$tmp/new.yaml" --against "$tmp/old.yaml" --fail-on-change
check "not when nothing changed" b --rules "$tmp/old.yaml" --against "$tmp/old.yaml" --fail-on-change
check "no tolerance: nothing has moved" grep -qE ' 0 moved,' <(b --tolerance 0s --rules "$tmp/new.yaml" --against "$tmp/old.yaml")
sed 's/price/prize/' "$tmp/old.yaml" >"$tmp/wrong.yaml"
check "wrong rules are status 78" exits 78 b --rules "$tmp/new.yaml" --against "$tmp/wrong.yaml"
check "options that do not go together are status 2" exits 2 b --rules "$tmp/new.yaml" --fail-on-change
