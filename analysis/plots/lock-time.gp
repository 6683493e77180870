# SPDX-License-Identifier: GPL-2.0-or-later
# 72: Who held mmu_lock and who queued for it, over the run: how many tasks at once, on the mean of each moment
set label 97 '{/:Bold Who held mmu\_lock, who waited}' at screen left,0.96 left
eval part_key
set label 99 caption.panels_out
stats $data using 1 name 'RUN' nooutput
stats $data using 2 name 'T' nooutput
stats $data using 4 name 'HOLD' nooutput
stats $data using 6 name 'WAIT' nooutput
panels = int(RUN_max)
# Holders upwards and waiters downwards, each on a scale of its own, since they differ by orders of magnitude.
hold = HOLD_max > 0 ? HOLD_max : 1
wait = WAIT_max > 0 ? WAIT_max : 1
set xrange [0:T_max / divisor(T_max)]
set yrange [-1.08:1.08]
small = panels > 4 ? ',9' : ',14'
set ytics () out font small
set ytics add (sprintf('%.2g', hold) 1, (panels > 4 ? '' : '0') 0, sprintf('%.2g', wait) -1)
if (panels < 3) { set ytics add (sprintf('%.2g', hold / 2) 0.5, sprintf('%.2g', wait / 2) -0.5) }
set style fill solid 0.85 noborder
top = 0.84 - 0.045 * rows
gap = 0.05
high = (top - foot + gap) / panels - gap
array name[panels]
set multiplot
do for [p=1:panels] {
	set tmargin at screen top - (p - 1) * (high + gap)
	set bmargin at screen top - (p - 1) * (high + gap) - high
	set format x (p == panels ? '%g' : '')
	if (p == panels) {
		set label 96 'time of the run, '.unit(T_max) at screen middle,0.072 center noenhanced
	}
	if (p == 2) {
		unset for [i=200:200+curves-1] label i
		unset for [i=200:200+curves-1] arrow i
		unset label 97
		unset label 98
		unset label 99
	}
	set label 1 run_label[p] at graph 0.004,1 offset 0,0.55 left noenhanced
	if (p == (panels + 1) / 2) {
		set label 2 'tasks waiting | tasks holding' at screen 0.02,(top + foot) / 2 center rotate noenhanced
	}
	set arrow 1 from graph 0,first 0 to graph 1,first 0 nohead lc rgb '#888888' lw 0.7 front
	plot for [i=0:curves-1] $data index i using ($1 == p ? $2 / divisor(T_max) : NaN):($3 / hold):($4 / hold) \
			with filledcurves lc rgb part_colour[pos[i+1]] notitle, \
		for [i=0:curves-1] $data index i using ($1 == p ? $2 / divisor(T_max) : NaN):(-$5 / wait):(-$6 / wait) \
			with filledcurves lc rgb part_colour[pos[i+1]] notitle
	unset label 2
}
unset multiplot
