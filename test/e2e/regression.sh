#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/regression.md: thirty commits of a policy, one of which makes it worse, from the gate's verdict to the report.
# KEEP=DIR keeps what it made.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
[ -n "${KEEP:-}" ] && { tmp=$KEEP; mkdir -p "$tmp"; rm -f "$tmp/results.db"; trap - EXIT; }

db=$tmp/results.db rules=$tmp/rules.ini
cat >"$rules" <<'END'
access.total.p99 <= +3% @ 95%
access.lock_wait.mean <= +5%
stall <= +2%
faults == 1%
longest_stretch <= 1ms
END
# candidate COMMIT: the policy as it is then.  At the ninth a change that the workload does not feel, at the 18th one it does.
candidate() {
	echo "inherit = x86-6.12"
	[ "$1" -lt 9 ] || echo "age.lock = read"
	[ "$1" -lt 18 ] || echo "fault.lock = write"
}

"$mmulab" import datasets/x86-6.12-populate-4k.dat -o "$tmp/populate.mmt" >"$tmp/log" 2>&1
stopped=''
for commit in $(seq 30); do
	candidate "$commit" >"$tmp/candidate.ini"
	(cd "$tmp" && "$mmulab" replay populate.mmt -p x86-6.12 -p ./candidate.ini --clone 2 --time-scale 0.05 --branch main \
		--subject "commit-$commit" --db results.db) >>"$tmp/log" 2>&1
	if [ "$commit" = 1 ]; then
		"$mmulab" gate "$db" --rules "$rules" --save "$tmp/baseline.ini" >>"$tmp/log" 2>&1
	else
		"$mmulab" gate "$db" --rules "$rules" --baseline "$tmp/baseline.ini" --against "subject:commit-$commit" \
			>"$tmp/gate.$commit" 2>>"$tmp/log" || stopped="$stopped $commit"
	fi
done
echo "stopped:$stopped" >"$tmp/out"
[ "$stopped" = " $(seq -s ' ' 18 30)" ]
result $? "the gate lets commits 2 to 17 pass, and no later one"
says "the commit against the one before it" 1 out "WORSE   access.total.p99" \
	"$mmulab" gate "$db" --rules "$rules" --baseline subject:commit-17 --against subject:commit-18
grep -q "policy differs: fault.lock = write, was read" "$tmp/out"
result $? "it names the knob"
grep -q " under candidate$" "$tmp/out" && ! grep -q " under x86-6.12$" "$tmp/out"
result $? "of the one policy that changed"

"$mmulab" changes "$db" >"$tmp/out" 2>"$tmp/err"
grep -q "^commit-18: access.total.p99 .*under candidate" "$tmp/out"
result $? "the trend changes at commit-18"
! grep -v "^commit-18: .*under candidate" "$tmp/out" >"$tmp/log"
result $? "and nowhere else, nor in the policy beside it"
"$mmulab" changes "$db" --json >"$tmp/changes.json" 2>"$tmp/err"
[ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(CAST(readfile('$tmp/changes.json') AS TEXT), '\$.changes')
	WHERE value->>'subject' = 'commit-18' AND value->>'before_subject' = 'commit-17'" 2>"$tmp/log")" = "$(wc -l <"$tmp/out")" ]
result $? "as JSON, too"
says "a figure that does not change" 0 out "no change in 2 trends" "$mmulab" changes "$db" --metric operations
says "a figure that is none" 2 err "did you mean 'stall'?" "$mmulab" changes "$db" --metric stal
says "no such trace" 3 err "no such run" "$mmulab" changes "$db" --trace nothing

says "the report of the two" 0 out "fault.lock" "$mmulab" report --format mail "$db" --run 34 --run 36
says "and the comparison" 0 out "access waited for access" "$mmulab" compare "$db" --run 34 --run 36
"$mmulab" dashboard "$db" -o "$tmp/site" --pictures none >"$tmp/out" 2>"$tmp/err"
result $? "the dashboard of all of it"
echo "1..$n"
