#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed and memory of mmulab replay in virtual time, checks off, on made-up event
# files (mkmix.c says what is in them).
#
#	BUILD=build test/bench/replay.sh [OPERATIONS [PAGES]]
#
# x86 is a host with the TDP MMU, rmap one without it, shadow one that shadows the guest's page tables; mkmix.c says what
# each of their guests does.  An operation is an access, an age, or an invalidation with its end, and of a shadowed guest
# also an INVLPG or a flush.  "command" is all
# of `mmulab replay` with one policy; "replay" is one policy more of the same command,
# since reading the file twice to find its order is paid once, however many policies follow.
# Bytes per page: largest RSS minus that of a replay of 32768 pages, by the pages mapped.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
operations=${1:-4000000}
pages=${2:-16777216}
times=5
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/mkmix" test/bench/mkmix.c \
	"$build"/lib/{event,kvm,base}.a -lzstd -lxxhash -ljansson

# median COLUMN: of what the runs took
median() {
	cut -d ' ' -f "$1" "$tmp/times" | sort -g | sed -n "$(((times + 1) / 2))p"
}

# run FILE POLICY...: sets cpu (seconds) and rss (KiB), each the median of $times runs
run() {
	local file=$1
	shift
	for ((i = 0; i < times; i++)); do
		/usr/bin/time -f '%U %S %M' -o "$tmp/time" "$build/mmulab" replay "$file" "$@" >/dev/null 2>"$tmp/err" ||
			{ cat "$tmp/err" >&2; exit 1; }
		awk '{ print $1 + $2, $3 }' "$tmp/time"
	done >"$tmp/times"
	cpu=$(median 1)
	rss=$(median 2)
}

# The policy of HOST.
policy_of() {
	case $1 in arm64) echo arm64-6.12 ;; *) echo x86-6.12 ;; esac
}

# speed HOST VCPUS PAGES.  Flushes cost their senders the same however many vCPUs there are, or
# a thousand of them would measure retries.
speed() {
	local made one rate host=$1 policy flush=costs.flush_target=$((19200 / $2))
	shift
	policy=$(policy_of "$host")
	made=$("$tmp/mkmix" "$tmp/mix.mmt" "$operations" "$2" "$1" "$host" | awk '{ print $2 }')
	run "$tmp/mix.mmt" --set "$flush" -p "$policy"
	one=$cpu
	run "$tmp/mix.mmt" --set "$flush" -p "$policy" -p "$policy" -p "$policy"
	rate=$(awk "BEGIN { printf \"command %5.2f  replay %5.2f\", $made / $one / 1e6, 2 * $made / ($cpu - $one) / 1e6 }")
	printf 'mix, %6s, %5d vCPUs, %8d pages  %10d operations  M operations/s CPU: %s\n' "$host" "$1" "$2" "$made" "$rate"
	rm -f "$tmp/mix.mmt"
}

# memory HOST PAGES
memory() {
	local least host=$1 policy
	shift
	policy=$(policy_of "$host")
	"$tmp/mkmix" "$tmp/least.mmt" 0 32768 64 "$host" >/dev/null
	run "$tmp/least.mmt" -p "$policy"
	least=$rss
	"$tmp/mkmix" "$tmp/full.mmt" 0 "$1" 64 "$host" >/dev/null
	run "$tmp/full.mmt" -p "$policy"
	printf 'populate, %6s, %d pages  %.1f MiB RSS (%.1f at least)  %.2f bytes per mapped page  %.2f M operations/s CPU\n' "$host" "$1" \
		"$(awk "BEGIN { print $rss / 1024 }")" "$(awk "BEGIN { print $least / 1024 }")" \
		"$(awk "BEGIN { print ($rss - $least) * 1024 / $1 }")" "$(awk "BEGIN { print $1 / $cpu / 1e6 }")"
}

speed x86 64 262144
speed x86 64 16777216
speed x86 1024 1048576
speed rmap 64 262144
speed shadow 64 262144
speed arm64 64 262144
speed arm64 64 16777216
memory x86 "$pages"
memory rmap "$pages"
memory shadow "$pages"
memory arm64 "$pages"
