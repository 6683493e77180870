#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/deps.sh against a system of our own making: the dpkg-query, id, sudo and
# apt-get it finds are the ones below.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
mkdir "$tmp/bin"

fake() {	# fake NAME SCRIPT
	printf '#!/bin/bash\n%s\n' "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}
# run ARGUMENT...: deps.sh in that system; $rc, $tmp/log and $tmp/called (what apt-get got).
run() {
	: >"$tmp/called"
	rc=0
	CALLED=$tmp/called PATH="$tmp/bin:$PATH" scripts/deps.sh "$@" >"$tmp/log" 2>&1 || rc=$?
}
called() { grep -qF -- "$1" "$tmp/called"; }

every="gcc make binutils pkg-config libc6-dev libtracecmd-dev libtraceevent-dev libtracefs-dev libsqlite3-dev
libzstd-dev zlib1g-dev libxxhash-dev liburcu-dev libinih-dev libjansson-dev libcmocka-dev libboost-context-dev sqlite3 trace-cmd
gnuplot-nox fonts-dejavu-core"
have() {	# have PACKAGE...: what dpkg-query says is installed
	fake dpkg-query "printf '%s installed\n' $*"
}
fake sudo 'exit 1'
fake id 'echo 1000'
fake apt-get 'echo "$*" >>"$CALLED"; exit "${APT_STATUS:-0}"'

# shellcheck disable=SC2086 # words
have $every
run
[ $rc = 0 ] && [ ! -s "$tmp/log" ] && [ ! -s "$tmp/called" ]
result $? "nothing missing: silent, and apt-get is left alone"

# shellcheck disable=SC2086
have ${every/gnuplot-nox/gnuplot-qt}
run
[ $rc = 0 ] && [ ! -s "$tmp/called" ]
result $? "another gnuplot will do"

# shellcheck disable=SC2086
have ${every/libinih-dev/}
run
[ $rc = 4 ] && grep -qx "apt-get install -y --no-install-recommends libinih-dev" "$tmp/log" && [ ! -s "$tmp/called" ]
result $? "no rights: the line to run, status 4, apt-get is left alone"

run no
[ $rc = 0 ] && [ ! -s "$tmp/log" ] && [ ! -s "$tmp/called" ]
result $? "no: does nothing, whatever is missing"

run maybe
[ $rc = 2 ] && grep -q usage: "$tmp/log"
result $? "another word is a mistake"

fake id 'echo 0'
run
[ $rc = 0 ] && called "install -y --no-install-recommends libinih-dev" && grep -q "installing what is missing: libinih-dev" "$tmp/log"
result $? "root: says what it installs, and installs only that"

APT_STATUS=100 run
[ $rc = 4 ] && called update && grep -q "apt-get could not install" "$tmp/log"
result $? "apt-get fails even with new lists: status 4"

fake id 'echo 1000'
fake sudo '[ "$1" = -n ] && shift; exec "$@"'
run
[ $rc = 0 ] && called "install -y --no-install-recommends libinih-dev"
result $? "sudo that asks no password is used"

# shellcheck disable=SC2086
have $every
run lint
[ $rc = 0 ] && called "clang-format clang-tidy cppcheck shellcheck"
result $? "lint: its own tools, only when asked for"

run browser
[ $rc = 0 ] && called "install -y --no-install-recommends chromium"
result $? "browser: a big one, apart from what is needed to build"
# shellcheck disable=SC2086
have $every google-chrome-stable
run browser
[ $rc = 0 ] && [ ! -s "$tmp/called" ]
result $? "another browser will do"
# shellcheck disable=SC2086
have $every

# Not faked: make hands DEPS on, and a user without rights gets the apt line from make check and make demo.
fake sudo 'exit 1'
# shellcheck disable=SC2086
have ${every/libinih-dev/}
for target in check demo; do
	CALLED=$tmp/called PATH="$tmp/bin:$PATH" env -u MAKEFLAGS -u MFLAGS \
		make --no-print-directory DEPS= BUILD="$tmp/build" "$target" >"$tmp/log" 2>&1
	[ $? != 0 ] && grep -qx "apt-get install -y --no-install-recommends libinih-dev" "$tmp/log" &&
		grep -q "Error 4" "$tmp/log" && [ ! -e "$tmp/build" ]
	result $? "make $target without rights stops before it builds"
done
echo "1..$n"
