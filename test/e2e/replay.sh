#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From recorded traces to stored runs: import, replay, refusals, bad days.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

sql() { sqlite3 "$tmp/results.db" "$1" 2>/dev/null; }

# edited NAME SED-SCRIPT: the populate trace with its text changed.
edited() {
	"$mmulab" text --class stimuli "$tmp/thp.mmt" | sed -E "$2" >"$tmp/edited.txt"
	"$mmulab" text -r "$tmp/edited.txt" -o "$tmp/$1.mmt"
}

for trace in thp:x86-6.12-populate-thp populate:x86-6.12-populate-4k aging:x86-6.12-aging-mglru \
	     notifier:x86-6.12-notifier-pins mix:x86-6.1-populate-mix; do
	"$mmulab" import "datasets/${trace#*:}.dat" -o "$tmp/${trace%%:*}.mmt" >"$tmp/out" 2>"$tmp/err"
	result $? "import ${trace#*:}"
done

# The tables hold what accesses and invalidations leave behind, under every policy.
for trace in thp populate aging notifier mix; do
	says "$trace: checked under its own kernel's policy" 0 out "stall" \
		"$mmulab" replay "$tmp/$trace.mmt" --check
done
says "aging: checked under alternatives" 0 out "age-lockless" \
	"$mmulab" replay "$tmp/aging.mmt" -p age-lockless -p x86-6.1+seed-004 --check
says "notifier: schedules searched" 0 out "x86-6.12: no invariant broken in 3 schedules" \
	"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --seeds 3
says "seed 001 asks for the checks" 0 out "stall" \
	"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12+seed-001
for p in x86-6.12 x86-6.12+seed-001; do
	"$mmulab" replay "$tmp/notifier.mmt" -p "$p" --json 2>"$tmp/err" | grep -vE '"policy"|check.invariants' >"$tmp/$p.json"
done
cmp "$tmp/x86-6.12.json" "$tmp/x86-6.12+seed-001.json" >"$tmp/out"
result $? "and changes nothing that is measured"
says "populate: real threads agree with the oracle" 0 out "measured on this machine" \
	"$mmulab" replay "$tmp/thp.mmt" --runtime threads --pacing asap --check

# The same seed, the same bytes; another seed, other ones.
"$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 --json --seed 5 >"$tmp/one" 2>"$tmp/err"
"$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 --json --seed 5 >"$tmp/two" 2>"$tmp/err"
cmp "$tmp/one" "$tmp/two" >"$tmp/out"
result $? "two replays of one seed are the same, byte for byte"

# Locks explain latency: aging without the lock is not waited for, exclusive faults are.
blamed() {	# blamed DB POLICY WAITER HOLDER
	sqlite3 "$tmp/$1" "select ifnull(sum(b.ns), 0) from blame b join run r on r.id = b.run
		where r.policy = '$2' and b.waiter = '$3' and b.holder = '$4'"
}
says "aging, four copies, with and without the lock" 0 out "age-lockless" \
	"$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 -p age-lockless --clone 4 --db "$tmp/aging.db"
[ "$(blamed aging.db x86-6.12 access age)" -gt 0 ] && [ "$(blamed aging.db age-lockless access age)" = 0 ]
result $? "accesses wait for aging only where aging takes the lock"
says "populate, sixteen copies, faults sharing the lock or not" 0 out "fault-write" \
	"$mmulab" replay "$tmp/populate.mmt" -p x86-6.12 -p fault-write --clone 16 --db "$tmp/populate.db"
[ "$(blamed populate.db x86-6.12 access access)" -lt "$(blamed populate.db fault-write access access)" ]
result $? "they wait for each other where faults exclude each other"

# Storing.
says "runs are stored" 0 out "x86-6.1" "$mmulab" replay "$tmp/thp.mmt" -p x86-6.12 -p x86-6.1 --db "$tmp/results.db"
[ "$(sql 'select count(*) from run')" = 2 ] && [ "$(sql "select count(*) from latency where op = 'access'")" -ge 4 ]
result $? "and can be read by any sqlite3"
says "a stored command repeats the run" 0 err "" \
	bash -c "$(sql "select command from run limit 1" | sed "s|^mmulab|$mmulab|; s|$|--db $tmp/again.db|; s|--db| --db|")"
[ "$(sql "select value from metric where run = 1 and name = 'stall'")" = \
  "$(sqlite3 "$tmp/again.db" "select value from metric where name = 'stall'")" ]
result $? "to the same stall"
mkdir "$tmp/own"
cp policies/x86-6.1.ini "$tmp/own/mine.ini"
"$mmulab" replay "$tmp/thp.mmt" -p "$tmp/own/mine.ini+seed-004" --db "$tmp/own.db" >/dev/null 2>&1
sqlite3 "$tmp/own.db" 'select command from run' | grep -qF -- "-p $tmp/own/mine.ini+seed-004 "
result $? "a policy of one's own is named by its path"
sql .dump >"$tmp/before"
says "a full disk: one line, status 4" 4 err "results.db" \
	bash -c "trap '' XFSZ; ulimit -f 4; exec '$mmulab' replay '$tmp/thp.mmt' -p x86-6.12 --db '$tmp/results.db'"
