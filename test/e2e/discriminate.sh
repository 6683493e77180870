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

# Columns of the text form: knob value exact costs residuals observations.
row() {	# row KNOB VALUE COLUMN
	awk -v k="$1" -v v="$2" -v c="$3" '$1 == k && $2 == v { print $c }' "$tmp/out"
}

while read -r name knob value; do
	flip "$name" --flip "$knob"
	awk -v f="$(row "$knob" "$value" 5)" 'BEGIN { exit !(f >= 5) }'
	result $? "$name tells $knob = $value from the kernel's: five residuals or more"
done <<-END
	x86-6.1-populate-mix	fault.retry_key		any
	x86-6.12-notifier-pins	fault.retry_key		exact
	x86-6.12-notifier-pins	fault.precheck		none
	x86-6.12-notifier-pins	fault.precheck		before
	x86-6.12-notifier-pins	zap.range		tables
	x86-6.12-notifier-pins	flush.batch		per-op
	x86-6.12-aging-mglru	fault.retry_key		any
	x86-6.12-aging-mglru	age.flush		always
END

# Nothing is invalidated, aged or deleted here but at the end of the VM, which is one operation.
flip x86-6.12-populate-4k --flip all
awk 'NR > 2 && ($4 > 1 || $4 < -1) { bad = 1 } END { exit bad || NR < 10 }' "$tmp/out"
result $? "first touch alone exercises none of them"

# Encodings are the recorded release's whatever the policy: another kernel's preset changes what is done, not what is written.
flip x86-6.12-populate-4k -p x86-6.1 --json
cp "$tmp/out" "$tmp/other"
flip x86-6.12-populate-4k --json
both() { paste -d ' ' <(sed -nE "s/^ \"$1\": (.*),$/\1/p" "$tmp/out") <(sed -nE "s/^ \"$1\": (.*),$/\1/p" "$tmp/other"); }
both exact | awk '{ exit !($1 - $2 <= 1 && $1 > 60000) }'
result $? "SPTEs are those of the recorded release under another release's preset"

flip x86-6.12-populate-thp --flip fault.precheck --flip fault.lock --json
grep -q '"knob": "fault.precheck"' "$tmp/out" && grep -q '"knob": "fault.lock"' "$tmp/out" && grep -q '"residual": 0' "$tmp/out"
result $? "--json has the flips of each knob named"
says "a knob that does not exist" 2 err "did you mean 'fault.precheck'" "$mmulab" verify --flip fault.prechek "$tmp/x86-6.12-populate-thp.mmt"
says "a knob of numbers" 2 err "takes numbers" "$mmulab" verify --flip lock.resched_us "$tmp/x86-6.12-populate-thp.mmt"
says "no limit beside it" 2 err "leave out --limit" "$mmulab" verify --flip all --limit 5 "$tmp/x86-6.12-populate-thp.mmt"
echo "1..$n"
