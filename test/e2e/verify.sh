#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab verify on the recorded traces: how exact it must be, and that a wrong
# policy, a limit and a damaged file are noticed.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

# value KEY FILE: a number of verify --json's top level
value() {
	sed -nE "s/^ \"$1\": (-?[0-9.e+-]+),?$/\1/p" "$2"
}

# lowest FILE: the least ratio of any kind of operation and of any result of a fault
lowest() {
	sed -n '/^ "by_operation"/,/^ "kinds"/p' "$1" | sed -nE 's/^ +"ratio": ([0-9.e-]+)$/\1/p' | sort -g | head -1
}

# holds "expression of awk" TEXT
holds() {
	echo "$1" >"$tmp/log"
	awk "BEGIN { exit !($1) }"
	result $? "$2"
}

# verify NAME OUT [option...]: of datasets/NAME.dat, imported once
verify() {
	local name=$1 out=$2
	shift 2
	[ -e "$tmp/$name.mmt" ] || "$mmulab" import "datasets/$name.dat" -o "$tmp/$name.mmt" >"$tmp/log" 2>&1
	"$mmulab" verify "$tmp/$name.mmt" --json "$@" >"$tmp/$out" 2>"$tmp/log"
}

for name in x86-6.12-populate-4k x86-6.12-populate-thp x86-6.1-populate-mix x86-6.12-notifier-pins \
	    x86-6.12-aging-mglru x86-6.12-memslot-pins x86-6.12-dirty-pins x86-6.1-nx-dirty x86-6.12-nx-collapse; do
	verify $name right --baseline --limit 99.8
	result $? "$name: at least 99.8 % exact"
	holds "$(value operations "$tmp/right") > 200" "$name: operations are counted"
	holds "$(value exact "$tmp/right") == $(value determined "$tmp/right") + $(value admissible "$tmp/right")" \
		"$name: exact is determined and admissible"
	least=0.998
	[ $name = x86-6.12-memslot-pins ] && least=0.995	# memslots are published at a time that is known to milliseconds
	holds "$(value guided_ratio "$tmp/right") >= $least" "$name: also at the guided instants alone"
	holds "$(lowest "$tmp/right") >= 0.998" "$name: no kind of operation and no result is worse"
	holds "$(value undecided "$tmp/right") <= 0.1 * $(value exact "$tmp/right")" "$name: at most a tenth proves nothing"
	holds "$(value exact "$tmp/right") >= $(value baseline_exact "$tmp/right")" "$name: no worse than the null model"
done
# Stage 2.
while read -r name least; do
	verify "$name" right --baseline --limit "$least"
	result $? "$name: at least $least % exact"
	holds "$(value operations "$tmp/right") > 5000" "$name: operations are counted"
	holds "$(value exact "$tmp/right") == $(value determined "$tmp/right") + $(value admissible "$tmp/right")" \
		"$name: exact is determined and admissible"
	holds "$(lowest "$tmp/right") >= 0.97" "$name: no kind of operation and no result is worse than 97 %"
	holds "$(value undecided "$tmp/right") <= 0.04 * $(value exact "$tmp/right")" "$name: at most 4 % prove nothing"
	holds "$(value exact "$tmp/right") >= $(value baseline_exact "$tmp/right")" "$name: no worse than the null model"
done <<-'END'
	arm64-6.12-coalesce-pins 99.8
	arm64-6.12-aging-mglru 99.7
	arm64-6.1-memslot 99.5
END
# Without the TDP MMU.
while read -r name least; do
	verify "$name" right --baseline --limit "$least"
	result $? "$name: at least $least % exact"
	holds "$(value operations "$tmp/right") > 5000" "$name: operations are counted"
	holds "$(value exact "$tmp/right") == $(value determined "$tmp/right") + $(value admissible "$tmp/right")" \
		"$name: exact is determined and admissible"
	holds "$(value baseline_explained "$tmp/right") >= 0.98 * $(value baseline_missed "$tmp/right")" \
		"$name: of what the null model misses nearly all is explained"
	holds "$(value undecided "$tmp/right") <= 0.01 * $(value exact "$tmp/right")" "$name: at most 1 % prove nothing"
