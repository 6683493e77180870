#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Workloads of arm64 hosts: made, replayed under each order of coalescing, refused.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"
: >"$tmp/out"

value() {	# value FILE POLICY METRIC
	sqlite3 :memory: "SELECT json_extract(value, '\$.metrics.$3.value') FROM json_each(readfile('$1'), '\$.runs')
		WHERE json_extract(value, '\$.policy') = '$2'"
}
all=(-p arm64-6.1 -p arm64-6.1+seed-003 -p arm64-6.12)

table=("$mmulab" synth page-table --set vcpus=4)
"${table[@]}" --set blocks=3 -o "$tmp/a.mmt" 2>"$tmp/err" && "${table[@]}" --set blocks=3 -o "$tmp/b.mmt" &&
	cmp "$tmp/a.mmt" "$tmp/b.mmt" >"$tmp/out"
result $? "page-table: the same parameters make the same file"
"$mmulab" replay "$tmp/a.mmt" "${all[@]}" --check --json >"$tmp/a.json" 2>"$tmp/err"
for policy in arm64-6.1 arm64-6.12; do
	[ "$(value "$tmp/a.json" $policy coalesced)" = 3 ] && [ "$(value "$tmp/a.json" $policy pages)" = 7 ]
	result $? "$policy: each of 3 blocks is put together once; four pages stay what they are"
done
for granule in 16k 64k; do
	"${table[@]}" --set granule=$granule --set fill=prefill -o "$tmp/g.mmt" 2>"$tmp/err" &&
		"$mmulab" replay "$tmp/g.mmt" "${all[@]}" --json >"$tmp/g.json" 2>"$tmp/err" &&
		[ "$(value "$tmp/g.json" arm64-6.12 coalesced)" = 1 ]
	result $? "pages of $granule"
done
says "there is no block of 512 GiB" 2 err "block=pud goes with granule=4k" "${table[@]}" --set granule=64k --set block=pud -o "$tmp/x.mmt"
says "arm64 alone" 2 err "'arch' must be one of arm64" "${table[@]}" --set arch=x86 -o "$tmp/x.mmt"

# Four vCPUs write one block of 2 MiB at once: what they feel of it, order by order.
"${table[@]}" --set fill=prefill --set gap=2us -o "$tmp/one.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/one.mmt" "${all[@]}" --grain access --json >"$tmp/one.json" 2>"$tmp/err"
[ "$(value "$tmp/one.json" arm64-6.1 broken_faults)" = 3 ] && [ "$(value "$tmp/one.json" arm64-6.1 tables_freed_late)" = 0 ]
result $? "unmap-first: the others fault while nothing is mapped, and wait; the table is freed by then"
[ "$(value "$tmp/one.json" arm64-6.1+seed-003 broken_faults)" = 0 ] &&
	[ $((100 * $(value "$tmp/one.json" arm64-6.1+seed-003 broken_max))) -lt "$(value "$tmp/one.json" arm64-6.1 broken_max)" ]
result $? "block-first without cache maintenance: invalid for less than a hundredth of the time"
[ "$(value "$tmp/one.json" arm64-6.12 broken_faults)" -gt 100 ] && [ "$(value "$tmp/one.json" arm64-6.12 tables_freed_late)" = 1 ]
result $? "lock-block-defer: the others come back again and again; the table is freed after a grace period"

# Half of the block has never been mapped, so never been cleaned.
half=("${table[@]}" --set mapped=50)
"${half[@]}" -o "$tmp/half.mmt" 2>"$tmp/err"
for order in unmap-first block-first lock-block-defer; do
	says "$order: half a block put together without cache maintenance breaks I-R3" 1 err "I-R3" \
		"$mmulab" replay "$tmp/half.mmt" -p arm64-6.12 --set coalesce.order=$order --set coalesce.cmo=skip --check
	for cmo in "do" skip-if-mapped; do
		says "$order, coalesce.cmo=$cmo does not" 0 out stall \
			"$mmulab" replay "$tmp/half.mmt" -p arm64-6.12 --set coalesce.order=$order --set coalesce.cmo=$cmo --check
	done
