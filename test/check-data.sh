#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make check-data DATA=DIR [VERIFY=no]: every trace.dat and perf.data under DIR (*.dat,
# *.perf.data, also packed by xz), one line each: imported, its totals by event compared
# with trace-cmd's, a perf.data's samples with those of perf script -D, the totals of its
# own text (trace-cmd report) once more, and verified.  Fails when something crashes, when
# a total differs, or when used and unused records do not add up.  Recordings this build
# cannot fold (exit 4) or cannot replay are named and pass.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
mmulab=$build/mmulab
dir=${1:-}
[ -d "$dir" ] || { echo "usage: make check-data DATA=DIR; DIR holds trace.dat and perf.data files" >&2; exit 2; }
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
# sum_unused: of its reasons.
sum_unused() { awk '/^  "unused": \{/ { on = 1; next } /^  \}/ { on = 0 } on { gsub(/.*: |,/, ""); n += $0 } END { print n + 0 }' "$tmp/info.json"; }
# number KEY: out of info's JSON.
number() { sed -n "s/^  \"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$tmp/info.json"; }

# What other programs count in it, and what is counted in its text.
compare_dat() {
	command -v trace-cmd >/dev/null || return 0
	by_trace_cmd "$1" >"$tmp/theirs"
	if ! diff "$tmp/theirs" <(by_mmulab "$1") >"$tmp/said"; then
		problem="totals differ from trace-cmd's: $(sed -n 2p "$tmp/said")"
		return
	fi
	trace-cmd report -i "$1" >"$tmp/text" 2>/dev/null
	if ! diff "$tmp/theirs" <(by_mmulab "$tmp/text") >"$tmp/said"; then
		problem="totals of its text differ: $(sed -n 2p "$tmp/said")"
	fi
	rm -f "$tmp/text"
}
compare_perf() {
	local samples
	command -v perf >/dev/null || return 0
	samples=$(perf script -D -i "$1" 2>/dev/null | grep -c 'PERF_RECORD_SAMPLE(')
	[ "$samples" = "$events" ] || problem="perf script -D has $samples samples"
}

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
	[ "$events" = "$(($(number used) + $(sum_unused)))" ] || problem="used and unused do not add up"
	case $1 in
	*.data) compare_perf "$1" ;;
	*) compare_dat "$1" ;;
	esac
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
	what=$file
	if [ "${file%.xz}" != "$file" ]; then
		what=$tmp/$(basename "${file%.xz}")
		xz -dc "$file" >"$what"
	fi
	import_one "$what"
	[ "$what" = "$file" ] || rm -f "$what"
	[ -z "$problem" ] && [ "$state" = imported ] && [ "${VERIFY:-}" != no ] && verify_one
	[ -n "$problem" ] && failed=$((failed + 1))
	printf '%-36s %10s  %-10s  %-12s  %s\n' "${file#"$dir"/}" "$events" "$state" "$exact" "$problem"
	rm -f "$tmp/t.mmt"
done < <(find -L "$dir" -name '*.dat' -o -name '*.dat.xz' -o -name '*.perf.data' -o -name '*.perf.data.xz' | sort)
echo "$failed failed"
[ $failed -eq 0 ]
