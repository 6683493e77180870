#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A wrong knob costs at least five times what verify misses anyway, on a recording that
# exercises it, and next to nothing on one that does not.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

# flip NAME OPTION...: verify --flip on datasets/NAME.dat, imported once
flip() {
	local name=$1
	shift
	[ -e "$tmp/$name.mmt" ] || "$mmulab" import "datasets/$name.dat" -o "$tmp/$name.mmt" >"$tmp/log" 2>&1
	"$mmulab" verify "$tmp/$name.mmt" "$@" >"$tmp/out" 2>"$tmp/err"
}

# flags KNOB...: the options that flip them
flags() {
	printf -- '--flip %s ' "$@"
}

# Columns of the text form: knob value exact costs residuals observations.
tells() {	# tells NAME KNOB=VALUE...: each costs five residuals or more, the residual being one at least
	local name=$1 row
	shift
	# shellcheck disable=SC2046
	flip "$name" $(flags "${@%%=*}")
	for row; do
		awk -v k="${row%%=*}" -v v="${row#*=}" '$1 == k && $2 == v { found = $5 >= 5 } END { exit !found }' "$tmp/out"
		result $? "$name tells $row from what the kernel did: five residuals or more"
	done
}

tells x86-6.1-populate-mix fault.retry_key=any fault.retry_key=exact
tells x86-6.12-notifier-pins fault.retry_key=any fault.precheck=none fault.precheck=before zap.range=tables \
	flush.batch=per-op lock.needbreak=contended
tells x86-6.12-aging-mglru fault.retry_key=any age.flush=always
tells x86-6.12-memslot-pins fault.precheck=before zap.root_passes=single zap.root_passes=leafs+root \
	zap.root_passes=1g+root zap.nonpresent=process zap.fast_worker=vcpu-put memslot.delete=slot-only notifier.hull_reset=exact
tells x86-6.12-dirty-pins fault.lock=spin fault.lock=write fault.huge_split=zap dirty.eager_split=yes dirty.method=pml \
	dirty.collapse=recover
tells x86-6.1-nx-dirty nx.descend=flagged fault.huge_split=in-place dirty.collapse=recover nx.lock=read
tells x86-6.12-nx-collapse nx.descend=any
tells arm64-6.12-coalesce-pins coalesce.order=unmap-first coalesce.order=block-first coalesce.tlbi=vmid fault.lock=write \
	fault.lock=mixed walk.eagain=abort unmap.tlbi=per-entry relax.tlbi=broadcast
tells arm64-6.1-memslot coalesce.order=lock-block-defer
tells arm64-6.12-aging-mglru age.range=first-page age.flush=always

# First touch alone: no invalidation, no aging, no memslot but at the ends of the VM's life, which are one operation each.
knobs=(fault.retry_key fault.precheck fault.lock fault.huge_split zap.root_passes zap.range memslot.delete age.flush
	flush.batch notifier.hull_reset dirty.eager_split)
for name in x86-6.12-populate-4k x86-6.12-populate-thp; do
	# shellcheck disable=SC2046
	flip $name $(flags "${knobs[@]}")
	awk 'NR > 2 && ($4 > 1 || $4 < -1) { bad = 1 } END { exit bad || NR < 20 }' "$tmp/out"
	result $? "$name exercises none of them"
done
# What is not touched by a knob does not move by it.
flip x86-6.12-dirty-pins --flip fault.retry_key --flip age.flush --flip zap.range
awk 'NR > 2 && $4 { bad = 1 } END { exit bad || NR < 8 }' "$tmp/out"
result $? "dirty logging says nothing of retry keys, aging and range zaps"

# Encodings are the recorded release's whatever the policy: another kernel's preset changes what is
# done (here the passes of the last zap, one operation), not what is written.
flip x86-6.12-populate-4k -p x86-6.1 --json
awk '/^ "exact_ratio"/ { exit !($2 + 0 > 0.9999) }' "$tmp/out"
result $? "SPTEs are those of the recorded release under another release's preset"

flip x86-6.12-populate-thp --flip fault.precheck --flip fault.lock --json
grep -q '"knob": "fault.precheck"' "$tmp/out" && grep -q '"knob": "fault.lock"' "$tmp/out" && grep -q '"residual": 0' "$tmp/out"
result $? "--json has the flips of each knob named"

# What the recording shows of its machine gives way to what somebody sets.
score() {
	flip "$@" --json
	sed -nE 's/^ "exact": ([0-9]+),$/\1/p' "$tmp/out"
}
own=$(score x86-6.12-dirty-pins)
[ "$own" -gt 18000 ] && [ "$(score x86-6.12-dirty-pins --set dirty.eager_split=no)" = "$own" ] &&
	[ "$(score x86-6.12-dirty-pins --set dirty.eager_split=yes)" -lt "$own" ]
result $? "a knob that is set wins over what the recording shows"

thp=$tmp/x86-6.12-populate-thp.mmt
says "a knob that does not exist" 2 err "did you mean 'fault.precheck'" "$mmulab" verify --flip fault.prechek "$thp"
says "a knob of numbers" 2 err "takes numbers" "$mmulab" verify --flip lock.resched_us "$thp"
says "no limit beside it" 2 err "leave out --limit" "$mmulab" verify --flip all --limit 5 "$thp"
echo "1..$n"
