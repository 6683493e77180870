#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make check-data DATA=DIR: import and verify of every *.dat under DIR, one line
# each.  Fails when something crashes, when a total differs from trace-cmd's, or
# when used and unused records do not add up.  Recordings this build cannot fold
# (exit 4) or cannot replay are named and pass.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
mmulab=$build/mmulab
dir=${1:-}
[ -d "$dir" ] || { echo "usage: make check-data DATA=DIR; DIR holds trace.dat files" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

by_trace_cmd() {
	trace-cmd report -N -R -i "$1" 2>/dev/null |
		sed -nE 's/^.*\[[0-9]+\] +[0-9]+\.[0-9]+: ([^:]+):.*/\1/p' | sort | uniq -c | awk '{ print $2, $1 }' | sort
}
by_mmulab() {
	"$mmulab" info "$1" | awk '/^events of the recording/ { on = 1; next } /^[^ ]/ { on = 0 }
		on { sub(/^[^:]*:/, "", $2); print $2, $1 }' | sort
}
# number KEY: out of info's JSON.
number() { sed -n "s/^  \"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$tmp/info.json"; }

# import_one FILE: what is wrong with it, or nothing.  Sets events, state.
import_one() {
	local rc
	timeout 300 "$mmulab" import -q "$1" -o "$tmp/t.mmt" 2>"$tmp/said"
	rc=$?
	case $rc in
	0) state=imported ;;
	4) state="not folded" ;;
	*) problem="import: exit $rc: $(head -n 1 "$tmp/said")"; return ;;
	esac
	"$mmulab" info --json "$1" >"$tmp/info.json" || { problem="info: exit $?"; return; }
	events=$(number events)
	if command -v trace-cmd >/dev/null && ! diff <(by_trace_cmd "$1") <(by_mmulab "$1") >"$tmp/said"; then
		problem="totals differ from trace-cmd's: $(head -n 2 "$tmp/said" | tail -n 1)"
	fi
}

verify_one() {
	local rc
	timeout 600 "$mmulab" verify "$tmp/t.mmt" >"$tmp/verify" 2>"$tmp/said"
	rc=$?
	exact=$(sed -nE 's/^ *exact +[0-9]+ \(([0-9.]+) %\).*/\1/p' "$tmp/verify" | head -n 1)
	case $rc in
	0|1) [ -n "$exact" ] && exact="$exact %" || problem="verify printed no result" ;;
	4) exact="$(sed 's/^[^;]*: //' "$tmp/said" | cut -c 1-60)" ;;
	*) problem="verify: exit $rc: $(head -n 1 "$tmp/said")" ;;
	esac
}

printf '%-36s %10s  %-10s  %-12s  %s\n' recording events import "exact" problem
while IFS= read -r file; do
	events=- state=failed exact=- problem=
	import_one "$file"
	[ -z "$problem" ] && [ "$state" = imported ] && verify_one
	[ -n "$problem" ] && failed=$((failed + 1))
	printf '%-36s %10s  %-10s  %-12s  %s\n' "${file#"$dir"/}" "$events" "$state" "$exact" "$problem"
	rm -f "$tmp/t.mmt"
done < <(find -L "$dir" -name '*.dat' | sort)
echo "$failed failed"
[ $failed -eq 0 ]
