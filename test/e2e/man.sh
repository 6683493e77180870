#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The man pages: one for each verb, with every option its -h text names.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

scripts/man.sh "$mmulab" "$tmp/man" >"$tmp/log" 2>&1
result $? "every verb's page can be made"
[ "$(printf '.SH NAME\n' | cat - "$tmp/man/mmulab.1" | grep -c '^\.SH NAME')" = 2 ]
result $? "there is a page about the program"

for verb in $(sed -nE 's/^VERB\((.*)\)$/\1/p' cmd/verbs.def); do
	page=$tmp/man/mmulab-$verb.1
	grep -q "mmulab.-$verb" "$tmp/man/mmulab.1" 2>"$tmp/log"
	result $? "mmulab(1) names $verb"
	sed 's/\\-/-/g' "$page" >"$tmp/plain" 2>"$tmp/log"
	missing=''
	for option in $("$mmulab" "$verb" -h | grep -oE '(^|[ ,[])--?[a-zA-Z][a-z-]*' | grep -oE -- '--?[a-zA-Z][a-z-]*'); do
		grep -qE -- "(^|[^-a-z])$option([^a-z-]|\$)" "$tmp/plain" || missing="$missing $option"
	done
	echo "missing:$missing" >"$tmp/log"
	[ -z "$missing" ] && grep -q '^\.SH SYNOPSIS' "$page"
	result $? "mmulab-$verb(1) names its options"
	if command -v groff >/dev/null; then
		groff -man -Tascii -ww "$page" 2>"$tmp/log" >/dev/null && [ ! -s "$tmp/log" ]
		result $? "mmulab-$verb(1) is good roff"
	fi
done

if [ -e "$tmp/man/mmulab-kvmload.1" ]; then
	: >"$tmp/log"
	! command -v groff >/dev/null || groff -man -Tascii -ww "$tmp/man/mmulab-kvmload.1" >"$tmp/plain" 2>"$tmp/log"
	[ ! -s "$tmp/log" ] && grep -q -- '\\-\\-vcpus' "$tmp/man/mmulab-kvmload.1"
	result $? "mmulab-kvmload(1) names its options, and is good roff"
fi
printf 'VERB(nobody)\n' >"$tmp/log"
mkdir -p "$tmp/tree/cmd" "$tmp/tree/docs/man" "$tmp/tree/scripts"
cp scripts/man.sh "$tmp/tree/scripts/"
cp "$tmp/log" "$tmp/tree/cmd/verbs.def"
! "$tmp/tree/scripts/man.sh" "$mmulab" "$tmp/none" >"$tmp/log" 2>&1 && grep -q "verb nobody has no docs/man/nobody.txt" "$tmp/log"
result $? "a verb without a page is an error"
echo "1..$n"
