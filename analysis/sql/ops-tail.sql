-- SPDX-License-Identifier: GPL-2.0-or-later
-- The four operations beside accesses that took longest in all: place, name, latency in ns, share at least that slow.
WITH top AS (SELECT op, row_number() OVER (ORDER BY sum(n * mean_ns) DESC, op) AS place FROM hist JOIN temp.sel USING (run)
		WHERE phase = 'total' AND op NOT IN ('access', 'load', 'teardown') GROUP BY op HAVING sum(n) >= 10
		ORDER BY place LIMIT 4),
     -- half as many steps as a picture of one operation has
     b AS (SELECT pos, label, place, replace(op, '_', ' ') AS name, min(lo) AS lo, max(hi) AS hi, sum(n) AS n, max(upto) AS upto, total
		FROM temp.sel JOIN temp.curve USING (run) JOIN top USING (op) WHERE phase = 'total'
		GROUP BY pos, place, CAST(ln(max(hi, 1)) * 8 AS INTEGER))
SELECT pos, label, place, name, max(lo, 1), 1.0 * (total - upto + n) / total FROM b
UNION ALL
SELECT pos, label, place, name, max(hi), 1.0 / total FROM b GROUP BY pos, place
ORDER BY 1, 3, 5, 6 DESC
