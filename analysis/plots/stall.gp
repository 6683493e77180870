# SPDX-License-Identifier: GPL-2.0-or-later
# 10: What the guest lost: time per vCPU that the MMU took, and what it went into
set label 97 'Stall per vCPU' at screen left,0.96 left font ':Bold'
stats $data using 1 name 'RUN' nooutput
stats $data using 4 name 'NS' nooutput
d = divisor(NS_max)
set yrange [RUN_max + 0.6:0.4]
set xrange [0:NS_max / d * 1.3]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#bbbbbb'
set format x '%g'
set xlabel 'stall, '.unit(NS_max)
set border 1
unset ytics
half = 0.26
# Not the runs' colours: these are parts.
array part[7] = ['#9aa7b4', '#D55E00', '#E69F00', '#E8D21D', '#CC79A7', '#000000', '#d0d0d0']
plot for [i=0:curves-1] $data index i using ($3 / d):1:($3 / d):($4 / d):($1 - half):($1 + half) \
		with boxxyerror lc rgb part[pos[i+1]] lw 0 title columnheader(1), \
	for [i=0:curves-1] $data index i using ($5 / d):1:(valid(5) ? '  '.human($5).sprintf(', %.3g %% of the run', $6) : '') \
		with labels left noenhanced notitle, \
	$data index 0 using (0):($1 - half):2 with labels left offset 0,0.7 noenhanced notitle
