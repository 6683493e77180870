#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the damage harness's files out of recordings in datasets/, anew:
#
#	test/damage/fixtures.sh
#
# A few pages of each CPU of x86-6.12-notifier-pins.dat (test/bench/recut.c), in
# every form the importer reads.  Needs trace-cmd, a compiler, libzstd and zlib.
# fixtures.tsv has a line for each: file, reader ("event": the event file that is
# made of it when the harness starts, of that zstd level), most events in a page,
# and from which to which byte its events are (0 0: all of it).
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
out=test/damage/fixture
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/recut" test/bench/recut.c test/bench/datout.c test/bench/rec6.c -lzstd -lz
trace-cmd convert -i datasets/x86-6.12-notifier-pins.dat -o "$tmp/whole.dat" --file-version 6 >/dev/null 2>&1

tsv=$out/fixtures.tsv
echo "# file reader zstd-level page-events data-from data-to half-percent" >"$tsv"
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$tsv"; }

# cut NAME PAGES ARGUMENTS: a recording and its row.
cut() {
	local name=$1 pages=$2 most from to
	shift 2
	read -r most from to < <("$tmp/recut" -s 40 -p "$pages" "$@" "$tmp/whole.dat" -o "$out/$name" |
		sed -E 's/.*at most ([0-9]+) in a page, data at ([0-9]+) \.\. ([0-9]+)$/\1 \2 \3/')
	row "$name" recording 0 "$most" "$from" "$to" 0
}
cut trace.v6.dat 20
cut trace.v7.dat 20 -7 none
cut trace.zstd.dat 100 -7 zstd
#cut trace.zlib.dat 100 -7 zlib
row trace.v6.dat@plain.mmt event 0 0 0 0 45
row trace.v6.dat@zstd.mmt event 1 0 0 0 45
