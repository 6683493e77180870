#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab capture on this host, where its tracing may be used.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
if [ -z "$tracefs" ] || ! [ -w "$tracefs/instances" ] || ! mkdir "$tracefs/instances/probe-$$" 2>"$tmp/log"; then
	echo "1..0 # SKIP no tracefs that may be written here: ${tracefs:-not mounted} $(cat "$tmp/log" 2>/dev/null)"
	exit 77
fi
rmdir "$tracefs/instances/probe-$$"

# One event that never comes: what is recorded are the program's notes and what the command writes.
event=initcall:initcall_level
[ -e "$tracefs/events/${event/://}" ] || event=sched:sched_process_hang
echo "$event" >"$tmp/quiet.events"
state() {	# what a capture must leave as it was
	local f
	for f in tracing_on trace_clock buffer_size_kb set_event dynamic_events kprobe_events; do
		[ -r "$tracefs/$f" ] && { echo "$f"; cat "$tracefs/$f"; }
	done
}
left() { find "$tracefs/instances" -maxdepth 1 -name "mmulab-*-${1:-*}-*"; }
# capture OUTPUT OPTION...: with the quiet profile; $rc, $tmp/out, $tmp/err
capture() {
	local output=$1
	shift
	rc=0
	"$mmulab" capture -o "$output" -p "$tmp/quiet.events" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}
events() { "$mmulab" info --json "$1" | sed -nE 's/^ *"events": *([0-9]+),?$/\1/p' | head -1; }
lost() { "$mmulab" info --json "$1" | sed -nE 's/^ *"lost": *([0-9]+),?$/\1/p' | head -1; }
load() {	# load N: a command that writes N lines
	# shellcheck disable=SC2016
	printf '%s' 'exec 3>"$MMULAB_MARKER"; for ((i = 0; i < '"$1"'; i++)); do echo "load: $i" >&3; done'
}
# wait_for FILE-TEST: until the instance of process $pid is there
wait_for_instance() {
	for _ in $(seq 100); do
		[ -n "$(left "$pid")" ] && [ "$(cat "$(left "$pid")/tracing_on")" = 1 ] && return 0
		sleep 0.05
	done
	return 1
}

state >"$tmp/before"
capture "$tmp/none.dat" -- true
[ $rc = 0 ] && [ -z "$(left)" ] && state | cmp -s - "$tmp/before"
result $? "a capture of a command leaves tracing as it was"
notes=$(events "$tmp/none.dat")
[ "$notes" -gt 0 ]
result $? "the recording begins with facts of the host"

capture "$tmp/all.dat" -- bash -c "$(load 5000)"
[ $rc = 0 ] && [ "$(lost "$tmp/all.dat")" = 0 ] && [ "$(trace-cmd report "$tmp/all.dat" 2>/dev/null | grep -c ' load: ')" = 5000 ]
result $? "every line of the command is in it"
[ "$(trace-cmd report "$tmp/all.dat" 2>/dev/null | grep -vc '^cpus=')" = "$(events "$tmp/all.dat")" ]
result $? "trace-cmd report prints as many events as mmulab info counts"
grep -q "$(events "$tmp/all.dat") events, 0 lost" "$tmp/out"
result $? "so does the capture itself"

# The notes may differ when VMs come and go just then.
for _ in 1 2 3; do
	capture "$tmp/none.dat" -- true
	notes=$(events "$tmp/none.dat")
	# The capture is stopped for a part of it, so that it cannot keep up.
	# shellcheck disable=SC2016
	capture "$tmp/tiny.dat" -b 4 -- bash -c "$(load 10000)"'; kill -STOP $PPID; '"$(load 10000)"'; kill -CONT $PPID; '"$(load 20000)"
	got=$(events "$tmp/tiny.dat") gone=$(lost "$tmp/tiny.dat")
	echo "# $got recorded, $gone lost, $notes notes"
	[ $((got + gone)) = $((40000 + notes)) ] && break
