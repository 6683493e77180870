#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab capture --backend perf on this host, where perf may be used.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
if ! command -v perf >/dev/null; then
	echo "1..0 # SKIP perf is not installed"
	exit 77
fi
echo sched:sched_process_exec >"$tmp/exec.events"
if ! "$mmulab" capture --backend perf -o "$tmp/T.data" -p "$tmp/exec.events" -- true >"$tmp/out" 2>"$tmp/err"; then
	echo "1..0 # SKIP $(tail -1 "$tmp/err")"
	exit 77
fi
events() { "$mmulab" info --json "$1" | sed -nE 's/^ *"events": *([0-9]+),?$/\1/p' | head -1; }
programs() { for ((i = 0; i < $1; i++)); do echo -n "/bin/true;"; done; }

"$mmulab" capture --backend perf -o "$tmp/T.data" -p "$tmp/exec.events" -- bash -c "$(programs 20)" >"$tmp/out" 2>"$tmp/err"
[ "$(perf script -i "$tmp/T.data" 2>/dev/null | grep -c 'sched_process_exec: filename=/bin/true')" = 20 ]
result $? "the whole of a command is recorded, its beginning too"
grep -qF "$(events "$tmp/T.data") events, 0 lost" "$tmp/out"
result $? "as many events are told as mmulab info counts"
"$mmulab" capture --backend perf -o "$tmp/T2.data" -p "$tmp/exec.events" -d 0.5 >"$tmp/out" 2>"$tmp/err" && [ -s "$tmp/T2.data" ]
result $? "it ends with its time"
setsid bash -c 'trap - INT; exec "$@"' _ "$mmulab" capture --backend perf -o "$tmp/T3.data" -p "$tmp/exec.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
child_of() { ps -o pid= --ppid "$1" | head -1 | tr -d ' '; }
for _ in $(seq 100); do
	child=$(child_of $pid)
	[ -n "$child" ] && [ "$(cat "/proc/$child/comm")" = perf ] && break
	sleep 0.05
done
sleep 0.7
kill -INT $pid && wait $pid && [ -s "$tmp/T3.data" ] && "$mmulab" info "$tmp/T3.data" >"$tmp/log" 2>&1
result $? "and on ^C"

mkdir "$tmp/killed"
"$mmulab" capture --backend perf -o "$tmp/killed/T.data" -p "$tmp/exec.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
for _ in $(seq 100); do
	child=$(child_of $pid)
	[ -n "$child" ] && break
	sleep 0.05
done
sleep 0.3
{ kill -KILL $pid; wait $pid; } 2>/dev/null
for _ in $(seq 40); do
	[ -d "/proc/$child" ] || break
	sleep 0.05
done
[ -n "$child" ] && [ ! -d "/proc/$child" ] && [ -z "$(ls -A "$tmp/killed")" ]
result $? "SIGKILL leaves no perf, and nothing on the disk"

printf 'sched:sched_process_exec\nnosuch:event\n?nosuch:other\nprobes none.probes\n' >"$tmp/some.events"
"$mmulab" capture --backend perf -o "$tmp/T4.data" -p "$tmp/some.events" -d 0.2 >"$tmp/out" 2>"$tmp/err" &&
	[ "$(grep -c 'not recorded: nosuch:event: this kernel has no such event' "$tmp/err")" = 1 ] &&
	grep -q 'not recorded: probe events' "$tmp/err" && [ "$(grep -c 'not recorded' "$tmp/err")" = 2 ]
result $? "events that cannot be recorded are said, and nothing fails for them"

# perf stands still while a command makes more events than its buffer holds.
# shellcheck disable=SC2016
"$mmulab" capture --backend perf -b 4 -o "$tmp/T5.data" -p "$tmp/exec.events" -- \
	bash -c 'perf=$(ps -o pid=,comm= --ppid $PPID | sed -n "s/ *\([0-9]*\) perf/\1/p"); kill -STOP $perf; '"$(programs 300)"' kill -CONT $perf; /bin/true' >"$tmp/out" 2>"$tmp/err"
