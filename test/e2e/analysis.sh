#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From stored runs to tables, pictures and a page; and what happens when the
# database, the disk or gnuplot is not what it should be.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
export SOURCE_DATE_EPOCH=1700000000

sql() {
	sqlite3 "$tmp/r.db" "$1"
}

# --- runs to look at ---
"$mmulab" import datasets/x86-6.12-aging-mglru.dat -o "$tmp/aging.mmt" >/dev/null 2>"$tmp/err"
: >"$tmp/out"
replay=("$mmulab" replay "$tmp/aging.mmt" --clone 4 --pacing asap)
says "three policies are stored" 0 out "x86-6.12" \
	"${replay[@]}" -p x86-6.12 -p x86-6.12+seed-004 -p age-lockless --db "$tmp/r.db"
says "and the recorded vCPUs alone" 0 out "x86-6.12" "$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 --db "$tmp/r.db"

# --- any sqlite3 client ---
[ "$(sql "SELECT count(*) FROM run")" = 4 ]
result $? "the database has a row per run"
[ "$(sql "SELECT count(*) FROM latency WHERE op = 'access' AND phase = 'total' AND n > 0 AND p50_ns <= p99_ns AND p99_ns <= max_ns")" = 4 ]
result $? "the latency view reads with the sqlite3 shell"
[ "$(sql "SELECT group_concat(DISTINCT figures) FROM latency")" = modelled ]
result $? "latencies of virtual time are modelled"
[ "$(sql "SELECT name FROM pragma_table_info('latency')" | head -n 11 | paste -sd,)" = \
	run,policy,op,phase,n,min_ns,p50_ns,p90_ns,p99_ns,p999_ns,max_ns ]
result $? "the latency view has the documented columns"
[ "$(sql "SELECT stall_ns > 0 AND share_ppm > 0 FROM stall WHERE run = 1")" = 1 ]
result $? "the stall view"
[ "$(sql "SELECT sum(share_ppm) BETWEEN 990000 AND 1000000 FROM blame_matrix WHERE run = 1")" = 1 ]
result $? "the blame_matrix view"
[ "$(sql "SELECT value FROM knob WHERE run = 3 AND name = 'age.lock'")" = lockless ]
result $? "knobs are rows"
[ "$(sql "PRAGMA integrity_check; PRAGMA foreign_key_check")" = ok ]
result $? "the database is sound"

# --- compare ---
says "compare shows the last trace" 0 out "access waited for age" "$mmulab" compare "$tmp/r.db"
says "compare: percentiles" 0 out "p99.9, " "$mmulab" compare "$tmp/r.db"
says "compare: the recorded vCPUs stand apart" 0 out "4 times the recorded vCPUs" "$mmulab" compare "$tmp/r.db"
says "compare: one policy" 0 out "age-lockless (run 3" "$mmulab" compare "$tmp/r.db" --policy age-lockless
says "compare: runs by number" 0 out "[1] age-lockless" "$mmulab" compare "$tmp/r.db" --run 3 --run 1
"$mmulab" compare --json "$tmp/r.db" >"$tmp/c.json" 2>"$tmp/err"
[ "$(sqlite3 :memory: "SELECT json_valid(readfile('$tmp/c.json'))")" = 1 ]
result $? "compare --json is JSON"
[ "$(sqlite3 :memory: "SELECT json_extract(readfile('$tmp/c.json'), '\$.groups[0].runs[2].latency.access.total.p99_ns')")" = \
	"$(sql "SELECT p99_ns FROM latency WHERE run = 3 AND op = 'access' AND phase = 'total'")" ]
result $? "compare --json has the latency view's numbers"
[ "$(sqlite3 :memory: "SELECT json_extract(readfile('$tmp/c.json'), '\$.groups[0].runs[0].metrics.stall.value')")" = \
	"$(sql "SELECT stall_ns FROM stall WHERE run = 1")" ]
result $? "compare --json has the stall"

