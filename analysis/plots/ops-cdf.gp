# SPDX-License-Identifier: GPL-2.0-or-later
# 32: Latency of the operations that took longest in all, beside accesses: the share that took at most so long
set label 97 '{/:Bold Latency of other operations}' at screen left,0.96 left
tail = 0
load plots."common-ops.gp"
