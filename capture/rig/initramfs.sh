#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the first and only file system of an emulated machine: a shell, modules, init, and what it runs.
#
#	capture/rig/initramfs.sh KERNEL-FOLDER BUSYBOX OUTPUT FILE...
#
# FILE...: programs, which must be static, and the session; they go to /lab.
set -eu
[ $# -gt 3 ] || { echo "usage: initramfs.sh KERNEL-FOLDER BUSYBOX OUTPUT FILE..." >&2; exit 2; }
kernel=$1 busybox=$2 output=$3
shift 3
here=$(dirname "$0")
# In the order they need each other; what a kernel has built in has no file.
modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk irqbypass ccp kvm kvm-amd)

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,lab/profiles,modules,out,proc,sys,tmp}
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 "$here/init" "$root/init"
cp "$here"/../profiles/* "$root/lab/profiles/"
cp "$@" "$root/lab/"
for module in "${modules[@]}"; do
	file=$(find "$kernel/lib/modules" -name "$module.ko*" -print -quit)
	case $file in
	*.xz)	xz -dc "$file" >"$root/modules/$module.ko" ;;
	*.ko)	cp "$file" "$root/modules/" ;;
	'')	continue ;;
	*)	echo "initramfs.sh: $file: packed in a way that is not known here" >&2; exit 3 ;;
	esac
	echo "$module" >>"$root/modules/order"
done
(cd "$root" && find . -print0 | cpio --null -o -H newc --quiet --owner 0:0) | gzip -1 >"$output"
