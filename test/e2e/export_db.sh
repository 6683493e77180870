#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs of a database as CSV, JSON and OpenMetrics: everything is there, and in the form it claims; docs/database.md is true.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
: >"$tmp/log"
db=$tmp/results.db

sql() { sqlite3 "$db" "$1" 2>>"$tmp/err"; }

"$mmulab" import datasets/x86-6.12-aging-mglru.dat -o "$tmp/aging.mmt" >"$tmp/out" 2>"$tmp/err" &&
	"$mmulab" import datasets/x86-6.12-populate-thp.dat -o "$tmp/thp.mmt" >"$tmp/out" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 -p age-lockless --db "$db" >"$tmp/out" 2>"$tmp/err" &&
	"$mmulab" replay "$tmp/thp.mmt" --db "$db" >"$tmp/out" 2>"$tmp/err"
result $? "three runs of two traces"

"$mmulab" export --format csv -o "$tmp/tables" "$db" >"$tmp/out" 2>"$tmp/err"
result $? "all tables"
for table in run knob metric hist blame series heat fidelity; do
	columns=$(sql "SELECT group_concat(name, ', ') FROM pragma_table_info('$table') WHERE name <> 'blob'")
	sqlite3 -cmd ".import --csv $tmp/tables/$table.csv $table" :memory: "SELECT quote(v) FROM (SELECT json_array($columns) AS v FROM $table) ORDER BY 1" \
		>"$tmp/csv" 2>"$tmp/err"
	# CSV knows no types: numbers of the database are texts there.
	sqlite3 "$db" "SELECT quote(v) FROM (SELECT json_array($(sed -E 's/[a-z0-9_]+/CAST(& AS TEXT)/g' <<<"$columns")) AS v FROM $table) ORDER BY 1" \
		>"$tmp/want" 2>>"$tmp/err"
	# sqlite3 reads a head, when it makes the table.
	diff "$tmp/want" "$tmp/csv" >"$tmp/log" && [ "$(wc -l <"$tmp/csv")" = "$(sql "SELECT count(*) FROM $table")" ]
	result $? "$table.csv has the table's rows"
done
file "$tmp/tables/run.csv" 2>/dev/null | grep -q CRLF || grep -q $'\r$' "$tmp/tables/run.csv"
result $? "lines end with CR LF"
[ "$(awk -F, 'NR > 1 { sub(/\r/, ""); n += $6 } END { print n }' "$tmp/tables/bucket.csv")" = "$(sql "SELECT sum(n) FROM hist")" ]
result $? "buckets hold every record"
says "one table" 0 out "run,waiter,holder,ns,n" "$mmulab" export --format csv --table blame "$db"
"$mmulab" export --format csv -o "$tmp/tables" "$db" >"$tmp/out" 2>"$tmp/err"
result $? "again into the folder it made"

"$mmulab" export --format json "$db" >"$tmp/all.json" 2>"$tmp/err"
json() { sqlite3 :memory: "SELECT $1 FROM json_each(readfile('$tmp/all.json'), '\$.runs')" 2>"$tmp/err"; }
[ "$(json "count(*)")" = 3 ] && [ "$(json "sum(json_extract(value, '\$.metrics.stall.value'))")" = "$(sql "SELECT sum(value) FROM metric WHERE name = 'stall'")" ]
result $? "JSON: runs and metrics"
[ "$(sqlite3 :memory: "SELECT count(*), sum(json_extract(p.value, '\$.n')) FROM json_each(readfile('$tmp/all.json'), '\$.runs') AS r,
	json_each(r.value, '\$.latency') AS o, json_each(o.value) AS p")" = "$(sql "SELECT count(*), sum(n) FROM hist")" ]
result $? "JSON: latencies"
[ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('$tmp/all.json'), '\$.runs') AS r,
	json_each(r.value, '\$.series') AS s, json_each(s.value)")" = "$(sql "SELECT count(*) FROM series")" ]
result $? "JSON: time lines"
keys=$(json "group_concat(key) FROM (SELECT j.key FROM json_each(readfile('$tmp/all.json'), '\$.runs[0]') AS j ORDER BY j.id) --")
[ "$keys" = "$(sql "SELECT group_concat(name) FROM pragma_table_info('run')"),knobs,metrics,latency,blame,series,heat" ]
result $? "JSON: the keys that docs/database.md names"

