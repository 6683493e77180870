# SPDX-License-Identifier: GPL-2.0-or-later
# median(WHO, WHAT): of value[WHO, WHAT, 1 .. n[WHO]].
function median(who, what,   i, j, t, v) {
	for (i = 1; i <= n[who]; i++) {
		t = value[who, what, i]
		for (j = i - 1; j > 0 && v[j] > t; j--)
			v[j + 1] = v[j]
		v[j + 1] = t
	}
	return (v[int((n[who] + 1) / 2)] + v[int((n[who] + 2) / 2)]) / 2
}
