#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetches what the rig boots, once: stock Debian kernels, a shell, and for arm64 the libraries to link with.
#
#	capture/rig/fetch.sh amd64|arm64 FOLDER
#
# apt does it, with lists, sources and keys of its own below FOLDER, and so verifies what it fetches;
# the system's own packages are not touched.  Then FOLDER/ARCH has
#	k6.1/ k6.12/	the newest Debian 12 kernel packages, unpacked
#	root/		busybox-static, and arm64's -dev packages
# Remove FOLDER/ARCH to have newer ones.  MIRROR=http://deb.debian.org: where from.
set -eu
arch=${1:-} folder=${2:-}
case $arch in
amd64)	packages=(busybox-static) ;;
arm64)	packages=(busybox-static libtracefs-dev libtraceevent-dev libsqlite3-dev libzstd-dev zlib1g-dev libxxhash-dev
		liburcu-dev libinih-dev libjansson-dev libboost-context1.74-dev) ;;
*)	folder='' ;;
esac
[ -n "$folder" ] || { echo "usage: fetch.sh amd64|arm64 FOLDER" >&2; exit 2; }
[ ! -e "$folder/$arch/complete" ] || exit 0

keys=/usr/share/keyrings/debian-archive-keyring.gpg
for needed in apt-get apt-cache dpkg-deb; do
	command -v $needed >/dev/null || { echo "fetch.sh: there is no $needed; the rig is made of Debian packages" >&2; exit 4; }
done
[ -r $keys ] || { echo "fetch.sh: there is no $keys; install debian-archive-keyring" >&2; exit 4; }

mkdir -p "$folder/$arch/lists/partial" "$folder/debs"
folder=$(realpath "$folder")
to=$folder/$arch mirror=${MIRROR:-http://deb.debian.org}
cat >"$to/sources.list" <<END
deb [signed-by=$keys] $mirror/debian bookworm main
deb [signed-by=$keys] $mirror/debian bookworm-updates main
deb [signed-by=$keys] $mirror/debian-security bookworm-security main
END
: >"$to/status"
apt=(-qq -oAPT::Architecture="$arch" -oAPT::Architectures="$arch" -oAPT::Sandbox::User= -oAcquire::Languages=none
	-oDir::Etc::SourceList="$to/sources.list" -oDir::Etc::SourceParts=/dev/null -oDir::State="$to"
	-oDir::State::Lists="$to/lists" -oDir::State::status="$to/status" -oDir::Cache="$to")

newest() {	# newest REGEX: of the packages that are called so
	apt-cache "${apt[@]}" search --names-only "^$1\$" | cut -d' ' -f1 | sort -V | tail -n 1 | grep . ||
		{ echo "fetch.sh: $mirror has no package $1" >&2; exit 4; }
}

echo "fetch.sh: $arch packages from $mirror into $folder" >&2
apt-get "${apt[@]}" update || { echo "fetch.sh: $mirror cannot be reached, or is not what Debian signed" >&2; exit 4; }
old=$(newest "linux-image-6\.1\.0-[0-9]+-$arch")
new=$(newest "linux-image-6\.12\.[0-9]+\+deb12-$arch")
(cd "$folder/debs" && apt-get "${apt[@]}" download "$old" "$new" "${packages[@]}") ||
	{ echo "fetch.sh: $mirror did not give all of $old $new ${packages[*]}" >&2; exit 4; }

unpack() {	# unpack PACKAGE FOLDER
	local deb
	deb=$(find "$folder/debs" -name "${1}_*_$arch.deb" | sort -V | tail -n 1)
	mkdir -p "$to/$2"
	dpkg-deb -x "$deb" "$to/$2"
}
rm -rf "$to/k6.1" "$to/k6.12" "$to/root"
unpack "$old" k6.1
unpack "$new" k6.12
for package in "${packages[@]}"; do
	unpack "$package" root
done
# The libraries' other name is for running, which happens without any: everything is linked statically.
find "$to/root" -name '*.so' -delete
echo "$old $new ${packages[*]}" >"$to/complete"
