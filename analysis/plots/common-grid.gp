# SPDX-License-Identifier: GPL-2.0-or-later
# Up to four panels, two by two: `eval panel` places panel p of `panels`, and unsets what all of them share after the first.
top = top - 0.035
sparse = 2
down = 0.115
side = 0.09
grid_rows = panels > 2 ? 2 : 1
grid_cols = panels > 1 ? 2 : 1
high = (top - foot - (grid_rows - 1) * down) / grid_rows
wide = (right - left - (grid_cols - 1) * side) / grid_cols
panel = "row = (p - 1) / grid_cols; col = (p - 1) % grid_cols; \
set tmargin at screen top - row * (high + down); \
set bmargin at screen top - row * (high + down) - high; \
set lmargin at screen left + col * (wide + side); \
set rmargin at screen left + col * (wide + side) + wide; \
if (p == 2) { unset for [i=200:200+curves-1] label i; unset for [i=200:200+curves-1] arrow i; unset label 96; unset label 97; \
unset label 98; unset label 99 }"
