#!/usr/bin/env bash
# Why a rule fired, or did not, on real data: the same looks and values as replay's alerts have.
. "$(dirname "$0")/lib.sh"

log=$here/conf/demo/es-20231225.jsonl.zst
cat >"$tmp/c.yaml" <<'END2'
name: why
rules:
  - {name: move, when: "abs(return(price, 10s)) > 0.01%", cooldown: 1m}
  - {name: high, when: "price > 4808 and size > 20", cooldown: 1m}
  - {name: session, when: price > 0, calendar: XNYS, active: [continuous]}
END2
why() { "$BUILD/tocsin" why -q -c "$tmp/c.yaml" -f databento-mbo "$@" "$log"; }
"$BUILD/tocsin" replay -q -c "$tmp/c.yaml" -f databento-mbo -o jsonl "$log" >"$tmp/alerts"

check "every alert of replay is told as one, with its values" python3 - "$tmp" "$BUILD/tocsin" "$log" <<'END2'
import json, subprocess, sys
tmp, tocsin, log = sys.argv[1:]
alerts = [json.loads(line) for line in open(tmp + "/alerts")]
alerts = [a for a in alerts if a["rule"]["name"] == "move"] if isinstance(alerts[0]["rule"], dict) \
    else [a for a in alerts if a["rule"] == "move"]
assert len(alerts) > 3
for a in alerts[:5]:
    at = a["event"]["time"] if "event" in a and "time" in a["event"] else a["time"]
    out = subprocess.run([tocsin, "why", "-q", "-c", tmp + "/c.yaml", "-f", "databento-mbo", "-o", "json", "-w", "1s",
                          "move", "ESH4", at, log], capture_output=True, check=True).stdout
    r = json.loads(out)
    assert r["fired"] and r["answer"].startswith("It fired at " + at), r["answer"]
    look = [x for x in r["looks"] if x["result"] == "alert"][0]
    c = look["checks"][0]
    assert c["value"] is True and c["observed"] > c["threshold"] == 0.0001
    reason = a["reasons"][0]
    assert abs(c["observed"] - reason["observed"]) < 1e-12, (c, reason)
END2
is "before the window is full" "$(why move ESH4 2023-12-25T23:03:02Z -w 2s | tail -n 1 | grep -o 'It did not fire because it had no value: return(price, 10s)')" \
	"It did not fire because it had no value: return(price, 10s)"
check "held by the cooldown" grep -q 'because the cooldown of 1m holds it since the alert of 2023-12-25T23:05:14' \
	<(why move ESH4 2023-12-25T23:05:20Z -w 5s | tail -n 1)
check "the nearest miss has its distance" grep -qE '^nearest miss at .*% off\)' <(why high ESH4 2023-12-25T23:10:00Z -w 1m)
check "outside of the session" grep -q 'not judged at this time of the calendar XNYS, only in continuous' \
	<(why session ESH4 2023-12-25T23:10:00Z | tail -n 1)
check "an instrument that is not there, with the nearest" grep -q 'ESM4 is not in these logs (the nearest name is ESH4)' \
	<(why move ESM4 2023-12-25T23:10:00Z | tail -n 1)
check "twice the same bytes" cmp <(why move ESH4 2023-12-25T23:10:00Z) <(why move ESH4 2023-12-25T23:10:00Z)
check "an unknown rule is status 2" exits 2 why mve ESH4 2023-12-25T23:10:00Z
check "a wrong time too" exits 2 why move ESH4 noon
check "wrong rules are status 78" exits 78 "$BUILD/tocsin" why -c "$here/README.md" move ESH4 2023-12-25T23:10:00Z "$log"
