-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are metrics of which less is better: place, name, unit, value, and its ratio to the first run's.
WITH what(nr, about, name) AS (VALUES (1, 'stall\nper vCPU', 'stall'), (2, 'stall of the\nworst vCPU', 'stall_max'), (7, '\nfaults', 'faults'),
		(8, '\nretries', 'retries'), (9, 'remote\nflushes', 'flushes'), (10, 'longest\nno yield', 'longest_stretch'),
		(11, 'longest\ninvalidation', 'window_max')),
     slow(nr, about, phase) AS (VALUES (3, 'access\np50', 'total'), (4, 'access\np99', 'total'), (5, 'access\nmax', 'total'),
		(6, 'lock wait\np99', 'lock_wait')),
     cell AS (SELECT pos, label, nr, about, unit, value FROM temp.sel JOIN metric USING (run) JOIN what USING (name)
	UNION ALL
	SELECT pos, label, nr, about, 'ns', CASE nr WHEN 3 THEN p50_ns WHEN 5 THEN max_ns ELSE p99_ns END
		FROM temp.sel JOIN hist USING (run) JOIN slow USING (phase) WHERE op = 'access'),
     -- what is 0 under all policies tells nothing
     used AS (SELECT nr, dense_rank() OVER (ORDER BY nr) AS place FROM cell GROUP BY nr HAVING max(value) > 0)
SELECT pos, label, place, replace(about, '\n', ' / '), unit, value,
	CASE WHEN first_value(value) OVER (PARTITION BY nr ORDER BY pos) > 0
		THEN 1.0 * value / first_value(value) OVER (PARTITION BY nr ORDER BY pos) END
FROM cell JOIN used USING (nr)
WHERE (SELECT count(*) FROM temp.sel) > 1
ORDER BY pos, place
