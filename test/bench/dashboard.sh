#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the dashboard of 1 000 and of 10 000 runs takes: time, memory, bytes; and how long pictures take.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Twenty runs, five traces under four policies; many_runs makes many of them.
for trace in x86-6.12-{aging-mglru,populate-4k,notifier-pins,memslot-pins,dirty-pins}; do
	"$build/mmulab" import "datasets/$trace.dat" -o "$tmp/$trace.mmt" >/dev/null 2>&1
	"$build/mmulab" replay "$tmp/$trace.mmt" -p x86-6.12 -p x86-6.12+seed-004 -p age-lockless -p x86-6.1 --time-scale auto \
		--db "$tmp/base.db" >/dev/null 2>&1
done
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/many_runs" test/bench/many_runs.c \
	-Wl,--start-group "$build"/lib/result.a "$build"/lib/base.a -Wl,--end-group -lsqlite3 -lxxhash -linih -lm

# timed DATABASE PICTURES: makes $tmp/site and says what it took
timed() {
	command time -o "$tmp/time" -f "%e s, %U s CPU, %M KiB" "$build/mmulab" dashboard "$1" -o "$tmp/site" --pictures "$2" >/dev/null
	printf 'dashboard of %5d runs, pictures of %-4s: %s, %d bytes, %d pictures\n' "$(sqlite3 "$1" "SELECT count(*) FROM run")" \
		"$2" "$(cat "$tmp/time")" "$(find "$tmp/site" -type f -not -name '*.svg' -exec cat {} + | wc -c)" \
		"$(find "$tmp/site" -name '*.svg' | wc -l)"
}
timed "$tmp/base.db" 4
for n in 1000 10000; do
	cp "$tmp/base.db" "$tmp/$n.db"
	"$tmp/many_runs" "$tmp/$n.db" $n >/dev/null
	sqlite3 "$tmp/$n.db" "PRAGMA foreign_keys = ON; DELETE FROM run WHERE trace = 'fake.mmt'"
	timed "$tmp/$n.db" none
done
