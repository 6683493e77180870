# SPDX-License-Identifier: GPL-2.0-or-later
# 58: All accesses: how many took how long, over the run's time, one map per policy
set label 97 '{/:Bold How long accesses took, over time}' at screen left,0.96 left
what = 'access latency'
load plots."common-heat.gp"
