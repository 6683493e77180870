# SPDX-License-Identifier: GPL-2.0-or-later
# 70: When accesses waited: the longest wait for mmu_lock of each moment of the run, one panel per policy
set label 97 '{/:Bold Longest wait for mmu\_lock over time}' at screen left,0.96 left
axis = 'longest lock wait'
load plots."common-panels.gp"
