#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed and memory of mmulab import: the largest real trace in datasets/, a
# made-up one of half a million events, and one a hundred times as long.
#
#	BUILD=build test/bench/import.sh [LONG_ACCESSES]
#
# Takes about 2.5 GB in TMPDIR while it runs.  Prints, per trace: events, user +
# system CPU seconds, wall seconds, events per CPU second, largest RSS.
set -eu
cd "$(dirname "$0")/../.."
mmulab=${BUILD:-build}/mmulab
long=${1:-7500000}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/mktrace" test/bench/mktrace.c test/bench/tracedat6.c

# measure NAME TRACE
measure() {
	local name=$1 trace=$2 events
	/usr/bin/time -f '%U %S %e %M' -o "$tmp/time" "$mmulab" import -q "$trace" -o "$tmp/out.mmt"
	events=$("$mmulab" info --json "$tmp/out.mmt" | sed -n 's/^  "events": \([0-9]*\),$/\1/p')
	awk -v name="$name" -v events="$events" '{
		cpu = $1 + $2
		printf "%-34s %10d events  %7.2f s CPU  %7.2f s wall  %6.2f M events/s CPU  %6.2f M events/s wall  %6.1f MiB RSS\n", \
			name, events, cpu, $3, cpu ? events / cpu / 1e6 : 0, events / $3 / 1e6, $4 / 1024
	}' "$tmp/time"
	rm -f "$tmp/out.mmt"
}

for trace in datasets/x86-6.12-populate-4k.dat datasets/x86-6.12-notifier-pins.dat; do
	measure "$(basename "$trace")" "$trace"
done
for accesses in $((long / 100)) "$long"; do
	"$tmp/mktrace" -n "$accesses" -v 4 -o "$tmp/made.dat"
	measure "made up, $accesses accesses" "$tmp/made.dat"
	rm -f "$tmp/made.dat"
done
