# SPDX-License-Identifier: GPL-2.0-or-later
# One map per curve: over the run's time how long operations took; what: whose latency it is.
stats $data using 1 name 'T' nooutput
stats $data using 2 name 'L' nooutput
stats $data using 3 name 'N' nooutput
# The panels carry their names themselves.
set label 99 caption.panels_out
unset for [i=200:200+curves-1] label i
unset for [i=200:200+curves-1] arrow i
set label 95 sprintf('darkest: %.0f in one cell; shades are logarithmic', N_max) at screen right,0.915 right noenhanced \
	textcolor rgb '#777777'
# Where a latency lies in half octaves.
at(ns) = 2 * log(ns / 64.0) / log(2) + 0.5
set yrange [L_min - 0.5 : L_max + 0.5]
set ytics ()
every_nth = curves > 3 && L_max - L_min > 18 ? 2 : 1
do for [i=0:11:every_nth] {
	if (at(10.0**i) > L_min - 0.5 && at(10.0**i) < L_max + 0.5) { set ytics add (human(10.0**i) at(10.0**i)) }
}
if (L_max - L_min < 12 && curves < 4) {
	do for [i=0:11] {
		do for [k in (L_max - L_min < 5 ? '2 3 4 5 7' : '2 5')] {
			if (at(k * 10.0**i) > L_min - 0.5 && at(k * 10.0**i) < L_max + 0.5) {
				set ytics add (human(k * 10.0**i) at(k * 10.0**i))
			}
		}
	}
}
small = curves > 4 ? ',10' : ',14'
set ytics font small
set xrange [0:(T_max + T_min) / divisor(T_max)]
# One is faint and the most is solid, on paper of any colour.
shade(n) = n > 0 ? 50 + 205 * log(n) / log(N_max > 1 ? N_max : 2) : 0
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
		unset label 95
		unset label 97
		unset label 98
		unset label 99
	}
	set label 1 label[i+1] at graph 0.004,1 offset 0,0.55 left noenhanced
	if (i == curves / 2) {
		set label 2 what at screen 0.02,(top + foot) / 2 center rotate noenhanced
	}
	plot $data index i using ($1 / divisor(T_max)):2:(0):(114):(178):(shade($3)) with rgbalpha notitle
	unset label 2
}
unset multiplot
