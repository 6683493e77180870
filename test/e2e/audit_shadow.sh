#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab verify --audit on a recording of shadow paging: silent on what the kernel did, loud where somebody maps a page
# that is being invalidated, does not flush, links or loads what is not in sync, retries for nothing, or meets a page
# that is gone.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=test/audited.sh
. test/audited.sh
export LC_ALL=C

text=$tmp/text
"$mmulab" import datasets/x86-6.1-shadow-pressure-pins.dat -o "$tmp/real.mmt" >"$tmp/log" 2>&1
"$mmulab" text -o "$text" "$tmp/real.mmt"
"$mmulab" verify --audit "$tmp/real.mmt" >"$tmp/out" 2>"$tmp/err" &&
	grep -q 'findings: 0 certain, 0 in doubt' "$tmp/out" && ! grep -q gaps "$tmp/out"
result $? "the recorded kernel did nothing wrong, and what becomes of each entry is known"
grep -qE 'pages: [1-9][0-9]* made; [1-9][0-9]* links and [1-9][0-9]* retries above .*, [1-9][0-9]* roots' "$tmp/out"
result $? "it had occasion to"

# --- installs in open windows ------------------------------------------------------------------

cat >"$tmp/paths" <<'EOF'
# Records of one operation of @who, whose last is at @t + 2.
function put(t, who, what) { printf "%.0f %d %s\n", t, who, what }
function op(t, who, kind) { put(t + 2, who, "op - op=" kind " gfn=0x0 result=fixed span_ns=2 stimulus=4294967295") }
function entry(t, who, page, old, new) {
	put(t, who, sprintf("spte_update - gfn=0x%x level=1 old=%s new=%s", page, old, new)) }
function set(t, who, page, old, new) {
	entry(t, who, page, old, new)
	put(t + 1, who, sprintf("kvm_mmu_set_spte - gfn=0x%x level=1 r=1 x=1 u=1 spte=%s sptep=0xfff008", page, new)) }
function print_path(i, t, who, page) {
	if (i % 5 == 0) { set(t, who, page, "0x0", "0xaa000e67"); op(t, who, "fault"); return "fault" }
	if (i % 5 == 1) { set(t, who, page, "0x0", "0xaa000a05"); op(t, who, "fault"); return "prefetch" }
	if (i % 5 == 2) { set(t, who, page, "0x0", "0xaa000e47"); op(t, who, "invlpg"); return "invlpg" }
	if (i % 5 == 3) { entry(t, who, page, "0xaa000a65", "0xaa000e67"); op(t, who, "pt_write"); return "sync" }
	put(t, who, sprintf("kvm_mmu_split_huge_page - gfn=0x%x level=2 pfn=0x0", page - page % 512))
	op(t, who, "dirty")
	return "split" }
EOF
scattered "$text" 100 "$tmp/paths" >"$tmp/more"
sort -s -k1,1n "$text" "$tmp/more" >"$tmp/many.txt"
made many
certain_at "$tmp/many.json" I-N1 | sort -u >"$tmp/said"
for path in fault prefetch invlpg sync split; do
	awk -v p=$path '$2 == p { print $1 }' "$tmp/truth" >"$tmp/times"
	echo "found $(grep -cxFf "$tmp/said" "$tmp/times") of $(wc -l <"$tmp/times")" >"$tmp/log"
	[ "$(wc -l <"$tmp/times")" = 20 ] && [ "$(grep -cxFf "$tmp/said" "$tmp/times")" = 20 ]
	result $? "20 installs in open windows, by $path: each is certain"
done
[ "$(grep -c '"invariant": "I-N1"' "$tmp/many.json")" = 100 ]
result $? "and no other"

# --- flushes that are lost ------------------------------------------------------------------------

