#!/usr/bin/env bash
# Under a real systemd, installed as `make install` does it: ready, watched, restarted, stopped, and not
# restarted when it is the configuration that is wrong. systemd runs in a container made by debootstrap.
# timeout: 600
. "$(dirname "$0")/lib.sh"

root=$tmp/root

# Within a container that may not make containers there is nothing to be tried; anywhere else a
# container that does not come up is a failure.
cannot() {
	if systemd-detect-virt --quiet --container; then
		skip "no systemd in a container inside this container: $*"
	else
		not_ok "$*"
	fi
	exit 0
}

[[ $(id -u) -eq 0 ]] || { skip "needs root to boot a container"; exit 0; }
for program in debootstrap systemd-nspawn; do
	command -v "$program" >/dev/null || { skip "needs $program: run scripts/setup test"; exit 0; }
done

mapfile -t packages < <("$here/scripts/setup" runtime "$BUILD/tocsin")
[[ ${#packages[@]} -gt 0 ]]
base=$("$here/scripts/rootfs" systemd systemd-sysv dbus procps "${packages[@]}") ||
	cannot "no root folder for the container"
cp -a --reflink=auto "$base" "$root"
note "installing into the container: ${packages[*]}"
make --no-print-directory -C "$here" O="$BUILD" DESTDIR="$root" PREFIX=/usr install >"$tmp/install.log" 2>&1

mkdir -p "$root/etc/tocsin"
cat >"$root/etc/tocsin/tocsin.yaml" <<'END'
name: box
listen: 127.0.0.1:0
sources:
  - name: trades
    brokers: "127.0.0.1:9"
    topics: [trades]
    format: binance-trade
rules:
  - name: any
    when: "price > 0"
sinks:
  - name: out
    type: stdout
END
sed 's/^  - name: out$/  - name: out\n    url: {credential: webhook-url}/; s/type: stdout/type: webhook/' \
	"$root/etc/tocsin/tocsin.yaml" >"$root/etc/tocsin/secret.yaml"
sed 's/price > 0/prize >/; s/brokers:/borkers:/' "$root/etc/tocsin/tocsin.yaml" >"$root/etc/tocsin/broken.yaml"
install -m600 /dev/null "$root/etc/tocsin/webhook-url"
echo 'http://127.0.0.1:9/hook' >"$root/etc/tocsin/webhook-url"

cat >"$root/root/inside" <<'END'
#!/usr/bin/env bash
set -o pipefail
# Runs in the container; its lines are read by the story.
ok() { echo "ok - $*"; }
not_ok() {
	echo "not ok - $*"
	systemctl status --no-pager --lines=20 tocsin 2>&1 | sed 's/^/#   /'
}
check() {
	local text=$1
	shift
	if "$@"; then ok "$text"; else not_ok "$text ($*)"; fi
}
prop() { systemctl show -P "$1" tocsin; }
has() { [[ $(prop "$1") == "$2" ]]; }
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}
# stays SECONDS COMMAND...: it holds all the time.
stays() {
	local end=$((SECONDS + $1 + 1))
	shift
	while ((SECONDS < end)); do
		"$@" || return 1
		sleep 0.1
	done
}
status_of() { sed -n "s/^$1:\t//p" "/proc/$(prop MainPID)/status"; }
journal_has() { journalctl --no-pager -q -u tocsin | grep -qE "$1"; }
# drop_in LINES: the unit's only drop-in.
drop_in() {
	mkdir -p /run/systemd/system/tocsin.service.d
	printf '%s\n' "$@" >/run/systemd/system/tocsin.service.d/test.conf
	systemctl daemon-reload
	systemctl reset-failed tocsin 2>/dev/null
}
run_with() { printf 'ExecStart=\nExecStart=/usr/bin/tocsin run -c /etc/tocsin/%s' "$1"; }

check "verify has nothing to say" \
	test -z "$(systemd-analyze verify tocsin.service 2>&1 | grep tocsin)"

check "ready while the broker is unreachable" timeout 60 systemctl start tocsin
check "active" has ActiveState active
check "it tells its status: $(prop StatusText)" test -n "$(prop StatusText)"
check "not root" test "$(status_of Uid | cut -f1)" -gt 60000
check "no capabilities" test "$(status_of CapEff)" = 0000000000000000
check "a system call filter" test "$(status_of Seccomp)" = 2
check "state folder is its own" test -n "$(find /var/lib/private/tocsin -type f -uid "$(status_of Uid | cut -f1)")"
exposure() { systemd-analyze security --no-pager --threshold=12 tocsin.service | tail -n 1; }
check "security exposure at most 1.2" exposure

begin=${EPOCHREALTIME/./}
check "SIGTERM stops it" timeout 60 systemctl stop tocsin
ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
check "within the time limit: $ms ms" test "$ms" -lt 25000
check "cleanly" has Result success
check "with exit 0" has ExecMainStatus 0

drop_in '[Service]' RestartSec=100ms WatchdogSec=2 TimeoutAbortSec=1
check "starts again on its state" timeout 60 systemctl start tocsin
pid=$(prop MainPID)
kill -KILL "$pid"
check "killed, it is started again" wait_for 30 has NRestarts 1
check "and becomes ready" wait_for 30 has ActiveState active
pid=$(prop MainPID)
check "the watchdog is fed while nothing arrives" stays 5 has MainPID "$pid"
kill -STOP "$pid"
restarted() { has NRestarts 2 && has ActiveState active; }
check "the watchdog kills a hung process and it is started again" wait_for 40 restarted
check "by the watchdog" journal_has 'Watchdog timeout'
check "as another process" test "$(prop MainPID)" != "$pid"
timeout 60 systemctl stop tocsin

drop_in '[Service]' RestartSec=100ms LoadCredential=webhook-url:/etc/tocsin/webhook-url "$(run_with secret.yaml)"
check "reads a secret from a credential" timeout 60 systemctl start tocsin
check "the secret is not in the journal" test -z "$(journalctl --no-pager -q -u tocsin | grep -F 127.0.0.1:9/hook)"
timeout 60 systemctl stop tocsin

drop_in '[Service]' RestartSec=100ms "$(run_with broken.yaml)"
timeout 60 systemctl start tocsin 2>/dev/null && not_ok "started with a broken configuration"
check "a broken configuration ends as failed" wait_for 30 has ActiveState failed
check "with exit 78" has ExecMainStatus 78
check "and is not tried again" has NRestarts 0
check "the journal names the place" journal_has 'broken.yaml:[0-9]+:[0-9]+'
END
chmod 755 "$root/root/inside"

cat >"$root/etc/systemd/system/story.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/root/inside >/story.out 2>&1; echo end >>/story.out'
ExecStopPost=/bin/systemctl --no-block poweroff
TimeoutStartSec=400
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../story.service "$root/etc/systemd/system/multi-user.target.wants/story.service"

# Not `start`: it has to be told to power off, not to terminate, so a time limit of its own.
code=0
timeout -k 20 450 systemd-nspawn --quiet --register=no --keep-unit --private-network \
	--machine="tocsin-$$" -D "$root" --boot --console=pipe </dev/null >"$tmp/nspawn.log" 2>&1 || code=$?
if [[ ! -s $root/story.out ]]; then
	tail -n 15 "$tmp/nspawn.log" | tr -d '\033' | sed 's/^/# /'
	cannot "the container did not boot (exit $code)"
fi
grep -v '^end$' "$root/story.out" || true
check "the container's script came to its end" grep -qx end "$root/story.out"
failures=$((failures + $(grep -c '^not ok - ' "$root/story.out" || true)))
