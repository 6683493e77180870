#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Workloads that nobody recorded: made, read, replayed, refused.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"
: >"$tmp/out"

value() {	# value FILE POLICY METRIC
	sqlite3 :memory: "SELECT json_extract(value, '\$.metrics.$3.value') FROM json_each(readfile('$1'), '\$.runs')
		WHERE json_extract(value, '\$.policy') = '$2'"
}

tracking=("$mmulab" synth access-tracking --set vcpus=16 --set pages=512 --set gap=4400ns)
"${tracking[@]}" -o "$tmp/a.mmt" 2>"$tmp/err" && "${tracking[@]}" -o "$tmp/b.mmt" && cmp "$tmp/a.mmt" "$tmp/b.mmt" >"$tmp/out"
result $? "access-tracking: the same parameters make the same file"
"$mmulab" replay "$tmp/a.mmt" -p x86-6.12 -p age-lockless --costs costs/access-tracking.ini --json >"$tmp/a.json" 2>"$tmp/err"
result $? "it is replayed"
[ "$(value "$tmp/a.json" x86-6.12 young)" = 8192 ] && [ "$(value "$tmp/a.json" x86-6.12 accesses)" = 24576 ]
result $? "every page of every vCPU was young once, and twice as many fresh ones were touched"
[ "$(value "$tmp/a.json" x86-6.12 age_time)" -gt $((3 * $(value "$tmp/a.json" age-lockless age_time))) ]
result $? "a pass that takes the lock for every page takes more than three times as long as one without it"

says "a host without A/D bits is no AMD" 2 err "ad=no goes with tdp=ept" \
	"$mmulab" synth access-tracking --set ad=no --set tdp=npt -o "$tmp/x.mmt"
"$mmulab" synth access-tracking --set vcpus=2 --set pages=64 --set rounds=3 --set ad=no -o "$tmp/noad.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/noad.mmt" --json >"$tmp/noad.json" 2>"$tmp/err"
result $? "one without them"
[ "$(value "$tmp/noad.json" x86-6.12 fast_faults)" = 384 ] && [ "$(value "$tmp/noad.json" x86-6.12 young)" = 384 ]
result $? "there the touches of a round are fast faults"
says "and tables are what they must be" 0 out "stall" "$mmulab" replay "$tmp/noad.mmt" -p x86-6.12+seed-004 -p age-lockless --check

"$mmulab" synth populate --set vcpus=4 --set size=1M -o "$tmp/p.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/p.mmt" --json >"$tmp/p.json" 2>"$tmp/err" && [ "$(value "$tmp/p.json" x86-6.12 pages)" = 1024 ]
result $? "populate maps every page once"
says "size and page must fit" 2 err "no multiple of page" "$mmulab" synth populate --set size=1M --set page=2m -o "$tmp/x.mmt"
says "more than a memslot" 2 err "more than a memslot" \
	"$mmulab" synth access-tracking --set vcpus=512 --set pages=16777216 -o "$tmp/x.mmt"

# The NX mitigation: 8 huge pages, each executed in once; one table in two is taken back.
"$mmulab" synth nx-huge-pages --set vcpus=1 --set pages=8 --set rounds=1 --set ratio=2 -o "$tmp/nx.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/nx.mmt" -p x86-6.1 -p x86-6.12 -p x86-6.18 --check --json >"$tmp/nx.json" 2>>"$tmp/err"
result $? "nx-huge-pages, with its tables checked"
[ "$(value "$tmp/nx.json" x86-6.12 nx_recovered)" = 4 ] && [ "$(value "$tmp/nx.json" x86-6.12 faults)" = 20 ]
result $? "a write, a fetch, and a write again where a table went"
[ "$(value "$tmp/nx.json" x86-6.1 nx_recovered)" = 4 ] && [ "$(value "$tmp/nx.json" x86-6.1 faults)" = 24 ]
result $? "6.1 emptied the huge pages it split, so that every page faults again"
"$mmulab" synth nx-huge-pages --set vcpus=1 --set pages=64 --set gap=1s --set rounds=0 --set ratio=3600 -o "$tmp/nx.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/nx.mmt" --check --json >"$tmp/nx.json" 2>>"$tmp/err" &&
	[ "$(value "$tmp/nx.json" x86-6.12 nx_recovered)" -ge 60 ]
result $? "a recording without rounds gets them: one table a second"

