# SPDX-License-Identifier: GPL-2.0-or-later
# 92: One knob over its values: the line is the mean over seeds, the band goes from the least to the most of them
stats $data using 1 name 'X' nooutput
stats $data using 4 name 'SEEDS' nooutput
array value[int(X_max)]
knob = ''
stats $data using (value[int($1)] = strcol(2), knob = strcol(3), 1) nooutput
set label 97 '{/:Bold What one knob does}' at screen left,0.96 left
set label 99 caption at screen left,0.025 left noenhanced textcolor rgb '#777777'
set label 96 knob.(SEEDS_max > 1 ? sprintf('; the band is the least and the most of %d seeds', SEEDS_max) : '') \
	at screen middle,0.072 center noenhanced
array what[4] = ['stall, mean per vCPU', 'access p99', 'queued for mmu\_lock, mean per vCPU', 'longest without a point to yield']
panels = 4
load plots."common-grid.gp"
set xrange [0.7 : X_max + 0.3]
# As many of the values as there is room for.
long = 0
do for [i=1:int(X_max)] { long = strlen(value[i]) > long ? strlen(value[i]) : long }
room = int(wide / (0.02 + 0.0085 * long))
every_nth = int((X_max + room - 1) / (room > 0 ? room : 1))
every_nth = every_nth < 1 ? 1 : every_nth
set xtics ()
set for [i=1:int(X_max):every_nth] xtics add (value[i] i)
set style fill transparent solid 0.2 noborder
set multiplot
do for [p=1:panels] {
	eval panel
	unset logscale y
	set xrange [0.7 : X_max + 0.3]
	set yrange [*:*]
	c = 5 + 3 * (p - 1)
	stats $data using (column(c)) name 'L' nooutput
	stats $data using (column(c + 2)) name 'H' nooutput
	if (L_min > 0 && H_max > 20 * L_min) {
		set logscale y
		set yrange [L_min / 1.5 : H_max * 1.5]
		set ytics () logscale
		set for [i=0:11] ytics add (human(10.0**i) 10.0**i)
	} else {
		step = H_max > 0 ? 2 * even(H_max) : 1
		set yrange [0 : H_max > 0 ? H_max * 1.12 : 1]
		set ytics ()
		set for [i=0:9] ytics add (i ? human(i * step) : '0' i * step)
	}
	set label 1 what[p] at graph 0.004,1 offset 0,0.55 left
	plot for [i=0:curves-1] $data index i using 1:(column(c)):(column(c + 2)) with filledcurves \
			lc rgb run_colour[(pos[i+1] - 1) % 8 + 1] notitle, \
		for [i=0:curves-1] $data index i using 1:(column(c + 1)) with linespoints lt pos[i+1] pt 7 ps 0.4 notitle
}
unset multiplot
