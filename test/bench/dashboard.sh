#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the dashboard of 1 000 and of 10 000 runs takes: time, memory, bytes; and how long a run's pictures take.
set -eu
cd "$(dirname "$0")/../.."
mmulab=$(realpath "${BUILD:-build}/mmulab")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Twenty runs: five traces under four policies.
for trace in x86-6.12-{aging-mglru,populate-4k,notifier-pins,memslot-pins,dirty-pins}; do
	"$mmulab" import "datasets/$trace.dat" -o "$tmp/$trace.mmt" >/dev/null 2>&1
	"$mmulab" replay "$tmp/$trace.mmt" -p x86-6.12 -p x86-6.12+seed-004 -p age-lockless -p x86-6.1 --time-scale auto \
		--db "$tmp/base.db" >/dev/null 2>&1
done
runs=$(sqlite3 "$tmp/base.db" "SELECT count(*) FROM run")
for n in 1000 10000; do
	cp "$tmp/base.db" "$tmp/$n.db"
	sqlite3 "$tmp/$n.db" ".parameter set :copies $((n / runs))" ".read test/bench/many.sql" >/dev/null
	command time -f "%e s, %U s CPU, %M KiB" "$mmulab" dashboard "$tmp/$n.db" -o "$tmp/site-$n" --pictures none 2>"$tmp/time" \
		>/dev/null
	printf 'dashboard of %s runs: %s, %s bytes\n' "$(sqlite3 "$tmp/$n.db" "SELECT count(*) FROM run")" \
		"$(tail -n 1 "$tmp/time")" "$(find "$tmp/site-$n" -type f -exec cat {} + | wc -c)"
done
command time -f "%e s" "$mmulab" dashboard "$tmp/base.db" -o "$tmp/site" --pictures 4 2>"$tmp/time" >/dev/null
printf 'the same of %s runs with pictures of 4: %s, %s pictures, %s bytes at most\n' "$runs" "$(tail -n 1 "$tmp/time")" \
	"$(find "$tmp/site/pictures" -type f | wc -l)" "$(find "$tmp/site/pictures" -type f -printf '%s\n' | sort -n | tail -n 1)"
