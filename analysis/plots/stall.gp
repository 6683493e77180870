# SPDX-License-Identifier: GPL-2.0-or-later
# 10: What the guest lost: time per vCPU that the MMU took, and what it went into
set label 97 '{/:Bold Stall per vCPU}' at screen left,0.96 left
stats $data using 1 name 'RUN' nooutput
stats $data using 4 name 'NS' nooutput
d = divisor(NS_max)
set yrange [RUN_max + 0.6:0.4]
set xrange [0:NS_max / d * 1.36]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set format x '%g'
set label 96 'stall, '.unit(NS_max) at screen middle,0.072 center noenhanced
set border 1
unset ytics
half = RUN_max > 5 ? 0.18 : 0.26
# Not the runs' colours: these are parts.
array part[7] = ['#9aa7b4', '#D55E00', '#E69F00', '#E8D21D', '#CC79A7', '#000000', '#d0d0d0']
set for [i=0:curves-1] arrow 200+i from screen key_x(i),key_y(i) to screen key_x(i) + 0.028,key_y(i) nohead \
	lc rgb part[pos[i+1]] lw 9 dt 1
plot for [i=0:curves-1] $data index i using ($3 / d):1:($3 / d):($4 / d):($1 - half):($1 + half) \
		with boxxyerror lc rgb part[pos[i+1]] lw 0 notitle, \
	for [i=0:curves-1] $data index i using ($5 / d):1:(valid(5) ? human($5).sprintf(', %.3g %% of the run', $6) : '') \
		with labels left offset 0.6,0 noenhanced notitle, \
	$data index 0 using (0):($1 - half):2 with labels left offset 0,0.7 noenhanced notitle