lost=$(sed -n 's/.* events, \([0-9]*\) lost.*/\1/p' "$tmp/out")
echo "# $lost lost of 301"
[ "${lost:-0}" -gt 0 ] && grep -q 'lost on CPU' "$tmp/err" && [ $(("$(perf script -i "$tmp/T5.data" 2>/dev/null | grep -c 'filename=/bin/true')" + lost)) -ge 301 ]
result $? "losses are told at the end"

echo '?kvm:kvm_userspace_exit
?kvmmmu:kvm_mmu_pagetable_walk' >"$tmp/kvm.events"
if ${CC:-gcc} -std=gnu11 -O2 -D_GNU_SOURCE -o "$tmp/kvmloop" test/bench/kvmloop.c 2>"$tmp/log" && "$tmp/kvmloop" walk 9 >/dev/null 2>"$tmp/log"; then
	"$mmulab" capture --backend perf -o "$tmp/T6.data" -p "$tmp/kvm.events" -- "$tmp/kvmloop" walk 900 >"$tmp/out" 2>"$tmp/err"
	walks=$("$mmulab" info "$tmp/T6.data" 2>/dev/null | sed -nE 's/^ *([0-9]+)  kvmmmu:kvm_mmu_pagetable_walk/\1/p')
	[ "$walks" -ge 900 ] && "$mmulab" import -q "$tmp/T6.data" -o "$tmp/T6.mmt" 2>"$tmp/log"
	result $? "KVM's events are recorded, and imported"
else
	skip "KVM's events are recorded" "$(tr '\n' ' ' <"$tmp/log")"
fi

if [ -n "$tracefs" ] && unshare -m mount -o remount,bind,ro "$tracefs" 2>"$tmp/log"; then
	cat >"$tmp/readonly" <<EOF
awk '\$3 == "tracefs" { print \$2 }' /proc/mounts | while read -r at; do mount -o remount,bind,ro "\$at" || exit 99; done || exit 99
"$mmulab" capture -o "$tmp/T7.dat" -p "$tmp/exec.events" -d 0.2 && exit 98
"$mmulab" capture --backend perf -o "$tmp/T7.data" -p "$tmp/exec.events" -- bash -c '$(programs 5)'
EOF
	unshare -m bash "$tmp/readonly" >"$tmp/out" 2>"$tmp/err" && [ "$(perf script -i "$tmp/T7.data" 2>/dev/null | grep -c 'filename=/bin/true')" = 5 ]
	result $? "where tracefs can be read but not written"
else
	skip "where tracefs can be read but not written" "no mounts here: $(cat "$tmp/log" 2>/dev/null)"
fi
says "a clock perf has not" 2 err "perf has mono" "$mmulab" capture --backend perf -o "$tmp/x.data" --clock local -d 1
says "no such backend" 2 err "neither tracefs nor perf" "$mmulab" capture --backend ebpf -o "$tmp/x.data" -d 1
says "metrics" 2 err "--backend tracefs only" "$mmulab" capture --backend perf --metrics "$tmp/m" -o "$tmp/x.data" -d 1
says "no such command" 3 err "no such program" "$mmulab" capture --backend perf -o "$tmp/x.data" -p "$tmp/exec.events" -- /no/such/program
if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ] && [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 0 ]; then
	chmod 755 "$tmp"
	mkdir -m 777 "$tmp/nobody"
	says "without rights" 4 err "CAP_PERFMON" setpriv --reuid=65534 --clear-groups "$mmulab" capture --backend perf -o "$tmp/nobody/T.data" -d 1
	[ "$(wc -l <"$tmp/err")" = 1 ] && [ -z "$(ls -A "$tmp/nobody")" ]
	result $? "in one line, and nothing is left"
fi
[ ! -e "$tmp/x.data" ]
result $? "what failed wrote nothing"
echo "1..$n"
