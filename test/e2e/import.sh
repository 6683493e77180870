#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab import and info: bad input, bad places to write to, and the totals of
# real recordings against what trace-cmd counts.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
mmulab=$build/mmulab
data=$PWD/datasets
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); echo "not ok $n - $1"; [ $# -gt 1 ] && printf '%s\n' "$2" | sed 's/^/# /'; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
check() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name" "$(cat "$tmp/said" 2>/dev/null)"; fi; }

# refused STATUS PATTERN ARGS...: exit status, one line on stderr, nothing on stdout, no output file.
refused() {
	local want=$1 pattern=$2 rc
	shift 2
	rm -f "$tmp/out.mmt"
	"$mmulab" "$@" >"$tmp/stdout" 2>"$tmp/said" </dev/null
	rc=$?
	[ $rc -eq "$want" ] && [ "$(wc -l <"$tmp/said")" -eq 1 ] && [ ! -s "$tmp/stdout" ] &&
		grep -qE -- "$pattern" "$tmp/said" && [ ! -e "$tmp/out.mmt" ] && no_leftovers
}
no_leftovers() { [ -z "$(find "$tmp" -name '.*mmt*' -o -name '*.tmp*')" ]; }
import_refused() { refused "$1" "$2" import "$3" -o "$tmp/out.mmt"; }

# --- inputs that are no recordings ------------------------------------------------------
: >"$tmp/empty.dat"
echo "not a trace" >"$tmp/text.dat"
head -c 4096 /dev/urandom | tr '\0-\037' 'A' >"$tmp/noise.dat"
check "an empty file" import_refused 3 "empty" "$tmp/empty.dat"
LC_ALL=C sed 's/zstd\x0/lzma\x0/' "$data/x86-6.1-nx-dirty.dat" >"$tmp/name.dat"
LC_ALL=C sed 's/\x28\xb5\x2f\xfd/\x04\x22\x4d\x18/g' "$tmp/name.dat" >"$tmp/lzma.dat"
check "a compression nobody knows" import_refused 3 "compressed by 'lzma'; .*trace-cmd convert" "$tmp/lzma.dat"
check "info of it" refused 3 "compressed by 'lzma'" info "$tmp/lzma.dat"
name_only() {
	"$mmulab" import "$tmp/name.dat" -o "$tmp/name.mmt" 2>"$tmp/said" && grep -q "compression of unknown name" "$tmp/said" &&
		[ "$("$mmulab" info "$tmp/name.mmt" | grep -c '^kernel')" = 1 ]
}
check "one whose name alone is damaged" name_only
check "a text file" import_refused 3 "text file" "$tmp/text.dat"
check "noise" import_refused 3 "not a trace.dat" "$tmp/noise.dat"
check "no file" import_refused 3 "No such file" "$tmp/absent.dat"
check "a directory" import_refused 3 "directory|regular file" "$tmp"
"$mmulab" import -q "$data/x86-6.12-populate-thp.dat" -o "$tmp/event.mmt"
check "an event file" import_refused 3 "an event file, imported already" "$tmp/event.mmt"
head -c 4096 /dev/zero >"$tmp/zero.dat"
check "zeros are no text" import_refused 3 "something unknown" "$tmp/zero.dat"
check "info of a text file" refused 3 "not" info "$tmp/text.dat"
check "several inputs" refused 3 "no event line|empty|text" import "$tmp/text.dat" "$tmp/empty.dat" -o "$tmp/out.mmt"
check "no output named" refused 2 "-o" import "$tmp/text.dat"
cp "$data/x86-6.12-populate-thp.dat" "$tmp/real.dat"
check "output onto the recording itself" refused 2 "recording itself" import "$tmp/real.dat" -o "$tmp/real.dat"

# figures FILE: info's keys that are always there, and every record used or unused.
figures() {
	"$mmulab" info --json "$1" >"$tmp/figures.json" 2>"$tmp/said" || return 1
	[ "$(sqlite3 :memory: "
		WITH f(j) AS (SELECT CAST(readfile('$tmp/figures.json') AS TEXT)),
		     sums(unused, sources) AS (SELECT (SELECT coalesce(sum(value), 0) FROM f, json_each(j, '\$.unused')),
						      (SELECT coalesce(sum(value), 0) FROM f, json_each(j, '\$.sources')))
		SELECT (SELECT count(*) FROM json_each(j) WHERE key IN ('events', 'lost', 'damage', 'used', 'unused', 'kinds',
			'arch', 'kernel', 'vms', 'vcpus', 'caveats', 'lacking', 'kvm_events')),
		       json_extract(j, '\$.used') + unused - json_extract(j, '\$.events'),
		       sources - json_extract(j, '\$.events')
		FROM f, sums")" = "13|0|0" ]
}

# --- made-up recordings ---------------------------------------------------------------------
if ${CC:-cc} -std=gnu11 -O1 -D_GNU_SOURCE -I. -o "$tmp/mktrace" test/bench/mktrace.c test/bench/tracedat6.c 2>"$tmp/said"; then
	"$tmp/mktrace" -x -n 500 -o "$tmp/plain.dat"
	check "a recording without KVM events" import_refused 3 "no KVM event" "$tmp/plain.dat"
	check "info of it has figures all the same" figures "$tmp/plain.dat"
	said_none() { "$mmulab" info "$tmp/plain.dat" | grep -q "no KVM event in it"; }
	check "and says that there is none" said_none
	"$tmp/mktrace" -n 6000 -v 3 -o "$tmp/v6.dat"
	"$mmulab" import "$tmp/v6.dat" -o "$tmp/v6.mmt" >"$tmp/said" 2>&1
	check "version 6: every record" grep -q "42000 events, 0 lost; 1 VM, 6000 accesses" "$tmp/said"
else
	not_ok "the writer of made-up recordings builds" "$(cat "$tmp/said")"
fi

# --- cut short and damaged ---------------------------------------------------------------------
# events FILE: how many info finds in it.
events() { "$mmulab" info --json "$1" 2>/dev/null | sed -n 's/^  "events": \([0-9]*\),$/\1/p'; }
# cut FILE OFFSET...: each prefix is refused, or imported with one line on stderr that says what is missing.
cut_all() {
	local file=$1 at rc bad=0
	shift
	for at in "$@"; do
		head -c "$at" "$file" >"$tmp/cut.dat"
		rm -f "$tmp/out.mmt"
		"$mmulab" import -q "$tmp/cut.dat" -o "$tmp/out.mmt" >"$tmp/stdout" 2>"$tmp/said" </dev/null
		rc=$?
		case $rc in 0|3) ;; *) bad=1 ;; esac
		[ "$(wc -l <"$tmp/said")" -eq 1 ] && grep -q "cut.dat: " "$tmp/said" || { echo "# cut at $at: exit $rc"; bad=1; }
		[ $rc -eq 0 ] && [ ! -e "$tmp/out.mmt" ] && bad=1
		[ $rc -eq 3 ] && [ -e "$tmp/out.mmt" ] && bad=1
	done
	return $bad
}
# keeps_share FILE PERCENT: as much is left of FILE when a tenth of what stands behind its head is cut off.
keeps_share() {
	local file=$1 share=$2 all kept
	all=$(events "$file")
	head -c "$(($(stat -c %s "$file") * 9 / 10))" "$file" >"$tmp/cut.dat"
	kept=$(events "$tmp/cut.dat")
	echo "$kept of $all events" >"$tmp/said"
	[ $((kept * 100)) -ge $((all * share)) ]
}
# offsets SIZE: within the head, across the file, and close to its end.
offsets() {
	local size=$1
	seq 1 3 48
	seq 60 $((size / 30)) $((size - 1))
	echo $((size - 1)) $((size - 4)) $((size - 9)) $((size - 100)) $((size - 5000))
}
# shellcheck disable=SC2046
check "version 7 cut at many places" cut_all "$tmp/real.dat" $(offsets "$(stat -c %s "$tmp/real.dat")")
# shellcheck disable=SC2046
[ -e "$tmp/v6.dat" ] &&
	check "version 6 cut at many places" cut_all "$tmp/v6.dat" $(offsets "$(stat -c %s "$tmp/v6.dat")")

