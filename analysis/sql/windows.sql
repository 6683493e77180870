-- SPDX-License-Identifier: GPL-2.0-or-later
-- How long invalidations were open: eight steps to a decade; middle of the step in ns, per cent of the run's invalidations in it.
WITH w AS (SELECT pos, label, CAST(floor(log10(max(hi, 1)) * 8) AS INTEGER) AS step, n, total
		FROM temp.sel JOIN temp.bucket USING (run) WHERE op = 'invalidate' AND phase = 'open'),
     span AS (SELECT min(step) - 1 AS first, max(step) + 1 AS last FROM w),
     every_step(step) AS (SELECT first FROM span UNION ALL SELECT step + 1 FROM every_step, span WHERE step < last),
     runs AS (SELECT DISTINCT pos, label, total FROM w)
SELECT runs.pos, runs.label, pow(10, (s.step + 0.5) / 8), 100.0 * ifnull(sum(n), 0) / runs.total
FROM runs JOIN every_step AS s LEFT JOIN w ON w.pos = runs.pos AND w.step = s.step
GROUP BY runs.pos, s.step
ORDER BY 1, 3
