# SPDX-License-Identifier: GPL-2.0-or-later
# 40: Lock wait of accesses: the share that waited at most so long for mmu_lock; the left end is those that did not wait
set label 97 '{/:Bold Wait for mmu\_lock}' at screen left,0.96 left
stats $data using 1 name 'X' nooutput
set xrange [X_min / 1.1 : X_max * 1.1]
set logscale x
eval time_ticks
# Where nearly nobody waits, only the upper end is of interest.
stats $data using 2 name 'Y' nooutput
low = Y_min > 99 ? 99 : Y_min > 90 ? 90 : 0
set yrange [low:100]
step = (100 - low) / 5.0
set ytics step format '%g %%'
set label 96 'wait for mmu_lock in one access' at screen middle,0.072 center noenhanced
set ylabel 'accesses that waited at most that long' noenhanced
plot for [i=0:curves-1] $data index i using 1:2 with steps lt pos[i+1] notitle
