#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The program around the verbs: help, versions, mistakes and exit statuses.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

verbs=$(sed -nE 's/^VERB\((.*)\)$/\1/p' cmd/verbs.def)

says "no verb: the list, status 2" 2 err "usage: mmulab VERB" "$mmulab"
says "-h lists the verbs" 0 out "policies" "$mmulab" -h
says "--help too" 0 out "usage: mmulab VERB" "$mmulab" --help
says "--version names the commit" 0 out "mmulab " "$mmulab" --version
says "a misspelt verb gets the right one" 2 err "mmulab: there is no verb 'polices'; did you mean 'policies'?" \
	"$mmulab" polices
says "a word that is near nothing" 2 err "\`mmulab -h\` lists them" "$mmulab" xyzzyxyzzyxyzzy
says "help of an unknown verb" 2 err "there is no verb 'polices'" "$mmulab" help polices
for verb in $verbs; do
	says "$verb -h" 0 out "usage: mmulab $verb" "$mmulab" "$verb" -h
	says "help $verb" 0 out "usage: mmulab $verb" "$mmulab" help "$verb"
	says "$verb: an unknown option" 2 err "mmulab $verb: there is no option --no-such-option" \
		"$mmulab" "$verb" --no-such-option
	says "$verb -h, whatever else is wrong" 0 out "usage: mmulab $verb" "$mmulab" "$verb" --no-such-option -h
	"$mmulab" "$verb" -h >"$tmp/out"
	awk 'length($0) > 100 { bad = 1 } END { exit bad }' "$tmp/out"
	result $? "$verb -h fits a terminal"
done

says "an option nearly right" 2 err "there is no option --jsn; did you mean --json?" "$mmulab" policies --jsn
says "an option without its value" 2 err "--set needs a value" "$mmulab" policies x86-6.12 --set
says "a flag with a value" 2 err "--json takes no value" "$mmulab" policies --json=yes
says "too many arguments" 2 err "at most one policy, got 2" "$mmulab" policies x86-6.1 x86-6.12

# policies
says "policies lists a built knob's values" 0 out "write, read, lockless" "$mmulab" policies
says "policies lists the presets" 0 out "  x86-6.12" "$mmulab" policies
says "a preset resolves" 0 out "lock.needbreak = contended" "$mmulab" policies x86-6.1
says "a number that can be off" 0 out "0..512, off" "$mmulab" policies
says "off is a value" 0 out "sync.min_unsync_to_yield = off" "$mmulab" policies x86-6.12
says "seed 000 as mailed is a defect, and said so" 0 out "sync.flush_before_eintr = no" "$mmulab" policies x86-5.16+seed-000
says "an overlay on a preset" 0 out "age.lock = read" "$mmulab" policies x86-6.1+seed-004
says "an unknown policy" 2 err "did you mean 'x86-6.1'?" "$mmulab" policies x86-6.11
printf 'age.lok = read\n' >"$tmp/bad.ini"
says "an unknown knob: file, line, nearest" 2 err \
	"mmulab policies: $tmp/bad.ini:1: there is no knob 'age.lok'; did you mean 'age.lock'?" \
	"$mmulab" policies "$tmp/bad.ini"
[ "$(wc -l <"$tmp/err")" = 1 ]
result $? "and that is one line"
says "an unreadable policy" 3 err "$tmp/none.ini" "$mmulab" policies "$tmp/none.ini"
says "json is json" 0 out '"age.lock": "write"' "$mmulab" policies x86-6.12 --json

# What a name resolves to is itself a policy that resolves to the same.
"$mmulab" policies x86-6.18 | grep '^[a-z]' >"$tmp/once.ini"
"$mmulab" policies "$tmp/once.ini" 2>"$tmp/err" | grep '^[a-z]' >"$tmp/out"
cmp -s "$tmp/once.ini" "$tmp/out" && [ -s "$tmp/out" ]
result $? "the text of a policy is a policy"

# where data is found
says "MMULAB_DATA replaces every other folder" 2 err "looked for x86-6.12.ini in $tmp/policies" \
	env MMULAB_DATA="$tmp" "$mmulab" policies x86-6.12
mkdir -p "$tmp/prefix/bin" "$tmp/prefix/share/mmulab/policies"
cp "$mmulab" "$tmp/prefix/bin/"
printf 'age.lock = lockless\n' >"$tmp/prefix/share/mmulab/policies/x86-6.12.ini"
says "an installed program takes what is installed beside it" 0 out "age.lock = lockless" \
	"$tmp/prefix/bin/mmulab" policies x86-6.12

# output that does not arrive
if [ -w /dev/full ]; then
	"$mmulab" policies >/dev/full 2>"$tmp/err"
	[ $? = 4 ] && grep -q "standard output: cannot write: No space left" "$tmp/err"
	result $? "a full disk behind standard output: status 4"
fi
: >"$tmp/out"
{ "$mmulab" policies 2>"$tmp/err"; echo $? >"$tmp/out"; } | true
[ "$(cat "$tmp/out")" = 0 ] && [ ! -s "$tmp/err" ]
result $? "a reader that has seen enough is no error"
echo "1..$n"
