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
[ ! -e "$tmp/none.dat" ] && [ -z "$(find "$tracefs/instances" -maxdepth 1 -name "mmulab-*-$!-*")" ]
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
	exposition "$tmp/m.prom" && [ "$share" = 1 ] && awk -v w="$walks" 'BEGIN { exit w < 90001 || w > 90003 }'
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
	[ $rc = 4 ] && grep -q 'No space left on device' "$tmp/err" && [ "$(grep -c '^mmulab' "$tmp/err")" = 1 ] &&
		[ -z "$(find "$tracefs/instances" -maxdepth 1 -name 'mmulab-*')" ]
	result $? "a full disk: one line, status 4, the file that was there before, no instance"
else
	skip "a full disk" "no mounts here: $(cat "$tmp/log")"
fi
echo "1..$n"
