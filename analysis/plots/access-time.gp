# SPDX-License-Identifier: GPL-2.0-or-later
# 60: When it happened: the slowest access of each moment of the run, one panel per policy
set label 97 '{/:Bold Slowest access over time}' at screen left,0.96 left
axis = 'slowest access'
load plots."common-panels.gp"
