#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Grids of replays: the same runs however many processes, machines and interruptions there were.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

"$mmulab" import datasets/x86-6.12-populate-thp.dat -o "$tmp/thp.mmt" >/dev/null 2>"$tmp/err"
"$mmulab" import datasets/x86-6.12-aging-mglru.dat -o "$tmp/aging.mmt" >/dev/null 2>"$tmp/err"
"$mmulab" import datasets/arm64-6.12-aging-mglru.dat -o "$tmp/arm.mmt" >/dev/null 2>"$tmp/err"
sweep() { "$mmulab" sweep "$tmp/grid.ini" "$@"; }
count() { sqlite3 "$tmp/$1" "SELECT count(*) FROM run"; }

# grid LINE...: the grid of the rows below, or another one
grid() { printf '%s\n' '[grid]' "$@" >"$tmp/grid.ini"; }

# dump DB: all that is stored but when and under which number, in the order of jobs
dump() {
	local table
	sqlite3 "$1" "SELECT job, version, branch, subject, trace, trace_hash, pacing, access, time_scale, seed,
		clones, policy, command, policy_text, costs_text, host_text FROM run ORDER BY job"
	for table in knob metric hist blame series heat; do
		sqlite3 "$1" "SELECT job, x.* FROM (SELECT id, job FROM run) JOIN $table AS x ON x.run = id" |
			awk -F'|' -v OFS='|' '{ $2 = ""; print }' | sort
	done
	sqlite3 "$1" "SELECT job, op, phase, hex(blob) FROM hist JOIN run ON run.id = run ORDER BY 1, 2, 3"
}

# same DB TEXT: as the one of a single process?
same() {
	dump "$1" >"$tmp/dump"
	cmp "$tmp/one.dump" "$tmp/dump" >"$tmp/out" 2>&1
	result $? "$2"
}

# --- results do not depend on processes, machines, interruptions ---
grid "trace = $tmp/thp.mmt, $tmp/aging.mmt" 'policy = x86-6.12, age-lockless' \
	'knob lock.needbreak = never, contended' 'seed = 1..3' 'clones = 1, 2'
says "48 jobs are listed" 0 out " left " sweep --db "$tmp/one.db" --dry-run
[ "$(grep -c ' left ' "$tmp/out")" = 48 ] && [ ! -e "$tmp/one.db" ]
result $? "and nothing was run"
says "one process" 0 out "48 jobs: 48 stored, 0 known before, 0 failed" sweep --db "$tmp/one.db" --jobs 1
dump "$tmp/one.db" >"$tmp/one.dump"
[ "$(sqlite3 "$tmp/one.db" "SELECT count(DISTINCT job) FROM run WHERE job <> ''")" = 48 ]
result $? "each run has its job's identity"
says "run again: all are known" 0 out "48 jobs: 0 stored, 48 known before" sweep --db "$tmp/one.db"
for n in 2 4; do
	sweep --db "$tmp/$n.db" --jobs $n >/dev/null 2>&1
	same "$tmp/$n.db" "$n processes store the same"
done
for i in 1 2 3; do
	sweep --db "$tmp/shard$i.db" --shard $i/3 >/dev/null 2>&1
done
[ "$(count shard1.db)/$(count shard2.db)/$(count shard3.db)" = 16/16/16 ]
result $? "three shards have a third each"
says "they are merged" 0 out "48 runs taken, 0 known before" "$mmulab" sweep --merge -o "$tmp/all.db" \
	"$tmp/shard3.db" "$tmp/shard1.db" "$tmp/shard2.db"
same "$tmp/all.db" "and are the same as of one process"
says "a job is taken once" 0 out "0 runs taken, 64 known before" "$mmulab" sweep --merge -o "$tmp/all.db" \
	"$tmp/one.db" "$tmp/shard1.db"
same "$tmp/all.db" "and changes nothing"
sqlite3 "$tmp/all.db" "PRAGMA foreign_key_check; PRAGMA integrity_check" >"$tmp/out"
[ "$(cat "$tmp/out")" = ok ]
result $? "the merged database is sound"

# kill -9 at any time, and once more from there
for delay in 0.1 0.3 0.5; do
	"$mmulab" sweep "$tmp/grid.ini" --db "$tmp/killed.db" --jobs 2 >/dev/null 2>&1 &
	pid=$!
	sleep $delay
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
sweep --db "$tmp/killed.db" --jobs 2 >"$tmp/out" 2>&1
result $? "killed three times and finished"
same "$tmp/killed.db" "nothing is lost or twice"
sweep --db "$tmp/both.db" >/dev/null 2>&1 &
sweep --db "$tmp/both.db" >/dev/null 2>&1
wait
same "$tmp/both.db" "two sweeps at once into one new database"

# The recorded runs repeat by their own command.
sqlite3 "$tmp/one.db" "SELECT command FROM run WHERE policy LIKE '%age-lockless%' AND seed = 3 AND clones = 2 LIMIT 1" >"$tmp/command"
grep -q -- '-p age-lockless --set lock.needbreak=.* --clone 2 --seed 3' "$tmp/command"
result $? "a run names the command that repeats it"

# --- a worker that is killed ---
grid "trace = $tmp/aging.mmt" 'clones = 12' 'seed = 1..2'
"$mmulab" sweep "$tmp/grid.ini" --db "$tmp/worker.db" --jobs 1 >"$tmp/out" 2>"$tmp/err" &
pid=$!
for _ in $(seq 100); do
	worker=$(pgrep -P $pid) && break
	sleep 0.02
