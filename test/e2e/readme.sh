#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tour of the README can be pasted: each of its mmulab commands succeeds, in order.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
mkdir "$tmp/bin"
ln -s "$mmulab" "$tmp/bin/mmulab"
ln -s "$PWD/datasets" "$tmp/datasets"

# Fewer copies and schedules: whether they run, not how fast.
mapfile -t commands < <(sed -n '/^## A tour/,/^## /p' README.md | sed -nE 's/^    ((mmulab|sqlite3) .*)$/\1/p' |
	sed 's/--clone 16/--clone 2/; s/--seeds 100/--seeds 2/')
[ ${#commands[@]} -ge 10 ]
result $? "the tour has commands"
for command in "${commands[@]}"; do
	(cd "$tmp" && PATH="$tmp/bin:$PATH" bash -c "$command") >"$tmp/log" 2>&1 </dev/null
	result $? "$command"
done
for file in $(grep -oE '\]\([^)#:]+\)' README.md CONTRIBUTING.md | sed -E 's/.*\((.*)\)/\1/' | sort -u); do
	echo "missing" >"$tmp/log"
	[ -e "$file" ]
	result $? "the README links to $file, which is there"
done
echo "1..$n"
