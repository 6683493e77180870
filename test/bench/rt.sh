#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the two runtimes cost per event, without any engine above them: ns of
# CPU time in virtual time, of wall time on real threads.
#
#	test/bench/rt.sh [vtime] [threads]
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
[ $# -gt 0 ] || set -- vtime threads
for runtime in "$@"; do
	${CC:-cc} -std=gnu11 -O2 -fno-strict-aliasing -fno-omit-frame-pointer -D_GNU_SOURCE -I. -Iengine/rt/"$runtime" \
		-o "$tmp/rt_bench" test/bench/rt_bench.c engine/rt/"$runtime"/*.c base/err.c base/alloc.c \
		-lboost_context -lurcu-memb -lpthread
	"$tmp/rt_bench"
done
