#!/usr/bin/env bash
# Wrong configurations: status 78 and every error with its place, before anything is connected to;
# secrets are read where they are and printed nowhere; the reference page is up to date.
. "$(dirname "$0")/lib.sh"

cat >"$tmp/wrong.yaml" <<'END'
name: x
state_dir: /nowhere/at/all
sources:
  - name: s
    brokers: "127.0.0.1:1"
    topcis: [t]
    format: binance-trade
    kafka:
      sesion.timeout.ms: 5
rules:
  - name: one
    when: abs(retrun(price, 1m)) > 3%
  - name: two
    when: "price >"
    severity: awful
sinks:
  - name: w
    url: "ftp://x/"
END
for command in check run; do
	check "$command: wrong configuration is status 78" exits 78 "$BUILD/tocsin" $command -c "$tmp/wrong.yaml"
	"$BUILD/tocsin" $command -c "$tmp/wrong.yaml" 2>"$tmp/errors" || true
	for want in ':6:5: error:.*topcis.*topics' ':9:7: error:.*sesion.timeout.ms' ':12:15: error:.*retrun.*return' ':14:[0-9]*: error:' ':15:15: error:.*awful' ':18:10: error:.*begins with http'; do
		check "$command says $want" grep -qE "wrong.yaml$want" "$tmp/errors"
	done
done
check "nothing was made" test ! -e /nowhere

printf 'hunter2hunter2' >"$tmp/password"
cat >"$tmp/right.yaml" <<END
name: x
state_dir: $tmp/state
listen: ""
sources:
  - name: s
    brokers: "127.0.0.1:1"
    topics: [t]
    format: binance-trade
    kafka:
      sasl.password: {file: $tmp/password}
rules: [{name: r, when: price > 0}]
sinks: [{name: w, url: {env: HOOK_URL}, headers: {Authorization: {credential: token}}}]
END
mkdir "$tmp/credentials"
printf 'tok3nvalue' >"$tmp/credentials/token"
export HOOK_URL=http://127.0.0.1:1/hook/se3cretpath CREDENTIALS_DIRECTORY=$tmp/credentials
check "secrets by file, environment and credential" "$BUILD/tocsin" check "$tmp/right.yaml"
"$BUILD/tocsin" config -c "$tmp/right.yaml" >"$tmp/printed"
check "config prints the rest" grep -q 'name: "\?r"\?' "$tmp/printed"
check "and no secret" fails grep -E 'hunter2|tok3n|se3cret' "$tmp/printed"
start run "$BUILD/tocsin" run -c "$tmp/right.yaml"
wait_for 10 log_has run 'tocsin [0-9]'
stop run
check "nor does the log" fails grep -E 'hunter2|tok3n|se3cret' "$tmp/run.log"
unset HOOK_URL
check "a secret that is not there is status 78" exits 78 "$BUILD/tocsin" check "$tmp/right.yaml"
check "the reference page is what the program prints" cmp <("$BUILD/tocsin" config --reference) "$here/conf/tocsin.yaml"
check "and is a right configuration" "$BUILD/tocsin" check "$here/conf/tocsin.yaml"

check "--help" "$BUILD/tocsin" --help
for command in run replay demo check config detectors; do
	check "$command --help" "$BUILD/tocsin" $command --help
	check "$command --nonsense is status 2" exits 2 "$BUILD/tocsin" $command --nonsense
done
check "--version" "$BUILD/tocsin" --version
check "no command is status 2" exits 2 "$BUILD/tocsin"
check "an unknown command is status 2" exits 2 "$BUILD/tocsin" rnu
check "a missing log is status 69" exits 69 "$BUILD/tocsin" replay -c "$here/conf/tocsin.yaml" "$tmp/none.jsonl"
check "detectors lists the rules and their functions" bash -c "'$BUILD/tocsin' detectors | grep -q '^rules - '"