# --- plot ---
says "plot says what it wrote" 0 out "$tmp/svg/aging-x4-asap-access-cdf.svg" "$mmulab" plot "$tmp/r.db" -o "$tmp/svg"
bad=0
for f in "$tmp"/svg/*.svg; do
	if [ "$(head -c 5 "$f")" != "<?xml" ] || [ "$(tail -c 8 "$f" | tr -d '\n')" != "</svg>" ]; then
		bad=1
	fi
done
[ $bad = 0 ] && [ "$(find "$tmp/svg" -name '*.svg' | wc -l)" -ge 10 ]
result $? "pictures are whole SVG files"
grep -q "access waited for invalidate" "$tmp/svg/aging-x4-asap-blame.svg"
result $? "the picture of the blame names who waited for whom"
"$mmulab" plot "$tmp/r.db" -o "$tmp/svg2" >"$tmp/out" 2>"$tmp/err" && diff -r "$tmp/svg" "$tmp/svg2" >"$tmp/out"
result $? "the same database gives the same pictures"
says "one figure as PNG" 0 out "aging-x4-asap-wait-time.png" \
	"$mmulab" plot "$tmp/r.db" -o "$tmp/png" --fig wait-time --format png --run 1 --run 3
[ "$(find "$tmp/png" -type f | wc -l)" = 1 ] && [ "$(head -c 4 "$tmp"/png/*.png | tail -c 3)" = PNG ]
result $? "it is a PNG, and the only one"
says "plot --list" 0 out "access-cdf" "$mmulab" plot --list
says "an unknown figure" 2 err "no such figure" "$mmulab" plot "$tmp/r.db" -o "$tmp/svg" --fig nothing
says "an unknown format" 2 err "give svg or png" "$mmulab" plot "$tmp/r.db" -o "$tmp/svg" --format pdf
says "no folder to write to" 2 err "-o DIR is missing" "$mmulab" plot "$tmp/r.db"
says "a file where the folder should be" 3 err "$tmp/aging.mmt" "$mmulab" plot "$tmp/r.db" -o "$tmp/aging.mmt/x"

# --- report ---
says "report says what it wrote" 0 out "$tmp/r.html" "$mmulab" report "$tmp/r.db" -o "$tmp/r.html"
! grep -qE "https?://|<script|<link|<img|@import|url\((['\"]?)(http|//)" "$tmp/r.html"
result $? "the page loads nothing"
[ "$(grep -c "<svg " "$tmp/r.html")" -ge 10 ] && tail -n 1 "$tmp/r.html" | grep -q "</html>"
result $? "the page has its pictures inside"
grep -q "Fault attempts under x86-6.12: [0-9]*, where the recording has [0-9]*" "$tmp/r.html"
result $? "the page says that the replay retries more often than the recording"
grep -q "mmulab replay .*--clone 4.*--db results.db" "$tmp/r.html"
result $? "the page says how to repeat it"
"$mmulab" report "$tmp/r.db" -o "$tmp/r2.html" >"$tmp/out" 2>"$tmp/err" && cmp "$tmp/r.html" "$tmp/r2.html" >"$tmp/out"
result $? "the same database gives the same page"
says "no page to write" 2 err "-o FILE is missing" "$mmulab" report "$tmp/r.db"
says "a format there is not" 2 err "give html, markdown or mail" "$mmulab" report "$tmp/r.db" --format pdf
says "a mail is printed" 0 out "seed-004 against x86-6.12: stall per vCPU" "$mmulab" report "$tmp/r.db" --format mail
cp "$tmp/out" "$tmp/mail"
[ "$(LC_ALL=C.UTF-8 sed -nE '/^.{73}/p' "$tmp/mail" | wc -l)" = 0 ] && [ "$(wc -l <"$tmp/mail")" -gt 60 ]
result $? "no line of the mail is longer than 72 columns"
! grep -qE '<|`|\*\*|\|' "$tmp/mail"
result $? "and none has marks of another form"
# What the mail says to type is what was typed.
sed -n '/^To make it again/,/^Trace hash/p' "$tmp/mail" | sed -n '/^  mmulab replay/,/[^\]$/p' | head -n 20 >"$tmp/typed"
printf 'mmulab() { printf "%%s " "$@"; echo; }\n%s\n' "$(cat "$tmp/typed")" | bash >"$tmp/out" 2>"$tmp/err"
grep -q "^replay $tmp/aging.mmt -p x86-6.12+seed-004 --pacing asap --clone 4 .*--db results.db $" "$tmp/out"
result $? "the mail's folded commands are the whole commands"
says "how sure it is" 0 out "unsure, small" "$mmulab" report "$tmp/r.db" --format mail
says "Markdown is printed" 0 out "| stall per vCPU |" "$mmulab" report "$tmp/r.db" --format markdown
! grep -q "svg" "$tmp/out"
result $? "without pictures"
says "a folder of Markdown and pictures" 0 out "$tmp/md/report.md" "$mmulab" report "$tmp/r.db" --format markdown -o "$tmp/md"
grep -oE '\]\([^)]*\.svg\)' "$tmp/md/report.md" | tr -d '](),' | (cd "$tmp/md" && xargs ls) >"$tmp/out" 2>&1 &&
	[ "$(wc -l <"$tmp/out")" -ge 20 ] && [ "$(find "$tmp/md" -name '*.svg' | wc -l)" = "$(wc -l <"$tmp/out")" ]
result $? "all pictures are there, and are in the text"
awk -F'|' '/^\|/ { if (n && NF != n) bad = 1; n = NF } !/^\|/ { n = 0 } END { exit bad }' "$tmp/md/report.md"
result $? "each row of a Markdown table has all its columns"
says "a report says what it does not know of the trace" 0 out "verify --db" "$mmulab" report "$tmp/r.db" --format mail
says "verify keeps the score" 0 out "(100.000 %)" "$mmulab" verify "$tmp/aging.mmt" --db "$tmp/r.db"
says "for the report" 0 out "did in 100.00 % of" "$mmulab" report "$tmp/r.db" --format markdown
says "an audit has no score to keep" 2 err "leave out --audit" "$mmulab" verify "$tmp/aging.mmt" --audit --db "$tmp/r.db"

# --- hardware beside the lab: a tenth of the time in the state that is named after the second policy ---
cp "$tmp/r.db" "$tmp/hw.db"
for state in 6.12:0.500 6.12+seed-004:0.050; do
	printf '$ ./access_tracking_perf_test -v 64\nMark memory idle              : %ss\n' "${state#*:}" >"$tmp/printed"
	"$mmulab" import --selftest "$tmp/printed" --db "$tmp/hw.db" --arch x86 --kernel "${state%:*}" --published list >"$tmp/out" 2>"$tmp/err"
done
says "published figures are drawn" 0 out "aging-x4-asap-published.svg" "$mmulab" plot "$tmp/hw.db" --fig published -o "$tmp/svg"
grep -q ">0.1x<" "$tmp/svg/aging-x4-asap-published.svg" &&
	grep -q "age time, x86-6.12+seed-004 (access_tracking_perf_test)" "$tmp/svg/aging-x4-asap-published.svg"
result $? "their ratio stands beside the lab's"

# --- databases that are none ---
for verb in compare "plot -o $tmp/none" "report -o $tmp/none.html"; do
	read -ra words <<<"$verb"
	says "${words[0]}: no such database" 3 err "$tmp/missing.db" "$mmulab" "${words[@]}" "$tmp/missing.db"
	says "${words[0]}: a text file" 3 err "not an SQLite database" "$mmulab" "${words[@]}" README.md
done
: >"$tmp/empty.db"
says "an empty file" 3 err "an empty database" "$mmulab" compare "$tmp/empty.db"
sqlite3 "$tmp/foreign.db" "CREATE TABLE t (x)"
says "somebody else's database" 3 err "not mmulab's" "$mmulab" compare "$tmp/foreign.db"
says "somebody else's database is not written to" 3 err "not mmulab's" "${replay[@]}" --db "$tmp/foreign.db"
# The first schema, with the same runs.
v1=id,time,version,trace,trace_hash,arch,kernel,runtime,pacing,seed,clones,policy,policy_text,costs_text,host_text,assumed,command,status
sqlite3 "$tmp/older.db" ".read result/schema.sql" "ATTACH '$tmp/r.db' AS r; INSERT INTO run ($v1) SELECT $v1 FROM r.run;
	INSERT INTO knob SELECT * FROM r.knob; INSERT INTO metric SELECT * FROM r.metric; INSERT INTO hist SELECT * FROM r.hist;
	INSERT INTO blame SELECT * FROM r.blame; INSERT INTO series SELECT * FROM r.series;
	PRAGMA application_id = $((0x6d6d756c)); PRAGMA user_version = 1"
says "the database of an older program is read" 0 out "access none" "$mmulab" compare "$tmp/older.db"
[ "$(sqlite3 "$tmp/older.db" "PRAGMA user_version")" = 1 ]
result $? "and left as it is"
says "until a run is stored in it" 0 out "x86-6.12" "${replay[@]}" -p x86-6.12 --access model --db "$tmp/older.db"
[ "$(sqlite3 "$tmp/older.db" "SELECT group_concat(DISTINCT access) FROM run")" = none,model ]
result $? "which says that it used the access model"
says "with and without the access model stand side by side" 0 out "x86-6.12, access model" \
	"$mmulab" compare "$tmp/older.db" --policy x86-6.12
cp "$tmp/r.db" "$tmp/newer.db" && sqlite3 "$tmp/newer.db" "PRAGMA user_version = 99"
says "a newer program's database" 3 err "newer mmulab" "$mmulab" compare "$tmp/newer.db"
head -c 20000 "$tmp/r.db" >"$tmp/cut.db"
says "half a database" 3 err "damaged" "$mmulab" compare "$tmp/cut.db"
says "a trace that is not there" 3 err "no such run" "$mmulab" compare "$tmp/r.db" --trace nothing
[ ! -e "$tmp/none" ] && [ ! -e "$tmp/none.html" ] && [ ! -e "$tmp/missing.db" ]
result $? "none of these left anything"

# --- a folder nobody may write to; root may, so root becomes somebody else ---
mkdir "$tmp/ro" && cp "$tmp/r.db" "$tmp/ro/" && chmod 555 "$tmp/ro" && chmod 755 "$tmp" && chmod 444 "$tmp/ro/r.db"
as=()
[ "$(id -u)" = 0 ] && as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${as[@]}" "$mmulab" --version >/dev/null 2>&1; then
	says "a read-only folder is read" 0 out "access waited for age" "${as[@]}" "$mmulab" compare "$tmp/ro/r.db"
	says "and not written to" 4 err "r.db" "${as[@]}" "${replay[@]}" --db "$tmp/ro/r.db"
	says "no new database there" 4 err "new.db" "${as[@]}" "${replay[@]}" --db "$tmp/ro/new.db"
else
	echo "ok $((++n)) - a read-only folder is read # SKIP nobody may run $mmulab"
fi

# --- a full disk: files may not grow ---
small() {
	(ulimit -f 16 && exec "$@")
}
sql .dump >"$tmp/before"
says "full disk while storing: one line, status 4" 4 err "r.db: cannot store the run" small "${replay[@]}" --db "$tmp/r.db"
sql .dump | cmp - "$tmp/before" >"$tmp/out"
result $? "the runs stored before are unharmed"
mkdir "$tmp/full"
says "full disk while making a database" 4 err "new.db" small "${replay[@]}" --db "$tmp/full/new.db"
says "full disk while writing the page" 4 err "new.html" small "$mmulab" report "$tmp/r.db" -o "$tmp/full/new.html"
says "full disk while replacing the page" 4 err "r.html" small "$mmulab" report "$tmp/r.db" -o "$tmp/r.html"
cmp "$tmp/r.html" "$tmp/r2.html" >"$tmp/out"
result $? "the old page is unharmed"
says "full disk while drawing" 4 err "access-time.svg" small "$mmulab" plot "$tmp/r.db" -o "$tmp/full" --fig access-time
[ -z "$(ls -A "$tmp/full")" ]
result $? "nothing half-written is left"

# --- no gnuplot ---
mkdir "$tmp/bin"
says "no gnuplot: what to install" 4 err "apt-get install gnuplot-nox" \
	env PATH="$tmp/bin" "$mmulab" plot "$tmp/r.db" -o "$tmp/full" --fig stall
[ -z "$(ls -A "$tmp/full")" ]
result $? "and no empty picture"
echo "1..$n"
