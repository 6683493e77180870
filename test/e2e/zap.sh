#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Workloads of zaps: made, told apart from recordings, replayed, checked; what the passes and kept tables show.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

# metric POLICY NAME TRACE [OPTION]...: one number of one replay.
metric() {
	local policy=$1 name=$2 trace=$3
	shift 3
	"$mmulab" replay "$tmp/$trace.mmt" -p "$policy" --json "$@" 2>/dev/null |
		grep -A1 "\"$name\": {" | sed -nE 's/.*"value": ([0-9]+).*/\1/p'
}

for w in zap-root memslot-delete notifier-storm; do	# the other workloads: synth.sh
	"$mmulab" synth $w --set vcpus=3 -o "$tmp/$w.mmt" >"$tmp/log" 2>&1
	result $? "$w can be made"
	"$mmulab" synth $w --set vcpus=3 -o "$tmp/again.mmt"
	cmp "$tmp/$w.mmt" "$tmp/again.mmt" >"$tmp/log"
	result $? "$w: the same numbers make the same file"
	"$mmulab" synth $w --set vcpus=3 --seed 2 -o "$tmp/again.mmt"
	! cmp -s "$tmp/$w.mmt" "$tmp/again.mmt"
	result $? "$w: another seed another one"
	says "$w: info says that it was made up, and how" 0 out "synthetic: made by mmulab synth $w --set kernel=6.12" \
		"$mmulab" info "$tmp/$w.mmt"
	says "$w: a list of parameters" 0 out "$w: " "$mmulab" synth --list
	"$mmulab" text "$tmp/$w.mmt" >"$tmp/$w.txt" && "$mmulab" text -r "$tmp/$w.txt" -o "$tmp/again.mmt" &&
		"$mmulab" text "$tmp/again.mmt" | cmp - "$tmp/$w.txt" >"$tmp/log"
	result $? "$w: as text and back"
done
[ "$(metric x86-6.12 synthetic zap-root)" = 1 ]
result $? "so does each replay of it"
"$mmulab" synth --list | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort -u | while read -r p; do
	grep -qw -- "$p" docs/man/synth.txt || echo "docs/man/synth.txt does not name $p"
done >"$tmp/log"
[ ! -s "$tmp/log" ]
result $? "the man page names every parameter"

# What the five policies' zaps are about: 1 TiB is dropped in steps of 512 GiB, 1 GiB, or one table.
for p in 'single 300000000' 'leafs+root 250000000' '1g+root 1000000' '4k+2m+1g+root 1000'; do
	# shellcheck disable=SC2086
	set -- $p
	got=$(metric x86-6.12 zap_stretch zap-root --set "zap.root_passes=$1")
	echo "$1: $got" >"$tmp/log"
	[ "$got" -ge "$2" ] && [ "$got" -le $(($2 * 10)) ]
	result $? "1 TiB, $1: the longest stretch is of the order of $2 ns"
done
[ "$(metric x86-6.12 prefilled zap-root)" = $((1 << 40)) ] && [ "$(metric x86-6.12 bytes zap-root)" -lt 10000000 ]
result $? "1 TiB of page tables takes less than 10 MB"

# Tables that a range zap keeps are found again by the faults that follow.
kept=$(metric x86-6.12 tables_made memslot-delete --set memslot.delete=slot-only)
gone=$(metric x86-6.12 tables_made memslot-delete --set memslot.delete=slot-only --set zap.range=tables)
echo "$kept $gone" >"$tmp/log"
[ "$kept" -lt "$gone" ]
result $? "kept tables are not made again"
[ "$(metric x86-6.12 tables_empty memslot-delete --set memslot.delete=slot-only)" -gt 0 ]
result $? "and are counted"

"$mmulab" synth memslot-delete --set size=64M --set times=3 --set vcpus=2 -o "$tmp/small.mmt"
says "checked" 0 out "stall" "$mmulab" replay "$tmp/small.mmt" --check
says "checked, other schedules" 0 out "no invariant broken in 3 schedules" "$mmulab" replay "$tmp/small.mmt" --seeds 3
says "by real threads" 0 out "measured" "$mmulab" replay "$tmp/small.mmt" --runtime threads --pacing asap
says "more than can be checked is refused" 4 err "make a trace of less memory" "$mmulab" replay "$tmp/zap-root.mmt" --check

says "no such workload" 2 err "there are zap-root, memslot-delete" "$mmulab" synth zap -o "$tmp/no.mmt"
says "no such parameter" 2 err "did you mean 'size'" "$mmulab" synth zap-root --set sise=1G -o "$tmp/no.mmt"
says "a value out of range" 2 err "'size' must be 1M to 64T" "$mmulab" synth zap-root --set size=1 -o "$tmp/no.mmt"
says "a word that is none" 2 err "must be one of 4k, 2m, 1g" "$mmulab" synth zap-root --set page=8k -o "$tmp/no.mmt"
says "twice the same" 2 err "was set before" "$mmulab" synth zap-root --set size=1G --set size=2G -o "$tmp/no.mmt"
says "values that do not fit each other" 2 err "no multiple of the page size" \
	"$mmulab" synth zap-root --set size=1025M --set page=1g -o "$tmp/no.mmt"
says "no file to make" 2 err "-o T.mmt is missing" "$mmulab" synth zap-root
[ ! -e "$tmp/no.mmt" ]
result $? "and nothing is left of what was refused"
echo "1..$n"
