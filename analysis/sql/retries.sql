-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a cause; its rows are the runs: place, label, from and to in attempts, and the whole number
-- with its share of all attempts in the last cause's rows.
WITH cause(nr, name, about) AS (VALUES
		(1, 'retry_open', 'page being invalidated'), (2, 'retry_ended', 'invalidated meanwhile'),
		(3, 'retry_hull', 'only the key covers it'), (4, 'retry_seq', 'other pages meanwhile'),
		(5, 'retry_slot', 'slot going away'), (6, 'retry_root', 'root invalid'),
		(7, 'retry_race', 'lost to another fault')),
     known AS (SELECT run, nr, about, value AS n FROM temp.sel JOIN metric USING (run) JOIN cause USING (name)),
     whole AS (SELECT run, sum(n) AS n, (SELECT value FROM metric WHERE metric.run = known.run
		AND metric.name = 'faults') AS faults FROM known GROUP BY run),
     -- causes nobody could see are left out
     shown AS (SELECT * FROM known WHERE nr IN
		(SELECT nr FROM known JOIN whole USING (run) GROUP BY nr HAVING max(1.0 * known.n / whole.n) >= 0.002)),
     bars AS (SELECT *, sum(n) OVER (PARTITION BY run ORDER BY nr) AS upto FROM shown)
SELECT nr, about, pos, label, upto - bars.n, upto, iif(nr = max(nr) OVER (PARTITION BY bars.run), whole.n, NULL),
	100.0 * whole.n / whole.faults
FROM bars JOIN temp.sel USING (run) JOIN whole USING (run)
ORDER BY nr, pos