# The first operation of each of these kinds that takes something away does not flush after that; "time kind" of the
# last loss of each in $tmp/truth.
awk -v truth="$tmp/truth" '
	/^#/ { print; next }
	{ line[++n] = $0; task = $2 }
	function hex(h, i, v) {
		for (i = 3; i <= length(h); i++)
			v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1
		return v }
	function value(field) { return hex(substr(field, index(field, "=0x") + 1)) }
	function bit(v, b) { return int(v / b) % 2 }
	$3 == "spte_clear" && bit(value($7), 2048) { lost[task] = n; at[task] = $1; flushed[task] = "" }
	$3 == "spte_update" && bit(value($7), 2048) && bit(value($7), 2) && !bit(value($8), 2) {
		lost[task] = n; at[task] = $1; flushed[task] = "" }
	$3 ~ /^flush_(all|range)$/ && lost[task] { flushed[task] = flushed[task] " " n }
	$3 == "op" {
		split($9, span, "=")
		kind = substr($5, 4)
		if (lost[task] && at[task] >= $1 - substr($0, index($0, "span_ns=") + 8) + 0 && flushed[task] &&
		    kind ~ /^(invalidate_start|fault|invlpg|sync_roots|vcpu_load)$/ && !(kind in done)) {
			nr = split(flushed[task], f, " ")
			for (i = 1; i <= nr; i++)
				delete line[f[i]]
			print at[task], kind >truth
			done[kind] = 1
		}
		lost[task] = 0
	}
	END { for (i = 1; i <= n; i++) if (i in line) print line[i] }' "$text" >"$tmp/noflush.txt"
made noflush
certain_at "$tmp/noflush.json" I-F1 >"$tmp/said"
for kind in invalidate_start fault invlpg sync_roots vcpu_load; do
	t=$(awk -v k=$kind '$2 == k { print $1 }' "$tmp/truth")
	[ -n "$t" ] && grep -qx "$t" "$tmp/said"
	result $? "a lost flush: $kind"
done
[ "$(wc -l <"$tmp/said")" = 5 ]
result $? "and no other"

# --- pages that are not in sync, and such as are gone -----------------------------------------------

# unsynced KIND: of the first operation that syncs pages for this reason no sync is recorded; its begin and end in $tmp/truth
unsynced() {
	awk -v truth="$tmp/truth" -v want="$1" '
	/^#/ { print; next }
	{ line[++n] = $0; task = $2 }
	$3 == "kvm_mmu_get_page" { above[task] = !/created=1/ && / role=0x[0-9a-f]*[2-5]$/; linked[task] = 0 }
	$3 == "kvm_mmu_sync_page" && (above[task] || want == "root") { synced[task] = synced[task] " " n }
	$3 == "kvm_mmu_spte_requested" { linked[task] = 1 }
	$3 == "op" {
		kind = substr($5, 4)
		reason = kind == "sync_roots" ? "root" : kind != "fault" ? "" : linked[task] ? "link" : \
			 $7 == "result=retry" ? "retry" : ""
		if (!done && synced[task] && reason == want) {
			nr = split(synced[task], f, " ")
			for (i = 1; i <= nr; i++)
				delete line[f[i]]
			printf "%.0f %s\n", $1 - substr($0, index($0, "span_ns=") + 8), $1 >truth
			done = 1
		}
		synced[task] = ""; above[task] = linked[task] = 0
	}
	END { for (i = 1; i <= n; i++) if (i in line) print line[i] }' "$text" >"$tmp/$1.txt"
	made "$1"
}

# inside NAME INVARIANT: is there such a finding inside the operation of $tmp/truth?
inside() {
	local from to
	read -r from to <"$tmp/truth" && certain_at "$tmp/$1.json" "$2" |
		awk -v from="$from" -v to="$to" '$1 >= from && $1 <= to { hit = 1 } END { exit !hit }'
}

unsynced link
inside link I-S1
result $? "a page linked above one that is not in sync"
unsynced root
inside root I-S1
result $? "a root used above one that is not"
unsynced retry
inside retry I-S2
result $? "a fault that retries since pages are to be synced, and has synced none"

read -r t gfn role < <(awk '$3 == "kvm_mmu_prepare_zap_page" && !/role=0x[0-9a-f]*[89a-f][0-9a-f][0-9a-f]$/ { t = $1; gfn = $5; role = $NF }
	t && $3 == "op" { print $1, gfn, role; exit }' "$text")
added "$text" gone "$((t + 1)) 1 kvm_mmu_get_page - $gfn $role"
finds "a page taken after its zap" gone I-T2 "${gfn#gfn=}"
says "in words, with the tasks" 1 out "I-T2 broken: vm 0, gfn" "$mmulab" verify --audit "$tmp/gone.mmt"
echo "1..$n"
