# SPDX-License-Identifier: GPL-2.0-or-later
# 34: The slow end of that: how many of these operations took at least so long
set label 97 '{/:Bold Latency of other operations, the slow end}' at screen left,0.96 left
tail = 1
load plots."common-ops.gp"
