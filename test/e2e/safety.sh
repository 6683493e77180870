#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Schedules searched for one in which an invariant breaks.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

for trace in thp:x86-6.12-populate-thp slots:x86-6.12-memslot-pins notifier:x86-6.12-notifier-pins mix:x86-6.1-populate-mix; do
	"$mmulab" import "datasets/${trace#*:}.dat" -o "$tmp/${trace%%:*}.mmt" >"$tmp/out" 2>"$tmp/err"
	result $? "import ${trace#*:}"
done

for policy in x86-6.1 x86-6.12 x86-6.18 x86-6.12+seed-002 x86-6.12+seed-004 age-lockless; do
	says "$policy: nothing breaks" 0 out "$policy: no invariant broken in 2 schedules" \
		"$mmulab" replay "$tmp/notifier.mmt" -p "$policy" --seeds 2
done
says "nor where small and huge pages mix" 0 out "no invariant broken in 3 schedules" \
	"$mmulab" replay "$tmp/mix.mmt" --seeds 3

# A zap that does not skip what maps nothing.
says "a knob that stands for a bug is caught" 1 out "I-T2" \
	"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --seeds 3
grep -q "^x86-6.12 zap.nonpresent=process: broken in 3 of 3 schedules; the shortest, seed" "$tmp/out"
result $? "the shortest of the schedules is told"
grep -q "invalidate start begins" "$tmp/out" && grep -q "entry emptied" "$tmp/out"
result $? "with the steps that led there"
says "of many steps alike the first and the last are told" 1 out " more of these" \
	"$mmulab" replay "$tmp/slots.mmt" -p x86-6.12 --set memslot.swap_waits=no --clone 2 --time-scale auto --seeds 2
again=$(sed -n 's/^  again: mmulab//p' "$tmp/out")
cp "$tmp/out" "$tmp/first"
eval "\"$mmulab\" $again" >"$tmp/out" 2>"$tmp/err"
[ "$(grep -F 'I-T2' "$tmp/out")" = "$(grep -F 'I-T2' "$tmp/first")" ]
result $? "and the command given repeats it"
says "as JSON, too" 1 out '"what": "I-T2' \
	"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --seeds 2 --json
says "a run with --check says it as well" 1 err "I-T2" \
	"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --check

# The same seeds, the same bytes; other seeds, other schedules.
"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --seeds 2 --json >"$tmp/one" 2>"$tmp/err"
"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --seeds 2 --json >"$tmp/two" 2>"$tmp/err"
cmp "$tmp/one" "$tmp/two" >"$tmp/out"
result $? "two searches of the same seeds are the same, byte for byte"
"$mmulab" replay "$tmp/notifier.mmt" -p x86-6.12 --set zap.nonpresent=process --seed 3 --seeds 2 --json >"$tmp/two" 2>"$tmp/err"
! cmp "$tmp/one" "$tmp/two" >"$tmp/out"
result $? "those of others are not"

echo "1..$n"
