#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a result costs: per value, per stored run, per picture, and that pictures of a run of 10 M operations cost
# no more than those of 1 000 (mkmix.c says of what; 64 vCPUs, two policies).
#
#	BUILD=build test/bench/result.sh [OPERATIONS]
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/result_bench" test/bench/result_bench.c \
	-Wl,--start-group "$build"/lib/analysis.a "$build"/lib/result.a "$build"/lib/base.a -Wl,--end-group \
	-lsqlite3 -ljansson -lxxhash -linih -lm
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/mkmix" test/bench/mkmix.c \
	"$build"/lib/{event,kvm,base}.a -lzstd -lxxhash -ljansson
for operations in 1000 "${1:-10000000}"; do
	"$tmp/mkmix" "$tmp/$operations.mmt" "$operations" 262144 64 x86 >/dev/null
	"$build/mmulab" replay "$tmp/$operations.mmt" --set costs.flush_target=300 -p x86-6.12 -p fault-write \
		--db "$tmp/$operations.db" >/dev/null 2>&1
	rm "$tmp/$operations.mmt"
done
"$tmp/result_bench" "$tmp/results.db" "$tmp/1000.db" "$tmp/${1:-10000000}.db"
