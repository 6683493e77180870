# SPDX-License-Identifier: GPL-2.0-or-later
# 80: How dropping a guest's page tables grows with its memory: all of it, the longest step, the slowest access
set label 97 '{/:Bold Dropping the page tables of a guest that grows}' at screen left,0.96 left
size(bytes) = bytes < 2.0**40 ? sprintf('%.3g GiB', bytes / 2.0**30) : sprintf('%.3g TiB', bytes / 2.0**40)
stats $data using 1 name 'X' nooutput
# Not the heading of one trace: each point has its own.
set label 98 'guests that differ in nothing but their memory, '.size(X_min).' to '.size(X_max) \
	at screen left,0.915 left noenhanced textcolor rgb '#777777'
set logscale x 2
set logscale y 10
set xrange [X_min / 1.2 : X_max * 1.2]
set xtics () logscale
every = X_max > 200 * X_min ? 4 : 2
count = int(log(X_max / X_min) / log(every) + 0.5)
set for [i=0:count] xtics add (size(X_min * every**i) X_min * every**i)
array what[3] = ['all zaps', 'longest stretch without a yield', 'slowest access of a vCPU']
set label 96 'memory mapped from the start' at screen middle,0.072 center noenhanced
top = top - 0.025
gap = 0.055
high = (top - foot + gap) / 3 - gap
set multiplot
do for [p=1:3] {
	set tmargin at screen top - (p - 1) * (high + gap)
	set bmargin at screen top - (p - 1) * (high + gap) - high
	set format x (p == 3 ? '%g' : '')
	if (p < 3) {
		set xtics () logscale
		set for [i=0:count] xtics add ('' X_min * every**i)
	} else {
		set for [i=0:count] xtics add (size(X_min * every**i) X_min * every**i)
	}
	set yrange [*:*]
	stats $data using (column(p + 1)) name 'Y' nooutput
	set yrange [Y_min / 2 : Y_max * 2]
	step = Y_max > 1e4 * Y_min ? 2 : 1
	set ytics () logscale
	set for [i=0:11:step] ytics add (human(10.0**i) 10.0**i)
	if (p == 2) {
		unset for [i=200:200+curves-1] label i
		unset for [i=200:200+curves-1] arrow i
		unset label 97
		unset label 98
		unset label 99
		unset label 96
	}
	set label 1 what[p] at graph 0.004,1 offset 0,0.55 left noenhanced
	plot for [i=0:curves-1] $data index i using 1:(column(p + 1)) with linespoints lt pos[i+1] pt 7 ps 0.4 notitle
}
unset multiplot
