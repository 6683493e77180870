#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rig's parts, and its workload where this host has a KVM.  Machines are booted by `make rig-x86` and
# `make rig-arm64` (docs/rig.md): they take minutes, and packages from Debian's mirrors.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

kvmload=$(dirname "$mmulab")/mmulab-kvmload
[ -x "$kvmload" ] || { echo "1..0 # SKIP mmulab-kvmload is for x86 and arm64: this machine is $(uname -m)"; exit 77; }
rig=capture/rig
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# --- the workload --------------------------------------------------------------------------------------
scenarios=$(sed -nE 's/^SCENARIO\([a-z_]+, "([a-z-]+)".*/\1/p' $rig/load/scenarios.def)
"$kvmload" -h >"$tmp/out" 2>"$tmp/err"
missing=''
for scenario in $scenarios; do
	grep -qE "^  $scenario " "$tmp/out" || missing="$missing $scenario"
done
[ -n "$scenarios" ] && [ -z "$missing" ]
result $? "mmulab-kvmload -h names every scenario$missing"
says "no scenario" 2 err "one SCENARIO is wanted" "$kvmload"
says "one that is none" 2 err "earthquake: is no scenario" "$kvmload" earthquake
says "too many vCPUs" 2 err "--vcpus 9: must be a number from 1 to 8" "$kvmload" -v 9 populate
says "words for numbers" 2 err "--memory much: must be a number" "$kvmload" --memory much populate
says "no time at all" 2 err "--duration 0" "$kvmload" -d 0 populate
says "a marker that cannot be written" 4 err "/no/such/marker" "$kvmload" -k /no/such/marker populate
says "page tables for nobody" 2 err "--user" "$kvmload" --user churn

live='no /dev/kvm that may be used here'
if [ -w /dev/kvm ] && "$kvmload" -m 1 -s 1 -t 0 -d 0.01 mmio >/dev/null 2>&1; then
	live=''
fi
for scenario in $scenarios; do
	text="$scenario runs on this host's KVM"
	if [ -n "$live" ]; then
		skip "$text" "$live"
		continue
	fi
	: >"$tmp/marks"
	"$kvmload" -m 4 -d 0.1 -r 1 -k "$tmp/marks" "$scenario" >"$tmp/out" 2>"$tmp/err" && grep -q "^$scenario: .* touches" "$tmp/out" &&
		grep -aq "kvmload: phase" "$tmp/marks" && grep -aq "kvmload: memslot slot 1 gpa 40000000 size" "$tmp/marks"
	result $? "$text"
done
for options in '--clear dirty-log' '--ring 512 dirty-log' '--shadow-pages 64 churn' '--user populate' '-t 0 -s 1 -v 1 coalesce'; do
	if [ -n "$live" ]; then
		skip "$options" "$live"
		continue
	fi
	# shellcheck disable=SC2086 # words
	"$kvmload" -m 4 -d 0.1 -r 1 $options >"$tmp/out" 2>"$tmp/err" || grep -qE ': (Invalid argument|Operation not)' "$tmp/err"
	result $? "$options: runs, or says that this KVM does not have it"
done
if [ -n "$live" ] || ! "$mmulab" capture -o "$tmp/T.dat" -- "$kvmload" -m 4 -d 0.1 notifier >"$tmp/out" 2>"$tmp/err"; then
	skip "a capture of it" "${live:-$(tail -n 1 "$tmp/err")}"
else
	trace-cmd report "$tmp/T.dat" 2>/dev/null | grep -q 'kvmload: phase notifier'
	result $? "a capture of it has its phases"
fi

# --- the sessions ---------------------------------------------------------------------------------------
for session in $rig/*.session; do
	bad=''
	while read -r name profile rest; do
		case $name in
		'' | '#'* | = | !) continue ;;
		esac
		[ -r "capture/profiles/$profile.events" ] || bad="$bad $name:profile"
		grep -qxF -- "${rest##* }" <<<"$scenarios" || bad="$bad $name:scenario"
	done <"$session"
	twice=$(grep -oE '^[a-z][a-z0-9-]* ' "$session" | sort | uniq -d)
	echo "$bad $twice" >"$tmp/log"
	[ -z "$bad$twice" ]
	result $? "$session names what there is, once"
done

# --- the scripts ------------------------------------------------------------------------------------------
says "rig.sh: usage" 2 err "usage: rig.sh" $rig/rig.sh
says "rig.sh: no such machine" 2 err "usage: rig.sh" $rig/rig.sh sparc "$tmp" "$tmp" "$tmp"
says "fetch.sh: usage" 2 err "usage: fetch.sh" $rig/fetch.sh
says "fetch.sh: no such architecture" 2 err "usage: fetch.sh" $rig/fetch.sh sparc "$tmp/cache"
mkdir -p "$tmp/cache/amd64"
touch "$tmp/cache/amd64/complete"
$rig/fetch.sh amd64 "$tmp/cache" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]
result $? "fetch.sh: what is there is not fetched again"
says "initramfs.sh: usage" 2 err "usage: initramfs.sh" $rig/initramfs.sh
if command -v cpio >/dev/null && command -v xz >/dev/null; then
	modules=$tmp/kernel/lib/modules/6.12/kernel
	mkdir -p "$modules"
	echo ring | xz >"$modules/virtio_ring.ko.xz"
	echo kvm >"$modules/kvm.ko"
	echo shell >"$tmp/busybox"
	echo load >"$tmp/load"
	$rig/initramfs.sh "$tmp/kernel" "$tmp/busybox" "$tmp/initramfs" "$tmp/load" >"$tmp/log" 2>&1 &&
		(mkdir "$tmp/root" && cd "$tmp/root" && zcat "$tmp/initramfs" | cpio -id --quiet) 2>>"$tmp/log" &&
		[ "$(tr '\n' ' ' <"$tmp/root/modules/order")" = "virtio_ring kvm " ] && grep -qx ring "$tmp/root/modules/virtio_ring.ko" &&
		[ -x "$tmp/root/init" ] && [ -e "$tmp/root/lab/load" ] && cmp -s capture/profiles/full.events "$tmp/root/lab/profiles/full.events"
	result $? "an initramfs has init, programs, profiles, and modules in their order"
	: >"$modules/ccp.ko.zst"
	says "a module packed in another way is refused" 3 err "ccp.ko.zst" $rig/initramfs.sh "$tmp/kernel" "$tmp/busybox" "$tmp/initramfs" "$tmp/load"
else
	skip "an initramfs" "no cpio, or no xz"
fi
bash -n $rig/rig.sh && bash -n $rig/fetch.sh && bash -n $rig/initramfs.sh && sh -n $rig/init
result $? "the scripts can be read"
echo "1..$n"
