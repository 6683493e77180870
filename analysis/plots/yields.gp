# SPDX-License-Identifier: GPL-2.0-or-later
# 75: How long each operation goes without a point at which it could yield, and how often it yielded
set label 97 '{/:Bold Longest without a point to yield, and yields}' at screen left,0.96 left
stats $data using 1 name 'OP' nooutput
stats $data using 3 name 'NS' nooutput
d = divisor(NS_max)
set yrange [OP_max + 0.55:0.4]
set xrange [0:NS_max / d * 1.25]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set format x '%g'
set label 96 'longest time in the MMU without a point to yield, '.unit(NS_max) at screen middle,0.072 center noenhanced
set border 1
unset ytics
# Below the operation's name the bars of its runs share a band.
from = curves > 3 ? -0.2 : -0.12
high = (curves > 3 ? 0.68 : 0.56) / curves
small = curves > 4 ? ',9' : curves > 3 ? ',11' : ',14'
y(place, i) = place + from + i * high
times(n) = n > 0 ? sprintf(', %.0f yield%s', n, n > 1 ? 's' : '') : ''
set for [i=0:curves-1] arrow 200+i lw 9 dt 1
plot for [i=0:curves-1] $data index i using ($3 / d):1:(0):($3 / d):(y($1, i)):(y($1, i) + 0.86 * high) \
		with boxxyerror lt pos[i+1] dt 1 lw 0 notitle, \
	for [i=0:curves-1] $data index i using ($3 / d):(y($1, i) + 0.43 * high):($3 > 0 ? human($3).times($4) : '') \
		with labels left offset 0.6,0 noenhanced font small notitle, \
	$data index 0 using (0):($1 + from):2 with labels left offset 0,0.6 noenhanced notitle