check "a version 7 file of which a tenth is missing" keeps_share "$data/x86-6.12-populate-4k.dat" 80
[ -e "$tmp/v6.dat" ] && check "a version 6 file of which a tenth is missing" keeps_share "$tmp/v6.dat" 80

# Flipped bytes may go unnoticed (there is no checksum in a trace.dat) but never crash or print more than a line.
flip_all() {
	local file=$1 size i at rc bad=0
	size=$(stat -c %s "$file")
	RANDOM=7
	for i in $(seq 1 60); do
		if [ $((i % 2)) -eq 0 ]; then at=$((RANDOM % 2200)); else at=$(((RANDOM * 32768 + RANDOM) % size)); fi
		cp "$file" "$tmp/flip.dat"
		printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" | dd of="$tmp/flip.dat" bs=1 seek=$at conv=notrunc 2>/dev/null
		timeout 20 "$mmulab" import -q "$tmp/flip.dat" -o "$tmp/out.mmt" >"$tmp/stdout" 2>"$tmp/said" </dev/null
		rc=$?
		case $rc in 0|3|4) ;; *) echo "# byte $at: exit $rc"; bad=1 ;; esac
		[ "$(wc -l <"$tmp/said")" -le 1 ] || bad=1
		rm -f "$tmp/out.mmt"
	done
	return $bad
}
check "flipped bytes in version 7" flip_all "$tmp/real.dat"
[ -e "$tmp/v6.dat" ] && check "flipped bytes in version 6" flip_all "$tmp/v6.dat"

