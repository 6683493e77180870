# SPDX-License-Identifier: GPL-2.0-or-later
# 85: What it takes to clear the dirty log in chunks: the lock held, the slowest access, the guest's stall, the host's time
set label 97 '{/:Bold Clearing the dirty log chunk by chunk}' at screen left,0.96 left
size(bytes) = bytes < 2.0**20 ? sprintf('%.3gK', bytes / 2.0**10) : bytes < 2.0**30 ? sprintf('%.3gM', bytes / 2.0**20) : sprintf('%.3gG', bytes / 2.0**30)
stats $data using 1 name 'X' nooutput
# Not the heading of one trace: each point has its own.
set label 98 'recordings that differ in nothing but the chunk, '.size(X_min).' to '.size(X_max) \
	at screen left,0.915 left noenhanced textcolor rgb '#777777'
set xrange [X_min / 1.4 : X_max * 1.4]
set logscale x 2
every = X_max > 64 * X_min ? 16 : 2
count = int(log(X_max / X_min) / log(every) + 0.01)
array what[4] = ['longest hold of mmu\_lock by a CLEAR', 'slowest access of a vCPU', 'stall per vCPU, all in all', 'all CLEARs']
set label 96 'memory that one CLEAR covers' at screen middle,0.072 center noenhanced
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
	set for [i=0:count] xtics add ((row ? size(X_min * every**i) : '') X_min * every**i)
	unset logscale y
	set yrange [*:*]
	stats $data using (column(p + 1)) name 'Y' nooutput
	if (Y_max > 8 * Y_min) {
		set logscale y 10
		set yrange [Y_min / 2 : Y_max * 2]
		set format y '%g'
		step = Y_max > 1e4 * Y_min ? 2 : 1
		set ytics () logscale
		set for [i=0:11:step] ytics add (human(10.0**i) 10.0**i)
		d = 1
	} else {
		d = divisor(Y_max)
		set yrange [0 : Y_max / d * 1.15]
		set format y '%g '.unit(Y_max)
		set ytics 2 * even(Y_max / d)
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
	plot for [i=0:curves-1] $data index i using 1:(column(p + 1) / d) with linespoints lt pos[i+1] pt 7 ps 0.4 notitle
}
unset multiplot
