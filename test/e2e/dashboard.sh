#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The dashboard: its folder, and in a real browser: it loads, filters, sorts, follows links, shows where a series of
# commits got worse, by keyboard too, and says nothing to the console.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
export SOURCE_DATE_EPOCH=1700000000
site=$tmp/site

# --- thirty commits of a policy: at the eighteenth its faults take mmu_lock exclusively ---
"$mmulab" import datasets/x86-6.12-populate-4k.dat -o "$tmp/populate.mmt" >/dev/null 2>"$tmp/err"
for commit in $(seq 1 30); do
	echo "inherit = x86-6.12" >"$tmp/candidate.ini"
	[ "$commit" -lt 18 ] || echo "fault.lock = write" >>"$tmp/candidate.ini"
	SOURCE_DATE_EPOCH=$((1700000000 + commit * 3600)) "$mmulab" replay "$tmp/populate.mmt" -p x86-6.12 -p "$tmp/candidate.ini" \
		--clone 2 --subject "commit-$commit" --db "$tmp/r.db" >"$tmp/out" 2>"$tmp/err" || break
done
[ "$(sqlite3 "$tmp/r.db" "SELECT count(*) FROM run")" = 60 ]
result $? "thirty commits are stored"
"$mmulab" import datasets/x86-6.12-aging-mglru.dat -o "$tmp/aging.mmt" >/dev/null 2>"$tmp/err"
for seed in 1 2 3; do
	says "and another trace, seed $seed" 0 out "age-lockless" "$mmulab" replay "$tmp/aging.mmt" -p x86-6.12 -p x86-6.12+seed-004 \
		-p age-lockless --time-scale auto --seed $seed --db "$tmp/r.db"
done
# A name that would be markup, were it taken for it.
evil='<script>alert(1)</script><img src=x onerror=alert(2)>&amp;"'\''.mmt'
sqlite3 "$tmp/r.db" "UPDATE run SET trace = '${evil//\'/\'\'}', branch = '</script><b>x' WHERE id = 69"

# --- the folder ---
dashboard=("$mmulab" dashboard "$tmp/r.db" -o)
says "the dashboard says what it wrote" 0 out "$site/index.html" "${dashboard[@]}" "$site" --pictures 1
"${dashboard[@]}" "$tmp/again" --pictures 1 >"$tmp/out" 2>"$tmp/err" && diff -r "$site" "$tmp/again" >"$tmp/out"
result $? "the same database gives the same folder"
[ -s "$site/pictures/36-access-cdf.svg" ] && [ -z "$(find "$site/pictures" -type f ! -name '36-*')" ]
result $? "the one run that is drawn is the first after the change"
says "a rebuild replaces the folder" 0 out "index.html" "${dashboard[@]}" "$tmp/again" --pictures none
[ ! -e "$tmp/again/pictures" ] && [ -z "$(find "$tmp" -maxdepth 1 -name '.*.tmp')" ]
result $? "with all that was in it"
echo mine >"$tmp/again/mine.txt"
says "but not one that holds somebody's file" 3 err "again/mine.txt: not written by mmulab dashboard" "${dashboard[@]}" "$tmp/again"
[ -s "$tmp/again/mine.txt" ] && [ -s "$tmp/again/index.html" ] && [ -z "$(find "$tmp" -maxdepth 1 -name '.*.tmp')" ]
result $? "which is left as it was"
mkdir "$tmp/other" && echo text >"$tmp/other/index.html"
says "nor a folder of another's" 3 err "other/index.html: not written by mmulab dashboard" "${dashboard[@]}" "$tmp/other"
says "nor a file" 3 err "not a folder" "${dashboard[@]}" "$tmp/r.db"
mkdir "$tmp/empty"
says "an empty folder is taken" 0 out "$tmp/empty/index.html" "${dashboard[@]}" "$tmp/empty/" --pictures none
says "no folder to write" 2 err "-o DIR is missing" "$mmulab" dashboard "$tmp/r.db"
says "a number of pictures that is none" 2 err "--pictures some: give a number" "${dashboard[@]}" "$tmp/none" --pictures some
says "no such run" 3 err "no such run" "${dashboard[@]}" "$tmp/none" --trace nothing
says "a folder that is not there" 3 err "$tmp/absent/site" "${dashboard[@]}" "$tmp/absent/site"
says "one trace only" 0 out "index.html" "${dashboard[@]}" "$tmp/one" --trace aging --pictures none
! grep -q populate.mmt "$tmp/one/data.js"
result $? "holds nothing of the others"
full() {
	(ulimit -f 16 && exec "$@")
}
cp -r "$site" "$tmp/before"
says "full disk: one line, status 4" 4 err "data.js" full "${dashboard[@]}" "$site" --pictures none
diff -r "$site" "$tmp/before" >"$tmp/out" && [ -z "$(find "$tmp" -maxdepth 1 -name '.*.tmp')" ]
result $? "and the folder is what it was"
! grep -rnE "https?://|fetch\(|XMLHttpRequest|innerHTML|eval\(" "$site" --include='*.html' --include='*.js' --include='*.css' |
	grep -v http://www.w3.org/2000/svg >"$tmp/log"
