#!/usr/bin/env bash
# The rule sets of conf/rules: each by itself and all together are right, every rule fires in some test and is
# silent in another, each has its page, and what is installed can be included.
. "$(dirname "$0")/lib.sh"

rules=() tests=()
for file in "$here"/conf/rules/*.yaml; do
	case $file in
	*.test.yaml) tests+=("$file") ;;
	*) rules+=("$file") ;;
	esac
done
is "there are sixteen" "${#rules[@]}" 16
for file in "${rules[@]}"; do
	name=${file##*/} name=${name%.yaml}
	check "$name is right" "$BUILD/tocsin" check --replay "$file"
	check "$name has its page" grep -q '^\*\*Known false alarms' "${file%.yaml}.md"
	check "which README names" grep -qF "($name.md)" "$here/conf/rules/README.md"
done
check "all tests pass, of every rule one in which it fires and one in which it is silent" \
	"$BUILD/tocsin" test --coverage "${tests[@]}"

make -s -C "$here" install O="$BUILD" DESTDIR="$tmp/root" PREFIX=/usr >"$tmp/install.log" 2>&1
cat >"$tmp/all.yaml" <<END2
include: ["$tmp/root/usr/share/tocsin/rules/*.yaml"]
calendars: [{name: CME-equity, instruments: ["ES*"]}]
END2
check "what is installed can be included" "$BUILD/tocsin" check --replay "$tmp/all.yaml"
replay() { "$BUILD/tocsin" replay -q -c "$tmp/all.yaml" -f databento-mbo -o jsonl "$here/conf/demo/es-20231225.jsonl.zst"; }
replay >"$tmp/a"
replay >"$tmp/b"
check "and says the same of the same log" cmp "$tmp/a" "$tmp/b"