done
says "a block of which every page was mapped needs none" 0 out stall \
	"$mmulab" replay "$tmp/a.mmt" -p arm64-6.1+seed-003 --check
"${half[@]}" --set fwb=yes -o "$tmp/fwb.mmt" 2>"$tmp/err"
says "nor does a host with FWB" 0 out stall "$mmulab" replay "$tmp/fwb.mmt" -p arm64-6.1+seed-003 --check

tracking=("$mmulab" synth access-tracking --set arch=arm64 --set vcpus=4 --set pages=256 --set rounds=2)
"${tracking[@]}" -o "$tmp/at.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/at.mmt" -p arm64-6.12 -p arm64-6.12+seed-004 --check --json >"$tmp/at.json" 2>"$tmp/err"
for policy in arm64-6.12 arm64-6.12+seed-004; do
	[ "$(value "$tmp/at.json" $policy young)" = 1024 ]
	result $? "$policy: of pages touched once the first pass finds each young, the second none"
done
"${tracking[@]}" --set ad=no -o "$tmp/noaf.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/noaf.mmt" -p arm64-6.12 -p arm64-6.12+seed-004 --check --json >"$tmp/noaf.json" 2>"$tmp/err"
for policy in arm64-6.12 arm64-6.12+seed-004; do
	[ "$(value "$tmp/noaf.json" $policy young)" = 2048 ]
	result $? "$policy, no hardware access flag: a touch after the first pass is an access fault, and the second finds it"
done

# Long walks: a thread that takes pages away waits for them, and behind it whoever would share the lock.
"$mmulab" synth access-tracking --set arch=arm64 --set vcpus=16 --set pages=4096 --set range=4096 --set unmaps=1000 --set gap=4400ns -o "$tmp/long.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/long.mmt" -p arm64-6.12 -p arm64-6.12+seed-004 --json >"$tmp/long.json" 2>"$tmp/err"
result $? "ranges of 4096 pages are aged while another thread invalidates"
[ "$(value "$tmp/long.json" arm64-6.12+seed-004 writers_wait_age)" -ge "$(value "$tmp/long.json" arm64-6.12 writers_wait_age)" ] &&
	[ "$(value "$tmp/long.json" arm64-6.12+seed-004 access_waits_age)" -gt 1000000 ]
result $? "under the read lock it waits no less, and the vCPUs wait behind it"
says "a range is part of the pages" 2 err "no multiple of range" \
	"$mmulab" synth access-tracking --set pages=100 --set range=64 -o "$tmp/x.mmt"

# The access model: what the recorded processor would have shown as a fault is not drawn; what it would not is.
"$mmulab" import -q datasets/arm64-6.12-aging-mglru.dat -o "$tmp/aging.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/aging.mmt" -p arm64-6.12 -p arm64-6.12+seed-004 --access model --json >"$tmp/aging.json" 2>"$tmp/err"
[ "$(value "$tmp/aging.json" arm64-6.12 added)" = 0 ] &&
	[ "$(value "$tmp/aging.json" arm64-6.12 young)" = "$(value "$tmp/aging.json" arm64-6.12 young_recorded)" ]
result $? "without a hardware access flag every touch of an old page was recorded: nothing is added, and each answer is the recorded one"
"$mmulab" import -q datasets/arm64-6.12-coalesce-pins.dat -o "$tmp/coalesce.mmt" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/coalesce.mmt" -p arm64-6.12 -p arm64-6.1 --access model --grain access --json >"$tmp/model.json" 2>"$tmp/err"
[ "$(value "$tmp/model.json" arm64-6.12 touches)" -gt 0 ] && [ "$(value "$tmp/model.json" arm64-6.12 coalesced)" -gt 100 ]
result $? "pages below a table that makes way for a block are touched meanwhile"
echo "1..$n"