done
[ $rc = 0 ] && [ $((got + gone)) = $((40000 + notes)) ]
result $? "with a tiny buffer, recorded and lost are what there was"
[ "$gone" -gt 0 ] && grep -qE 'lost on CPU [0-9]+: [0-9]+ overwritten' "$tmp/err"
result $? "and the loss is told by CPU and cause"

"$mmulab" capture -o "$tmp/int.dat" -p "$tmp/quiet.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for_instance && kill -TERM $pid && wait $pid && [ -s "$tmp/int.dat" ] && [ -z "$(left $pid)" ]
result $? "SIGTERM ends it with the recording written"
setsid bash -c 'trap - INT; exec "$@"' _ "$mmulab" capture -o "$tmp/int2.dat" -p "$tmp/quiet.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for_instance && kill -INT $pid && wait $pid && [ -s "$tmp/int2.dat" ] && [ -z "$(left $pid)" ]
result $? "so does ^C"
capture "$tmp/time.dat" -d 0.3
[ $rc = 0 ] && [ -s "$tmp/time.dat" ]
result $? "and the end of its time"

mkdir "$tmp/killed"
"$mmulab" capture -o "$tmp/killed/T.dat" -p "$tmp/quiet.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for_instance
{ kill -KILL $pid; wait $pid; } 2>/dev/null
[ -n "$(left $pid)" ] && [ -z "$(ls -A "$tmp/killed")" ]
result $? "SIGKILL leaves an instance, and nothing on the disk"
"$mmulab" capture -o "$tmp/two.dat" -p "$tmp/quiet.events" -d 20 >"$tmp/out" 2>"$tmp/err" &
killed=$pid pid=$!
wait_for_instance && [ -z "$(left $killed)" ] && grep -q "removed mmulab-.*-$killed-" "$tmp/err"
result $? "which the next capture removes"
capture "$tmp/other.dat" -- bash -c "$(load 100)"
[ $rc = 0 ] && [ -n "$(left $pid)" ] && [ "$(trace-cmd report "$tmp/other.dat" 2>/dev/null | grep -c ' load: ')" = 100 ]
result $? "two record at the same time"
kill -TERM $pid && wait $pid && ! trace-cmd report "$tmp/two.dat" 2>/dev/null | grep -q ' load: '
result $? "each its own events"

mkdir "$tmp/full"
(ulimit -f 32; capture "$tmp/full/T.dat" -- bash -c "$(load 40000)"; exit $rc)
rc=$?
# bash itself complains when its marker takes nothing any more.
[ $rc = 4 ] && [ "$(grep -c '^mmulab' "$tmp/err")" = 1 ] && [ -z "$(ls -A "$tmp/full")" ] && [ -z "$(left)" ]
result $? "a disk that takes no more: one line, status 4, nothing half-written"

echo "$event
nosuch:event
?nosuch:other" >"$tmp/some.events"
"$mmulab" capture -o "$tmp/some.dat" -p "$tmp/some.events" -- true >"$tmp/out" 2>"$tmp/err"
[ "$(grep -c 'not recorded: nosuch' "$tmp/err")" = 1 ] && grep -q 'not recorded: nosuch:event: this kernel has no such event' "$tmp/err" &&
	trace-cmd report "$tmp/some.dat" 2>/dev/null | grep -q 'mmulab: refused: nosuch:event'
result $? "an event that is not there is said and noted, one that need not be is not"
for profile in minimal default lock full; do
	"$mmulab" capture -o "$tmp/$profile.dat" -p $profile -d 0.2 >"$tmp/out" 2>"$tmp/err" && "$mmulab" info "$tmp/$profile.dat" >"$tmp/log"
	result $? "profile $profile"
done

