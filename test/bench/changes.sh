#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# False positives and power of the change-point detector, and what it costs.
#
#	BUILD=build test/bench/changes.sh [SERIES OF A KIND]
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mmulab-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
${CC:-cc} -std=gnu11 -O2 -ffp-contract=off -D_GNU_SOURCE -I. -o "$tmp/changes" test/bench/changes.c \
	-Wl,--start-group "$build"/lib/analysis.a "$build"/lib/base.a -Wl,--end-group -linih -lm
"$tmp/changes" "$@"