# --- places that cannot take the output ------------------------------------------------------------
echo "what was here before" >"$tmp/keep.mmt"
keeps_output() {
	"$mmulab" "$@" -o "$tmp/keep.mmt" >"$tmp/said" 2>&1 </dev/null && return 1
	[ "$(cat "$tmp/keep.mmt")" = "what was here before" ] && no_leftovers
}
check "a failing import keeps the file that was there" keeps_output import "$tmp/text.dat"
check "so does one that fails late" keeps_output import "$tmp/plain.dat"
check "a directory that is not there" refused 3 "No such file" import "$tmp/real.dat" -o "$tmp/none/out.mmt"
check "a device" refused 3 "/dev/full" import "$tmp/real.dat" -o /dev/full
limited() (
	ulimit -f 8
	refused 4 "out.mmt" import "$data/x86-6.12-populate-4k.dat" -o "$tmp/out.mmt"
)
check "a file size limit" limited
mkdir "$tmp/small"
if mount -t tmpfs -o size=64k tmpfs "$tmp/small" 2>/dev/null; then
	full() {
		"$mmulab" import "$data/x86-6.12-populate-4k.dat" -o "$tmp/small/out.mmt" >"$tmp/stdout" 2>"$tmp/said"
		[ $? -eq 4 ] && [ "$(wc -l <"$tmp/said")" -eq 1 ] && grep -q "No space" "$tmp/said" &&
			[ -z "$(ls -A "$tmp/small")" ]
	}
	check "a full disk" full
	umount "$tmp/small"
else
	skip "a full disk" "needs the right to mount a tmpfs"
fi

