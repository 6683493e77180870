#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab verify --audit: silent on what real kernels did, loud on recordings in which
# somebody breaks an invariant.  They are made as text from real ones.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=test/audited.sh
. test/audited.sh
export LC_ALL=C

# window TEXT: the first invalidation that stays open for a while after it zapped pages of a memslot: its task, first
# page, when it had zapped, and when its end was entered
window() {
	awk '!/^#/ && $3 == "unmap_gfn_range" && !gfn[$2] { split($5, f, "="); gfn[$2] = f[2] }
	     !/^#/ && $3 == "op" && $5 == "op=invalidate_start" && gfn[$2] { zapped[$2] = $1 }
	     !/^#/ && $3 == "invalidate_end" && zapped[$2] && $1 - zapped[$2] > 30000 {
		print $2, gfn[$2], zapped[$2], $1; exit }
	     !/^#/ && $3 ~ /invalidate_(start|end)/ { gfn[$2] = zapped[$2] = "" }' "$1"
}

# tdp_paths EMPTY: how an entry is installed under the TDP MMU, for scattered
tdp_paths() {
	cat >"$tmp/paths" <<EOF
function print_path(i, t, who, page, at, above) {
	at = sprintf("%.0f %d kvm_tdp_mmu_spte_changed - gfn=0x%x", t, who, page)
	above = sprintf("%.0f %d kvm_tdp_mmu_spte_changed - gfn=0x%x level=2", t, who, page - page % 512)
	if (i % 6 == 0) print at, "level=1 old=$1 new=0xaa000e67"
	if (i % 6 == 1) print at, "level=1 old=0xaa000e65 new=0xaa000e67"
	if (i % 6 == 2) print above, "old=0xaa000ee7 new=0xbb000827"
	if (i % 6 == 3) print above, "old=0xbb000827 new=0xaa000ee7"
	if (i % 6 == 4) print above, "old=$1 new=0xaa000ee7"
	if (i % 6 == 5) printf "%.0f %d kvm_mmu_set_spte - gfn=0x%x level=1 r=1 x=1 u=1 spte=0xaa000e67\n", t, who, page
	return i % 6
}
EOF
}

for name in x86-6.1-populate-mix x86-6.12-aging-mglru x86-6.12-dirty-pins x86-6.12-memslot-pins x86-6.12-notifier-pins \
	    x86-6.12-populate-4k x86-6.12-populate-thp; do
	"$mmulab" import "datasets/$name.dat" -o "$tmp/$name.mmt" >"$tmp/log" 2>&1
	"$mmulab" verify --audit "$tmp/$name.mmt" >"$tmp/out" 2>"$tmp/err" && grep -q 'findings: 0 certain, 0 in doubt' "$tmp/out"
	result $? "$name: the recorded kernel did nothing wrong"
done

for name in x86-6.12-memslot-pins x86-6.1-populate-mix; do
	text=$tmp/text
	"$mmulab" text -o "$text" "$tmp/$name.mmt"
	empty=0x8000000000000000
	[ $name = x86-6.1-populate-mix ] && empty=0x0
	read -r owner gfn zapped end < <(window "$text")
	echo "window of task $owner: $gfn from $zapped to $end" >"$tmp/log"
	[ -n "$end" ]
	result $? "$name has a window to break into"
	other=$(awk -v o="$owner" '!/^#/ && $3 == "op" && /op=fault/ && $2 != o { print $2; exit }' "$text")
	t=$((zapped + 10000)) base=$(printf '0x%x' $((gfn & ~511)))
	change="kvm_tdp_mmu_spte_changed -"

	added "$text" fault "$t $other kvm_mmu_spte_requested - gfn=$gfn level=1 pfn=0xaa000" \
		"$t $other $change gfn=$gfn level=1 old=$empty new=0xaa000e67" \
		"$((t + 1)) $other kvm_mmu_set_spte - gfn=$gfn level=1 r=1 x=1 u=1 spte=0xaa000e67" \
		"$((t + 2)) $other op - op=fault gfn=$gfn result=fixed access=0x8 span_ns=5 stimulus=4294967295"
	finds "$name: a fault that maps a page while it is invalidated" fault I-N1 "$gfn"
	[ "$(grep -c '"certain": true' "$tmp/fault.json")" = "$(grep -c '"invariant": "I-N1"' "$tmp/fault.json")" ]
	result $? "$name: and it is no other"
	grep -q "$t $other $change gfn=$gfn level=1 old=$empty new=0xaa000e67" "$tmp/fault.json"
	result $? "$name: the records around are shown"
	added "$text" prefetch "$t $other $change gfn=$gfn level=1 old=$empty new=0xaa000e47"
	finds "$name: a prefetch" prefetch I-N1 "$gfn"
	added "$text" shadow "$t $other kvm_mmu_set_spte - gfn=$gfn level=1 r=1 x=1 u=1 spte=0xaa000e67"
	finds "$name: an entry set without a change, as by INVLPG under shadow paging" shadow I-N1 "$gfn"
	added "$text" split "$t $other $change gfn=$base level=2 old=0xaa000ee7 new=0xbb000827"
	finds "$name: a split" split I-N1 "$gfn"
	added "$text" promotion "$t $other $change gfn=$base level=2 old=0xbb000827 new=0xaa000ee7"
	finds "$name: a promotion" promotion I-N1 "$gfn"
	added "$text" age "$t $other $change gfn=$gfn level=1 old=0xaa000e67 new=0xaa000e47" \
		"$t $other $change gfn=$gfn level=1 old=0xaa000e47 new=0xaa000e45"
	[ "$rc" = 0 ] && grep -q '"audit_gaps": 1' "$tmp/age.json"
	result $? "$name: bits taken away are no install; a value from nowhere is a gap"
	added "$text" outside "$((end + 900000)) $other $change gfn=$gfn level=1 old=$empty new=0xaa000e67"
	! certain "$tmp/outside.json" I-N1 "$gfn" || grep -q "$((end + 900000))" "$tmp/outside.json"
	result $? "$name: nor is what comes after the end"

	awk -v t="$end" -v o="$owner" '!done && $2 == o && /op=invalidate_end/ && $1 >= t { done = 1; next } 1' "$text" >"$tmp/noend.txt"
	made noend
	finds "$name: a window that is never closed" noend I-N2 "$gfn"
	awk '!done && $3 == "flush_all" && zapped == $2 { done = 1; next }
	     $3 == "invalidate_start" { zapped = "" }
	     $3 == "kvm_tdp_mmu_spte_changed" && started[$2] && $5 !~ /level=[345]/ { zapped = $2 }
	     $3 == "invalidate_start" { started[$2] = 1 } $3 == "op" { started[$2] = 0 } 1' "$text" >"$tmp/noflush.txt"
	made noflush
	lost=$(diff "$text" "$tmp/noflush.txt" | grep -c '^<')
	[ "$lost" = 1 ] && [ "$rc" = 1 ] && grep -q '"invariant": "I-F1"' "$tmp/noflush.json"
	result $? "$name: a begin that does not flush what it zapped"