result $? "its pages name no other place, and take no text for markup"

# --- in a browser ---
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$chromium" ]; then
	echo "ok $((++n)) - in a browser # SKIP there is no chromium"
	echo "1..$n"
	exit 0
fi
# shellcheck disable=SC2046 # several flags
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -O1 -o "$tmp/browser" test/browser.c $(pkg-config --cflags --libs jansson) 2>"$tmp/log"
result $? "what drives the browser compiles"
browse() {	# browse FOLDER <SCRIPT: what it got in $tmp/out, complaints in $tmp/err
	timeout 300 "$tmp/browser" "$chromium" "$tmp/$1" >"$tmp/out" 2>"$tmp/err"
}
# has NAME VALUE: the page said so
has() { grep -qxF -- "$1=$2" "$tmp/out"; }

if ! browse probe <<<"get answer 6 * 7" || ! has answer 42; then
	echo "ok $((++n)) - in a browser # SKIP $chromium does not start here: $(tail -n 1 "$tmp/err")"
	echo "1..$n"
	exit 0
fi

page=file://$site/index.html
ready='wait document.querySelectorAll("main table").length > 0'
browse profile <<END
size 1280 900
open $page
$ready
get title document.querySelector("h1").textContent
get overview document.querySelector("[role=status]").textContent
get markup [...document.querySelectorAll("tbody tr")].filter((r) => r.cells[0].querySelector("a").textContent.includes("<script>")).length
get made document.querySelectorAll("main script, main b, img[onerror]").length
get heads [...document.querySelectorAll("thead th")].every((th) => th.scope === "col") && [...document.querySelectorAll("tbody tr")].every((r) => r.cells[0].scope === "row")
get sure [...document.querySelectorAll("tbody tr")].find((r) => r.textContent.startsWith("aging.mmt")).cells[4].textContent.replace(/.*× ?(worse|better)?/, "").match(/^(not sure|sure, large|sure, small|large, not sure)\$/) !== null
get chips [...document.querySelectorAll(".chip")].map((c) => c.textContent).join()

open $page#runs
$ready
get all document.querySelector("[role=status]").textContent
do const q = document.querySelector("input[name=q]"); q.focus(); q.value = "candidate commit-2"; q.dispatchEvent(new Event("input"))
wait document.querySelector("[role=status]").textContent !== "69 of 69 runs"
get filtered document.querySelector("[role=status]").textContent
get typing document.activeElement.name
get address1 location.hash
do document.querySelector('button[data-sort="access.total.p99"]').focus()
key Enter
get up document.querySelector('button[data-sort="access.total.p99"]').closest("th").ariaSort
key Enter
get down document.querySelector('button[data-sort="access.total.p99"]').closest("th").ariaSort
get focus document.activeElement.dataset.sort
get address2 location.hash

open $page#runs?q=candidate+commit-2&sort=access.total.p99&dir=desc
$ready
get again document.querySelector("[role=status]").textContent
get order document.querySelector('th[aria-sort="descending"] button').dataset.sort
get field document.querySelector("input[name=q]").value
get last [...document.querySelectorAll("tbody tr")].at(-1).cells[[...document.querySelectorAll("thead th")].findIndex((th) => th.textContent === "Commit")].textContent
do const u = document.querySelector("input[name=q]"); u.value = "no such thing"; u.dispatchEvent(new Event("input"))
wait document.querySelector("[role=status]").textContent === "0 of 69 runs"

