# SPDX-License-Identifier: GPL-2.0-or-later
# What all pictures share: colours, axes, units.  Loaded before each template.

set encoding utf8

# Okabe and Ito's palette, which the colour-blind can tell apart; dashes help
# where two curves lie on each other.
set linetype 1 lc rgb '#0072B2' lw 2.4 dt 1
set linetype 2 lc rgb '#D55E00' lw 2.4 dt (16,4)
set linetype 3 lc rgb '#009E73' lw 2.4 dt (8,3)
set linetype 4 lc rgb '#CC79A7' lw 2.4 dt (4,2)
set linetype 5 lc rgb '#E69F00' lw 2.4 dt (16,3,4,3)
set linetype 6 lc rgb '#56B4E9' lw 2.4 dt (8,3,3,3)
set linetype 7 lc rgb '#777777' lw 2.4 dt (2,2)
set linetype 8 lc rgb '#B8A800' lw 2.4 dt (12,3,3,3,3,3)
set linetype cycle 8

set border 3 lc rgb '#888888'
set tics nomirror out scale 0.6
set grid xtics ytics lt 1 dt 1 lw 0.5 lc rgb '#a0808080'
set style fill solid 0.9 noborder

# From the top: what it is (label 97), of which trace, the key, the picture, the
# axis (label 96); at the foot how it was come by.  All at fixed places, since
# terminals disagree about the size of text.
left = 0.115
right = 0.965
middle = (left + right) / 2
foot = 0.165
unset key
set label 98 heading at screen left,0.915 left noenhanced textcolor rgb '#777777'
set label 99 caption.left_out at screen left,0.025 left noenhanced textcolor rgb '#777777'

panels_out = |run_label| > 6 ? sprintf('; 6 of %d runs drawn', |run_label|) : ''

# The key: as many columns as the longest label leaves room for.
wide = 0.055 + 0.0085 * longest
columns = int((right - left) / wide)
columns = columns < 1 ? 1 : columns > curves ? curves : columns
rows = (curves + columns - 1) / columns
top = 0.865 - 0.045 * rows
key_x(i) = left + (i % columns) * wide
key_y(i) = 0.868 - 0.045 * (i / columns)
set for [i=0:curves-1] label 200+i label[i+1] at screen key_x(i) + 0.035,key_y(i) left noenhanced
set for [i=0:curves-1] arrow 200+i from screen key_x(i),key_y(i) to screen key_x(i) + 0.028,key_y(i) nohead lt pos[i+1]
set lmargin at screen left
set rmargin at screen right
set bmargin at screen foot
set tmargin at screen top

# A time in ns as people write it.
unit(ns) = ns < 1e3 ? "ns" : ns < 1e6 ? "µs" : ns < 1e9 ? "ms" : "s"
divisor(ns) = ns < 1e3 ? 1 : ns < 1e6 ? 1e3 : ns < 1e9 ? 1e6 : 1e9
human(ns) = sprintf("%.3g %s", ns / divisor(ns), unit(ns))

# The runs' colours, in pictures whose curves are something else; and five colours for parts, the largest first.
array run_colour[8] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#777777', '#B8A800']
array part_colour[7] = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#9aa7b4', '#D55E00']
# The key's lines become patches of these colours.
part_key = "set for [i=0:curves-1] arrow 200+i from screen key_x(i),key_y(i) to screen key_x(i) + 0.028,key_y(i) \
nohead lc rgb part_colour[pos[i+1]] lw 9 dt 1"

# One in ..., for logarithmic axes of shares.
shares = "'1 in 10⁷' '1 in 10⁶' '1 in 100 000' '1 in 10 000' '1 in 1 000' '1 %%' '10 %%' '100 %%'"

# Labels of a logarithmic time axis over X_min .. X_max: `eval time_ticks`.  Decades;
# below two of them also 2 and 5; below half of one, even steps.  sparse: times as few, where panels are narrow.
sparse = 1
span(lo, hi) = hi * 1.1 - lo / 1.1
decade(x) = 10.0**floor(log10(x))
even(x) = decade(x) * (x / decade(x) < 2 ? 0.2 : x / decade(x) < 5 ? 0.5 : 1)
narrow(lo, hi) = hi < 4 * lo
time_ticks = "set xtics () logscale; \
set for [i=0:11] xtics add (human(10.0**i) 10.0**i); \
last = X_max < 150 / sparse**2 * X_min && !narrow(X_min, X_max) ? 11 : -1; \
set for [i=0:last] xtics add (human(2 * 10.0**i) 2 * 10.0**i, human(5 * 10.0**i) 5 * 10.0**i); \
step = sparse * even(span(X_min, X_max)); \
last = narrow(X_min, X_max) ? floor(X_max * 1.1 / step) : -1; \
set for [i=ceil(X_min / 1.1 / step):last] xtics add (human(i * step) i * step)"
