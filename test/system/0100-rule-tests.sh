#!/usr/bin/env bash
# Rule tests: the worked example of conf/rule-tests.md, what a failure shows, JUnit XML, wrong files, coverage.
. "$(dirname "$0")/lib.sh"

t() { "$BUILD/tocsin" test "$@"; }

check "the example passes" t "$here/conf/first-rule.test.yaml"
check "and is the one of the page" cmp "$here/conf/first-rule.test.yaml" \
	<(awk '/^```/ { inside = /yaml/; next } inside' "$here/conf/rule-tests.md")
check "every rule of it fires in one test and is silent in another" t --coverage "$here/conf/first-rule.test.yaml"

cp "$here/conf/first-rule.yaml" "$tmp/first-rule.yaml"
cat >"$tmp/a.test.yaml" <<'END2'
rules: [first-rule.yaml]
tests:
  - name: is silent & <quiet> "here"
    events: [{generate: constant, to: 1m, every: 1s, price: 100, size: 1}]
    expect: []
  - name: fails
    events:
      - {generate: constant, to: 1m, every: 1s, price: 100, size: 1}
      - {at: 1m, price: 101, size: 1}
    expect: [{rule: price-move, at: 59s, severity: critical}]
END2
check "a failing test is status 1" exits 1 t "$tmp/a.test.yaml" -o junit "$tmp/j.xml"
t "$tmp/a.test.yaml" >"$tmp/out" || true
check "with the line of each test" grep -qE '^  ok +is silent & <quiet> "here" +60 events, 0 alerts$' "$tmp/out"
check "what is missing" grep -qE '^ +- missing +59s +price-move +any instrument +critical$' "$tmp/out"
check "the nearest miss" grep -qF 'nearest: the one at 1m; 1s late; severity warning' "$tmp/out"
check "what is unexpected" grep -qE '^ +\+ unexpected +1m +price-move +TEST +firing warning' "$tmp/out"
check "and the sum" grep -qx '2 tests: 1 passed, 1 failed' "$tmp/out"
check "JUnit XML is well-formed" xmllint --noout "$tmp/j.xml"
is "its counts" "$(xmllint --xpath 'concat(/testsuites/@tests, " ", /testsuites/@failures, " ", count(//testcase), " ", count(//failure))' "$tmp/j.xml")" "2 1 2 1"
is "its names are whole" "$(xmllint --xpath 'string(//testcase[1]/@name)' "$tmp/j.xml")" 'is silent & <quiet> "here"'
check "its text has the difference" grep -q 'missing' <(xmllint --xpath 'string(//failure)' "$tmp/j.xml")
check "--run picks by a part of the name" t --run quiet "$tmp/a.test.yaml"
check "and by a pattern" exits 1 t --run 'f*s' "$tmp/a.test.yaml"
check "a pattern that picks nothing is a failure" exits 1 t --run nothing "$tmp/a.test.yaml"
check "twice the same bytes" cmp "$tmp/out" <(t "$tmp/a.test.yaml" || true)
check "--coverage names a rule that only fires in a test that fails" bash -c \
	"'$BUILD/tocsin' test --coverage '$tmp/a.test.yaml' | grep -qE \"first-rule.yaml:3: rule 'price-move': no test makes it fire\$\""

cat >"$tmp/states.yaml" <<'END2'
rules:
  - {name: high, when: price > 10, for: 5s}
  - {name: silence, when: absent_for(30s), match: {kind: any}}
END2
cat >"$tmp/states.test.yaml" <<'END2'
rules: states.yaml
tests:
  - name: pending, firing, resolved, and a silence at the end
    events:
      - {generate: constant, to: 20s, every: 1s, price: 11, size: 1}
      - {at: 20s, price: 9, size: 1}
    until: 1m
    expect:
      - {rule: high, at: 5s, status: firing}
      - {rule: high, at: 20s, status: resolved}
      - {rule: silence, at: 50s}
  - name: too short for either
    events:
      - {generate: constant, to: 4s, every: 1s, price: 11, size: 1}
      - {at: 4s, price: 9, size: 1}
    until: 33s
    expect: []
END2
check "rules with states, and time that goes on without events" t --coverage "$tmp/states.test.yaml"

cat >"$tmp/b.test.yaml" <<'END2'
rules: first-rule.yaml
tests:
  - {name: a, events: [{at: 0s, price: 1, size: 1}], expect: [{rule: price-mov}], only: [price]}
  - {name: b, events: [{file: none.jsonl}], expect: []}
END2
check "a wrong file is status 78" exits 78 t "$tmp/b.test.yaml"
t "$tmp/b.test.yaml" 2>"$tmp/wrong" || true
is "with every mistake and its place" "$(cat "$tmp/wrong")" "$tmp/b.test.yaml:3:70: error: no rule under test is named 'price-mov' (did you mean 'price-move'?)
$tmp/b.test.yaml:3:90: error: no rule under test is named 'price'
$tmp/b.test.yaml:4:31: error: $tmp/none.jsonl: No such file or directory"
sed -i 's/abs(return/abs(retrun/' "$tmp/first-rule.yaml"
check "wrong rules are status 78" exits 78 t "$tmp/a.test.yaml"
check "with their own place" grep -qE 'first-rule.yaml:[0-9]+:[0-9]+: error: ' <(t "$tmp/a.test.yaml" 2>&1 || true)
check "no file is status 2" exits 2 t
check "no such file is status 78" exits 78 t "$tmp/nowhere"
check "a full disk is status 1" exits 1 bash -c "'$BUILD/tocsin' test '$here/conf/first-rule.test.yaml' >/dev/full"