# --- real recordings ------------------------------------------------------------------------------------
# Totals by event, "NAME COUNT" lines, as trace-cmd sees them and as mmulab does.
by_trace_cmd() {
	trace-cmd report -N -R -i "$1" 2>/dev/null |
		sed -nE 's/^.*\[[0-9]+\] +[0-9]+\.[0-9]+: ([^:]+):.*/\1/p' | sort | uniq -c | awk '{ print $2, $1 }' | sort
}
by_mmulab() {
	"$mmulab" info "$1" | awk '/^events of the recording/ { on = 1; next } /^[^ ]/ { on = 0 }
		on { sub(/^[^:]*:/, "", $2); print $2, $1 }' | sort
}
same_totals() {
	by_trace_cmd "$1" >"$tmp/a" && by_mmulab "$1" >"$tmp/b" && [ -s "$tmp/a" ] && diff "$tmp/a" "$tmp/b" >"$tmp/said"
}
if command -v trace-cmd >/dev/null; then
	for trace in x86-6.12-populate-thp x86-6.1-populate-mix; do
		check "$trace: totals by event are trace-cmd report's" same_totals "$data/$trace.dat"
	done
else
	skip "totals by event are trace-cmd report's" "needs trace-cmd"
fi

# fact NAME KEY: a number in info's JSON.
fact() { sed -n "s/^ *\"$2\": \([0-9]*\),\{0,1\}$/\1/p" "$tmp/$1.json" | head -n 1; }
adds_up() {
	"$mmulab" import -q "$data/$1.dat" -o "$tmp/$1.mmt" 2>"$tmp/said" || return 1
	"$mmulab" info --json "$tmp/$1.mmt" >"$tmp/$1.json" || return 1
	"$mmulab" info --json "$data/$1.dat" >"$tmp/r.json" || return 1
	grep -qE '"source_xxh3": "[0-9a-f]{32}"' "$tmp/$1.json" || return 1
	grep -q '"source_xxh3"' "$tmp/r.json" && return 1
	[ "$(fact "$1" events)" = "$(awk -F '\t' -v n="$1.dat" '$1 == n { print $5 }' datasets/manifest.tsv)" ] &&
		diff <(grep -v '"file"\|"is_recording"\|"source_xxh3"' "$tmp/$1.json") <(grep -v '"file"\|"is_recording"\|"source_xxh3"' "$tmp/r.json") >"$tmp/said"
}
for trace in x86-6.12-populate-thp x86-6.12-populate-4k x86-6.1-populate-mix x86-6.12-notifier-pins x86-6.12-aging-mglru \
	     x86-6.12-memslot-pins x86-6.12-dirty-pins x86-6.1-shadow-pressure-pins arm64-6.1-memslot arm64-6.12-aging-mglru arm64-6.12-coalesce-pins; do
	check "$trace: the manifest's events; recording and event file tell the same" adds_up $trace
done
check "every attempt of a fault is in an access" test "$(
	"$mmulab" text "$tmp/x86-6.12-notifier-pins.mmt" --class stimuli |
		sed -nE 's/.* attempts=([0-9]+) .*/\1/p' | awk '{ n += $1 } END { print n }')" = 88380
# A shadowed guest's tables are told, each access has its walk, and no present entry is without a frame.
shadowed() {
	grep -q '"shadow": true' "$tmp/$1.json" && grep -q '"tdp_mmu": false' "$tmp/$1.json" || return 1
	[ "$(fact "$1" guest_levels)" = 4 ] && [ "$(fact "$1" guest_tables)" -gt 100 ] && [ "$(fact "$1" guest_roots)" -gt 2 ] &&
		[ "$(fact "$1" access)" = "$(fact "$1" walk)" ] && [ "$(fact "$1" page_limit)" = 1 ] &&
		! "$mmulab" text "$tmp/$1.mmt" --class observations |
			grep -E '(spte_update|spte_clear) .*level=0 old=0x[^0]' >"$tmp/said"
}
check "a shadowed guest: its tables, roots, walks" shadowed x86-6.1-shadow-pressure-pins
for trace in x86-6.12-notifier-pins x86-6.1-populate-mix; do
	check "$trace: every record is used or unused" figures "$data/$trace.dat"
done
sums() { (cd datasets && tail -n +2 manifest.tsv | awk -F '\t' '{ print $2 "  " $1 }' | sha256sum -c --quiet); }
check "the manifest's checksums" sums

echo "1..$n"