done
kill -9 "$worker"
wait $pid
result $? "a job whose process was killed is done again"
grep -q 'aging.mmt x12 seed 1: its process was killed by signal 9; it is tried once more' "$tmp/err"
result $? "and it is told"
[ "$(count worker.db)" = 2 ]
result $? "both runs are stored"

# --- subjects ---
grid "trace = $tmp/thp.mmt"
sweep --db "$tmp/subject.db" --branch b --subject one >/dev/null
says "another subject is another job" 0 out "1 stored" sweep --db "$tmp/subject.db" --branch b --subject two
[ "$(sqlite3 "$tmp/subject.db" "SELECT group_concat(branch || subject) FROM (SELECT * FROM run ORDER BY id)")" = bone,btwo ]
result $? "branch and subject are stored"

# --- machines are not mixed up ---
grid "trace = $tmp/thp.mmt, $tmp/arm.mmt"
says "traces of both architectures under their own kernels' policies" 0 out "2 stored" sweep --db "$tmp/arm.db"

# --- mistakes, with their lines ---
# refused TEXT STATUS WORDS LINE...
refused() {
	local text=$1 status=$2 words=$3
	shift 3
	grid "$@"
	says "$text" "$status" err "$words" sweep --db "$tmp/none.db"
}
t="trace = $tmp/thp.mmt"
refused "a wrong key" 2 "grid.ini:3: a grid has no 'sede'; did you mean 'seed'?" "$t" 'sede = 1'
refused "a wrong section" 2 "grid.ini:4: a sweep has the section [grid], not [gird]" "$t" '[gird]' 'seed = 1'
refused "a wrong knob" 2 "grid.ini:4: $tmp/thp.mmt: age.lok=read: there is no knob 'age.lok'; did you mean 'age.lock'?" \
	"$t" 'seed = 1' 'knob age.lok = read'
refused "a wrong value of a knob" 2 "grid.ini:3: $tmp/thp.mmt: age.lock=none: age.lock cannot be 'none'" "$t" \
	'knob age.lock = read, none'
refused "a knob of the other architecture" 2 "grid.ini:3: $tmp/thp.mmt: coalesce.order=block-first: knob coalesce.order is one of arm64" \
	"$t" 'knob coalesce.order = block-first'
refused "a wrong policy" 2 "grid.ini:3: there is no policy 'x86-6.13'" "$t" 'policy = x86-6.12, x86-6.13'
refused "a wrong pacing" 2 "grid.ini:4: --pacing fast: not one of closed, open, asap" "$t" 'seed = 1' 'pacing = fast'
refused "a wrong number" 2 "grid.ini:3: 'many' is no number" "$t" 'clones = 1, many'
refused "a wrong host" 2 "grid.ini:3: " "$t" 'host cpuz = 4'
refused "a range from large to small" 2 "grid.ini:3: 9..1 is empty" "$t" 'seed = 9..1'
refused "too many jobs" 2 "combinations" "$t" 'seed = 1..9000000' 'clones = 1..4'
refused "a missing value" 2 "grid.ini:3: a value is missing" "$t" 'seed = 1,,2'
refused "a knob without a name" 2 "grid.ini:3: knob of what?" "$t" 'knob = 1'
refused "no trace" 2 "no trace in [grid]" 'seed = 1'
refused "a trace that is not there" 3 "grid.ini:2: there is no file none/*.mmt" 'trace = none/*.mmt'
refused "a recording" 3 "is a recording; a sweep replays event files: \`mmulab import datasets/x86-6.12-populate-thp.dat" \
	'trace = datasets/x86-6.12-populate-thp.dat'
[ ! -e "$tmp/none.db" ]
result $? "none of these made a database"
grid "$t"
says "a wrong shard" 2 err "--shard 4/3: write I/N" sweep --shard 4/3
sqlite3 "$tmp/other.db" "CREATE TABLE t (x)"
says "a database of another program" 3 err "not mmulab's" sweep --db "$tmp/other.db"
says "a merge without a place" 2 err "name the database to merge into with -o" "$mmulab" sweep --merge "$tmp/one.db"
says "a merge into itself" 2 err "cannot be merged into itself" "$mmulab" sweep --merge -o "$tmp/one.db" "$tmp/one.db"
says "a merge of what is not there" 3 err "none.db" "$mmulab" sweep --merge -o "$tmp/new.db" "$tmp/one.db" "$tmp/none.db"
[ ! -e "$tmp/new.db" ]
result $? "leaves nothing behind"

# --- a job that fails ---
"$mmulab" text --class stimuli "$tmp/thp.mmt" 2>/dev/null | grep -v 'memslot' >"$tmp/slotless.txt"
"$mmulab" text -r "$tmp/slotless.txt" -o "$tmp/slotless.mmt" >/dev/null 2>&1
grid "trace = $tmp/slotless.mmt, $tmp/thp.mmt" 'seed = 1..2'
says "jobs that cannot be done are told" 4 err "2 of 4 jobs failed" sweep --db "$tmp/fail.db"
[ "$(grep -c 'slotless.mmt seed' "$tmp/err")" = 1 ] && [ "$(count fail.db)" = 2 ]
result $? "once for one reason, and the others are stored"

echo "1..$n"
