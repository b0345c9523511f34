#!/usr/bin/env bash
# Some of the stories once more, with the program and the tools built for AddressSanitizer and
# UndefinedBehaviorSanitizer, and for ThreadSanitizer: nothing of ours is reported.
# timeout: 600
. "$(dirname "$0")/lib.sh"

stories=(0025-webhook 0030-bad-input 0060-replay 0085-signals 0110-silence)
[[ -z ${TOCSIN_LONG:-} ]] || stories+=(0010-broker-equals-replay 0020-kill-9 0050-broker-trouble 0070-metrics 0080-state-folder)

# round TEXT BUILD: the reports go to files, so that none is lost in a log.
round() {
	local text=$1 build=$2 name reports=$tmp/reports-$1
	if [[ ! -x $build/tocsin || ! -x $build/test/tools/receiver ]]; then
		skip "$text: not built in $build"
		return
	fi
	mkdir "$reports"
	for name in "${stories[@]}"; do
		check "$text: $name" env BUILD="$build" STORY_SUFFIX="-$text" \
			ASAN_OPTIONS="log_path=$reports/$name" UBSAN_OPTIONS="log_path=$reports/$name:print_stacktrace=1" \
			TSAN_OPTIONS="log_path=$reports/$name:second_deadlock_stack=1:suppressions=$here/test/tsan.supp" \
			bash "$here/test/system/$name.sh"
		if compgen -G "$reports/$name.*" >/dev/null; then
			not_ok "$text: $name: reports"
			head -n 60 "$reports/$name".* | sed 's/^/#   /'
		fi
	done
}
round asan "${BUILD_ASAN:-$here/build/address-undefined}"
round tsan "${BUILD_TSAN:-$here/build/thread}"