"$mmulab" export --format openmetrics -o "$tmp/all.txt" "$db" 2>"$tmp/err" && awk -f test/e2e/openmetrics.awk "$tmp/all.txt" >"$tmp/log"
result $? "OpenMetrics"
[ "$(grep -c '^mmulab_latency_seconds_count{' "$tmp/all.txt")" = "$(sql "SELECT count(*) FROM hist")" ] &&
	[ "$(grep '^mmulab_latency_seconds_count{' "$tmp/all.txt" | awk '{ n += $2 } END { print n }')" = "$(sql "SELECT sum(n) FROM hist")" ]
result $? "with every histogram"
[ "$(grep '^mmulab_stall_seconds{run="2"' "$tmp/all.txt" | awk '{ printf "%.0f", $2 * 1e9 }')" = "$(sql "SELECT value FROM metric WHERE run = 2 AND name = 'stall'")" ]
result $? "times in seconds"

says "one run" 0 out 'run="2"' "$mmulab" export --format openmetrics --run 2 "$db"
! grep -qE 'run="[13]"' "$tmp/out"
result $? "and no other"
says "one trace" 0 out 'trace="thp.mmt"' "$mmulab" export --format openmetrics --trace 'thp*' "$db"
! grep -q 'trace="aging' "$tmp/out"
result $? "and no other"

# Names of people: quotes, commas and lines of their own survive.
sqlite3 "$db" "UPDATE run SET branch = 'a \"b\", c' || char(10) || 'd\\e' WHERE id = 1"
"$mmulab" export --format csv --table run --run 1 "$db" >"$tmp/odd.csv" 2>"$tmp/err"
[ "$(sqlite3 -cmd ".import --csv $tmp/odd.csv odd" :memory: "SELECT branch FROM odd")" = "$(sql "SELECT branch FROM run WHERE id = 1")" ]
result $? "CSV: odd texts"
"$mmulab" export --format openmetrics --run 1 "$db" >"$tmp/odd.txt" 2>"$tmp/err" && awk -f test/e2e/openmetrics.awk "$tmp/odd.txt" >"$tmp/log" &&
	grep -qF 'branch="a \"b\", c\nd\\e"' "$tmp/odd.txt"
result $? "OpenMetrics: odd texts"

# Every example of the page runs, and finds something.
awk '/^```sql$/ { f = 1; n++; next } /^```$/ { f = 0 } f { print > (dir "/example-" n ".sql") }' dir="$tmp" docs/database.md
for example in "$tmp"/example-*.sql; do
	sqlite3 -bail -header "$db" <"$example" >"$tmp/out" 2>"$tmp/err" && [ "$(wc -l <"$tmp/out")" -gt 1 ]
	result $? "docs/database.md: $(basename "$example")"
done
for table in $(sql "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"); do
	missing=''
	for column in $(sql "SELECT name FROM pragma_table_info('$table')"); do
		grep -qF "\`$column\`" docs/database.md || missing="$missing $column"
	done
	echo "missing:$missing" >"$tmp/log"
	[ -z "$missing" ] && grep -qE "\*\*$table\*\*|\`$table\`" docs/database.md
	result $? "docs/database.md: $table and its columns"
done

says "no format" 2 err "what to export" "$mmulab" export "$db"
says "an unknown one" 2 err "not one of csv, json, openmetrics" "$mmulab" export --format xml "$db"
says "all tables to a stream" 2 err "a file for each table" "$mmulab" export --format csv "$db"
says "an unknown table" 2 err "not one of run, knob" "$mmulab" export --format csv --table people "$db"
says "no such run" 3 err "99" "$mmulab" export --format json --run 99 "$db"
says "no database" 3 err "none.db" "$mmulab" export --format json "$tmp/none.db"
mkdir "$tmp/other" && : >"$tmp/other/mine"
says "a folder with other things in it" 3 err "other" "$mmulab" export --format csv -o "$tmp/other" "$db"
[ -e "$tmp/other/mine" ]
result $? "which are left alone"
echo "1..$n"
