-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a part of the stall; its rows are the runs: place, label, from and to in ns, and the whole
-- stall with its share of the run in the last part's rows.
WITH part(nr, name, about) AS (VALUES
		(1, 'stall_service', 'service'), (2, 'stall_lock_wait', 'lock wait'),
		(3, 'stall_flush', 'waiting for flushes'), (4, 'stall_kick', 'being flushed'),
		(5, 'stall_added', 'added faults')),
     known AS (SELECT run, nr, about, max(value, 0) AS ns
		FROM temp.sel JOIN metric USING (run) JOIN part USING (name)),
     whole AS (SELECT run, value AS ns, (SELECT value FROM metric AS share WHERE share.run = metric.run
		AND share.name = 'stall_share') AS ppm FROM metric WHERE name = 'stall'),
     -- what the parts do not explain
     rest AS (SELECT whole.run, 7 AS nr, 'other' AS about, whole.ns - sum(ifnull(known.ns, 0)) AS ns
		FROM whole JOIN temp.sel USING (run) LEFT JOIN known USING (run) GROUP BY whole.run),
     parts AS (SELECT * FROM known UNION ALL SELECT * FROM rest),
     -- parts nobody could see are left out
     shown AS (SELECT * FROM parts WHERE nr IN
		(SELECT nr FROM parts JOIN whole USING (run) GROUP BY nr HAVING max(1.0 * parts.ns / whole.ns) >= 0.002)),
     bars AS (SELECT *, sum(ns) OVER (PARTITION BY run ORDER BY nr) AS upto FROM shown)
SELECT nr, about, pos, label, upto - bars.ns, upto, iif(nr = max(nr) OVER (PARTITION BY bars.run), whole.ns, NULL), ppm / 1e4
FROM bars JOIN temp.sel USING (run) JOIN whole USING (run)
ORDER BY nr, pos
