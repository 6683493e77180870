# SPDX-License-Identifier: GPL-2.0-or-later
# 15: Why faults started over: attempts that ended in RETRY, by what they ran into
set label 97 '{/:Bold Why faults started over}' at screen left,0.96 left
stats $data using 1 name 'RUN' nooutput
stats $data using 4 name 'N' nooutput
set yrange [RUN_max + 0.6:0.4]
set xrange [0:N_max * 1.42]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set format x '%.0f'
set label 96 'attempts that ended in RETRY' at screen middle,0.072 center noenhanced
set border 1
unset ytics
half = RUN_max > 5 ? 0.18 : 0.26
# Not the runs' colours: these are causes; grey for what had to be, colours for what need not.
array part[7] = ['#5f6b76', '#9aa7b4', '#D55E00', '#E69F00', '#56B4E9', '#CC79A7', '#009E73']
set for [i=0:curves-1] arrow 200+i from screen key_x(i),key_y(i) to screen key_x(i) + 0.028,key_y(i) nohead \
	lc rgb part[pos[i+1]] lw 9 dt 1
plot for [i=0:curves-1] $data index i using 3:1:3:4:($1 - half):($1 + half) \
		with boxxyerror lc rgb part[pos[i+1]] lw 0 notitle, \
	for [i=0:curves-1] $data index i using 5:1:(valid(5) ? sprintf('%.0f, %.3g %% of all attempts', $5, $6) : '') \
		with labels left offset 0.6,0 noenhanced notitle, \
	$data index 0 using (0):($1 - half):2 with labels left offset 0,0.7 noenhanced notitle
