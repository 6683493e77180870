#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install: the program works from where it was put, with what was put there.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

env -u MAKEFLAGS -u MFLAGS make --no-print-directory DEPS=no SAN="${SAN:-}" BUILD="${BUILD:-build}" \
	DESTDIR="$tmp/root" PREFIX=/opt/lab install >"$tmp/log" 2>&1
result $? "make install DESTDIR= PREFIX="
lab=$tmp/root/opt/lab
for kind in policies costs plots profiles dashboard sql; do
	compgen -G "$lab/share/mmulab/$kind/*" >"$tmp/log"
	result $? "$kind are installed"
done
pages=$({ sed -nE 's/^VERB\((.*)\)$/mmulab-\1.1/p' cmd/verbs.def; [ ! -x "$lab/bin/mmulab-kvmload" ] || echo mmulab-kvmload.1; } |
	sort | tr '\n' ' ')
[ "$(cd "$lab/share/man/man1" && ls mmulab-*.1 | sort | tr '\n' ' ')" = "$pages" ] && [ -s "$lab/share/man/man1/mmulab.1" ]
result $? "a man page for each verb is installed"
(cd / && "$lab/bin/mmulab" policies x86-6.12 && ! "$lab/bin/mmulab" policies absent) >"$tmp/log" 2>&1 &&
	grep -qF "looked for absent.ini in $lab/share/mmulab/policies)" "$tmp/log"
result $? "the installed program takes the installed policies"
(cd / && "$lab/bin/mmulab" policies) | sed -n '/^Policies/,$p' | grep '^  ' | sort | uniq -d >"$tmp/log"
[ ! -s "$tmp/log" ]
result $? "and lists each of them once, though the source tree has them too"
echo "1..$n"
