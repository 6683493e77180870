# SPDX-License-Identifier: GPL-2.0-or-later
# Medians of what the guest of capture.sh takes under each profile: PROFILE USER SYSTEM CLOCK EVENTS BYTES.
$1 == "none" {
	cpu = $2 + $3
	wall = $4
}
{
	i = ++n[$1]
	value[$1, "cpu", i] = $1 == "none" ? $2 + $3 : (($2 + $3) / cpu - 1) * 100
	value[$1, "wall", i] = $1 == "none" ? $4 : ($4 / wall - 1) * 100
	value[$1, "events", i] = $5
	value[$1, "bytes", i] = $6
}
END {
	printf "guest: %d rounds, no tracing %.3f s CPU, %.3f s clock\n", n["none"], median("none", "cpu"), median("none", "wall")
	printf "  %-10s %8s %8s %10s %12s\n", "profile", "+CPU %", "+clock %", "events", "bytes"
	split("minimal default lock full", order)
	for (i = 1; i <= 4; i++)
		printf "  %-10s %8.1f %8.1f %10d %12d\n", order[i], median(order[i], "cpu"), median(order[i], "wall"),
			median(order[i], "events"), median(order[i], "bytes")
}
