#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Outputs of the kernel's selftests as runs: beside the lab's own, and told apart from them.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"
db=$tmp/results.db

sql() { sqlite3 "$db" "$1" 2>>"$tmp/err"; }

output() {	# output GET-SECONDS CLEAR-SECONDS: of two iterations
	cat <<EOF
# ./dirty_log_perf_test -v 64 -s anonymous_hugetlb_2mb
Test iterations: 2, interval: 10 (ms)
Testing guest mode: PA-bits:ANY, VA-bits:48,  4K pages
guest physical test memory: [0x7fdfffe000, 0x7fffffe000)
Populate memory time: 2.941234567s
Enabling dirty logging time: 0.001000000s

Iteration 1 dirty memory time: 0.141000000s
Iteration 1 get dirty log time: $1s
Iteration 1 clear dirty log time: $2s
Iteration 2 dirty memory time: 0.101000000s
Iteration 2 get dirty log time: $1s
Iteration 2 clear dirty log time: $2s
Disabling dirty logging time: 14.334000000s
EOF
}

output 0.004000000 0.012000000 >"$tmp/old.txt"
output 0.002000000 0.011000000 | sed 's/^/> /' >"$tmp/new.txt"
echo "It is faster for me:" >>"$tmp/new.txt"
says "an output" 0 out "run 1: dirty_log_perf_test, x86 6.6.0, measured" \
	"$mmulab" import --selftest "$tmp/old.txt" --db "$db" --kernel 6.6.0 --arch x86
says "one that somebody printed, quoted" 0 out "run 2: dirty_log_perf_test, x86 6.13.0, published" \
	"$mmulab" import --selftest "$tmp/new.txt" --db "$db" --kernel 6.13.0 --arch x86 --published "20240805233114.4060019-1"
grep -qF "new.txt:15: not understood: It is faster for me:" "$tmp/err" && [ "$(grep -c "not understood" "$tmp/err")" = 1 ]
result $? "the line that is none of the test's is told, and no other"
[ "$(sql "SELECT group_concat(origin || ' ' || runtime || ' ' || figures || ' ' || subject, ', ') FROM run")" = \
	"selftest hardware measured 6.6.0, selftest hardware published 6.13.0" ]
result $? "both are runs of their own sort"
[ "$(sql "SELECT value FROM metric WHERE run = 1 AND name = 'dirty_get_time'")" = 8000000 ] &&
	[ "$(sql "SELECT value || ' ' || unit FROM metric WHERE run = 1 AND name = 'dirty_clear_time.2'")" = "12000000 ns" ]
result $? "iterations are summed up, and kept one by one"
[ "$(sql "SELECT count(DISTINCT trace_hash) FROM run")" = 1 ] && [ "$(sql "SELECT value FROM knob WHERE run = 2 AND name = 'selftest.vcpus'")" = 64 ]
result $? "the same test with the same parameters, which are kept"
[ "$(sql "SELECT n FROM hist WHERE run = 2 AND op = 'dirty_clear' AND phase = 'total'")" = 2 ]
result $? "what is an operation of the lab's as well is a latency"
[ "$(sql "SELECT count(*) FROM run WHERE command LIKE '%20240805233114.4060019-1%'")" = 1 ]
result $? "where it was printed is kept"

"$mmulab" compare "$db" >"$tmp/out" 2>"$tmp/err"
result $? "compare"
grep -q "6.6.0" "$tmp/out" && grep -q "6.13.0" "$tmp/out" && grep -q "published" "$tmp/out" && grep -q "measured" "$tmp/out"
result $? "shows both, and whose figures they are"
"$mmulab" report "$db" -o "$tmp/report.html" >"$tmp/out" 2>"$tmp/err" && grep -q "published" "$tmp/report.html"
result $? "and so does report"
"$mmulab" export --format json "$db" >"$tmp/all.json" 2>"$tmp/err"
[ "$(sqlite3 :memory: "SELECT group_concat(json_extract(value, '\$.figures')) FROM json_each(readfile('$tmp/all.json'), '\$.runs')")" = "measured,published" ]
result $? "and export"

"$mmulab" import --selftest - --db "$db" <"$tmp/old.txt" >"$tmp/out" 2>"$tmp/err" && grep -q "run 3: dirty_log_perf_test, unknown kernel" "$tmp/out"
result $? "from standard input, of a kernel nobody named"
echo "nothing of the sort" >"$tmp/none.txt"
says "no output of a test" 3 err "no time in it" "$mmulab" import --selftest "$tmp/none.txt" --db "$tmp/none.db"
[ ! -e "$tmp/none.db" ]
result $? "makes no database"
says "nowhere to store" 2 err "--db" "$mmulab" import --selftest "$tmp/old.txt"
says "no such architecture" 2 err "not one of x86, arm64" "$mmulab" import --selftest "$tmp/old.txt" --db "$db" --arch mips
says "no such file" 3 err "none.at.all" "$mmulab" import --selftest "$tmp/none.at.all" --db "$db"
says "--published without a selftest" 2 err "go with --selftest" "$mmulab" import "$tmp/old.txt" -o "$tmp/x.mmt" --published here
echo "1..$n"
