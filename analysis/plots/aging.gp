# SPDX-License-Identifier: GPL-2.0-or-later
# 85: What aging took, and what it made others wait, all tasks together
set label 97 '{/:Bold What aging costs, and whom}' at screen left,0.96 left
stats $data using 1 name 'PAIR' nooutput
stats $data using 3 name 'NS' nooutput
d = divisor(NS_max)
set yrange [PAIR_max + 0.6:0.4]
set xrange [0:NS_max / d * 1.15]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set format x '%g'
set label 96 'time, all tasks together, '.unit(NS_max) at screen middle,0.072 center noenhanced
set border 1
unset ytics
# Below the pair's name the bars of its runs share a band.
from = -0.28
high = 0.78 / curves
small = curves > 4 ? ',9' : curves > 3 ? ',11' : ',14'
y(place, i) = place + from + i * high
set for [i=0:curves-1] arrow 200+i lw 9 dt 1
plot for [i=0:curves-1] $data index i using ($3 / d):1:(0):($3 / d):(y($1, i)):(y($1, i) + 0.86 * high) \
		with boxxyerror lt pos[i+1] dt 1 lw 0 notitle, \
	for [i=0:curves-1] $data index i using ($3 / d):(y($1, i) + 0.43 * high):(human($3)) \
		with labels left offset 0.6,0 noenhanced font small notitle, \
	$data index 0 using (0):($1 + from):2 with labels left offset 0,0.6 noenhanced notitle
