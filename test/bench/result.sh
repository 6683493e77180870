#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a result costs: per value, per stored run, per picture.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -I. -o "$tmp/result_bench" test/bench/result_bench.c \
	-Wl,--start-group "$build"/lib/analysis.a "$build"/lib/result.a "$build"/lib/base.a -Wl,--end-group \
	-lsqlite3 -ljansson -lxxhash -linih -lm
"$tmp/result_bench" "$tmp/results.db"
