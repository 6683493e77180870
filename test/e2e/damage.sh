#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The damage harness is no use if it cannot fail: every kind of defect, planted
# must be found, and named as what it is.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
harness=$(realpath "${BUILD:-build}/test/damage/damage")

# finds PLANT KIND [FIXTURE]: exit 1, and a failed test of that kind and no other.
finds() {
	"$harness" -n 40 -f "${3:-trace.v6.dat}" -p "$1" >"$tmp/out" 2>"$tmp/err" </dev/null
	[ $? -eq 1 ] && grep -q "^not ok .*: $2" "$tmp/out" && [ "$(grep -c "^not ok" "$tmp/out")" = 1 ]
	result $? "a planted defect, $1, is found"
}
finds crash "10 crash in 40 mutants"
finds hang "1 hang in 40 mutants"
finds memory "10 memory in 40 mutants"
finds silent "10 silent in 40 mutants"
finds more "10 silent in 40 mutants"
finds error "10 error in 40 mutants"
finds print "10 output in 40 mutants"
finds half "half of its data give" trace.v6.dat@plain.mmt
# What is really lost, and really said: to a deaf harness it is silent.
"$harness" -n 100 -f trace.zstd.dat -p deaf >"$tmp/out" 2>"$tmp/err" </dev/null
grep -qE "^not ok .*: [1-9][0-9]* silent in" "$tmp/out"
result $? "without the losses and the damage list, real mutants are silent"
echo "1..$n"
