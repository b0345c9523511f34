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

cat >"$tmp/params.yaml" <<'END2'
name: params
rules:
  - name: move
    params: {limit: 0.01%, window: 10s}
    when: abs(return(price, window)) > limit
    cooldown: 1m
  - {name: plain, when: size > 100}
END2
b --rules "$tmp/params.yaml" --sensitivity -o json >"$tmp/sensitivity"
check "each step's alerts are those of the rule with that value" python3 - "$tmp" "$BUILD/tocsin" "$log" <<'END2'
import json, subprocess, sys
tmp, tocsin, log = sys.argv[1:]
r = json.load(open(tmp + "/sensitivity"))
text = open(tmp + "/params.yaml").read()
move = {x["name"]: x for x in r["rules"]}["move"]
n = 0
for p in move["parameters"]:
    assert [m["percent"] for m in p["moved"]] == [-50, -25, -10, 10, 25, 50]
    for m in p["moved"]:
        open(tmp + "/one.yaml", "w").write(text.replace("%s: %s" % (p["name"], p["value"]), "%s: %s" % (p["name"], m["value"])))
        out = subprocess.run([tocsin, "replay", "-q", "-c", tmp + "/one.yaml", "-f", "databento-mbo", "-o", "jsonl", log],
                             capture_output=True, check=True).stdout.decode().splitlines()
        assert sum('"move"' in line for line in out) == m["alerts"], (p["name"], m)
        n += 1
assert n == 12 and len({m["alerts"] for m in move["parameters"][0]["moved"]}) > 1
END2
check "as a table" grep -qE '^move +limit +0.01% +[0-9]+ ' <(b --rules "$tmp/params.yaml" --sensitivity)
cat >"$tmp/params.test.yaml" <<'END2'
rules: [params.yaml, more.yaml]
params: {limit: 1%}
tests:
  - name: a limit of the file
    events: [{generate: constant, to: 20s, every: 1s, price: 100, size: 1}, {at: 20s, price: 100.9, size: 1}]
    expect: []
  - name: a limit of the test
    params: {move.limit: 0.5%}
    events: [{generate: constant, to: 20s, every: 1s, price: 100, size: 1}, {at: 20s, price: 100.9, size: 1}]
    expect: [{rule: move, at: 20s}]
END2
printf 'rules:\n  - {name: more, when: size > 1000}\n' >"$tmp/more.yaml"
sed '/^name:/d' "$tmp/params.yaml" >"$tmp/rules.yaml" && mv "$tmp/rules.yaml" "$tmp/params.yaml"
check "several rule files, and parameters of a test" "$BUILD/tocsin" test "$tmp/params.test.yaml"
sed -i 's/move.limit/move.limt/' "$tmp/params.test.yaml"
check "an unknown parameter has its place" grep -qF "params.test.yaml:8:14: error: no rule under test has the parameter 'move.limt' (did you mean 'limit'?)" \
	<("$BUILD/tocsin" test "$tmp/params.test.yaml" 2>&1)
