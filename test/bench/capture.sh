#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What recording costs: a loop of KVM's events (kvmloop.c) alone, with an instance of tracefs that nobody
# reads, under mmulab capture, and under perf record, in turns.
#
#	BUILD=build test/bench/capture.sh [ROUNDS]
#
# Then what each profile takes of a guest's run: a guest (mmulab-kvmload populate) that touches each of its pages
# once, then reads all of them, which is the most a guest can fault.
#
# Per event, medians over the rounds:
#   +CPU	ns the loop's thread takes longer than in the same round without tracing
#   +clock	the same by the clock, where other work of the machine is in it, too
#   recorder	ns of CPU the recorder takes, in its own threads, beyond what recording nothing takes
#   bytes	of the file
# "kernel" is what the tracepoints and the ring buffer take with nobody reading: no recorder that uses
# them can be cheaper on this machine.  "off" is that of events that are on in a buffer that stands still.
set -eu
cd "$(dirname "$0")/../.."
build=$(realpath "${BUILD:-build}")
mmulab=$build/mmulab
rounds=${1:-5}
tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
instance=$tracefs/instances/bench-$$
trap 'rm -rf "$tmp"; [ ! -d "$instance" ] || rmdir "$instance"' EXIT
skip() { echo "capture: not measured: $*"; exit 0; }

${CC:-gcc} -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$tmp/kvmloop" test/bench/kvmloop.c
{ [ -n "$tracefs" ] && mkdir "$instance" 2>/dev/null; } || skip "no tracefs that may be written"
"$tmp/kvmloop" walk 9 >/dev/null 2>"$tmp/err" || skip "$(cat "$tmp/err")"

events_of() {
	case $1 in
	walk) echo kvmmmu:kvm_mmu_pagetable_walk kvmmmu:kvm_mmu_paging_element ;;
	line) echo kvm:kvm_set_irq kvm:kvm_pic_set_irq kvm:kvm_ioapic_set_irq ;;
	esac
}

# Each way prints what COMMAND does; the CPU of the whole is put into $tmp/cpu, the file's bytes into $tmp/bytes.
TIMEFORMAT='%3U %3S'
timed() { { time "$@" 2>"$tmp/err"; } 2>"$tmp/cpu"; }
way_none() { "${@:2}"; }
way_kernel() {	# LOOP COMMAND...
	local event
	echo mono >"$instance/trace_clock"
	echo 8192 >"$instance/buffer_size_kb"
	for event in $(events_of "$1"); do echo 1 >"$instance/events/${event/://}/enable"; done
	"${@:2}"
	echo 0 >"$instance/events/enable"
}
way_off() {
	echo 0 >"$instance/tracing_on"
	way_kernel "$@"
	echo 1 >"$instance/tracing_on"
}
capture() {	# CLOCK LOOP COMMAND...
	events_of "$2" | tr ' ' '\n' >"$tmp/loop.events"
	# shellcheck disable=SC2016
	timed "$mmulab" capture -o "$tmp/T" --clock "$1" -p "$tmp/loop.events" -- bash -c 'out=$0; "$@" >$out' "$tmp/loop" "${@:3}" >/dev/null
	cat "$tmp/loop"
	stat -c %s "$tmp/T" >"$tmp/bytes"
}
way_mmulab() { capture mono "$@"; }
way_local() { capture local "$@"; }
way_perf() {
	timed perf record -q -k mono -a -m 8M -e "$(events_of "$1" | tr ' ' ,)" -o "$tmp/T" -- "${@:2}"
	stat -c %s "$tmp/T" >"$tmp/bytes"
}
numbers() { cat "$tmp/cpu" 2>/dev/null || echo 0 0; cat "$tmp/bytes" 2>/dev/null || echo 0; }

# measure LOOP CALLS
measure() {
	local loop=$1 calls=$2 way idle
	: >"$tmp/$loop"
	for _ in $(seq "$rounds"); do
		for way in none off kernel mmulab local perf; do
			[ $way != perf ] || command -v perf >/dev/null || continue
			rm -f "$tmp/cpu" "$tmp/bytes" "$tmp/T"
			"way_$way" "$loop" true
			idle=$(numbers)
			# shellcheck disable=SC2046,SC2086
			echo "$way" $("way_$way" "$loop" "$tmp/kvmloop" "$loop" "$calls") $(numbers) $idle >>"$tmp/$loop"
		done
	done
	awk -v loop="$loop" -f test/bench/median.awk -f test/bench/capture.awk "$tmp/$loop"
}

# guest PROFILE: seconds of CPU and of clock of the guest's process, events, bytes of the file
guest() {
	# shellcheck disable=SC2016
	local run=(bash -c 'TIMEFORMAT="%3U %3S %3R"; out=$0; { time "$@" >/dev/null 2>&1; } 2>$out' "$tmp/loop"
		"$build/mmulab-kvmload" populate -v 1 -m 16 -r 1)
	if [ "$1" = none ]; then
		"${run[@]}"
		echo "$(cat "$tmp/loop") 0 0"
		return
	fi
	"$mmulab" capture -o "$tmp/T" -p "$1" -- "${run[@]}" >"$tmp/out" 2>"$tmp/err"
	echo "$(cat "$tmp/loop") $(sed -nE 's/.*: ([0-9]+) events, .* ([0-9]+) bytes.*/\1 \2/p' "$tmp/out")"
}
measure_guest() {
	local profile
	: >"$tmp/guest"
	for _ in $(seq "$rounds"); do
		for profile in none minimal default lock full; do
			echo "$profile $(guest $profile)" >>"$tmp/guest"
		done
	done
	awk -f test/bench/median.awk -f test/bench/capture_guest.awk "$tmp/guest"
}

measure line 200000
measure walk 100000
if [ -x "$build/mmulab-kvmload" ] && "$build/mmulab-kvmload" populate -v 1 -m 1 -r 1 >/dev/null 2>"$tmp/err"; then
	measure_guest
else
	echo "a guest: not measured: $(tail -1 "$tmp/err" 2>/dev/null)"
fi
