#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 10 000 runs in one database: its size, storing one more, and what reads it.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
runs=${RUNS:-10000}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
for name in populate-thp aging-mglru notifier-pins memslot-pins dirty-pins; do
	"$build/mmulab" import "datasets/x86-6.12-$name.dat" -o "$tmp/$name.mmt" >/dev/null 2>&1
done
cat >"$tmp/grid.ini" <<END
[grid]
trace = $tmp/*.mmt
policy = x86-6.12, x86-6.1, age-lockless, x86-6.12+seed-002, x86-6.12+seed-004
clones = 1, 2
END
"$build/mmulab" sweep "$tmp/grid.ini" --db "$tmp/r.db"
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/many_runs" test/bench/many_runs.c \
	-Wl,--start-group "$build"/lib/result.a "$build"/lib/base.a -Wl,--end-group -lsqlite3 -lxxhash -linih -lm
"$tmp/many_runs" "$tmp/r.db" "$runs"
printf '%-19s %8d MB\n' "database" $(($(stat -c %s "$tmp/r.db") / 1000000))

# timed NAME COMMAND...: the best of five
timed() {
	local name=$1
	shift
	for _ in 1 2 3 4 5; do
		command time -q -f '%e %U %S' -o "$tmp/time" "$@" >"$tmp/out" 2>&1 || [ $? = 1 ] ||
			{ cat "$tmp/out" >&2; exit 1; }
		cat "$tmp/time"
	done | awk -v name="$name" '
		NR == 1 || $1 < wall { wall = $1 }
		NR == 1 || $2 + $3 < cpu { cpu = $2 + $3 }
		END { printf "%-19s %8.2f s, CPU time %.2f s\n", name, wall, cpu }'
}

sqlite3 "$tmp/r.db" "DELETE FROM run WHERE trace = 'fake.mmt'"
printf '%s\n' 'stall <= +2%' 'access.total.p99 <= +3%' >"$tmp/rules.ini"
gate=("$build/mmulab" gate "$tmp/r.db" --rules "$tmp/rules.ini" --baseline)
timed "compare" "$build/mmulab" compare "$tmp/r.db"
timed "compare --policy" "$build/mmulab" compare "$tmp/r.db" --policy x86-6.12
timed "compare --run" "$build/mmulab" compare "$tmp/r.db" --run 1 --run 7000
timed "gate, two subjects" "${gate[@]}" subject:commit003 --against subject:commit015
timed "gate, a branch" "${gate[@]}" subject:commit003
timed "sweep, all known" "$build/mmulab" sweep "$tmp/grid.ini" --db "$tmp/r.db"
timed "dashboard" "$build/mmulab" dashboard "$tmp/r.db" -o "$tmp/site" --pictures none
