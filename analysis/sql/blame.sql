-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are the pairs that cost most, as many as there is room for: place, "waiter waits for holder", ns.
WITH pair AS (SELECT waiter, holder, sum(ns) AS ns FROM blame JOIN temp.sel USING (run) GROUP BY waiter, holder),
     top AS (SELECT *, row_number() OVER (ORDER BY ns DESC, waiter, holder) AS place FROM pair WHERE ns > 0
		ORDER BY place LIMIT (SELECT max(3, min(8, 15 / count(*))) FROM temp.sel))
SELECT pos, label, place, replace(top.waiter, '_', ' ') || ' waited for ' || replace(top.holder, '_', ' '),
	ifnull(blame.ns, 0)
FROM temp.sel JOIN top LEFT JOIN blame ON blame.run = sel.run AND blame.waiter = top.waiter AND blame.holder = top.holder
ORDER BY pos, place
