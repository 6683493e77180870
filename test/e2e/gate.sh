#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy that gets worse is stopped, one that does not is let through, and what is written wrongly is said.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

db=$tmp/r.db rules=$tmp/rules.ini
cat >"$rules" <<'END'
access.total.p99 <= +3% @ 95%
stall <= +2%
access_waits_age <= +0
operations == 0%
longest_stretch <= 5ms
END
"$mmulab" import datasets/x86-6.12-aging-mglru.dat -o "$tmp/aging.mmt" >"$tmp/log" 2>&1
replay() {	# replay BRANCH SEED ARGUMENTS...
	local branch=$1 seed=$2
	shift 2
	"$mmulab" replay "$tmp/aging.mmt" --clone 8 --time-scale auto --branch "$branch" --seed "$seed" --db "$db" "$@" \
		>>"$tmp/log" 2>&1
}
policy() {	# policy LOCK: aging under another lock, by the same name
	printf 'inherit = x86-6.12\nage.lock = %s\n' "$1" >"$tmp/mine.ini"
}
for seed in 1 2; do
	policy lockless
	replay main $seed -p "$tmp/mine.ini" && replay same $seed -p "$tmp/mine.ini"
	result $? "seed $seed: a policy, twice"
	policy write
	replay worse $seed -p "$tmp/mine.ini"
	result $? "seed $seed: a worse one of the same name"
done
gate=("$mmulab" gate "$db" --rules "$rules")

says "the newest run's branch is the candidate" 1 out "judged by branch:worse against branch:main" "${gate[@]}" -b branch:main
says "a policy that aging hurts is stopped" 1 out "WORSE   access_waits_age: 0 ns ->" "${gate[@]}" -b branch:main
says "the knob that did it is named" 1 out "policy differs: age.lock = write, was lockless" "${gate[@]}" -b branch:main
says "the rule's line is named" 1 out "[$rules:3: access_waits_age <= +0]" "${gate[@]}" -b branch:main
says "the same policy passes" 0 out "0 worse, 0 unsure, 0 missing" "${gate[@]}" -b branch:main --against branch:same
says "an improvement passes" 0 out "ok" "${gate[@]}" -b branch:worse --against branch:main
says "rules that hold are shown on demand" 0 out "ok      longest_stretch: " "${gate[@]}" -b branch:main --against branch:same -a
says "one run" 1 out "judged by run:3 against run:1" "${gate[@]}" -b run:1 --against run:3
says "two seeds together" 1 out "judged by run:3,6 against run:1,4" "${gate[@]}" -b run:1,4 --against run:3,6
says "a run is judged by one of another seed, and it is said" 1 out "seeds differ" "${gate[@]}" -b run:4 --against run:3
"${gate[@]}" -b branch:main >"$tmp/first"
"${gate[@]}" -b branch:main | cmp - "$tmp/first" >"$tmp/log" 2>&1
result $? "the same question gets the same answer"

# --- a baseline file ---
"$mmulab" gate "$db" --rules "$rules" --save "$tmp/base.ini" --against branch:main >"$tmp/out" 2>"$tmp/err"
result $? "figures are kept"
grep -qx "access_waits_age = 0" "$tmp/base.ini"
result $? "as text"
says "the same passes by them" 0 out "ok" "${gate[@]}" -b "$tmp/base.ini" --against branch:same
says "worse is stopped by them" 1 out "policy differs" "${gate[@]}" -b "$tmp/base.ini"
cp "$db" "$tmp/copy.db" && sqlite3 "$tmp/copy.db" "DELETE FROM run WHERE branch = 'worse'"
says "another database is a baseline" 0 out "ok" "$mmulab" gate "$db" --rules "$rules" -b "$tmp/copy.db" --against branch:same
mmt=$(sed -n 's/^trace_hash = //p' "$tmp/base.ini")
sed "s/$mmt/0123456789abcdef0123456789abcdef/" "$tmp/base.ini" >"$tmp/other.ini"
says "a trace that was imported anew is known by its name" 1 out "its hash differs" "${gate[@]}" -b "$tmp/other.ini"
sed "s/^clones = 8/clones = 9/" "$tmp/base.ini" >"$tmp/nine.ini"
says "nothing in common" 3 err "no configuration" "${gate[@]}" -b "$tmp/nine.ini"
{ cat "$tmp/base.ini"; sed "s/^clones = 8/clones = 9/; s/^\[1\]/[2]/" "$tmp/base.ini"; } >"$tmp/both.ini"
says "what only one side has fails" 1 out "MISSING only the baseline has it" "${gate[@]}" -b "$tmp/both.ini" --against branch:same
sed '1i missing = warn' "$rules" >"$tmp/warn.ini"
says "or is only said" 0 out "missing only the baseline has it" "$mmulab" gate "$db" --rules "$tmp/warn.ini" -b "$tmp/both.ini" \
	--against branch:same

