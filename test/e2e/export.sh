#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs written out as recordings: trace-cmd reads them, and read back they are what the engine does.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"

json() {	# json FILE PATH
	sqlite3 :memory: "SELECT json_extract(readfile('$1'), '\$.$2')"
}

# circle NAME RECORDING POLICY MIN-PERCENT [OPTION...]: exported, read back, verified under the same policy.
circle() {
	local name=$1 recording=$2 policy=$3 percent=$4
	shift 4
	"$mmulab" import "datasets/$recording.dat" -o "$tmp/in.mmt" >"$tmp/out" 2>"$tmp/err" &&
		"$mmulab" export --trace-dat "$tmp/run.dat" -p "$policy" "$@" "$tmp/in.mmt" >"$tmp/out" 2>"$tmp/err"
	result $? "$name: exported"
	"$mmulab" import "$tmp/run.dat" -o "$tmp/run.mmt" >"$tmp/out" 2>"$tmp/err" && grep -q " 0 lost" "$tmp/out"
	result $? "$name: read back, nothing lost"
	"$mmulab" verify -p "$policy" --limit "$percent" "$tmp/run.mmt" >"$tmp/out" 2>"$tmp/err"
	result $? "$name: the engine says of it what it said ($percent % at least)"
}

circle "populate" x86-6.1-populate-mix x86-6.1 99.9
circle "memslots" x86-6.12-memslot-pins x86-6.12 99.8
circle "dirty logging" x86-6.12-dirty-pins x86-6.12 99.9
circle "another policy, three copies" x86-6.12-populate-4k fault-write 99.9 --clone 3 --seed 7
circle "arm64, blocks again and again" arm64-6.12-coalesce-pins arm64-6.12 99.9
circle "arm64, aging" arm64-6.12-aging-mglru arm64-6.12 99.9
circle "arm64, memslots of 6.1" arm64-6.1-memslot arm64-6.1 99.9
circle "notifiers" x86-6.12-notifier-pins x86-6.12 99.9

"$mmulab" info --json "$tmp/run.mmt" >"$tmp/info.json" 2>"$tmp/err"
"$mmulab" info --json "$tmp/in.mmt" >"$tmp/in.json" 2>"$tmp/err"
[ "$(json "$tmp/info.json" damage)" = "[]" ] && [ "$(json "$tmp/info.json" kernel)" = "$(json "$tmp/in.json" kernel)" ]
result $? "it is of the recorded kernel, and nothing is damaged"
if command -v trace-cmd >/dev/null; then
	trace-cmd report -i "$tmp/run.dat" 2>"$tmp/err" | grep -v '^cpus=' >"$tmp/report"
	[ "$(wc -l <"$tmp/report")" = "$(json "$tmp/info.json" events)" ]
	result $? "trace-cmd report prints as many events as info counts"
	! grep -q "FAILED TO PARSE" "$tmp/report" && grep -q "kvm_exit: *reason EXIT_NPF" "$tmp/report" &&
		grep -q "mn_inv_start:.*flags=1" "$tmp/report"
	result $? "and each by its format, KVM's by its plugin"
	sed -n "s/.*: \([a-z0-9_]*\): .*/\1/p" "$tmp/report" | sort | uniq -c | awk '{ print $2, $1 }' >"$tmp/by-trace-cmd"
	sqlite3 -separator ' ' :memory: "SELECT substr(key, instr(key, ':') + 1), value
		FROM json_each(readfile('$tmp/info.json'), '\$.sources')" | sort >"$tmp/by-info"
	diff "$tmp/by-trace-cmd" "$tmp/by-info" >"$tmp/log"
	result $? "of each kind as many"
else
	echo "ok $((n = n + 1)) - trace-cmd report # SKIP trace-cmd is not installed"
fi

"$mmulab" export --trace-dat "$tmp/again.dat" -p x86-6.12 "$tmp/in.mmt" >"$tmp/out" 2>"$tmp/err" && cmp "$tmp/run.dat" "$tmp/again.dat" >"$tmp/log"
result $? "the same run, the same bytes"
"$mmulab" export --trace-dat "$tmp/again.dat" -p x86-6.12 --seed 2 "$tmp/in.mmt" >"$tmp/out" 2>"$tmp/err" && ! cmp -s "$tmp/run.dat" "$tmp/again.dat"
result $? "another seed, others"

# What cannot be told is refused, and leaves nothing.
"$mmulab" import datasets/x86-6.12-shadow-memslot-pins.dat -o "$tmp/shadow.mmt" >"$tmp/out" 2>"$tmp/err"
says "shadow pages" 4 err "none.dat: the trace is of a host without the TDP MMU" "$mmulab" export --trace-dat "$tmp/none.dat" "$tmp/shadow.mmt"
"$mmulab" synth zap-root --set size=64M -o "$tmp/made.mmt" >"$tmp/out" 2>"$tmp/err"
says "memory that was mapped before" 4 err "mapped before the trace begins" "$mmulab" export --trace-dat "$tmp/none.dat" "$tmp/made.mmt"
says "no event file" 2 err "one event file" "$mmulab" export --trace-dat "$tmp/none.dat"
says "an unknown policy" 2 err "nonesuch" "$mmulab" export --trace-dat "$tmp/none.dat" -p nonesuch "$tmp/in.mmt"
says "nowhere to write" 3 err "/nowhere" "$mmulab" export --trace-dat /nowhere/run.dat "$tmp/in.mmt"
[ ! -e "$tmp/none.dat" ]
result $? "and nothing is left of them"
echo "1..$n"
