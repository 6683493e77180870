#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a wrong value of each knob would cost on each recording, as a Markdown table.
#
#	scripts/discriminate.sh PROGRAM TRACE.mmt...
#
# A row per value, a column per trace: operations that are no longer exact, and in brackets, where
# some miss anyway, how many times as many.  An empty cell: the value costs nothing there;
# "own": it is the recorded kernel's.  Last come the values no trace tells.
set -eu
if [ $# -lt 2 ]; then
	sed -n '3,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
program=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for trace; do
	"$program" verify --flip all "$trace" >"$tmp/flips"
	awk -v t="$(basename "$trace" .mmt)" '
	NR == 1 { match($0, /of [0-9]+ operations [0-9]+ not exact/); split(substr($0, RSTART), w, " "); print t "\ttrace\t" w[2] "\t" w[4] }
	NR > 2 { print t "\t" $1 " = " $2 "\t" $4 "\t" $5 }' "$tmp/flips"
done >"$tmp/all"
awk -F '\t' '
function cell(row, t,    c) {
	c = cost[row, t]
	return c == "" ? "own" : c == 0 ? "" : residual[t] ? c " (" factor[row, t] ")" : c
}
$2 == "trace" { traces[++nt] = $1; judged[$1] = $3; residual[$1] = $4; next }
{
	knob = substr($2, 1, index($2, " ") - 1)
	if (!(knob in values)) knobs[++nk] = knob
	if (!($2 in seen)) values[knob] = values[knob] "\t" $2
	seen[$2] = 1; cost[$2, $1] = $3; factor[$2, $1] = $4; told[$2] = told[$2] || $3 != 0
}
END {
	line = "| knob = value |"; rule = "|---|"; what = "| not exact, of |"
	for (t = 1; t <= nt; t++) {
		line = line " " traces[t] " |"; rule = rule "---|"
		what = what " " residual[traces[t]] " of " judged[traces[t]] " |"
	}
	print line; print rule; print what
	for (k = 1; k <= nk; k++) {
		n = split(substr(values[knobs[k]], 2), v, "\t")
		for (i = 1; i <= n; i++) {
			own = 0
			for (t = 1; t <= nt; t++) own = own || cost[v[i], traces[t]] == ""
			if (!told[v[i]] && own) continue
			if (!told[v[i]]) { silent = silent (silent ? ", " : "") "`" v[i] "`"; continue }
			line = "| `" v[i] "` |"
			for (t = 1; t <= nt; t++)
				line = line " " cell(v[i], traces[t]) " |"
			print line
		}
	}
	if (silent) print "\nNo trace here tells: " silent "."
}' "$tmp/all"
