# SPDX-License-Identifier: GPL-2.0-or-later
# Medians of the rounds of capture.sh: WAY EVENTS CPU-NS CLOCK-NS LOOP-S, then the whole's USER SYSTEM BYTES,
# then those of a recording of nothing.
function row(way, name) {
	if (way in n)
		printf "  %-30s %8.0f %8.0f %9.0f %7.1f\n", name, median(way, "cpu"), median(way, "wall"), median(way, "own"), median(way, "bytes")
}
$1 == "none" {
	cpu = $3
	wall = $4
}
{
	i = ++n[$1]
	value[$1, "cpu", i] = $3 - ($1 == "none" ? 0 : cpu)
	value[$1, "wall", i] = $4 - ($1 == "none" ? 0 : wall)
	value[$1, "own", i] = $6 ? ($6 + $7 - $5 - $9 - $10) / $2 * 1e9 : 0
	value[$1, "bytes", i] = ($8 - $11) / $2
}
END {
	printf "%s: %d events, %d rounds, no tracing %.0f ns CPU, %.0f ns clock per event\n", loop, $2, n["none"],
		median("none", "cpu"), median("none", "wall")
	printf "  %-30s %8s %8s %9s %7s\n", "per event", "+CPU ns", "+clock", "recorder", "bytes"
	row("off", "off: on, but not recording")
	row("kernel", "kernel: nobody reads")
	row("mmulab", "mmulab capture")
	row("local", "mmulab capture --clock local")
	row("perf", "perf record")
	ours = median("mmulab", "cpu")
	kernel = median("kernel", "cpu")
	verdict = "not kept"
	if (ours <= 80)
		verdict = "kept"
	else if (kernel > 80)
		verdict = "less than the kernel takes"
	printf "  of mmulab capture\047s %.0f ns the kernel takes %.0f by itself; 80 ns: %s\n", ours, kernel, verdict
}
