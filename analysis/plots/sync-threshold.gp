# SPDX-License-Identifier: GPL-2.0-or-later
# 90: What it takes to sync a shadow page before it is linked, by when the sync may yield: its longest hold, the slowest access, lock wait, retries
set label 97 '{/:Bold Syncing before linking, by when it may yield or give up}' at screen left,0.96 left
set label 99 caption at screen left,0.025 left noenhanced textcolor rgb '#777777'
set label 96 'sync.min\_unsync\_to\_yield: think of it only while more entries of the page than this lead to unsync pages' \
	at screen middle,0.072 center
array what[4] = ['longest time in a sync without a point to yield', 'slowest access of a vCPU', 'queued for mmu\_lock, mean per vCPU', \
	'fault attempts that a sync made start over']
# off and 0 have places of their own, left of 1.
at(n) = n < 0 ? 0.25 : n == 0 ? 0.5 : n
name(i) = i == 0 ? 'off' : i == 1 ? '0' : sprintf('%d', 2**(i - 2))
stats $data using 1 name 'X' nooutput
set logscale x 2
set xrange [(X_min < 0 ? 0.21 : 0.42) : X_max * 1.25]
last = X_max < 1 ? 1 : 2 + int(log(X_max) / log(2) + 0.5)
top = top - 0.03
down = 0.06
side = 0.09
high = (top - foot - down) / 2
wide = (right - left - side) / 2
set multiplot
do for [p=1:4] {
	row = (p - 1) / 2
	col = (p - 1) % 2
	set tmargin at screen top - row * (high + down)
	set bmargin at screen top - row * (high + down) - high
	set lmargin at screen left + col * (wide + side)
	set rmargin at screen left + col * (wide + side) + wide
	set xtics () logscale
	set for [i=0:last] xtics add ((row ? name(i) : '') 2.0**(i - 2))
	unset logscale y
	set yrange [*:*]
	stats $data using (column(p + 1)) name 'Y' nooutput
	if (p < 4 && Y_min > 0 && Y_max > 8 * Y_min) {
		set logscale y 10
		set yrange [Y_min / 2 : Y_max * 2]
		set format y '%g'
		step = Y_max > 1e4 * Y_min ? 2 : 1
		set ytics () logscale
		set for [i=0:11:step] ytics add (human(10.0**i) 10.0**i)
		d = 1
	} else {
		d = p == 4 ? 1 : divisor(Y_max)
		set yrange [0 : (Y_max > 0 ? Y_max / d * 1.15 : 1)]
		set format y (p == 4 ? '%g' : '%g '.unit(Y_max))
		# A list, since an increment goes on multiplying where the panel before was logarithmic.
		step = Y_max > 0 ? 2 * even(Y_max / d) : 1
		set ytics ()
		set for [i=0:9] ytics add (sprintf(p == 4 ? '%g' : '%g '.unit(Y_max), i * step) i * step)
	}
	if (p == 2) {
		unset for [i=200:200+curves-1] label i
		unset for [i=200:200+curves-1] arrow i
		unset label 97
		unset label 98
		unset label 99
		unset label 96
	}
	set label 1 what[p] at graph 0.004,1 offset 0,0.6 left
	plot for [i=0:curves-1] $data index i using (at($1)):(column(p + 1) / d) with linespoints lt pos[i+1] pt 7 ps 0.4 notitle
}
unset multiplot
