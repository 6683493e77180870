# SPDX-License-Identifier: GPL-2.0-or-later
# 94: Published or measured elsewhere against predicted here: what the policy changes, as a ratio to the first one
set label 97 '{/:Bold Published against predicted}' at screen left,0.96 left
set label 98 heading.'; each as a ratio to '.run_label[1] at screen left,0.915 left noenhanced textcolor rgb '#777777'
stats $data using 1 name 'PLACE' nooutput
stats $data using 3 name 'R' nooutput
low = (R_min < 1 ? R_min : 1) / 1.4
high_end = (R_max > 1 ? R_max : 1) * 1.4
set xrange [low:high_end]
set logscale x
set yrange [PLACE_max + 0.6:0.3]
unset grid
set grid xtics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set border 1
unset ytics
ratio(r) = r >= 10 ? sprintf('%.0fx', r) : r >= 0.1 ? sprintf('%.2gx', r) : sprintf('%.1gx', r)
set xtics () logscale
set for [i=-4:4] xtics add (ratio(10.0**i) 10.0**i)
if (high_end < 60 * low) {
	set for [i=-4:4] xtics add (ratio(2 * 10.0**i) 2 * 10.0**i, ratio(5 * 10.0**i) 5 * 10.0**i)
}
set label 96 'ratio; left of 1 is less, which is better' at screen middle,0.072 center noenhanced
set arrow 1 from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#888888' lw 1
set for [i=0:curves-1] arrow 200+i lw 6 dt 1
plot for [i=0:curves-1] $data index i using 3:($1 + (pos[i+1] == 3 ? 0.12 : 0)):(1):3:($1 + (pos[i+1] == 3 ? 0.04 : -0.08)):($1 + \
		(pos[i+1] == 3 ? 0.2 : 0.08)) with boxxyerror lt pos[i+1] lw 0 fs solid 0.25 noborder notitle, \
	for [i=0:curves-1] $data index i using 3:($1 + (pos[i+1] == 3 ? 0.12 : 0)) with points lt pos[i+1] pt 7 ps 0.7 notitle, \
	for [i=0:curves-1] $data index i using 3:($1 + (pos[i+1] == 3 ? 0.12 : 0)):(ratio($3)) with labels left offset 0.8,0 noenhanced \
		font ',11' notitle, \
	$data index (curves - 1) using (low):($1 - 0.27):2 with labels left offset 0.3,0 noenhanced font ',12' notitle
