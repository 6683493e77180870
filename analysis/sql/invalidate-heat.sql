-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are all cells of a grid: middle of the time in ns, latency in half octaves up from 64 ns, how many ended
-- then and took so long.
WITH h AS MATERIALIZED (SELECT pos, t, width, min(63, CAST(round(2 * log2(hi_ns / 64.0)) AS INTEGER)) AS latency, n
		FROM temp.panel JOIN heat USING (run) WHERE op = 'invalidate'),
     -- whole buckets of the widest map; of several panels two or three in one
     grid AS MATERIALIZED (SELECT max(width) * CASE WHEN count(DISTINCT pos) > 3 THEN 3 WHEN count(DISTINCT pos) > 1 THEN 2 ELSE 1 END AS step,
		max(t + width) AS last, min(latency) AS low,
		max(latency) AS high FROM h),
     x(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM x, grid WHERE (x + 1) * step < last),
     y(y) AS (SELECT low FROM grid UNION ALL SELECT y + 1 FROM y, grid WHERE y < high),
     cell AS MATERIALIZED (SELECT pos, t / step AS x, latency AS y, sum(n) AS n FROM h, grid GROUP BY 1, 2, 3)
SELECT panel.pos, label, (x.x + 0.5) * step, y.y, ifnull(n, 0)
FROM (SELECT DISTINCT pos FROM h) JOIN temp.panel USING (pos) JOIN x JOIN y JOIN grid
LEFT JOIN cell ON cell.pos = panel.pos AND cell.x = x.x AND cell.y = y.y
WHERE grid.last IS NOT NULL
ORDER BY 1, y.y, x.x
