#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# perf.data: the counts perf itself has, the same facts in every form, and the same
# stimuli as ftrace recorded at the same time.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
fixture=test/damage/fixture

# totals FILE: "EVENT COUNT" lines.
totals() {
	"$mmulab" info "$1" | awk '/^events of the recording/ { on = 1; next } /^[^ ]/ { on = 0 }
		on { sub(/^perf:/, "", $2); print $2, $1 }' | sort
}
perf_totals() {		# samples perf shows; it leaves out those of guests
	perf script -G -F event -i "$1" 2>/dev/null | sed 's/: *$//; s/^ *//; s/:$//' | grep -v '^$' | sort | uniq -c |
		awk '{ print $2, $1 }' | sort
}
same_totals() { totals "$1" >"$tmp/a" && perf_totals "$1" >"$tmp/b" && [ -s "$tmp/a" ] && diff "$tmp/a" "$tmp/b" >"$tmp/log"; }
# dumped FILE: its samples, of guests too.
dumped() { perf script -D -i "$1" 2>/dev/null | grep -ac 'PERF_RECORD_SAMPLE'; }
events() { "$mmulab" info --json "$1" | sed -nE 's/^  "events": ([0-9]+),?$/\1/p'; }
# said FILE: what is in its event file, without where it came from and when.
said() {
	"$mmulab" import -q "$@" -o "$tmp/x.mmt" 2>"$tmp/err" && "$mmulab" text "$tmp/x.mmt" | grep -v '^#' |
		sed -E 's/^ *[0-9.]+ //; s/ [a-z_]*_ns=[0-9]+//g'
}
same_facts() { said "$1" >"$tmp/a" && shift && said "$@" >"$tmp/b" && [ -s "$tmp/a" ] && diff "$tmp/a" "$tmp/b" >"$tmp/log"; }

# --- recorded by ftrace and perf at once --------------------------------------------
# Each event went to both; the clock is the same, the moments are a few us apart.
same_facts test/e2e/pair/perf.data --kernel 6.18.44 test/e2e/pair/ftrace.dat
result $? "recorded by ftrace and perf at once: the same stimuli and observations"
[ "$(totals test/e2e/pair/perf.data)" = "$(totals test/e2e/pair/ftrace.dat)" ]
result $? "and the same counts"

# --- forms ------------------------------------------------------------------------------
same_facts $fixture/perf.file.data $fixture/perf.pipe.data
result $? "a file and a pipe"
same_facts $fixture/perf.zstd.data $fixture/perf.zstd-pipe.data
result $? "compressed, a file and a pipe"
if ${CC:-cc} -std=gnu11 -O1 -D_GNU_SOURCE -I. -o "$tmp/reperf" test/bench/reperf.c -lzstd 2>"$tmp/log"; then
	"$tmp/reperf" -n 60 $fixture/perf.file.data -o "$tmp/long.data" >/dev/null
	for form in -p -z "-p -z"; do
		# shellcheck disable=SC2086
		"$tmp/reperf" $form -n 60 $fixture/perf.file.data -o "$tmp/form.data" >/dev/null
		same_facts "$tmp/long.data" "$tmp/form.data"
		result $? "60 times as long: the same with $form"
	done
	[ "$(events "$tmp/long.data")" = $((60 * $(events $fixture/perf.file.data))) ]
	result $? "60 times as long: 60 times the events"
else
	result 1 "the writer of long recordings builds"
fi

# --- as perf counts -------------------------------------------------------------------------
if command -v perf >/dev/null && perf version >/dev/null 2>&1; then
	for file in "$fixture"/perf.*.data test/e2e/pair/perf.data; do
		same_totals "$file"
		result $? "$(basename "$file"): perf script's count of each event"
		[ "$(events "$file")" = "$(dumped "$file")" ]
		result $? "$(basename "$file"): perf script -D's count of samples"
	done
else
	echo "ok $((n += 1)) - perf script's counts # SKIP needs perf"
fi

# --- as perf prints --------------------------------------------------------------------------
if command -v perf >/dev/null && perf version >/dev/null 2>&1; then
	file=test/e2e/pair/perf.data
	perf script --ns -i $file >"$tmp/script.txt" 2>/dev/null
	same_facts $file --kernel 6.18.44 "$tmp/script.txt"
	result $? "perf script's text: the same stimuli and observations"
	[ "$(totals $file | sed 's/.*://')" = "$(totals "$tmp/script.txt" | sed 's/.*://')" ]
	result $? "and the same counts"
else
	echo "ok $((n += 1)) - perf script's text # SKIP needs perf"
fi

# --- what perf records here, any event -----------------------------------------------------------
# live TEXT PERF-OPTIONS...
live() {
	local text=$1
	shift
	perf record -q "$@" -- sh -c 'ls /usr/bin; ls /usr/lib' >"$tmp/pipe.data" 2>/dev/null
	[ -e "$tmp/live.data" ] || mv "$tmp/pipe.data" "$tmp/live.data"
	same_totals "$tmp/live.data" && [ "$(events "$tmp/live.data")" = "$(dumped "$tmp/live.data")" ]
	result $? "$text"
	rm -f "$tmp/live.data" "$tmp/pipe.data"
}
if perf record -q -e sched:sched_switch -o "$tmp/live.data" true 2>/dev/null >&2; then
	rm -f "$tmp/live.data"
	live "live: a file" -e 'sched:*' -o "$tmp/live.data"
	live "live: compressed" -z -e 'sched:*' -o "$tmp/live.data"
	live "live: call chains" -g -e 'sched:*' -e cpu-clock -o "$tmp/live.data"
	live "live: user stacks and registers" --call-graph dwarf,512 --intr-regs=ip -e sched:sched_switch -o "$tmp/live.data"
	live "live: events of different kinds" -e 'sched:*' -e cpu-clock -e page-faults -d -W --switch-events -o "$tmp/live.data"
	live "live: a group that is read" -e '{sched:sched_switch,sched:sched_waking,cpu-clock}' -o "$tmp/live.data"
	live "live: a pipe" -e 'sched:*' -o -
	live "live: a compressed pipe" -z -e 'sched:*' -o -
else
	echo "ok $((n += 1)) - what perf records here # SKIP needs the right to record tracepoints"
fi

# --- refused -----------------------------------------------------------------------------------------
mkdir "$tmp/threads"
: >"$tmp/threads/data"
says "a directory of perf record --threads" 3 err 'a directory of "perf record --threads"' "$mmulab" info "$tmp/threads"
head -c 60 $fixture/perf.file.data >"$tmp/short.data"
says "a head that is cut" 3 err "it ends within its head" "$mmulab" info "$tmp/short.data"
{ printf 'PERFILE2\x18'; tail -c +10 $fixture/perf.file.data; } >"$tmp/odd.data"
says "a head of an odd size" 3 err "a header of 24 bytes" "$mmulab" info "$tmp/odd.data"
head -c 100000 $fixture/perf.file.data >"$tmp/cut.data"
says "cut before the formats: counted, and said" 0 out "header sections behind the records are cut off" \
	"$mmulab" info "$tmp/cut.data"
says "but not imported" 3 err "it is damaged" "$mmulab" import "$tmp/cut.data" -o "$tmp/y.mmt"
echo "1..$n"
