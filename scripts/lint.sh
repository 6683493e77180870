#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Style and static analysis over what git tracks:
#
#	scripts/lint.sh [format] [tidy] [cppcheck] [shell] [text]
#
# all of them without an argument.
set -eu
cd "$(dirname "$0")/.."
"${LINT_DEPS:-scripts/deps.sh}" "$([ "${DEPS:-}" = no ] && echo no || echo lint)"

jobs=$(nproc)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mapfile -t sources < <(git ls-files '*.c')
mapfile -t code < <(git ls-files '*.c' '*.h')
mapfile -t shells < <(git ls-files '*.sh' .ci/run)
pkgs=(libtracecmd libtraceevent sqlite3 libzstd zlib libxxhash liburcu-memb inih jansson)

# The words of a C file, with function braces marked.  Columns are set by hand
# in this tree, and lines broken where they read well: clang-format has the say
# about the rest.  (It takes '&', '*' and '-' for the other kind now and then, and
# pads braces inside macros differently.)
words() {
	sed -E 's/^[[:blank:]]*\{$/\n@OWN {\n/
		s/^([a-z].*\)) \{ (.*)\}$/\1\n@OWN {\n\2}/
		s/\\$//' |
		tr -s '[:space:]' ' ' | sed -E 's/ *([&*-]) */\1/g; s/; ;/;;/g; s/([{(]) +/\1/g; s/ +([})])/\1/g' | tr ' ' '\n'
}
export -f words

format_one() {
	local diff
	diff=$(diff -U3 <(words <"$1") <(clang-format --style=file "$1" | words) | tail -n +4)
	[ -z "$diff" ] && return 0
	printf '%s: clang-format would change it (- is, + wants): %s\n' "$1" \
		"$(printf '%s' "$diff" | grep -v '^@@' | tr '\n' ' ' | cut -c1-300)" >&2
	return 1
}
export -f format_one

lint_format() {
	local bad=0
	# shellcheck disable=SC2016 # the inner shell expands it
	printf '%s\0' "${code[@]}" | xargs -0 -n1 -P"$jobs" bash -c 'format_one "$1"' _ || bad=1
	if grep -nP '^\t* {8}|[ \t]+$' "${code[@]}" >&2; then
		echo "format: indent with tabs of 8 (above); no blanks at the end of a line" >&2
		bad=1
	fi
	# expand(1) counts a tab as the columns it takes.  A line with a text in it may be longer, and so may a test's row.
	for f in "${code[@]}"; do
		expand -t 8 "$f" | awk -v f="$f" 'length($0) > (/"/ ? 180 : f ~ /^test/ ? 140 : 120) {
			print f ":" FNR ": line of " length($0) " columns is too long"; bad = 1 }
			END { exit bad }' >&2 || bad=1
	done
	return $bad
}

# The include path a file is compiled with: engine code once per runtime.
runtime_of() {
	case $1 in
	*/threads/*) echo -Iengine/rt/threads ;;
	engine/*|replay/drive/*|test/*) echo -Iengine/rt/vtime ;;
	*) echo -I. ;;
	esac
}
export -f runtime_of

tidy_one() {
	local out flags=$FLAGS include=(-include scripts/analyzer.h) checks=()
	case $1 in
	base/err.c) include=() ;;
	test/*) checks=(--checks=-clang-analyzer-*) ;;	# it does not know that cmocka's assertions jump
	esac
	case $1 in
	*/load/*_arm64.c)
		[ -d /usr/aarch64-linux-gnu/include ] || return 0
		flags="-std=gnu11 -D_GNU_SOURCE -I."	# the libraries' folders lead to this machine's headers
		include+=(--target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include) ;;
	esac
	case $1 in
	engine/*|test/unit/mutants/*) include+=(-DMUTANTS) ;;	# else what only a deliberate defect reads is dead
	esac
	# shellcheck disable=SC2086 # several flags
	out=$(clang-tidy --quiet "${checks[@]}" "$1" -- $flags "${include[@]}" "$(runtime_of "$1")" 2>/dev/null) && return 0
	printf '%s\n' "$out" >&2
	return 1
}
export -f tidy_one

lint_tidy() {
	make -s BUILD="$tmp" "$tmp/gen/schema.sql.h" "$tmp/gen/schema_3.sql.h"
	FLAGS="-std=gnu11 -D_GNU_SOURCE -I. -I$tmp/gen $(pkg-config --cflags "${pkgs[@]}")"
	export FLAGS
	# shellcheck disable=SC2016 # the inner shell expands it
	printf '%s\0' "${sources[@]}" | xargs -0 -n1 -P"$jobs" bash -c 'tidy_one "$1"' _
}

lint_cppcheck() {
	local product
	mapfile -t product < <(git ls-files '*.c' ':!test/')	# as with tidy: it knows no cmocka
	cppcheck --quiet --std=c11 --language=c --error-exitcode=1 -j "$jobs" -D_GNU_SOURCE -I. -Iengine/rt/vtime \
		--enable=warning,portability,performance --inline-suppr \
		--suppressions-list=scripts/cppcheck.txt "${product[@]}"
}

lint_shell() {
	shellcheck -x -S warning "${shells[@]}"
}

# Every file says its licence first, pages are no wider than code, and nothing names the machine it was written on.
lint_text() {
	local bad=0 f
	while read -r f; do
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' && continue
		echo "$f: no SPDX line in its first two lines" >&2
		bad=1
	done < <(git ls-files '*.c' '*.h' '*.def' '*.sh' '*.ini' '*.sql' '*.gp' '*.js' '*.css' '*.html' Makefile .ci/run)
	while read -r f; do
		LC_ALL=C.UTF-8 grep -nHE '.{121}|	' "$f" >&2 || continue
		echo "$f: more than 120 columns, or a tab (above)" >&2
		bad=1
	done < <(git ls-files '*.js' '*.css' '*.html')
	return $bad
}

failed=()
steps=("$@")
[ $# -gt 0 ] || steps=(format tidy cppcheck shell text)
for step in "${steps[@]}"; do
	printf 'lint: %s\n' "$step"
	"lint_$step" || failed+=("$step")
done
[ ${#failed[@]} -eq 0 ] || { echo "lint: failed: ${failed[*]}" >&2; exit 1; }
echo "lint: clean"
