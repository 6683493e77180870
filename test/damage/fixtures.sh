#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the damage harness's files out of recordings in datasets/, anew:
#
#	test/damage/fixtures.sh PERF.data
#
# A few pages of each CPU of x86-6.12-notifier-pins.dat (test/bench/recut.c), and
# the begin of a plain perf.data in file mode of the same kind of load
# (test/bench/reperf.c), in every form the importer reads.  Needs trace-cmd, a
# compiler, libzstd and zlib.
# fixtures.tsv has a line for each: file, reader ("event": the event file that is
# made of it when the harness starts, of that zstd level), most events in a page,
# and from which to which byte its events are (0 0: all of it).
set -eu
perf=$(realpath "$1")
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
out=test/damage/fixture
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/recut" test/bench/recut.c test/bench/datout.c test/bench/rec6.c -lzstd -lz
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/reperf" test/bench/reperf.c -lzstd
trace-cmd convert -i datasets/x86-6.12-notifier-pins.dat -o "$tmp/whole.dat" --file-version 6 >/dev/null 2>&1

tsv=$out/fixtures.tsv
echo "# file reader zstd-level page-events data-from data-to half-percent open-end" >"$tsv"
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$tsv"; }

# cut NAME COMMAND...: a recording, and its row.
cut() {
	local name=$1 most from to
	shift
	read -r most from to < <("$@" -o "$out/$name" |
		sed -E 's/.*at most ([0-9]+) in a page, data at ([0-9]+) \.\. ([0-9]+)$/\1 \2 \3/')
	row "$name" recording 0 "$most" "$from" "$to" "${half:-45}" "${open:--}"
}
cut trace.v6.dat "$tmp/recut" -s 40 -p 20 "$tmp/whole.dat"
cut trace.v7.dat "$tmp/recut" -s 40 -p 20 -7 none "$tmp/whole.dat"
cut trace.zstd.dat "$tmp/recut" -s 200 -p 100 -7 zstd "$tmp/whole.dat"
cut trace.zlib.dat "$tmp/recut" -s 200 -p 100 -7 zlib "$tmp/whole.dat"
# In file mode the names of the events stand behind them: without its end it is refused.
half=0 cut perf.file.data "$tmp/reperf" -b 100000 "$perf"
open=record cut perf.pipe.data "$tmp/reperf" -b 100000 -p "$perf"
half=0 cut perf.zstd.data "$tmp/reperf" -b 1000000 -z "$perf"
open=record cut perf.zstd-pipe.data "$tmp/reperf" -b 1000000 -p -z "$perf"

# Text, as trace-cmd prints it, and with the head and the flags that tracefs gives it.
text() {
	local name=$1 most
	most=$(awk '!/^(#|cpus=)/ && (!least || length($0) + 1 < least) { least = length($0) + 1 } END { print int(4096 / least) }' \
		"$out/$name")
	row "$name" recording 0 "$most" 0 0 45 "${open:--}"
}
"$tmp/recut" -s 200 -p 9 "$tmp/whole.dat" -o "$tmp/few.dat" >"$tmp/few"
trace-cmd report -i "$tmp/few.dat" 2>/dev/null >"$out/text.report.txt"
open=line text text.report.txt
{
	n=$(sed 's/ .*//' "$tmp/few")
	printf '# tracer: nop\n#\n# entries-in-buffer/entries-written: %s/%s   #P:2\n#\n' "$n" "$n"
	sed -nE 's/^(.*\[[0-9]+\]) +([0-9]+\.[0-9]+: [^:]+:) +/\1 .....    \2 /p' "$out/text.report.txt"
} >"$out/text.tracefs.txt"
text text.tracefs.txt
row trace.v6.dat@plain.mmt event 0 0 0 0 45 -
row trace.v6.dat@zstd.mmt event 1 0 0 0 45 -
