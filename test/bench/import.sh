#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed and memory of reading recordings: decode and fold alone (mmulab info), and the
# whole import; beside them trace-cmd report and perf script on the same file in the
# same run, their output counted.  The files are recordings made many times as long
# (recut.c, reperf.c).
#
#	BUILD=build test/bench/import.sh [MILLION EVENTS OF THE LONGEST]
#
# 100 unless said; takes about 3 GB in TMPDIR while it runs.  Fails when a count of
# records differs or when memory grows beyond 64 MiB.
set -eu
cd "$(dirname "$0")/../.."
mmulab=$(realpath "${BUILD:-build}/mmulab")
longest=${1:-100}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cc() { ${CC:-gcc} -std=gnu11 -O2 -D_GNU_SOURCE -I. "$@"; }
cc -o "$tmp/recut" test/bench/recut.c test/bench/datout.c test/bench/rec6.c -lzstd -lz
cc -o "$tmp/reperf" test/bench/reperf.c -lzstd

# said WHAT EVENTS [LIMIT IN MIB]: a line out of the times of the command run last.
said() {
	awk -v name="$1" -v events="$2" -v limit="${3:-0}" '{
		cpu = $1 + $2
		printf "%-44s %9d events  %7.2f s CPU  %7.2f s wall  %6.2f M events/s CPU  %6.1f MiB RSS\n", \
			name, events, cpu, $3, events / (cpu > 0 ? cpu : 0.01) / 1e6, $4 / 1024
		if (limit && $4 / 1024 > limit) {
			print "  more than " limit " MiB"
			exit 1
		}
	}' "$tmp/time"
}
timed() { /usr/bin/time -f '%U %S %e %M' -o "$tmp/time" "$@"; }
same() { [ "$1" = "$2" ] || { echo "  $3 counts $2 records, $1 are in the file"; return 1; }; }

# ours NAME FILE EVENTS
ours() {
	timed "$mmulab" info --json "$2" >"$tmp/info.json"
	same "$3" "$(sed -n 's/^  "events": \([0-9]*\),$/\1/p' "$tmp/info.json")" "mmulab info"
	said "$1: decode and fold" "$3" 64
	timed "$mmulab" import -q "$2" -o "$tmp/out.mmt"
	said "$1: import" "$3" 64
	rm -f "$tmp/out.mmt"
}

# theirs NAME EVENTS COMMAND...: one line of output per record.
theirs() {
	local name=$1 events=$2 lines
	shift 2
	command -v "$1" >/dev/null || { echo "$name: not installed"; return 0; }
	lines=$(timed "$@" 2>"$tmp/err" | grep -vc '^cpus=')
	same "$events" "$lines" "$1"
	said "$name" "$events"
}

records() { sed -E 's/^([0-9]+) .*/\1/'; }

for trace in x86-6.12-populate-4k x86-6.12-notifier-pins; do
	ours "$trace.dat" "datasets/$trace.dat" "$(awk -F '\t' -v n="$trace.dat" '$1 == n { print $5 }' datasets/manifest.tsv)"
done
if ! command -v trace-cmd >/dev/null; then
	echo "long recordings: trace-cmd is not installed"
	exit 0
fi
trace-cmd convert -i datasets/x86-6.12-notifier-pins.dat -o "$tmp/one.dat" --file-version 6 >/dev/null 2>&1
long() { "$tmp/recut" -7 zstd -n $((($1 * 1000000 + 721406) / 721407)) "$tmp/one.dat" -o "$tmp/long.dat" | records; }

events=$(long 5)
ours "trace.dat 7, zstd" "$tmp/long.dat" "$events"
theirs "trace.dat 7, zstd: trace-cmd report -N -R" "$events" trace-cmd report -N -R -i "$tmp/long.dat"
for million in 1 10 "$longest"; do
	events=$(long "$million")
	ours "trace.dat 7, zstd, length $million" "$tmp/long.dat" "$events"
done
rm -f "$tmp/long.dat"

for how in "" -z; do
	events=$("$tmp/reperf" $how -n 6800 test/damage/fixture/perf.file.data -o "$tmp/long.data" | records)
	ours "perf.data${how:+, zstd}" "$tmp/long.data" "$events"
	theirs "perf.data${how:+, zstd}: perf script" "$events" perf script -i "$tmp/long.data"
done