says "no such clock" 2 err "--clock sundial" "$mmulab" capture -o "$tmp/x.dat" --clock sundial -d 1
says "no such profile" 2 err "--profile huge" "$mmulab" capture -o "$tmp/x.dat" -p huge -d 1
says "no such command" 3 err "no such program" "$mmulab" capture -o "$tmp/x.dat" -- /no/such/program
echo "kvm kvm_exit" >"$tmp/bad.events"
says "a profile that is none" 3 err "bad.events:1:" "$mmulab" capture -o "$tmp/x.dat" -p "$tmp/bad.events"
says "no output" 2 err "-o FILE" "$mmulab" capture -d 1
if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ]; then
	chmod 755 "$tmp"
	mkdir -m 777 "$tmp/nobody"
	says "without rights" 4 err "run it as root" setpriv --reuid=65534 --clear-groups "$mmulab" capture -o "$tmp/nobody/T.dat" -d 1
	[ -z "$(ls -A "$tmp/nobody")" ]
	result $? "nothing is left then either"
fi
"$mmulab" capture -o "$tmp/killed/T.dat" -p "$tmp/quiet.events" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for_instance
"$mmulab" doctor --clean >"$tmp/out" 2>"$tmp/err" && [ -n "$(left $pid)" ]
result $? "doctor --clean leaves a running capture alone"
{ kill -KILL $pid; wait $pid; } 2>/dev/null
says "doctor --clean removes what a killed one left" 0 out "removed   mmulab-" "$mmulab" doctor --clean
says "and then finds nothing" 0 out "nothing was left" "$mmulab" doctor --clean
says "doctor tells of events" 0 out "of profile default can be recorded" "$mmulab" doctor
# --- VMs --------------------------------------------------------------------------------------------
kvmload=${mmulab%/*}/mmulab-kvmload
printf '%s\n' kvm:kvm_unmap_hva_range '?kvm:kvm_exit' '?kvmmmu:kvm_mmu_set_spte' >"$tmp/vm.events"
vms=()
start_vm() {	# start_vm SEED: a guest whose memory goes away and comes back; its pid is the last of $vms
	"$kvmload" -v 2 -m 16 -d 60 -p 5000 -S "$1" notifier >"$tmp/vm.log" 2>&1 &
	vms+=($!)
}
# by FILE PID: how many records of FILE are of threads of process PID
by() {
	trace-cmd report "$1" 2>/dev/null | sed -nE 's/^ *[^[]*-([0-9]+) +\[.*/\1/p' | sort | uniq -c >"$tmp/tids"
	awk -v tids="$(cat "$tmp/threads.$2")" 'BEGIN { n = split(tids, t); for (i = 1; i <= n; i++) is[t[i]] = 1 }
		$2 in is { sum += $1 } END { print sum + 0 }' "$tmp/tids"
}
threads_of() { (cd "/proc/$1/task" && echo ./* | tr -d ./) >"$tmp/threads.$1"; }
param() { "$mmulab" info --json "$1" | tr -d '\n' | sed -nE 's/.*"name": "'"$2"'", *"value": "([^"]*)".*/\1/p'; }

start_vm 1
sleep 0.5
if kill -0 "${vms[0]}" 2>/dev/null; then
	start_vm 2
	sleep 0.5
	a=${vms[0]} b=${vms[1]}
	threads_of "$a"
	threads_of "$b"
	"$mmulab" capture -o "$tmp/a.dat" -p "$tmp/vm.events" --vm "$a" -- sh -c 'sleep 0.3; echo 1 >/proc/sys/vm/compact_memory' >"$tmp/out" 2>"$tmp/err"
	[ "$(by "$tmp/a.dat" "$a")" -gt 0 ] && [ "$(by "$tmp/a.dat" "$b")" = 0 ]
	result $? "of two VMs, --vm records one"
	[ "$(param "$tmp/a.dat" capture.vm)" = "$a" ] && trace-cmd report "$tmp/a.dat" 2>/dev/null >"$tmp/log"
	grep -q "mmulab: vm.$a=1 VMs, 2 vCPUs, mmulab-kvmload" "$tmp/log" && grep -q "mmulab: vm.$b=1 VMs" "$tmp/log" &&
		grep -qE "mmulab: threads.$a=.*$(cut -d ' ' -f 2 "$tmp/threads.$a")" "$tmp/log" && grep -q "mmulab: vcpu\.[0-9]*=1" "$tmp/log"
	result $? "the recording names VMs, threads and vCPUs"
	if trace-cmd report "$tmp/a.dat" 2>/dev/null | grep kvm_unmap_hva_range | grep -qE '^ +sh-[0-9]+'; then
		result 0 "what another process does to its memory is in it"
	else
		result 0 "what another process does to its memory is in it # SKIP memory was not compacted"
	fi
	"$mmulab" import "$tmp/a.dat" -o "$tmp/a.mmt" >"$tmp/out" 2>"$tmp/err" && "$mmulab" info "$tmp/a.mmt" >"$tmp/log" &&
		grep -qE "^vm 0 .*mmulab-kvmload, process $a, " "$tmp/log" &&
		[ "$(param "$tmp/a.mmt" kvm.tdp_mmu)" = "$(cat /sys/module/kvm/parameters/tdp_mmu 2>/dev/null)" ]
	result $? "import takes that, and KVM's parameters"
	config=$( (zcat /proc/config.gz || cat "/boot/config-$(uname -r)") 2>/dev/null | sed -n 's/^CONFIG_HZ=//p')
	[ "$(param "$tmp/a.mmt" config.HZ)" = "$config" ]
	result $? "and the kernel's configuration"
	for _ in 1 2 3; do	# one that starts while another one's threads take all CPUs may be told of late
		"$mmulab" capture -o "$tmp/late.dat" -p "$tmp/vm.events" --vm "$a" -d 2 >"$tmp/out" 2>"$tmp/err" &
		pid=$!
		wait_for_instance
		start_vm 3
		c=${vms[-1]}
		sleep 0.6
		threads_of "$c"
		wait $pid
		kill "$c"
		[ "$(by "$tmp/late.dat" "$c")" = 0 ] && break
	done
	[ "$(by "$tmp/late.dat" "$c")" = 0 ] && [ "$(by "$tmp/late.dat" "$a")" -gt 0 ]
	result $? "a VM that starts while it is recorded stays out"
	says "no such VM" 2 err "--vm nosuch: no VM is called so, and no process with a VM has that number; there are" \
		"$mmulab" capture -o "$tmp/x.dat" --vm nosuch -d 1
	says "two VMs of that name" 2 err "several VMs are called so" "$mmulab" capture -o "$tmp/x.dat" --vm mmulab-kvmload -d 1
	for _ in 1 2 3; do
		capture "$tmp/none.dat" --vm "$a" -- true
		notes=$(events "$tmp/none.dat")
		# shellcheck disable=SC2016
		capture "$tmp/tiny.dat" -b 4 --vm "$a" -- bash -c "$(load 10000)"'; kill -STOP $PPID; '"$(load 20000)"'; kill -CONT $PPID'
		got=$(events "$tmp/tiny.dat") gone=$(lost "$tmp/tiny.dat")
		echo "# $got recorded, $gone lost, $notes notes"
		[ $((got + gone)) = $((30000 + notes)) ] && [ "$gone" -gt 0 ] && break
	done
	[ $((got + gone)) = $((30000 + notes)) ] && [ "$gone" -gt 0 ]
	result $? "with a tiny buffer and --vm, recorded and lost are what there was"
else
	result 0 "--vm # SKIP no guest runs here: $(tail -1 "$tmp/vm.log")"
fi
kill "${vms[@]}" 2>/dev/null
wait "${vms[@]}" 2>/dev/null

[ ! -e "$tmp/x.dat" ] && [ -z "$(left)" ] && state | cmp -s - "$tmp/before"
result $? "tracing is as it was"
echo "1..$n"
