# SPDX-License-Identifier: GPL-2.0-or-later
# 59: All invalidations: how many took how long, over the run's time, one map per policy
set label 97 '{/:Bold How long invalidations took, over time}' at screen left,0.96 left
what = 'from begin to return'
load plots."common-heat.gp"
