# SPDX-License-Identifier: GPL-2.0-or-later
# 5: All policies and what matters most at a glance: blue is less than under the first one, orange is more
set label 97 '{/:Bold Policies against the first of them}' at screen left,0.96 left
set label 98 heading.'; less is better in every column' at screen left,0.915 left noenhanced textcolor rgb '#777777'
stats $data using 1 name 'M' nooutput
metrics = int(M_max)
unset for [i=200:200+curves-1] label i
unset for [i=200:200+curves-1] arrow i
array name[metrics]
stats $data using (name[int($1)] = strcol(2), 1) nooutput
two(text) = (cut = strstrt(text, ' / '), text[1:cut-1]."\n".text[cut+3:*])
# Room for the policies' names, up to a third; longer ones are cut.
chars = longest > 36 ? 36 : longest
short(text) = strlen(text) > chars ? text[1:chars-1].'…' : text
left = 0.03 + 0.0085 * chars
set lmargin at screen left
set rmargin at screen 0.99
set tmargin at screen 0.79
row_high = (0.79 - 0.09) / curves
row_high = row_high > 0.14 ? 0.14 : row_high
set bmargin at screen 0.79 - row_high * curves
set xrange [0.5:metrics + 0.5]
set yrange [curves + 0.5:0.5]
unset grid
set border 0
unset tics
# Four times as much, or a quarter, is as strong as it gets; from white to blue or orange.
strength(r) = r <= 0 ? 1 : (s = abs(log(r)) / log(4), s > 1 ? 1 : s)
mix(from, to, s) = int(from + (to - from) * s)
tint(r) = r < 1 ? (mix(245, 0, strength(r)) << 16) + (mix(245, 114, strength(r)) << 8) + mix(245, 178, strength(r)) \
	: (mix(245, 213, strength(r)) << 16) + (mix(245, 94, strength(r)) << 8) + mix(245, 0, strength(r))
ink(r) = strength(r) > 0.55 ? 0xffffff : 0x333333
count_text(n) = n < 1e4 ? sprintf('%.0f', n) : n < 1e6 ? sprintf('%.3g k', n / 1e3) : sprintf('%.3g M', n / 1e6)
value_text(unit, v) = unit eq 'ns' ? (v > 0 ? human(v) : '0') : count_text(v)
ratio_text(r) = r >= 9.995 ? sprintf('%.0fx', r) : sprintf('%.2fx', r)
set for [p=1:metrics] label 10+p two(name[p]) at first p,graph 1 offset 0,1.5 center noenhanced font ',11' textcolor rgb '#777777'
set for [i=0:curves-1] label 40+i short(label[i+1]) at graph 0,first i+1 offset -0.6,0 right noenhanced font ',13'
tall = row_high > 0.075
plot for [i=0:curves-1] $data index i using 1:(i+1):($1 - 0.48):($1 + 0.48):(i + 0.54):(i + 1.46):(valid(5) ? tint($5) : 0xf5f5f5) \
		with boxxyerror fs solid 1 noborder lc rgb variable notitle, \
	for [i=0:curves-1] $data index i using 1:(i + (i && tall ? 0.8 : 1)):((i && !tall && valid(5)) ? ratio_text($5) : value_text(strcol(3), $4)):(valid(5) ? ink($5) : 0x333333) \
		with labels center noenhanced font ',12' textcolor rgb variable notitle, \
	for [i=1:curves-1] $data index i using 1:(i + 1.2):(tall && valid(5) ? ratio_text($5) : ''):(valid(5) ? ink($5) : 0) \
		with labels center noenhanced font ',12' textcolor rgb variable notitle
