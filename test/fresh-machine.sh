#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Does a fresh Debian 12 with git and make, and nothing else, get through the two
# commands of the README?  Run by hand, as root, with debootstrap installed:
#
#	test/fresh-machine.sh [TARGET...]		default: demo check
#
# Tests what is committed.  DEBOOTSTRAP_MIRROR is where packages come from
# (default http://deb.debian.org/debian), FRESH_ROOT the folder to build the root
# in (kept when it is named, so that a second run only takes a new clone), and
# the host's proxy settings for apt are taken along.
set -eu
cd "$(dirname "$0")/.."
mirror=${DEBOOTSTRAP_MIRROR:-http://deb.debian.org/debian}

targets=("$@")
[ $# -gt 0 ] || targets=(demo check)

# The work is done in mount and process namespaces of its own: whatever happens,
# its mounts and processes end with it, and what is left to remove is a folder.
outside() {
	local root=${FRESH_ROOT:-} child rc=0
	[ "$(id -u)" = 0 ] || { echo "fresh-machine: needs root" >&2; exit 77; }
	command -v debootstrap >/dev/null || { echo "fresh-machine: needs debootstrap" >&2; exit 77; }
	if [ -n "$root" ]; then
		mkdir -p "$root"
	else
		root=$(mktemp -d /var/tmp/mmulab-fresh.XXXXXX)
	fi
	FRESH_INSIDE=$root unshare --mount --propagation private --pid --fork --kill-child "$0" "${targets[@]}" &
	child=$!
	trap 'kill $child' INT TERM
	wait $child || rc=$?
	[ -n "${FRESH_ROOT:-}" ] || rm -rf --one-file-system "$root"
	exit $rc
}
[ -n "${FRESH_INSIDE:-}" ] || outside
root=$FRESH_INSIDE

timed() {	# timed TEXT COMMAND...
	local text=$1 start=$SECONDS rc=0
	shift
	"$@" || rc=$?
	summary+=("$text: $((SECONDS - start)) s$([ $rc = 0 ] || echo ", exit $rc")")
	return $rc
}
summary=()

take_apt_settings() {
	local f
	# The host's own way to the network, if it has one; not its other settings.
	for f in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
		if grep -qsE '^[^#/]*(Acquire::.*(Proxy|Verify|CaInfo|Check-)|Proxy-Auto-Detect)' "$f"; then
			cp "$f" "$root/etc/apt/apt.conf.d/"
		fi
	done
	cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
	cp -rT /usr/local/share/ca-certificates "$root/usr/local/share/ca-certificates" 2>/dev/null || true
	printf 'deb %s bookworm main\n' "$mirror" >"$root/etc/apt/sources.list"
}

if [ ! -e "$root/usr/bin/git" ]; then
	timed "debootstrap" debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$root" "$mirror"
fi
take_apt_settings
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
rm -rf "$root/root/mmulab"
git clone -q --no-hardlinks . "$root/root/mmulab"

failed=0
for target in "${targets[@]}"; do
	timed "make $target" chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		bash -c 'cd /root/mmulab && make "$1"' _ "$target" || failed=1
done
if [ -d "$root/root/mmulab/build/demo" ]; then
	ls -l "$root/root/mmulab/build/demo"
fi
printf 'fresh-machine: %s\n' "${summary[@]}"
exit $failed
