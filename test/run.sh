#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs test programs and adds up their TAP lines.  The last line printed is
# "N passed, N failed, N skipped".  A program that exits 77 is one skip, one
# that dies or prints no result is one failure.
set -u
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP
for t in "$@"; do
	case $t in /*|./*) cmd=$t ;; *) cmd=./$t ;; esac
	timeout "${TEST_TIMEOUT:-600}" "$cmd" >"$log" 2>&1 </dev/null
	rc=$?
	ok=$(grep -cE '^[[:space:]]*ok( |$)' "$log")
	bad=$(grep -cE '^[[:space:]]*not ok( |$)' "$log")
	skip=$(grep -ciE '^[[:space:]]*ok .*# *skip' "$log")
	if [ $rc -eq 77 ]; then
		skip=1 ok=1 bad=0
	elif [ $rc -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	passed=$((passed + ok - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
	if [ "$bad" -ne 0 ]; then
		echo "FAIL $t (exit $rc)"
		sed 's/^/    /' "$log" | tail -n 60
	elif [ $rc -eq 77 ]; then
		echo "skip $t: $(tail -n 1 "$log")"
	else
		echo "ok   $t: $((ok - skip)) passed$([ "$skip" -gt 0 ] && echo ", $skip skipped")"
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
