# SPDX-License-Identifier: GPL-2.0-or-later
# Is this OpenMetrics 1.0 text?  Prints what is wrong, status 1.
function wrong(what) { print FILENAME ":" FNR ": " what ": " $0; bad = 1 }
ended { wrong("something behind # EOF") }
/^# EOF$/ { ended = 1; next }
/^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (gauge|histogram|info)$/ {
	if ($3 in type) wrong("a family in two places")
	now = $3
	type[now] = $4
	next
}
/^# UNIT [a-zA-Z_:][a-zA-Z0-9_:]* [a-z]+$/ { if ($3 != now || $3 !~ "_" $4 "$") wrong("a unit that does not end its family's name"); next }
/^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+$/ { if ($3 != now) wrong("HELP of another family"); next }
/^[a-zA-Z_:][a-zA-Z0-9_:]*\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\} -?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$/ {
	series = $0; sub(/ [^ ]*$/, "", series)
	name = series; sub(/\{.*/, "", name)
	want = now
	if (type[now] == "info") want = now "_info"
	if (type[now] == "histogram" ? name !~ "^" now "_(bucket|sum|count)$" : name != want) wrong("a sample of another family")
	if (series in seen) wrong("a second sample of this series")
	seen[series] = 1
	if (name ~ /_bucket$/ && type[now] == "histogram") {
		others = series; sub(/,le="[^"]*"\}$/, "}", others); sub(/_bucket/, "", others)
		if (others == series) wrong("a bucket without le")
		if (others in last && $NF + 0 < last[others]) wrong("fewer than in the bucket before")
		last[others] = $NF + 0
		if (series ~ /le="\+Inf"/) all[others] = $NF
	}
	if (name ~ /_count$/ && type[now] == "histogram") {
		others = series; sub(/_count/, "", others)
		if (!(others in all) || all[others] != $NF) wrong("not as many as in the last bucket")
	}
	next
}
{ wrong("no line of this format") }
END { if (!ended) { print "no # EOF"; bad = 1 } exit bad }
