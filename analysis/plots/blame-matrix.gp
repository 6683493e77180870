# SPDX-License-Identifier: GPL-2.0-or-later
# 82: The whole of it: time queued for mmu_lock by what waited (rows) and what held it (columns)
set label 97 '{/:Bold Who waited for whom, all of it}' at screen left,0.96 left
stats $data using 1 name 'OP' nooutput
stats $data using 5 name 'NS' nooutput
unset for [i=200:200+curves-1] label i
unset for [i=200:200+curves-1] arrow i
ops = int(OP_max)
cols = curves < 3 ? curves : curves < 5 ? 2 : 3
lines = (curves + cols - 1) / cols
set label 98 heading.'; row waited for column, darker is longer, all tasks together' at screen left,0.915 left noenhanced \
	textcolor rgb '#777777'
top = 0.885
foot = 0.065
side = cols > 2 ? 0.1 : 0.13
right = 0.985
slot_high = (top - foot) / lines
slot_wide = (right + 0.01) / cols
# Above each matrix its run and the columns' names.
head = 0.125
# Square roots, so that a tenth of the longest can still be seen.
shade(ns) = int(255 - 195 * sqrt(ns / (NS_max > 0 ? NS_max : 1)))
# From white to the blue of the first run.
tint(ns) = (int((255 - shade(ns)) / 195.0 * (0 - 255) + 255) << 16) + (int((255 - shade(ns)) / 195.0 * (114 - 255) + 255) << 8) + \
	int((255 - shade(ns)) / 195.0 * (178 - 255) + 255)
ink(ns) = ns > 0.3 * NS_max ? 0xffffff : 0x333333
unset grid
set border 0
unset tics
set xrange [0.5:ops + 0.5]
set yrange [ops + 0.5:0.5]
array name[ops]
array below[ops]
do for [p=1:ops] {
	stats $data using ($1 == p ? (name[p] = strcol(3), 1) : NaN) nooutput
	cut = strstrt(name[p], '_')
	below[p] = cut ? name[p][1:cut-1]."\n".name[p][cut+1:*] : "\n".name[p]
	name[p] = cut ? name[p][1:cut-1].' '.name[p][cut+1:*] : name[p]
}
size = curves > 4 || ops > 6 ? 10 : 11
set multiplot
do for [i=0:curves-1] {
	r = i / cols
	c = i % cols
	set tmargin at screen top - r * slot_high - head
	set bmargin at screen top - (r + 1) * slot_high + 0.015
	set lmargin at screen c * slot_wide + side
	set rmargin at screen (c + 1) * slot_wide - 0.01
	if (i == 1) {
		unset label 97
		unset label 98
		unset label 99
	}
	set label 1 label[i+1] at graph 0,1 offset 0,2.7 left noenhanced textcolor lt pos[i+1]
	set for [p=1:ops] label 10+p below[p] at first p,graph 1 offset 0,1.3 center noenhanced font sprintf(',%d', size) textcolor rgb '#777777'
	set for [p=1:ops] label 30+p name[p] at graph 0,first p offset -0.6,0 right noenhanced font sprintf(',%d', size) textcolor rgb '#777777'
	plot $data index i using 2:1:($2 - 0.48):($2 + 0.48):($1 - 0.47):($1 + 0.47):(tint($5)) \
			with boxxyerror fs solid 1 noborder lc rgb variable notitle, \
		$data index i using 2:1:($5 > 0 ? human($5) : '-'):(ink($5)) with labels center noenhanced \
			font sprintf(',%d', size) textcolor rgb variable notitle
}
unset multiplot
