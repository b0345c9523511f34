# lib.sh - what the stories of this folder share. A story begins with
#
#   . "$(dirname "$0")/lib.sh"
#
# and says what it saw with check, ok, not_ok or skip: one line each, which test/all counts. It runs
# with set -eu: a command that fails outside of check ends it as failed. Whatever it started with
# `start` is ended by pid when it ends, however it ends, and its folder $tmp is removed.
#
#   $BUILD       folder of the default build; $BUILD_ASAN, $BUILD_TSAN: the sanitized ones, if built
#   $tmp         a folder of its own; the log of `start NAME` is $tmp/NAME.log
#   $story       its name without .sh, for topics and groups of its own on the shared broker; another
#                story that runs it once more sets STORY_SUFFIX
#   TOCSIN_KAFKA bootstrap of a broker to use; without it kafka_up starts one
# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # what it sets is used by the stories
set -Eeu -o pipefail
# The last part of a pipe sets variables of the story, not of a subshell.
shopt -s lastpipe

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$here/build}
[[ $BUILD == /* ]] || BUILD=$here/$BUILD
cache=${TOCSIN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tocsin}
PATH=$PATH:$cache/bin:/usr/sbin:/sbin
story=$(basename "$0" .sh)${STORY_SUFFIX:-}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-$story.XXXXXX")
failures=0
declare -A pids=()
own_kafka=

ok() { echo "ok - $*"; }
not_ok() { echo "not ok - $*"; failures=$((failures + 1)); }
# The rest of the story, or this point of it, cannot be tried here; said aloud and counted.
skip() { echo "skip - $*"; }
note() { echo "# $*"; }

# check TEXT COMMAND...: ok if the command succeeds; what it printed is shown if not.
check() {
	local text=$1 out
	shift
	out=$tmp/.check
	if "$@" >"$out" 2>&1; then
		ok "$text"
	else
		not_ok "$text ($*)"
		tail -n 20 "$out" | sed 's/^/#   /'
	fi
}

# is TEXT GOT EXPECTED
is() {
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		not_ok "$1: got '$2', expected '$3'"
	fi
}

# fails COMMAND...: for check, where a command must not succeed.
fails() { ! "$@"; }

# exits CODE COMMAND...: for check.
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[[ $got -eq $want ]] || { echo "exit $got, expected $want"; return 1; }
}

# wait_for SECONDS COMMAND...: tries it until it succeeds; 1 when the time is over.
wait_for() {
	local end
	end=$((${EPOCHREALTIME/[.,]/} + ${1%%.*} * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME/[.,]/} < end)) || return 1
		sleep 0.05
	done
}

# An ended process that nobody has waited for is no longer alive.
alive() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	[[ ${stat##*) } != Z* ]]
}
gone() { ! alive "$1"; }

# start NAME COMMAND...: in the background, output in $tmp/NAME.log, pid in ${pids[NAME]}.
start() {
	local name=$1
	shift
	"$@" </dev/null >"$tmp/$name.log" 2>&1 &
	pids[$name]=$!
}

# ends NAME SECONDS: waits for it to end by itself; sets $exit_code. 1 when it does not.
ends() {
	local pid=${pids[$1]}
	wait_for "$2" gone "$pid" || return 1
	exit_code=0
	wait "$pid" 2>/dev/null || exit_code=$?
	unset "pids[$1]"
}

# stop NAME [SIGNAL [SECONDS]]: signals it and waits; sets $exit_code. Killed, and 1, when it is too slow.
stop() {
	local name=$1 signal=${2:-TERM} seconds=${3:-30}
	kill "-$signal" "${pids[$name]}" 2>/dev/null || true
	ends "$name" "$seconds" && return 0
	kill -KILL "${pids[$name]}" 2>/dev/null || true
	ends "$name" 5 || true
	return 1
}

# log_has NAME REGEX
log_has() { grep -qE -- "$2" "$tmp/$1.log"; }

# A broker: sets $bootstrap. The run's shared one, or one of this story's own.
kafka_up() {
	if [[ -n ${TOCSIN_KAFKA:-} ]]; then
		bootstrap=$TOCSIN_KAFKA
		return 0
	fi
	own_kafka_up
}

# Always one of its own, for stories that stop it or set it up: "own_kafka_up [scripts/kafka start's options]".
# Sets $bootstrap, $kafka_dir and, with --sasl, $kafka_sasl.
own_kafka_up() {
	local line word
	own_kafka=$tmp/kafka
	line=$("$here/scripts/kafka" start --dir "$own_kafka" "$@")
	for word in $line; do
		case $word in
		bootstrap=*) bootstrap=${word#*=} ;;
		dir=*) kafka_dir=${word#*=} ;;
		sasl=*) kafka_sasl=${word#*=} ;;
		esac
	done
}
own_kafka_down() { "$here/scripts/kafka" stop "$kafka_dir" "$@"; }
own_kafka_again() { "$here/scripts/kafka" start --dir "$kafka_dir" >/dev/null; }

# topic NAME PARTITIONS [CONFIG=VALUE...] on $bootstrap
topic() { "$here/scripts/kafka" topic --bootstrap "$bootstrap" "$@"; }

# receiver_up [NAME [options of test/tools/receiver]]: sets $receiver_url; a line per POST in $receiver_log.
receiver_up() {
	local name=${1:-receiver}
	shift || true
	receiver_log=$tmp/$name.posts
	: >"$receiver_log"
	start "$name" "$BUILD/test/tools/receiver" "$receiver_log" "$@"
	wait_for 10 log_has "$name" '^port [0-9]+' || { cat "$tmp/$name.log"; return 1; }
	receiver_url=http://127.0.0.1:$(sed -n 's/^port \([0-9]*\).*/\1/p' "$tmp/$name.log")/
}

# has_lines FILE N: at least N lines.
has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; }

cleanup() {
	local code=$? name pid
	trap - EXIT
	set +e
	for name in "${!pids[@]}"; do
		pid=${pids[$name]}
		kill -CONT "$pid" 2>/dev/null
		kill -TERM "$pid" 2>/dev/null
	done
	for name in "${!pids[@]}"; do
		pid=${pids[$name]}
		wait_for 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null
	done
	[[ -z $own_kafka ]] || "$here/scripts/kafka" stop "$own_kafka" --now 2>/dev/null
	declare -F story_cleanup >/dev/null && story_cleanup
	if [[ $code -ne 0 ]]; then
		not_ok "the story ended early, exit $code, ${at:-}"
	fi
	if [[ $failures -gt 0 ]]; then
		for name in "$tmp"/*.log; do
			[[ -s $name ]] || continue
			echo "# --- end of $(basename "$name")"
			tail -n 30 "$name" | sed 's/^/#   /'
		done
	fi
	if [[ -n ${TOCSIN_KEEP:-} ]]; then echo "# kept: $tmp"; else rm -rf "$tmp"; fi
	exit $((failures > 0))
}
trap cleanup EXIT
trap 'at="at line $LINENO: $BASH_COMMAND"' ERR
trap 'exit 143' TERM
trap 'exit 130' INT
