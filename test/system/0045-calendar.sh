#!/usr/bin/env bash
# The calendars that are shipped, a calendar of one's own, and what is said of a wrong one.
. "$(dirname "$0")/lib.sh"

calendar() { "$BUILD/tocsin" calendar "$@"; }

check "the known ones are listed" calendar
for name in XNYS XNAS XLON CME-equity 24x7; do
	check "$name is one" bash -c "'$BUILD/tocsin' calendar | grep -q '^$name '"
	check "$name shows days" bash -c "'$BUILD/tocsin' calendar $name --from 2024-01-01 --to 2024-12-31 | grep -q continuous"
done

# Environment changes nothing: times are those of the exchange and of UTC.
calendar XNYS --from 2024-03-08 --to 2024-03-11 >"$tmp/dst"
TZ=Asia/Tokyo TZDIR=/nonexistent calendar XNYS --from 2024-03-08 --to 2024-03-11 >"$tmp/tokyo"
check "TZ does not matter" cmp "$tmp/dst" "$tmp/tokyo"
cat >"$tmp/want" <<'END'
XNYS - New York Stock Exchange, MIC XNYS, times of America/New_York, covers 2023-01-01 to 2027-12-31
2024-03-08 Fri  regular
  pre_open          04:00      - 09:30       2024-03-08T09:00:00Z - 2024-03-08T14:30:00Z
  continuous        09:30      - 16:00       2024-03-08T14:30:00Z - 2024-03-08T21:00:00Z
  post              16:00      - 20:00       2024-03-08T21:00:00Z - 2024-03-09T01:00:00Z
2024-03-09 Sat  no session
2024-03-10 Sun  no session
2024-03-11 Mon  regular
  pre_open          04:00      - 09:30       2024-03-11T08:00:00Z - 2024-03-11T13:30:00Z
  continuous        09:30      - 16:00       2024-03-11T13:30:00Z - 2024-03-11T20:00:00Z
  post              16:00      - 20:00       2024-03-11T20:00:00Z - 2024-03-12T00:00:00Z
END
check "a weekend of a clock change" diff "$tmp/want" "$tmp/dst"
calendar CME-equity --from 2023-12-24 --to 2023-12-26 >"$tmp/christmas"
check "a holiday has its name" grep -qx '2023-12-25 Mon  holiday: Christmas Day' "$tmp/christmas"
check "a session begins on the day before" \
	grep -qx '  continuous        17:00 (-1) - 16:00       2023-12-25T23:00:00Z - 2023-12-26T22:00:00Z' "$tmp/christmas"
check "a half day has its name" \
	bash -c "'$BUILD/tocsin' calendar XLON --from 2024-12-24 --to 2024-12-24 | grep -q 'half day: Last trading day'"

cat >"$tmp/own.yaml" <<'END'
name: own
zone: Asia/Tokyo
first_year: 2024
last_year: 2024
sessions:
  - name: day
    days: [mon, tue, wed, thu, fri]
    phases:
      - {phase: continuous, from: "09:00", to: "11:30"}
      - {phase: break, from: "11:30", to: "12:30"}
      - {phase: continuous, from: "12:30", to: "15:00"}
holidays: {2024-01-01: New Year's Day}
END
check "a file of one's own" calendar --file "$tmp/own.yaml" --from 2024-01-01 --to 2024-01-05
check "every shipped file is one" bash -c "for f in '$here'/conf/calendars/*.yaml; do '$BUILD/tocsin' calendar --file \$f --from 2024-01-02 --to 2024-01-02 || exit 1; done"
sed 's/Asia.Tokyo/Asia\/Tokio/; s/continuous, from: "09:00"/continous, from: "09:00"/' "$tmp/own.yaml" >"$tmp/wrong.yaml"
check "a wrong one is status 78" exits 78 "$BUILD/tocsin" calendar --file "$tmp/wrong.yaml"
calendar --file "$tmp/wrong.yaml" 2>"$tmp/errors" || true
check "with the place" grep -qE "wrong.yaml:9:17: error: .*'continous'.*continuous" "$tmp/errors"
sed 's/Asia.Tokyo/Asia\/Tokio/' "$tmp/own.yaml" >"$tmp/wrong.yaml"
calendar --file "$tmp/wrong.yaml" 2>"$tmp/errors" || true
check "also of an unknown zone" grep -qE "wrong.yaml:2:7: error: unknown time zone 'Asia/Tokio' \(did you mean 'Asia/Tokyo'" "$tmp/errors"
check "an unknown name is status 2" exits 2 "$BUILD/tocsin" calendar XNSY
calendar XNSY 2>"$tmp/errors" || true
check "with the nearest" grep -q "did you mean 'XNYS'" "$tmp/errors"
check "a year that is not covered is status 2" exits 2 "$BUILD/tocsin" calendar XNYS --from 2031-01-01
check "no date is status 2" exits 2 "$BUILD/tocsin" calendar XNYS --from tomorrow
check "a missing file is status 78" exits 78 "$BUILD/tocsin" calendar --file "$tmp/none.yaml"

# A rule that is judged in some phases only, with a calendar of one's own beside the configuration.
sed 's/^name: .*/name: tokyo/' "$tmp/own.yaml" >"$tmp/tokyo.yaml"
cat >"$tmp/rules.yaml" <<'END'
name: hours
calendars:
  - {name: tokyo, file: tokyo.yaml, instruments: [7203]}
rules:
  - {name: morning, when: price > 0 and time between 09:00 and 11:30, active: [continuous], cooldown: 0s}
  - {name: lunch, when: price > 0, calendar: tokyo, active: [break], cooldown: 0s}
END
for time in 2024-01-05T00:00:00Z 2024-01-05T02:29:59Z 2024-01-05T03:00:00Z 2024-01-05T06:00:00Z; do
	echo "{\"instrument\":\"7203\",\"time\":\"$time\",\"price\":2600,\"size\":100}"
done >"$tmp/log.jsonl"
"$BUILD/tocsin" replay -c "$tmp/rules.yaml" -f generic -o csv -w "$tmp/alerts.csv" "$tmp/log.jsonl" 2>"$tmp/summary"
is "two alerts in the morning" "$(grep -c ,morning, "$tmp/alerts.csv")" 2
is "one at lunch" "$(grep -c ,lunch, "$tmp/alerts.csv")" 1
check "what was not judged is in the summary" grep -qE 'morning .*not judged: 2 events outside its hours, 0 without' "$tmp/summary"
sed 's/tokyo.yaml/osaka.yaml/' "$tmp/rules.yaml" >"$tmp/wrong.yaml"
"$BUILD/tocsin" check --replay "$tmp/wrong.yaml" 2>"$tmp/errors" || true
check "a missing calendar file has its place" grep -qE 'wrong.yaml:3:25: error: calendar file .*osaka.yaml cannot be read' "$tmp/errors"
