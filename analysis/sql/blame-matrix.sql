-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are who waited and whom for: places of both among the operations that wait or hold most, their names,
-- ns, and how often.
WITH op AS (SELECT waiter AS op, sum(ns) AS ns FROM blame JOIN temp.sel USING (run) GROUP BY 1
		UNION ALL SELECT holder, sum(ns) FROM blame JOIN temp.sel USING (run) GROUP BY 1),
     ranked AS (SELECT op, row_number() OVER (ORDER BY sum(ns) DESC, op) AS place FROM op GROUP BY op HAVING sum(ns) > 0),
     top AS (SELECT op, place, op AS name FROM ranked
		WHERE place <= (SELECT CASE WHEN count(*) > 4 THEN 4 WHEN count(*) > 2 THEN 6 ELSE 8 END FROM temp.sel))
SELECT sel.pos, sel.label, w.place, h.place, w.name, h.name, ifnull(blame.ns, 0), ifnull(blame.n, 0)
FROM temp.sel JOIN top AS w JOIN top AS h
LEFT JOIN blame ON blame.run = sel.run AND blame.waiter = w.op AND blame.holder = h.op
ORDER BY 1, w.place, h.place
