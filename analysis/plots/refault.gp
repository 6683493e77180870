# SPDX-License-Identifier: GPL-2.0-or-later
# 87: When pages come back: the share that the guest touches again within so long, as the access model reads the recording
set label 97 '{/:Bold When pages come back}' at screen left,0.96 left
set label 99 caption.'; the same under every policy' at screen left,0.025 left noenhanced textcolor rgb '#777777'
stats $data using 1 name 'X' nooutput
stats $data using 2 name 'Y' nooutput
set xrange [X_min / 1.1 : X_max * 1.1]
set yrange [0 : (Y_max > 50 ? 100 : Y_max > 0 ? Y_max * 1.15 : 1)]
set logscale x
eval time_ticks
set format y '%g %%'
set label 96 'recorded time since the page was taken away or made old' at screen middle,0.072 center noenhanced
set ylabel 'touched again by then' noenhanced
plot for [i=0:curves-1] $data index i using 1:2 with steps lt pos[i+1] notitle
