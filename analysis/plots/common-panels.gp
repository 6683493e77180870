# SPDX-License-Identifier: GPL-2.0-or-later
# One panel per curve over the run's time, all with the same axes; axis: what the values are.
stats $data using 1 name 'T' nooutput
stats $data using 2 name 'V' nooutput
# The panels carry their names themselves.
set label 99 caption.panels_out
unset for [i=200:200+curves-1] label i
unset for [i=200:200+curves-1] arrow i
set logscale y
set ytics () logscale
set for [i=0:11] ytics add (human(10.0**i) 10.0**i)
if (curves > 4) {
	set ytics () logscale font ',10'
	set for [i=0:11:(V_max > 1e4 * V_min ? 3 : 2)] ytics add (human(10.0**i) 10.0**i)
} else { if (V_max < 20 * V_min) {
	set for [i=0:11] ytics add (human(2 * 10.0**i) 2 * 10.0**i, human(5 * 10.0**i) 5 * 10.0**i)
} }
set xrange [0:T_max / divisor(T_max)]
set yrange [V_min > 1 ? V_min : 1:V_max * 1.6]
top = 0.84
gap = 0.05
high = (top - foot + gap) / curves - gap
set multiplot
do for [i=0:curves-1] {
	set tmargin at screen top - i * (high + gap)
	set bmargin at screen top - i * (high + gap) - high
	set format x (i == curves - 1 ? '%g' : '')
	if (i == curves - 1) {
		set label 96 'time of the run, '.unit(T_max) at screen middle,0.072 center noenhanced
	}
	if (i == 1) {
		unset label 97
		unset label 98
		unset label 99
	}
	set label 1 label[i+1] at graph 0.004,1 offset 0,0.55 left noenhanced textcolor lt pos[i+1]
	if (i == curves / 2) {
		set label 2 axis at screen 0.02,(top + foot) / 2 center rotate noenhanced
	}
	plot $data index i using ($1 / divisor(T_max)):2 with impulses lt pos[i+1] dt 1 lw 1.5 notitle
	unset label 2
}
unset multiplot
