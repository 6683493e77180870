# SPDX-License-Identifier: GPL-2.0-or-later
# 38: How long invalidations were open: faults on their pages start over until the end
set label 97 '{/:Bold Invalidations: how long they were open}' at screen left,0.96 left
stats $data using 1 name 'X' nooutput
stats $data using 2 name 'Y' nooutput
set xrange [X_min / 1.1 : X_max * 1.1]
set yrange [0 : Y_max * 1.1]
set logscale x
eval time_ticks
set format y '%g %%'
set label 96 "from the start's begin to the end's end" at screen middle,0.072 center noenhanced
set ylabel 'invalidations, eight steps to a decade' noenhanced
set style fill transparent solid 0.18 noborder
plot for [i=0:curves-1] $data index i using 1:2 with fillsteps lc rgb run_colour[(pos[i+1] - 1) % 8 + 1] notitle, \
	for [i=0:curves-1] $data index i using 1:2 with steps lt pos[i+1] notitle
