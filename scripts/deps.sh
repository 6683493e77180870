#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs the Debian packages that building, the demo and the tests need; says
# which, and installs only those that are missing.  Silent when none is.
#
#	scripts/deps.sh [no | lint | bench | browser]
#
# no: does nothing.  lint, bench: what `make lint`, `make bench` need besides; browser: what `make check` looks at
# pages with, and does without where it cannot be had.  Exit status 4, and the apt
# line to run, where it lacks the rights.
set -eu

# "a|b" is satisfied by any of them; the first is what gets installed.
build=(gcc make binutils "pkg-config|pkgconf" libc6-dev libtracecmd-dev libtraceevent-dev libtracefs-dev
	libsqlite3-dev libzstd-dev zlib1g-dev libxxhash-dev liburcu-dev libinih-dev libjansson-dev libcmocka-dev
	"libboost-context-dev|libboost-context1.74-dev" sqlite3 trace-cmd
	"gnuplot-nox|gnuplot-qt|gnuplot-x11" "fonts-dejavu-core|fonts-liberation")
lint=(clang-format clang-tidy cppcheck shellcheck)
bench=(time)
browser=("chromium|chromium-browser|google-chrome-stable")
pkgconfig=(libtracecmd libtraceevent libtracefs sqlite3 libzstd zlib libxxhash liburcu-memb inih jansson cmocka)
commands=(gcc make ld objcopy pkg-config sqlite3 gnuplot)

case ${1:-} in
no)	exit 0 ;;
lint)	wanted=("${lint[@]}") pkgconfig=() commands=("${lint[@]}") ;;
bench)	wanted=("${bench[@]}") pkgconfig=() commands=("${bench[@]}") ;;
browser) wanted=("${browser[@]}") pkgconfig=() commands=(chromium) ;;
'')	wanted=("${build[@]}") ;;
*)	echo "usage: scripts/deps.sh [no | lint | bench | browser]" >&2; exit 2 ;;
esac

say() { echo "deps: $*" >&2; }

# Not a Debian: nobody here knows the package names, so look at what they hold.
other_system() {
	local absent='' c p
	for c in "${commands[@]}"; do
		command -v "$c" >/dev/null || absent="$absent $c"
	done
	for p in "${pkgconfig[@]}"; do
		pkg-config --exists "$p" 2>/dev/null || absent="$absent $p"
	done
	[ -n "$absent" ] || return 0
	say "this is no Debian; it lacks:$absent"
	say "on Debian 12 these packages hold what is needed: ${wanted[*]%%|*}"
	return 4
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	other_system
	exit
fi

installed=" $(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
	sed -n 's/ installed$//p' | tr '\n' ' ') "
missing=()
for alternatives in "${wanted[@]}"; do
	found=no
	IFS='|' read -ra any <<<"$alternatives"
	for p in "${any[@]}"; do
		case $installed in *" $p "*) found=yes ;; esac
	done
	[ $found = yes ] || missing+=("${any[0]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

apt=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" = 0 ]; then
	as_root=(env DEBIAN_FRONTEND=noninteractive)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
	say "these packages are missing and installing them needs root; run:"
	echo "${apt[*]}" >&2
	exit 4
fi

say "installing what is missing: ${missing[*]}"
# Lists that are absent or older than a day name versions that may be gone.  The
# lists keep the mirror's times; the folder of partial downloads has apt's own.
lists=/var/lib/apt/lists
fresh=''
if compgen -G "$lists/*_Packages*" >/dev/null; then
	fresh=$(find "$lists/partial" -maxdepth 0 -mtime -1 2>/dev/null || true)
fi
update() { "${as_root[@]}" apt-get -q update || say "apt-get update failed; trying with the lists there are"; }
install() { "${as_root[@]}" "${apt[@]}"; }

[ -n "$fresh" ] || update
install && exit 0
if [ -n "$fresh" ]; then
	update
	install && exit 0
fi
say "apt-get could not install them; see its messages above, or set DEPS=no and install by hand: ${apt[*]}"
exit 4
