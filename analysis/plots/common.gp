# SPDX-License-Identifier: GPL-2.0-or-later
# What all pictures share: colours, axes, units.  Loaded before each template.

set encoding utf8
set termoption noenhanced

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
set tics nomirror out scale 0.6 textcolor rgb 'black'
set grid xtics ytics lt 1 dt 1 lw 0.5 lc rgb '#bbbbbb'
set style fill solid 0.9 noborder

# From the top: what it is, of which trace, the key, the picture; at the foot how it was come by.
left = 0.115
set lmargin at screen left
set rmargin at screen 0.965
set bmargin at screen 0.165
columns = int(118.0 / (longest + 9))
columns = columns < 1 ? 1 : columns > curves ? curves : columns
rows = (curves + columns - 1) / columns
top = 0.865 - 0.048 * rows
set tmargin at screen top
set key at screen left - 0.01,0.885 left top Left reverse horizontal noenhanced samplen 2.5 spacing 1.15 \
	width 1 maxcols columns
set label 98 heading at screen left,0.915 left noenhanced textcolor rgb '#777777'
set label 99 caption at screen left,0.025 left noenhanced textcolor rgb '#777777'

# A time in ns as people write it.
unit(ns) = ns < 1e3 ? "ns" : ns < 1e6 ? "µs" : ns < 1e9 ? "ms" : "s"
divisor(ns) = ns < 1e3 ? 1 : ns < 1e6 ? 1e3 : ns < 1e9 ? 1e6 : 1e9
human(ns) = sprintf("%.3g %s", ns / divisor(ns), unit(ns))

# One in ..., for logarithmic axes of shares.
shares = "'1 in 10⁷' '1 in 10⁶' '1 in 100 000' '1 in 10 000' '1 in 1 000' '1 %%' '10 %%' '100 %%'"
