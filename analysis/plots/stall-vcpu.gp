# SPDX-License-Identifier: GPL-2.0-or-later
# 12: What each vCPU lost: its stall, and the part of it spent queued for mmu_lock
set label 97 '{/:Bold Stall of each vCPU}' at screen left,0.96 left
stats $data using 1 name 'NR' nooutput
stats $data using 2 name 'MANY' nooutput
stats $data using 5 name 'NS' nooutput
# The panels carry their names themselves.
set label 99 caption.panels_out
unset for [i=200:200+curves-1] label i
unset for [i=200:200+curves-1] arrow i
d = divisor(NS_max)
last = NR_max + MANY_max
set xrange [-0.5:last - 0.5]
set yrange [0:NS_max / d * 1.1]
step = 2 * even(NS_max / d)
set ytics 0,step * (curves > 4 ? 2 : 1)
set xtics 0,last > 16 ? 2 * even(last) : last > 8 ? 2 : 1
many(n) = n > 1 ? sprintf('vCPU: each bar is the mean of %d of them, the line from the least to the most', n) : 'vCPU'
set label 95 'dark: queued for mmu\_lock' at screen right,0.915 right textcolor rgb '#777777'
top = 0.84
gap = 0.05
high = (top - foot + gap) / curves - gap
fat = MANY_max * 0.42
middle_of(nr, n) = nr + (n - 1) / 2.0
set multiplot
do for [i=0:curves-1] {
	set tmargin at screen top - i * (high + gap)
	set bmargin at screen top - i * (high + gap) - high
	set format x (i == curves - 1 ? '%g' : '')
	if (i == curves - 1) {
		set label 96 many(MANY_max) at screen middle,0.072 center noenhanced
	}
	if (i == 1) {
		unset label 95
		unset label 97
		unset label 98
		unset label 99
	}
	set label 1 label[i+1] at graph 0.004,1 offset 0,0.55 left noenhanced textcolor lt pos[i+1]
	if (i == curves / 2) {
		set label 2 'stall, '.unit(NS_max) at screen 0.02,(top + foot) / 2 center rotate noenhanced
	}
	set style fill solid 0.5 noborder
	plot $data index i using (middle_of($1, $2)):($3 / d):(middle_of($1, $2) - fat):(middle_of($1, $2) + fat):(0):($3 / d) \
			with boxxyerror lc rgb run_colour[(pos[i+1] - 1) % 8 + 1] lw 0 notitle, \
		$data index i using (middle_of($1, $2)):($6 / d):(middle_of($1, $2) - fat):(middle_of($1, $2) + fat):(0):($6 / d) \
			with boxxyerror fs solid 1 noborder lc rgb run_colour[(pos[i+1] - 1) % 8 + 1] lw 0 notitle, \
		$data index i using (middle_of($1, $2)):($2 > 1 ? $4 / d : NaN):(0):(($5 - $4) / d) \
			with vectors nohead lc rgb '#777777' lw 1 notitle
	unset label 2
}
unset multiplot