# Dirty logging: 8 vCPUs of 2 MiB, so 4096 pages of 4 KiB or 8 of 2 MiB; two passes, and once more at the end.
log=("$mmulab" synth dirty-log --set vcpus=8 --set size=2M)
"${log[@]}" -o "$tmp/pml.mmt" 2>"$tmp/err" && "$mmulab" replay "$tmp/pml.mmt" -p x86-6.12 -p x86-6.18 --json >"$tmp/pml.json" 2>>"$tmp/err"
result $? "dirty-log, where hardware logs the pages"
[ "$(value "$tmp/pml.json" x86-6.12 dirty_pages)" = 8192 ] && [ "$(value "$tmp/pml.json" x86-6.12 faults)" = 16 ]
result $? "every page was given once a pass; 8 huge pages were faulted in, zapped when logging stopped, and faulted in again"
[ "$(value "$tmp/pml.json" x86-6.18 dirty_pages)" = 8192 ] && [ "$(value "$tmp/pml.json" x86-6.18 faults)" = 8 ]
result $? "a page that is put together in place is not faulted in again"
"$mmulab" replay "$tmp/pml.mmt" --set dirty.eager_split=no --json >"$tmp/lazy.json" 2>"$tmp/err"
[ "$(value "$tmp/lazy.json" "x86-6.12 dirty.eager_split=no" faults)" = 4112 ] && [ "$(value "$tmp/lazy.json" "x86-6.12 dirty.eager_split=no" dirty_pages)" = 8192 ]
result $? "without eager split the first write to each huge page splits it, protected, and so one to each small page faults, too"
"${log[@]}" --set tdp=npt -o "$tmp/wp.mmt" 2>"$tmp/err" && "$mmulab" replay "$tmp/wp.mmt" --json >"$tmp/wp.json" 2>>"$tmp/err"
[ "$(value "$tmp/wp.json" x86-6.12 fast_faults)" = 8192 ] && [ "$(value "$tmp/wp.json" x86-6.12 dirty_pages)" = 8192 ]
result $? "write protection: a fast fault for each page and pass"
"${log[@]}" --set tdp=npt --set log=clear --set start=all-set --set chunk=512K -o "$tmp/clear.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/clear.mmt" --json >"$tmp/clear.json" 2>>"$tmp/err"
[ "$(value "$tmp/clear.json" x86-6.12 fast_faults)" = 4096 ] && [ "$(value "$tmp/clear.json" x86-6.12 dirty_pages)" = 8192 ]
result $? "all dirty at first: nothing is protected before the first CLEAR, so only the second pass faults"
[ "$(sqlite3 :memory: "SELECT json_extract(readfile('$tmp/clear.json'), '\$.runs[0].latency.dirty_clear.total.n')")" = 64 ]
result $? "16 MiB in chunks of 512 KiB, twice: 64 CLEARs"
"${log[@]}" --set tdp=npt --set log=ring --set write=50 -o "$tmp/ring.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/ring.mmt" --json >"$tmp/ring.json" 2>>"$tmp/err"
[ "$(value "$tmp/ring.json" x86-6.12 fast_faults)" = "$(value "$tmp/ring.json" x86-6.12 dirty_pages)" ] &&
	[ "$(value "$tmp/ring.json" x86-6.12 dirty_pages)" -gt 3600 ] && [ "$(value "$tmp/ring.json" x86-6.12 dirty_pages)" -lt 4600 ]
result $? "rings hold what was written, about half of the accesses"
"${log[@]}" --set tdp=npt --set log=clear --set chunk=256K --set meanwhile=run --set gap=1us -o "$tmp/run.mmt" 2>"$tmp/err" &&
	says "vCPUs that go on meanwhile, and tables are what they must be" 0 out "stall" \
		"$mmulab" replay "$tmp/run.mmt" -p x86-6.12 -p x86-6.1 --check
for chunk in 256K 1M 4M; do
	"${log[@]}" --set tdp=npt --set log=clear --set chunk=$chunk --set meanwhile=run --set again=no --set gap=1us -o "$tmp/c$chunk.mmt" &&
		"$mmulab" replay "$tmp/c$chunk.mmt" -p x86-6.12 -p x86-6.1 --db "$tmp/c.db" || break
done >"$tmp/out" 2>"$tmp/err"
"$mmulab" plot --fig clear-chunks "$tmp/c.db" -o "$tmp" >"$tmp/out" 2>"$tmp/err" && grep -q 'nothing but the chunk, 256K to 4M' "$tmp/c4M-clear-chunks.svg" && [ ! -e "$tmp/c1M-clear-chunks.svg" ]
result $? "runs that differ in the chunk make one picture, with the largest"
says "a chunk is whole words" 2 err "no multiple of 256K" "${log[@]}" --set log=clear --set chunk=4K -o "$tmp/x.mmt"
says "GET has no chunks" 2 err "go with log=clear" "${log[@]}" --set chunk=256K -o "$tmp/x.mmt"

