#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the man pages: what the program says with -h, and what docs/man/ adds.
#
#	scripts/man.sh PROGRAM FOLDER
#
# FOLDER gets mmulab.1, mmulab-VERB.1, and mmulab-kvmload.1 where that program is beside PROGRAM.  docs/man/VERB.txt is plain text: a line
# in capitals opens a section, indented lines are kept as they stand, a blank line
# ends a paragraph.  A verb without such a file is an error.
set -eu
cd "$(dirname "$0")/.."
program=$1 out=$2
mkdir -p "$out"

# Plain text on stdin to roff; HELP=1: the -h text of a verb, which has its own form.
roff() {
	awk -v help="$1" '
	function esc(s) {
		gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s)
		if (s ~ /^[.'"'"']/) s = "\\\\&" s
		return s
	}
	function mode(m) {
		if (kept && m != "kept") print ".fi\n.RE"
		if (m == "kept" && !kept) print ".PP\n.RS\n.nf"
		kept = (m == "kept")
	}
	function section(s) { mode(""); print ".SH " s; state = s; fresh = 1 }
	help && NR == 1 { section("SYNOPSIS"); sub(/^usage: /, ""); print ".nf\n" esc($0); next }
	help && state == "SYNOPSIS" && /^$/ { print ".fi"; section("DESCRIPTION"); next }
	help && state == "SYNOPSIS" { sub(/^ +/, ""); sub(/^or: /, ""); print esc($0); next }
	help && /^ +-/ {
		if (state != "OPTIONS") section("OPTIONS")
		sub(/^ +/, "")
		at = match($0, /  +/)
		print ".TP\n.B " esc(at ? substr($0, 1, at - 1) : $0)
		if (at) print esc(substr($0, at + RLENGTH))
		next
	}
	help && state == "OPTIONS" && /^            / { sub(/^ +/, ""); print esc($0); next }
	help && state == "OPTIONS" && /^$/ { next }
	help && state == "OPTIONS" { section("NOTES") }
	!help && /^[A-Z][A-Z ]+$/ { section($0); next }
	/^$/ { mode(""); gap = 1; next }
	/^[ \t]/ { mode("kept"); sub(/^    /, ""); print esc($0); fresh = gap = 0; next }
	{ mode(""); if (gap && !fresh) print ".PP"; print esc($0); fresh = gap = 0 }
	END { mode("") }'
}

page() {	# page NAME SUMMARY: the head of a page
	printf '.\\" Made from "mmulab -h" and docs/man by scripts/man.sh.\n'
	printf '.TH %s 1 "" "mmulab" "User commands"\n.SH NAME\n%s \\- %s\n' "${1^^}" "$1" "$2"
}

verbs=$(sed -nE 's/^VERB\((.*)\)$/\1/p' cmd/verbs.def)
for verb in $verbs; do
	text=docs/man/$verb.txt
	[ -r "$text" ] || { echo "man.sh: verb $verb has no $text; write one" >&2; exit 1; }
	summary=$("$program" -h | sed -nE "s/^  $verb +(.*)/\\1/p")
	{
		page "mmulab-$verb" "$summary"
		"$program" "$verb" -h | roff 1
		roff '' <"$text"
		grep -qx 'SEE ALSO' "$text" && printf '.PP\n' || printf '.SH SEE ALSO\n'
		printf '.BR mmulab (1)\n'
	} >"$out/mmulab-$verb.1"
done
kvmload=$(dirname "$program")/mmulab-kvmload
if [ -x "$kvmload" ]; then
	{
		page mmulab-kvmload "a small guest on this host's KVM, for something to be recorded"
		"$kvmload" -h | roff 1
		roff '' <docs/man/kvmload.txt
		printf '.SH SEE ALSO\n.BR mmulab\\-capture (1)\n'
	} >"$out/mmulab-kvmload.1"
fi
{
	page mmulab "what if KVM's MMU had done it another way, from a trace"
	printf '.SH SYNOPSIS\n.B mmulab\nVERB [options] ...\n.SH VERBS\n'
	for verb in $verbs; do
		printf '.TP\n.BR mmulab\\-%s (1)\n%s\n' "$verb" "$("$program" -h | sed -nE "s/^  $verb +(.*)/\\1/p")"
	done
	roff '' <docs/man/mmulab.txt
} >"$out/mmulab.1"
