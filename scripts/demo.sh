#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job, end to end, on two of the traces in datasets/: import, replay
# under the recorded kernel's policy and alternatives, compare, draw, report.
#
#	scripts/demo.sh DIR		DIR/{results.db,report.html,dashboard/,*.svg}, made anew
#
# BUILD says where the program was built.  Exit status: that of the step that failed.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
out=${1:?usage: scripts/demo.sh DIR}
case $build in /*) ;; *) build=./$build ;; esac
mmulab=$build/mmulab

if [ ! -x "$mmulab" ]; then
	echo "demo: $mmulab is missing; run \`make\` first" >&2
	exit 4
fi
if ! command -v gnuplot >/dev/null; then
	echo "demo: gnuplot is missing; run \`apt-get install gnuplot-nox\`" >&2
	exit 4
fi
populate=datasets/x86-6.12-populate-4k.dat
aging=datasets/x86-6.12-aging-mglru.dat
for trace in "$populate" "$aging"; do
	if [ ! -r "$trace" ]; then
		echo "demo: $trace is missing; the traces are part of the repository: git checkout -- datasets" >&2
		exit 3
	fi
done

mkdir -p "$out"
rm -f "$out"/results.db "$out"/report.html "$out"/*.svg "$out"/*.mmt
db=$out/results.db

# step WHAT COMMAND...: says both, runs it.  What replay notes about single
# knobs and kinds is in the report; here it goes into a log.
step() {
	echo
	echo "== $1"
	shift
	echo "   $*"
	"$@" 2>>"$out/notes.log" || {
		local rc=$?
		tail -n 3 "$out/notes.log" >&2
		exit "$rc"
	}
}

: >"$out/notes.log"
start=$(date +%s)
step "from the recording to an event file" \
	"$mmulab" import "$populate" -o "$out/populate-4k.mmt"
step "the same for a host that ages pages while the guest touches them" \
	"$mmulab" import "$aging" -o "$out/aging.mmt"

step "first touch: faults shared, as in 6.12, or exclusive; the recorded vCPUs" \
	"$mmulab" replay "$out/populate-4k.mmt" -p x86-6.12 -p fault-write --db "$db"
step "the same with 16 copies of the recorded vCPUs that do nothing but touch" \
	"$mmulab" replay "$out/populate-4k.mmt" -p x86-6.12 -p fault-write --clone 16 --pacing asap --db "$db"
step "aging: under the write lock, as in 6.12, the read lock, or none; the recorded vCPUs" \
	"$mmulab" replay "$out/aging.mmt" -p x86-6.12 -p x86-6.12+seed-004 -p age-lockless --db "$db"
step "the same with 16 copies of everything and no thinking time: contention at its worst" \
	"$mmulab" replay "$out/aging.mmt" -p x86-6.12 -p x86-6.12+seed-004 -p age-lockless --clone 16 --pacing asap \
	--db "$db"

step "runs side by side (this is the last trace; --all shows the others too)" \
	"$mmulab" compare "$db"
step "pictures" "$mmulab" plot "$db" -o "$out"
step "one page about all of it" "$mmulab" report "$db" -o "$out/report.html"
step "every run in a browser, to be filtered and sorted" "$mmulab" dashboard "$db" -o "$out/dashboard" --pictures 1

echo
echo "Done in $(($(date +%s) - start)) s. Made:"
echo "  $db           all figures; sqlite3 $db 'SELECT * FROM latency'"
echo "  $out/report.html          start here: tables, pictures, caveats, how to repeat it"
echo "  $out/dashboard/index.html the same for a browser: all runs, each by itself"
echo "  $out/*.svg                $(find "$out" -maxdepth 1 -name '*.svg' | wc -l) pictures"
echo "  $out/*.mmt                the event files, for the commands the report ends with"
echo "  $out/notes.log            what replay noted on its way"
