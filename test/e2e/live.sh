#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What mmulab capture tells while it records, and where it cannot go on.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
if [ -z "$tracefs" ] || ! mkdir "$tracefs/instances/probe-$$" 2>"$tmp/log"; then
	echo "1..0 # SKIP no tracefs that may be written here: ${tracefs:-not mounted} $(cat "$tmp/log" 2>/dev/null)"
	exit 77
fi
rmdir "$tracefs/instances/probe-$$"

skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
# Instances whose capture is no more; others may be running.
left() {
	local at
	for at in "$tracefs"/instances/mmulab-*; do
		[ ! -d "$at" ] || [ -d "/proc/$(echo "${at##*/}" | cut -d- -f3)" ] || echo "$at"
	done
}
load() {	# load N: a command that writes N lines
	# shellcheck disable=SC2016
	printf '%s' 'exec 3>"$MMULAB_MARKER"; for ((i = 0; i < '"$1"'; i++)); do echo "load: $i" >&3; done'
}
metric() { awk -v name="mmulab_capture_$1" '$1 == name { print $2 }' "$tmp/m.prom"; }
exposition() { awk -f test/e2e/exposition.awk "$1" >"$tmp/log"; }
echo kvm:kvm_exit >"$tmp/quiet.events"
[ -e "$tracefs/events/kvm/kvm_exit" ] || echo sched:sched_process_hang >"$tmp/quiet.events"

# --- for Prometheus ---------------------------------------------------------------------------------------
"$mmulab" capture -o "$tmp/T.dat" -p "$tmp/quiet.events" --metrics "$tmp/m.prom" -- bash -c "$(load 3000)" >"$tmp/out" 2>"$tmp/err"
exposition "$tmp/m.prom"
result $? "metrics are of the format Prometheus reads"
grep -qF "$(metric events_total) events, 0 lost" "$tmp/out" && [ "$(metric running)" = 0 ] && [ "$(metric events_total)" -gt 3000 ]
result $? "and count what the capture itself counts"
[ "$(awk '/lost_events_total\{/ { n += $2; l++ } END { print n, l % 3 }' "$tmp/m.prom")" = "0 0" ]
result $? "losses too, of each CPU by cause"
# shellcheck disable=SC2016
"$mmulab" capture -o "$tmp/T.dat" -p "$tmp/quiet.events" -b 4 --metrics "$tmp/m.prom" -- \
	bash -c "$(load 5000)"'; kill -STOP $PPID; '"$(load 10000)"'; kill -CONT $PPID; '"$(load 1000)" >"$tmp/out" 2>"$tmp/err"
lost=$(awk '/lost_events_total\{/ { n += $2 } END { print n }' "$tmp/m.prom")
[ "$lost" -gt 0 ] && grep -qF "events, $lost lost" "$tmp/out" && exposition "$tmp/m.prom"
result $? "also when there are some"
"$mmulab" capture -o "$tmp/T.dat" -p "$tmp/quiet.events" --metrics "$tmp/m.prom" -d 20 >"$tmp/out" 2>"$tmp/err" &
pid=$!
running=no
for _ in $(seq 60); do
	sleep 0.1
	if [ -s "$tmp/m.prom" ] && [ "$(metric running)" = 1 ] && awk -v s="$(metric duration_seconds)" 'BEGIN { exit s < 1 }'; then
		running=yes
		break
	fi
done
[ $running = yes ] && exposition "$tmp/m.prom" && kill -TERM $pid && wait $pid
result $? "they are renewed while it records"
says "metrics that cannot be written" 3 err "/no/such/folder" "$mmulab" capture -o "$tmp/none.dat" -p "$tmp/quiet.events" --metrics /no/such/folder/m.prom -d 5
[ ! -e "$tmp/none.dat" ] && [ -z "$(left)" ]
result $? "end the capture before it begins"

# --- on a terminal ------------------------------------------------------------------------------------------
terminal() {	# terminal OPTION...: what a capture of 2 seconds writes on one
	script -qec "'$mmulab' capture -o '$tmp/T.dat' -p '$tmp/quiet.events' -d 2.2 $*" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null
}
if command -v script >/dev/null; then
	terminal
	[ "$(grep -c 'events/s ' "$tmp/out")" -ge 2 ] && grep -q 'whole recording: VM' "$tmp/out" && grep -qF "$(printf '\033[2A')" "$tmp/out"
	result $? "on a terminal it tells each second, in place, and of the whole at the end"
	terminal --quiet
	! grep -q 'events/s ' "$tmp/out" && grep -q ' 0 lost' "$tmp/out"
	result $? "--quiet: only the summary"
else
	skip "on a terminal it tells each second" "no script(1)"
fi
"$mmulab" capture -o "$tmp/T.dat" -p "$tmp/quiet.events" -d 1.3 >"$tmp/out" 2>"$tmp/err"
! grep -q 'events/s ' "$tmp/err"
result $? "without a terminal nothing of it"

# --- a guest -------------------------------------------------------------------------------------------------
if ${CC:-gcc} -std=gnu11 -O2 -D_GNU_SOURCE -o "$tmp/kvmloop" test/bench/kvmloop.c 2>"$tmp/log" && "$tmp/kvmloop" walk 9 >/dev/null 2>"$tmp/log"; then
	"$mmulab" capture -o "$tmp/T.dat" --metrics "$tmp/m.prom" -- bash -c "'$tmp/kvmloop' walk 90000" >"$tmp/out" 2>"$tmp/err"
	share=$(metric sampled_ratio)
	walks=$(awk '/^mmulab_capture_walks_total\{vm="kvmloop"/ { print $2 }' "$tmp/m.prom")
	echo "# $walks walks, share $share"
	# All of them were looked at, unless the host's other VMs make more events than that.
	exposition "$tmp/m.prom" && awk -v w="$walks" -v s="$share" 'BEGIN { off = s < 1 ? 30000 : 2; exit w < 90001 - off || w > 90001 + off }'
	result $? "a VM's walks of its guest's page tables are counted"
else
	skip "a VM's walks of its guest's page tables are counted" "$(tr '\n' ' ' <"$tmp/log")"
fi

# --- a disk that is full ---------------------------------------------------------------------------------------
mkdir "$tmp/small"
if unshare -m true 2>"$tmp/log"; then
	cat >"$tmp/full" <<EOF
mount -t tmpfs -o size=1m none "$tmp/small" || exit 99
echo before >"$tmp/small/T.dat"
"$mmulab" capture -o "$tmp/small/T.dat" -p "$tmp/quiet.events" -- bash -c '$(load 40000)'
rc=\$?
[ "\$(ls -A "$tmp/small")" = T.dat ] && [ "\$(cat "$tmp/small/T.dat")" = before ] || exit 98
exit \$rc
EOF
	rc=0
	unshare -m bash "$tmp/full" >"$tmp/out" 2>"$tmp/err" || rc=$?
	[ $rc = 4 ] && grep -q 'No space left on device' "$tmp/err" && [ "$(grep '^mmulab' "$tmp/err" | grep -vc 'not recorded')" = 1 ] &&
		[ -z "$(left)" ]
	result $? "a full disk: one line, status 4, the file that was there before, no instance"
else
	skip "a full disk" "no mounts here: $(cat "$tmp/log")"
fi

# --- what can be recorded at all ---------------------------------------------------------------------------------
says "doctor says that a capture works" 0 out "capture   works" "$mmulab" doctor
"$mmulab" doctor --json >"$tmp/out" 2>"$tmp/err"
missing=''
for word in tracefs clock events probes functions perf lockdown kvm debugfs symbols disk; do
	tr -d '\n' <"$tmp/out" | grep -qE "\"$word\": \{ *\"do\": (null|\"[^\"]+\"), *\"found\": \"[^\"]+\", *\"state\": \"(good|lacks|blocks)\"" || missing="$missing $word"
done
for word in minimal default lock full; do
	tr -d '\n' <"$tmp/out" | grep -qE "\"$word\": \{ *\"absent\": \[[^]]*\], *\"events\": [0-9]+, *\"found\": [0-9]+, *\"lacks\": \[[^]]*\], *\"probes\": [0-9]+" || missing="$missing $word"
done
echo "missing:$missing" >"$tmp/log"
[ -z "$missing" ] && grep -q '"can_capture": true' "$tmp/out" && grep -qF "\"kernel\": \"$(uname -r)\"" "$tmp/out"
result $? "as JSON, every check and profile"
found=$(tr -d '\n' <"$tmp/out" | sed -nE 's/.*"minimal": \{[^}]*"found": ([0-9]+).*/\1/p')
"$mmulab" capture -p minimal -o "$tmp/T.dat" -d 0.1 >"$tmp/out" 2>"$tmp/err"
grep -qF "of $found kinds" "$tmp/out"
result $? "what it says can be recorded is recorded"
[ -z "$(left)" ]
result $? "and nothing is left of the trial"
if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ]; then
	says "without rights the answer is no" 1 out "must: run it as root" setpriv --reuid=65534 --clear-groups "$mmulab" doctor
	says "in JSON too" 1 out '"can_capture": false' setpriv --reuid=65534 --clear-groups "$mmulab" doctor --json
fi
if unshare -m true 2>"$tmp/log"; then
	# shellcheck disable=SC2016
	says "without tracefs" 1 out 'mount -t tracefs' unshare -m bash -c \
		'awk "\$3 == \"tracefs\" { print \$2 }" /proc/mounts | tac | while read -r at; do umount -l "$at"; done; umount -l /sys/kernel/debug 2>/dev/null; "$0" doctor' "$mmulab"
else
	skip "without tracefs" "no mounts here: $(cat "$tmp/log")"
fi
echo "1..$n"
