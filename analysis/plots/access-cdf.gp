# SPDX-License-Identifier: GPL-2.0-or-later
# 20: Access latency: the share of guest accesses that took at most so long, from exit to entry
set label 97 '{/:Bold Access latency}' at screen left,0.96 left
stats $data using 1 name 'X' nooutput
set xrange [X_min / 1.1 : X_max * 1.1]
set logscale x
eval time_ticks
set yrange [0:100]
set ytics 20 format '%.0f %%'
set label 96 'access latency, from exit to entry' at screen middle,0.072 center noenhanced
set ylabel 'accesses at most that slow' noenhanced
plot for [i=0:curves-1] $data index i using 1:2 with steps lt pos[i+1] notitle
