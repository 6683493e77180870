#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots stock Debian kernels in emulated machines that can virtualise, records a session in each, and judges the traces.
#
#	capture/rig/rig.sh x86|arm64 CACHE PROGRAMS OUTPUT [KERNEL...]
#
# CACHE:	what fetch.sh made.
# PROGRAMS:	folder with mmulab and mmulab-kvmload for that machine, static.
# OUTPUT:	gets ARCH-KERNEL/NAME.dat, NAME.log, console.log
# KERNEL:	6.12, 6.1 (default: both)
#
# $MMULAB, mmulab of this machine, imports and verifies each trace.  $SESSION: another than
# capture/rig/ARCH.session.  $RIG_APPEND: more of the kernel's command line.  $RIG_CPU: another CPU
# of qemu's.  $RIG_ACCEL: another accelerator of its.  $RIG_SECONDS: how long a machine may run (default 1200).
#
# Status 1 when a recording is missing, has lost events or is of a workload that failed, 4 when this machine cannot.
set -eu
usage() { echo "usage: rig.sh x86|arm64 CACHE PROGRAMS OUTPUT [KERNEL...]" >&2; exit 2; }
[ $# -ge 4 ] || usage
arch=$1 cache=$2 programs=$3 output=$4
shift 4
here=$(dirname "$0")
session=${SESSION:-$here/$arch.session}
mmulab=${MMULAB:-build/mmulab}
case $arch in
x86)	debian=amd64
	qemu=(qemu-system-x86_64 -cpu "${RIG_CPU:-EPYC-v1,+svm,+npt,+nrip-save,+pdpe1gb}" -smp 2 -m 3G)
	console='console=ttyS0 mitigations=off tsc=reliable' ;;
arm64)	debian=arm64
	qemu=(qemu-system-aarch64 -M "virt,virtualization=on,gic-version=3" -cpu "${RIG_CPU:-max,pauth-impdef=on}" -smp 4 -m 3G)
	console='console=ttyAMA0' ;;
*)	usage ;;
esac
[ $# -gt 0 ] || set -- 6.12 6.1
for needed in "${qemu[0]}" cpio xz; do
	command -v "$needed" >/dev/null || { echo "rig.sh: there is no $needed; see docs/rig.md for the packages" >&2; exit 4; }
done
[ -r "$session" ] || { echo "rig.sh: $session: cannot be read" >&2; exit 3; }
"$here/fetch.sh" "$debian" "$cache"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$session" "$tmp/session"

boot() {	# boot KERNEL FOLDER
	local kernel=$cache/$debian/k$1 to=$2
	"$here/initramfs.sh" "$kernel" "$cache/$debian/root/bin/busybox" "$tmp/initramfs" \
		"$programs/mmulab" "$programs/mmulab-kvmload" "$tmp/session"
	truncate -s 2G "$tmp/disk"
	truncate -s 1G "$tmp/swap"
	timeout "${RIG_SECONDS:-1200}" "${qemu[@]}" -accel "${RIG_ACCEL:-tcg,thread=multi,tb-size=512}" -nographic -no-reboot -nic none \
		-kernel "$kernel"/boot/vmlinuz-* -initrd "$tmp/initramfs" \
		-append "$console quiet panic=-1 print-fatal-signals=1 nokaslr transparent_hugepage=always ${RIG_APPEND:-}" \
		-drive "file=$tmp/disk,if=none,id=out,format=raw,cache=unsafe" -device virtio-blk-pci,drive=out,serial=out \
		-drive "file=$tmp/swap,if=none,id=swap,format=raw,cache=unsafe" -device virtio-blk-pci,drive=swap,serial=swap \
		</dev/null >"$to/console.log" 2>&1 ||
		echo "rig.sh: $arch $1: the machine did not end well; see $to/console.log" >&2
	{ tar xf "$tmp/disk" -C "$to" && [ -e "$to/dmesg" ]; } || echo "rig.sh: $arch $1: nothing came out; see $to/console.log" >&2
	rm -f "$tmp/disk" "$tmp/swap"
}

number() { sed -nE "s/^ *\"$2\": *([0-9.]+),?\$/\1/p" "$1" | head -n 1; }

judge() {	# judge FOLDER NAME: a line of the table; status 1 when it is not there or has losses
	local dat=$1/$2.dat mmt=$1/$2.mmt events lost=0
	[ -s "$dat" ] || { printf '%-16s not recorded: %s\n' "$2" "$(tail -n 1 "$1/$2.log" 2>/dev/null)"; return 1; }
	"$mmulab" import "$dat" -o "$mmt" >"$tmp/import" 2>&1 || { printf '%-16s %s\n' "$2" "$(tail -n 1 "$tmp/import")"; return 1; }
	"$mmulab" info --json "$dat" >"$tmp/info"
	"$mmulab" verify --json "$mmt" >"$tmp/verify" 2>"$tmp/err" || true
	events=$(number "$tmp/info" events) lost=$(number "$tmp/info" lost)
	awk -v name="$2" -v events="$events" -v lost="$lost" -v n="$(number "$tmp/verify" operations)" \
		-v exact="$(number "$tmp/verify" exact_ratio)" 'BEGIN {
		printf "%-16s %8d events, %d lost, %7d operations, %8.4f %% exact\n", name, events, lost, n, 100 * exact }'
	! grep '^mmulab capture: the command' "$1/$2.log" && [ "$lost" = 0 ]
}

status=0
for kernel; do
	to=$output/$arch-$kernel
	rm -rf "$to"
	mkdir -p "$to"
	boot "$kernel" "$to"
	echo "$arch $kernel: $(grep -aoE 'RIG: (up|done).*' "$to/console.log" | tr -d '\r' | sed 's/RIG: //' | tr '\n' ' ')"
	while read -r name _; do
		case $name in
		'' | '#'* | = | !) ;;
		*) judge "$to" "$name" || status=1 ;;
		esac
	done <"$session"
done
exit $status
