#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings that are text: what trace-cmd report prints of one and the same trace, in
# other words, quoted and wrapped, must give what the trace gives.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

fixtures=$PWD/test/text

# stimuli FILE: the stimuli that import makes of it, without the file's own name.
stimuli() {
	"$mmulab" import -q "$1" -o "$tmp/s.mmt" 2>>"$tmp/err" && "$mmulab" text --class stimuli "$tmp/s.mmt" | grep -v '^#'
}
same_stimuli() { stimuli "$1" >"$tmp/a"; stimuli "$2" >"$tmp/b"; [ -s "$tmp/a" ] && cmp "$tmp/a" "$tmp/b" >"$tmp/log"; }

# --- what is no trace --------------------------------------------------------------------
printf 'Hi,\n\nhave a look at kvm_mmu_load: it is slow.\n' >"$tmp/prose.txt"
says "prose is refused" 3 err "no line is an event of a trace" "$mmulab" import "$tmp/prose.txt" -o "$tmp/x.mmt"
[ "$(wc -l <"$tmp/err")" = 1 ] && [ ! -e "$tmp/x.mmt" ]
result $? "in one line, and nothing is written"
says "by info too" 3 err "no line is an event of a trace" "$mmulab" info "$tmp/prose.txt"
{ cat "$tmp/prose.txt"; head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 80; cat "$fixtures/report.txt"; } >"$tmp/late.txt"
says "a text whose first event is megabytes away is refused" 3 err "no line is an event" "$mmulab" info "$tmp/late.txt"
mkfifo "$tmp/fifo"
says "a pipe cannot be read twice, and is not waited for" 3 err "not a regular file" "$mmulab" import "$tmp/fifo" -o "$tmp/x.mmt"
printf ' a-1 [000] 1.000000: sched_switch: x\n' >"$tmp/other.txt"
says "a text without KVM's events" 3 err "no KVM event" "$mmulab" import "$tmp/other.txt" -o "$tmp/x.mmt"

# --- one trace in several words -------------------------------------------------------------
same_stimuli "$fixtures/report.txt" "$fixtures/report-R.txt"
result $? "trace-cmd report and its -R give the same stimuli"
by_awk() {
	awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) { sub(/:$/, "", $(i + 1)); print $(i + 1); break } }' "$1" |
		sort | uniq -c | awk '{ print $2, $1 }'
}
by_mmulab() {
	"$mmulab" info "$1" | awk '/^events of the recording/ { on = 1; next } /^[^ ]/ { on = 0 }
		on { sub(/^[^:]*:/, "", $2); print $2, $1 }' | sort
}
for text in report report-R; do
	by_awk "$fixtures/$text.txt" >"$tmp/a"
	by_mmulab "$fixtures/$text.txt" >"$tmp/b"
	[ -s "$tmp/a" ] && diff "$tmp/a" "$tmp/b" >"$tmp/log"
	result $? "$text: the totals are its lines, by event"
done
{ printf 'From: a@example.org\n\nHi,\n\nthis is what we see:\n\n'; sed 's/^/> > /' "$fixtures/report.txt"; printf '\nregards\n'; } >"$tmp/mail.txt"
same_stimuli "$fixtures/report.txt" "$tmp/mail.txt"
result $? "quoted in a mail"
"$mmulab" info "$tmp/mail.txt" >"$tmp/out"
grep -qE '^ +4  lines that are no event' "$tmp/out"
result $? "and the lines that are none of it are counted"
fold -s -w 100 "$fixtures/report-R.txt" | sed 's/ $//' >"$tmp/wrapped.txt"
same_stimuli "$fixtures/report-R.txt" "$tmp/wrapped.txt"
result $? "wrapped at 100 columns"
sed 's/$/\r/' "$fixtures/report.txt" >"$tmp/crlf.txt"
same_stimuli "$fixtures/report.txt" "$tmp/crlf.txt"
result $? "with carriage returns"
awk '{ l[NR] = $0 } END { for (i = 2; i <= NR; i += 2) { print l[i + 1]; print l[i] } }' "$fixtures/report.txt" >"$tmp/swapped.txt"
same_stimuli "$fixtures/report.txt" "$tmp/swapped.txt"
result $? "with lines out of order"

# --- the release ----------------------------------------------------------------------------------
"$mmulab" import --kernel 6.12.9-amd64 "$fixtures/report.txt" -o "$tmp/k.mmt" >"$tmp/out" 2>"$tmp/err" &&
	"$mmulab" info "$tmp/k.mmt" | grep -q '^kernel    6.12.9-amd64'
result $? "--kernel tells it"
says "--kernel has to be one" 2 err "--kernel new" "$mmulab" import --kernel new "$fixtures/report.txt" -o "$tmp/x.mmt"
says "--kernel of a recording that says it" 2 err "as it says itself" \
	"$mmulab" import --kernel 6.1 datasets/x86-6.12-populate-thp.dat -o "$tmp/x.mmt"

# --- real recordings ----------------------------------------------------------------------------------
for trace in x86-6.12-memslot-pins x86-6.1-populate-mix; do
	if ! command -v trace-cmd >/dev/null; then
		echo "ok $((n += 1)) - $trace: its text gives the same stimuli # SKIP needs trace-cmd"
		continue
	fi
	for how in "-t" "-t -R"; do
		# shellcheck disable=SC2086
		trace-cmd report $how "datasets/$trace.dat" >"$tmp/t.txt" 2>/dev/null
		same_stimuli "datasets/$trace.dat" "$tmp/t.txt"
		result $? "$trace: what trace-cmd report $how prints gives the same stimuli"
	done
done
echo "1..$n"
