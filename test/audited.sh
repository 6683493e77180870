# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Recordings in which somebody breaks an invariant, made as text from real ones, and what an audit says of them.

# made NAME: $tmp/NAME.txt as an event file, audited into $tmp/NAME.json; the exit status in $rc
made() {
	"$mmulab" text -r "$tmp/$1.txt" -o "$tmp/$1.mmt" >"$tmp/log" 2>&1 || echo "# $(cat "$tmp/log")"
	"$mmulab" verify --audit --json "$tmp/$1.mmt" >"$tmp/$1.json" 2>"$tmp/err"
	rc=$?
	grep -E '"(invariant|certain|gfn|text)"' "$tmp/$1.json" | head -20 >"$tmp/log"
}

# added TEXT NAME LINE...: the text with more records, in their places
added() {
	local text=$1 name=$2
	shift 2
	{ cat "$text"; printf '%s\n' "$@"; } | sort -s -k1,1n >"$tmp/$name.txt"
	made "$name"
}

# certain FILE INVARIANT GFN: is there such a finding?
certain() {
	tr -d '\n' <"$1" | grep -qE "\"invariant\": \"$2\", +\"certain\": true, +\"gfn\": $(($3)),"
}

# certain_at FILE INVARIANT: the times, in ns, of its certain findings
certain_at() {
	tr -d '\n' <"$1" | grep -oE "\"invariant\": \"$2\", +\"certain\": true, +\"gfn\": [0-9]+, +\"vm\": [0-9]+, +\"t_ns\": [0-9]+" |
		grep -oE '[0-9]+$'
}

# finds TEXT NAME INVARIANT GFN
finds() {
	[ "$rc" = 1 ] && certain "$tmp/$2.json" "$3" "$4"
	result $? "$1"
}

# scattered TEXT N PATHS: N records of other tasks somewhere inside some window, of each of the paths in turn: a file
# of awk, which has print_path(path, t, who, page).  "time path" of each in $tmp/truth
scattered() {
	awk -v n="$2" -v truth="$tmp/truth" -f "$3" -f /dev/stdin "$1" <<'EOF'
	/^#/ { next }
	!($2 in seen) { seen[$2] = nr_tasks; task[nr_tasks++] = $2 }
	$3 == "unmap_gfn_range" { gfn[$2] = substr($5, 5); count[$2] = substr($6, 7) }
	$3 == "op" && $5 == "op=invalidate_start" && gfn[$2] { zapped[$2] = $1 }
	$3 == "invalidate_end" && zapped[$2] && $1 - zapped[$2] > 1000 {
		owner[nr] = $2; from[nr] = zapped[$2]; to[nr] = $1; first[nr] = gfn[$2]; pages[nr++] = count[$2] }
	$3 ~ /invalidate_(start|end)/ { gfn[$2] = zapped[$2] = "" }
	function hex(h, i, v) {
		for (i = 3; i <= length(h); i++)
			v = v * 16 + index("0123456789abcdef", substr(h, i, 1)) - 1
		return v }
	END {
		srand(7)
		for (i = 0; i < n; i++) {
			w = int(rand() * nr)
			do who = task[int(rand() * nr_tasks)]; while (who == owner[w])
			t = from[w] + 1 + int(rand() * (to[w] - from[w] - 10))
			page = hex(first[w]) + int(rand() * hex(pages[w]))
			printf "%.0f %s\n", t, print_path(i, t, who, page) >truth
		}
	}
EOF
}
