# SPDX-License-Identifier: GPL-2.0-or-later
# Is this the text exposition format of Prometheus, version 0.0.4?  Prints what is wrong, status 1.
function wrong(what) { print FILENAME ":" FNR ": " what ": " $0; bad = 1 }
function family_of(name, type) { if (type == "histogram") sub(/_(bucket|sum|count)$/, "", name); return name }
/^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* [^\\]+$/ { if ($3 in help) wrong("a second HELP"); help[$3] = 1; next }
/^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram)$/ {
	if ($3 in type) wrong("a second TYPE")
	if (!($3 in help)) wrong("TYPE without HELP")
	if ($4 == "counter" && $3 !~ /_total$/) wrong("a counter that is no _total")
	if ($4 != "counter" && $3 ~ /_total$/) wrong("a _total that is no counter")
	type[$3] = $4
	now = $3
	next
}
/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*")*\})? [-+]?([0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|Inf|NaN)$/ {
	series = $0; sub(/ [^ ]*$/, "", series)
	name = series; sub(/\{.*/, "", name)
	if (family_of(name, type[now]) != now) wrong("a sample that is not of the TYPE before it")
	if (series in seen) wrong("a second sample of this series")
	seen[series] = 1
	if (type[now] == "histogram" && name !~ /_(bucket|sum|count)$/) wrong("not a part of a histogram")
	if (type[now] != "gauge" && $NF < 0) wrong("less than nothing")
	if (name ~ /_bucket$/) {
		others = series; sub(/,le="[^"]*"\}$/, "}", others); sub(/_bucket/, "", others)
		if (others == series) wrong("a bucket without le")
		if (others in last && $NF < last[others]) wrong("fewer than in the bucket before")
		last[others] = $NF
		if (series ~ /le="\+Inf"/) all[others] = $NF
	}
	if (name ~ /_count$/ && type[now] == "histogram") {
		others = series; sub(/_count/, "", others)
		if (!(others in all) || all[others] != $NF) wrong("not as many as in the last bucket")
	}
	next
}
{ wrong("no line of this format") }
END { if (!NR) { print "nothing"; bad = 1 } exit bad }
