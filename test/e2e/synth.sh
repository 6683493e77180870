#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Workloads that nobody recorded: made, read, replayed, refused.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"
: >"$tmp/out"

value() {	# value FILE POLICY METRIC
	python3 -c "import json, sys
runs = json.load(open(sys.argv[1]))['runs']
print([r['metrics'][sys.argv[3]]['value'] for r in runs if r['policy'] == sys.argv[2]][0])" "$@"
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
[ ! -e "$tmp/x.mmt" ]
result $? "none of these left anything"
echo "1..$n"