sql .dump >"$tmp/after"
cmp "$tmp/before" "$tmp/after" >"$tmp/out" && [ "$(sql 'pragma integrity_check')" = ok ]
result $? "and the database is as it was"
says "a database that is none" 3 err "not" "$mmulab" replay "$tmp/thp.mmt" --db "$tmp/edited.txt.none/x.db"
echo "some text, long enough to be looked at as a file" >"$tmp/text.db"
says "a text file is no database" 3 err "text.db" "$mmulab" replay "$tmp/thp.mmt" --db "$tmp/text.db"

# Usage.
says "an unknown knob" 2 err "age.lock" "$mmulab" replay "$tmp/thp.mmt" --set age.lok=read
says "a value it cannot have" 2 err "lockless" "$mmulab" replay "$tmp/thp.mmt" --set age.lock=maybe
says "an unknown policy" 2 err "did you mean 'x86-6.1'" "$mmulab" replay "$tmp/thp.mmt" -p x86-6.13
says "an unknown host fact" 2 err "host." "$mmulab" replay "$tmp/thp.mmt" --set host.cpu=2
says "an unknown pacing" 2 err "closed, open, asap" "$mmulab" replay "$tmp/thp.mmt" --pacing never
says "an unknown fact to assume" 2 err "invalidate-end" "$mmulab" replay "$tmp/thp.mmt" --assume luck
says "more copies than fit" 2 err "--clone" "$mmulab" replay "$tmp/thp.mmt" --clone 4000000
says "no copy at all" 2 err "at least one" "$mmulab" replay "$tmp/thp.mmt" --clone 0
says "no schedule at all" 2 err "at least one" "$mmulab" replay "$tmp/thp.mmt" --seeds 0
says "schedules are not stored" 2 err "leave out" "$mmulab" replay "$tmp/thp.mmt" --seeds 2 --db "$tmp/no.db"
says "an impossible cost" 2 err "kick cannot be 'abc'" "$mmulab" replay "$tmp/thp.mmt" --set costs.kick=abc
[ "$(wc -l <"$tmp/err")" -eq 1 ]
result $? "in one line, too"
says "the host can be changed" 0 out "x86-6.12" "$mmulab" replay "$tmp/thp.mmt" --set host.cpus=1 --set costs.kick=1

says "a policy for shadow paging needs some" 4 err "policy x86-6.12+seed-000 is about shadow paging" \
	"$mmulab" replay "$tmp/thp.mmt" -p x86-6.12+seed-000
says "so does a knob" 4 err "is about shadow pages" "$mmulab" replay "$tmp/thp.mmt" --set zap.obsolete_batch=5

# Traces that cannot answer.
edited noends 's/^# has_ends: true/# has_ends: false/; / invalidate_end /d'
says "without ends of invalidations: refused" 4 err "invalidate-end (needed by fault.retry_key" \
	"$mmulab" replay "$tmp/noends.mmt"
says "what an assumption means is said" 0 err "each invalidation ends right after its start" \
	"$mmulab" replay "$tmp/noends.mmt" --assume invalidate-end
says "unless assumed" 0 out '"invalidate-end"' "$mmulab" replay "$tmp/noends.mmt" --assume invalidate-end --json
edited noslots '/ memslot /d'
says "without memslots: refused" 4 err "lacks slots" "$mmulab" replay "$tmp/noslots.mmt"
says "unless assumed" 0 out "stall" "$mmulab" replay "$tmp/noslots.mmt" --assume slots --check
edited which 's/^# tdp_mmu: true/# tdp_mmu: false/; / kvm_mmu_set_spte /d'
says "of one MMU or the other, nobody knows: refused" 4 err "tdp-mmu" "$mmulab" replay "$tmp/which.mmt"
says "unless told which" 0 out "stall" "$mmulab" replay "$tmp/which.mmt" --assume tdp-mmu
edited shadow 's/^# tdp_mmu: true/# tdp_mmu: false/; s/^# shadow: false/# shadow: true/'
says "of shadow paging, without the guest's tables: refused" 4 err "guest-tables" "$mmulab" replay "$tmp/shadow.mmt"
says "unless it may have none" 0 out "stall" "$mmulab" replay "$tmp/shadow.mmt" --assume guest-tables --assume tdp-mmu
edited quiet '/ access /d; / think /d'
says "without an access: refused" 4 err "no guest access" "$mmulab" replay "$tmp/quiet.mmt"

# Files that are none.
says "a recording is not an event file" 3 err "x86-6.12-populate-thp.dat" \
	"$mmulab" replay datasets/x86-6.12-populate-thp.dat
says "no such file" 3 err "nowhere.mmt" "$mmulab" replay "$tmp/nowhere.mmt" -p x86-6.12
[ "$(wc -l <"$tmp/err")" -eq 1 ]
result $? "in one line, whatever the policy names without effect"
head -c 9000 "$tmp/thp.mmt" >"$tmp/short.mmt"
says "a truncated event file" 3 err "short.mmt" "$mmulab" replay "$tmp/short.mmt"

echo "1..$n"
