-- SPDX-License-Identifier: GPL-2.0-or-later
-- wait in ns, per cent of accesses that waited at most that long; no wait stands left of the shortest
WITH b AS (SELECT * FROM temp.curve WHERE op = 'access' AND phase = 'lock_wait'),
     edge AS (SELECT min(hi) / 2.0 AS ns, max(hi) AS far FROM b WHERE hi > 0)
SELECT pos, label, iif(hi > 0, hi, edge.ns), 100.0 * upto / total
FROM temp.sel JOIN b USING (run), edge
WHERE edge.ns IS NOT NULL
UNION ALL
-- each curve goes on to the longest wait of all
SELECT pos, label, edge.far, 100.0
FROM temp.sel, edge
WHERE edge.ns IS NOT NULL AND run IN (SELECT run FROM b)
ORDER BY 1, 3
