-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are the operations that go longest without a point to yield: place, name, ns, and yields.
WITH stretch AS (SELECT pos, substr(name, 17) AS op, value AS ns FROM temp.sel JOIN metric USING (run)
		WHERE name GLOB 'longest_stretch.*'),
     yield AS (SELECT pos, substr(name, 8) AS op, value AS n FROM temp.sel JOIN metric USING (run) WHERE name GLOB 'yields.*'),
     top AS (SELECT op, row_number() OVER (ORDER BY max(ns) DESC, op) AS place FROM stretch GROUP BY op
		ORDER BY place LIMIT (SELECT max(3, min(8, 15 / count(*))) FROM temp.sel))
SELECT sel.pos, sel.label, place, replace(top.op, '_', ' '), ifnull(ns, 0), ifnull(n, 0)
FROM temp.sel JOIN top LEFT JOIN stretch ON stretch.pos = sel.pos AND stretch.op = top.op
LEFT JOIN yield ON yield.pos = sel.pos AND yield.op = top.op
ORDER BY 1, 3