done <<-'END'
	x86-6.1-shadow-pressure-pins 99.7
	x86-6.12-shadow-memslot-pins 99.8
	x86-6.1-rmap-memslot-pins 99.9
END
for key in vacuous undecidable lost skipped kinds by_operation by_result retry_causes divergences first_divergence audit; do
	grep -q "^ \"$key\": " "$tmp/right" 2>"$tmp/log"
	result $? "--json has $key"
done

# A score that could not fall would prove nothing.
verify x86-6.1-populate-mix right
verify x86-6.1-populate-mix wrong --set fault.retry_key=any
holds "$(value exact "$tmp/wrong") < $(value exact "$tmp/right") - 1000" "a retry key that knows no range is noticed"
verify x86-6.12-notifier-pins right
verify x86-6.12-notifier-pins wrong -p x86-6.1
holds "$(value exact "$tmp/wrong") < $(value exact "$tmp/right") - 1000" "the wrong kernel's preset is noticed"
verify x86-6.12-notifier-pins wrong --set fault.precheck=none
holds "$(value exact "$tmp/wrong") < $(value exact "$tmp/right") - 1000" "so are prechecks that are not made"
verify x86-6.12-notifier-pins wrong --set fault.precheck=before
holds "$(value exact "$tmp/wrong") < $(value exact "$tmp/right") - 1000" "and only one of them"
verify x86-6.12-populate-thp right --limit 100
rc=$?
holds "$rc == ($(value exact_ratio "$tmp/right") < 1)" "--limit decides the exit status"

# A shadowed guest's first root while it boots: direct, of 2 levels.
"$mmulab" text "$tmp/x86-6.12-shadow-memslot-pins.mmt" |
	sed '0,/kvm_mmu_get_page.*role=0x3704/s/\(kvm_mmu_get_page.*\)role=0x3704/\1role=0x3782/' >"$tmp/boots.txt"
"$mmulab" text -r "$tmp/boots.txt" -o "$tmp/x86-6.12-boots.mmt" && verify x86-6.12-boots right
holds "$(value exact_ratio "$tmp/right") > 0.998" "a root of fewer levels costs what it did, and not the recording"

"$mmulab" verify "$tmp/x86-6.12-populate-thp.mmt" >"$tmp/text" 2>"$tmp/log" && grep -q "exact at the guided instants" "$tmp/text"
result $? "without --json it is text"
"$mmulab" verify "$tmp/x86-6.12-populate-thp.mmt" --limit ten >"$tmp/log" 2>&1
[ $? = 2 ]
result $? "a limit that is no number is a usage error"
head -c 3000 "$tmp/x86-6.12-populate-thp.mmt" >"$tmp/cut.mmt"
"$mmulab" verify "$tmp/cut.mmt" >"$tmp/log" 2>&1
[ $? = 3 ] && [ "$(wc -l <"$tmp/log")" = 1 ]
result $? "a truncated event file is bad input"
"$mmulab" text "$tmp/x86-6.12-populate-thp.mmt" | sed 's/ op=[a-z_]* / op=unknown /' >"$tmp/unknown.txt"
"$mmulab" text -r "$tmp/unknown.txt" -o "$tmp/unknown.mmt" && "$mmulab" verify "$tmp/unknown.mmt" >"$tmp/log" 2>&1
[ $? = 4 ] && [ "$(wc -l <"$tmp/log")" = 1 ] && grep -q 'can be judged' "$tmp/log"
result $? "a trace of which no operation is known has no score, and says so"
"$mmulab" verify "$tmp/none.mmt" >"$tmp/log" 2>&1
[ $? = 3 ]
result $? "so is one that is not there"
echo "1..$n"
