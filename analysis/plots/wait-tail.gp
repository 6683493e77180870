# SPDX-License-Identifier: GPL-2.0-or-later
# 50: The slow end of it: how many accesses waited at least so long for mmu_lock
set label 97 '{/:Bold Wait for mmu\_lock, the slow end}' at screen left,0.96 left
stats $data using 1 name 'X' nooutput
set xrange [X_min / 1.1 : X_max * 1.1]
set logscale xy
eval time_ticks
stats $data using 2 name 'Y' nooutput
set yrange [Y_min / 1.5 : 1]
set ytics () logscale
set for [i=0:7] ytics add (word(shares, i + 1) 10.0**(i-7))
set label 96 'wait for mmu_lock in one access' at screen middle,0.072 center noenhanced
set ylabel 'accesses that waited at least that long' noenhanced
plot for [i=0:curves-1] $data index i using 1:2 with fsteps lt pos[i+1] notitle
