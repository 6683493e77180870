# SPDX-License-Identifier: GPL-2.0-or-later
# One panel per operation: how its latencies are distributed.  tail: the slow end, on a logarithmic axis of shares.
stats $data using 1 name 'OP' nooutput
panels = int(OP_max)
load plots."common-grid.gp"
array name[panels]
do for [p=1:panels] {
	stats $data using ($1 == p ? (name[p] = strcol(2), 1) : NaN) nooutput
}
set label 96 'latency of the operation, its lock waits included' at screen middle,0.072 center noenhanced
set multiplot
do for [p=1:panels] {
	eval panel
	unset logscale
	set xrange [*:*]
	set yrange [*:*]
	stats $data using ($1 == p ? $3 : NaN) name 'X' nooutput
	set xrange [X_min / 1.1 : X_max * 1.1]
	set logscale x
	eval time_ticks
	if (tail) {
		stats $data using ($1 == p ? $4 : NaN) name 'Y' nooutput
		set yrange [Y_min / 1.5 : 1]
		set logscale y
		set ytics () logscale
		set for [i=0:7] ytics add (word(shares, i + 1) 10.0**(i-7))
	} else {
		set yrange [0:100]
		set ytics 25 format '%.0f %%'
	}
	set label 1 name[p] at graph 0.004,1 offset 0,0.55 left noenhanced
	plot for [i=0:curves-1] $data index i using ($1 == p ? $3 : NaN):4 with steps lt pos[i+1] notitle
}
unset multiplot
