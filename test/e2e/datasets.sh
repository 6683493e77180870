#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the engine makes of the traces in datasets/, held against datasets/baseline.ini.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

BUILD=${BUILD:-build} scripts/gate.sh >"$tmp/out" 2>"$tmp/err"
result $? "datasets/ are replayed as datasets/rules.ini allow"
echo "1..$n"
