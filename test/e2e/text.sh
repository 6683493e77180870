#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab text: real traces there and back, damage, and what is refused.
set -u
mmulab=$(realpath "${BUILD:-build}/mmulab")
data=$(realpath "$(dirname "$0")/../../datasets")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0

# report STATUS TEXT: one TAP line
report() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# expect STATUS PATTERN TEXT COMMAND...: exit status, and one line on stderr that matches
expect() {
	local want=$1 pattern=$2 text=$3 got lines
	shift 3
	"$@" >out 2>err
	got=$?
	lines=$(wc -l <err)
	[ "$got" -eq "$want" ] && [ "$lines" -eq 1 ] && grep -qE "$pattern" err
	report $? "$text"
	[ "$got" -eq "$want" ] || sed 's/^/# /' err
}

"$mmulab" import "$data/x86-6.12-populate-thp.dat" -o a.mmt >/dev/null 2>err || { cat err; exit 1; }

"$mmulab" text a.mmt >a.txt && "$mmulab" text -r a.txt -o b.mmt && "$mmulab" text -o b.txt b.mmt && cmp -s a.txt b.txt
report $? "an imported trace comes back from its text unchanged"

"$mmulab" text -r - -o c.mmt <a.txt && cmp -s b.mmt c.mmt
report $? "text may come from standard input"

records=$(grep -vc '^#' a.txt)
stimuli=$("$mmulab" text --class stimuli a.mmt | grep -vc '^#')
observations=$("$mmulab" text --class observations a.mmt | grep -vc '^#')
[ "$stimuli" -gt 0 ] && [ $((stimuli + observations)) -eq "$records" ]
report $? "the two classes make up the whole"

"$mmulab" text --task 0 a.mmt | grep -v '^#' | awk '$2 != 0 { bad = 1 } END { exit bad || !NR }'
report $? "one task's records alone"

expect 2 '^mmulab text: .*neither stimuli nor observations' "an unknown class" "$mmulab" text --class all a.mmt
expect 2 '^mmulab text: --task 99999: a.mmt has tasks 0 to ' "a task that is not there" "$mmulab" text --task 99999 a.mmt
expect 2 '^mmulab text: -r needs -o' "text without a place to go" "$mmulab" text -r a.txt
expect 3 '^mmulab text: nosuch.mmt: cannot read' "a file that is not there" "$mmulab" text nosuch.mmt
expect 3 '^mmulab text: a.txt: not an event file' "a text file as event file" "$mmulab" text a.txt
expect 3 'a trace.dat, not an event file; convert it with mmulab import' "a trace.dat as event file" \
	"$mmulab" text "$data/x86-6.12-populate-thp.dat"

: >empty.txt
expect 3 '^mmulab text: empty.txt: no record' "a text of nothing is no event file" "$mmulab" text -r empty.txt -o bad.mmt
sed '0,/^[0-9].* access /s// acces /' a.txt >bad.txt
expect 3 '^mmulab text: bad.txt:[0-9]+: ' "a bad line is named" "$mmulab" text -r bad.txt -o bad.mmt
[ ! -e bad.mmt ] && [ -z "$(find . -name '.*.tmp')" ]
report $? "and leaves nothing behind"

# The byte in the middle lies in some block.
size=$(stat -c %s a.mmt)
cp a.mmt damaged.mmt
byte=$(od -An -tu1 -j $((size / 2)) -N 1 a.mmt)
# shellcheck disable=SC2059 # the format is the byte
printf "\\x$(printf %x $((byte ^ 1)))" | dd of=damaged.mmt bs=1 seek=$((size / 2)) conv=notrunc status=none
expect 3 'damaged.mmt: block [0-9]+ \(task [0-9]+, (stimuli|observations)\): .*text --salvage' \
	"a flipped bit is found and its block named" "$mmulab" text damaged.mmt
expect 3 'damaged.mmt: block [0-9]+ ' "info finds it, too" "$mmulab" info damaged.mmt
"$mmulab" info --salvage damaged.mmt | grep -q '1  event file: blocks left out'
report $? "and describes what is sound with --salvage"
"$mmulab" text --salvage damaged.mmt >salvaged.txt 2>err && grep -q 'left out 1 damaged block' err &&
	grep -v '^#' salvaged.txt | diff - <(grep -v '^#' a.txt) >diff.txt
[ -s salvaged.txt ] && ! grep -q '^<' diff.txt && grep -q '^>' diff.txt
report $? "--salvage gives the rest and says what is missing"

head -c $((size - 10)) a.mmt >cut.mmt
expect 3 'cut.mmt: no trailer: .*text --salvage' "a cut file is refused" "$mmulab" text cut.mmt
"$mmulab" text --salvage cut.mmt 2>/dev/null | grep -v '^#' | cmp -s - <(grep -v '^#' a.txt)
report $? "and its blocks are all salvaged"

"$mmulab" text "$tmp/a.mmt" 2>err | head -n 1 >/dev/null
[ "${PIPESTATUS[0]}" -eq 0 ] && [ ! -s err ]
report $? "a reader who closes the pipe is no error"

if [ -c /dev/full ]; then
	"$mmulab" text a.mmt >/dev/full 2>err
	[ $? -eq 4 ] && [ "$(wc -l <err)" -eq 1 ]
	report $? "a full disk below standard output"
else
	n=$((n + 1))
	echo "ok $n - a full disk below standard output # SKIP no /dev/full"
fi
echo "1..$n"
