#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds this tree against itself: replays datasets/ in virtual time under the recorded kernels'
# policies and alternatives, and judges that by datasets/baseline.ini and datasets/rules.ini.
#
#	scripts/gate.sh			exit 1 when a rule is broken
#	scripts/gate.sh --renew		what it does now is the baseline from here on
#
# BUILD says where the program was built; GATE_ARGS is given to mmulab gate ("--github", "--all").
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
mmulab=$build/mmulab
case $mmulab in /*) ;; *) mmulab=./$mmulab ;; esac
[ -x "$mmulab" ] || { echo "gate: $mmulab is missing; run \`make\` first" >&2; exit 4; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-gate.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# policies NAME PRESET: what a trace is replayed under.
policies() {
	case $1 in
	*-shadow-*) echo "$2 $2+seed-000" ;;
	arm64-*)    echo "$2 $2+seed-003 $2+seed-004" ;;
	*)	    echo "$2 $2+seed-004 $2+seed-002" ;;
	esac
}

# replay TRACE POLICY OPTIONS...: a step that fails says why.
replay() {
	local trace=$1 policy=$2
	shift 2
	"$mmulab" replay "$trace" -p "$policy" "$@" --db "$tmp/results.db" >/dev/null 2>"$tmp/log" || {
		local rc=$?
		cat "$tmp/log" >&2
		exit $rc
	}
}

for file in datasets/*.dat; do
	name=$(basename "$file" .dat)
	preset=$(cut -d- -f1,2 <<<"$name")
	"$mmulab" import "$file" -o "$tmp/$name.mmt" >/dev/null 2>"$tmp/log" || { cat "$tmp/log" >&2; exit 3; }
	for policy in $(policies "$name" "$preset"); do
		replay "$tmp/$name.mmt" "$policy"
	done
	# More vCPUs, and recorded times (an emulator's) nearer to those of the cost model: contention.
	replay "$tmp/$name.mmt" "$preset" --clone 8 --time-scale 0.05
	rm "$tmp/$name.mmt"
done

gate=("$mmulab" gate "$tmp/results.db" --rules datasets/rules.ini)
if [ "${1:-}" = --renew ]; then
	"${gate[@]}" --save "$tmp/baseline.ini"
	{ echo "; SPDX-License-Identifier: GPL-2.0-or-later"; cat "$tmp/baseline.ini"; } >datasets/baseline.ini
	exit
fi
rc=0
# shellcheck disable=SC2086
"${gate[@]}" --baseline datasets/baseline.ini ${GATE_ARGS:-} || rc=$?
if [ $rc = 1 ]; then
	cat >&2 <<-END

	What the engine makes of the traces in datasets/ has changed beyond datasets/rules.ini.
	Not intended: the figures above name the operation; the notes say whether policy or costs differ,
	  and \`git bisect run scripts/gate.sh\` finds the commit.
	Intended: \`BUILD=$build scripts/gate.sh --renew\`, and commit datasets/baseline.ini with the change that
	  moved it: its diff says by how much.
	END
fi
exit $rc