open $page#trends
$ready
get trends document.querySelector("[role=status]").textContent
get commits [...document.querySelectorAll("table")[0].querySelectorAll("tbody th")].map((th) => th.textContent).join()
get label document.querySelector(".trend svg").getAttribute("aria-label").includes("changes at commit-18: ")
get named [...document.querySelectorAll(".trend svg text.named")].map((t) => t.textContent).join()
get worse document.querySelector(".trend li.bad").textContent.includes("worse")
do document.querySelector("table tbody th a").click()
wait location.hash === "#trends?at=commit-18"
do document.querySelectorAll("table")[1].querySelector("tbody th a").click()
wait document.querySelectorAll("h2").length > 5
get run document.querySelector("h1").textContent.split(" on ")[0]
get headed document.activeElement === document.querySelector("h1")
get against document.querySelector("select[name=with]").selectedOptions[0].textContent
get knob [...document.querySelectorAll("table")].find((t) => t.caption.textContent.startsWith("Policies")).rows[1].textContent
get command document.querySelector("pre").textContent.split("\n")[0].includes("mmulab replay $tmp/populate.mmt -p ")
get drawn Promise.all([...document.querySelectorAll("figure img[alt]")].map((i) => { i.loading = "eager"; return i.decode(); })).then((all) => all.length > 3)
do history.back()
wait document.querySelector("h1").textContent === "Trends over commits"
get back location.hash

open $page
$ready
key Tab
get skip document.activeElement.className
key Enter
get skipped document.activeElement.id + location.hash
open $page
$ready
key Tab
key Tab
key Tab
get third document.activeElement.textContent
key Enter
wait document.querySelector("h1").textContent === "Trends over commits"
get current document.querySelector("nav a[aria-current=page]").textContent
get labels [...document.querySelectorAll("main input, main select")].every((i) => i.labels.length > 0)
get alts [...document.querySelectorAll("svg[role=img]")].every((s) => s.getAttribute("aria-label"))

size 400 800
colours dark
open $page
$ready
get dark getComputedStyle(document.body).backgroundColor
get narrow1 document.documentElement.scrollWidth <= 400
open $page#trends
$ready
get narrow2 document.documentElement.scrollWidth <= 400
open $page#run?id=36
wait document.querySelectorAll("h2").length > 5
get narrow3 document.documentElement.scrollWidth <= 400
colours light
get light getComputedStyle(document.body).backgroundColor
open $page#run?id=4711
wait document.querySelector("h1").textContent === "No such run"
open $page#nowhere
wait document.querySelector("h1").textContent === "Traces against policies"
END
rc=$?
result $rc "no error on the console, no request elsewhere, nothing waited for in vain"
has title "Traces against policies" && has overview "3 traces, 4 policies"
result $? "the overview shows the traces against the policies"
has markup 1 && has made 0
result $? "a trace named like markup is text"
has heads true && has chips modelled,modelled,modelled
result $? "tables have heads, and figures say that they are modelled"
has sure true
result $? "of several seeds it is said how sure and how large the difference is"
has all "69 of 69 runs" && has filtered "11 of 69 runs"
result $? "runs are filtered by words"
has typing q && has address1 "#runs?q=candidate+commit-2"
result $? "typing goes on, and the address follows"
has up ascending && has down descending && has focus access.total.p99
result $? "a heading sorts by keyboard, says which way, and keeps the focus"
has address2 "#runs?q=candidate+commit-2&sort=access.total.p99&dir=desc"
result $? "the address says filter and order"
has again "11 of 69 runs" && has order access.total.p99 && has field "candidate commit-2" && has last commit-2
result $? "and restores them in a new window: the worst first"
grep -q "^trends=2 trends, [1-9][0-9]* change points" "$tmp/out" && has commits commit-18
result $? "thirty commits are two trends, one of which changed"
has label true && has named commit-18 && has worse true
result $? "that it got worse at the eighteenth commit is drawn, and said"
has run "Run 36: candidate" && has headed true && has against "34: candidate, commit-17"
result $? "a link leads to its run, held against the run before"
has knob fault.lockwriteread
result $? "the knob that made the difference is named"
has command true && has drawn true
result $? "with the command that repeats it, and its pictures"
has back "#trends?at=commit-18"
result $? "and back"
has skip skip && has skipped main
result $? "the first stop of the keyboard skips to the content"
has third Trends && has current Trends && has labels true && has alts true
result $? "views are reached by keyboard; fields and pictures have names"
has dark "rgb(20, 23, 27)" && has light "rgb(255, 255, 255)"
result $? "dark where the system is, light where it is not"
has narrow1 true && has narrow2 true && has narrow3 true
result $? "a narrow window scrolls tables, not the page"
echo "1..$n"