# Shadow paging's worst case; that its addresses lead where they should test/unit/synth looks at.
unsync=("$mmulab" synth shadow-unsync --set vcpus=4 --set tables=8 --set leafs=16 --set accesses=200 --set gap=5us)
"${unsync[@]}" -o "$tmp/u.mmt" 2>"$tmp/err" && "${unsync[@]}" -o "$tmp/v.mmt" && cmp "$tmp/u.mmt" "$tmp/v.mmt" >"$tmp/out"
result $? "shadow-unsync: the same parameters make the same file"
"${unsync[@]}" --seed 2 -o "$tmp/v.mmt" 2>"$tmp/err" && ! cmp "$tmp/u.mmt" "$tmp/v.mmt" >"$tmp/out"
result $? "and another seed another"
says "it is known for what it is" 0 out "shadow paging" "$mmulab" info "$tmp/u.mmt"
unsync_value() {	# unsync_value METRIC SETTING...: under the merged order, where whoever waits for the lock is let in
	local metric=$1 args=()
	shift
	for set; do args+=(--set "$set"); done
	"$mmulab" replay "$tmp/u.mmt" -p x86-5.16 --set lock.needbreak=contended "${args[@]}" --json 2>"$tmp/err" >"$tmp/u.json"
	sqlite3 :memory: "SELECT json_extract(readfile('$tmp/u.json'), '\$.runs[0].metrics.$metric.value')"
}
[ "$(unsync_value unsynced)" = 128 ] && [ "$(unsync_value synced)" = 128 ]
result $? "each leaf table goes unsync, and is synced once"
[ "$(unsync_value retry_sync)" -ge 8 ] && [ "$(unsync_value retry_sync sync.on_no_yield=finish)" = 0 ]
result $? "nearly every batch ends in a retry, unless a sync finishes what it began"
[ "$(unsync_value retry_sync sync.min_unsync_to_yield=512)" = 0 ] &&
	[ "$(unsync_value sync_stretch sync.min_unsync_to_yield=512)" -gt $((4 * $(unsync_value sync_stretch))) ]
result $? "or may not think of yielding; then it takes the lock all the time"
[ "$(unsync_value retry_sync sync.min_unsync_to_yield=0)" -lt "$(unsync_value retry_sync)" ]
result $? "a threshold of 0 spares the retry after the last batch"
[ "$(unsync_value pt_writes unsync.allowed=no)" = 128 ] && [ "$(unsync_value unsynced unsync.allowed=no)" = 0 ]
result $? "where tables may not be unsync every write to one is emulated"
says "seed 000 as mailed gives up with a flush owed" 1 err "I-F1: mmu_lock was dropped with a flush owed" \
	"$mmulab" replay "$tmp/u.mmt" -p x86-5.16+seed-000 --set lock.needbreak=contended --check
says "in the order that was merged it does not" 0 out "stall" \
	"$mmulab" replay "$tmp/u.mmt" -p x86-5.16+seed-000-fixed --set lock.needbreak=contended --check
"${unsync[@]}" --set limit=1 -o "$tmp/one.mmt" 2>"$tmp/err" &&
	says "one shadow page is not enough for a root, and that is no reason to wait" 0 out "stall" timeout 60 "$mmulab" replay "$tmp/one.mmt"
says "the access model does not know shadow pages" 4 err "leave it out" "$mmulab" replay "$tmp/u.mmt" --access model
for threshold in off 0 4; do
	"$mmulab" replay "$tmp/u.mmt" -p x86-5.16 --set sync.min_unsync_to_yield=$threshold --db "$tmp/u.db" || break
done >"$tmp/out" 2>"$tmp/err"
"$mmulab" plot --fig sync-threshold "$tmp/u.db" -o "$tmp" >"$tmp/out" 2>"$tmp/err" &&
	grep -q 'longest time in a sync' "$tmp/u-sync-threshold.svg"
result $? "runs that differ in the threshold make one picture"
says "more than a vCPU has memory for" 2 err "rounds times accesses" \
	"$mmulab" synth shadow-unsync --set rounds=100 --set accesses=100000 -o "$tmp/x.mmt"
[ ! -e "$tmp/x.mmt" ]
result $? "none of these left anything"
echo "1..$n"