done

# How many of 100 scattered installs are found, in a recording without pins and in one with them?
for name in x86-6.1-populate-mix:0x0 x86-6.12-notifier-pins:0x8000000000000000; do
	"$mmulab" text -o "$tmp/text" "$tmp/${name%:*}.mmt"
	tdp_paths "${name#*:}"
	scattered "$tmp/text" 100 "$tmp/paths" >"$tmp/more"
	sort -s -k1,1n "$tmp/text" "$tmp/more" >"$tmp/many.txt"
	made many
	cut -d' ' -f1 "$tmp/truth" | sort -u >"$tmp/times"
	found=$(grep -cxFf <(certain_at "$tmp/many.json" I-N1) "$tmp/times")
	echo "found $found of $(wc -l <"$tmp/times")" >"$tmp/log"
	[ "$found" -ge 98 ] && [ "$found" = "$(wc -l <"$tmp/times")" ]
	result $? "${name%:*}: 100 installs in open windows, and each is certain"
done

# A table of level 2 that goes away with all that it holds: later something appears in it.
text=$tmp/text
"$mmulab" text -o "$text" "$tmp/x86-6.12-memslot-pins.mmt"
read -r t gfn < <(awk '$3 == "kvm_tdp_mmu_spte_changed" && $6 == "level=2" && /827 new=0x80000000000/ { print $1, $5 }' "$text" | tail -1)
gfn=${gfn#gfn=}
last=$(tail -1 "$text" | cut -d' ' -f1)
added "$text" removed "$((last + 1000)) 1 kvm_tdp_mmu_spte_changed - gfn=$gfn level=1 old=0x8000000000000000 new=0xaa000e67"
finds "an entry in a table that was removed" removed I-T2 "$gfn"

# A fault inside which its own task's invalidation began and ended retries; here one maps.
"$mmulab" text -o "$text" "$tmp/x86-6.12-notifier-pins.mmt"
awk '!/^#/ && $3 == "pin" && $5 == "pin=snapshot" { snap[$2] = 1; ended[$2] = 0 }
     !/^#/ && $3 == "op" && $5 == "op=invalidate_end" && snap[$2] { ended[$2] = 1 }
     !/^#/ && $3 == "op" && $5 == "op=fault" {
	if (!done && ended[$2] && $7 == "result=retry") {
		printf "%.0f %s kvm_tdp_mmu_spte_changed - %s level=1 old=0x8000000000000000 new=0xaa000e67\n", $1 - 1, $2, $6
		print $6 >"/dev/stderr"
		done = 1
	}
	snap[$2] = ended[$2] = 0
     } 1' "$text" >"$tmp/stale.txt" 2>"$tmp/gfn"
made stale
gfn=$(cut -d= -f2 "$tmp/gfn")
[ -n "$gfn" ] || gfn=-1
finds "a fault whose snapshot is older than an invalidation that ended" stale I-N3 "$gfn"

says "in words, with the tasks" 1 out "I-N1 broken: vm 0, gfn" "$mmulab" verify --audit "$tmp/fault.mmt"
says "the exit status has a reason" 1 err "certain finding" "$mmulab" verify --audit "$tmp/fault.mmt"
says "no policy beside it" 2 err "recording alone" "$mmulab" verify --audit -p x86-6.1 "$tmp/fault.mmt"
echo "1..$n"