# --- the other forms ---
"${gate[@]}" -b branch:main --json >"$tmp/out" 2>"$tmp/err"
[ "$(sqlite3 :memory: "WITH g(j) AS (SELECT CAST(readfile('$tmp/out') AS TEXT))
	SELECT j->'ok', j->>'regressions' = (SELECT count(*) FROM json_tree(j) WHERE key = 'verdict' AND value = 'regression'),
		(SELECT min(value->>'candidate' > (value->>'allowed')) FROM json_tree(j) WHERE type = 'object' AND value->>'verdict' = 'regression')
	FROM g" 2>"$tmp/log")" = "false|1|1" ]
result $? "JSON says the same"
"${gate[@]}" -b branch:main --junit >"$tmp/out" 2>"$tmp/err"
count() { grep -c -- "$1" "$tmp/out"; }
grep -q "tests=\"$(count '<testcase ')\" failures=\"$(count '<failure ')\" skipped=\"$(count '<skipped ')\"" "$tmp/out" &&
	[ "$(count '<failure ')" -gt 0 ]
result $? "JUnit's XML counts right"
if command -v xmllint >/dev/null; then
	xmllint --noout "$tmp/out" 2>"$tmp/log"
	result $? "and is well-formed"
fi
says "GitHub is shown the rule's line" 1 out "::error file=$rules,line=3,title=worse%3A access_waits_age <= +0::" \
	"${gate[@]}" -b branch:main --github
[ "$("${gate[@]}" -b branch:main --github | grep -vc '^::\(error\|warning\) file=.*::')" = 0 ]
result $? "one line per finding"

# --- what is wrong ---
wrong() {	# wrong TEXT STATUS "what is said" RULE
	printf '; first\n%s\n' "$4" >"$tmp/wrong.ini"
	says "$1" "$2" err "$3" "$mmulab" gate "$db" --rules "$tmp/wrong.ini" -b branch:main
}
wrong "a metric that is none" 2 "wrong.ini:2: metric 'stal' is unknown; did you mean 'stall'?" "stal <= +2%"
wrong "an operation that is none" 2 "did you mean 'access'?" "acess.total.p99 <= +2%"
wrong "a phase that is none" 2 "phase 'totl' is unknown; did you mean 'total'?" "access.totl.p99 <= +2%"
wrong "a figure that is none" 2 "figure 'q99' is unknown" "access.total.q99 <= +2%"
wrong "no phase" 2 "say 'access.total.p99'" "access.p99 <= +2%"
wrong "a unit of something else" 2 "unit 'MiB' is unknown" "stall <= 5MiB"
wrong "no unit" 2 "needs a unit" "stall <= 5"
wrong "a share of nothing" 2 "Give it a sign" "stall <= 5%"
wrong "no number" 2 "needs a limit" "stall <= fast"
wrong "an odd confidence" 2 "90%, 95% and 99%" "stall <= +2% @ 97%"
wrong "no comparison" 2 "compare with <=" "stall = 2%"
wrong "an odd setting" 2 "did you mean 'fail'?" "missing = fal"
wrong "no rule at all" 3 "no rule" "; nothing"
wrong "no INI at all" 3 "wrong.ini:2" "nonsense"
says "no such branch" 3 err "branch:none: no such run" "${gate[@]}" -b branch:none
says "no such run" 3 err "run:99: no such run" "${gate[@]}" -b run:99
says "no number" 2 err "run:x" "${gate[@]}" -b run:x
says "no such file" 3 err "none.db" "${gate[@]}" -b "$tmp/none.db"
says "no such rules" 3 err "none.ini" "$mmulab" gate "$db" --rules "$tmp/none.ini" -b branch:main
says "the baseline itself" 2 err "--against" "${gate[@]}" -b branch:worse
says "a run against itself" 2 err "on both sides" "${gate[@]}" -b run:1 --against run:1
says "no baseline" 2 err "--baseline" "${gate[@]}"
says "no rules" 2 err "--rules" "$mmulab" gate "$db" -b branch:main
says "two forms at once" 2 err "one of them" "${gate[@]}" -b branch:main --json --junit

# --- measured runs ---
"$mmulab" replay "$tmp/aging.mmt" -p "$tmp/mine.ini" --runtime threads --pacing asap --branch t1 --db "$db" >"$tmp/log" 2>&1
"$mmulab" replay "$tmp/aging.mmt" -p "$tmp/mine.ini" --runtime threads --pacing asap --branch t2 --db "$db" >"$tmp/log" 2>&1
says "measured runs are not judged unasked" 3 err "--measured" "${gate[@]}" -b branch:t1
says "nor by rules that are sure of everything" 2 err "say how sure" "${gate[@]}" -b branch:t1 --measured
printf 'access.total.p50 <= +900%% @ 95%%\noperations == 0%% @ 95%%\n' >"$tmp/sure.ini"
says "but by those that ask" 0 out "ok" "$mmulab" gate "$db" --rules "$tmp/sure.ini" -b branch:t1 --measured
says "virtual time is left out then" 3 err "leave out --measured" "$mmulab" gate "$db" --rules "$tmp/sure.ini" -b branch:main \
	--measured
echo "1..$n"
